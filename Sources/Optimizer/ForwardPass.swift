import IR

/// The forward walk: every op is rewritten with what is known of its operands.
///
/// What is known of a temp: a constant or an older temp that it equals, which of its bits may be
/// one, and the op that defined it. An op's operands still have the values that it saw as long as
/// none of them was defined after it; that one comparison of positions is all that globals, which
/// are written more than once, need.
public struct ForwardPass {
  /// What is known of a temp.
  struct Fact {
    /// Position of the defining op in the new list, or -1.
    var definition: Int32
    /// A temp that it equals, if that one was not defined from `copiedAt` on.
    var copy: TempIndex
    var copiedAt: Int32
    /// Bits that may be one.
    var maybe: UInt64
  }

  let facts: UnsafeMutablePointer<Fact>
  let rules: RuleTable
  let passes: Passes
  /// Per global (by temp): what is known of it before anything else is.
  private let unknown: UnsafeMutablePointer<Fact>
  /// The globals that have been written since all were forgotten.
  private var written = GlobalSet()
  /// Per global (by temp): whether it lives in a host register, which makes it the better copy.
  let hasHome: UnsafeMutablePointer<Bool>
  var block: Block
  /// The new list.
  var out: UnsafeMutablePointer<Op>
  var count = 0
  /// Whether nothing comes here: behind an op that leaves.
  private var isUnreachable = false
  /// Per label: how many branches lead to it.
  private let labelUses: UnsafeMutablePointer<UInt16>
  private static let labelCapacity = 4096

  /// The largest constant that a guest access may add to its address.
  let reach: UInt32

  init(_ block: Block, rules: RuleTable, passes: Passes, homes: [TempIndex], reach: UInt32) {
    self.reach = reach
    facts = .allocate(capacity: Block.tempCapacity)
    labelUses = .allocate(capacity: Self.labelCapacity)
    labelUses.initialize(repeating: 0, count: Self.labelCapacity)
    hasHome = .allocate(capacity: 256)
    hasHome.initialize(repeating: false, count: 256)
    for temp in homes { hasHome[Int(temp)] = true }
    unknown = .allocate(capacity: block.firstLocal)
    for temp in 0..<block.firstLocal {
      let bits: UInt64 = block.temps[temp].type == .i32 ? 0xffff_ffff : ~0
      (unknown + temp).initialize(to: Fact(definition: -1, copy: 0, copiedAt: 0, maybe: bits))
    }
    self.rules = rules
    self.passes = passes
    self.block = block
    out = block.spareOps
  }

  func deallocate() {
    facts.deallocate()
    hasHome.deallocate()
    unknown.deallocate()
    labelUses.deallocate()
  }

  /// Rewrites a finished block.
  mutating func run(_ block: Block) {
    self.block = block
    out = block.spareOps
    count = 0
    isUnreachable = false
    labelUses.update(repeating: 0, count: min(block.labelCount, Self.labelCapacity))
    facts.update(from: unknown, count: block.firstLocal)
    written = GlobalSet()
    // Of values nothing is asked before they are made.
    for temp in block.firstLocal..<block.tempCount where block.temps[temp].kind == .constant {
      forget(TempIndex(temp))
    }
    let info = Opcode.infoTable
    let ops = block.ops
    let total = block.opCount
    let main = block.mainCount
    var newMain = 0
    for n in 0..<total {
      if n == main {
        newMain = count
        forgetWritten()
      }
      var op = ops[n]
      let flags = info[Int(op.opcode.rawValue)].flags
      if passes.contains(.reachability), isDropped(op) { continue }
      useCopies(&op)
      if op.opcode == .mov {
        copy(op)
      } else if flags.contains(.pure) {
        pure(&op, flags)
      } else {
        effect(&op, flags)
      }
    }
    block.exchangeOps(count: count)
    block.mainCount = main == total ? count : newMain
  }

  /// Whether an op goes because nothing comes to it: it stands behind one that leaves, or is a
  /// label that no branch leads to. Branches lead forward only.
  private mutating func isDropped(_ op: Op) -> Bool {
    guard op.opcode == .set_label, op.constant < Self.labelCapacity else { return isUnreachable }
    if labelUses[Int(op.constant)] == 0 { return true }
    isUnreachable = false
    return false
  }

  // MARK: Facts

  @inline(__always) func forget(_ temp: TempIndex) {
    let t = block.temps + Int(temp)
    let all: UInt64 = t.pointee.type == .i32 ? 0xffff_ffff : ~0
    facts[Int(temp)] = Fact(
      definition: -1, copy: 0, copiedAt: 0,
      maybe: t.pointee.kind == .constant ? t.pointee.value : all)
  }

  /// Every global may have changed at this point.
  mutating func forgetGlobals() {
    for temp in 1..<block.firstLocal { forgetGlobal(temp) }
    written = GlobalSet()
  }

  /// The same where values end, or only cold parts still read them, for which what has not been written
  /// is what it was: of such globals nothing is known that would have to be forgotten.
  private mutating func forgetWritten() {
    while let temp = written.popFirst() { forgetGlobal(temp) }
  }

  @inline(__always) private func forgetGlobal(_ temp: Int) {
    facts[temp] = unknown[temp]
    facts[temp].definition = Int32(truncatingIfNeeded: count)
  }

  /// A temp's value as it stands, replaced by a constant or a better copy.
  @inline(__always) func current(_ temp: TempIndex) -> TempIndex {
    let fact = facts + Int(temp)
    let copy = fact.pointee.copy
    if copy == 0 || facts[Int(copy)].definition >= fact.pointee.copiedAt { return temp }
    return copy
  }

  @inline(__always) private func useCopies(_ op: inout Op) {
    for k in 0..<op.inputCount {
      let temp = op.input(k)
      let better = current(temp)
      if better != temp { op.setInput(k, better) }
    }
  }

  /// Appends an op to the new list and notes it as the definition of its results.
  @inline(__always) mutating func append(_ op: Op) {
    (out + count).initialize(to: op)
    for k in 0..<op.outputCount {
      let temp = op.output(k)
      forget(temp)
      facts[Int(temp)].definition = Int32(truncatingIfNeeded: count)
      if Int(temp) < block.firstLocal { written.insert(Int(temp)) }
    }
    count &+= 1
  }

  /// The op that made a temp's value, if its operands have not changed since; copies are followed.
  @inline(__always) func definition(_ temp: TempIndex) -> UnsafeMutablePointer<Op>? {
    let position = facts[Int(temp)].definition
    guard position >= 0, position < count else { return nil }
    let op = out + Int(position)
    guard op.pointee.outputCount == 1, op.pointee.output(0) == temp else { return nil }
    for k in 0..<op.pointee.inputCount
    where facts[Int(op.pointee.input(k))].definition >= position {
      return nil
    }
    return op.pointee.opcode == .mov ? definition(op.pointee.input(0)) : op
  }

  func constant(_ temp: TempIndex) -> UInt64? { block.constantValue(temp) }

  // MARK: Copies

  /// A `mov`: noted as a copy; where it takes no more than the move, the source is computed anew,
  /// so that the temp between may die.
  mutating func copy(_ op: Op) {
    let to = op.output(0)
    let from = op.input(0)
    if to == from { return }
    if passes.contains(.sinking), Int(to) < block.firstLocal,
      block.temps[Int(from)].kind == .value, let source = definition(from),
      source.pointee.opcode == .add, constant(source.pointee.input(1)) != nil
    {
      var again = source.pointee
      again.arguments[unchecked: 0] = to
      let maybe = facts[Int(from)].maybe
      append(again)
      facts[Int(to)].maybe = maybe
      return
    }
    let maybe = facts[Int(from)].maybe
    append(op)
    facts[Int(to)].maybe = maybe
    noteCopy(to, from)
  }

  /// Notes that `to` equals `from`, where using `from` instead is no loss.
  func noteCopy(_ to: TempIndex, _ from: TempIndex) {
    guard passes.contains(.copies) else { return }
    let isConstant = block.temps[Int(from)].kind == .constant
    // A vector's is harder to make than to keep.
    if isConstant && block.temps[Int(from)].type.vectors > 0 { return }
    let isGlobal = Int(to) < block.firstLocal
    let isBetter = Int(from) < block.firstLocal && hasHome[Int(from)] && !hasHome[Int(to) & 255]
    guard isConstant || !isGlobal || isBetter else { return }
    facts[Int(to)].copy = from
    facts[Int(to)].copiedAt = Int32(truncatingIfNeeded: count)
  }

  /// Replaces an op by a copy of a temp.
  mutating func replace(_ op: Op, by temp: TempIndex) {
    var move = Op(.mov, block.temps[Int(op.output(0))].type, outputs: 1, inputs: 1)
    move.arguments[unchecked: 0] = op.output(0)
    move.arguments[unchecked: 1] = temp
    copy(move)
  }

  // MARK: Ops with effects

  private mutating func effect(_ op: inout Op, _ flags: OpcodeFlags) {
    switch op.opcode {
    case .brcond:
      if passes.contains(.comparisons) { fuseBranch(&op) }
      if op.opcode == .brcond, foldBranch(&op) { return }
      countBranch(op)
    case .br, .brfcmp, .brclass, .brextreme, .brnarrow: countBranch(op)
    case .qemu_ld: if passes.contains(.addresses) { fuseAddress(&op, operand: 0) }
    case .qemu_st: if passes.contains(.addresses) { fuseAddress(&op, operand: 1) }
    case .ret_ptr: if passes.contains(.copies) { useSource(&op) }
    default: break
    }
    append(op)
    if Opcode.infoTable[Int(op.opcode.rawValue)].flags.contains(.blockExit) { isUnreachable = true }
    if op.opcode == .qemu_ld {
      facts[Int(op.output(0))].maybe = loadedBits(op)
    } else if op.opcode == .call {
      if !block.helperFlags(op.constant).contains(.noWriteGlobals) { forgetGlobals() }
    } else if flags.contains(.blockEnd), !flags.contains(.blockExit) {
      // Behind an op that leaves comes a label, which does this.
      forgetWritten()
    }
  }

  /// A return goes by what its operand has been copied from just before, so that the copy is stored and
  /// no more.
  private func useSource(_ op: inout Op) {
    let temp = op.input(0), position = facts[Int(temp)].definition
    guard position >= 0, position < count else { return }
    let copy = out[Int(position)]
    guard copy.opcode == .mov, copy.output(0) == temp,
      facts[Int(copy.input(0))].definition < position
    else { return }
    op.setInput(0, copy.input(0))
  }

  /// A branch whose comparison is decided: never taken, it goes; always taken, it is a jump, unless
  /// the cold part that it leads to reads values of the line, which end at a jump.
  private func foldBranch(_ op: inout Op) -> Bool {
    guard let a = constant(op.input(0)), let b = constant(op.input(1)) else { return false }
    guard op.condition.holds(a, b, width: op.type.bits) else { return true }
    if passes.contains(.reachability), !readsValues(coldPart: op.constant) {
      op = Op(.br, .i32, outputs: 0, inputs: 0, constant: op.constant)
    }
    return false
  }

  /// Whether the cold part behind a label reads values that it has not made itself.
  private func readsValues(coldPart label: UInt32) -> Bool {
    let ops = block.ops
    var n = block.mainCount
    while n < block.opCount, ops[n].opcode != .set_label || ops[n].constant != label { n &+= 1 }
    let first = n &+ 1
    n = first
    while n < block.opCount, ops[n].opcode != .set_label {
      // A cold part of its own may read some.
      if ops[n].opcode.info.flags.contains(.conditionalBranch) { return true }
      for k in 0..<ops[n].inputCount {
        let temp = ops[n].input(k)
        guard Int(temp) >= block.firstLocal, block.temps[Int(temp)].kind == .value else { continue }
        let isOwn = (first..<n).contains { m in
          (0..<ops[m].outputCount).contains { ops[m].output($0) == temp }
        }
        if !isOwn { return true }
      }
      n &+= 1
    }
    return false
  }

  private func countBranch(_ op: Op) {
    if op.constant < Self.labelCapacity { labelUses[Int(op.constant)] &+= 1 }
  }

  private func loadedBits(_ op: Op) -> UInt64 {
    let operation = op.memory
    if operation.isSigned || operation.bytes >= 8 { return op.type == .i32 ? 0xffff_ffff : ~0 }
    return (1 &<< UInt64(8 &* operation.bytes)) &- 1
  }
}
