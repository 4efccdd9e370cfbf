import CSys
import Glibc
import Memory

/// Calls on open files.
enum FileCalls {
  static let rows: [SystemCallRow] = [
    SystemCallRow(3, "read", "fwu", ConvertedFiles.read),
    SystemCallRow(4, "write", "fru", ConvertedFiles.write),
    SystemCallRow(5, "open", "pOo", open),
    SystemCallRow(6, "close", "f", close),
    SystemCallRow(8, "creat", "so", waiting: SYS_creat),
    SystemCallRow(36, "sync", "", host: SYS_sync),
    SystemCallRow(41, "dup", "f", duplicate),
    SystemCallRow(42, "pipe", "x", pipe),
    SystemCallRow(54, "ioctl", "fIx", IOControl.perform),
    SystemCallRow(55, "fcntl", "fdd", FileControl.perform),
    SystemCallRow(60, "umask", "o", host: SYS_umask),
    SystemCallRow(63, "dup2", "ff", duplicate2),
    SystemCallRow(118, "fsync", "f", host: SYS_fsync),
    SystemCallRow(143, "flock", "fd", waiting: SYS_flock),
    SystemCallRow(145, "readv", "fxu", readVector),
    SystemCallRow(146, "writev", "fxu", writeVector),
    SystemCallRow(148, "fdatasync", "f", host: SYS_fdatasync),
    SystemCallRow(186, "sendfile", "ffxu", sendFile),
    SystemCallRow(204, "fcntl64", "fdd", FileControl.perform),
    SystemCallRow(226, "sendfile64", "ffxu", sendFile64),
    SystemCallRow(283, "splice", "fxfxuu", splice),
    SystemCallRow(284, "tee", "ffuu", waiting: SYS_tee),
    SystemCallRow(286, "openat", "DpOo", openAt),
    SystemCallRow(316, "dup3", "ffO", duplicate3),
    SystemCallRow(317, "pipe2", "xO", pipe),
    SystemCallRow(348, "syncfs", "f", host: SYS_syncfs),
    SystemCallRow(360, "memfd_create", "su", host: SYS_memfd_create),
    SystemCallRow(379, "copy_file_range", "fxfxuu", copyRange),
    SystemCallRow(436, "close_range", "uuu", closeRange),
  ]

  static let offsetRows: [SystemCallRow] = [
    SystemCallRow(19, "lseek", "fdW", seek),
    SystemCallRow(92, "truncate", "sd", host: SYS_truncate),
    SystemCallRow(93, "ftruncate", "fd", host: SYS_ftruncate),
    SystemCallRow(140, "_llseek", "fuuxW", seek64),
    SystemCallRow(179, "pread64", "fwul", waiting: SYS_pread64),
    SystemCallRow(180, "pwrite64", "frul", waiting: SYS_pwrite64),
    SystemCallRow(191, "readahead", "flu", host: SYS_readahead),
    SystemCallRow(193, "truncate64", "sl", host: SYS_truncate),
    SystemCallRow(194, "ftruncate64", "fl", host: SYS_ftruncate),
    SystemCallRow(233, "fadvise64", "fduuud", advise),
    SystemCallRow(254, "fadvise64_64", "fduuuu", advise64),
    SystemCallRow(308, "sync_file_range2", "fuuuuu", syncRange),
    SystemCallRow(309, "fallocate", "fduuuu", allocate),
    SystemCallRow(320, "preadv", "fxuuu", readVectorAt),
    SystemCallRow(321, "pwritev", "fxuuu", writeVectorAt),
  ]

  // MARK: Opening

  static func open(_ call: SystemCall) throws(Errno) -> Int {
    try open(call, SystemCall.currentDirectory, call[0], call[1], call[2])
  }

  static func openAt(_ call: SystemCall) throws(Errno) -> Int {
    try open(call, call.signed(0), call[1], call[2], call[3])
  }

  private static func open(
    _ call: SystemCall, _ directory: Int, _ name: UInt32, _ flags: UInt32, _ mode: UInt32
  ) throws(Errno) -> Int {
    let bytes = try call.remarkableName(name)
    let entry = bytes.flatMap { call.processEntry($0, directory) }
    // Our own memory is not the guest's to see.
    if entry?.isMemory == true { throw .accessDenied }
    let follows = flags & FileFlags.noFollow == 0
    let path = try call.lookup(name, bytes, follows ? entry : nil)
    let descriptor = try call.waiting(
      SYS_openat, directory, path, FileFlags.host(flags), Int(mode))
    if flags & FileFlags.pathOnly == 0, let entry,
      let contents = ProcessFiles.contents(entry, call.process)
    {
      try ProcessFiles.replace(descriptor, contents)
    }
    return call.descriptors.note(descriptor, .plain)
  }

  /// Closes; the number's next file may be of any kind, and whoever looks meanwhile must not keep
  /// the old one.
  static func close(_ call: SystemCall) throws(Errno) -> Int {
    try replacing(call[0]...call[0], call) { () throws(Errno) in
      try hostCall(SYS_close, call.signed(0))
    }
  }

  static func closeRange(_ call: SystemCall) throws(Errno) -> Int {
    guard call[0] <= call[1] else { throw .invalid }
    // CLOSE_RANGE_UNSHARE
    if call[2] & 2 != 0, call[2] & ~6 == 0 { call.process.current.separateDescriptors() }
    return try replacing(call[0]...call[1], call) { () throws(Errno) in
      try hostCall(SYS_close_range, call.unsigned(0), call.unsigned(1), call.unsigned(2))
    }
  }

  private static func replacing(
    _ range: ClosedRange<UInt32>, _ call: SystemCall, _ body: () throws(Errno) -> Int
  ) throws(Errno) -> Int {
    let descriptors = call.descriptors
    descriptors.forget(range)
    defer { descriptors.forget(range) }
    return try body()
  }

  /// pipe and pipe2; the flags of pipe2 are the second argument.
  static func pipe(_ call: SystemCall) throws(Errno) -> Int {
    let flags = call.number == 317 ? FileFlags.host(call[1]) : 0
    return try withHostBytes(8) { (address, bytes) throws(Errno) in
      let result = try hostCall(SYS_pipe2, address, flags)
      var pair = StructureWriter()
      pair.word(bytes.load(as: UInt32.self))
      pair.word(bytes.load(fromByteOffset: 4, as: UInt32.self))
      try call.write(call[0], pair)
      return result
    }
  }

  static func duplicate(_ call: SystemCall) throws(Errno) -> Int {
    call.descriptors.noteCopy(
      try hostCall(SYS_dup, call.signed(0)), of: call[0])
  }

  static func duplicate2(_ call: SystemCall) throws(Errno) -> Int {
    // With the same number twice dup2 does nothing.
    if call[0] == call[1] { return try hostCall(SYS_dup2, call.signed(0), call.signed(1)) }
    let result = try replacing(call[1]...call[1], call) { () throws(Errno) in
      try hostCall(SYS_dup2, call.signed(0), call.signed(1))
    }
    return call.descriptors.noteCopy(result, of: call[0])
  }

  static func duplicate3(_ call: SystemCall) throws(Errno) -> Int {
    let result = try replacing(call[1]...call[1], call) { () throws(Errno) in
      try hostCall(SYS_dup3, call.signed(0), call.signed(1), FileFlags.host(call[2]))
    }
    return call.descriptors.noteCopy(result, of: call[0])
  }

  // MARK: Positions

  static func seek(_ call: SystemCall) throws(Errno) -> Int {
    let result = try DirectoryPosition.seek(call, call.signed(1), whence: call.signed(2))
    guard result <= Int(Int32.max) else { throw .overflow }
    return result
  }

  static func seek64(_ call: SystemCall) throws(Errno) -> Int {
    let position = try DirectoryPosition.seek(call, call.pair(1), whence: call.signed(4))
    guard call.copy.writeDoubleword(call[3], UInt64(bitPattern: Int64(position))) else {
      throw .fault
    }
    return 0
  }

  static func advise(_ call: SystemCall) throws(Errno) -> Int {
    try hostCall(SYS_fadvise64, call.signed(0), call.pair(2), call.unsigned(4), call.signed(5))
  }

  static func advise64(_ call: SystemCall) throws(Errno) -> Int {
    try hostCall(SYS_fadvise64, call.signed(0), call.pair(2), call.pair(4), call.signed(1))
  }

  static func syncRange(_ call: SystemCall) throws(Errno) -> Int {
    try hostCall(SYS_sync_file_range, call.signed(0), call.pair(2), call.pair(4), call.signed(1))
  }

  static func allocate(_ call: SystemCall) throws(Errno) -> Int {
    try hostCall(SYS_fallocate, call.signed(0), call.signed(1), call.pair(2), call.pair(4))
  }

  // MARK: Vectors

  static func readVector(_ call: SystemCall) throws(Errno) -> Int {
    let kind = call.descriptors.kind(call[0])
    if kind.isStructured { return try ConvertedFiles.readVector(call, kind) }
    return try withVector(call, call[1], call[2], isTarget: true) { (vector) throws(Errno) in
      try call.waiting(SYS_readv, call.signed(0), vector, call.signed(2))
    }
  }

  static func writeVector(_ call: SystemCall) throws(Errno) -> Int {
    try withVector(call, call[1], call[2], isTarget: false) { (vector) throws(Errno) in
      try call.waiting(SYS_writev, call.signed(0), vector, call.signed(2))
    }
  }

  /// The position comes as its low and its high word. The kernel looks at it first.
  private static func position(_ call: SystemCall) throws(Errno) -> Int {
    guard call.signed(4) >= 0 else { throw .invalid }
    return Int(UInt64(call[4]) << 32 | UInt64(call[3]))
  }

  static func readVectorAt(_ call: SystemCall) throws(Errno) -> Int {
    let position = try position(call)
    return try withVector(call, call[1], call[2], isTarget: true) { (vector) throws(Errno) in
      try call.waiting(SYS_preadv, call.signed(0), vector, call.signed(2), position)
    }
  }

  static func writeVectorAt(_ call: SystemCall) throws(Errno) -> Int {
    let position = try position(call)
    return try withVector(call, call[1], call[2], isTarget: false) { (vector) throws(Errno) in
      try call.waiting(SYS_pwritev, call.signed(0), vector, call.signed(2), position)
    }
  }

  /// The guest's iovec array as one of the host's.
  static func withVector<R>(
    _ call: SystemCall, _ address: UInt32, _ count: UInt32, isTarget: Bool,
    _ body: (Int) throws(Errno) -> R
  ) throws(Errno) -> R {
    guard count <= 1024 else { throw .invalid }
    let entries = try call.read(address, Int(count) * 8)
    return try withHostBytes(Int(count) * 16) { (vector, bytes) throws(Errno) in
      for index in 0..<Int(count) {
        let start = entries.word(8 * index)
        let length = Int(entries.word(8 * index + 4))
        guard length <= Int(Int32.max) else { throw .invalid }
        let host = try isTarget ? call.target(start, length) : call.source(start, length)
        bytes.storeBytes(of: host, toByteOffset: 16 * index, as: Int.self)
        bytes.storeBytes(of: length, toByteOffset: 16 * index + 8, as: Int.self)
      }
      return try body(vector)
    }
  }

  // MARK: Copying inside the kernel

  /// Calls with a place for a 64-bit offset of the host, loaded from and stored to the guest's.
  private static func withOffset(
    _ call: SystemCall, _ address: UInt32, isWide: Bool, _ body: (Int) throws(Errno) -> Int
  ) throws(Errno) -> Int {
    if address == 0 { return try body(0) }
    let old =
      try isWide
      ? Int(truncatingIfNeeded: call.readDoubleword(address))
      : Int(Int32(bitPattern: call.readWord(address)))
    return try withHostStructure(old) { (pointer, value) throws(Errno) in
      let result = try body(pointer)
      var new = StructureWriter()
      if isWide { new.doubleword(value.pointee) } else { new.word(value.pointee) }
      try call.write(address, new)
      return result
    }
  }

  static func sendFile(_ call: SystemCall) throws(Errno) -> Int {
    try sendFile(call, isWide: false)
  }

  static func sendFile64(_ call: SystemCall) throws(Errno) -> Int {
    try sendFile(call, isWide: true)
  }

  private static func sendFile(_ call: SystemCall, isWide: Bool) throws(Errno) -> Int {
    try withOffset(call, call[2], isWide: isWide) { (offset) throws(Errno) in
      try call.waiting(SYS_sendfile, call.signed(0), call.signed(1), offset, call.unsigned(3))
    }
  }

  /// SPLICE_F_MOVE, NONBLOCK, MORE, GIFT.
  static let spliceFlags: UInt32 = 15

  static func splice(_ call: SystemCall) throws(Errno) -> Int {
    guard call[5] & ~spliceFlags == 0 else { throw .invalid }
    if call[4] == 0 { return 0 }
    for index in [0, 2] where fcntl(call.int32(index), F_GETFD) < 0 { throw .badDescriptor }
    return try copy(call, SYS_splice)
  }

  static func copyRange(_ call: SystemCall) throws(Errno) -> Int {
    try copy(call, SYS_copy_file_range)
  }

  private static func copy(_ call: SystemCall, _ number: Int32) throws(Errno) -> Int {
    try withOffset(call, call[1], isWide: true) { (from) throws(Errno) in
      try withOffset(call, call[3], isWide: true) { (to) throws(Errno) in
        try call.waiting(
          number, call.signed(0), from, call.signed(2), to, call.unsigned(4), call.signed(5))
      }
    }
  }
}
