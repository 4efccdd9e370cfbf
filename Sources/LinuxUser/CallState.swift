import CSys
import Glibc
import Memory

/// What system calls keep for a process beside its memory and its signals.
final class CallState {
  /// What is being executed, until it is or cannot be.
  var execution: ExecutionVectors?
  /// Whether new mappings are locked (MCL_FUTURE of mlockall).
  var locksFuture = false
  /// PI futexes for which threads wait.
  var ownedFutexes = OwnedFutexes()
}

/// A kind of file whose bytes are structures in the machine's byte order.
enum DescriptorKind: UInt8, Sendable {
  /// Not looked at yet.
  case unknown
  /// Bytes are bytes.
  case plain
  /// eventfd(2) and timerfd_create(2): doublewords.
  case counter
  /// signalfd(2).
  case signals
  /// inotify(7).
  case watches
  /// fanotify(7).
  case fanotify
  /// A socket of netlink(7) for NETLINK_ROUTE, whose messages `RoutingMessages` converts.
  case routing
  /// A directory whose positions are hashes of 63 bits: see `DirectoryPosition`.
  case hashed

  /// Whether reading and writing must convert.
  var isStructured: Bool { ![.plain, .unknown, .routing, .hashed].contains(self) }
}

/// What kind of file each descriptor is, found out when it is first read or written.
///
/// Every number begins as unknown and is unknown again when it is closed or replaced, so that files
/// from anywhere (`execve`, a socket) are known. The table is one byte for each descriptor: threads
/// may look at it at any time.
final class DescriptorKinds {
  private static let capacity = 0x1_0000
  private var kinds: UnsafeMutablePointer<UInt8>
  /// Nothing is known of the descriptors from this one on.
  private var known = 0
  /// Whether other processes of the host's see the table: those that have the descriptors too.
  private(set) var isShared = false

  /// - Parameter other: what is known already, of copies of these descriptors.
  init(_ other: DescriptorKinds? = nil) {
    // Zeroed pages that take no memory before they are used.
    guard let room = calloc(Self.capacity, 1) else { preconditionFailure("out of memory") }
    kinds = room.assumingMemoryBound(to: UInt8.self)
    guard let other else { return }
    known = other.known
    kinds.update(from: other.kinds, count: known)
  }

  deinit {
    if isShared { munmap(kinds, Self.capacity) } else { free(kinds) }
  }

  /// Before the descriptors are also a new process's (CLONE_FILES). Who looks at the old table
  /// meanwhile may finish: it stays.
  func share() throws(Errno) {
    if isShared { return }
    let flags = MAP_SHARED | MAP_ANONYMOUS
    let room = mmap(nil, Self.capacity, PROT_READ | PROT_WRITE, flags, -1, 0)
    guard let room, room != MAP_FAILED else { throw .noMemory }
    let table = room.assumingMemoryBound(to: UInt8.self)
    table.update(from: kinds, count: known)
    kinds = table
    // Others may add to it.
    (known, isShared) = (Self.capacity, true)
  }

  /// The kind of a descriptor's file.
  @inline(__always)
  func kind(_ descriptor: UInt32) -> DescriptorKind {
    if descriptor < Self.capacity, kinds[Int(descriptor)] == DescriptorKind.plain.rawValue {
      return .plain
    }
    return find(descriptor)
  }

  /// Whether a descriptor is known to be of a kind.
  func isNoted(_ descriptor: UInt32, _ kind: DescriptorKind) -> Bool {
    descriptor < Self.capacity && kinds[Int(descriptor)] == kind.rawValue
  }

  private func find(_ descriptor: UInt32) -> DescriptorKind {
    let isKept = descriptor < Self.capacity
    if isKept, let kind = DescriptorKind(rawValue: kinds[Int(descriptor)]), kind != .unknown {
      return kind
    }
    let kind = Self.look(descriptor)
    if isKept { note(Int(descriptor), kind) }
    return kind
  }

  /// Asks the kernel: files of these kinds have a name of their own under /proc.
  private static func look(_ descriptor: UInt32) -> DescriptorKind {
    var name = [CChar](repeating: 0, count: 32)
    let count = readlink("/proc/self/fd/\(descriptor)", &name, name.count)
    guard count > 0 else { return .unknown }
    if name.starts(with: "socket:".utf8.map { CChar($0) }) { return lookAtSocket(descriptor) }
    return switch String(decoding: name[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self) {
    case "anon_inode:[eventfd]", "anon_inode:[timerfd]": .counter
    case "anon_inode:[signalfd]": .signals
    case "anon_inode:inotify": .watches
    case "anon_inode:[fanotify]": .fanotify
    default: .plain
    }
  }

  private static func lookAtSocket(_ descriptor: UInt32) -> DescriptorKind {
    func option(_ number: Int32) -> Int32 {
      var value: Int32 = -1
      var size = socklen_t(MemoryLayout<Int32>.size)
      return getsockopt(Int32(bitPattern: descriptor), 1, number, &value, &size) == 0 ? value : -1
    }
    // SO_DOMAIN AF_NETLINK, SO_PROTOCOL NETLINK_ROUTE.
    return option(39) == 16 && option(38) == 0 ? .routing : .plain
  }

  /// Says of what kind a new descriptor's file is: what is known need not be asked for, which a
  /// process that changed its user may not (/proc/self/fd is closed to it).
  /// - Returns: the descriptor.
  @discardableResult
  func note(_ descriptor: Int, _ kind: DescriptorKind) -> Int {
    guard descriptor >= 0, descriptor < Self.capacity else { return descriptor }
    kinds[descriptor] = kind.rawValue
    known = max(known, descriptor + 1)
    return descriptor
  }

  /// Says that a new descriptor is another's copy.
  /// - Returns: the descriptor.
  @discardableResult
  func noteCopy(_ descriptor: Int, of original: UInt32) -> Int {
    let isKept = original < Self.capacity
    let kind = isKept ? DescriptorKind(rawValue: kinds[Int(original)]) : nil
    return note(descriptor, kind ?? .unknown)
  }

  /// Says that numbers were closed or replaced.
  func forget(_ descriptors: ClosedRange<UInt32>) {
    let end = min(Int(descriptors.upperBound) + 1, Self.capacity)
    guard Int(descriptors.lowerBound) < end else { return }
    memset(kinds + Int(descriptors.lowerBound), 0, end - Int(descriptors.lowerBound))
  }
}
