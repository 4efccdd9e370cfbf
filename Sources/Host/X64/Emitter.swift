import IR
import RegisterAllocation

/// Turns an allocated block into host code.
final class Emitter {
  /// The assembler at the place of the block at hand.
  var x: Assembler
  let table: LoweringTable
  /// Addresses of the fixed stubs.
  let stubs: Stubs
  let features: Features
  let layout: EnvironmentLayout
  /// How guest memory is reached.
  let guestMemory: GuestMemoryModel

  private(set) var block: Block
  var ops: UnsafeMutablePointer<Op>
  /// The jumps of the block.
  private(set) var exits: UnsafeMutablePointer<ExitSite>
  var exitCount = 0
  /// The instructions of the block.
  private(set) var marks: UnsafeMutablePointer<CodeMark>
  var markCount = 0
  /// What is recovered after faults in the block.
  private(set) var recoveries: [CodeRecovery] = []
  /// What the host's flags say, and what they said before the op at hand.
  var flags = FlagsOrigin.none
  var known = FlagsOrigin.none
  /// Offset of the code behind the exit-request poll.
  var bodyOffset = 0
  /// The highest guest address of an instruction so far: a jump further up is a jump forward.
  var address: UInt32 = 0
  /// Per label: branches to it that wait for its place, and the op behind it.
  var labels: UnsafeMutablePointer<LabelState>
  /// Per jump: where a computed call comes back to.
  var returns: UnsafeMutablePointer<UInt>
  /// Jumps of the straight line whose stubs are still to be written.
  var pendingStubs: UnsafeMutablePointer<UInt32>
  var pendingStubCount = 0
  /// Whether the label just placed is that of a branch which leaves by itself.
  var isBehindChainedLabel = false
  /// The number that the block's first jump has among all jumps.
  var linkBase: UInt32 = 0
  /// The accesses of the block that have slow paths, the branches that lead there and where they
  /// come back; the number that the first has among all.
  private(set) var accesses: UnsafeMutablePointer<SlowAccess>
  var slowPaths: UnsafeMutablePointer<SlowPath>
  var accessCount = 0
  var accessBase: UInt32 = 0
  /// Whether every access goes its slow path.
  var onlySlowAccesses = false
  /// The guest instruction at hand.
  var instruction: UInt32 = 0

  struct LabelState {
    /// The branch that leads here.
    var fixup: Fixup
    var isPending: Bool
    /// The jump that the branch itself performs, or -1.
    var exit: Int32
    /// What the cold part looks at before anything else.
    var exemption: Exemption?
  }

  /// A suspect result that is no reason to leave where the operands explain it.
  struct Exemption {
    var suspect: SuspectResult
    /// Whether the result is a single, and where it is.
    var isSingle: Bool, result: XMM
    /// Where the operands are.
    var operands: (Operand, Operand)
    /// The code behind the branch.
    var resume: UInt
  }

  static let capacity = 4096

  init(
    block: Block, features: Features, layout: EnvironmentLayout, stubs: Stubs, table: LoweringTable,
    guestMemory: GuestMemoryModel
  ) {
    self.block = block
    self.features = features
    self.layout = layout
    self.stubs = stubs
    self.table = table
    self.guestMemory = guestMemory
    ops = block.ops
    exits = .allocate(capacity: Self.capacity)
    marks = .allocate(capacity: Self.capacity)
    labels = .allocate(capacity: Self.capacity)
    pendingStubs = .allocate(capacity: Self.capacity)
    returns = .allocate(capacity: Self.capacity)
    accesses = .allocate(capacity: Self.capacity)
    slowPaths = .allocate(capacity: Self.capacity)
    x = stubs.assembler
  }

  /// Writes the code of a block at the assembler's place.
  ///
  /// - Returns: false if there was no room.
  func emit(_ block: Block, _ allocator: LocalAllocator, at x: Assembler, linkBase: UInt32) -> Bool
  {
    self.x = x
    self.block = block
    self.linkBase = linkBase
    ops = block.ops
    exitCount = 0
    markCount = 0
    bodyOffset = 0
    flags = .none
    address = 0
    pendingStubCount = 0
    accessCount = 0
    instruction = 0
    prepareLabels()
    let steps = allocator.steps
    if allocator.recoveries.isEmpty {
      recoveries.removeAll(keepingCapacity: true)
      for n in 0..<allocator.stepCount { emit(steps + n) }
    } else {
      emitWithRecoveries(allocator)
    }
    writeSlowPaths()
    writePendingStubs()
    return !self.x.overflowed
  }

  /// Writes the steps, and notes what is recovered where.
  private func emitWithRecoveries(_ allocator: LocalAllocator) {
    recoveries.removeAll(keepingCapacity: true)
    var next = 0
    for n in 0..<allocator.stepCount {
      let start = UInt32(x.offset)
      emit(allocator.steps + n)
      while next < allocator.recoveries.count, allocator.recoveries[next].step == n {
        recoveries.append(recovery(allocator.recoveries[next], start..<UInt32(x.offset)))
        next += 1
      }
    }
  }

  private func recovery(_ r: LocalAllocator.Recovery, _ code: Range<UInt32>) -> CodeRecovery {
    let global = block.temps[Int(r.global)]
    let isConstant = r.source.kind == .constant
    return CodeRecovery(
      start: code.lowerBound, end: code.upperBound,
      field: Int32(truncatingIfNeeded: Int64(bitPattern: global.value)),
      size: Int32(global.type.bits / 8),
      register: isConstant ? noRegister : r.source.register,
      constant: isConstant ? block.temps[Int(r.source.payload)].value : 0)
  }

  /// A cold part that is nothing but a chained exit is left by its branch itself.
  private func prepareLabels() {
    for label in 0..<min(block.labelCount, Self.capacity) {
      labels[label] = LabelState(fixup: Fixup(offset: 0, size: 0), isPending: false, exit: -1)
    }
    var n = block.mainCount
    while n < block.opCount {
      if ops[n].opcode == .set_label, n + 1 < block.opCount, ops[n + 1].opcode == .goto_tb {
        labels[Int(ops[n].constant)].exit = -2
      }
      n += 1
    }
  }

  @inline(__always) private func emit(_ step: UnsafePointer<Step>) {
    if step.pointee.kind != .op, flags.place.kind != .none {
      let target = step.pointee.operands[unchecked: 0]
      if target == flags.place || target == flags.other { flags = .none }
    }
    switch step.pointee.kind {
    case .op: emitOp(step)
    case .move: move(step)
    case .load:
      load(
        step.pointee.type, step.pointee.operands[unchecked: 0].register,
        step.pointee.operands[unchecked: 1].offset)
    case .store: store(step)
    case .constant: constant(step)
    }
  }

  private func emitOp(_ step: UnsafePointer<Step>) {
    let op = ops + Int(step.pointee.op)
    if op.pointee.opcode == .insn_start { return mark(op) }
    known = flags
    flags = .none
    if step.pointee.operands[unchecked: 0].kind == .memory && op.pointee.outputCount == 1 {
      return workInMemory(op.pointee.opcode, step)
    }
    let place = OpInPlace(op: op, step: step, temps: block.temps)
    guard let emit = table.emitters[op.pointee.hostRow].emit else {
      preconditionFailure("no lowering for \(op.pointee.opcode) \(op.pointee.type)")
    }
    emit(self, place)
  }

  private func mark(_ op: UnsafeMutablePointer<Op>) {
    let address = op.pointee.constant
    self.address = max(self.address, address)
    instruction = address
    if markCount == 0 { bodyOffset = x.offset }
    guard markCount < Self.capacity else { return }
    marks[markCount] = CodeMark(
      offset: UInt32(x.offset), address: address, singles: op.pointee.constant2)
    markCount += 1
  }

  // MARK: Transfers

  /// A field of env.
  @inline(__always) func env(_ offset: Int) -> Address {
    Address(.rbp, Int32(truncatingIfNeeded: offset))
  }

  private func move(_ step: UnsafePointer<Step>) {
    let d = step.pointee.operands[unchecked: 0].register
    let s = step.pointee.operands[unchecked: 1].register
    if d < 16 {
      x.mov(step.pointee.type == .i64 ? .qword : .dword, .number(d), .number(s))
    } else {
      let isWide = step.pointee.type == .v256
      isWide ? x.vmovapsWide(.number(d), .number(s)) : x.movaps(.number(d), .number(s))
    }
  }

  /// Loads a register from a field of env.
  func load(_ type: ValueType, _ register: RegisterNumber, _ offset: Int) {
    if type.isInteger {
      x.mov(type == .i64 ? .qword : .dword, .number(register), env(offset))
    } else {
      load(type, .number(register), env(offset))
    }
  }

  /// Loads a vector register.
  func load(_ type: ValueType, _ d: XMM, _ m: Address) {
    switch type {
    case .f32: x.movss(d, m)
    case .v128: x.movups(d, m)
    case .v256: x.vectorVEX(.vmovupsLoad.wide, d, m)
    default: x.movsd(d, m)
    }
  }

  /// Stores a vector register.
  func store(_ type: ValueType, _ m: Address, _ s: XMM) {
    switch type {
    case .f32: x.movss(m, s)
    case .v128: x.movups(m, s)
    case .v256: x.vectorVEX(.vmovupsStore.wide, s, m)
    default: x.movsd(m, s)
    }
  }

  private func store(_ step: UnsafePointer<Step>) {
    let offset = step.pointee.operands[unchecked: 0].offset
    let source = step.pointee.operands[unchecked: 1]
    let type = step.pointee.type
    if source.kind == .constant {
      let value = Int32(truncatingIfNeeded: block.temps[Int(source.payload)].value)
      return x.mov(type == .i64 ? .qword : .dword, env(offset), imm: value)
    }
    if type.isInteger {
      x.mov(type == .i64 ? .qword : .dword, env(offset), GPR.number(source.register))
    } else {
      store(type, env(offset), .number(source.register))
    }
  }

  private func constant(_ step: UnsafePointer<Step>) {
    let d = step.pointee.operands[unchecked: 0].register
    let value = block.temps[Int(step.pointee.operands[unchecked: 1].payload)].value
    if value == 0 { flags = .none }
    if d < 16 {
      x.movi(.number(d), value, preservingFlags: step.pointee.keepsFlags)
    } else {
      vectorConstant(.number(d), value, step.pointee.type)
    }
  }

  /// A vector register gets its constant through the red zone of env: the first spill slot.
  private func vectorConstant(_ d: XMM, _ value: UInt64, _ type: ValueType) {
    if type == .v256 { return wideConstant(d, value) }
    if value == 0 { return x.xorps(d, d) }
    let slot = layout.spillSlots &- 8
    if shiftsOnes(d, value, type) { return }
    x.mov(.dword, env(slot), imm: Int32(truncatingIfNeeded: value))
    let isRepeated = value >> 32 == value & 0xffff_ffff
    if type == .f32 || type == .v128 && isRepeated {
      x.movss(d, env(slot))
      if type == .v128 { x.pshufd(d, d, imm: 0) }
      return
    }
    x.mov(.dword, env(slot &+ 4), imm: Int32(truncatingIfNeeded: value >> 32))
    x.movsd(d, env(slot))
    if type == .v128 { x.punpcklqdq(d, d) }
  }

  private func wideConstant(_ d: XMM, _ value: UInt64) {
    if value == .max { return x.vectorVEX(.vpcmpeqd.wide, d, d, d) }
    vectorConstant(d, value, .f64)
    x.vectorVEX(.vbroadcastsd.wide, d, d)
  }

  /// Writes a constant each element of which is one run of ones, such as 1.0, by shifts; false if it
  /// is none.
  private func shiftsOnes(_ d: XMM, _ value: UInt64, _ type: ValueType) -> Bool {
    if type == .f32 { return shiftsOnes(d, value, .vpshiftd, 32, every: 1) }
    return shiftsOnes(d, value, .vpshiftq, 64, every: 1)
      || shiftsOnes(d, value, .vpshiftd, 32, every: 0x0000_0001_0000_0001)
      || shiftsOnes(d, value, .vpshiftw, 16, every: 0x0001_0001_0001_0001)
  }

  private func shiftsOnes(
    _ d: XMM, _ value: UInt64, _ encoding: Encoding, _ width: Int, every: UInt64
  ) -> Bool {
    let element = value & UInt64.max >> UInt64(64 &- width)
    let above = element.leadingZeroBitCount &+ width &- 64, below = element.trailingZeroBitCount
    guard element != 0, element &* every == value,
      above &+ element.nonzeroBitCount &+ below == width
    else { return false }
    x.pcmpeqd(d, d)
    if below > 0 { x.packedShift(encoding, 6, d, imm: UInt8(above &+ below)) }
    if above > 0 { x.packedShift(encoding, 2, d, imm: UInt8(above)) }
    return true
  }

  // MARK: Exits

  /// Notes a jump whose 32-bit operand has just been written, and gives it a number.
  func noteExit(_ fixup: Fixup, target: UInt32) -> Int {
    let n = exitCount
    guard n < Self.capacity else {
      x.overflowed = true
      return 0
    }
    exits[n] = ExitSite(
      operand: fixup.offset, stub: 0, target: target, skipsPoll: target > address)
    exitCount += 1
    return n
  }

  /// Writes the stub of jump `n` here: it leaves with the jump's number.
  func writeStub(_ n: Int) {
    // The jump itself may have been left out for want of room.
    if x.overflowed { return }
    exits[n].stub = UInt32(x.offset)
    x.patch(Fixup(offset: exits[n].operand, size: 4), to: x.currentAddress)
    x.call(to: stubs.link)
    x.dword(linkBase &+ UInt32(truncatingIfNeeded: n))
  }

  private func writePendingStubs() {
    for k in 0..<pendingStubCount {
      let n = Int(pendingStubs[k])
      exits[n].cache == nil ? writeStub(n) : writeCacheStub(n)
    }
  }
}
