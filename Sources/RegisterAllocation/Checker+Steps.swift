import IR

/// What each step does to the state, and what it may not do.
extension Checker {
  // MARK: Transfers

  /// A move, load, store or constant.
  mutating func transfer(_ step: Step) {
    let (to, from) = (step.operands[0], step.operands[1])
    switch step.kind {
    case .move:
      let isEnv = from == .register(file.env) && step.type == .i64
      guard isRegister(to, step.type), isEnv || isRegister(from, step.type) else {
        return report(.transfer, step)
      }
      put(held(by: from), in: to, step)
    case .load:
      guard isRegister(to, step.type), from.kind == .memory else { return report(.transfer, step) }
      put(held(by: from), in: to, step)
    case .store: store(step, to, from)
    default:
      guard isRegister(to, step.type), isConstant(from) else { return report(.transfer, step) }
      if !step.keepsFlags { state.flags = Self.unknown }
      put(numbers[Int(from.payload)], in: to, step)
    }
  }

  private mutating func store(_ step: Step, _ to: Operand, _ from: Operand) {
    guard let size = room(at: to), 8 * size >= step.type.bits,
      isField(to) ? 8 * size == step.type.bits : true
    else { return report(.store, step) }
    if from.kind == .constant {
      guard isConstant(from), step.type.isInteger, fits(from.payload, .int32) else {
        return report(.transfer, step)
      }
      return put(numbers[Int(from.payload)], in: to, step)
    }
    guard isRegister(from, step.type) else { return report(.transfer, step) }
    put(held(by: from), in: to, step)
  }

  /// The value that a recovery finds.
  private func value(of source: Operand) -> ValueNumber {
    source.kind == .constant ? numbers[Int(source.payload)] : held(by: source)
  }

  /// What an operand holds now.
  private func held(by operand: Operand) -> ValueNumber {
    place(operand).map { state.places[$0] } ?? Self.unknown
  }

  private mutating func put(_ value: ValueNumber, in operand: Operand, _ step: Step) {
    if value != Self.unknown && types[Int(value)] != step.type { report(.transfer, step) }
    arrive(value, in: operand)
  }

  private mutating func arrive(_ value: ValueNumber, in operand: Operand) {
    if let place = place(operand) { state.places[place] = value }
  }

  /// Whether an operand is a register that may hold values of a type.
  private func isRegister(_ operand: Operand, _ type: ValueType) -> Bool {
    let set = type.isInteger ? file.general : file.vector
    return operand.kind == .register && operand.register < 32
      && set &>> RegisterSet(operand.register) & 1 != 0
  }

  private func isConstant(_ operand: Operand) -> Bool {
    operand.kind == .constant && Int(operand.payload) < block.tempCount
      && block.temps[Int(operand.payload)].kind == .constant
  }

  /// Whether an operand is the field of a global.
  private func isField(_ operand: Operand) -> Bool {
    place(operand).map { $0 < Self.registerCount + block.firstLocal } ?? false
  }

  /// The size in bytes of a memory place that the allocator may write; nil if it is not one.
  private func room(at operand: Operand) -> Int? {
    guard operand.kind == .memory, let place = place(operand) else { return nil }
    let temp = place - Self.registerCount
    if temp >= block.firstLocal { return LocalAllocator.slotSize }
    return homes[temp] == noRegister ? block.temps[temp].type.bits / 8 : nil
  }

  private func fits(_ constant: TempIndex, _ forms: OperandForms) -> Bool {
    let temp = block.temps[Int(constant)]
    let isSmall = Int64(bitPattern: temp.value) == Int64(Int32(truncatingIfNeeded: temp.value))
    return forms.contains(.anyConstant)
      || forms.contains(.int32) && (temp.type == .i32 || isSmall)
      || forms.contains(.oneBit) && temp.value.nonzeroBitCount == 1
      || forms.contains(.zero) && temp.value == 0
  }

  // MARK: Ops

  /// An op with its operands in place.
  mutating func perform(_ op: Op, _ step: Step) {
    let row = file.constraints[op.hostRow]
    let isInMemory = row.worksInMemory && step.operands[0].kind == .memory
    for k in 0..<op.inputCount { checkOperand(op, step, row, k, isInMemory) }
    checkCarry(op, step)
    checkField(op, step)
    if isObserved(op) {
      // `line_touch` looks at the reservation in memory.
      let faults =
        op.opcode.info.flags.contains(.canFault) && op.opcode != .call && op.opcode != .line_touch
      checkGlobals(step, recovered: faults ? recoveries[current] ?? [] : [])
    }
    // A call's thunk keeps the homes.
    clobber(op.opcode == .call ? row.clobbers & ~homeSet : row.clobbers)
    leave(op)
    for k in 0..<op.outputCount { result(op, step, row, k, isInMemory) }
  }

  private mutating func checkOperand(
    _ op: Op, _ step: Step, _ row: OpConstraint, _ k: Int, _ isInMemory: Bool
  ) {
    let n = op.outputCount + k
    let operand = step.operands[n]
    let temp = op.input(k)
    switch operand.kind {
    case .register:
      let set = isInMemory ? k == 0 ? 0 : file.general : row.inputs[k].registers
      if operand.register >= 32 || set &>> RegisterSet(operand.register) & 1 == 0 {
        report(.constraint(n), step)
      }
    case .constant:
      let forms = isInMemory ? k == 0 ? [] : .int32 : row.inputs[k].forms
      guard isConstant(operand), fits(operand.payload, forms) else {
        return report(.constraint(n), step)
      }
      let (given, wanted) = (block.temps[Int(operand.payload)], block.temps[Int(temp)])
      let isSame = given.type == wanted.type && given.value == wanted.value
      if wanted.kind != .constant || !isSame { report(.wrongValue(n), step) }
      return
    case .memory:
      let isAllowed = isInMemory ? k == 0 : row.inputs[k].forms.contains(.memory)
      if !isAllowed { report(.constraint(n), step) }
    case .none: return report(.constraint(n), step)
    }
    let value = number(temp)
    if value == Self.unknown || held(by: operand) != value { report(.wrongValue(n), step) }
  }

  private mutating func result(
    _ op: Op, _ step: Step, _ row: OpConstraint, _ k: Int, _ isInMemory: Bool
  ) {
    let operand = step.operands[k]
    let value = fresh(block.temps[Int(op.output(k))].type)
    assign(op.output(k), value)
    if isInMemory {
      if operand != step.operands[1] { report(.alias(k), step) }
      if room(at: operand) != op.type.bits / 8 { report(.store, step) }
      return arrive(value, in: operand)
    }
    guard operand.kind == .register, operand.register < 32,
      row.outputs[k].registers &>> RegisterSet(operand.register) & 1 != 0
    else { return report(.constraint(k), step) }
    for j in 0..<k where step.operands[j] == operand { report(.sharedResult(k), step) }
    let alias = Int(row.outputs[k].alias)
    if alias >= 0 && step.operands[op.outputCount + alias] != operand { report(.alias(k), step) }
    if alias >= 0 || row.outputs[k].isEarly {
      for j in 0..<op.inputCount
      where j != alias && step.operands[op.outputCount + j] == operand { report(.early(k), step) }
    }
    arrive(value, in: operand)
  }

  private var homeSet: RegisterSet {
    homes.reduce(0) { $1 == noRegister ? $0 : $0 | 1 << RegisterSet($1) }
  }

  private mutating func clobber(_ registers: RegisterSet) {
    for register in 0..<Self.registerCount where registers &>> RegisterSet(register) & 1 != 0 {
      state.places[register] = Self.unknown
    }
  }

  private mutating func checkCarry(_ op: Op, _ step: Step) {
    let flags = op.opcode.info.flags
    if flags.contains(.carryIn), state.flags != state.carry || state.flags == Self.unknown {
      report(.carry, step)
    }
    if flags.contains(.carryOut) {
      state.carry = fresh(.i32)
      state.flags = state.carry
    } else if !op.opcode.isPlainMove {
      state.flags = Self.unknown
    }
  }

  // MARK: Control and observers

  /// What an op that leaves, branches or calls does to the state behind it.
  private mutating func leave(_ op: Op) {
    switch op.opcode {
    case .br, .brcond, .brfcmp, .brclass, .brextreme, .brnarrow:
      if Int(op.constant) < snapshots.count { snapshots[Int(op.constant)] = state }
    case .call_tb, .call_ptr: startAnew()
    case .call where !block.helperFlags(op.constant).contains(.noWriteGlobals): renewGlobals()
    default: break
    }
  }

  /// Whether somebody else may look at the guest's state, or write it, at an op: a fault, an exit,
  /// a side exit, a label, a helper that does not say that it keeps away.
  func isObserved(_ op: Op) -> Bool {
    if op.opcode == .call {
      return !block.helperFlags(op.constant).contains([.noReadGlobals, .noWriteGlobals])
    }
    // Nobody but its branch comes to a cold part.
    if op.opcode == .set_label { return currentOp < block.mainCount }
    if op.opcode.info.flags.contains(.conditionalBranch) { return !leadsToColdPart(op) }
    return !op.opcode.info.flags.isDisjoint(with: [.blockEnd, .canFault])
  }

  /// Whether a branch leads to a cold part, which starts in the state that the branch leaves, and
  /// is checked by itself.
  private func leadsToColdPart(_ op: Op) -> Bool {
    (block.mainCount..<block.opCount).contains {
      block.ops[$0].opcode == .set_label && block.ops[$0].constant == op.constant
    }
  }

  /// Every global must be in its canonical place, or where it is recovered from.
  mutating func checkGlobals(_ step: Step?, recovered: [LocalAllocator.Recovery] = []) {
    for temp in 1..<block.firstLocal where state.globals[temp] != Self.unknown {
      let place = canonicalPlace(temp)
      let other = recovered.first { Int($0.global) == temp }
      let found = other.map { value(of: $0.source) } ?? state.places[place]
      if found == state.globals[temp] { continue }
      report(.stale(TempIndex(temp)), step)
      // Said once.
      state.places[place] = state.globals[temp]
    }
  }

  /// An access of env by offset must keep off the places that the allocator manages.
  private mutating func checkField(_ op: Op, _ step: Step) {
    let width: Int
    switch op.opcode {
    case .ld8u, .ld8s, .st8: width = 1
    case .ld16u, .ld16s, .st16: width = 2
    case .ld32u, .ld32s, .st32: width = 4
    case .ld, .st: width = op.type.bits / 8
    default: return
    }
    guard op.input(op.inputCount - 1) == Block.env else { return }
    let start = Int(Int32(bitPattern: op.constant))
    var isShared = spills.overlaps(start..<start + width)
    for temp in 1..<block.firstLocal {
      let field = Self.offset(of: TempIndex(temp), in: block)
      let size = block.temps[temp].type.bits / 8
      if start < field + size && field < start + width { isShared = true }
    }
    if isShared { report(.sharedField, step) }
  }
}
