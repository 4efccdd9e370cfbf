/// Appends ops to a block. Instruction semantics are written against the operators of `Value`
/// (Value.swift) and the guest's registers, never against the builder itself.
///
/// Globals that an instruction writes take their new values when the instruction ends
/// (`commit`), so every operand that was read keeps its meaning, and an instruction that faults
/// has changed nothing.
public struct Builder {
  /// The block under construction.
  public let block: Block

  /// Appends behind what the block holds.
  @inlinable public init(_ block: Block) { self.block = block }

  @inlinable var s: UnsafeMutablePointer<BlockStorage> { block.storage }

  // MARK: Appending

  /// Appends an op and notes it as the definition of its results.
  @inlinable @discardableResult public func append(_ op: Op) -> Int {
    let n = s.pointee.opCount
    precondition(n < Block.capacity, "the block has too many ops")
    (s.pointee.ops + n).initialize(to: op)
    s.pointee.opCount = n &+ 1
    return n
  }

  /// The temp that now stands for `temp`: a global that took over its definition, or itself.
  @inlinable func resolve(_ temp: TempIndex) -> TempIndex {
    let alias = s.pointee.temps[Int(temp)].alias
    return alias == 0 ? temp : alias
  }

  @inlinable func define(_ type: ValueType) -> TempIndex {
    let value = block.newValue(type)
    s.pointee.temps[Int(value)].definition = Int32(truncatingIfNeeded: s.pointee.opCount)
    return value
  }

  /// Appends an op with one operand and one result.
  @inlinable public func emit1(
    _ opcode: Opcode, _ type: ValueType, result: ValueType, _ a: TempIndex,
    constant: UInt32 = 0, constant2: UInt32 = 0
  ) -> TempIndex {
    var op = Op(
      opcode, type, outputs: 1, inputs: 1, constant: constant, constant2: constant2)
    op.arguments[unchecked: 1] = resolve(a)
    let out = define(result)
    op.arguments[unchecked: 0] = out
    append(op)
    return out
  }

  /// Appends an op with two operands and one result.
  @inlinable public func emit2(
    _ opcode: Opcode, _ type: ValueType, result: ValueType, _ a: TempIndex, _ b: TempIndex,
    condition: Condition = .never, constant: UInt32 = 0, constant2: UInt32 = 0
  ) -> TempIndex {
    var op = Op(
      opcode, type, outputs: 1, inputs: 2, condition: condition, constant: constant,
      constant2: constant2)
    op.arguments[unchecked: 1] = resolve(a)
    op.arguments[unchecked: 2] = resolve(b)
    let out = define(result)
    op.arguments[unchecked: 0] = out
    append(op)
    return out
  }

  /// Appends an op with two operands and two results.
  @inlinable public func emit22(
    _ opcode: Opcode, _ type: ValueType, _ a: TempIndex, _ b: TempIndex
  ) -> (TempIndex, TempIndex) {
    var op = Op(opcode, type, outputs: 2, inputs: 2)
    op.arguments[unchecked: 2] = resolve(a)
    op.arguments[unchecked: 3] = resolve(b)
    let first = define(type)
    let second = define(type)
    op.arguments[unchecked: 0] = first
    op.arguments[unchecked: 1] = second
    append(op)
    return (first, second)
  }

  /// Appends an op with three operands and one result.
  @inlinable public func emit3(
    _ opcode: Opcode, _ type: ValueType, _ a: TempIndex, _ b: TempIndex, _ c: TempIndex,
    constant: UInt32 = 0
  ) -> TempIndex {
    var op = Op(opcode, type, outputs: 1, inputs: 3, constant: constant)
    op.arguments[unchecked: 1] = resolve(a)
    op.arguments[unchecked: 2] = resolve(b)
    op.arguments[unchecked: 3] = resolve(c)
    let out = define(type)
    op.arguments[unchecked: 0] = out
    append(op)
    return out
  }

  /// Appends a `movcond`: `a <condition> b ? x : y`; the comparison has type `type`.
  @inlinable public func movcond(
    _ type: ValueType, result: ValueType, _ condition: Condition, _ a: TempIndex, _ b: TempIndex,
    _ x: TempIndex, _ y: TempIndex
  ) -> TempIndex {
    var op = Op(
      .movcond, type, outputs: 1, inputs: 4, condition: condition)
    op.arguments[unchecked: 1] = resolve(a)
    op.arguments[unchecked: 2] = resolve(b)
    op.arguments[unchecked: 3] = resolve(x)
    op.arguments[unchecked: 4] = resolve(y)
    let out = define(result)
    op.arguments[unchecked: 0] = out
    append(op)
    return out
  }

  /// Appends an op without results.
  @inlinable public func effect(
    _ opcode: Opcode, _ type: ValueType = .i32, constant: UInt32 = 0, constant2: UInt32 = 0
  ) {
    append(
      Op(opcode, type, outputs: 0, inputs: 0, constant: constant, constant2: constant2))
  }

  /// Appends an op with one operand and no result.
  @inlinable public func effect1(_ opcode: Opcode, _ type: ValueType, _ a: TempIndex) {
    var op = Op(opcode, type, outputs: 0, inputs: 1)
    op.arguments[unchecked: 0] = resolve(a)
    append(op)
  }

  /// Calls translated code at a known guest address; it comes back to the op that follows.
  @inlinable public func callBlock(slot: UInt32, target: UInt32, returningTo address: UInt32) {
    var op = Op(.call_tb, .i32, outputs: 0, inputs: 1, constant: slot, constant2: target)
    op.arguments[unchecked: 0] = block.constant(.i32, UInt64(address))
    append(op)
  }

  /// Appends an op with two operands and no result.
  @inlinable public func effect2(
    _ opcode: Opcode, _ type: ValueType, _ a: TempIndex, _ b: TempIndex,
    condition: Condition = .never, constant: UInt32 = 0, constant2: UInt32 = 0
  ) {
    var op = Op(
      opcode, type, outputs: 0, inputs: 2, condition: condition, constant: constant,
      constant2: constant2)
    op.arguments[unchecked: 0] = resolve(a)
    op.arguments[unchecked: 1] = resolve(b)
    append(op)
  }

  // MARK: Globals

  /// The current value of a global, as the instruction under construction sees it.
  @inlinable public func read(_ global: TempIndex) -> TempIndex {
    let position = s.pointee.pendingPosition[Int(global)]
    return position == 0 ? global : s.pointee.pending[Int(position) &- 1].value
  }

  /// Gives a global a new value when the instruction commits.
  @inlinable public func write(_ global: TempIndex, _ value: TempIndex) {
    let position = s.pointee.pendingPosition[Int(global)]
    if position != 0 {
      s.pointee.pending[Int(position) &- 1].value = value
      return
    }
    let n = s.pointee.pendingCount
    precondition(n < Block.pendingCapacity, "one instruction writes too many globals")
    s.pointee.pending[n] = (global, value)
    s.pointee.pendingCount = n &+ 1
    s.pointee.pendingPosition[Int(global)] = UInt8(truncatingIfNeeded: n &+ 1)
  }

  /// Starts a guest instruction at an address, with singles standing for some doubles.
  @inlinable public func beginInstruction(_ address: UInt32, singles: UInt32 = 0) {
    effect(.insn_start, constant: address, constant2: singles)
    s.pointee.address = address
    s.pointee.instructionStart = s.pointee.opCount
  }

  /// Gives every written global its new value.
  @inlinable public func commit() {
    if s.pointee.pendingCount != 0 { commitPending() }
  }

  @inline(never) @usableFromInline func commitPending() {
    keepOverwrittenOperands()
    for n in 0..<s.pointee.pendingCount {
      let (global, unresolved) = s.pointee.pending[n]
      s.pointee.pendingPosition[Int(global)] = 0
      let value = resolve(unresolved)
      if value == global || retarget(value, to: global) { continue }
      let type = s.pointee.temps[Int(global)].type
      var op = Op(.mov, type, outputs: 1, inputs: 1)
      op.arguments[unchecked: 0] = global
      op.arguments[unchecked: 1] = value
      append(op)
    }
    s.pointee.pendingCount = 0
  }

  /// A global that is both another's new value and itself written is copied first.
  private func keepOverwrittenOperands() {
    for n in 0..<s.pointee.pendingCount {
      let (global, value) = s.pointee.pending[n]
      guard Int(value) < s.pointee.firstLocal, value != global,
        s.pointee.pendingPosition[Int(value)] != 0
      else { continue }
      let type = s.pointee.temps[Int(value)].type
      s.pointee.pending[n].value = emit1(.mov, type, result: type, value)
    }
  }

  /// Lets the op that defined `value` in this instruction write `global` itself, where no op
  /// since then reads the global's old value, could fault or could leave.
  private func retarget(_ value: TempIndex, to global: TempIndex) -> Bool {
    let temps = s.pointee.temps
    let definition = Int(temps[Int(value)].definition)
    guard temps[Int(value)].kind == .value, definition >= s.pointee.instructionStart else {
      return false
    }
    let info = Opcode.infoTable
    let ops = s.pointee.ops
    for n in definition &+ 1..<s.pointee.opCount {
      if !info[Int(ops[n].opcode.rawValue)].flags.isDisjoint(with: [
        .sideEffects, .blockEnd, .conditionalBranch,
      ]) {
        return false
      }
      let counts = ops[n].outputCount &+ ops[n].inputCount
      for k in 0..<counts where ops[n].arguments[unchecked: k] == global { return false }
    }
    for k in 0..<ops[definition].outputCount where ops[definition].output(k) == value {
      ops[definition].arguments[unchecked: k] = global
    }
    for n in definition &+ 1..<s.pointee.opCount {
      for k in 0..<ops[n].inputCount where ops[n].input(k) == value {
        ops[n].setInput(k, global)
      }
    }
    temps[Int(value)].alias = global
    return true
  }

  // MARK: Control

  /// A new label, to be placed once with `setLabel`.
  @inlinable public func newLabel() -> UInt32 {
    let label = s.pointee.labelCount
    s.pointee.labelCount = label &+ 1
    return label
  }

  /// Places a label here.
  @inlinable public func setLabel(_ label: UInt32) { effect(.set_label, constant: label) }

  /// Leaves for a label when a comparison holds.
  @inlinable public func brcond(
    _ type: ValueType, _ condition: Condition, _ a: TempIndex, _ b: TempIndex, to label: UInt32
  ) {
    effect2(.brcond, type, a, b, condition: condition, constant: label)
  }

  /// Says that nobody cares what a global holds, until it is written again.
  public func discard(_ global: TempIndex) {
    var op = Op(.discard, s.pointee.temps[Int(global)].type, outputs: 1, inputs: 0)
    op.arguments[unchecked: 0] = global
    append(op)
  }

  /// Leaves for a label when a relation holds between two doubles.
  public func brfcmp(
    _ relation: FloatRelation, _ a: TempIndex, _ b: TempIndex, to label: UInt32
  ) {
    effect2(.brfcmp, .f64, a, b, constant: label, constant2: relation.rawValue)
  }

  /// Leaves for a label when a floating-point value is of a class.
  public func brclass(_ type: ValueType, _ wanted: FloatClass, _ a: TempIndex, to label: UInt32) {
    var op = Op(
      .brclass, type, outputs: 0, inputs: 1, constant: label, constant2: wanted.rawValue)
    op.setInput(0, resolve(a))
    append(op)
  }

  /// Leaves for a label when a result of two operands is suspect.
  public func brextreme(
    _ type: ValueType, _ suspect: SuspectResult, _ result: TempIndex, _ a: TempIndex,
    _ b: TempIndex, to label: UInt32
  ) {
    var op = Op(
      .brextreme, type, outputs: 0, inputs: 3, constant: label, constant2: suspect.rawValue)
    op.setInput(0, resolve(result))
    op.setInput(1, resolve(a))
    op.setInput(2, resolve(b))
    append(op)
  }

  /// The single that equals a double; leaves for a label when there is none. Raises no flags.
  public func brnarrow(_ a: TempIndex, to label: UInt32) -> TempIndex {
    emit1(.brnarrow, .f32, result: .f32, a, constant: label)
  }

  /// Appends a call of a helper with up to three operands.
  public func call(
    _ helper: UInt32, result: ValueType?, _ inputs: TempIndex...
  ) -> TempIndex {
    var op = Op(
      .call, result ?? .i64, outputs: result == nil ? 0 : 1, inputs: inputs.count,
      constant: helper)
    for (n, input) in inputs.enumerated() { op.setInput(n, resolve(input)) }
    var out: TempIndex = 0
    if let result {
      out = define(result)
      op.arguments[unchecked: 0] = out
    }
    append(op)
    return out
  }

  /// Appends a guest store: value, address and index (none).
  @inlinable public func storeGuest(
    _ type: ValueType, _ value: TempIndex, _ operation: MemoryOperation, address: TempIndex
  ) {
    var op = Op(.qemu_st, type, outputs: 0, inputs: 3, constant: operation.rawValue)
    op.arguments[unchecked: 0] = resolve(value)
    op.arguments[unchecked: 1] = resolve(address)
    op.arguments[unchecked: 2] = block.constant(.i32, 0)
    append(op)
  }

  // MARK: Cold parts

  /// Sets aside the ops that `body` appends: they stand behind the straight line, after `label`.
  ///
  /// Nothing may be pending; the body must leave the block, and have no cold part of its own.
  public func cold(_ label: UInt32, _ body: () -> Void) {
    precondition(s.pointee.pendingCount == 0, "a cold part starts with nothing pending")
    #if DEBUG
      precondition(!s.pointee.isInColdPart, "a cold part within a cold part")
      s.pointee.isInColdPart = true
      defer { s.pointee.isInColdPart = false }
    #endif
    let start = s.pointee.opCount
    let instructionStart = s.pointee.instructionStart
    setLabel(label)
    s.pointee.instructionStart = s.pointee.opCount
    body()
    markColdFaults(start)
    let count = s.pointee.opCount - start
    precondition(s.pointee.coldCount + count <= Block.capacity, "too many cold ops")
    (s.pointee.coldOps + s.pointee.coldCount).update(from: s.pointee.ops + start, count: count)
    s.pointee.coldCount += count
    s.pointee.opCount = start
    s.pointee.instructionStart = instructionStart
  }

  /// A cold part that can fault says which instruction it belongs to.
  private func markColdFaults(_ start: Int) {
    let info = Opcode.infoTable
    let ops = s.pointee.ops
    let end = s.pointee.opCount
    var faults = false
    for n in start..<end where info[Int(ops[n].opcode.rawValue)].flags.contains(.canFault) {
      faults = true
    }
    guard faults, end < Block.capacity else { return }
    (ops + start + 2).update(from: ops + start + 1, count: end - start - 1)
    ops[start + 1] = Op(
      .insn_start, .i32, outputs: 0, inputs: 0, constant: s.pointee.address)
    s.pointee.opCount = end + 1
  }

  /// Ends the block: the cold parts take their place behind the straight line.
  public func finish() {
    commit()
    let count = s.pointee.coldCount
    precondition(s.pointee.opCount + count <= Block.capacity, "the block has too many ops")
    (s.pointee.ops + s.pointee.opCount).update(from: s.pointee.coldOps, count: count)
    s.pointee.mainCount = s.pointee.opCount
    s.pointee.opCount += count
    s.pointee.coldCount = 0
  }
}
