import CSys
import Glibc
import Memory

/// The life of processes, and what they may know of themselves.
enum ProcessCalls {
  static let rows: [SystemCallRow] = [
    SystemCallRow(1, "exit", "d", ThreadCalls.end),
    SystemCallRow(2, "fork", "", fork),
    SystemCallRow(7, "waitpid", "dxx", wait),
    SystemCallRow(11, "execve", "sxx", Execution.perform),
    SystemCallRow(20, "getpid", "", host: SYS_getpid),
    SystemCallRow(34, "nice", "d", nice),
    SystemCallRow(57, "setpgid", "dd", host: SYS_setpgid),
    SystemCallRow(64, "getppid", "", host: SYS_getppid),
    SystemCallRow(65, "getpgrp", "", host: SYS_getpgrp),
    SystemCallRow(66, "setsid", "", host: SYS_setsid),
    SystemCallRow(75, "setrlimit", "dx", ResourceCalls.setLimit),
    SystemCallRow(76, "getrlimit", "dx", ResourceCalls.limit),
    SystemCallRow(77, "getrusage", "dx", ResourceCalls.usage),
    SystemCallRow(96, "getpriority", "dd", host: SYS_getpriority),
    SystemCallRow(97, "setpriority", "ddd", host: SYS_setpriority),
    SystemCallRow(114, "wait4", "dxxx", wait),
    SystemCallRow(120, "clone", "xxxxx", clone),
    SystemCallRow(132, "getpgid", "d", host: SYS_getpgid),
    SystemCallRow(136, "personality", "x", personality),
    SystemCallRow(147, "getsid", "d", host: SYS_getsid),
    SystemCallRow(158, "sched_yield", "", host: SYS_sched_yield),
    SystemCallRow(171, "prctl", "dxxxx", control),
    SystemCallRow(189, "vfork", "", vfork),
    SystemCallRow(190, "ugetrlimit", "dx", ResourceCalls.limit),
    SystemCallRow(207, "gettid", "", host: SYS_gettid),
    SystemCallRow(221, "futex", "xddxxx", FutexCalls.futex),
    SystemCallRow(222, "sched_setaffinity", "dux", SchedulingCalls.setAffinity),
    SystemCallRow(223, "sched_getaffinity", "dux", SchedulingCalls.affinity),
    SystemCallRow(232, "set_tid_address", "x", setThreadIDAddress),
    SystemCallRow(234, "exit_group", "d", exit),
    SystemCallRow(272, "waitid", "ddxxx", waitID),
    SystemCallRow(299, "get_robust_list", "dxx", robustList),
    SystemCallRow(300, "set_robust_list", "xu", setRobustList),
    SystemCallRow(302, "getcpu", "xxx", SchedulingCalls.currentProcessor),
    SystemCallRow(325, "prlimit64", "ddxx", ResourceCalls.limit64),
    SystemCallRow(422, "futex_time64", "xddxxx", FutexCalls.futex),
  ]

  // MARK: Ending

  static func exit(_ call: SystemCall) throws(Errno) -> Int {
    call.process.callState.borrowed?.send()
    call.process.exitStatus = call.int32(0) & 0xff
    return SystemCallResult.registersSet
  }

  // MARK: Beginning

  private typealias CloneFlag = ThreadCalls.CloneFlag

  static func fork(_ call: SystemCall) throws(Errno) -> Int {
    let child = try split(call.process)
    if child == 0 { beginChild(call.process) }
    return Int(child)
  }

  static func vfork(_ call: SystemCall) throws(Errno) -> Int {
    try lendMemory(call) { () throws(Errno) in try fork(call) }
  }

  /// Makes a child that uses its parent's memory while that one waits.
  private static func lendMemory(
    _ call: SystemCall, _ fork: () throws(Errno) -> Int
  ) throws(Errno) -> Int {
    let process = call.process
    let ends = try BorrowedMemory.connection()
    let child: Int
    do throws(Errno) { child = try fork() } catch {
      close(ends.parent)
      close(ends.child)
      throw error
    }
    if child == 0 {
      close(ends.parent)
      process.callState.borrowed = BorrowedMemory(process.space, ends.child)
    } else {
      close(ends.child)
      BorrowedMemory.receive(process, ends.parent)
    }
    return child
  }

  /// Makes the host process two.
  private static func split(_ process: LinuxProcess) throws(Errno) -> Int32 {
    process.willFork?()
    let child = csys_fork()
    let error = csys_errno()
    if child != 0 { process.didFork?() }
    guard child >= 0 else { throw Errno(error) }
    return child
  }

  private static func beginChild(_ process: LinuxProcess) {
    process.number = getpid()
    process.space.hostProcess = process.number
    process.keepCurrentThread()
    process.current.mailbox.clear()
    process.current.signals.queue.removeAll()
    process.current.robustList = (0, 0)
    process.callState.borrowed = nil
    process.onFork?()
  }

  /// clone(flags, stack, parent's word, TLS, child's word): a process or a thread. Processes that
  /// share memory, but no signal handlers, are not supported.
  static func clone(_ call: SystemCall) throws(Errno) -> Int {
    let flags = call[0]
    if flags & CloneFlag.ofThreads == CloneFlag.ofThreads { return try ThreadCalls.begin(call) }
    if flags & CloneFlag.thread != 0, flags & CloneFlag.signalHandlers == 0 { throw .invalid }
    if flags & CloneFlag.signalHandlers != 0, flags & CloneFlag.memory == 0 { throw .invalid }
    if flags & CloneFlag.vfork != 0 {
      return try lendMemory(call) { () throws(Errno) in try makeChild(call) }
    }
    if flags & CloneFlag.memory != 0 {
      call.process.reportOnce(-2, "Unsupported clone flags: 0x\(String(flags, radix: 16))")
      throw .notImplemented
    }
    return try makeChild(call)
  }

  /// The part of clone(2) that makes a process.
  private static func makeChild(_ call: SystemCall) throws(Errno) -> Int {
    let flags = call[0]
    let child = try split(call.process)
    if child > 0 {
      if flags & CloneFlag.parentSetThreadID != 0 {
        _ = call.copy.writeWord(call[2], UInt32(child))
      }
      return Int(child)
    }
    beginChild(call.process)
    let own = UInt32(bitPattern: getpid())
    if flags & CloneFlag.parentSetThreadID != 0 { _ = call.copy.writeWord(call[2], own) }
    if flags & CloneFlag.childSetThreadID != 0 { _ = call.copy.writeWord(call[4], own) }
    call.process.current.clearChildThreadID =
      flags & CloneFlag.childClearThreadID != 0 ? call[4] : 0
    if flags & CloneFlag.setTLS != 0 { call.registers.setGPR(2, call[3]) }
    if call[1] != 0 { call.registers.setGPR(1, call[1]) }
    return 0
  }

  static func setThreadIDAddress(_ call: SystemCall) throws(Errno) -> Int {
    call.process.current.clearChildThreadID = call[0]
    return try hostCall(SYS_gettid)
  }

  static func setRobustList(_ call: SystemCall) throws(Errno) -> Int {
    // struct robust_list_head has three words.
    guard call[1] == 12 else { throw .invalid }
    call.process.current.robustList = (call[0], call[1])
    return 0
  }

  static func robustList(_ call: SystemCall) throws(Errno) -> Int {
    let number = call[0] == 0 ? call.process.current.number : call.int32(0)
    guard let thread = call.process.threads.first(where: { $0.number == number }) else {
      throw .noProcess
    }
    try call.writeWord(call[1], thread.robustList.head)
    try call.writeWord(call[2], 12)
    return 0
  }

  // MARK: Waiting

  /// waitpid and wait4.
  static func wait(_ call: SystemCall) throws(Errno) -> Int {
    try withHostBytes(4 + 12 + ResourceCalls.hostUsageSize) { (address, bytes) throws(Errno) in
      let wantsUsage = call.number == 114 && call[3] != 0
      let result = try call.waiting(
        SYS_wait4, call.signed(0), address, call.signed(2), wantsUsage ? address + 16 : 0)
      if result > 0, call[1] != 0 { try call.writeWord(call[1], bytes.load(as: UInt32.self)) }
      if result > 0, wantsUsage { try ResourceCalls.store(bytes + 16, call, call[3]) }
      return result
    }
  }

  static func waitID(_ call: SystemCall) throws(Errno) -> Int {
    try withHostBytes(128 + ResourceCalls.hostUsageSize) { (address, bytes) throws(Errno) in
      let result = try call.waiting(
        SYS_waitid, call.signed(0), call.signed(1), address, call.signed(3),
        call[4] == 0 ? 0 : address + 128)
      if call[2] != 0 {
        try call.write(call[2], SignalInformation(host: UnsafeRawPointer(bytes)).structure)
      }
      if call[4] != 0 { try ResourceCalls.store(bytes + 128, call, call[4]) }
      return result
    }
  }

  // MARK: The rest

  static func nice(_ call: SystemCall) throws(Errno) -> Int {
    let old = 20 - (try hostCall(SYS_getpriority, 0, 0))
    try hostCall(SYS_setpriority, 0, 0, min(max(old + call.signed(0), -20), 19))
    return 0
  }

  /// PER_LINUX is all there is; 0xffffffff asks.
  static func personality(_ call: SystemCall) throws(Errno) -> Int {
    guard call[0] == 0 || call[0] == 0xffff_ffff else { throw .invalid }
    return 0
  }

  static func control(_ call: SystemCall) throws(Errno) -> Int {
    let option = call.signed(0)
    switch option {
    // PDEATHSIG, DUMPABLE, KEEPCAPS, CAPBSET, TIMERSLACK, SUBREAPER (set), NO_NEW_PRIVS
    case 1, 3, 4, 7, 8, 23, 24, 29, 30, 36, 38, 39:
      return try hostCall(
        SYS_prctl, option, call.signed(1), call.signed(2), call.signed(3), call.signed(4))
    case 15: return try hostCall(SYS_prctl, option, call.source(call[1]))
    case 16: return try hostCall(SYS_prctl, option, call.target(call[1], 16))
    case 2, 37:
      return try withHostStructure(UInt32(0)) { (address, place) throws(Errno) in
        let result = try hostCall(SYS_prctl, option, address)
        try call.writeWord(call[1], place.pointee)
        return result
      }
    default: throw .invalid
    }
  }
}
