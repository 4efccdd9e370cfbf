import CSys
import Glibc
import Memory

/// `ioctl`: requests have other numbers on PowerPC (asm/ioctl.h, asm/ioctls.h).
enum IOControl {
  /// What the third argument is.
  enum Argument: Sendable {
    case none, value
    /// A pointer to a word that the kernel reads, writes, or both.
    case wordIn, wordOut, wordInOut
    /// A pointer to a doubleword that the kernel writes.
    case doublewordOut
    /// A pointer to a byte that the kernel reads.
    case byteIn
    /// A pointer to struct winsize.
    case windowSizeIn, windowSizeOut
    /// A pointer to struct termios.
    case terminalIn, terminalOut
  }

  /// A request: its number on PowerPC and on x86-64, and its argument.
  struct Row: Sendable {
    let guest: UInt32
    let host: Int
    let name: StaticString
    let argument: Argument

    init(_ guest: UInt32, _ host: Int, _ name: StaticString, _ argument: Argument) {
      self.guest = guest
      self.host = host
      self.name = name
      self.argument = argument
    }
  }

  static let rows = terminalRows + fileRows

  private static let terminalRows: [Row] = [
    Row(0x402c_7413, 0x5401, "TCGETS", .terminalOut),
    Row(0x802c_7414, 0x5402, "TCSETS", .terminalIn),
    Row(0x802c_7415, 0x5403, "TCSETSW", .terminalIn),
    Row(0x802c_7416, 0x5404, "TCSETSF", .terminalIn),
    Row(0x2000_741d, 0x5409, "TCSBRK", .value),
    Row(0x2000_741e, 0x540a, "TCXONC", .value),
    Row(0x2000_741f, 0x540b, "TCFLSH", .value),
    Row(0x5425, 0x5425, "TCSBRKP", .value),
    Row(0x4008_7468, 0x5413, "TIOCGWINSZ", .windowSizeOut),
    Row(0x8008_7467, 0x5414, "TIOCSWINSZ", .windowSizeIn),
    Row(0x4004_7477, 0x540f, "TIOCGPGRP", .wordOut),
    Row(0x8004_7476, 0x5410, "TIOCSPGRP", .wordIn),
    Row(0x4004_7473, 0x5411, "TIOCOUTQ", .wordOut),
    Row(0x540c, 0x540c, "TIOCEXCL", .none),
    Row(0x540d, 0x540d, "TIOCNXCL", .none),
    Row(0x540e, 0x540e, "TIOCSCTTY", .value),
    Row(0x5420, 0x5420, "TIOCPKT", .wordIn),
    Row(0x5422, 0x5422, "TIOCNOTTY", .none),
    Row(0x5423, 0x5423, "TIOCSETD", .wordIn),
    Row(0x5424, 0x5424, "TIOCGETD", .wordOut),
    Row(0x5429, 0x5429, "TIOCGSID", .wordOut),
    Row(0x4004_5430, 0x8004_5430, "TIOCGPTN", .wordOut),
    Row(0x8004_5431, 0x4004_5431, "TIOCSPTLCK", .wordIn),
    Row(0x2000_5441, 0x5441, "TIOCGPTPEER", .value),
    Row(0x5412, 0x5412, "TIOCSTI", .byteIn),
    Row(0x5415, 0x5415, "TIOCMGET", .wordOut),
    Row(0x5416, 0x5416, "TIOCMBIS", .wordIn),
    Row(0x5417, 0x5417, "TIOCMBIC", .wordIn),
    Row(0x5418, 0x5418, "TIOCMSET", .wordIn),
    Row(0x541d, 0x541d, "TIOCCONS", .none),
    Row(0x5427, 0x5427, "TIOCSBRK", .none),
    Row(0x5428, 0x5428, "TIOCCBRK", .none),
    Row(0x5437, 0x5437, "TIOCVHANGUP", .none),
    Row(0x4004_5432, 0x8004_5432, "TIOCGDEV", .wordOut),
    Row(0x8004_5436, 0x4004_5436, "TIOCSIG", .value),
    Row(0x4004_5438, 0x8004_5438, "TIOCGPKT", .wordOut),
    Row(0x4004_5439, 0x8004_5439, "TIOCGPTLCK", .wordOut),
    Row(0x4004_5440, 0x8004_5440, "TIOCGEXCL", .wordOut),
  ]

  /// Of files, sockets, disks and the random device. FS_IOC_GETFLAGS and its like have the size of
  /// a long in their numbers, and give an int (ioctl_iflags(2)).
  private static let fileRows: [Row] = [
    Row(0x4004_667f, 0x541b, "FIONREAD", .wordOut),
    Row(0x8004_667e, 0x5421, "FIONBIO", .wordIn),
    Row(0x8004_667d, 0x5452, "FIOASYNC", .wordIn),
    Row(0x2000_6601, 0x5451, "FIOCLEX", .none),
    Row(0x2000_6602, 0x5450, "FIONCLEX", .none),
    Row(0x4008_6680, 0x5460, "FIOQSIZE", .doublewordOut),
    Row(0x2000_0001, 0x1, "FIBMAP", .wordInOut),
    Row(0x2000_0002, 0x2, "FIGETBSZ", .wordOut),
    Row(0x4004_6601, 0x8008_6601, "FS_IOC_GETFLAGS", .wordOut),
    Row(0x8004_6602, 0x4008_6602, "FS_IOC_SETFLAGS", .wordIn),
    Row(0x4004_7601, 0x8008_7601, "FS_IOC_GETVERSION", .wordOut),
    Row(0x8004_7602, 0x4008_7602, "FS_IOC_SETVERSION", .wordIn),
    Row(0x2000_125e, 0x125e, "BLKROGET", .wordOut),
    Row(0x2000_1261, 0x1261, "BLKFLSBUF", .none),
    Row(0x2000_1268, 0x1268, "BLKSSZGET", .wordOut),
    Row(0x4004_1272, 0x8008_1272, "BLKGETSIZE64", .doublewordOut),
    Row(0x4004_5200, 0x8004_5200, "RNDGETENTCNT", .wordOut),
    Row(0x8901, 0x8901, "FIOSETOWN", .wordIn),
    Row(0x8903, 0x8903, "FIOGETOWN", .wordOut),
    Row(0x8905, 0x8905, "SIOCATMARK", .wordOut),
  ]

  /// FICLONE, whose argument is a descriptor.
  private static let clone: (guest: UInt32, host: Int) = (0x8004_9409, 0x4004_9409)

  static func row(_ request: UInt32) -> Row? { rows.first { $0.guest == request } }

  static func perform(_ call: SystemCall) throws(Errno) -> Int {
    let descriptor = call.signed(0)
    if call[1] == clone.guest {
      return try hostCall(SYS_ioctl, descriptor, clone.host, call.signed(2))
    }
    guard let row = row(call[1]) else {
      if let result = try InterfaceRequests.perform(call) { return result }
      call.process.reportOnce(
        -Int(call[1]), "Unsupported ioctl: 0x\(String(call[1], radix: 16))")
      try hostCall(SYS_fcntl, descriptor, 1)
      throw .notTerminal
    }
    switch row.argument {
    case .none: return try call.waiting(SYS_ioctl, descriptor, row.host)
    case .value: return try call.waiting(SYS_ioctl, descriptor, row.host, call.signed(2))
    case .wordIn: return try word(call, row, call.readWord(call[2]), stores: false)
    case .wordOut: return try word(call, row, 0, stores: true)
    case .wordInOut: return try word(call, row, call.readWord(call[2]), stores: true)
    case .doublewordOut: return try doubleword(call, row)
    case .byteIn:
      return try call.waiting(SYS_ioctl, descriptor, row.host, call.source(call[2]))
    case .windowSizeIn, .windowSizeOut: return try windowSize(call, row)
    case .terminalIn, .terminalOut: return try terminal(call, row)
    }
  }

  private static func word(
    _ call: SystemCall, _ row: Row, _ value: UInt32, stores: Bool
  ) throws(Errno) -> Int {
    try withHostStructure(value) { (address, place) throws(Errno) in
      let result = try call.waiting(SYS_ioctl, call.signed(0), row.host, address)
      if stores { try call.writeWord(call[2], place.pointee) }
      return result
    }
  }

  private static func doubleword(_ call: SystemCall, _ row: Row) throws(Errno) -> Int {
    try withHostStructure(UInt64(0)) { (address, place) throws(Errno) in
      let result = try call.waiting(SYS_ioctl, call.signed(0), row.host, address)
      var value = StructureWriter(capacity: 8)
      value.word(place.pointee >> 32)
      value.word(place.pointee)
      try call.write(call[2], value)
      return result
    }
  }

  /// Four halfwords: rows, columns, pixels across and down.
  private static func windowSize(_ call: SystemCall, _ row: Row) throws(Errno) -> Int {
    var size = winsize()
    let isInput = row.argument == .windowSizeIn
    if isInput {
      let fields = try call.read(call[2], 8)
      size.ws_row = fields.half(0)
      size.ws_col = fields.half(2)
      size.ws_xpixel = fields.half(4)
      size.ws_ypixel = fields.half(6)
    }
    return try withHostStructure(size) { (address, place) throws(Errno) in
      let result = try call.waiting(SYS_ioctl, call.signed(0), row.host, address)
      if isInput { return result }
      var fields = StructureWriter()
      fields.half(place.pointee.ws_row)
      fields.half(place.pointee.ws_col)
      fields.half(place.pointee.ws_xpixel)
      fields.half(place.pointee.ws_ypixel)
      try call.write(call[2], fields)
      return result
    }
  }

  private static func terminal(_ call: SystemCall, _ row: Row) throws(Errno) -> Int {
    try withHostBytes(TerminalSettings.hostSize) { (address, bytes) throws(Errno) in
      if row.argument == .terminalIn {
        let fields = try call.read(call[2], TerminalSettings.guestSize)
        TerminalSettings(guest: fields).store(in: bytes)
        return try call.waiting(SYS_ioctl, call.signed(0), row.host, address)
      }
      let result = try call.waiting(SYS_ioctl, call.signed(0), row.host, address)
      try call.write(call[2], TerminalSettings(host: bytes).structure)
      return result
    }
  }
}
