/// How a run of a block ended: the op that left, with its operands.
public enum BlockExit: Equatable, Sendable {
  /// A chained jump. The guest's program counter in env is not set.
  case goto_tb(slot: UInt32, target: UInt32)
  /// A call of translated code, which comes back to `resume`: the op to run next then.
  case call_tb(slot: UInt32, target: UInt32, returningTo: UInt32, resume: Int)
  /// A jump to a computed address.
  case goto_ptr(target: UInt32)
  /// A call of a computed address, which comes back to `resume`.
  case call_ptr(target: UInt32, returningTo: UInt32, resume: Int)
  /// A return to an address that a call most likely pushed, but for its low two bits.
  case ret_ptr(target: UInt32)
  /// An exit to the runtime; the kind is an `ExitKind`.
  case exit_tb(kind: UInt32, payload: UInt32)
  /// Guest memory could not be accessed at `address`, by the guest instruction at `instruction`.
  case fault(address: UInt32, instruction: UInt32)
  /// The access at `address` lacks the alignment that its memory operation demands.
  case misaligned(address: UInt32, instruction: UInt32)
  /// The block is not well formed here, as `verify` would say.
  case invalid(op: Int)
}

/// Runs finished blocks op by op: slow, portable, and the oracle for optimiser and host.
///
/// Globals live in env, where helpers and host loads see them. Pure ops are `evaluate`.
public struct Interpreter: ~Copyable {
  /// The most ops that one run executes: a block has no loops, so no good one comes near.
  static let limit = 4 * Block.capacity
  /// How often 64 bits are in the widest value.
  private static let pieces = 4
  let block: Block
  private let names: BlockNames
  let env: UnsafeMutableRawPointer
  /// Per temp: its low 64 bits; behind all of those the next 64 of all, and so on up to 256.
  private let values: UnsafeMutablePointer<UInt64>
  /// Where each label is placed; -1 nowhere.
  private let places: UnsafeMutablePointer<Int>
  private var carry: UInt64 = 0
  /// The guest instruction that runs.
  var instruction: UInt32 = 0
  /// Where env keeps the host's floating-point status, as `EnvironmentLayout.floatStatus`; without
  /// it none is kept.
  let floatStatus: Int?

  /// - Parameters:
  ///   - block: a finished block in which `verify` finds no problem; it must not change while
  ///     the interpreter exists.
  ///   - env: the guest's state at the offsets that the globals name, and what helpers get.
  ///   - floatStatus: where env keeps the host's floating-point status.
  public init(_ block: Block, env: UnsafeMutableRawPointer, floatStatus: Int? = nil) {
    self.floatStatus = floatStatus
    self.block = block
    self.env = env
    names = block.names
    let count = block.tempCount
    values = .allocate(capacity: Self.pieces * count)
    for index in 0..<count {
      let temp = block.temps[index]
      let value = temp.kind == .constant ? temp.value : 0
      // A constant of a vector is one of 64 bits, repeated.
      for piece in 0..<Self.pieces { (values + (piece * count + index)).initialize(to: value) }
    }
    values[Int(Block.env)] = UInt64(UInt(bitPattern: env))
    places = .allocate(capacity: block.labelCount + 1)
    places.initialize(repeating: -1, count: block.labelCount + 1)
    for index in 0..<block.opCount where block.ops[index].opcode == .set_label {
      let label = Int(block.ops[index].constant)
      if label < block.labelCount { places[label] = index }
    }
  }

  deinit {
    values.deallocate()
    places.deallocate()
  }

  /// Runs from an op (a call's `resume`, else the first) until the block is left.
  public mutating func run<Memory: InterpreterMemory & ~Copyable>(
    from first: Int = 0, memory: inout Memory
  ) -> BlockExit {
    var index = first
    for _ in 0..<Self.limit {
      guard index >= 0, index < block.opCount else { break }
      if block.ops[index].opcode.isGuestMemory {
        if let exit = access(block.ops[index], &memory, index) { return exit }
        index += 1
      } else {
        switch step(block.ops[index], index) {
        case .next: index += 1
        case .jump(let target): index = target
        case .leave(let exit): return exit
        }
      }
    }
    return .invalid(op: index)
  }

  // MARK: Control

  private enum Step {
    case next
    case jump(Int)
    case leave(BlockExit)
  }

  private mutating func step(_ op: Op, _ index: Int) -> Step {
    switch op.opcode {
    case .insn_start: instruction = op.constant
    // One processor: nobody else watches lines.
    case .set_label, .mb, .discard, .float_mode, .line_touch, .zeroupper: break
    case .line_watch: assign(op.output(0), 0)
    case .br: return .jump(place(op.constant))
    case .brcond:
      let holds = op.condition.holds(input(op, 0), input(op, 1), width: op.type.bits)
      return holds ? .jump(place(op.constant)) : .next
    case .brfcmp:
      guard let relation = FloatRelation(rawValue: op.constant2) else {
        return .leave(.invalid(op: index))
      }
      let holds = relation.holds(input(op, 0), input(op, 1))
      return holds ? .jump(place(op.constant)) : .next
    case .brnarrow: return narrow(op) ? .next : .jump(place(op.constant))
    case .brextreme: return isExtreme(op) ? .jump(place(op.constant)) : .next
    case .brclass:
      guard let wanted = FloatClass(rawValue: op.constant2) else {
        return .leave(.invalid(op: index))
      }
      let holds =
        op.type.vectors > 0
        ? self.holds(wanted, inElementsOf: op.input(0)) : wanted.holds(input(op, 0), op.type)
      return holds ? .jump(place(op.constant)) : .next
    case .goto_tb, .call_tb, .goto_ptr, .call_ptr, .ret_ptr, .exit_tb:
      return .leave(exit(op, index))
    case .float_round: setRounding(op.constant)
    case .float_status: setFloatStatus(UInt32(truncatingIfNeeded: input(op, 0)))
    case .call:
      guard op.constant < names.helpers.count else { return .leave(.invalid(op: index)) }
      call(op)
    case .ld8u, .ld8s, .ld16u, .ld16s, .ld32u, .ld32s, .ld, .st8, .st16, .st32, .st: hostAccess(op)
    default:
      if op.type.vectors > 0 || op.opcode.isVector {
        guard computeVector(op) else { return .leave(.invalid(op: index)) }
      } else {
        compute(op)
      }
    }
    return .next
  }

  private func place(_ label: UInt32) -> Int {
    label < block.labelCount ? places[Int(label)] : -1
  }

  private func exit(_ op: Op, _ index: Int) -> BlockExit {
    let first = op.inputCount > 0 ? UInt32(truncatingIfNeeded: input(op, 0)) : 0
    let next = index + 1
    switch op.opcode {
    case .goto_tb: return .goto_tb(slot: op.constant, target: op.constant2)
    case .call_tb:
      return .call_tb(slot: op.constant, target: op.constant2, returningTo: first, resume: next)
    case .goto_ptr: return .goto_ptr(target: first)
    case .call_ptr:
      let address = UInt32(truncatingIfNeeded: input(op, 1))
      return .call_ptr(target: first, returningTo: address, resume: next)
    case .ret_ptr: return .ret_ptr(target: first)
    default: return .exit_tb(kind: op.constant, payload: op.constant2)
    }
  }

  private func call(_ op: Op) {
    typealias Function = @convention(c) (UnsafeMutableRawPointer, UInt64, UInt64, UInt64) -> UInt64
    // Sound: a helper has this shape by its declaration.
    let function = unsafeBitCast(names.helpers[Int(op.constant)].address, to: Function.self)
    let inputs = op.inputCount
    let result = function(
      env, inputs > 0 ? input(op, 0) : 0, inputs > 1 ? input(op, 1) : 0,
      inputs > 2 ? input(op, 2) : 0)
    if op.outputCount > 0 { assign(op.output(0), result) }
  }

  // MARK: Values

  private mutating func compute(_ op: Op) {
    let flags = op.opcode.info.flags
    let a = input(op, 0)
    let b = op.inputCount > 1 ? input(op, 1) : 0
    if !flags.isDisjoint(with: [.carryIn, .carryOut]) {
      let (result, made) = op.opcode.evaluateCarry(a, b, carry: carry, width: op.type.bits)
      assign(op.output(0), result)
      carry = made
      return
    }
    let c = op.inputCount > 2 ? input(op, 2) : 0
    let d = op.inputCount > 3 ? input(op, 3) : 0
    if let floatStatus, op.opcode.leavesFloatStatus {
      return computeFloat(op, a, b, c, floatStatus)
    }
    let (first, second) = op.evaluate(a, b, c, d, width: op.type.bits)
    assign(op.output(0), first)
    if op.outputCount > 1 { assign(op.output(1), second) }
  }

  func input(_ op: Op, _ n: Int) -> UInt64 { value(op.input(n)) }

  private func value(_ temp: TempIndex) -> UInt64 {
    let t = block.temps + Int(temp)
    guard t.pointee.kind == .global else { return values[Int(temp)] }
    let place = env + Int(truncatingIfNeeded: t.pointee.value)
    return t.pointee.type.bits == 32
      ? UInt64(place.loadUnaligned(as: UInt32.self)) : place.loadUnaligned(as: UInt64.self)
  }

  func assign(_ temp: TempIndex, _ value: UInt64) {
    let t = block.temps + Int(temp)
    let isWord = t.pointee.type.bits == 32
    let place = env + Int(truncatingIfNeeded: t.pointee.value)
    switch (t.pointee.kind, isWord) {
    case (.global, true):
      place.storeBytes(of: UInt32(truncatingIfNeeded: value), as: UInt32.self)
    case (.global, false): place.storeBytes(of: value, as: UInt64.self)
    default: values[Int(temp)] = isWord ? value & 0xffff_ffff : value
    }
  }

  /// A vector of a temp, of which one of 256 bits has two; or the value of another temp with zeros above
  /// it.
  func wide(_ temp: TempIndex, _ half: Int = 0) -> VectorBits {
    let t = block.temps + Int(temp)
    guard t.pointee.type.vectors > 0 else { return VectorBits(low: value(temp), high: 0) }
    guard t.pointee.kind == .global else {
      let first = 2 * half * block.tempCount + Int(temp)
      return VectorBits(low: values[first], high: values[block.tempCount + first])
    }
    let place = env + Int(truncatingIfNeeded: t.pointee.value) + 16 * half
    return VectorBits(
      low: place.loadUnaligned(as: UInt64.self),
      high: place.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
  }

  func assign(_ temp: TempIndex, wide value: VectorBits, _ half: Int = 0) {
    let t = block.temps + Int(temp)
    guard t.pointee.kind == .global else {
      let first = 2 * half * block.tempCount + Int(temp)
      values[first] = value.low
      values[block.tempCount + first] = value.high
      return
    }
    let place = env + Int(truncatingIfNeeded: t.pointee.value) + 16 * half
    place.storeBytes(of: value.low, as: UInt64.self)
    place.storeBytes(of: value.high, toByteOffset: 8, as: UInt64.self)
  }
}
