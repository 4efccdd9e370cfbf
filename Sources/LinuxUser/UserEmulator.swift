import CSys
import Glibc
import GuestPowerPC
import IR
import Memory
import RegisterAllocation
import Translation

/// A Linux program on an emulated PowerPC: its processors, their memory, and the kernel's side.
public final class UserEmulator {
  /// The kernel's side.
  public let process: LinuxProcess
  /// The translator.
  public let translator: Translator
  /// Told of every exception before it is handled (`-d int`), and of the processor's state.
  public var onException: ((PowerPCException, UnsafePointer<PowerPCState>) -> Void)? {
    didSet { process.isLogged = onException != nil }
  }
  /// Ends the host's process with a status, when another thread than the first has ended the
  /// program.
  public var onEnd: ((Int32) -> Void)?
  /// The processors of all threads that run.
  var processors: [GuestThread] = []
  let hasVectors: Bool
  private let lineVersions = UnsafeMutablePointer<UInt32>.allocate(
    capacity: Reservation.versionCount)
  private let memory: UserCode

  /// - Parameters:
  ///   - host: what code is made for.
  ///   - codeBufferSize: bytes (`-tb-size`).
  public init(
    space: UserAddressSpace, options: LinuxOptions, processor: Processor, host: any Host,
    codeBufferSize: Int, techniques: Techniques = Techniques()
  ) throws(TranslationError) {
    let guest = PowerPCGuest(features: processor.features)
    hasVectors = processor.features.contains(.vector)
    memory = UserCode(space)
    process = LinuxProcess(space, options)
    translator = try Translator(
      guest: guest, host: host, memory: memory, codeBufferSize: codeBufferSize,
      homes: Globals.housed, records: Globals.records, recovered: Globals.recovered,
      techniques: techniques, memoryBase: space.base)
    process.lock = translator.lock
    let state = UnsafeMutablePointer<PowerPCState>.allocate(capacity: 1)
    state.initialize(to: PowerPCState())
    state.pointee.msr = Self.userState
    state.pointee.pvr = processor.version
    state.pointee.memoryBase = UInt64(space.base)
    state.pointee.pageFlags = UInt64(UInt(bitPattern: space.pages))
    lineVersions.initialize(repeating: 0, count: Reservation.versionCount)
    state.pointee.lineVersions = UInt64(UInt(bitPattern: lineVersions))
    processors = [
      try GuestThread(self, process.current, state, hasVectors: hasVectors)
    ]
    space.faultTolerantCopy = translator.copy
    state.pointee.faultTolerantCopy = translator.copy
    FaultHandler.record.pointee.forward = receiveHostSignal
    connect()
  }

  deinit { lineVersions.deallocate() }

  private func connect() {
    process.willFork = { [weak self] in self?.translator.prepareFork() }
    process.didFork = { [weak self] in self?.translator.endFork() }
    process.onFork = { [weak self] in self?.beginChild() }
    process.startThread = { [weak self] (call, arguments, thread) throws(Errno) in
      guard let self else { throw .again }
      return try self.start(thread, call, arguments)
    }
    process.lendMemory = { [weak self] (call, arguments) throws(Errno) in
      guard let self else { throw .again }
      let waits = arguments.has(CloneFlag.vfork)
      return try waits ? self.lend(call, arguments) : self.lendBeside(call, arguments)
    }
    process.stopThreads = { [weak self] in self?.translator.stopForGood() }
    process.space.onCodeChanged = { [weak self] range in
      guard let self else { return }
      self.translator.invalidate(range, self.processors[0].runner.env)
    }
  }

  /// MSR as Linux gives it to programs: EE, PR, FP, FE0, FE1 and the vector prefix.
  private static let userState: UInt32 = 0x6940

  /// Loads a program: see `LinuxProcess.load`.
  public func load(
    path: String, arguments: [[UInt8]], environment: [[UInt8]]
  ) throws(LoadError) {
    try process.load(path: path, arguments: arguments, environment: environment)
    process.initialize(processors[0].registers)
  }

  /// Runs the program to its end.
  ///
  /// - Returns: the exit status. A program that dies of a signal takes this process with it.
  public func run() throws(TranslationError) -> Int32 {
    let first = processors[0]
    process.describeToHost()
    try first.run()
    process.lock.acquire()
    // The first thread has ended before the others: the last of them ends the process.
    while process.exitStatus == nil { process.lock.wait() }
    process.lock.release()
    return process.exitStatus ?? 0
  }

  // MARK: Threads

  /// In a new child: the thread that forked is the only one.
  private func beginChild() {
    process.lock.beginChild()
    let thread = process.current
    processors.removeAll { $0.thread !== thread }
    translator.beginChild(keeping: processors[0].runner)
  }

  func forget(_ processor: GuestThread) {
    translator.detach(processor.runner)
    processors.removeAll { $0 === processor }
  }
}

/// Guest code in a user-mode address space.
final class UserCode: CodeMemory {
  private let space: UserAddressSpace
  /// What `fetch` looks at: page flags and base.
  private let context: UnsafeMutablePointer<Context>

  private struct Context {
    let pages: UnsafeMutablePointer<UInt8>
    let base: UInt
    let space: Unmanaged<UserAddressSpace>
  }

  init(_ space: UserAddressSpace) {
    self.space = space
    context = .allocate(capacity: 1)
    context.initialize(
      to: Context(pages: space.pages, base: space.base, space: .passUnretained(space)))
  }

  deinit { context.deallocate() }

  var codeSource: CodeSource {
    CodeSource(context: context) { context, address in
      let known = context.assumingMemoryBound(to: Context.self)
      // Bit 2: the page may be executed; bit 4: it holds code; bit 7: it is rewritten often.
      var flags = known.pointee.pages[Int(address >> 12)]
      guard flags & 4 != 0,
        let place = UnsafeRawPointer(bitPattern: known.pointee.base &+ UInt(address))
      else { return 1 << 32 }
      // Before it is read: what another thread writes from here on is noticed.
      if flags & 16 == 0 {
        known.pointee.space._withUnsafeGuaranteedRef { $0.markCode(page: address >> 12) }
        flags = known.pointee.pages[Int(address >> 12)]
      }
      let word = UInt64(UInt32(bigEndian: place.loadUnaligned(as: UInt32.self)))
      if flags & 0x80 == 0 { return word }
      let changes = known.pointee.space._withUnsafeGuaranteedRef { $0.changesOften(address) }
      return word | 1 << 33 | (changes ? 1 << 34 : 0)
    }
  }

  func markCode(page: UInt32) { space.markCode(page: page) }
  func codeDiffers(at address: UInt32) { space.codeDiffers(at: address) }
}
