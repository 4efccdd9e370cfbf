import CSys
import Glibc
import Memory

/// `sendmsg` and `recvmsg`. The guest's msghdr has seven words: name, its length, vector, its
/// count, control data, their length, flags. A control message has three words before its data
/// and is aligned to 4 bytes; the host's has a doubleword and two words, aligned to 8.
enum SocketMessage {
  private static let guestHeader = 12
  private static let hostHeader = 16
  private static let controlCapacity = 8192

  static func send(_ call: SystemCall) throws(Errno) -> Int {
    let header = try call.read(call[1], 28)
    return try SocketCalls.withAddress(call, header.word(0), header.word(4)) {
      (name, nameLength) throws(Errno) in
      try withData(call, header) { (vector, count) throws(Errno) in
        try withHostBytes(controlCapacity) { (control, bytes) throws(Errno) in
          let length = try loadControl(call, header.word(16), header.word(20), bytes)
          var message = msghdr()
          message.msg_name = UnsafeMutableRawPointer(bitPattern: name)
          message.msg_namelen = UInt32(nameLength)
          message.msg_iov = UnsafeMutablePointer(bitPattern: vector)
          message.msg_iovlen = count
          message.msg_control = length == 0 ? nil : UnsafeMutableRawPointer(bitPattern: control)
          message.msg_controllen = length
          return try withHostStructure(message) { (address, _) throws(Errno) in
            try call.waiting(SYS_sendmsg, call.signed(0), address, call.signed(2))
          }
        }
      }
    }
  }

  /// Calls with the host's vector of what is sent and the number of its entries.
  private static func withData(
    _ call: SystemCall, _ header: StructureReader, _ body: (Int, Int) throws(Errno) -> Int
  ) throws(Errno) -> Int {
    guard RoutingMessages.isUsed(by: call) else {
      return try FileCalls.withVector(call, header.word(8), header.word(12), isTarget: false) {
        (vector) throws(Errno) in
        try body(vector, Int(header.word(12)))
      }
    }
    let parts = try RoutingMessages.parts(call, header.word(8), header.word(12))
    let messages = try RoutingMessages.sent(call, parts)
    return try messages.withErrnoPointer { (start) throws(Errno) in
      try withHostStructure((start, messages.count)) { (vector, _) throws(Errno) in
        try body(vector, 1)
      }
    }
  }

  /// The guest's control messages as the host's; the number of bytes.
  private static func loadControl(
    _ call: SystemCall, _ address: UInt32, _ length: UInt32, _ bytes: UnsafeMutableRawPointer
  ) throws(Errno) -> Int {
    if address == 0 || length == 0 { return 0 }
    guard length <= 4096 else { throw .invalid }
    let fields = try call.read(address, Int(length))
    var (from, to) = (0, 0)
    while from + guestHeader <= Int(length) {
      let size = Int(fields.word(from))
      guard size >= guestHeader, from + size <= Int(length) else { throw .invalid }
      let (level, type) = (fields.word(from + 4), fields.word(from + 8))
      let data = ControlData(level: level, type: type)
        .converted(Array(fields.bytes[from + guestHeader..<from + size]), fromHost: false)
      bytes.storeBytes(of: UInt64(hostHeader + data.count), toByteOffset: to, as: UInt64.self)
      bytes.storeBytes(of: level, toByteOffset: to + 8, as: UInt32.self)
      bytes.storeBytes(of: type, toByteOffset: to + 12, as: UInt32.self)
      (bytes + to + hostHeader).copyMemory(from: data, byteCount: data.count)
      from += (size + 3) & ~3
      to += (hostHeader + data.count + 7) & ~7
    }
    return to
  }

  static func receive(_ call: SystemCall) throws(Errno) -> Int {
    let header = try call.read(call[1], 28)
    return try FileCalls.withVector(call, header.word(8), header.word(12), isTarget: true) {
      (vector) throws(Errno) in
      let capacity = SocketCalls.addressCapacity
      return try withHostBytes(capacity + controlCapacity) { (place, bytes) throws(Errno) in
        var message = msghdr()
        message.msg_name = header.word(0) == 0 ? nil : bytes
        message.msg_namelen = header.word(0) == 0 ? 0 : UInt32(capacity)
        message.msg_iov = UnsafeMutablePointer(bitPattern: vector)
        message.msg_iovlen = Int(header.word(12))
        message.msg_control = header.word(16) == 0 ? nil : bytes + capacity
        // The host's messages are longer: twice the room holds what fits in the guest's.
        message.msg_controllen = min(2 * Int(header.word(20)), controlCapacity)
        return try withHostStructure(message) { (address, result) throws(Errno) in
          let count = try call.waiting(SYS_recvmsg, call.signed(0), address, call.signed(2))
          if count > 0, RoutingMessages.isUsed(by: call) {
            let parts = try RoutingMessages.parts(call, header.word(8), header.word(12))
            try RoutingMessages.convertReceived(
              call, parts, min(count, parts.reduce(0) { $0 + $1.count }))
          }
          try store(call, header, result.pointee, bytes)
          return count
        }
      }
    }
  }

  private static func store(
    _ call: SystemCall, _ header: StructureReader, _ message: msghdr,
    _ bytes: UnsafeMutableRawPointer
  ) throws(Errno) {
    let length = Int(message.msg_namelen)
    if header.word(0) != 0 {
      let family = length < 2 ? 0 : bytes.load(as: UInt16.self)
      SocketCalls.swapAddress(bytes, length, family: family)
      let stored = min(length, Int(header.word(4)))
      guard call.copy.write(header.word(0), from: bytes, stored) else { throw .fault }
    }
    let control = controlMessages(
      bytes + SocketCalls.addressCapacity, message.msg_controllen, room: Int(header.word(20)))
    if header.word(16) != 0 { try call.write(header.word(16), bytes: control.bytes) }
    try call.writeWord(call[1] &+ 4, length)
    try call.writeWord(call[1] &+ 20, control.bytes.count)
    // MSG_CTRUNC is 8.
    try call.writeWord(call[1] &+ 24, message.msg_flags | (control.isCut ? 8 : 0))
  }

  /// The host's control messages as the guest's, as far as there is room.
  private static func controlMessages(
    _ host: UnsafeRawPointer, _ length: Int, room: Int
  ) -> (bytes: [UInt8], isCut: Bool) {
    var result = StructureWriter()
    var from = 0
    while from + hostHeader <= length {
      let size = Int(host.load(fromByteOffset: from, as: UInt64.self))
      guard size >= hostHeader, from + size <= length else { break }
      let level = host.load(fromByteOffset: from + 8, as: UInt32.self)
      let type = host.load(fromByteOffset: from + 12, as: UInt32.self)
      let content = UnsafeRawBufferPointer(
        start: host + from + hostHeader, count: size - hostHeader)
      let data = ControlData(level: level, type: type).converted(Array(content), fromHost: true)
      let (start, count) = (result.bytes.count, guestHeader + data.count)
      guard start + count <= room else { return (result.bytes, true) }
      for word in [UInt32(count), level, type] { result.word(word) }
      for byte in data { result.byte(byte) }
      result.pad(to: min(start + (count + 3) & ~3, room))
      from += (size + 7) & ~7
    }
    return (result.bytes, false)
  }
}
