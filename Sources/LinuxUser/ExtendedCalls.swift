import CSys
import Glibc
import Memory

/// Calls that do what older ones do, with flags or for many at once.
enum ExtendedCalls {
  static let rows: [SystemCallRow] = [
    SystemCallRow(26, "ptrace", "ddxx", refuseTracing),
    SystemCallRow(285, "vmsplice", "fxux", splice),
    SystemCallRow(343, "recvmmsg", "fxuxx", receive),
    SystemCallRow(349, "sendmmsg", "fxux", send),
    SystemCallRow(362, "execveat", "Dsxxx", execute),
    SystemCallRow(380, "preadv2", "fxuuux", readVector),
    SystemCallRow(381, "pwritev2", "fxuuux", writeVector),
    SystemCallRow(417, "recvmmsg_time64", "fxuxx", receive),
    SystemCallRow(437, "openat2", "Dpxu", open),
  ]

  /// A tracer would see our registers instead of the guest's: nobody may trace, as where a security
  /// module forbids it.
  static func refuseTracing(_ call: SystemCall) throws(Errno) -> Int {
    call.process.reportOnce(-26, "Unsupported syscall: 26 ptrace")
    throw .notPermitted
  }

  // MARK: Vectors

  /// preadv2: a position of -1 is the file's own. The position comes as its low and its high word.
  static func readVector(_ call: SystemCall) throws(Errno) -> Int {
    let (position, flags) = (position(call), call.unsigned(5))
    let kind = call.descriptors.kind(call[0])
    if position == -1, kind.isStructured {
      return try ConvertedFiles.readVector(call, kind)
    }
    return try FileCalls.withVector(call, call[1], call[2], isTarget: true) {
      (vector) throws(Errno) in
      // The host's call takes the whole position in its fourth argument, and none in its fifth.
      try call.waiting(SYS_preadv2, call.signed(0), vector, call.signed(2), position, 0, flags)
    }
  }

  static func writeVector(_ call: SystemCall) throws(Errno) -> Int {
    let (position, flags) = (position(call), call.unsigned(5))
    return try FileCalls.withVector(call, call[1], call[2], isTarget: false) {
      (vector) throws(Errno) in
      try call.waiting(SYS_pwritev2, call.signed(0), vector, call.signed(2), position, 0, flags)
    }
  }

  private static func position(_ call: SystemCall) -> Int {
    Int(truncatingIfNeeded: UInt64(call[4]) << 32 | UInt64(call[3]))
  }

  /// vmsplice: from memory into a pipe, or the other way, as the descriptor says.
  static func splice(_ call: SystemCall) throws(Errno) -> Int {
    guard call[3] & ~FileCalls.spliceFlags == 0 else { throw .invalid }
    guard fcntl(call.int32(0), F_GETFD) >= 0 else { throw .badDescriptor }
    return try FileCalls.withVector(call, call[1], call[2], isTarget: true) {
      (vector) throws(Errno) in
      try call.waiting(
        SYS_vmsplice, call.signed(0), vector, call.unsigned(2), call.unsigned(3))
    }
  }

  // MARK: Messages

  /// struct mmsghdr: a msghdr of 28 bytes and the length of what was sent or received.
  private static let messageSize: UInt32 = 32
  /// UIO_MAXIOV: more are not taken at once.
  private static let mostMessages: UInt32 = 1024

  /// Transfers messages one by one as long as that works: an error counts only for the first.
  private static func each(
    _ call: SystemCall, _ transfer: (UInt32, Int) throws(Errno) -> Int?
  ) throws(Errno) -> Int {
    if let error = DescriptorCheck.socketError(call) { throw error }
    let count = Int(min(call[2], mostMessages))
    for index in 0..<count {
      let address = call[1] &+ messageSize &* UInt32(index)
      do throws(Errno) {
        guard let length = try transfer(address, index) else { return index }
        try call.writeWord(address &+ 28, length)
      } catch {
        guard index > 0 else { throw error }
        return index
      }
    }
    return count
  }

  static func send(_ call: SystemCall) throws(Errno) -> Int {
    try each(call) { (address, _) throws(Errno) in
      try SocketMessage.send(single(call, address, call[3]))
    }
  }

  /// recvmmsg: MSG_WAITFORONE (0x10000) makes all but the first not wait; the time is looked at
  /// behind each message, and what is left of it is stored.
  static func receive(_ call: SystemCall) throws(Errno) -> Int {
    let format: TimeFormat = call.number == 417 ? .doubleword : .word
    let limit = try format.optional(call, call[4])
    if let limit {
      guard limit.tv_sec >= 0, (0..<1_000_000_000).contains(limit.tv_nsec) else { throw .invalid }
    }
    let start = now()
    let result = try each(call) { (address, index) throws(Errno) in
      if index > 0, let limit, rest(limit, since: start) == 0 { return nil }
      let waitsForOne = call[3] & 0x1_0000 != 0
      let flags = call[3] & ~0x1_0000 | (waitsForOne && index > 0 ? 0x40 : 0)
      return try SocketMessage.receive(single(call, address, flags))
    }
    if let limit {
      let left = rest(limit, since: start)
      let time = timespec(tv_sec: left / 1_000_000_000, tv_nsec: left % 1_000_000_000)
      try format.store(time, call, call[4])
    }
    return result
  }

  private static func single(
    _ call: SystemCall, _ address: UInt32, _ flags: UInt32
  ) -> SystemCall {
    SystemCall(call, number: 342, arguments: [call[0], address, flags, 0, 0, 0])
  }

  /// Nanoseconds of the monotonic clock.
  private static func now() -> Int {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return time.tv_sec &* 1_000_000_000 &+ time.tv_nsec
  }

  private static func rest(_ limit: timespec, since start: Int) -> Int {
    let whole = min(limit.tv_sec, 1 << 32) &* 1_000_000_000 &+ limit.tv_nsec
    return max(whole &- (now() &- start), 0)
  }

  // MARK: Files

  /// struct open_how: flags, mode and resolve as doublewords; bytes behind them must be 0.
  static func open(_ call: SystemCall) throws(Errno) -> Int {
    let size = try AdministrationCalls.extensible(call, 3, least: 24)
    let how = try call.read(call[2], size)
    guard how.bytes[24...].allSatisfy({ $0 == 0 }) else { throw .argumentListTooLong }
    // Flags beyond 32 bits are never valid.
    guard how.word(0) == 0 else { throw .invalid }
    // Where the way of looking up is restricted the name is taken as it is.
    let path = how.doubleword(16) == 0 ? try call.lookup(call[1]) : try call.source(call[1])
    let host = (FileFlags.host(how.word(4)), how.doubleword(8), how.doubleword(16))
    return try withHostStructure(host) { (place, _) throws(Errno) in
      try call.waiting(437, call.signed(0), path, place, 24)
    }
  }

  /// execveat: `execve` of the file that the directory and the name, or the descriptor alone with
  /// AT_EMPTY_PATH (0x1000), lead to.
  static func execute(_ call: SystemCall) throws(Errno) -> Int {
    let flags = call[4]
    let name = try call.string(call[1])
    guard flags & ~0x1100 == 0 else { throw .invalid }
    if name.isEmpty, flags & 0x1000 == 0 { throw .noEntry }
    let isBelow = !name.hasPrefix("/") && call.signed(0) != SystemCall.currentDirectory
    var path = name
    if isBelow {
      try hostCall(SYS_fcntl, call.signed(0), 1)
      path = "/proc/self/fd/\(call.signed(0))" + (name.isEmpty ? "" : "/" + name)
    }
    var status = stat()
    if flags & 0x100 != 0, !name.isEmpty, lstat(path, &status) == 0,
      status.st_mode & S_IFMT == S_IFLNK
    {
      throw .loop
    }
    if isBelow { path = lastingName(path, call.int32(0)) }
    return try Execution.perform(call, path: Array(path.utf8), call[2], call[3])
  }
  /// The name of a file that has one of a descriptor, for the program that we become: descriptors
  /// may be closed by then. A file without another name is kept open.
  private static func lastingName(_ path: String, _ descriptor: Int32) -> String {
    var (file, named) = (stat(), stat())
    let name = LinuxProcess.absolute(path)
    guard stat(path, &file) == 0 else { return path }
    if name != path, stat(name, &named) == 0, named.st_dev == file.st_dev,
      named.st_ino == file.st_ino
    {
      return name
    }
    let kept = dup(descriptor)
    return kept < 0 ? path : "/proc/self/fd/\(kept)"
  }
}
