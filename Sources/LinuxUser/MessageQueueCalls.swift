import CSys
import Glibc
import Memory

/// POSIX message queues: mq_overview(7).
enum MessageQueueCalls {
  static let rows: [SystemCallRow] = [
    SystemCallRow(262, "mq_open", "sOox", open),
    SystemCallRow(263, "mq_unlink", "s", host: SYS_mq_unlink),
    SystemCallRow(264, "mq_timedsend", "druux", send),
    SystemCallRow(265, "mq_timedreceive", "dwuxx", receive),
    SystemCallRow(266, "mq_notify", "dx", notify),
    SystemCallRow(267, "mq_getsetattr", "dxx", attributes),
    SystemCallRow(418, "mq_timedsend_time64", "druux", send),
    SystemCallRow(419, "mq_timedreceive_time64", "dwuxx", receive),
  ]

  private static func format(_ call: SystemCall) -> TimeFormat {
    call.number >= 403 ? .doubleword : .word
  }

  /// struct mq_attr: flags, most messages, their size, messages now, four unused; longs.
  private static func attributes(
    _ call: SystemCall, _ address: UInt32
  ) throws(Errno) -> (Int, Int, Int, Int, Int, Int, Int, Int) {
    let fields = try call.read(address, 32)
    return (FileFlags.host(fields.word(0)), fields.signed(4), fields.signed(8), 0, 0, 0, 0, 0)
  }

  static func open(_ call: SystemCall) throws(Errno) -> Int {
    let name = try call.source(call[0])
    let flags = FileFlags.host(call[1])
    if call[3] == 0 { return try hostCall(SYS_mq_open, name, flags, call.unsigned(2), 0) }
    return try withHostStructure(attributes(call, call[3])) { (place, _) throws(Errno) in
      try hostCall(SYS_mq_open, name, flags, call.unsigned(2), place)
    }
  }

  static func attributes(_ call: SystemCall) throws(Errno) -> Int {
    let none = (0, 0, 0, 0, 0, 0, 0, 0)
    let new = call[1] == 0 ? none : try attributes(call, call[1])
    return try withHostStructure(new) { (wanted, _) throws(Errno) in
      try withHostStructure(none) { (old, place) throws(Errno) in
        let result = try hostCall(
          SYS_mq_getsetattr, call.signed(0), call[1] == 0 ? 0 : wanted, call[2] == 0 ? 0 : old)
        if call[2] != 0 {
          let (flags, most, size, now) = (
            place.pointee.0, place.pointee.1, place.pointee.2, place.pointee.3
          )
          var fields = StructureWriter()
          for value in [FileFlags.guest(flags), most, size, now] { fields.word(value) }
          fields.pad(to: 32)
          try call.write(call[2], fields)
        }
        return result
      }
    }
  }

  static func send(_ call: SystemCall) throws(Errno) -> Int {
    let time = try format(call).optional(call, call[4])
    let message = try call.source(call[1], call.unsigned(2))
    return try withTimespec(time) { (timeout, _) throws(Errno) in
      try call.waiting(
        SYS_mq_timedsend, call.signed(0), message, call.unsigned(2), call.unsigned(3), timeout)
    }
  }

  static func receive(_ call: SystemCall) throws(Errno) -> Int {
    let time = try format(call).optional(call, call[4])
    let message = try call.target(call[1], call.unsigned(2))
    return try withTimespec(time) { (timeout, _) throws(Errno) in
      try withHostStructure(UInt32(0)) { (priority, place) throws(Errno) in
        let result = try call.waiting(
          SYS_mq_timedreceive, call.signed(0), message, call.unsigned(2), priority, timeout)
        if call[3] != 0 { try call.writeWord(call[3], place.pointee) }
        return result
      }
    }
  }

  /// struct sigevent: value, signal, kind. With SIGEV_THREAD (2) the value points to 32 bytes for
  /// the message and the signal is a socket of the C library's.
  static func notify(_ call: SystemCall) throws(Errno) -> Int {
    if call[1] == 0 { return try hostCall(SYS_mq_notify, call.signed(0), 0) }
    let fields = try call.read(call[1], 16)
    let isThread = fields.word(8) == 2
    let value = isThread ? try call.source(fields.word(0), 32) : Int(fields.word(0))
    return try withHostBytes(64) { (event, bytes) throws(Errno) in
      bytes.storeBytes(of: value, as: Int.self)
      bytes.storeBytes(of: fields.word(4), toByteOffset: 8, as: UInt32.self)
      bytes.storeBytes(of: fields.word(8), toByteOffset: 12, as: UInt32.self)
      return try hostCall(SYS_mq_notify, call.signed(0), event)
    }
  }
}
