import CSys
import Glibc
import Memory

/// The memory of the parent of a process that vfork(2) made, or clone(2) with CLONE_VM and
/// CLONE_VFORK, as posix_spawn(3) does.
///
/// The host's process has memory of its own. What a page held is kept when it is first written to;
/// before the child executes a program or ends it sends the bytes that differ to its parent, which
/// waits for that, and for the end of the connection: it closes on exec. What the child maps anew
/// stays its own.
final class BorrowedMemory {
  /// Where the parent listens. The guest does not know of it.
  private(set) var descriptor: Int32
  private let space: UserAddressSpace
  /// What pages held that were written to, by address.
  private var originals: [UInt32: [UInt8]] = [:]

  /// In the child: watches it.
  init(_ space: UserAddressSpace, _ descriptor: Int32) {
    self.space = space
    self.descriptor = descriptor
    space.watchWrites { [unowned self] address in
      if originals[address] == nil { originals[address] = contents(address) }
    }
  }

  deinit {
    space.endWatchingWrites()
    close(descriptor)
  }

  private func contents(_ address: UInt32) -> [UInt8]? {
    GuestCopy(space).readBytes(address, Int(Page.size))
  }

  /// Sends what the parent's memory is to hold now.
  func send() {
    for (address, original) in originals {
      guard !space.flags(at: address).contains(.shared), let bytes = contents(address) else {
        continue
      }
      var index = 0
      while index < bytes.count {
        let first = index
        while index < bytes.count, bytes[index] != original[index] { index += 1 }
        if index > first { send(address &+ UInt32(first), bytes[first..<index]) }
        index += 1
      }
    }
  }

  /// A piece: its address, its length, its bytes.
  private func send(_ address: UInt32, _ bytes: ArraySlice<UInt8>) {
    var piece = StructureWriter()
    piece.word(address)
    piece.word(bytes.count)
    var rest = (piece.bytes + bytes)[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes {
        Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      if count <= 0 { return }
      rest = rest.dropFirst(count)
    }
  }

  /// The guest closes or replaces descriptors, of which it knows: ours takes another number.
  func leave(_ number: UInt32) {
    guard number == UInt32(bitPattern: descriptor) else { return }
    let other = fcntl(descriptor, F_DUPFD_CLOEXEC, 0)
    guard other >= 0 else { return }
    close(descriptor)
    descriptor = other
  }

  // MARK: The parent's side

  /// Two connected descriptors; the child's has a number that hardly any program uses.
  static func connection() throws(Errno) -> (parent: Int32, child: Int32) {
    var ends: [Int32] = [0, 0]
    let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
    guard socketpair(AF_UNIX, kind, 0, &ends) == 0 else { throw Errno(csys_errno()) }
    var limit = rlimit()
    getrlimit(__rlimit_resource_t(UInt32(RLIMIT_NOFILE.rawValue)), &limit)
    let high = fcntl(ends[1], F_DUPFD_CLOEXEC, Int32(clamping: limit.rlim_cur) - 16)
    if high < 0 { return (ends[0], ends[1]) }
    close(ends[1])
    return (ends[0], high)
  }

  /// Waits until the child needs the memory no longer, and stores what it has sent.
  static func receive(_ process: LinuxProcess, _ descriptor: Int32) {
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 0x1_0000)
    process.lock.release()
    while true {
      let count = read(descriptor, &buffer, buffer.count)
      if count > 0 {
        bytes += buffer[..<count]
      } else if count == 0 || csys_errno() != EINTR {
        break
      }
    }
    process.lock.acquire()
    close(descriptor)
    let pieces = StructureReader(bytes)
    var place = 0
    while place + 8 <= bytes.count {
      let count = Int(pieces.word(place + 4))
      let end = min(place + 8 + count, bytes.count)
      _ = GuestCopy(process.space).writeBytes(pieces.word(place), Array(bytes[place + 8..<end]))
      place = end
    }
  }
}
