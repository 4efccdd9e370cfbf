import IR

/// The 32-bit PowerPC as the translator sees it.
public final class PowerPCGuest: Guest {
  /// The globals of `Globals.all`; the helpers of `HelperNumber`, then the functions of the
  /// instructions that have one.
  public let names: BlockNames
  /// That of `PowerPCState`.
  public let layout: EnvironmentLayout
  /// What the processor has.
  public let features: Feature
  /// `cacheBlockSize`: one size for instructions and data.
  public var cacheLineSize: UInt32 { UInt32(cacheBlockSize) }
  private let set: InstructionSet
  /// The declared instructions as the translator walks them: no references are counted.
  private let instructions: UnsafeMutablePointer<Instruction>
  private let context: UnsafeMutablePointer<TranslationContext>

  /// Whether a whole machine is emulated: supervisor instructions then do what they say.
  public var isSystem: Bool { registers != nil }
  /// The special-purpose registers in system mode.
  private let registers: SpecialRegisterTable?

  /// In system mode: the instruction before which there is an exception. Blocks that exist when
  /// this changes must go.
  public var instructionBreakpoint: InstructionBreakpoint?

  /// The processor of a whole machine.
  public convenience init(system processor: Processor) {
    self.init(features: processor.systemFeatures, isSystem: true, family: processor.family)
  }

  /// - Parameters:
  ///   - features: the optional parts of the instruction set that exist.
  ///   - isSystem: whether supervisor instructions do what they say, not raise exceptions.
  ///   - family: whose special-purpose registers there are in system mode.
  public init(
    features: Feature, isSystem: Bool = false, family: ProcessorFamily = .powerPC750
  ) {
    typealias S = PowerPCState
    self.features = features
    registers = isSystem ? SpecialRegisterTable(family) : nil
    set = .powerPC
    instructions = .allocate(capacity: set.instructions.count)
    instructions.initialize(from: set.instructions, count: set.instructions.count)
    context = .allocate(capacity: 1)
    names = BlockNames(
      globals: Globals.all, helpers: HelperNumber.allCases.map(\.helper) + set.softwareHelpers)
    var layout = EnvironmentLayout(
      size: MemoryLayout<S>.size, envOffset: S.envOffset, exitRequest: S.offset(\.exitRequest),
      jumpTable: S.offset(\.jumpTable), codeBase: S.offset(\.codeBase),
      returnStack: S.offset(\.returnStack), hostStack: S.offset(\.hostStack),
      returnStackTop: S.offset(\.returnStackTop),
      exitKind: S.offset(\.exitKind), exitPayload: S.offset(\.exitPayload),
      spillSlots: S.offset(\.spillSlots), spillSlotCount: 64, programCounter: S.offset(\.nip),
      paging: .init(
        pageTable: S.offset(\.pageTable), slowContext: S.offset(\.slowContext),
        slowReturn: S.offset(\.slowReturn), codeSegments: S.offset(\.codeSegments)))
    layout.instructionBudget = S.offset(\.instructionBudget)
    layout.faultReport = S.offset(\.faultReport)
    layout.guarded = S.offset(\.guarded)
    layout.floatStatus = S.offset(\.floatStatus)
    layout.hostFloatStatus = S.offset(\.hostFloatStatus)
    layout.floatMode = S.offset(\.floatMode)
    self.layout = layout
  }

  deinit {
    instructions.deinitialize(count: set.instructions.count)
    instructions.deallocate()
    context.deallocate()
    registers?.deallocate()
  }

  /// XER.SO, and in system mode the bits of MSR: see `BlockKey`.
  public func key(_ env: UnsafeMutableRawPointer) -> UInt32 {
    let state = stateOf(env)
    let summary = state.pointee.so == 0 ? 0 : BlockKey.summaryOverflow
    let isExact = state.pointee.storedFPSCR & FPSCR.exactModes != 0
    let key = isExact ? summary | BlockKey.exactFloat : summary
    return registers == nil ? key : key | BlockKey.modes(state.pointee.msr)
  }

  /// Behind an instruction after which nothing falls through, goes on where the block's own forward
  /// branches lead. Under a trace mode every instruction is a block.
  public func translate(
    into block: Block, at address: UInt32, key: UInt32, from code: CodeSource,
    limits: TranslationLimits, spans: UnsafeMutablePointer<TranslatedSpan>
  ) -> (spans: Int, instructions: Int) {
    let builder = Builder(block)
    // Under a trace mode every instruction is a block.
    let traces = isSystem && key & (BlockKey.singleStep | BlockKey.branchTrace) != 0
    let chains = limits.chains && !traces, most = traces ? 1 : limits.instructions
    context.initialize(
      to: TranslationContext(
        address: address, next: address, key: key, chains: chains, ended: false, slot: 0,
        start: address, pairsReturns: chains && limits.pairsReturns && !limits.countsInstructions,
        keepsForwardBranches: chains && limits.keepsForwardBranches && !limits.countsInstructions,
        first: limits.first,
        last: limits.last, registers: registers))
    context.pointee.counts = limits.countsInstructions
    context.pointee.isShared = limits.isShared
    context.pointee.fuses = limits.fusesMultiplyAdd
    context.pointee.hasVectors = limits.hasVectors
    let cpu = Cpu(ir: builder, context: context)
    cpu.pollExitRequest()
    var walk = Walk(spans: spans, first: address)
    while let pc = nextAddress() {
      guard walk.count < most, block.opCount < Block.capacity / 8, cpu.isNear(pc),
        walk.enter(pc)
      else {
        if !context.pointee.ended { cpu.chain(to: pc) }
        break
      }
      context.pointee.address = pc
      context.pointee.next = pc &+ 4
      context.pointee.ended = false
      context.pointee.executed = walk.count
      cpu.placeLabels(at: pc)
      builder.beginInstruction(pc)
      if let instructionBreakpoint, instructionBreakpoint.address == pc {
        cpu.stop(at: instructionBreakpoint)
      }
      let (word, stability) = code.word(at: pc)
      context.pointee.changing = 0
      translateOne(cpu, word, stability)
      builder.commit()
    }
    cpu.abandonForwardBranches()
    builder.finish()
    return (walk.finish(), walk.count)
  }

  /// Where translation goes on: at the next instruction, or, behind one after which nothing falls
  /// through, at the first address that a branch of the block leads to.
  private func nextAddress() -> UInt32? {
    context.pointee.ended ? context.pointee.forward.first : context.pointee.next
  }

  private func translateOne(_ cpu: Cpu, _ word: UInt32?, _ stability: CodeStability) {
    guard let word else { return cpu.raise(.instructionStorage) }
    let number = set.index(of: word)
    if stability != .reported {
      let takesAny = stability == .changing && number.map { instructions[$0].hasImmediate } ?? false
      cpu.checkCode(word, anyImmediate: takesAny)
    }
    guard let number else { return cpu.raise(.illegal) }
    let instruction = instructions + number
    if let isInvalid = instruction.pointee.isInvalid, isInvalid(word) {
      return cpu.raise(.illegal)
    }
    guard features.isSuperset(of: instruction.pointee.feature) else { return cpu.raise(.illegal) }
    if isSystem, !cpu.prepare(instruction, word) { return }
    context.pointee.software = instruction.pointee.softwareNumber
    instruction.pointee.translate(cpu, word)
  }

  /// As QEMU writes it, extended mnemonics included; the bytes where there is no instruction.
  public func disassemble(_ word: UInt32, at address: UInt32) -> String {
    Disassembler.text(of: word, at: address, in: set)
  }
}

/// Which guest words a translation has read: runs of consecutive addresses.
private struct Walk {
  let spans: UnsafeMutablePointer<TranslatedSpan>
  var current: TranslatedSpan
  var closed = 0
  var count = 0

  init(spans: UnsafeMutablePointer<TranslatedSpan>, first: UInt32) {
    self.spans = spans
    current = TranslatedSpan(first: first, end: first, instructions: 0)
  }

  /// Notes the word at `pc` as the next; false if the block must end before it.
  mutating func enter(_ pc: UInt32) -> Bool {
    if pc != current.end {
      guard closed < spanCapacity - 1 else { return false }
      spans[closed] = current
      closed += 1
      current = TranslatedSpan(first: pc, end: pc, instructions: 0)
    }
    current.end = pc &+ 4
    current.instructions += 1
    count += 1
    return true
  }

  /// Closes the last run and returns the number of runs.
  mutating func finish() -> Int {
    spans[closed] = current
    return closed + 1
  }
}

extension Cpu {
  /// The poll at a block's head: leaves when the exit request word is not zero.
  func pollExitRequest() {
    let label = ir.newLabel()
    ir.brcond(.i32, .ne, Globals.exitRequest, ir.i32(0).temp, to: label)
    ir.cold(label) { leave(.request, at: context.pointee.start) }
    guard context.pointee.counts else { return }
    let spent = ir.newLabel()
    let offset = UInt32(bitPattern: Int32(PowerPCState.offset(\.instructionBudget)))
    let budget = ir.emit1(.ld, .i64, result: .i64, Block.env, constant: offset)
    ir.brcond(.i64, .le, budget, ir.i64(0).temp, to: spent)
    ir.cold(spent) { leave(.request, at: context.pointee.start) }
  }

  /// Leaves before the instruction at hand if its word in memory is not the one translated.
  /// - Parameter anyImmediate: whether the immediate is whatever is found there.
  func checkCode(_ word: UInt32, anyImmediate: Bool) {
    let found = load(4, at: constant(Int(address)))
    let compared = anyImmediate ? found.shiftedRight(16) : found
    let wanted = anyImmediate ? word >> 16 : word
    let label = ir.newLabel()
    ir.brcond(.i32, .ne, compared.temp, constant(Int(wanted)).temp, to: label)
    ir.cold(label) { leave(.stale, at: address) }
    if anyImmediate { context.pointee.changing = found.temp }
  }

  /// The signed immediate of an instruction whose operands name it.
  func SI(_ i: D) -> I32 {
    let changing = context.pointee.changing
    return changing == 0 ? constant(i.SI) : word(changing).extractSigned(at: 0, length: 16)
  }

  /// The unsigned immediate.
  func UI(_ i: D) -> I32 {
    let changing = context.pointee.changing
    return changing == 0 ? constant(i.UI) : word(changing) & 0xffff
  }
}
