import CSys
import Glibc
import Memory

/// Users, groups and capabilities.
enum IdentityCalls {
  static let rows: [SystemCallRow] = [
    SystemCallRow(23, "setuid", "d", host: SYS_setuid),
    SystemCallRow(24, "getuid", "", host: SYS_getuid),
    SystemCallRow(46, "setgid", "d", host: SYS_setgid),
    SystemCallRow(47, "getgid", "", host: SYS_getgid),
    SystemCallRow(49, "geteuid", "", host: SYS_geteuid),
    SystemCallRow(50, "getegid", "", host: SYS_getegid),
    SystemCallRow(70, "setreuid", "dd", host: SYS_setreuid),
    SystemCallRow(71, "setregid", "dd", host: SYS_setregid),
    SystemCallRow(80, "getgroups", "dx", groups),
    SystemCallRow(81, "setgroups", "dx", setGroups),
    SystemCallRow(138, "setfsuid", "d", host: SYS_setfsuid),
    SystemCallRow(139, "setfsgid", "d", host: SYS_setfsgid),
    SystemCallRow(164, "setresuid", "ddd", host: SYS_setresuid),
    SystemCallRow(165, "getresuid", "xxx", allUsers),
    SystemCallRow(169, "setresgid", "ddd", host: SYS_setresgid),
    SystemCallRow(170, "getresgid", "xxx", allGroups),
    SystemCallRow(183, "capget", "xx", capabilities),
    SystemCallRow(184, "capset", "xx", setCapabilities),
  ]

  static func groups(_ call: SystemCall) throws(Errno) -> Int {
    guard call.signed(0) >= 0 else { throw .invalid }
    // NGROUPS_MAX.
    let capacity = min(call.signed(0), 0x1_0000)
    return try withHostBytes(capacity * 4) { (address, bytes) throws(Errno) in
      let count = try hostCall(SYS_getgroups, capacity, address)
      if capacity == 0 { return count }
      var result = StructureWriter()
      for index in 0..<count {
        result.word(bytes.load(fromByteOffset: 4 * index, as: UInt32.self))
      }
      try call.write(call[1], result)
      return count
    }
  }

  static func setGroups(_ call: SystemCall) throws(Errno) -> Int {
    let count = call.signed(0)
    // Who may not gets EPERM, whatever the arguments; then their number counts, then the address.
    guard (0...0x1_0000).contains(count), let bytes = call.copy.readBytes(call[1], count * 4) else {
      return try hostCall(SYS_setgroups, count, call.source(call[1], 1 << 32))
    }
    let fields = StructureReader(bytes)
    return try withHostBytes(count * 4) { (address, bytes) throws(Errno) in
      for index in 0..<count {
        bytes.storeBytes(of: fields.word(4 * index), toByteOffset: 4 * index, as: UInt32.self)
      }
      return try hostCall(SYS_setgroups, count, address)
    }
  }

  static func allUsers(_ call: SystemCall) throws(Errno) -> Int { try three(call, SYS_getresuid) }
  static func allGroups(_ call: SystemCall) throws(Errno) -> Int { try three(call, SYS_getresgid) }

  private static func three(_ call: SystemCall, _ number: Int32) throws(Errno) -> Int {
    try withHostBytes(12) { (address, bytes) throws(Errno) in
      try hostCall(number, address, address + 4, address + 8)
      for index in 0..<3 {
        try call.writeWord(call[index], bytes.load(fromByteOffset: 4 * index, as: UInt32.self))
      }
      return 0
    }
  }

  static func capabilities(_ call: SystemCall) throws(Errno) -> Int {
    try capabilities(call, SYS_capget)
  }

  static func setCapabilities(_ call: SystemCall) throws(Errno) -> Int {
    try capabilities(call, SYS_capset)
  }

  /// Header: version and process. Data: three words, twice from version 2 on.
  private static func capabilities(_ call: SystemCall, _ number: Int32) throws(Errno) -> Int {
    let header = try call.read(call[0], 8)
    let count = header.word(0) == 0x1998_0330 ? 3 : 6
    return try withHostBytes(32) { (address, bytes) throws(Errno) in
      bytes.storeBytes(of: header.word(0), as: UInt32.self)
      bytes.storeBytes(of: header.word(4), toByteOffset: 4, as: UInt32.self)
      if number == SYS_capset {
        let fields = try call.read(call[1], 4 * count)
        for index in 0..<count {
          bytes.storeBytes(of: fields.word(4 * index), toByteOffset: 8 + 4 * index, as: UInt32.self)
        }
      }
      let failure = Result { () throws(Errno) in
        try hostCall(number, address, call[1] == 0 ? 0 : address + 8)
      }
      // The kernel answers an unknown version with the one that it prefers.
      try call.writeWord(call[0], bytes.load(as: UInt32.self))
      _ = try failure.get()
      guard number == SYS_capget, call[1] != 0 else { return 0 }
      var result = StructureWriter()
      for index in 0..<count {
        result.word(bytes.load(fromByteOffset: 8 + 4 * index, as: UInt32.self))
      }
      try call.write(call[1], result)
      return 0
    }
  }
}
