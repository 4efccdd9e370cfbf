import CSys
import Glibc
import Memory

/// `fcntl`. The commands have the same numbers on both sides.
enum FileControl {
  static func perform(_ call: SystemCall) throws(Errno) -> Int {
    let (descriptor, command) = (call.signed(0), call.signed(1))
    switch command {
    case 0, 1030:  // F_DUPFD F_DUPFD_CLOEXEC
      return call.descriptors.noteCopy(
        try hostCall(SYS_fcntl, descriptor, command, call.signed(2)), of: call[0])
    // F_GETFD F_SETFD, F_SETOWN F_GETOWN F_SETSIG F_GETSIG, leases and F_NOTIFY, pipe sizes, seals
    case 1, 2, 8, 9, 10, 11, 1024, 1025, 1026, 1031, 1032, 1033, 1034:
      return try hostCall(SYS_fcntl, descriptor, command, call.signed(2))
    case 15:  // F_SETOWN_EX: struct f_owner_ex, two words
      return try call.withStructure(call[2], FieldLayout("ww")) { (place) throws(Errno) in
        try hostCall(SYS_fcntl, descriptor, command, place)
      }
    case 16:  // F_GETOWN_EX
      return try call.withResult(call[2], FieldLayout("ww")) { (place) throws(Errno) in
        try hostCall(SYS_fcntl, descriptor, command, place)
      }
    case 1035, 1036, 1037, 1038:  // F_GET_RW_HINT and its like: a doubleword
      return try call.withStructure(call[2], FieldLayout("d"), isResult: command & 1 != 0) {
        (place) throws(Errno) in
        try hostCall(SYS_fcntl, descriptor, command, place)
      }
    case 3: return FileFlags.guest(try hostCall(SYS_fcntl, descriptor, command))
    case 4: return try hostCall(SYS_fcntl, descriptor, command, FileFlags.host(call[2]))
    case 5, 6, 7: return try lock(call, command, isWide: false)
    // F_GETLK64 and its like, 12 to 14, are the host's plain ones.
    case 12, 13, 14: return try lock(call, command - 7, isWide: true)
    case 36, 37, 38: return try lock(call, command, isWide: true)
    default: throw .invalid
    }
  }

  /// struct flock (16 bytes: two halfwords, three words) or flock64 (32 bytes).
  private static func lock(
    _ call: SystemCall, _ command: Int, isWide: Bool
  ) throws(Errno) -> Int {
    let fields = try call.read(call[2], isWide ? 32 : 16)
    var lock = flock()
    lock.l_type = Int16(bitPattern: fields.half(0))
    lock.l_whence = Int16(bitPattern: fields.half(2))
    lock.l_start = isWide ? Int(bitPattern: UInt(fields.doubleword(8))) : fields.signed(4)
    lock.l_len = isWide ? Int(bitPattern: UInt(fields.doubleword(16))) : fields.signed(8)
    lock.l_pid = Int32(bitPattern: fields.word(isWide ? 24 : 12))
    return try withHostStructure(lock) { (address, place) throws(Errno) in
      let result = try call.waiting(SYS_fcntl, call.signed(0), command, address)
      if command == 5 || command == 36 { try store(call, place.pointee, isWide) }
      return result
    }
  }

  private static func store(_ call: SystemCall, _ lock: flock, _ isWide: Bool) throws(Errno) {
    var result = StructureWriter()
    result.half(lock.l_type)
    result.half(lock.l_whence)
    if isWide {
      result.pad(to: 8)
      result.doubleword(lock.l_start)
      result.doubleword(lock.l_len)
    } else {
      guard lock.l_start <= Int(Int32.max), lock.l_len <= Int(Int32.max) else { throw .overflow }
      result.word(lock.l_start)
      result.word(lock.l_len)
    }
    result.word(lock.l_pid)
    if isWide { result.pad(to: 32) }
    try call.write(call[2], result)
  }
}
