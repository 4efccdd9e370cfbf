import CSys
import Glibc
import Memory
import Translation

/// A guest program's process: its memory, its signals, and what the kernel does for it.
public final class LinuxProcess {
  /// The guest's memory.
  public let space: UserAddressSpace
  /// What the command line says.
  public let options: LinuxOptions
  /// Takes a line for the log ("Unsupported syscall: 77 name").
  public var log: ((String) -> Void)?
  /// Takes the text of `-strace`; by default it goes to standard error.
  public var traceOutput: (String) -> Void = { text in
    var text = text
    text.withUTF8 { _ = Glibc.write(2, $0.baseAddress, $0.count) }
  }
  /// Standard error when the process began: where messages of our own belong.
  private(set) var messageFile = FileIdentity(2)
  /// Called when the guest has mapped a file's bytes from `offset` on as code.
  public var onCodeMapped: ((_ address: UInt32, _ offset: Int64, _ descriptor: Int32) -> Void)?
  /// Called before the process dies of a signal, so that logs can be written out.
  public var onTermination: ((Int32) -> Void)?
  /// Whether a deadly signal of the guest's kills the host's process too, so that its parent sees
  /// it. If not, `exitStatus` is 128 plus the signal.
  public var diesOfSignals = true
  /// Called before this process forks.
  public var willFork: (() -> Void)?
  /// Called afterwards in the parent, also where there was no fork after all.
  public var didFork: (() -> Void)?
  /// Called in a new child process.
  public var onFork: (() -> Void)?
  /// Whether somebody is told of exceptions.
  var isLogged = false
  /// Set when the program has ended: what the host process is to exit with, 0 to 255.
  public internal(set) var exitStatus: Int32?

  /// The absolute name of the program's file on the host.
  public private(set) var executablePath = ""
  /// What the program was displaced by.
  public private(set) var programBase: UInt32 = 0
  /// Where the program begins, and r1 there.
  public private(set) var entry: (address: UInt32, stackPointer: UInt32) = (0, 0)
  /// The host's name of the interpreter's file, and what it was displaced by; nil without one.
  public private(set) var interpreter: (path: String, base: UInt32)?
  /// Where the program's parts are.
  public private(set) var layout = ProgramLayout()
  /// The stack's addresses.
  public private(set) var stackRange: Range<UInt32> = 0..<0

  /// The number of the caller's process, which is its first thread's too.
  var number: Int32 { getpid() }
  /// The threads; the first is the one that the process began with, as long as it runs.
  public internal(set) var threads: [LinuxThread]
  /// The thread that runs, while there has never been another.
  private var only: LinuxThread
  /// Held while anything but translated code and host calls that wait runs.
  public var lock = EmulatorLock()
  /// Starts a thread that clone(2) makes, and returns its number.
  var startThread: ((SystemCall, CloneArguments, LinuxThread) throws(Errno) -> Int)?
  /// Keeps all threads but the caller's from running any more.
  public var stopThreads: (() -> Void)?
  /// Makes a child that runs in the memory of this process, and returns its number.
  var lendMemory: ((SystemCall, CloneArguments) throws(Errno) -> Int)?
  var random: RandomSource
  var auxiliaryVector: [UInt32] = []
  /// Where the strings of the arguments and of the environment are.
  var argumentStrings: Range<UInt32> = 0..<0
  var environmentStrings: Range<UInt32> = 0..<0
  /// Whether the host's kernel knows these places as the process's.
  var isDescribedToHost = false
  /// Limits of resources that are only remembered: (current, maximum).
  var limits: [Int: (UInt64, UInt64)] = [:]
  /// What the other families of calls keep.
  let callState = CallState()
  /// Whether names are at the top of the directory of `-L`: few are asked for.
  private var sysrootTops: [(name: [UInt8], isThere: Bool)] = []
  private var reported = Set<Int>()

  /// A process without a program yet.
  public init(_ space: UserAddressSpace, _ options: LinuxOptions = LinuxOptions()) {
    self.space = space
    self.options = options
    only = LinuxThread()
    threads = [only]
    random = RandomSource(seed: options.seed)
  }

  /// The thread that the caller runs.
  public var current: LinuxThread { lock.isShared ? LinuxThread.ofCaller ?? only : only }

  /// In a new child: the caller is the only thread.
  func keepCurrentThread() {
    only = current
    threads = [only]
    only.number = number
    messageFile = FileIdentity(2)
  }

  /// With what status the process that a thread belongs to is to end; nil as long as it runs.
  func status(of thread: LinuxThread) -> Int32? {
    thread.isBorrowing ? thread.borrowerStatus : exitStatus
  }

  /// Ends the caller's process.
  func end(_ status: Int32) {
    if current.isBorrowing { current.borrowerStatus = status } else { exitStatus = status }
  }

  /// A word that becomes 1 when a signal arrives: translated code polls it and leaves.
  public var exitRequest: UnsafeMutablePointer<UInt32>? {
    get { current.exitRequest }
    set { current.exitRequest = newValue }
  }

  // MARK: Starting a program

  /// Maps a program and its interpreter and builds its stack. `initialize` then sets registers.
  /// - Parameters:
  ///   - path: the program's file.
  ///   - arguments: the bytes of argv, without final zeros; argv[0] is replaced by `-0`'s.
  ///   - environment: the bytes of "NAME=VALUE" strings.
  public func load(
    path: String, arguments: [[UInt8]], environment: [[UInt8]]
  ) throws(LoadError) {
    let image = try ELFImage(path: path, into: space, preferredBase: ELFImage.programBase)
    do throws(LoadError.Cause) {
      var stack = try InitialStack(
        space, size: options.stackSize, isExecutable: image.hasExecutableStack)
      stackRange = stack.range
      space.stack = stack.range
      try installVirtualObject()
      space.setHeapStart(image.end)
      let interpreter = try loadInterpreter(image)
      var argv = arguments.isEmpty ? [Array(path.utf8)] : arguments
      if let zero = options.argumentZero { argv[0] = Array(zero.utf8) }
      try stack.fill(
        path: options.executedName ?? path, arguments: argv, environment: environment,
        options: options,
        random: random.bytes(16), image: image, interpreterBase: interpreter?.base ?? 0)
      entry = (interpreter?.entry ?? image.entry, stack.pointer)
      layout = ProgramLayout(code: image.code, data: image.data, vectors: stack.vectors)
      auxiliaryVector = stack.auxiliaryVector
      argumentStrings = stack.argumentStrings
      environmentStrings = stack.environmentStrings
      programBase = image.base
      executablePath = Self.absolute(path)
      takeName(options.executedName ?? path)
    } catch {
      throw LoadError(path, error)
    }
  }

  /// `load` with strings.
  public func load(
    path: String, arguments: [String], environment: [String]
  ) throws(LoadError) {
    try load(
      path: path, arguments: arguments.map { Array($0.utf8) },
      environment: environment.map { Array($0.utf8) })
  }

  /// Gives the host's process the name that the kernel would: the last part of the file's.
  private func takeName(_ path: String) {
    // PR_SET_NAME is 15; 15 bytes are kept.
    let name = Array(path.utf8.split(separator: UInt8(ascii: "/")).last ?? []) + [0]
    _ = try? name.withErrnoPointer { (address) throws(Errno) in
      try hostCall(SYS_prctl, 15, address)
    }
  }

  private func loadInterpreter(
    _ image: ELFImage
  ) throws(LoadError.Cause) -> ELFImage? {
    guard let name = image.interpreter else { return nil }
    let file = inSysroot(Array(name.utf8)) ?? name
    guard access(file, F_OK) == 0 else { throw .interpreterMissing(name) }
    do throws(LoadError) {
      let image = try ELFImage(path: file, into: space, preferredBase: 0)
      interpreter = (file, image.base)
      return image
    } catch {
      throw error.cause
    }
  }

  /// The registers of a program's first instruction: all clear but r1 and the address.
  public func initialize(_ registers: any GuestRegisters) {
    for index in 0..<32 { registers.setGPR(index, index == 1 ? entry.stackPointer : 0) }
    registers.nip = entry.address
    registers.lr = 0
    registers.ctr = 0
    registers.xer = 0
    registers.cr = 0
    registers.fpscr = 0
  }

  /// The file of an absolute name under `-L`, if there is one. What is at the top of that
  /// directory is looked up once.
  func inSysroot(_ name: [UInt8]) -> String? {
    let slash = UInt8(ascii: "/")
    guard !options.sysroot.isEmpty, name.first == slash else { return nil }
    let top = name.dropFirst().prefix { $0 != slash }
    guard !top.isEmpty, isInSysroot(top) else { return nil }
    let candidate = options.sysroot + String(decoding: name, as: UTF8.self)
    return access(candidate, F_OK) == 0 ? candidate : nil
  }

  private func isInSysroot(_ top: ArraySlice<UInt8>) -> Bool {
    for known in sysrootTops where known.name.count == top.count && known.name.elementsEqual(top) {
      return known.isThere
    }
    let path = options.sysroot + "/" + String(decoding: top, as: UTF8.self)
    let isThere = access(path, F_OK) == 0
    if sysrootTops.count < 64 { sysrootTops.append((Array(top), isThere)) }
    return isThere
  }

  static func absolute(_ path: String) -> String {
    guard let resolved = realpath(path, nil) else { return path }
    defer { free(resolved) }
    return String(cString: resolved)
  }

  // MARK: System calls

  /// Performs the system call in the registers and sets its result. Signals that came meanwhile
  /// are delivered. Afterwards `exitStatus` tells whether the program has ended.
  public func handleSystemCall(_ registers: any GuestRegisters) {
    handleSystemCall(registers, current)
  }

  func handleSystemCall(_ registers: any GuestRegisters, _ thread: LinuxThread) {
    let call = SystemCall(self, thread, registers)
    if options.tracesSystemCalls { traceStart(call, SystemCallTable.row(call.number)) }
    let result = perform(call)
    if options.tracesSystemCalls { traceEnd(call, SystemCallTable.row(call.number), result) }
    finish(result, registers)
    if thread.mailbox.isPending || thread.signals.needsDelivery {
      deliverPendingSignals(registers)
    }
  }

  private func perform(_ call: SystemCall) -> Int {
    guard let row = SystemCallTable.row(call.number) else {
      reportUnsupported(call.number)
      return -Int(Errno.notImplemented.rawValue)
    }
    do throws(Errno) {
      return try row.perform(call)
    } catch {
      return -Int(error.rawValue)
    }
  }

  private func finish(_ result: Int, _ registers: any GuestRegisters) {
    if result == SystemCallResult.registersSet { return }
    if result == -Int(Errno.restartAlways.rawValue) {
      registers.nip &-= 4
      return
    }
    if result == -Int(Errno.restart.rawValue) {
      if nextSignalRestarts() {
        registers.nip &-= 4
        return
      }
      setResult(-Int(Errno.interrupted.rawValue), registers)
      return
    }
    setResult(result, registers)
  }

  /// The PowerPC convention: SO in CR0 and a positive error number, or SO clear and the result.
  private func setResult(_ result: Int, _ registers: any GuestRegisters) {
    let isError = result < 0 && result >= -4095
    registers.setGPR(3, UInt32(truncatingIfNeeded: isError ? -result : result))
    registers.setSummaryOverflow(isError)
  }

  private func reportUnsupported(_ number: Int) {
    guard reported.insert(number).inserted else { return }
    log?("Unsupported syscall: \(number) \(SystemCallNames.name(number))")
  }

  /// Logs something that is missing, once for each key (a negative number of the caller's).
  func reportOnce(_ key: Int, _ text: @autoclosure () -> String) {
    if reported.insert(key).inserted { log?(text()) }
  }
}

/// Random bytes: the host's, or a repeatable sequence after `-seed`.
struct RandomSource {
  private var state: UInt64?

  init(seed: UInt64?) { state = seed }

  /// Whether the sequence is repeatable.
  var isSeeded: Bool { state != nil }

  /// The next `count` bytes.
  mutating func bytes(_ count: Int) -> [UInt8] {
    guard let seed = state else {
      var generator = SystemRandomNumberGenerator()
      return (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
    }
    // Weyl sequence with the finalizer of SplitMix64 (Steele, Lea, Flood 2014).
    var counter = seed
    let result = (0..<count).map { _ in
      counter &+= 0x9e37_79b9_7f4a_7c15
      var z = counter
      z = (z ^ z &>> 30) &* 0xbf58_476d_1ce4_e5b9
      z = (z ^ z &>> 27) &* 0x94d0_49bb_1331_11eb
      return UInt8(truncatingIfNeeded: z ^ z &>> 31)
    }
    state = counter
    return result
  }
}
