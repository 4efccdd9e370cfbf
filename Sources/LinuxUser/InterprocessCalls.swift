import CSys
import Glibc
import Memory

/// System V interprocess communication (svipc(7)): the multiplexer, and what its three families
/// share.
enum InterprocessCalls {
  static let rows: [SystemCallRow] = [
    SystemCallRow(117, "ipc", "udddxd", multiplexed),
    SystemCallRow(393, "semget", "ddo", host: SYS_semget),
    SystemCallRow(394, "semctl", "dddx", SemaphoreCalls.control),
    SystemCallRow(395, "shmget", "duo") { (call) throws(Errno) in
      try SharedMemoryCalls.find(call[0], size: call[1], flags: call[2])
    },
    SystemCallRow(396, "shmctl", "ddx", SharedMemoryCalls.control),
    SystemCallRow(397, "shmat", "dxx", SharedMemoryCalls.attach),
    SystemCallRow(398, "shmdt", "x", SharedMemoryCalls.detach),
    SystemCallRow(399, "msgget", "do", host: SYS_msgget),
    SystemCallRow(400, "msgsnd", "dxux", MessageCalls.send),
    SystemCallRow(401, "msgrcv", "dxudx", MessageCalls.receive),
    SystemCallRow(402, "msgctl", "ddx", MessageCalls.control),
    SystemCallRow(420, "semtimedop_time64", "dxux", SemaphoreCalls.operateTimed),
  ]

  /// The commands of the three control calls, which share their numbers.
  enum Command {
    static let remove = 0
    static let set = 1
    static let status = 2
    static let information = 3
    /// IPC_64: structures of 2.3.x kernels and later. Without it, `ipc` takes older ones.
    static let wide = 0x100
  }

  /// ipc(call, first, second, third, pointer, fifth): ipc/syscall.c of Linux.
  static func multiplexed(_ call: SystemCall) throws(Errno) -> Int {
    let (first, second, third, pointer, fifth) = (call[1], call[2], call[3], call[4], call[5])
    func sub(_ number: Int, _ arguments: UInt32...) -> SystemCall {
      SystemCall(
        call, number: number,
        arguments: InlineArray { $0 < arguments.count ? arguments[$0] : 0 })
    }
    switch call[0] & 0xffff {
    case 1: return try SemaphoreCalls.operate(sub(0, first, pointer, second))
    case 2: return try hostCall(SYS_semget, call.signed(1), call.signed(2), call.signed(3))
    case 3:
      guard pointer != 0 else { throw .invalid }
      let argument = try call.readWord(pointer)
      return try SemaphoreCalls.control(sub(0, first, second, third, argument))
    case 4: return try SemaphoreCalls.operateTimed(sub(0, first, pointer, second, fifth))
    case 11: return try MessageCalls.send(sub(0, first, pointer, second, third))
    case 12:
      if call[0] >> 16 != 0 {
        return try MessageCalls.receive(sub(0, first, pointer, second, fifth, third))
      }
      // The old form has the message's address and the type behind one pointer.
      guard pointer != 0 else { throw .invalid }
      let pack = try call.read(pointer, 8)
      return try MessageCalls.receive(sub(0, first, pack.word(0), second, pack.word(4), third))
    case 13: return try hostCall(SYS_msgget, call.signed(1), call.signed(2))
    case 14: return try MessageCalls.control(sub(0, first, second, pointer))
    case 21:
      guard call[0] >> 16 != 1 else { throw .invalid }
      let address = try SharedMemoryCalls.attach(sub(0, first, pointer, second))
      try call.writeWord(third, address)
      return 0
    case 22: return try SharedMemoryCalls.detach(sub(0, pointer))
    case 23: return try SharedMemoryCalls.find(call[1], size: call[2], flags: call[3])
    case 24: return try SharedMemoryCalls.control(sub(0, first, second, pointer))
    default: throw .notImplemented
    }
  }

  /// A command, and whether its structures are the newer ones. The separate calls, which have
  /// their own numbers, know no others and no IPC_64.
  static func command(_ call: SystemCall, _ index: Int) throws(Errno) -> (Int, isWide: Bool) {
    let value = call.signed(index)
    if call.number != 0 { return (value, true) }
    return (value & ~Command.wide, value & Command.wide != 0)
  }

  // MARK: Permissions

  /// Bytes of the host's ipc64_perm.
  static let hostPermissionSize = 48

  /// Appends ipc64_perm (asm/ipcbuf.h, 48 bytes) or ipc_perm (linux/ipc.h, 28 bytes).
  static func appendPermissions(
    _ host: UnsafeRawPointer, isWide: Bool, _ result: inout StructureWriter
  ) {
    for offset in stride(from: 0, to: 24, by: 4) {
      result.word(host.load(fromByteOffset: offset, as: UInt32.self))
    }
    let sequence = host.load(fromByteOffset: 24, as: UInt16.self)
    if isWide {
      result.word(sequence)
      result.pad(to: 48)
    } else {
      result.half(sequence)
      result.pad(to: 28)
    }
  }

  /// The fields of a guest's structure that IPC_SET takes: owner, group and mode.
  static func loadPermissions(_ fields: StructureReader, _ host: UnsafeMutableRawPointer) {
    for offset in [4, 8, 20] {
      host.storeBytes(of: fields.word(offset), toByteOffset: offset, as: UInt32.self)
    }
  }

  /// A doubleword of a structure of the host's.
  static func long(_ host: UnsafeRawPointer, _ offset: Int) -> UInt64 {
    host.load(fromByteOffset: offset, as: UInt64.self)
  }

  /// A word of a structure of the host's.
  static func word(_ host: UnsafeRawPointer, _ offset: Int) -> UInt32 {
    host.load(fromByteOffset: offset, as: UInt32.self)
  }
}
