import GuestPowerPC
import IR
import Machine
import Memory
import RegisterAllocation
import Translation

/// A machine that runs: a processor with translated code, its memory, and the machine's clock.
public final class SystemEmulator {
  /// The processor outside translated code.
  public let supervisor: Supervisor
  /// The translator.
  public let translator: Translator
  /// The processor's state.
  public let state: UnsafeMutablePointer<PowerPCState>
  /// Env: where translated code's pointer to the state points.
  public let env: UnsafeMutableRawPointer
  /// Physical addresses.
  public let bus: Bus
  /// Virtual time.
  public let clock: Clock
  /// What counts instructions; nil if virtual time is the host's.
  public private(set) var instructionClock: InstructionClock?
  let memory: SystemMemory
  private let guest: PowerPCGuest
  private let link: SurroundingsLink

  /// - Parameters:
  ///   - host: what code is made for; guest memory is paged.
  ///   - timeBaseFrequency: ticks of the time base in a second.
  ///   - codeBufferSize: bytes.
  ///   - countShift: makes virtual time a matter of instructions, each `1 << countShift`
  ///     nanoseconds; nil: the clock's own.
  public init(
    processor: Processor, host: any Host, bus: Bus, clock: Clock, timeBaseFrequency: UInt64,
    codeBufferSize: Int, techniques: Techniques = Techniques(), countShift: Int? = nil
  ) throws {
    self.bus = bus
    self.clock = clock
    state = .allocate(capacity: 1)
    state.initialize(to: PowerPCState())
    env = UnsafeMutableRawPointer(state) + PowerPCState.envOffset
    link = SurroundingsLink(ProcessorClock(clock, frequency: timeBaseFrequency), bus)
    supervisor = Supervisor(processor: processor, state: state, surroundings: link)
    memory = try SystemMemory(bus: bus, supervisor: supervisor, state: state)
    memory.selectSpaces()
    guest = PowerPCGuest(system: processor)
    translator = try Translator(
      guest: guest, host: host, memory: memory,
      codeBufferSize: codeBufferSize, homes: Globals.housed, records: Globals.records,
      techniques: techniques, accesses: memory,
      codeAddress: countShift == nil ? nil : Self.countedCodeAddress)
    memory.translator = translator
    instructionClock = countShift.map { InstructionClock(shift: $0, state: state) }
    translator.limits.countsInstructions = countShift != nil
    link.memory = memory
    memory.selectSpaces()
    try translator.attach(env)
    link.time.onDecrementer = { [unowned self] in supervisor.setLine(.decrementer, true) }
    link.onBreakpoints = { [unowned self] in breakpointsChanged() }
    bus.onMemoryWritten = { [unowned self] in memory.memoryWritten($0, $1) }
    bus.onChange = { [unowned self] in memory.mapChanged() }
  }

  deinit { state.deallocate() }

  /// Where code executes when runs are to be repeatable.
  private static let countedCodeAddress: UInt = 0x6000_0000_0000

  /// The processor's state after a hard reset; everything translated is forgotten.
  public func reset() {
    supervisor.reset()
    translator.flush(env)
    memory.selectSpaces()
  }

  /// Runs the processor until somebody asks for an exit (`requestExit`) or it halts.
  public func run() throws {
    instructionClock?.grant(until: clock.deadline)
    while true {
      supervisor.deliverInterrupt()
      if supervisor.isHalted { return }
      switch try translator.run(env) {
      case .exception(let number): supervisor.raise(number)
      case .fault: handleFault()
      case .fetch: fetchFault()
      case .request:
        state.pointee.exitRequest = 0
        return
      }
    }
  }

  /// Breakpoints are looked for in translated code that is made for them: all of it is made anew.
  private func breakpointsChanged() {
    let breakpoint = supervisor.instructionBreakpoint
    let watches = supervisor.watchesData
    guard breakpoint != guest.instructionBreakpoint || watches != translator.onlySlowAccesses else {
      return
    }
    guest.instructionBreakpoint = breakpoint
    translator.onlySlowAccesses = watches
    translator.flush(env)
    state.pointee.exitRequest = 1
  }

  /// Whether blocks have one instruction each.
  public var hasSingleInstructionBlocks: Bool {
    get { translator.limits.instructions == 1 }
    set {
      translator.limits.instructions = newValue ? 1 : Translator.instructionLimit
      translator.flush(env)
      state.pointee.exitRequest = 1
    }
  }

  /// Whether the processor sleeps until an interrupt, and none waits already.
  public var isIdle: Bool { supervisor.isHalted && !supervisor.hasDeliverableInterrupt }

  /// Makes `run` return soon. May be called on any thread.
  public var exitRequest: UnsafeMutablePointer<UInt32> {
    UnsafeMutableRawPointer(state).advanced(
      by: MemoryLayout<PowerPCState>.offset(of: \.exitRequest)!
    ).assumingMemoryBound(to: UInt32.self)
  }

  /// A host fault: an address that wraps, or a misaligned one whose word was empty.
  private func handleFault() {
    switch translator.stepSlowly(env) {
    case .exception(let number): supervisor.raise(number)
    case .fetch: fetchFault()
    case .fault: supervisor.takeException(.machineCheck, nip: state.pointee.nip)
    case .request: break
    }
  }

  private func fetchFault() {
    let nip = state.pointee.nip
    if case .fault(let exception, let bits) = supervisor.translate(nip, .fetch) {
      supervisor.takeFault(exception, bits: bits, at: nip, .fetch)
    } else {
      // There is no memory: the bus ends the fetch with an error.
      supervisor.takeException(.machineCheck, nip: nip)
    }
  }
}

/// The processor's surroundings: its clock, and the memory that is made after it.
private final class SurroundingsLink: ProcessorSurroundings {
  let time: ProcessorClock
  private let bus: Bus
  weak var memory: SystemMemory?
  /// Called when a breakpoint register has changed.
  var onBreakpoints: (() -> Void)?

  init(_ time: ProcessorClock, _ bus: Bus) {
    self.time = time
    self.bus = bus
  }

  var timeBase: UInt64 {
    get { time.timeBase }
    set { time.timeBase = newValue }
  }
  var decrementer: UInt32 {
    get { time.decrementer }
    set { time.decrementer = newValue }
  }

  func physicalWord(_ address: UInt32) -> UInt32? {
    guard let range = bus.range(at: UInt64(address)), let start = range.host else { return nil }
    let offset = Int(UInt64(address) &- range.base)
    guard offset + 4 <= Int(range.size) else { return nil }
    return UInt32(bigEndian: (start + offset).loadUnaligned(as: UInt32.self))
  }

  func setPhysicalWord(_ address: UInt32, _ value: UInt32) {
    bus.write(UInt64(address), 4, UInt64(value))
  }

  func translationsChanged(_ what: TranslationChange) { memory?.forget(what) }
  func modeChanged() { memory?.selectSpaces() }
  func breakpointsChanged() { onBreakpoints?() }
}
