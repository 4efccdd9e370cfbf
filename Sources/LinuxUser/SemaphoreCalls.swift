import CSys
import Glibc
import Memory

/// System V semaphores: semop(2), semctl(2).
enum SemaphoreCalls {
  private typealias Command = InterprocessCalls.Command

  /// semop: the multiplexer's only, without a time.
  static func operate(_ call: SystemCall) throws(Errno) -> Int {
    try operate(call, nil)
  }

  /// semtimedop, whose times are 64 bits wide in the separate call.
  static func operateTimed(_ call: SystemCall) throws(Errno) -> Int {
    let format: TimeFormat = call.number == 420 ? .doubleword : .word
    return try operate(call, format.optional(call, call[3]))
  }

  /// struct sembuf: three halfwords. SEMOPM of a kernel is 500 by default and may be set higher.
  private static func operate(_ call: SystemCall, _ time: timespec?) throws(Errno) -> Int {
    let count = call.unsigned(2)
    guard count > 0 else { throw .invalid }
    guard count <= 0x1_0000 else { throw .argumentListTooLong }
    let fields = try call.read(call[1], 6 * count)
    return try withHostBytes(6 * count) { (operations, bytes) throws(Errno) in
      for offset in stride(from: 0, to: 6 * count, by: 2) {
        bytes.storeBytes(of: fields.half(offset), toByteOffset: offset, as: UInt16.self)
      }
      return try withTimespec(time) { (timeout, _) throws(Errno) in
        try call.waiting(SYS_semtimedop, call.signed(0), operations, count, timeout)
      }
    }
  }

  /// semctl(identifier, number, command, argument).
  static func control(_ call: SystemCall) throws(Errno) -> Int {
    let (command, isWide) = try InterprocessCalls.command(call, 2)
    switch command {
    case Command.remove, 11, 12, 14, 15, 16:  // GETPID GETVAL GETNCNT GETZCNT SETVAL
      return try host(call, command, call.signed(3))
    case 13, 17: return try values(call, command, isResult: command == 13)  // GETALL SETALL
    case Command.set: return try set(call, isWide)
    case Command.status, 18, 20: return try status(call, command, isWide)  // SEM_STAT(_ANY)
    case Command.information, 19:  // SEM_INFO
      return try call.withResult(call[3], FieldLayout("wwwwwwwwww")) { (place) throws(Errno) in
        try host(call, command, place)
      }
    default: throw .invalid
    }
  }

  private static func host(
    _ call: SystemCall, _ command: Int, _ argument: Int
  ) throws(Errno) -> Int {
    try hostCall(SYS_semctl, call.signed(0), call.signed(1), command, argument)
  }

  /// GETALL and SETALL: a halfword for each semaphore of the set.
  private static func values(
    _ call: SystemCall, _ command: Int, isResult: Bool
  ) throws(Errno) -> Int {
    let count = try withStatus { (place, bytes) throws(Errno) in
      _ = try host(call, Command.status, place)
      return Int(InterprocessCalls.long(bytes, 80))
    }
    let fields = isResult ? StructureReader([]) : try call.read(call[3], 2 * count)
    return try withHostBytes(2 * count) { (place, bytes) throws(Errno) in
      for offset in stride(from: 0, to: 2 * count, by: 2) {
        bytes.storeBytes(of: fields.half(offset), toByteOffset: offset, as: UInt16.self)
      }
      let result = try host(call, command, place)
      guard isResult else { return result }
      var written = StructureWriter()
      for offset in stride(from: 0, to: 2 * count, by: 2) {
        written.half(bytes.load(fromByteOffset: offset, as: UInt16.self))
      }
      try call.write(call[3], written)
      return result
    }
  }

  /// Calls with room for the host's semid64_ds: permissions, otime at 48, ctime at 64, nsems at 80.
  private static func withStatus(
    _ body: (Int, UnsafeMutableRawPointer) throws(Errno) -> Int
  ) throws(Errno) -> Int { try withHostBytes(104, body) }

  private static func set(_ call: SystemCall, _ isWide: Bool) throws(Errno) -> Int {
    let fields = try call.read(call[3], isWide ? 72 : 64)
    return try withStatus { (place, bytes) throws(Errno) in
      InterprocessCalls.loadPermissions(fields, bytes)
      return try host(call, Command.set, place)
    }
  }

  private static func status(
    _ call: SystemCall, _ command: Int, _ isWide: Bool
  ) throws(Errno) -> Int {
    try withStatus { (place, bytes) throws(Errno) in
      let result = try host(call, command, place)
      let (changed, created) = (
        InterprocessCalls.long(bytes, 48), InterprocessCalls.long(bytes, 64)
      )
      var fields = StructureWriter()
      InterprocessCalls.appendPermissions(bytes, isWide: isWide, &fields)
      if isWide {
        fields.doubleword(changed)
        fields.doubleword(created)
        fields.word(InterprocessCalls.long(bytes, 80))
        fields.pad(to: 80)
      } else {
        fields.word(changed)
        fields.word(created)
        fields.pad(to: 52)
        fields.half(InterprocessCalls.long(bytes, 80))
        fields.pad(to: 56)
      }
      try call.write(call[3], fields)
      return result
    }
  }
}
