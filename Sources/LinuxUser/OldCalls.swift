import CSys
import Glibc
import Memory

/// Calls that newer ones have replaced, and that old programs still make.
enum OldCalls {
  static let rows: [SystemCallRow] = [
    // The kernel's own, to go on with a call behind a stop: there is never one.
    SystemCallRow(0, "restart_syscall", "") { _ throws(Errno) in throw .interrupted },
    SystemCallRow(18, "oldstat", "px", status),
    SystemCallRow(25, "stime", "x", setTime),
    SystemCallRow(28, "oldfstat", "fx", status),
    SystemCallRow(59, "oldolduname", "x", name),
    SystemCallRow(62, "ustat", "ux", fileSystem),
    SystemCallRow(69, "ssetmask", "x", setMask),
    SystemCallRow(79, "settimeofday", "xx", setTimeOfDay),
    SystemCallRow(84, "oldlstat", "px", status),
    SystemCallRow(89, "readdir", "fxu", entry),
    SystemCallRow(109, "olduname", "x", name),
    SystemCallRow(135, "sysfs", "dxx", fileSystemType),
    SystemCallRow(141, "getdents", "fxu", entries),
  ]

  /// struct __old_kernel_stat (asm/stat.h): seven halfwords, four words.
  static func status(_ call: SystemCall) throws(Errno) -> Int {
    try withHostStructure(stat()) { (address, place) throws(Errno) in
      switch call.number {
      case 18: try hostCall(SYS_stat, call.lookup(call[0]), address)
      case 84: try hostCall(SYS_lstat, call.lookup(call[0], followsLinks: false), address)
      default: try hostCall(SYS_fstat, call.signed(0), address)
      }
      let found = place.pointee
      guard found.st_ino <= 0xffff, found.st_nlink <= 0xffff, found.st_size <= Int(Int32.max)
      else { throw .overflow }
      var result = StructureWriter()
      for half in [found.st_dev, found.st_ino, UInt(found.st_mode), found.st_nlink] {
        result.half(half)
      }
      // A number that does not fit is the overflow's (fs.overflowuid).
      for half in [found.st_uid, found.st_gid] { result.half(half > 0xffff ? 65534 : half) }
      result.half(found.st_rdev)
      result.pad(to: 16)
      result.word(found.st_size)
      for time in [found.st_atim, found.st_mtim, found.st_ctim] { result.word(time.tv_sec) }
      try call.write(call[1], result)
      return 0
    }
  }

  /// olduname: five fields of 65 bytes; oldolduname: of 9.
  static func name(_ call: SystemCall) throws(Errno) -> Int {
    try withHostStructure(utsname()) { (address, place) throws(Errno) in
      try hostCall(SYS_uname, address)
      let fields = UnsafeRawPointer(place).assumingMemoryBound(to: CChar.self)
      func field(_ index: Int) -> String { String(cString: fields + 65 * index) }
      let release = call.process.options.release ?? field(2)
      let size = call.number == 59 ? 9 : 65
      var result = StructureWriter(capacity: 5 * size)
      for text in [field(0), field(1), release, field(3), "ppc"] {
        result.string(text, size: size)
      }
      try call.write(call[0], result)
      return 0
    }
  }

  /// struct ustat: free blocks and inodes as words, two names of six bytes.
  static func fileSystem(_ call: SystemCall) throws(Errno) -> Int {
    try withHostBytes(32) { (address, bytes) throws(Errno) in
      try hostCall(SYS_ustat, call.unsigned(0), address)
      var result = StructureWriter()
      result.word(bytes.load(as: UInt32.self))
      result.word(bytes.load(fromByteOffset: 8, as: UInt64.self))
      result.raw(UnsafeRawBufferPointer(start: bytes + 16, count: 12))
      try call.write(call[1], result)
      return 0
    }
  }

  /// The first word of the mask, which becomes all of it; the old one is the result.
  static func setMask(_ call: SystemCall) throws(Errno) -> Int {
    let old = call.process.current.signals.blocked
    call.process.current.signals.setBlocked(UInt64(call[0]))
    return Int(old & 0xffff_ffff)
  }

  // MARK: Time

  static func setTime(_ call: SystemCall) throws(Errno) -> Int {
    let seconds = Int(Int32(bitPattern: try call.readWord(call[0])))
    return try withHostStructure((seconds, 0)) { (time, _) throws(Errno) in
      try hostCall(SYS_settimeofday, time, 0)
    }
  }

  /// A timeval and a time zone of two words, both of which may be absent.
  static func setTimeOfDay(_ call: SystemCall) throws(Errno) -> Int {
    let time = call[0] == 0 ? nil : try call.read(call[0], 8)
    let zone = call[1] == 0 ? nil : try call.read(call[1], 8)
    return try withHostBytes(24) { (address, bytes) throws(Errno) in
      if let time {
        bytes.storeBytes(of: time.signed(0), as: Int.self)
        bytes.storeBytes(of: time.signed(4), toByteOffset: 8, as: Int.self)
      }
      for offset in [0, 4] {
        let word = zone?.word(offset) ?? 0
        bytes.storeBytes(of: word, toByteOffset: 16 + offset, as: UInt32.self)
      }
      return try hostCall(
        SYS_settimeofday, time == nil ? 0 : address, zone == nil ? 0 : address + 16)
    }
  }

  // MARK: Directories

  /// struct linux_dirent: number and position as words, the record's length, the name, and the
  /// type in the record's last byte. The host's differs in the two words.
  static func entries(_ call: SystemCall) throws(Errno) -> Int {
    let size = min(call.unsigned(2), 1 << 20)
    return try entries(call, size, most: .max) { (host, length) throws(Errno) in
      let name = self.name(host)
      let size = (10 + name.count + 2 + 3) & ~3
      var record = StructureWriter()
      try appendPlace(call, host, &record)
      record.half(size)
      record.raw(name)
      record.pad(to: size - 1)
      record.byte(host.load(fromByteOffset: length - 1, as: UInt8.self))
      return record
    }
  }

  /// The name in a record of the host's.
  private static func name(_ host: UnsafeRawPointer) -> UnsafeRawBufferPointer {
    let start = host + 18
    return UnsafeRawBufferPointer(
      start: start, count: strlen(start.assumingMemoryBound(to: CChar.self)))
  }

  /// struct old_linux_dirent: number, position, the name's length, the name. One at a time; the
  /// result is 1 or 0.
  static func entry(_ call: SystemCall) throws(Errno) -> Int {
    let stored = try entries(call, 280, most: 1) { (host, _) throws(Errno) in
      let name = self.name(host)
      var record = StructureWriter()
      try appendPlace(call, host, &record)
      record.half(name.count)
      record.raw(name)
      record.byte(0)
      return record
    }
    return stored == 0 ? 0 : 1
  }

  private static func appendPlace(
    _ call: SystemCall, _ host: UnsafeRawPointer, _ record: inout StructureWriter
  ) throws(Errno) {
    let number = host.loadUnaligned(as: UInt64.self)
    guard number <= 0xffff_ffff else { throw .overflow }
    record.word(number)
    record.word(DirectoryPosition.short(host.loadUnaligned(fromByteOffset: 8, as: Int.self), call))
  }

  /// Reads the host's records and stores each as `convert` makes it of its address and length.
  /// What does not fit, or is more than wanted, is read again: the position goes back.
  private static func entries(
    _ call: SystemCall, _ size: Int, most: Int,
    _ convert: (UnsafeRawPointer, Int) throws(Errno) -> StructureWriter
  ) throws(Errno) -> Int {
    try withHostBytes(max(size, 280)) { (address, bytes) throws(Errno) in
      let start = (try? hostCall(SYS_lseek, call.signed(0), 0, 1)) ?? 0
      let count = try hostCall(SYS_getdents, call.signed(0), address, max(size, 280))
      var (offset, stored, position, made) = (0, 0, start, 0)
      while offset < count, made < most {
        let host = bytes + offset
        let length = Int(host.loadUnaligned(fromByteOffset: 16, as: UInt16.self))
        let record = try convert(UnsafeRawPointer(host), length)
        guard most == 1 || stored + record.count <= size else { break }
        try call.write(call[1] &+ UInt32(stored), record)
        stored += record.count
        made += 1
        offset += length
        position = host.loadUnaligned(fromByteOffset: 8, as: Int.self)
      }
      if offset < count { try hostCall(SYS_lseek, call.signed(0), position, 0) }
      guard stored > 0 || count == 0 else { throw .invalid }
      return stored
    }
  }

  // MARK: File systems

  /// sysfs(2): a type's index, its name, or how many there are.
  static func fileSystemType(_ call: SystemCall) throws(Errno) -> Int {
    switch call.signed(0) {
    case 1: return try hostCall(SYS_sysfs, 1, call.source(call[1]))
    // A name of a file system is short.
    case 2: return try hostCall(SYS_sysfs, 2, call.unsigned(1), call.target(call[2], 64))
    default: return try hostCall(SYS_sysfs, call.signed(0))
    }
  }
}
