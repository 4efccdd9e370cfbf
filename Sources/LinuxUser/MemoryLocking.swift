import CSys
import Glibc
import Memory

/// mlockall(2) and munlockall(2): the guest's mappings are locked one by one, for locking all of
/// ours would take the reservation of 4 GiB too.
enum MemoryLocking {
  /// MCL_CURRENT, MCL_FUTURE, MCL_ONFAULT (asm/mman.h of PowerPC).
  private static let (current, future, onFault): (UInt32, UInt32, UInt32) = (0x2000, 0x4000, 0x8000)

  static func lockAll(_ call: SystemCall) throws(Errno) -> Int {
    let flags = call[0]
    let kinds = flags & (current | future)
    guard kinds != 0, flags & ~(current | future | onFault) == 0 else { throw .invalid }
    try checkLimit(call, locksNow: flags & current != 0)
    if flags & current != 0 {
      for range in call.space.ranges() {
        lock(call, range.start, UInt32(truncatingIfNeeded: range.end - UInt64(range.start)), flags)
      }
    }
    call.process.callState.locksFuture = flags & future != 0
    return 0
  }

  /// Without CAP_IPC_LOCK all that is mapped must be below RLIMIT_MEMLOCK.
  private static func checkLimit(_ call: SystemCall, locksNow: Bool) throws(Errno) {
    var limit = rlimit()
    getrlimit(__rlimit_resource_t(8), &limit)
    if geteuid() == 0 { return }
    guard limit.rlim_cur > 0 else { throw .notPermitted }
    let mapped = call.space.ranges().reduce(UInt64(0)) { $0 + $1.end - UInt64($1.start) }
    if locksNow, mapped > limit.rlim_cur { throw .noMemory }
  }

  /// Locks pages; that some cannot be (no access, no room) is no error of mlockall's.
  private static func lock(
    _ call: SystemCall, _ start: UInt32, _ count: UInt32, _ flags: UInt32
  ) {
    // MLOCK_ONFAULT of mlock2 is 1.
    let host = Int(bitPattern: call.space.host(start))
    _ = csys_kernel(Int(SYS_mlock2), host, Int(count), flags & onFault != 0 ? 1 : 0, 0, 0, 0)
  }

  /// Locks a new mapping if that was asked for all that come.
  static func lockNew(_ call: SystemCall, _ start: UInt32, _ count: UInt32) {
    if call.process.callState.locksFuture { lock(call, start, count, 0) }
  }

  /// mlock2: MLOCK_ONFAULT is its only flag.
  static func lock(_ call: SystemCall) throws(Errno) -> Int {
    guard call[2] & ~1 == 0 else { throw .invalid }
    if call[2] == 0 { return try MemoryCalls.lock(call) }
    let start = call[0] & ~Page.mask
    let count = UInt64(call[1]) + UInt64(call[0] & Page.mask)
    guard UInt64(start) + count <= 1 << 32 else { throw .invalid }
    return try hostCall(
      SYS_mlock2, Int(bitPattern: call.space.host(start)), Int(count), 1)
  }

  static func unlockAll(_ call: SystemCall) throws(Errno) -> Int {
    call.process.callState.locksFuture = false
    for range in call.space.ranges() {
      _ = try? hostCall(
        SYS_munlock, Int(bitPattern: call.space.host(range.start)),
        Int(range.end - UInt64(range.start)))
    }
    return 0
  }

  // MARK: Pages of files

  /// remap_file_pages(2): the host does it; what the pages allow stays as it is.
  static func remapPages(_ call: SystemCall) throws(Errno) -> Int {
    guard call[2] == 0 else { throw .invalid }
    return try call.space.remapFilePages(
      call[0], call[1], offset: call.unsigned(3), flags: call.unsigned(4))
  }
}
