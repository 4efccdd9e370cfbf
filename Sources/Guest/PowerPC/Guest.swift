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
  let set: InstructionSet
  /// The declared instructions as the translator walks them: no references are counted.
  let instructions: UnsafeMutablePointer<Instruction>
  let context: UnsafeMutablePointer<TranslationContext>

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
    layout.reservation = .init(
      lineShift: Reservation.lineShift, countShift: Reservation.countShift,
      versions: S.offset(\.lineVersions), address: S.offset(\.reserveAddress),
      valid: S.offset(\.reserveValid), version: S.offset(\.reserveVersion))
    layout.floatStatus = S.offset(\.floatStatus)
    layout.hostFloatStatus = S.offset(\.hostFloatStatus)
    layout.floatMode = S.offset(\.floatMode)
    layout.floatRecord = FloatRecord.layout
    layout.singleForms = .init(wide: Globals.f, narrow: Globals.s, count: 32)
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
  ///
  /// A block whose code nobody watches is walked a second time, with a comparison of all its words
  /// at its head.
  public func translate(
    into block: Block, at address: UInt32, key: UInt32, from code: CodeSource,
    limits: TranslationLimits, record: CodeRecord
  ) -> TranslatedCode {
    let first = walk(block, address, key, limits, Reading(source: code, record: record))
    guard first.isChecked else {
      guard limits.usesLanes, let plan = lanePlan(record) else { return first }
      block.clear()
      let reading = Reading(source: code, record: record)
      var second = walk(block, address, key, limits, reading, plan)
      second.beginsWithAttempt = true
      return second
    }
    block.clear()
    var second = walk(
      block, address, key, limits, Reading(source: code, record: record, known: first))
    second.isShortLived = UnsafeBufferPointer(start: record.words, count: second.instructions)
      .contains { $0.stability == .changing && !set.takesImmediate($0) }
    return second
  }

  private func walk(
    _ block: Block, _ address: UInt32, _ key: UInt32, _ limits: TranslationLimits,
    _ reading: Reading, _ plan: LanePlan? = nil
  ) -> TranslatedCode {
    let cpu = begin(block, address, key, limits)
    if let plan {
      plan.isWide ? LaneStep<V256Tag>.emit(cpu, plan) : LaneStep<V128Tag>.emit(cpu, plan)
    }
    var walk = Walk(spans: reading.record.spans, first: address)
    var isChecked = reading.known != nil
    while let pc = nextAddress() {
      let room = min(cpu.mostInstructions, reading.mostWords) - walk.count
      guard room > 0, cpu.mayBranch, block.opCount < Block.capacity / 8, cpu.isNear(pc),
        walk.enter(pc)
      else {
        if !context.pointee.ended { cpu.chain(to: pc) }
        break
      }
      let fetched = reading.word(walk.count - 1, at: pc)
      begin(pc, fetched, executed: walk.count, cpu)
      if let known = reading.known, walk.count == 1 { cpu.checkCode(reading.record, known, set) }
      if fetched.stability != .reported { isChecked = true }
      lookAhead(cpu, fetched, at: pc, isChecked ? nil : reading, room: room - 1)
      translateOne(cpu, fetched, isChecked: reading.known != nil)
      cpu.ir.commit()
    }
    cpu.abandonForwardBranches()
    cpu.ir.finish()
    var code = TranslatedCode(
      spans: walk.finish(), instructions: walk.count, isChecked: isChecked)
    code.changesFloatMode = context.pointee.changesFloatMode
    return code
  }

  /// How iterations of the loop that the block just walked is are done at once, if they can be.
  private func lanePlan(_ record: CodeRecord) -> LanePlan? {
    guard context.pointee.iterations > 1, context.pointee.holdsSingles, !context.pointee.isShared,
      context.pointee.fuses, context.pointee.hasVectors, instructionBreakpoint == nil
    else { return nil }
    let count = Int(context.pointee.loopEnd &- context.pointee.start) / 4
    guard count < wordCapacity, record.words[count].word.map(B.isCountedLoop) == true else {
      return nil
    }
    var body: [(mnemonic: String, word: UInt32)] = []
    for n in 0..<count {
      guard let word = record.words[n].word, let number = set.index(of: word) else { return nil }
      body.append((instructions[number].mnemonic, word))
    }
    return LanePlan(body)
  }

  /// Finds out what the instruction forms one access with that follows.
  /// - Parameter reading: nil if what follows may change.
  private func lookAhead(
    _ cpu: Cpu, _ fetched: FetchedWord, at pc: UInt32, _ reading: Reading?, room: Int
  ) {
    context.pointee.partner = nil
    guard let reading, room > 0, cpu.ir.block.opCount < Block.capacity / 16 else { return }
    context.pointee.partner = cpu.partner(of: fetched, at: pc, in: reading)
    if context.pointee.isShared,
      let store = storeBehind(fetched, at: pc, in: reading, room: room), cpu.isNear(store)
    {
      context.pointee.pairedStore = store
    }
  }

  private func traces(_ key: UInt32) -> Bool {
    isSystem && key & (BlockKey.singleStep | BlockKey.branchTrace) != 0
  }

  /// Begins a block: the poll.
  private func begin(
    _ block: Block, _ address: UInt32, _ key: UInt32, _ limits: TranslationLimits
  ) -> Cpu {
    let chains = limits.chains && !traces(key)
    context.initialize(
      to: TranslationContext(
        address: address, next: address, key: key, chains: chains, ended: false, slot: 0,
        start: address, pairsReturns: chains && limits.pairsReturns && !limits.countsInstructions,
        keepsForwardBranches: chains && limits.keepsForwardBranches && !limits.countsInstructions,
        first: limits.first,
        last: limits.last, registers: registers))
    context.pointee.counts = limits.countsInstructions
    // Under a trace mode every instruction is a block.
    context.pointee.most = traces(key) ? 1 : limits.instructions
    context.pointee.mostBranches = limits.branches
    context.pointee.mostWithFloats = context.pointee.most
    if context.pointee.keepsForwardBranches && limits.repeatsLoops && context.pointee.most > 1 {
      context.pointee.mostWithFloats *= Loop.length
    }
    context.pointee.isShared = limits.isShared
    context.pointee.fuses = limits.fusesMultiplyAdd
    context.pointee.hasVectors = limits.hasVectors
    context.pointee.mixesFloatModes = limits.mixesFloatModes
    context.pointee.floatMode = limits.mixesFloatModes ? nil : .scalar
    context.pointee.holdsSingles =
      limits.keepsSingles && !isSystem && key & BlockKey.exactFloat == 0
    context.pointee.forwardsWords = limits.keepsSingles && !isSystem
    let cpu = Cpu(ir: Builder(block), context: context)
    cpu.pollExitRequest()
    return cpu
  }

  /// Begins an instruction.
  private func begin(_ pc: UInt32, _ fetched: FetchedWord, executed: Int, _ cpu: Cpu) {
    let isReached = !context.pointee.ended
    context.pointee.address = pc
    context.pointee.next = pc &+ 4
    context.pointee.ended = false
    context.pointee.executed = executed
    context.pointee.changing = 0
    cpu.placeLabels(at: pc, isReached: isReached)
    let isBreakpoint = instructionBreakpoint?.address == pc
    if context.pointee.held != 0 || context.pointee.stored.count != 0,
      isBreakpoint || !keepsSingles(fetched)
    {
      cpu.settle()
      context.pointee.stored.clear()
    }
    context.pointee.nextStore = nil
    cpu.ir.beginInstruction(pc, singles: context.pointee.held)
    if let instructionBreakpoint, instructionBreakpoint.address == pc {
      cpu.stop(at: instructionBreakpoint)
    }
  }

  /// Whether the instruction knows of registers that are held as singles.
  private func keepsSingles(_ fetched: FetchedWord) -> Bool {
    guard let number = fetched.word.flatMap({ set.index(of: $0) }) else { return false }
    return instructions[number].keepsSingles
  }

  /// Where translation goes on: at the next instruction, or, behind one after which nothing falls
  /// through, at the first address that a branch of the block leads to.
  private func nextAddress() -> UInt32? {
    context.pointee.ended ? context.pointee.forward.first : context.pointee.next
  }

  private func translateOne(_ cpu: Cpu, _ fetched: FetchedWord, isChecked: Bool) {
    guard let word = fetched.word else { return cpu.raise(.instructionStorage) }
    guard let number = set.index(of: word) else { return cpu.raise(.illegal) }
    if isChecked, set.takesImmediate(fetched) { cpu.checkOperation(word) }
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
}
