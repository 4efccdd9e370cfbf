import CSys
import Glibc
import Memory

/// The mutexes that a thread holds when it ends (Documentation/locking/robust-futex-ABI.rst).
struct RobustList {
  private let thread: LinuxThread
  private let space: UserAddressSpace
  /// The most entries that the kernel looks at.
  private static let limit = 2048

  init(_ thread: LinuxThread, _ space: UserAddressSpace) {
    (self.thread, self.space) = (thread, space)
  }

  private var copy: GuestCopy { GuestCopy(space) }

  /// Whether the thread holds none.
  var isEmpty: Bool {
    let head = thread.robustList.head
    return head == 0 || copy.readWord(head) == head && copy.readWord(head &+ 8) == 0
  }

  /// Marks each mutex, and wakes one that waits for it.
  func release() {
    let head = thread.robustList.head
    guard head != 0, let first = copy.readWord(head),
      let offset = copy.readWord(head &+ 4), let pending = copy.readWord(head &+ 8)
    else { return }
    var entry = first
    var count = 0
    while entry & ~1 != head, entry & ~1 != 0, count < Self.limit {
      // The next one first: a released mutex may be gone.
      let next = copy.readWord(entry & ~1)
      if entry != pending { release(entry & ~1 &+ offset) }
      guard let next else { break }
      entry = next
      count += 1
    }
    if pending & ~1 != 0 { release(pending & ~1 &+ offset) }
  }

  private func release(_ address: UInt32) {
    let own = UInt32(bitPattern: thread.number)
    let old = try? FutexWord(space, address).change { (value) throws(Errno) in
      guard value & FutexWord.owner == own else { throw .notPermitted }
      return value & FutexWord.waiters | FutexWord.ownerDied
    }
    guard let old, old & FutexWord.waiters != 0 else { return }
    // FUTEX_WAKE is 1.
    _ = try? hostCall(SYS_futex, Int(bitPattern: space.host(address)), 1, 1)
  }
}

extension LinuxProcess {
  /// What others may wait for when all threads end at once. The other threads stop before. (A process
  /// that another one kills does not come here.)
  func releaseMutexes() {
    let ending = current.isBorrowing ? [current] : threads
    let lists = ending.map { RobustList($0, space) }.filter { !$0.isEmpty }
    if !lists.isEmpty {
      if ending.count > 1 { stopThreads?() }
      for list in lists { list.release() }
    }
    callState.ownedFutexes.release(ownedBy: UInt32(bitPattern: current.number))
  }
}
