import CSys
import Glibc
import Memory

/// The life of threads.
enum ThreadCalls {
  /// The flags of clone(2) (linux/sched.h).
  enum CloneFlag {
    static let memory: UInt32 = 0x100
    static let fileSystem: UInt32 = 0x200
    static let files: UInt32 = 0x400
    static let signalHandlers: UInt32 = 0x800
    static let vfork: UInt32 = 0x4000
    static let thread: UInt32 = 0x1_0000
    static let setTLS: UInt32 = 0x8_0000
    static let parentSetThreadID: UInt32 = 0x10_0000
    static let childClearThreadID: UInt32 = 0x20_0000
    static let childSetThreadID: UInt32 = 0x100_0000
    /// What a thread of the C library's shares; the kernel asks for the first, second and fourth.
    static let ofThreads = memory | signalHandlers | thread
  }

  /// clone(flags, stack, parent's word, TLS, child's word) that makes a thread.
  static func begin(_ call: SystemCall) throws(Errno) -> Int {
    guard let start = call.process.startThread else { throw .notImplemented }
    let parent = call.process.current
    // From here on the host must know what each thread blocks.
    parent.signals.synchronizeHost()
    let thread = LinuxThread(madeBy: parent)
    if call[0] & CloneFlag.childClearThreadID != 0 { thread.clearChildThreadID = call[4] }
    return try start(call, thread)
  }

  /// In the new thread, before its first instruction: tells its number.
  static func tellNumber(_ call: SystemCall, _ thread: LinuxThread) {
    let number = UInt32(bitPattern: thread.number)
    if call[0] & CloneFlag.parentSetThreadID != 0 { _ = call.copy.writeWord(call[2], number) }
    if call[0] & CloneFlag.childSetThreadID != 0 { _ = call.copy.writeWord(call[4], number) }
  }

  /// exit(2): ends the thread, and the process if it was the last.
  static func end(_ call: SystemCall) throws(Errno) -> Int {
    let process = call.process
    let thread = process.current
    if process.threads.count < 2 {
      process.callState.borrowed?.send()
      process.exitStatus = call.int32(0) & 0xff
    } else {
      process.threads.removeAll { $0 === thread }
      thread.hasEnded = true
    }
    release(thread, call)
    return SystemCallResult.registersSet
  }

  /// What others may wait for when a thread ends.
  private static func release(_ thread: LinuxThread, _ call: SystemCall) {
    RobustList(thread, call).release()
    let address = thread.clearChildThreadID
    if address != 0, call.copy.writeWord(address, 0) {
      // FUTEX_WAKE is 1.
      _ = try? hostCall(SYS_futex, call.source(address), 1, 1)
    }
  }
}

/// The mutexes that a thread holds when it ends (Documentation/locking/robust-futex-ABI.rst).
private struct RobustList {
  private let thread: LinuxThread
  private let call: SystemCall
  /// In a futex's word: whose it is, whether its owner has died, whether somebody waits.
  private static let owner: UInt32 = 0x3fff_ffff, ownerDied: UInt32 = 0x4000_0000
  private static let waiters: UInt32 = 0x8000_0000
  /// The most entries that the kernel looks at.
  private static let limit = 2048

  init(_ thread: LinuxThread, _ call: SystemCall) { (self.thread, self.call) = (thread, call) }

  /// Marks each mutex, and wakes one that waits for it.
  func release() {
    let head = thread.robustList.head
    guard head != 0, let first = call.copy.readWord(head),
      let offset = call.copy.readWord(head &+ 4), let pending = call.copy.readWord(head &+ 8)
    else { return }
    var entry = first
    var count = 0
    while entry & ~1 != head, entry & ~1 != 0, count < Self.limit {
      // The next one first: a released mutex may be gone.
      let next = call.copy.readWord(entry & ~1)
      if entry != pending { release(entry & ~1 &+ offset) }
      guard let next else { break }
      entry = next
      count += 1
    }
    if pending & ~1 != 0 { release(pending & ~1 &+ offset) }
  }

  private func release(_ address: UInt32) {
    while let value = call.copy.readWord(address), address & 3 == 0,
      value & Self.owner == UInt32(bitPattern: thread.number)
    {
      let new = value & Self.waiters | Self.ownerDied
      guard (try? call.target(address, 4)) != nil else { return }
      let place = call.space.host(address).assumingMemoryBound(to: UInt32.self)
      guard csys_compare_exchange(place, value.bigEndian, new.bigEndian) != 0 else { continue }
      if value & Self.waiters != 0 { _ = try? hostCall(SYS_futex, call.source(address), 1, 1) }
      return
    }
  }
}
