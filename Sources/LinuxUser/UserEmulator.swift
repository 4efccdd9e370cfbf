import CSys
import Glibc
import GuestPowerPC
import IR
import Memory
import RegisterAllocation
import Translation

/// A Linux program on an emulated PowerPC: the processor, its memory, and the kernel's side.
public final class UserEmulator {
  /// The kernel's side.
  public let process: LinuxProcess
  /// The translator.
  public let translator: Translator
  /// The processor's state.
  public let state: UnsafeMutablePointer<PowerPCState>
  /// Env: where translated code's pointer to the state points.
  public let env: UnsafeMutableRawPointer
  /// Told of every exception before it is handled (`-d int`).
  public var onException: ((PowerPCException) -> Void)?
  private let registers: ProcessorRegisters
  private let memory: UserCode

  /// - Parameters:
  ///   - host: what code is made for.
  ///   - codeBufferSize: bytes (`-tb-size`).
  public init(
    space: UserAddressSpace, options: LinuxOptions, processor: Processor, host: any Host,
    codeBufferSize: Int, techniques: Techniques = Techniques()
  ) throws(TranslationError) {
    let guest = PowerPCGuest(features: processor.features)
    memory = UserCode(space)
    process = LinuxProcess(space, options)
    translator = try Translator(
      guest: guest, host: host, memory: memory, codeBufferSize: codeBufferSize,
      homes: Globals.housed, techniques: techniques)
    state = .allocate(capacity: 1)
    state.initialize(to: PowerPCState())
    env = UnsafeMutableRawPointer(state) + PowerPCState.envOffset
    registers = ProcessorRegisters(
      state, hasVectors: processor.features.contains(.vector))
    state.pointee.msr = Self.userState
    state.pointee.pvr = processor.version
    state.pointee.memoryBase = UInt64(space.base)
    state.pointee.pageFlags = UInt64(UInt(bitPattern: space.pages))
    process.exitRequest = UnsafeMutableRawPointer(state).advanced(
      by: MemoryLayout<PowerPCState>.offset(of: \.exitRequest)!
    ).assumingMemoryBound(to: UInt32.self)
    try translator.attach(env)
    space.faultTolerantCopy = translator.copy
    FaultHandler.record.pointee.forward = receiveHostSignal
    process.willFork = { [weak self] in self?.translator.prepareFork() }
    process.didFork = { [weak self] in self?.translator.endFork() }
    process.onFork = { [weak self] in self?.translator.beginChild() }
    space.onCodeChanged = { [weak self] range in
      guard let self else { return }
      self.translator.invalidate(range, self.env)
    }
  }

  deinit { state.deallocate() }

  /// MSR as Linux gives it to programs: EE, PR, FP, FE0, FE1 and the vector prefix.
  private static let userState: UInt32 = 0x6940

  /// Loads a program: see `LinuxProcess.load`.
  public func load(
    path: String, arguments: [[UInt8]], environment: [[UInt8]]
  ) throws(LoadError) {
    try process.load(path: path, arguments: arguments, environment: environment)
    process.initialize(registers)
  }

  /// Runs the program to its end.
  ///
  /// - Returns: the exit status. A program that dies of a signal takes this process with it.
  public func run() throws(TranslationError) -> Int32 {
    // Where guest memory is not at 0, translated code reaches it through GS.
    if process.space.base != 0 { _ = csys_set_gs_base(UInt64(process.space.base)) }
    while true {
      switch try translator.run(env) {
      case .exception(let number): handle(PowerPCException(rawValue: number))
      case .fault: handleFault()
      case .fetch: fetchFault(at: state.pointee.nip)
      case .request:
        state.pointee.exitRequest = 0
        process.deliverPendingSignals(registers)
      }
      if let status = process.exitStatus { return status }
    }
  }

  private func handle(_ exception: PowerPCException) {
    let nip = state.pointee.nip
    onException?(exception)
    switch exception {
    case .systemCall: process.handleSystemCall(registers)
    case .trap: process.raise(SIGTRAP, code: 1, address: nip, registers)
    case .illegal, .vectorUnavailable, .floatingPointUnavailable:
      process.raise(SIGILL, code: 1, address: nip, registers)
    case .privileged: process.raise(SIGILL, code: 5, address: nip, registers)
    case .floatingPoint:
      process.raise(SIGFPE, code: floatingPointCode, address: nip, registers)
    case .alignment: process.raise(SIGBUS, code: 1, address: nip, registers)
    case .instructionStorage: fetchFault(at: nip)
    case .dataStorage: dataFault(at: state.pointee.dar, isWrite: true)
    default: process.raise(SIGILL, code: 1, address: nip, registers)
    }
  }

  /// si_code of SIGFPE, as Linux reckons it from the FPSCR.
  private var floatingPointCode: Int32 {
    let active = state.pointee.fpscr
    let enabled = (active & 0xf8) << 22
    let found = active & enabled
    if active & 0x80 != 0 && active & 0x2000_0000 != 0 { return 7 }
    if found & 0x1000_0000 != 0 { return 4 }
    if found & 0x0800_0000 != 0 { return 5 }
    if found & 0x0400_0000 != 0 { return 3 }
    if found & 0x0200_0000 != 0 { return 6 }
    return 0
  }

  private func handleFault() {
    let record = FaultHandler.record.pointee
    onException?(.dataStorage)
    let address = UInt32(truncatingIfNeeded: record.address &- process.space.base)
    if record.signal == SIGBUS {
      return process.raise(SIGBUS, code: record.code, address: address, registers)
    }
    dataFault(at: address, isWrite: record.isWrite)
  }

  /// A refused access: code that is about to change, or the program's error.
  private func dataFault(at address: UInt32, isWrite: Bool) {
    if isWrite && process.space.codePageWritten(address) { return }
    segmentationFault(at: address, isWrite: isWrite)
  }

  /// A word that could not be fetched when its block was made.
  private func fetchFault(at address: UInt32) {
    // Nothing announces that a page without code is mapped: the block must not be met again.
    if address < process.space.limit { translator.invalidate(address..<(address | 3), env) }
    if process.space.flags(at: address).contains(.executable) { return }
    segmentationFault(at: address, vector: 0x400)
  }

  /// - Parameters:
  ///   - vector: 0x300 for a data access, 0x400 for a fetch.
  private func segmentationFault(
    at address: UInt32, isWrite: Bool = false, vector: UInt32 = 0x300
  ) {
    let isMapped = process.space.flags(at: address).contains(.mapped)
    state.pointee.dar = address
    // DSISR: no translation, or protection; and whether it was a store (Book III, 2.3.16).
    let status: UInt32 = (isMapped ? 0x0800_0000 : 0x4000_0000) | (isWrite ? 0x0200_0000 : 0)
    process.raise(
      SIGSEGV, code: isMapped ? 2 : 1, address: address, registers,
      details: FaultDetails(vector: vector, dataAddress: address, status: status))
  }
}

/// Guest code in a user-mode address space.
final class UserCode: CodeMemory {
  private let space: UserAddressSpace
  /// What `fetch` looks at: page flags and base.
  private let context: UnsafeMutablePointer<(pages: UnsafeMutablePointer<UInt8>, base: UInt)>

  init(_ space: UserAddressSpace) {
    self.space = space
    context = .allocate(capacity: 1)
    context.initialize(to: (space.pages, space.base))
  }

  deinit { context.deallocate() }

  var codeSource: CodeSource {
    CodeSource(context: context) { context, address in
      let (pages, base) = context.load(
        as: (pages: UnsafeMutablePointer<UInt8>, base: UInt).self)
      // Bit 2: the page may be executed; bit 7: it is rewritten often.
      let flags = pages[Int(address >> 12)]
      guard flags & 4 != 0,
        let place = UnsafeRawPointer(bitPattern: base &+ UInt(address))
      else { return 1 << 32 }
      let isRewritten = UInt64(flags >> 7) << 33
      return isRewritten | UInt64(UInt32(bigEndian: place.loadUnaligned(as: UInt32.self)))
    }
  }

  func markCode(page: UInt32) { space.markCode(page: page) }
}
