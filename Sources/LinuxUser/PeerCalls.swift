import CSys
import Glibc
import Memory

/// Calls on other processes: their memory, their descriptors, their share of the machine.
enum PeerCalls {
  static let rows: [SystemCallRow] = [
    SystemCallRow(273, "ioprio_set", "ddd", host: SYS_ioprio_set),
    SystemCallRow(274, "ioprio_get", "dd", host: SYS_ioprio_get),
    SystemCallRow(351, "process_vm_readv", "dxuxux", readMemory),
    SystemCallRow(352, "process_vm_writev", "dxuxux", writeMemory),
    SystemCallRow(354, "kcmp", "dddxx", compare),
    SystemCallRow(355, "sched_setattr", "dxx", setAttributes),
    SystemCallRow(356, "sched_getattr", "dxux", attributes),
    SystemCallRow(424, "pidfd_send_signal", "fSxx", signal),
    SystemCallRow(434, "pidfd_open", "dO", openProcess),
    SystemCallRow(438, "pidfd_getfd", "ffx", host: 438),
    SystemCallRow(440, "process_madvise", "fxudx", advise),
    SystemCallRow(448, "process_mrelease", "fx", host: 448),
  ]

  // MARK: Memory

  static func readMemory(_ call: SystemCall) throws(Errno) -> Int {
    try copyMemory(call, SYS_process_vm_readv)
  }

  static func writeMemory(_ call: SystemCall) throws(Errno) -> Int {
    try copyMemory(call, SYS_process_vm_writev)
  }

  /// The other process is one of ours too, whose addresses begin where this one's do: so it is for
  /// children by `fork` and wherever guest address 0 is host address 0. What is written there is
  /// not known to be code; into this process it is.
  private static func copyMemory(_ call: SystemCall, _ number: Int32) throws(Errno) -> Int {
    guard call[5] == 0 else { throw .invalid }
    let reads = number == SYS_process_vm_readv
    return try FileCalls.withVector(call, call[1], call[2], isTarget: reads) {
      (local) throws(Errno) in
      try FileCalls.withVector(call, call[3], call[4], isTarget: !reads) { (remote) throws(Errno) in
        try hostCall(
          number, call.signed(0), local, call.unsigned(2), remote, call.unsigned(4), 0)
      }
    }
  }

  /// process_madvise: the advice is for addresses of the other process.
  static func advise(_ call: SystemCall) throws(Errno) -> Int {
    guard call[4] == 0 else { throw .invalid }
    return try FileCalls.withVector(call, call[1], call[2], isTarget: true) {
      (vector) throws(Errno) in
      try hostCall(
        440, call.signed(0), vector, call.unsigned(2), call.signed(3), call.unsigned(4))
    }
  }

  // MARK: Descriptors of processes

  /// PIDFD_NONBLOCK is O_NONBLOCK.
  static func openProcess(_ call: SystemCall) throws(Errno) -> Int {
    try hostCall(434, call.signed(0), FileFlags.host(call[1]))
  }

  /// The siginfo that may be given has the fields of SI_QUEUE.
  static func signal(_ call: SystemCall) throws(Errno) -> Int {
    guard call[3] == 0 else { throw .invalid }
    guard fcntl(call.int32(0), F_GETFD) >= 0 else { throw .badDescriptor }
    let fields = call[2] == 0 ? nil : try call.read(call[2], 24)
    return try withHostBytes(128) { (place, bytes) throws(Errno) in
      for index in 0..<3 {
        bytes.storeBytes(
          of: fields?.word(4 * index) ?? 0, toByteOffset: 4 * index, as: UInt32.self)
        bytes.storeBytes(
          of: fields?.word(12 + 4 * index) ?? 0, toByteOffset: 16 + 4 * index, as: UInt32.self)
      }
      return try hostCall(
        424, call.signed(0), call.signed(1), fields == nil ? 0 : place, call.unsigned(3))
    }
  }

  /// kcmp: with KCMP_EPOLL_TFD (7) the last argument points to three words.
  static func compare(_ call: SystemCall) throws(Errno) -> Int {
    func host(_ last: Int) throws(Errno) -> Int {
      try hostCall(
        SYS_kcmp, call.signed(0), call.signed(1), call.signed(2), call.unsigned(3), last)
    }
    guard call[2] == 7 else { return try host(call.unsigned(4)) }
    return try call.withStructure(call[4], FieldLayout("www"), host)
  }

  // MARK: Scheduling

  /// struct sched_attr (linux/sched/types.h), which tells its size in its first word.
  private static let attributeLayout = FieldLayout("wwdwwdddww")
  private static let firstSize = 48

  static func setAttributes(_ call: SystemCall) throws(Errno) -> Int {
    guard call[1] != 0, call.signed(0) >= 0, call[2] == 0 else { throw .invalid }
    let told = Int(try call.readWord(call[1]))
    let size = told == 0 ? firstSize : told
    guard size >= firstSize, size <= 4096 else {
      try call.writeWord(call[1], attributeLayout.size)
      throw .argumentListTooLong
    }
    return try call.withStructure(call[1], attributeLayout, size: size) { (place) throws(Errno) in
      try hostCall(SYS_sched_setattr, call.signed(0), place, call.unsigned(2))
    }
  }

  static func attributes(_ call: SystemCall) throws(Errno) -> Int {
    let size = call.unsigned(2)
    guard call[1] != 0, size >= firstSize, size <= 4096 else { throw .invalid }
    return try withHostBytes(max(size, attributeLayout.size)) { (place, bytes) throws(Errno) in
      let result = try hostCall(
        SYS_sched_getattr, call.signed(0), place, size, call.unsigned(3))
      attributeLayout.swap(bytes, size)
      guard call.copy.write(call[1], from: bytes, size) else { throw .fault }
      return result
    }
  }
}
