import CSys
import Glibc
import Memory

/// The flags of clone(2) (linux/sched.h).
enum CloneFlag {
  /// CLONE_NEWTIME, for which only clone3(2) has room.
  static let newTime: UInt64 = 0x80
  static let memory: UInt64 = 0x100
  static let fileSystem: UInt64 = 0x200
  static let files: UInt64 = 0x400
  static let signalHandlers: UInt64 = 0x800
  static let processDescriptor: UInt64 = 0x1000
  static let vfork: UInt64 = 0x4000
  static let parent: UInt64 = 0x8000
  static let thread: UInt64 = 0x1_0000
  static let semaphoreUndo: UInt64 = 0x4_0000
  static let setTLS: UInt64 = 0x8_0000
  static let parentSetThreadID: UInt64 = 0x10_0000
  static let childClearThreadID: UInt64 = 0x20_0000
  static let detached: UInt64 = 0x40_0000
  static let childSetThreadID: UInt64 = 0x100_0000
  static let io: UInt64 = 0x8000_0000
  static let clearSignalHandlers: UInt64 = 0x1_0000_0000
  static let intoControlGroup: UInt64 = 0x2_0000_0000
  /// All that clone3(2) knows, but for clone(2)'s signal.
  static let known: UInt64 = 0x3_ffff_ff80
  /// What a thread shares: the kernel asks for the first two.
  static let ofThreads = memory | signalHandlers | thread
  /// What the host's process is to be made with as well: files, directories, semaphores' undoing, the
  /// parent's parent, input and output, namespaces.
  static let ofHost = files | fileSystem | semaphoreUndo | parent | io | 0x7e02_0000
}

/// What clone(2) and clone3(2) are asked for.
struct CloneArguments {
  /// `CloneFlag`, without a signal.
  var flags: UInt64
  /// What the parent gets when the child ends.
  var exitSignal = SIGCHLD
  /// r1 of the child; 0 leaves it.
  var stack: UInt32 = 0
  /// r2 of the child, with `setTLS`.
  var tls: UInt32 = 0
  /// Where numbers and a descriptor are stored, as flags ask for it.
  var parentThreadID: UInt32 = 0
  var childThreadID: UInt32 = 0
  var processDescriptor: UInt32 = 0
  /// The descriptor of a control group, with `intoControlGroup`.
  var controlGroup: UInt64 = 0

  /// Nothing but a child.
  init(flags: UInt64 = 0) { self.flags = flags }

  /// clone(flags, stack, parent's word, TLS, child's word).
  init(_ call: SystemCall) throws(Errno) {
    flags = UInt64(call[0] & ~0xff)
    exitSignal = Int32(call[0] & 0xff)
    (stack, tls) = (call[1], call[3])
    (parentThreadID, childThreadID, processDescriptor) = (call[2], call[4], call[2])
    let both = CloneFlag.processDescriptor | CloneFlag.parentSetThreadID
    if flags & both == both { throw .invalid }
  }

  /// clone3(structure, size): struct clone_args (linux/sched.h), eleven doublewords of which the
  /// first eight must be there.
  init(structure call: SystemCall) throws(Errno) {
    let size = call.unsigned(1), known = 88
    if size > 4096 { throw .argumentListTooLong }
    if size < 64 { throw .invalid }
    let reader = try call.read(call[0], size)
    guard !reader.bytes.dropFirst(known).contains(where: { $0 != 0 }) else {
      throw .argumentListTooLong
    }
    let words = (0..<known / 8).map { reader.doubleword(8 * $0) }
    flags = words[0]
    (processDescriptor, childThreadID) = (Self.pointer(words[1]), Self.pointer(words[2]))
    (parentThreadID, tls) = (Self.pointer(words[3]), Self.pointer(words[7]))
    let isLegal =
      words[4] <= 64 && flags & ~CloneFlag.known == 0 && flags & CloneFlag.detached == 0
      && (words[5] == 0) == (words[6] == 0) && (words[8] == 0) == (words[9] == 0)
      && (words[4] == 0 || flags & (CloneFlag.thread | CloneFlag.parent) == 0)
    guard isLegal else { throw .invalid }
    // A number of its own (set_tid) takes privileges over the host's kernel.
    if words[9] != 0 { throw .notPermitted }
    if has(CloneFlag.intoControlGroup) {
      guard size >= known, words[10] <= Int32.max else { throw .invalid }
      controlGroup = words[10]
    }
    exitSignal = Int32(words[4])
    stack = Self.pointer(words[5] &+ words[6])
  }

  private static func pointer(_ value: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: value) }

  func has(_ flag: UInt64) -> Bool { flags & flag != 0 }

  /// What the host's clone(2) is asked for: numbers are told here.
  var hostFlags: Int32 { Int32(truncatingIfNeeded: flags & CloneFlag.ofHost) | exitSignal }

  /// What only the host's clone3(2) can be asked for.
  var needsStructure: Bool { flags & (CloneFlag.newTime | CloneFlag.intoControlGroup) != 0 }

  /// struct clone_args for the host.
  var hostStructure: [UInt64] {
    let flags = flags & (CloneFlag.ofHost | CloneFlag.newTime | CloneFlag.intoControlGroup)
    return [flags, 0, 0, 0, UInt64(exitSignal), 0, 0, 0, 0, 0, controlGroup]
  }

  /// Sets the registers that a child or thread begins with.
  func prepare(_ registers: any GuestRegisters) {
    if stack != 0 { registers.setGPR(1, stack) }
    if has(CloneFlag.setTLS) { registers.setGPR(2, tls) }
  }

  /// Stores the number of the new thread where it is wanted, as its own memory has it.
  func tell(_ number: Int32, _ copy: GuestCopy) {
    let number = UInt32(bitPattern: number)
    if has(CloneFlag.parentSetThreadID) { _ = copy.writeWord(parentThreadID, number) }
    if has(CloneFlag.childSetThreadID) { _ = copy.writeWord(childThreadID, number) }
  }
}

/// New processes and threads.
enum CloneCalls {
  static let rows: [SystemCallRow] = [
    SystemCallRow(2, "fork", "") { (call) throws(Errno) in try fork(call, CloneArguments()) },
    SystemCallRow(120, "clone", "xxxxx") { (call) throws(Errno) in
      try make(call, CloneArguments(call))
    },
    SystemCallRow(189, "vfork", "") { (call) throws(Errno) in
      try make(call, CloneArguments(flags: CloneFlag.memory | CloneFlag.vfork))
    },
    SystemCallRow(435, "clone3", "xu") { (call) throws(Errno) in
      try make(call, CloneArguments(structure: call))
    },
  ]

  private static func make(
    _ call: SystemCall, _ arguments: CloneArguments
  ) throws(Errno) -> Int {
    let flags = arguments.flags
    if arguments.has(CloneFlag.thread), !arguments.has(CloneFlag.signalHandlers) {
      throw .invalid
    }
    if arguments.has(CloneFlag.signalHandlers), !arguments.has(CloneFlag.memory) {
      throw .invalid
    }
    if flags & CloneFlag.ofThreads == CloneFlag.ofThreads {
      return try ThreadCalls.begin(call, arguments)
    }
    if !arguments.has(CloneFlag.memory) { return try fork(call, arguments) }
    // Where memory is lent the host's library makes the process, by clone(2).
    if arguments.needsStructure { throw .invalid }
    guard !arguments.has(CloneFlag.signalHandlers), let lend = call.process.lendMemory else {
      call.process.reportOnce(-2, "Unsupported clone flags: 0x\(String(flags, radix: 16))")
      throw .invalid
    }
    return try lend(call, arguments)
  }

  // MARK: A process with memory of its own

  private static func fork(_ call: SystemCall, _ arguments: CloneArguments) throws(Errno) -> Int {
    let process = call.process
    let sharesDescriptors = arguments.has(CloneFlag.files)
    if sharesDescriptors { try call.descriptors.share() }
    let child = try split(process, arguments)
    if child > 0 { return finish(child, call, arguments) }
    beginChild(process)
    process.current.beginProcess(sharingDescriptors: sharesDescriptors)
    arguments.tell(process.number, call.copy)
    process.current.clearChildThreadID =
      arguments.has(CloneFlag.childClearThreadID) ? arguments.childThreadID : 0
    arguments.prepare(call.registers)
    if arguments.has(CloneFlag.clearSignalHandlers) { process.current.signals.clearHandlers() }
    return 0
  }

  /// In the parent: what it wants to know of its child, and the result.
  static func finish(_ child: Int32, _ call: SystemCall, _ arguments: CloneArguments) -> Int {
    if arguments.has(CloneFlag.parentSetThreadID) {
      _ = call.copy.writeWord(arguments.parentThreadID, UInt32(child))
    }
    if arguments.has(CloneFlag.processDescriptor),
      let descriptor = try? hostCall(SYS_pidfd_open, Int(child), 0)
    {
      _ = call.copy.writeWord(
        arguments.processDescriptor, UInt32(truncatingIfNeeded: descriptor))
    }
    return Int(child)
  }

  /// Makes the host process two, with some flags of clone(2). The host's library does it where it
  /// can, so that its own locks are as they should be in the child.
  private static func split(
    _ process: LinuxProcess, _ arguments: CloneArguments
  ) throws(Errno) -> Int32 {
    if arguments.needsStructure { return try splitByStructure(process, arguments) }
    let flags = arguments.hostFlags
    process.willFork?()
    var child = flags == SIGCHLD ? Int(csys_fork()) : 0
    if child < 0 { child = -Int(csys_errno()) }
    if flags != SIGCHLD { child = csys_kernel(Int(SYS_clone), Int(flags), 0, 0, 0, 0, 0) }
    if child != 0 { process.didFork?() }
    guard child >= 0 else { throw Errno(Int32(truncatingIfNeeded: -child)) }
    return Int32(truncatingIfNeeded: child)
  }

  private static func splitByStructure(
    _ process: LinuxProcess, _ arguments: CloneArguments
  ) throws(Errno) -> Int32 {
    let words = arguments.hostStructure, size = 8 * words.count
    process.willFork?()
    let child = try? withHostBytes(size) { (address, bytes) throws(Errno) in
      bytes.copyMemory(from: words, byteCount: size)
      return csys_kernel(435, address, size, 0, 0, 0, 0)
    }
    if child != 0 { process.didFork?() }
    guard let child, child >= 0 else { throw Errno(Int32(truncatingIfNeeded: -(child ?? -12))) }
    return Int32(truncatingIfNeeded: child)
  }

  private static func beginChild(_ process: LinuxProcess) {
    process.keepCurrentThread()
    process.current.mailbox.clear()
    process.current.signals.queue.removeAll()
    process.current.robustList = (0, 0)
    process.callState.ownedFutexes.beginChild()
    process.onFork?()
  }
}
