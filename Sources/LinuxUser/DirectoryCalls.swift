import CSys
import Glibc
import Memory

/// Calls on names, directories and the status of files.
enum DirectoryCalls {
  static let rows: [SystemCallRow] = [
    SystemCallRow(9, "link", "ss", host: SYS_link),
    SystemCallRow(10, "unlink", "s", host: SYS_unlink),
    SystemCallRow(12, "chdir", "p", host: SYS_chdir),
    SystemCallRow(14, "mknod", "sox", host: SYS_mknod),
    SystemCallRow(15, "chmod", "so", host: SYS_chmod),
    SystemCallRow(16, "lchown", "sdd", host: SYS_lchown),
    SystemCallRow(33, "access", "pA", host: SYS_access),
    SystemCallRow(38, "rename", "ss", host: SYS_rename),
    SystemCallRow(39, "mkdir", "so", host: SYS_mkdir),
    SystemCallRow(40, "rmdir", "s", host: SYS_rmdir),
    SystemCallRow(61, "chroot", "s", host: SYS_chroot),
    SystemCallRow(83, "symlink", "ss", host: SYS_symlink),
    SystemCallRow(85, "readlink", "pwu", readLink),
    SystemCallRow(94, "fchmod", "fo", host: SYS_fchmod),
    SystemCallRow(95, "fchown", "fdd", host: SYS_fchown),
    SystemCallRow(133, "fchdir", "f", host: SYS_fchdir),
    SystemCallRow(181, "chown", "sdd", host: SYS_chown),
    SystemCallRow(182, "getcwd", "wu", host: SYS_getcwd),
    SystemCallRow(202, "getdents64", "fxu", entries64),
    SystemCallRow(287, "mkdirat", "Dso", host: SYS_mkdirat),
    SystemCallRow(288, "mknodat", "Dsox", host: SYS_mknodat),
    SystemCallRow(289, "fchownat", "Dsddx", host: SYS_fchownat),
    SystemCallRow(292, "unlinkat", "Dsx", host: SYS_unlinkat),
    SystemCallRow(293, "renameat", "DsDs", host: SYS_renameat),
    SystemCallRow(294, "linkat", "DsDsx", host: SYS_linkat),
    SystemCallRow(295, "symlinkat", "sDs", host: SYS_symlinkat),
    SystemCallRow(296, "readlinkat", "Dpwu", readLinkAt),
    SystemCallRow(297, "fchmodat", "Dso", host: SYS_fchmodat),
    SystemCallRow(298, "faccessat", "DpA", host: SYS_faccessat),
    SystemCallRow(357, "renameat2", "DsDsx", host: SYS_renameat2),
    SystemCallRow(439, "faccessat2", "DpAx", host: SYS_faccessat2),
  ]

  static let statusRows: [SystemCallRow] = [
    SystemCallRow(99, "statfs", "px", fileSystem),
    SystemCallRow(100, "fstatfs", "fx", fileSystem),
    SystemCallRow(106, "stat", "px", status),
    SystemCallRow(107, "lstat", "px", status),
    SystemCallRow(108, "fstat", "fx", status),
    SystemCallRow(195, "stat64", "px", status),
    SystemCallRow(196, "lstat64", "px", status),
    SystemCallRow(197, "fstat64", "fx", status),
    SystemCallRow(209, "setxattr", "ssrux", host: SYS_setxattr),
    SystemCallRow(210, "lsetxattr", "ssrux", host: SYS_lsetxattr),
    SystemCallRow(211, "fsetxattr", "fsrux", host: SYS_fsetxattr),
    SystemCallRow(212, "getxattr", "pswu", host: SYS_getxattr),
    SystemCallRow(213, "lgetxattr", "pswu", host: SYS_lgetxattr),
    SystemCallRow(214, "fgetxattr", "fswu", host: SYS_fgetxattr),
    SystemCallRow(215, "listxattr", "pwu", host: SYS_listxattr),
    SystemCallRow(216, "llistxattr", "pwu", host: SYS_llistxattr),
    SystemCallRow(217, "flistxattr", "fwu", host: SYS_flistxattr),
    SystemCallRow(218, "removexattr", "ss", host: SYS_removexattr),
    SystemCallRow(219, "lremovexattr", "ss", host: SYS_lremovexattr),
    SystemCallRow(220, "fremovexattr", "fs", host: SYS_fremovexattr),
    SystemCallRow(252, "statfs64", "pux", fileSystem64),
    SystemCallRow(253, "fstatfs64", "fux", fileSystem64),
    SystemCallRow(291, "fstatat64", "Dpxx", statusAt),
    SystemCallRow(383, "statx", "Dpxxx", statusExtended),
  ]

  // MARK: Links

  static func readLink(_ call: SystemCall) throws(Errno) -> Int {
    try readLink(call, SystemCall.currentDirectory, 0)
  }

  static func readLinkAt(_ call: SystemCall) throws(Errno) -> Int {
    try readLink(call, call.signed(0), 1)
  }

  private static func readLink(
    _ call: SystemCall, _ directory: Int, _ first: Int
  ) throws(Errno) -> Int {
    let (buffer, size) = (call[first + 1], call.unsigned(first + 2))
    guard size > 0, size <= Int(Int32.max) else { throw .invalid }
    let name = try call.remarkableName(call[first])
    if let file = name.flatMap({ call.processEntry($0, directory) })?.executable(call.process) {
      let target = Array(file.utf8.prefix(size))
      try call.write(buffer, bytes: target)
      return target.count
    }
    return try hostCall(
      SYS_readlinkat, directory, call.lookup(call[first], followsLinks: false),
      call.target(buffer, size), size)
  }

  // MARK: Directories

  /// linux_dirent64 has one layout; its fields change their byte order in place.
  static func entries64(_ call: SystemCall) throws(Errno) -> Int {
    let size = min(call.unsigned(2), 1 << 20)
    return try withHostBytes(size) { (address, bytes) throws(Errno) in
      let count = try hostCall(SYS_getdents64, call.signed(0), address, size)
      var offset = 0
      while offset + 19 <= count {
        let record = bytes + offset
        let length = record.loadUnaligned(fromByteOffset: 16, as: UInt16.self)
        let number = record.loadUnaligned(as: UInt64.self)
        let position = record.loadUnaligned(fromByteOffset: 8, as: Int.self)
        record.storeBytes(of: number.byteSwapped, as: UInt64.self)
        record.storeBytes(
          of: DirectoryPosition.short(position, call).byteSwapped, toByteOffset: 8, as: Int.self)
        record.storeBytes(of: length.byteSwapped, toByteOffset: 16, as: UInt16.self)
        guard length > 0 else { break }
        offset += Int(length)
      }
      guard call.copy.write(call[1], from: bytes, count) else { throw .fault }
      return count
    }
  }

  // MARK: Status

  /// stat, lstat, fstat and their 64-bit forms.
  static func status(_ call: SystemCall) throws(Errno) -> Int {
    try withHostStructure(stat()) { (address, place) throws(Errno) in
      switch call.number {
      case 106, 195: try hostCall(SYS_stat, call.lookup(call[0]), address)
      case 107, 196: try hostCall(SYS_lstat, call.lookup(call[0], followsLinks: false), address)
      default: try hostCall(SYS_fstat, call.signed(0), address)
      }
      let isWide = call.number >= 195
      let result = isWide ? stat64(place.pointee) : try stat32(place.pointee)
      try call.write(call[1], result)
      return 0
    }
  }

  /// The name below a directory, in the first two arguments; AT_SYMLINK_NOFOLLOW is 0x100.
  private static func lookup(_ call: SystemCall, flags: UInt32) throws(Errno) -> Int {
    try call.lookup(call[1], from: call.signed(0), followsLinks: flags & 0x100 == 0)
  }

  static func statusAt(_ call: SystemCall) throws(Errno) -> Int {
    try withHostStructure(stat()) { (address, place) throws(Errno) in
      try hostCall(
        SYS_newfstatat, call.signed(0), lookup(call, flags: call[3]), address, call.signed(3))
      try call.write(call[2], stat64(place.pointee))
      return 0
    }
  }

  /// struct stat64 of asm/stat.h: 104 bytes.
  static func stat64(_ status: stat) -> StructureWriter {
    var result = StructureWriter()
    result.doubleword(status.st_dev)
    result.doubleword(status.st_ino)
    result.word(status.st_mode)
    result.word(status.st_nlink)
    result.word(status.st_uid)
    result.word(status.st_gid)
    result.doubleword(status.st_rdev)
    result.pad(to: 48)
    result.doubleword(status.st_size)
    result.word(status.st_blksize)
    result.pad(to: 64)
    result.doubleword(status.st_blocks)
    appendTimes(status, &result)
    result.pad(to: 104)
    return result
  }

  /// struct stat of asm/stat.h: 72 bytes; EOVERFLOW for what does not fit.
  static func stat32(_ status: stat) throws(Errno) -> StructureWriter {
    guard status.st_size <= Int(Int32.max), status.st_ino <= UInt(UInt32.max) else {
      throw .overflow
    }
    var result = StructureWriter()
    result.word(status.st_dev)
    result.word(status.st_ino)
    result.word(status.st_mode)
    result.half(status.st_nlink)
    result.pad(to: 16)
    result.word(status.st_uid)
    result.word(status.st_gid)
    result.word(status.st_rdev)
    result.word(status.st_size)
    result.word(status.st_blksize)
    result.word(status.st_blocks)
    appendTimes(status, &result)
    result.pad(to: 72)
    return result
  }

  private static func appendTimes(_ status: stat, _ result: inout StructureWriter) {
    for time in [status.st_atim, status.st_mtim, status.st_ctim] {
      result.word(time.tv_sec)
      result.word(time.tv_nsec)
    }
  }

  /// struct statx has one layout: 256 bytes.
  static func statusExtended(_ call: SystemCall) throws(Errno) -> Int {
    try withHostBytes(256) { (address, bytes) throws(Errno) in
      try hostCall(
        SYS_statx, call.signed(0), lookup(call, flags: call[2]), call.signed(2), call.unsigned(3),
        address)
      swapStatx(bytes)
      guard call.copy.write(call[4], from: bytes, 256) else { throw .fault }
      return 0
    }
  }

  /// The fields of struct statx beside the mode, as (offset, bytes).
  private static let statxFields: [(offset: Int, size: Int)] =
    [0, 4, 16, 20, 24, 72, 88, 104, 120, 128, 132, 136, 140, 152, 156].map { ($0, 4) }
    + [8, 32, 40, 48, 56, 64, 80, 96, 112, 144].map { ($0, 8) }

  /// Changes the byte order of each field of a struct statx.
  static func swapStatx(_ bytes: UnsafeMutableRawPointer) {
    let mode = bytes.load(fromByteOffset: 28, as: UInt16.self)
    bytes.storeBytes(of: mode.byteSwapped, toByteOffset: 28, as: UInt16.self)
    for (offset, size) in statxFields {
      if size == 4 {
        let word = bytes.load(fromByteOffset: offset, as: UInt32.self)
        bytes.storeBytes(of: word.byteSwapped, toByteOffset: offset, as: UInt32.self)
      } else {
        let value = bytes.load(fromByteOffset: offset, as: UInt64.self)
        bytes.storeBytes(of: value.byteSwapped, toByteOffset: offset, as: UInt64.self)
      }
    }
  }

  // MARK: File systems

  /// The host's struct statfs: type, block size, five counts, two words, three numbers.
  private static let hostFileSystemSize = 120

  private static func withFileSystem(
    _ call: SystemCall, byName: Bool, _ body: (UnsafeRawPointer) throws(Errno) -> Void
  ) throws(Errno) -> Int {
    try withHostBytes(hostFileSystemSize) { (address, bytes) throws(Errno) in
      if byName {
        try hostCall(SYS_statfs, call.lookup(call[0]), address)
      } else {
        try hostCall(SYS_fstatfs, call.signed(0), address)
      }
      try body(bytes)
      return 0
    }
  }

  private static func long(_ bytes: UnsafeRawPointer, _ index: Int) -> UInt64 {
    bytes.load(fromByteOffset: 8 * index, as: UInt64.self)
  }

  /// struct statfs: sixteen words.
  static func fileSystem(_ call: SystemCall) throws(Errno) -> Int {
    try withFileSystem(call, byName: call.number == 99) { (bytes) throws(Errno) in
      guard (2...6).allSatisfy({ long(bytes, $0) <= 0xffff_ffff }) else { throw .overflow }
      var result = StructureWriter()
      for index in 0...6 { result.word(long(bytes, index)) }
      appendTail(bytes, &result)
      result.pad(to: 64)
      try call.write(call[1], result)
    }
  }

  /// struct statfs64: 88 bytes, whose size is the second argument.
  static func fileSystem64(_ call: SystemCall) throws(Errno) -> Int {
    guard call[1] == 88 else { throw .invalid }
    return try withFileSystem(call, byName: call.number == 252) { (bytes) throws(Errno) in
      var result = StructureWriter()
      for index in 0...1 { result.word(long(bytes, index)) }
      for index in 2...6 { result.doubleword(long(bytes, index)) }
      appendTail(bytes, &result)
      result.pad(to: 88)
      try call.write(call[2], result)
    }
  }

  /// The identity's two words, the longest name, the fragment size, the flags.
  private static func appendTail(_ bytes: UnsafeRawPointer, _ result: inout StructureWriter) {
    result.word(long(bytes, 7))
    result.word(long(bytes, 7) >> 32)
    for index in 8...10 { result.word(long(bytes, index)) }
  }
}
