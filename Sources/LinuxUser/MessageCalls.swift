import CSys
import Glibc
import Memory

/// System V message queues: msgop(2), msgctl(2).
enum MessageCalls {
  private typealias Command = InterprocessCalls.Command
  /// More than any message can have.
  private static let capacity = 16 << 20

  /// msgsnd(queue, message, size, flags). The type before the text is a long: one word there.
  static func send(_ call: SystemCall) throws(Errno) -> Int {
    let count = call.unsigned(2)
    let kind = try call.readWord(call[1])
    guard count <= capacity else { throw .invalid }
    return try withHostBytes(8 + count) { (place, bytes) throws(Errno) in
      bytes.storeBytes(of: Int(Int32(bitPattern: kind)), as: Int.self)
      guard call.copy.read(call[1] &+ 4, into: bytes + 8, count) else { throw .fault }
      return try call.waiting(SYS_msgsnd, call.signed(0), place, count, call.signed(3))
    }
  }

  /// msgrcv(queue, message, size, type, flags).
  static func receive(_ call: SystemCall) throws(Errno) -> Int {
    guard call.signed(2) >= 0 else { throw .invalid }
    let count = min(call.unsigned(2), capacity)
    return try withHostBytes(8 + count) { (place, bytes) throws(Errno) in
      let result = try call.waiting(
        SYS_msgrcv, call.signed(0), place, count, call.signed(3), call.signed(4))
      try call.writeWord(call[1], bytes.load(as: UInt64.self))
      guard call.copy.write(call[1] &+ 4, from: bytes + 8, result) else { throw .fault }
      return result
    }
  }

  /// msgctl(queue, command, structure).
  static func control(_ call: SystemCall) throws(Errno) -> Int {
    let (command, isWide) = try InterprocessCalls.command(call, 1)
    switch command {
    case Command.remove: return try hostCall(SYS_msgctl, call.signed(0), command, 0)
    case Command.set: return try set(call, isWide)
    case Command.status, 11, 13: return try status(call, command, isWide)  // MSG_STAT(_ANY)
    case Command.information, 12:  // MSG_INFO
      return try call.withResult(call[2], FieldLayout("wwwwwwwhbb")) { (place) throws(Errno) in
        try hostCall(SYS_msgctl, call.signed(0), command, place)
      }
    default: throw .invalid
    }
  }

  /// The host's msqid64_ds: permissions, three times from 48, bytes now, messages and the most
  /// bytes from 72, two processes from 96.
  private static let hostSize = 120

  private static func set(_ call: SystemCall, _ isWide: Bool) throws(Errno) -> Int {
    let fields = try call.read(call[2], isWide ? 104 : 68)
    return try withHostBytes(hostSize) { (place, bytes) throws(Errno) in
      InterprocessCalls.loadPermissions(fields, bytes)
      // The old structure has 16 bits for the most bytes, and a longer field for more.
      let old = fields.half(60) != 0 ? UInt32(fields.half(60)) : fields.word(52)
      bytes.storeBytes(
        of: UInt64(isWide ? fields.word(80) : old), toByteOffset: 88, as: UInt64.self)
      return try hostCall(SYS_msgctl, call.signed(0), Command.set, place)
    }
  }

  private static func status(
    _ call: SystemCall, _ command: Int, _ isWide: Bool
  ) throws(Errno) -> Int {
    try withHostBytes(hostSize) { (place, bytes) throws(Errno) in
      let result = try hostCall(SYS_msgctl, call.signed(0), command, place)
      try call.write(call[2], isWide ? wide(bytes) : old(bytes))
      return result
    }
  }

  /// msqid64_ds (asm/msgbuf.h): 104 bytes.
  private static func wide(_ bytes: UnsafeRawPointer) -> StructureWriter {
    var fields = StructureWriter()
    InterprocessCalls.appendPermissions(bytes, isWide: true, &fields)
    for offset in [48, 56, 64] { fields.doubleword(InterprocessCalls.long(bytes, offset)) }
    for offset in [72, 80, 88] { fields.word(InterprocessCalls.long(bytes, offset)) }
    for offset in [96, 100] { fields.word(InterprocessCalls.word(bytes, offset)) }
    fields.pad(to: 104)
    return fields
  }

  /// msqid_ds (linux/msg.h): 68 bytes.
  private static func old(_ bytes: UnsafeRawPointer) -> StructureWriter {
    var fields = StructureWriter()
    InterprocessCalls.appendPermissions(bytes, isWide: false, &fields)
    fields.pad(to: 36)
    for offset in [48, 56, 64, 72, 88] { fields.word(InterprocessCalls.long(bytes, offset)) }
    for offset in [72, 80, 88] {
      fields.half(min(InterprocessCalls.long(bytes, offset), 0xffff))
    }
    for offset in [96, 100] { fields.half(InterprocessCalls.word(bytes, offset)) }
    fields.pad(to: 68)
    return fields
  }
}
