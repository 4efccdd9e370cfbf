import CSys
import IR

/// Executes ops one by one, straight from the guest's block: code that is executed once takes longer to
/// translate.
///
/// It knows integers, moves and plain accesses. What wants more (floating point, vectors, helpers, atomic
/// accesses), and an access that faults, is for translated code: the run ends before the instruction, of
/// which nothing has been done.
final class FirstRuns {
  /// How a run ended.
  enum Ending {
    /// At the next block, whose guest address this is.
    case next(UInt32)
    /// At a return to what LR holds.
    case returned(UInt32)
    /// At an exit to the runtime, as of `exit_tb`.
    case exit(kind: UInt32, payload: UInt32)
    /// Before the instruction at this address, which it cannot execute.
    case stopped(UInt32)
  }

  /// Where guest address 0 is in the host's memory.
  private let base: UInt
  private let guarded = FaultHandler.guarded
  /// A bit for each word of code, by its address, which words 32 MiB apart share: whether it is to be
  /// translated when it is executed next.
  ///
  /// To execute code more than once in this way gains a little where most code is executed a few times, and
  /// costs more where it is not (docs/Measurements.md).
  private let seen: ZeroMemory
  private static let seenSize = 1 << 20
  /// Per temp: its value, if it is one of the block's.
  private let values: UnsafeMutablePointer<UInt64>
  /// Per opcode: whether it is known here.
  private let known: UnsafeMutablePointer<Bool>
  private var carry: UInt64 = 0

  /// - Parameter base: where guest address 0 is in the host's memory.
  init(base: UInt) throws(TranslationError) {
    self.base = base
    seen = try ZeroMemory(Self.seenSize)
    values = .allocate(capacity: Block.tempCapacity)
    known = .allocate(capacity: 256)
    known.initialize(repeating: false, count: 256)
    for opcode in Opcode.allCases { known[Int(opcode.rawValue)] = Self.knows(opcode) }
  }

  deinit {
    values.deallocate()
    known.deallocate()
  }

  /// Whether the code at an address has not been executed yet.
  func isNew(_ address: UInt32) -> Bool {
    let (place, bit) = place(address)
    return place.pointee & bit == 0
  }

  /// Has the code at an address translated when it is executed next.
  func note(_ address: UInt32) {
    let (place, bit) = place(address)
    place.pointee |= bit
  }

  /// Has all code count as new.
  func forget() { seen.clear() }

  private func place(_ address: UInt32) -> (UnsafeMutablePointer<UInt64>, UInt64) {
    let word = Int(address >> 2) & (8 * Self.seenSize - 1)
    return (seen.start.assumingMemoryBound(to: UInt64.self) + (word >> 6), 1 << UInt64(word & 63))
  }

  // MARK: What is known

  private static func knows(_ opcode: Opcode) -> Bool {
    switch opcode {
    case .insn_start, .set_label, .discard, .br, .brcond, .goto_tb, .goto_ptr, .ret_ptr, .exit_tb,
      .call, .qemu_ld, .qemu_st, .ld8u, .ld8s, .ld16u, .ld16s, .ld32u, .ld32s, .ld, .st8, .st16,
      .st32, .st:
      true
    default:
      !opcode.isVector && !opcode.leavesFloatStatus && opcode != .fcmp
        && !opcode.info.flags.isDisjoint(with: [.pure, .carryIn, .carryOut])
    }
  }

  private func knows(_ op: UnsafeMutablePointer<Op>, _ block: Block) -> Bool {
    guard known[Int(op.pointee.opcode.rawValue)], op.pointee.type.vectors == 0 else { return false }
    return switch op.pointee.opcode {
    case .qemu_ld, .qemu_st: op.pointee.memory.alignment == 1
    case .call: block.helperFlags(op.pointee.constant).contains(.noSideEffects)
    default: true
    }
  }

  /// Where the first instruction starts that cannot be executed; the number of ops if all can.
  private func end(of block: Block) -> Int {
    var unknown: UInt64 = 0, label: UInt64 = 0
    for n in block.mainCount..<block.opCount {
      let op = block.ops + n
      if op.pointee.opcode == .set_label { label = bit(op.pointee.constant) }
      if !knows(op, block) || op.pointee.opcode == .brcond { unknown |= label }
    }
    var start = 0
    for n in 0..<block.mainCount {
      let op = block.ops + n
      if op.pointee.opcode == .insn_start { start = n }
      if !knows(op, block) { return start }
      if op.pointee.opcode == .brcond, bit(op.pointee.constant) & unknown != 0 { return start }
    }
    return block.opCount
  }

  /// A bit for a label; those past 62 share the last.
  private func bit(_ label: UInt32) -> UInt64 { 1 &<< UInt64(min(label, 63)) }

  // MARK: A run

  /// Executes a block, which has not been optimized.
  func run(_ block: Block, at address: UInt32, _ env: UnsafeMutableRawPointer) -> Ending {
    let end = end(of: block)
    var n = 0, instruction = address
    while n < block.opCount {
      let op = block.ops + n
      if n >= end, n < block.mainCount { return .stopped(start(of: block.ops + end) ?? address) }
      n &+= 1
      switch op.pointee.opcode {
      case .insn_start: instruction = op.pointee.constant
      case .set_label, .discard: break
      case .br: n = find(op.pointee.constant, block, from: n)
      case .brcond:
        let a = value(op.pointee.input(0), block, env), b = value(op.pointee.input(1), block, env)
        if op.pointee.condition.holds(a, b, width: op.pointee.type.bits) {
          n = find(op.pointee.constant, block, from: n)
        }
      case .goto_tb: return .next(op.pointee.constant2)
      case .goto_ptr:
        return .next(UInt32(truncatingIfNeeded: value(op.pointee.input(0), block, env)))
      case .ret_ptr:
        return .returned(UInt32(truncatingIfNeeded: value(op.pointee.input(0), block, env)))
      case .exit_tb: return .exit(kind: op.pointee.constant, payload: op.pointee.constant2)
      case .qemu_ld, .qemu_st:
        if !access(op, block, env) { return .stopped(instruction) }
      case .call: call(op, block, env)
      case .ld8u, .ld8s, .ld16u, .ld16s, .ld32u, .ld32s, .ld: load(op, block, env)
      case .st8, .st16, .st32, .st: store(op, block, env)
      default: compute(op, block, env)
      }
    }
    return .stopped(instruction)
  }

  private func start(of op: UnsafeMutablePointer<Op>) -> UInt32? {
    op.pointee.opcode == .insn_start ? op.pointee.constant : nil
  }

  /// Where a label is: branches lead forward.
  private func find(_ label: UInt32, _ block: Block, from first: Int) -> Int {
    var n = first
    while n < block.opCount,
      block.ops[n].opcode != .set_label || block.ops[n].constant != label
    { n &+= 1 }
    return n
  }

  private func compute(
    _ op: UnsafeMutablePointer<Op>, _ block: Block, _ env: UnsafeMutableRawPointer
  ) {
    let inputs = op.pointee.inputCount, width = op.pointee.type.bits
    let a = value(op.pointee.input(0), block, env)
    let b = inputs > 1 ? value(op.pointee.input(1), block, env) : 0
    if !op.pointee.opcode.info.flags.isDisjoint(with: [.carryIn, .carryOut]) {
      let (result, made) = op.pointee.opcode.evaluateCarry(a, b, carry: carry, width: width)
      carry = made
      return assign(op.pointee.output(0), result, block, env)
    }
    let c = inputs > 2 ? value(op.pointee.input(2), block, env) : 0
    let d = inputs > 3 ? value(op.pointee.input(3), block, env) : 0
    let (first, second) = op.pointee.evaluate(a, b, c, d, width: width)
    assign(op.pointee.output(0), first, block, env)
    if op.pointee.outputCount > 1 { assign(op.pointee.output(1), second, block, env) }
  }

  /// A helper that does nothing but compute.
  private func call(
    _ op: UnsafeMutablePointer<Op>, _ block: Block, _ env: UnsafeMutableRawPointer
  ) {
    typealias Function = @convention(c) (UnsafeMutableRawPointer, UInt64, UInt64, UInt64) -> UInt64
    // Sound: a helper has this shape by its declaration.
    let function = unsafeBitCast(
      block.names.helpers[Int(op.pointee.constant)].address, to: Function.self)
    let inputs = op.pointee.inputCount
    func input(_ n: Int) -> UInt64 { n < inputs ? value(op.pointee.input(n), block, env) : 0 }
    let result = function(env, input(0), input(1), input(2))
    if op.pointee.outputCount > 0 { assign(op.pointee.output(0), result, block, env) }
  }

  // MARK: Values

  @inline(__always) private func value(
    _ temp: TempIndex, _ block: Block, _ env: UnsafeMutableRawPointer
  ) -> UInt64 {
    let t = block.temps + Int(temp)
    switch t.pointee.kind {
    case .value: return values[Int(temp)]
    case .constant: return t.pointee.value
    case .fixed: return UInt64(UInt(bitPattern: env))
    case .global:
      let field = env + Int(truncatingIfNeeded: t.pointee.value)
      return t.pointee.type.bits == 32
        ? UInt64(field.load(as: UInt32.self)) : field.load(as: UInt64.self)
    }
  }

  @inline(__always) private func assign(
    _ temp: TempIndex, _ value: UInt64, _ block: Block, _ env: UnsafeMutableRawPointer
  ) {
    let t = block.temps + Int(temp)
    let isWord = t.pointee.type.bits == 32
    guard t.pointee.kind == .global else {
      values[Int(temp)] = isWord ? value & 0xffff_ffff : value
      return
    }
    let field = env + Int(truncatingIfNeeded: t.pointee.value)
    if isWord {
      field.storeBytes(of: UInt32(truncatingIfNeeded: value), as: UInt32.self)
    } else {
      field.storeBytes(of: value, as: UInt64.self)
    }
  }

  // MARK: Memory

  /// A load or store of guest memory; false if it faults.
  private func access(
    _ op: UnsafeMutablePointer<Op>, _ block: Block, _ env: UnsafeMutableRawPointer
  ) -> Bool {
    let inputs = op.pointee.inputCount, operation = op.pointee.memory
    let sum =
      value(op.pointee.input(inputs &- 2), block, env)
      &+ value(op.pointee.input(inputs &- 1), block, env)
    let address = UInt32(truncatingIfNeeded: sum) &+ op.pointee.constant2
    guard let place = UnsafeMutableRawPointer(bitPattern: base &+ UInt(address)) else {
      return false
    }
    let bytes = operation.bytes
    if op.pointee.opcode == .qemu_st {
      let data = swapped(value(op.pointee.input(0), block, env), operation)
      return csys_guarded_store(guarded, place, Int32(bytes), data) == 0
    }
    var data: UInt64 = 0
    if csys_guarded_load(guarded, place, Int32(bytes), &data) != 0 { return false }
    data = swapped(data, operation)
    assign(op.pointee.output(0), operation.isSigned ? extended(data, bytes) : data, block, env)
    return true
  }

  /// A number between the guest's order of bytes and the host's.
  private func swapped(_ value: UInt64, _ operation: MemoryOperation) -> UInt64 {
    operation.isLittleEndian
      ? value : value.byteSwapped &>> UInt64(64 &- 8 &* operation.bytes)
  }

  private func extended(_ value: UInt64, _ bytes: Int) -> UInt64 {
    let shift = UInt64(64 &- 8 &* bytes)
    return UInt64(bitPattern: Int64(bitPattern: value &<< shift) &>> Int64(shift))
  }

  /// The field of env, mostly, that a host access means.
  private func field(
    _ op: UnsafeMutablePointer<Op>, _ operand: Int, _ block: Block, _ env: UnsafeMutableRawPointer
  ) -> UnsafeMutableRawPointer {
    let start = UInt(truncatingIfNeeded: value(op.pointee.input(operand), block, env))
    let displacement = Int(Int32(bitPattern: op.pointee.constant))
    // Sound: the guest's declarations name fields of its state, and tables that the state points to.
    return UnsafeMutableRawPointer(bitPattern: start &+ UInt(bitPattern: displacement))!
  }

  private func load(
    _ op: UnsafeMutablePointer<Op>, _ block: Block, _ env: UnsafeMutableRawPointer
  ) {
    let field = field(op, 0, block, env)
    let result: UInt64 =
      switch op.pointee.opcode {
      case .ld8u: UInt64(field.load(as: UInt8.self))
      case .ld8s: UInt64(truncatingIfNeeded: field.load(as: Int8.self))
      case .ld16u: UInt64(field.loadUnaligned(as: UInt16.self))
      case .ld16s: UInt64(truncatingIfNeeded: field.loadUnaligned(as: Int16.self))
      case .ld32u: UInt64(field.loadUnaligned(as: UInt32.self))
      case .ld32s: UInt64(truncatingIfNeeded: field.loadUnaligned(as: Int32.self))
      default:
        op.pointee.type.bits == 32
          ? UInt64(field.loadUnaligned(as: UInt32.self)) : field.loadUnaligned(as: UInt64.self)
      }
    assign(op.pointee.output(0), result, block, env)
  }

  private func store(
    _ op: UnsafeMutablePointer<Op>, _ block: Block, _ env: UnsafeMutableRawPointer
  ) {
    let data = value(op.pointee.input(0), block, env)
    let field = field(op, 1, block, env)
    switch op.pointee.opcode {
    case .st8: field.storeBytes(of: UInt8(truncatingIfNeeded: data), as: UInt8.self)
    case .st16: field.storeBytes(of: UInt16(truncatingIfNeeded: data), as: UInt16.self)
    case .st where op.pointee.type.bits == 64: field.storeBytes(of: data, as: UInt64.self)
    default: field.storeBytes(of: UInt32(truncatingIfNeeded: data), as: UInt32.self)
    }
  }
}
