/// What surrounds a processor in a machine. All calls come on the processor's thread.
public protocol ProcessorSurroundings: AnyObject {
  /// The word at a physical address, a multiple of four; nil if there is no memory there.
  func physicalWord(_ address: UInt32) -> UInt32?
  /// Stores a word of memory: of a page table, or of a string instruction. Code translated from
  /// it must be given up.
  func setPhysicalWord(_ address: UInt32, _ value: UInt32)
  /// Ticks of the time base.
  var timeBase: UInt64 { get set }
  /// The decrementer. When it passes from 0 to -1, `Supervisor.setLine(.decrementer, true)` is due.
  var decrementer: UInt32 { get set }
  /// Translations of effective addresses are not valid any more.
  func translationsChanged(_ what: TranslationChange)
  /// MSR has changed in IR, DR, PR or a bit of the block key, or segment registers have changed
  /// and a context-synchronizing instruction came.
  func modeChanged()
  /// IABR or DABR has changed.
  func breakpointsChanged()
}

/// Which translations of effective addresses have become invalid.
public enum TranslationChange: Equatable, Sendable {
  /// `tlbie`: those of pages whose bits 14 to 19 are those of the effective address, in all
  /// address spaces. (Real TLBs have 64 sets; guests rely on it and clear a TLB by 64 `tlbie`s.)
  case page(UInt32)
  /// A block address translation register was written.
  case blockAddress
  /// All of them.
  case all
}

/// Everything of a processor in a machine that is outside translated code: the supervisor's
/// registers, exceptions and interrupts, and address translation.
public final class Supervisor {
  /// The processor that it is.
  public let processor: Processor
  /// Its state; `state.runtime` is this object.
  public let state: UnsafeMutablePointer<PowerPCState>
  /// The machine. It must outlive this object.
  public unowned(unsafe) let surroundings: any ProcessorSurroundings
  /// Takes messages about what the guest does wrong and what is not there, without a newline.
  public var log: ((String) -> Void)?
  /// Told of every exception before it is taken, with the address of the instruction and the
  /// bits that SRR1 takes besides MSR's (`-d int`: `ExceptionText.line`).
  public var onException: ((PowerPCException, UInt32, UInt32) -> Void)?
  /// The address bits that count while address translation is off.
  public var realModeMask: UInt32 = .max

  /// Whether the processor sleeps (MSR[POW]) until an interrupt is taken.
  public internal(set) var isHalted = false
  /// Whether it stopped for good: a machine check came while MSR[ME] was 0.
  public internal(set) var isCheckstopped = false

  let family: ProcessorFamily
  let traits: ProcessorFamily.Traits
  /// Interrupts that wait: bits by `InterruptLine`.
  var waiting: UInt32 = 0
  /// The registers that stand in for r0 to r3 while MSR[TGPR] is 1, or are stood in for.
  var temporaryRegisters: InlineArray<4, UInt32> = .init(repeating: 0)
  /// The software TLB.
  var table = SoftwareTLB()
  /// What SRR1 takes for a translation miss of a string instruction.
  var missBits: UInt32 = 0
  /// What was said once about things that are not there.
  var reported: Set<String> = []

  /// - Parameter state: initialized; it must outlive this object.
  public init(
    processor: Processor, state: UnsafeMutablePointer<PowerPCState>,
    surroundings: any ProcessorSurroundings
  ) {
    self.processor = processor
    self.state = state
    self.surroundings = surroundings
    family = processor.family
    traits = processor.family.traits
    state.pointee.runtime = UInt64(UInt(bitPattern: Unmanaged.passUnretained(self).toOpaque()))
    reset()
  }

  /// The state after a hard reset: execution starts at 0xFFF00100, everything else is zero.
  public func reset() {
    clearRegisters()
    state.pointee.msr = MSR.IP
    state.pointee.nip = PowerPCException.systemReset.vector | Self.highVectors
    state.pointee.pvr = processor.version
    temporaryRegisters = .init(repeating: 0)
    table = SoftwareTLB()
    waiting = 0
    isHalted = false
    isCheckstopped = false
    surroundings.decrementer = .max
    surroundings.timeBase = 0
    surroundings.translationsChanged(.all)
    surroundings.modeChanged()
    surroundings.breakpointsChanged()
  }

  /// Where vectors are while MSR[IP] is 1.
  static let highVectors: UInt32 = 0xfff0_0000

  private func clearRegisters() {
    for n in 0..<32 {
      state.pointee.gpr[n] = 0
      state.pointee.fpr[n] = 0
    }
    for n in 0..<64 { state.pointee.vr[n] = 0 }
    for n in 0..<16 { state.pointee.sr[n] = 0 }
    for n in 0..<1024 { state.pointee.spr[n] = 0 }
    state.pointee.packedCR = 0
    state.pointee.packedXER = 0
    state.pointee.lr = 0
    state.pointee.ctr = 0
    state.pointee.fpscr = 0
    state.pointee.floatVerdict = 0
    state.pointee.vscr = VSCR.initial
    state.pointee.vrsave = 0
    state.pointee.dar = 0
    state.pointee.reserveValid = 0
    state.pointee.contextChanged = 0
    state.pointee.pendingInterrupts = 0
  }

  /// Says once that something does not exist here.
  func reportOnce(_ text: String) {
    if reported.insert(text).inserted { log?(text) }
  }
}

/// Registers that every translation of an address looks at. Read one by one: a copy of the array
/// that they are in would cost more than all else.
///
/// Sound: a number is masked to the array's 1024 words.
extension UnsafeMutablePointer where Pointee == PowerPCState {
  /// A word of `spr`.
  @inline(__always) func special(_ number: Int) -> UInt32 {
    let offset = MemoryLayout<PowerPCState>.offset(of: \.spr)! + 4 * (number & 1023)
    return UnsafeRawPointer(self).load(fromByteOffset: offset, as: UInt32.self)
  }

  /// A segment register.
  @inline(__always) func segment(_ number: Int) -> UInt32 {
    let offset = MemoryLayout<PowerPCState>.offset(of: \.sr)! + 4 * (number & 15)
    return UnsafeRawPointer(self).load(fromByteOffset: offset, as: UInt32.self)
  }

  /// A pair of instruction block address translation registers, 0 to 7.
  @inline(__always) func ibat(_ pair: Int) -> (upper: UInt32, lower: UInt32) {
    let first = (pair < 4 ? SPR.IBAT0U : SPR.IBAT4U) + 2 * (pair & 3)
    return (special(first), special(first + 1))
  }
  /// A pair of data block address translation registers, 0 to 7.
  @inline(__always) func dbat(_ pair: Int) -> (upper: UInt32, lower: UInt32) {
    let first = (pair < 4 ? SPR.DBAT0U : SPR.DBAT4U) + 2 * (pair & 3)
    return (special(first), special(first + 1))
  }
}

extension PowerPCState {
  /// Save/restore register 0 (SPR 26): where `rfi` goes.
  public var srr0: UInt32 {
    get { spr[SPR.SRR0] }
    set { spr[SPR.SRR0] = newValue }
  }
  /// Save/restore register 1 (SPR 27): MSR as it was, with the reason of the exception.
  public var srr1: UInt32 {
    get { spr[SPR.SRR1] }
    set { spr[SPR.SRR1] = newValue }
  }
  /// DSISR (SPR 18): the reason of a data storage exception, the instruction of an alignment one.
  public var dsisr: UInt32 {
    get { spr[SPR.DSISR] }
    set { spr[SPR.DSISR] = newValue }
  }
  /// Whether the last data storage exception was a store's (DSISR, bit 6).
  public var faultWasStore: Bool { dsisr & DataFault.store != 0 }
  /// Where the hashed page table is, and its size (SPR 25).
  public var sdr1: UInt32 {
    get { spr[SPR.SDR1] }
    set { spr[SPR.SDR1] = newValue }
  }
  /// Hardware implementation register 0 (SPR 1008).
  public var hid0: UInt32 {
    get { spr[SPR.HID0] }
    set { spr[SPR.HID0] = newValue }
  }

  /// An SPRG.
  /// - Parameter number: 0 to 7.
  public func sprg(_ number: Int) -> UInt32 { spr[SPR.SPRG0 + (number & 7)] }

  /// A pair of instruction block address translation registers.
  /// - Parameter pair: 0 to 7.
  public func ibat(_ pair: Int) -> (upper: UInt32, lower: UInt32) {
    let first = (pair < 4 ? SPR.IBAT0U : SPR.IBAT4U) + 2 * (pair & 3)
    return (spr[first], spr[first + 1])
  }
  /// A pair of data block address translation registers.
  /// - Parameter pair: 0 to 7.
  public func dbat(_ pair: Int) -> (upper: UInt32, lower: UInt32) {
    let first = (pair < 4 ? SPR.DBAT0U : SPR.DBAT4U) + 2 * (pair & 3)
    return (spr[first], spr[first + 1])
  }
}
