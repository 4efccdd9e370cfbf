import CSys
import Glibc
import Memory

/// Sockets. Types, families and levels have the same numbers on both sides; six options of
/// SOL_SOCKET do not (asm/socket.h).
enum SocketCalls {
  static let rows: [SystemCallRow] = [
    SystemCallRow(102, "socketcall", "dx", multiplexed),
    SystemCallRow(326, "socket", "ddd", create),
    SystemCallRow(327, "bind", "fxu", bind),
    SystemCallRow(328, "connect", "fxu", connect),
    SystemCallRow(329, "listen", "fd", host: SYS_listen),
    SystemCallRow(330, "accept", "fxx", accept),
    SystemCallRow(331, "getsockname", "fxx", ownName),
    SystemCallRow(332, "getpeername", "fxx", peerName),
    SystemCallRow(333, "socketpair", "dddx", pair),
    SystemCallRow(334, "send", "frux", send),
    SystemCallRow(335, "sendto", "fruxxu", send),
    SystemCallRow(336, "recv", "fwux", receive),
    SystemCallRow(337, "recvfrom", "fwuxxx", receive),
    SystemCallRow(338, "shutdown", "fd", host: SYS_shutdown),
    SystemCallRow(339, "setsockopt", "fddxu", setOption),
    SystemCallRow(340, "getsockopt", "fddxx", option),
    SystemCallRow(341, "sendmsg", "fxx", SocketMessage.send),
    SystemCallRow(342, "recvmsg", "fxx", SocketMessage.receive),
    SystemCallRow(344, "accept4", "fxxx", accept),
  ]

  /// socketcall's own numbers, 1 to 18, and the number of arguments of each.
  private static let multiplex: [(number: Int, count: Int)] = [
    (326, 3), (327, 3), (328, 3), (329, 2), (330, 3), (331, 3), (332, 3), (333, 4), (334, 4),
    (336, 4), (335, 6), (337, 6), (338, 2), (339, 5), (340, 5), (341, 3), (342, 3), (344, 4),
  ]

  static func multiplexed(_ call: SystemCall) throws(Errno) -> Int {
    let index = call.signed(0) - 1
    guard multiplex.indices.contains(index) else { throw .invalid }
    let (number, count) = multiplex[index]
    let fields = try call.read(call[1], 4 * count)
    let arguments = InlineArray<6, UInt32> { fields.word(4 * $0) }
    guard let row = SystemCallTable.row(number) else { throw .invalid }
    return try row.perform(SystemCall(call, number: number, arguments: arguments))
  }

  // MARK: Addresses

  static let addressCapacity = 256

  /// The fields of an address in the machine's byte order: the family, and what belongs to it.
  static func swapAddress(_ bytes: UnsafeMutableRawPointer, _ count: Int, family: UInt16) {
    func swapWord(_ offset: Int) {
      guard offset + 4 <= count else { return }
      let word = bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self)
      bytes.storeBytes(of: word.byteSwapped, toByteOffset: offset, as: UInt32.self)
    }
    guard count >= 2 else { return }
    let half = bytes.loadUnaligned(as: UInt16.self)
    bytes.storeBytes(of: half.byteSwapped, as: UInt16.self)
    switch family {
    case 10: swapWord(24)  // AF_INET6: the scope
    case 16: [4, 8].forEach(swapWord)  // AF_NETLINK: port and groups
    case 17: swapWord(4)  // AF_PACKET: the interface
    default: break
    }
  }

  /// Calls with an address of the host's.
  static func withAddress<R>(
    _ call: SystemCall, _ address: UInt32, _ count: UInt32, _ body: (Int, Int) throws(Errno) -> R
  ) throws(Errno) -> R {
    if address == 0 { return try body(0, 0) }
    guard count <= 128 else { throw .invalid }
    guard let copied = call.copy.readBytes(address, Int(count)) else { throw .fault }
    return try withHostBytes(addressCapacity) { (place, bytes) throws(Errno) in
      bytes.copyMemory(from: copied, byteCount: copied.count)
      let family = copied.count < 2 ? 0 : UInt16(copied[0]) << 8 | UInt16(copied[1])
      swapAddress(bytes, copied.count, family: family)
      return try body(place, copied.count)
    }
  }

  /// Calls with room for an address, and stores what came: cut to the guest's room, with its
  /// whole length.
  static func withAddressResult(
    _ call: SystemCall, _ address: UInt32, _ lengthAddress: UInt32,
    _ body: (Int, Int) throws(Errno) -> Int
  ) throws(Errno) -> Int {
    if address == 0 || lengthAddress == 0 { return try body(0, 0) }
    let room = Int(try call.readWord(lengthAddress))
    guard room <= Int(Int32.max) else { throw .invalid }
    return try withHostBytes(addressCapacity + 8) { (place, bytes) throws(Errno) in
      bytes.storeBytes(
        of: UInt32(addressCapacity), toByteOffset: addressCapacity, as: UInt32.self)
      let result = try body(place, place + addressCapacity)
      let length = Int(bytes.load(fromByteOffset: addressCapacity, as: UInt32.self))
      let family = length < 2 ? 0 : bytes.load(as: UInt16.self)
      swapAddress(bytes, min(length, addressCapacity), family: family)
      let stored = min(room, length, addressCapacity)
      guard call.copy.write(address, from: bytes, stored) else { throw .fault }
      try call.writeWord(lengthAddress, length)
      return result
    }
  }

  static func create(_ call: SystemCall) throws(Errno) -> Int {
    let result = try hostCall(SYS_socket, call.signed(0), call.signed(1), call.signed(2))
    // AF_NETLINK, NETLINK_ROUTE.
    let isRouting = call[0] == 16 && call[2] == 0
    return call.descriptors.note(result, isRouting ? .routing : .plain)
  }

  static func bind(_ call: SystemCall) throws(Errno) -> Int {
    try withAddress(call, call[1], call[2]) { (address, count) throws(Errno) in
      try hostCall(SYS_bind, call.signed(0), address, count)
    }
  }

  static func connect(_ call: SystemCall) throws(Errno) -> Int {
    try withAddress(call, call[1], call[2]) { (address, count) throws(Errno) in
      try call.waiting(SYS_connect, call.signed(0), address, count)
    }
  }

  static func accept(_ call: SystemCall) throws(Errno) -> Int {
    let flags = call.number == 344 ? FileFlags.host(call[3]) : 0
    return try withAddressResult(call, call[1], call[2]) { (address, length) throws(Errno) in
      call.descriptors.note(
        try call.waiting(SYS_accept4, call.signed(0), address, length, flags), .plain)
    }
  }

  static func ownName(_ call: SystemCall) throws(Errno) -> Int {
    try withAddressResult(call, call[1], call[2]) { (address, length) throws(Errno) in
      try hostCall(SYS_getsockname, call.signed(0), address, length)
    }
  }

  static func peerName(_ call: SystemCall) throws(Errno) -> Int {
    try withAddressResult(call, call[1], call[2]) { (address, length) throws(Errno) in
      try hostCall(SYS_getpeername, call.signed(0), address, length)
    }
  }

  static func pair(_ call: SystemCall) throws(Errno) -> Int {
    // The kernel stores the numbers before it makes the sockets: the same call finds what is wrong.
    guard call.space.isAccessible(call[3], 8, .writable) else {
      return try hostCall(
        SYS_socketpair, call.signed(0), call.signed(1), call.signed(2),
        call.target(call[3], 1 << 32))
    }
    return try withHostBytes(8) { (address, bytes) throws(Errno) in
      try hostCall(SYS_socketpair, call.signed(0), call.signed(1), call.signed(2), address)
      var result = StructureWriter(capacity: 8)
      result.word(bytes.load(as: UInt32.self))
      result.word(bytes.load(fromByteOffset: 4, as: UInt32.self))
      try call.write(call[3], result)
      return 0
    }
  }

  // MARK: Data

  /// send and sendto.
  static func send(_ call: SystemCall) throws(Errno) -> Int {
    let hasAddress = call.number == 335
    let buffer = try call.source(call[1], call.unsigned(2))
    return try withAddress(call, hasAddress ? call[4] : 0, call[5]) {
      (address, count) throws(Errno) in
      func send(_ buffer: Int) throws(Errno) -> Int {
        try call.waiting(
          SYS_sendto, call.signed(0), buffer, call.unsigned(2), call.signed(3), address, count)
      }
      guard RoutingMessages.isUsed(by: call) else { return try send(buffer) }
      let messages = try RoutingMessages.sent(call, [(call[1], call.unsigned(2))])
      return try messages.withErrnoPointer(send)
    }
  }

  /// recv and recvfrom.
  static func receive(_ call: SystemCall) throws(Errno) -> Int {
    let hasAddress = call.number == 337
    let buffer = try call.target(call[1], call.unsigned(2))
    return try withAddressResult(call, hasAddress ? call[4] : 0, call[5]) {
      (address, length) throws(Errno) in
      let result = try call.waiting(
        SYS_recvfrom, call.signed(0), buffer, call.unsigned(2), call.signed(3), address, length)
      if result > 0, RoutingMessages.isUsed(by: call) {
        let part = (call[1], call.unsigned(2))
        try RoutingMessages.convertReceived(call, [part], min(result, part.1))
      }
      return result
    }
  }

  // MARK: Options

  /// SO_RCVLOWAT, SO_SNDLOWAT, SO_RCVTIMEO, SO_SNDTIMEO, SO_PASSCRED, SO_PEERCRED.
  private static let moved = [16: 18, 17: 19, 18: 20, 19: 21, 20: 16, 21: 17]

  /// The host's option, and whether its value is an old timeval.
  private static func option(_ level: Int, _ option: Int) -> (number: Int, isTime: Bool) {
    guard level == 1 else { return (option, false) }
    return (moved[option] ?? option, option == 18 || option == 19)
  }

  /// Option values are words, but for names, filters and the addresses of IP.
  private static func isRaw(_ level: Int, _ option: Int, _ size: Int) -> Bool {
    if size & 3 != 0 { return true }
    if level == 1 { return option == 25 }
    return level == 0 && size > 4
  }

  static func setOption(_ call: SystemCall) throws(Errno) -> Int {
    let (number, isTime) = option(call.signed(1), call.signed(2))
    let size = call.unsigned(4)
    guard size <= 4096 else { throw .invalid }
    let fields = try call.read(call[3], size)
    return try withHostBytes(max(size, 16)) { (address, bytes) throws(Errno) in
      if isTime {
        guard size >= 8 else { throw .invalid }
        bytes.storeBytes(of: fields.signed(0), as: Int.self)
        bytes.storeBytes(of: fields.signed(4), toByteOffset: 8, as: Int.self)
      } else if isRaw(call.signed(1), call.signed(2), size) {
        bytes.copyMemory(from: fields.bytes, byteCount: size)
      } else {
        for offset in stride(from: 0, to: size, by: 4) {
          bytes.storeBytes(of: fields.word(offset), toByteOffset: offset, as: UInt32.self)
        }
      }
      return try hostCall(
        SYS_setsockopt, call.signed(0), call.signed(1), number, address, isTime ? 16 : size)
    }
  }

  static func option(_ call: SystemCall) throws(Errno) -> Int {
    let (number, isTime) = option(call.signed(1), call.signed(2))
    let room = Int(try call.readWord(call[4]))
    guard room <= Int(Int32.max) else { throw .invalid }
    return try withHostBytes(4096 + 8) { (address, bytes) throws(Errno) in
      let size = isTime ? 16 : min(room, 4096)
      bytes.storeBytes(of: UInt32(size), toByteOffset: 4096, as: UInt32.self)
      try hostCall(
        SYS_getsockopt, call.signed(0), call.signed(1), number, address, address + 4096)
      let length = Int(bytes.load(fromByteOffset: 4096, as: UInt32.self))
      var result = StructureWriter()
      if isTime {
        result.word(bytes.load(as: Int.self))
        result.word(bytes.load(fromByteOffset: 8, as: Int.self))
      } else if isRaw(call.signed(1), call.signed(2), length) {
        result.raw(UnsafeRawBufferPointer(start: bytes, count: length))
      } else {
        for offset in stride(from: 0, to: length, by: 4) {
          result.word(bytes.load(fromByteOffset: offset, as: UInt32.self))
        }
      }
      let stored = Array(result.bytes.prefix(room))
      try call.write(call[3], bytes: stored)
      try call.writeWord(call[4], stored.count)
      return 0
    }
  }
}
