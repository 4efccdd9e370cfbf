import CSys
import Memory

/// The mmap family.
enum MemoryCalls {
  static let rows: [SystemCallRow] = [
    SystemCallRow(45, "brk", "x") { $0.breakResult },
    SystemCallRow(90, "mmap", "xuPMfu", map),
    SystemCallRow(91, "munmap", "xu", unmap),
    SystemCallRow(125, "mprotect", "xuP", protect),
    SystemCallRow(144, "msync", "xux", synchronize),
    SystemCallRow(150, "mlock", "xu", lock),
    SystemCallRow(151, "munlock", "xu", unlock),
    SystemCallRow(152, "mlockall", "x", MemoryLocking.lockAll),
    SystemCallRow(153, "munlockall", "", MemoryLocking.unlockAll),
    SystemCallRow(163, "mremap", "xuuxx", remap),
    SystemCallRow(192, "mmap2", "xuPMfu", map2),
    SystemCallRow(205, "madvise", "xud", advise),
    SystemCallRow(206, "mincore", "xux", residency),
    SystemCallRow(239, "remap_file_pages", "xuxux", MemoryLocking.remapPages),
    SystemCallRow(365, "membarrier", "dxd", host: SYS_membarrier),
    SystemCallRow(378, "mlock2", "xux", MemoryLocking.lock),
  ]

  /// MAP_NORESERVE and MAP_LOCKED have other numbers on PowerPC (asm/mman.h).
  static func hostFlags(_ flags: UInt32) -> UInt32 {
    var result = flags & ~0xc0
    if flags & 0x40 != 0 { result |= 0x4000 }
    if flags & 0x80 != 0 { result |= 0x2000 }
    return result
  }

  private static func map(_ call: SystemCall, offset: Int64) throws(Errno) -> Int {
    let address = try call.space.map(
      call[0], call[1], protection: call[2], flags: hostFlags(call[3]),
      descriptor: call.int32(4), offset: offset)
    MemoryLocking.lockNew(call, address, call[1])
    if call[2] & MapFlags.execute != 0 && call[3] & MapFlags.anonymous == 0 {
      call.process.onCodeMapped?(address, offset, call.int32(4))
    }
    return Int(address)
  }

  static func map(_ call: SystemCall) throws(Errno) -> Int {
    try map(call, offset: Int64(call[5]))
  }

  /// The offset counts units of 4096 bytes.
  static func map2(_ call: SystemCall) throws(Errno) -> Int {
    try map(call, offset: Int64(call[5]) << 12)
  }

  static func unmap(_ call: SystemCall) throws(Errno) -> Int {
    try call.space.unmap(call[0], call[1])
    return 0
  }

  static func protect(_ call: SystemCall) throws(Errno) -> Int {
    try call.space.protect(call[0], call[1], protection: call[2])
    return 0
  }

  static func remap(_ call: SystemCall) throws(Errno) -> Int {
    let address = try call.space.remap(
      call[0], call[1], call[2], flags: call[3], newAddress: call[4])
    return Int(address)
  }

  static func advise(_ call: SystemCall) throws(Errno) -> Int {
    try call.space.advise(call[0], call[1], advice: call.int32(2))
    return 0
  }

  static func synchronize(_ call: SystemCall) throws(Errno) -> Int {
    // MS_ASYNC 1, MS_INVALIDATE 2, MS_SYNC 4; not both ways at once.
    guard call[2] & ~7 == 0, call[2] & 5 != 5 else { throw .invalid }
    try call.space.synchronize(call[0], call[1], flags: call.int32(2))
    return 0
  }

  static func residency(_ call: SystemCall) throws(Errno) -> Int {
    try call.space.residency(call[0], call[1], vector: call[2])
    return 0
  }

  static func lock(_ call: SystemCall) throws(Errno) -> Int {
    try call.space.lock(call[0], call[1], true)
    return 0
  }

  static func unlock(_ call: SystemCall) throws(Errno) -> Int {
    try call.space.lock(call[0], call[1], false)
    return 0
  }
}

extension SystemCall {
  /// The end of the heap after `brk`; never an error.
  fileprivate var breakResult: Int { Int(space.setHeapEnd(self[0])) }
}
