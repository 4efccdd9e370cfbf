import CSys
import Glibc
import Memory

/// System V shared memory: shmop(2), shmctl(2).
enum SharedMemoryCalls {
  private typealias Command = InterprocessCalls.Command
  /// Bits of shmat's flags.
  private enum Flag {
    static let readOnly: UInt32 = 0o10000
    static let round: UInt32 = 0o20000
    static let replace: UInt32 = 0o40000
    static let execute: UInt32 = 0o100000
  }

  /// The host's shmid64_ds: permissions, size at 48, three times from 56, two processes from 80,
  /// attachments at 88.
  private static let hostSize = 112

  /// SHMMAX of a kernel of 32 bits: ULONG_MAX less 2^24.
  private static let largest: UInt32 = 0xfeff_ffff

  /// shmget(key, size, flags). A new segment may be as large as the guest's kernel would have it; of
  /// one that there is, none is so large.
  static func find(_ key: UInt32, size: UInt32, flags: UInt32) throws(Errno) -> Int {
    let key = Int(Int32(bitPattern: key))
    if size > largest {
      // IPC_PRIVATE; IPC_CREAT and IPC_EXCL.
      let isThere = key != 0 && (try? hostCall(SYS_shmget, key, 0, 0)) != nil
      if key == 0 || !isThere && flags & 0o1000 != 0 { throw .invalid }
    }
    return try hostCall(SYS_shmget, key, Int(size), Int(flags))
  }

  private static func size(_ identifier: Int) throws(Errno) -> UInt64 {
    // SHM_STAT needs the permission to read; where only attaching fails, it says why.
    try withHostBytes(hostSize) { (place, bytes) throws(Errno) in
      try hostCall(SYS_shmctl, identifier, Command.status, place)
      return InterprocessCalls.long(bytes, 48)
    }
  }

  /// shmat(identifier, address, flags). SHMLBA is a page.
  static func attach(_ call: SystemCall) throws(Errno) -> Int {
    let flags = call[2]
    var address = call[1]
    if address & Page.mask != 0 {
      guard flags & Flag.round != 0 else { throw .invalid }
      address &= ~Page.mask
    }
    guard address != 0 || flags & Flag.replace == 0 else { throw .invalid }
    let size = try size(call.signed(0))
    guard size <= UInt64(UserAddressSpace.highest) else { throw .noMemory }
    return Int(
      try call.space.attachSegment(
        call.int32(0), at: address, UInt32(truncatingIfNeeded: size),
        protection: flags & Flag.readOnly != 0 ? 1 : flags & Flag.execute != 0 ? 7 : 3,
        replaces: flags & Flag.replace != 0, flags: Int(flags & Flag.readOnly)))
  }

  static func detach(_ call: SystemCall) throws(Errno) -> Int {
    try call.space.detachSegment(call[0])
    return 0
  }

  /// shmctl(identifier, command, structure).
  static func control(_ call: SystemCall) throws(Errno) -> Int {
    let (command, isWide) = try InterprocessCalls.command(call, 1)
    switch command {
    case Command.remove, 11, 12:  // SHM_LOCK SHM_UNLOCK
      return try hostCall(SYS_shmctl, call.signed(0), command, 0)
    case Command.set:
      let fields = try call.read(call[2], isWide ? 104 : 60)
      return try withHostBytes(hostSize) { (place, bytes) throws(Errno) in
        InterprocessCalls.loadPermissions(fields, bytes)
        return try hostCall(SYS_shmctl, call.signed(0), command, place)
      }
    case Command.status, 13, 15: return try status(call, command, isWide)  // SHM_STAT(_ANY)
    case Command.information: return try limits(call, command, count: isWide ? 9 : 5, kept: 5)
    case 14: return try usage(call)  // SHM_INFO
    default: throw .invalid
    }
  }

  private static func status(
    _ call: SystemCall, _ command: Int, _ isWide: Bool
  ) throws(Errno) -> Int {
    try withHostBytes(hostSize) { (place, bytes) throws(Errno) in
      let result = try hostCall(SYS_shmctl, call.signed(0), command, place)
      try call.write(call[2], isWide ? wide(bytes) : old(bytes))
      return result
    }
  }

  /// shmid64_ds (asm/shmbuf.h): 104 bytes.
  private static func wide(_ bytes: UnsafeRawPointer) -> StructureWriter {
    var fields = StructureWriter()
    InterprocessCalls.appendPermissions(bytes, isWide: true, &fields)
    for offset in [56, 64, 72] { fields.doubleword(InterprocessCalls.long(bytes, offset)) }
    fields.pad(to: 76)
    fields.word(InterprocessCalls.long(bytes, 48))
    for offset in [80, 84] { fields.word(InterprocessCalls.word(bytes, offset)) }
    fields.word(InterprocessCalls.long(bytes, 88))
    fields.pad(to: 104)
    return fields
  }

  /// shmid_ds (linux/shm.h): 60 bytes.
  private static func old(_ bytes: UnsafeRawPointer) -> StructureWriter {
    var fields = StructureWriter()
    InterprocessCalls.appendPermissions(bytes, isWide: false, &fields)
    fields.word(min(InterprocessCalls.long(bytes, 48), 0x7fff_ffff))
    for offset in [56, 64, 72] { fields.word(InterprocessCalls.long(bytes, offset)) }
    for offset in [80, 84] { fields.half(InterprocessCalls.word(bytes, offset)) }
    fields.half(InterprocessCalls.long(bytes, 88))
    fields.pad(to: 60)
    return fields
  }

  /// shminfo64 or shminfo: five longs, each as much as a long of the guest's holds. Limits that stand
  /// for none (ULONG_MAX less 2^24) do so in either width.
  private static func limits(
    _ call: SystemCall, _ command: Int, count: Int, kept: Int
  ) throws(Errno) -> Int {
    try withHostBytes(72) { (place, bytes) throws(Errno) in
      let result = try hostCall(SYS_shmctl, call.signed(0), command, place)
      var fields = StructureWriter()
      for index in 0..<kept {
        let most: UInt64 = count == kept ? 0x7fff_ffff : 0xffff_ffff
        let value = InterprocessCalls.long(bytes, 8 * index)
        let isNone = value >> 63 != 0 && count != kept
        fields.word(isNone ? value & most : min(value, most))
      }
      fields.pad(to: 4 * count)
      try call.write(call[2], fields)
      return result
    }
  }

  /// shm_info: an int and five longs.
  private static func usage(_ call: SystemCall) throws(Errno) -> Int {
    try withHostBytes(48) { (place, bytes) throws(Errno) in
      let result = try hostCall(SYS_shmctl, call.signed(0), 14, place)
      var fields = StructureWriter()
      for index in 0..<6 { fields.word(InterprocessCalls.word(bytes, 8 * index)) }
      try call.write(call[2], fields)
      return result
    }
  }
}
