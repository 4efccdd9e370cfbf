import IR
import RegisterAllocation

/// Runs the steps of an allocation on random numbers beside the ops, and tells whether anybody
/// could notice a difference: an oracle for the checker that shares nothing with it.
///
/// Every op is an unknown function of its operands and constants, here a hash, so steps that
/// agree do so whatever ops mean. An operand that breaks its constraint reads as noise. Branches
/// are followed both ways: the line goes on, and a cold part starts from what its branch saw.
struct StepMachine {
  let block: Block
  let file: RegisterFile
  let homes: [TempIndex: RegisterNumber]
  let layout: EnvironmentLayout
  /// Per step: what is recovered after a fault there.
  private let recoveries: [Int: [LocalAllocator.Recovery]]
  private var random: FixedRandom

  /// What the ops compute: per temp; and the hidden carry.
  private var ideal: [UInt64]
  private var idealCarry: UInt64 = 0
  /// Per global: whether nobody cares what it holds.
  private var discarded: [Bool] = []
  /// What the steps compute: registers, env around its middle, the host's carry flag.
  private var registers: [UInt64] = []
  private var env: [UInt8] = []
  private var carry: UInt64 = 0
  private static let middle = 0x8000

  private struct Snapshot {
    let ideal: ArraySlice<UInt64>
    let discarded: [Bool]
    let registers: [UInt64]
    let env: [UInt8]
  }
  /// Per label: what the last branch to it saw, and how many there are.
  private var snapshots: [UInt32: Snapshot] = [:]
  private var ways: [UInt32: Int] = [:]

  init(
    _ allocator: LocalAllocator, _ block: Block, _ file: RegisterFile,
    homes: [TempIndex: RegisterNumber], layout: EnvironmentLayout, seed: UInt64
  ) {
    self.block = block
    self.file = file
    self.homes = homes
    self.layout = layout
    recoveries = Dictionary(grouping: allocator.recoveries, by: \.step)
    random = FixedRandom(state: seed)
    ideal = (0..<block.tempCount).map { _ in 0 }
    for temp in block.firstLocal..<block.tempCount where block.temps[temp].kind == .constant {
      ideal[temp] = block.temps[temp].value
    }
    ideal[0] = random.next()
  }

  /// Whether nobody can tell the steps from the ops.
  mutating func agrees(_ steps: [Step]) -> Bool {
    startAnew()
    var position = 0
    var isUnreachable = false
    for n in 0..<block.opCount {
      let op = block.ops[n]
      if op.opcode == .set_label {
        // A cold part whose branch the optimizer has decided.
        isUnreachable = n >= block.mainCount && ways[op.constant] == nil
        enter(op, at: n)
      }
      if isUnreachable {
        while position < steps.count, steps[position].op == n { position += 1 }
        continue
      }
      var isDone = false
      while position < steps.count, steps[position].op == n {
        let step = steps[position]
        position += 1
        if step.kind != .op {
          transfer(step)
        } else {
          if !perform(op, step, at: position - 1) { return false }
          isDone = true
        }
      }
      if isDone { continue }
      let isNeeded = op.opcode.info.flags.contains(.sideEffects) && op.opcode != .set_label
      if isNeeded && op.opcode != .insn_start { return false }
      runIdeal(op)
    }
    return true
  }

  // MARK: Values

  private func mask(_ type: ValueType) -> UInt64 { type.bits == 32 ? 0xffff_ffff : ~0 }
  private func type(_ temp: TempIndex) -> ValueType { block.temps[Int(temp)].type }

  /// What the op's function gives for result k.
  private func value(_ op: Op, _ inputs: [UInt64], _ k: Int) -> UInt64 {
    var hash = FixedRandom.mix(
      UInt64(op.opcode.rawValue) << 32 | UInt64(op.type.rawValue) << 16
        | UInt64(op.condition.rawValue) << 8 | UInt64(k))
    hash = FixedRandom.mix(hash ^ UInt64(op.constant) << 32 ^ UInt64(op.constant2))
    for input in inputs { hash = FixedRandom.mix(hash &+ input) }
    return hash
  }

  private func offset(_ temp: Int) -> Int { Int(Int64(bitPattern: block.temps[temp].value)) }

  private func read(_ offset: Int, _ size: Int) -> UInt64 {
    (0..<size).reduce(0) { $0 | UInt64(env[Self.middle + offset + $1]) << UInt64(8 * $1) }
  }

  private mutating func write(_ offset: Int, _ size: Int, _ value: UInt64) {
    for n in 0..<size {
      env[Self.middle + offset + n] = UInt8(truncatingIfNeeded: value >> UInt64(8 * n))
    }
  }

  // MARK: State

  private mutating func startAnew() {
    registers = (0..<32).map { _ in random.next() }
    if env.isEmpty { env = Array(repeating: 0x5a, count: 2 * Self.middle) }
    let slots = layout.spillSlots
    for slot in 0..<layout.spillSlotCount { write(slots + 32 * slot, 8, random.next()) }
    registers[Int(file.env)] = ideal[0]
    renewGlobals()
  }

  private mutating func renewGlobals() {
    discarded = [false] + block.names.globals.map(\.isTransient)
    for temp in 1..<block.firstLocal where !discarded[temp] {
      let type = block.temps[temp].type
      ideal[temp] = random.next() & mask(type)
      if let home = homes[TempIndex(temp)] {
        registers[Int(home)] = ideal[temp]
        write(offset(temp), type.bits / 8, random.next())
      } else {
        write(offset(temp), type.bits / 8, ideal[temp])
      }
    }
  }

  private mutating func enter(_ op: Op, at n: Int) {
    let fallsIn = n > 0 && !block.ops[n - 1].opcode.info.flags.contains(.blockExit)
    guard !fallsIn, ways[op.constant] == 1, let snapshot = snapshots[op.constant] else {
      return startAnew()
    }
    ideal.replaceSubrange(0..<block.firstLocal, with: snapshot.ideal)
    discarded = snapshot.discarded
    registers = snapshot.registers
    env = snapshot.env
  }

  /// Whether every global is where somebody who looks expects it.
  private func globalsAgree(_ recovered: [LocalAllocator.Recovery]) -> Bool {
    for temp in 1..<block.firstLocal where !discarded[temp] {
      let type = block.temps[temp].type
      let home = homes[TempIndex(temp)]
      let kept = recovered.first { Int($0.global) == temp }.map { held(by: $0.source) }
      let found =
        kept ?? home.map { registers[Int($0)] } ?? read(offset(temp), type.bits / 8)
      if found & mask(type) != ideal[temp] { return false }
    }
    return true
  }

  private func held(by source: Operand) -> UInt64 {
    source.kind == .constant ? ideal[Int(source.payload)] : registers[Int(source.register)]
  }

  // MARK: Steps

  private mutating func transfer(_ step: Step) {
    let (to, from) = (step.operands[0], step.operands[1])
    let size = step.type.bits / 8
    let value: UInt64
    switch from.kind {
    case .register: value = registers[Int(from.register)]
    case .constant:
      value = ideal[Int(from.payload)]
      if step.kind == .constant && !step.keepsFlags { carry = random.next() }
    default: value = read(from.offset, size)
    }
    if to.kind == .register {
      registers[Int(to.register)] = value & mask(step.type)
    } else {
      write(to.offset, size, value)
    }
  }

  private func row(_ op: Op) -> OpConstraint {
    file.constraints[op.hostRow]
  }

  /// What the op sees as operand k.
  private mutating func operand(_ op: Op, _ step: Step, _ row: OpConstraint, _ k: Int) -> UInt64 {
    let operand = step.operands[op.outputCount + k]
    let type = type(op.input(k))
    let isInMemory = row.worksInMemory && step.operands[0].kind == .memory
    if isInMemory && k == 0 {
      let place = step.operands[0] == operand ? operand : step.operands[0]
      return read(place.offset, type.bits / 8)
    }
    let noise = random.next() & mask(type)
    switch operand.kind {
    case .none: return noise
    case .memory:
      return row.inputs[k].forms.contains(.memory) ? read(operand.offset, type.bits / 8) : noise
    case .constant:
      let value = ideal[Int(operand.payload)]
      let forms = row.inputs[k].forms
      let isSmall =
        type == .i32 || Int64(bitPattern: value) == Int64(Int32(truncatingIfNeeded: value))
      let isFit =
        forms.contains(.anyConstant) || (forms.contains(.int32) || isInMemory) && isSmall
        || forms.contains(.zero) && value == 0
        || forms.contains(.oneBit) && value.nonzeroBitCount == 1
      return isFit ? value & mask(type) : noise
    case .register:
      let set = isInMemory ? file.general : row.inputs[k].registers
      return set >> RegisterSet(operand.register) & 1 != 0 && !isOverwritten(op, step, row, k)
        ? registers[Int(operand.register)] & mask(type) : noise
    }
  }

  /// Whether operand k is gone before it is read, or is not where the op works on it.
  private func isOverwritten(_ op: Op, _ step: Step, _ row: OpConstraint, _ k: Int) -> Bool {
    for j in 0..<op.outputCount where step.operands[j].kind == .register {
      let isSame = step.operands[j] == step.operands[op.outputCount + k]
      if Int(row.outputs[j].alias) == k { return !isSame }
      if isSame && (row.outputs[j].isEarly || row.outputs[j].alias >= 0) { return true }
    }
    return false
  }

  private mutating func perform(_ op: Op, _ step: Step, at position: Int) -> Bool {
    let row = row(op)
    let flags = op.opcode.info.flags
    let wanted = (0..<op.inputCount).map { ideal[Int(op.input($0))] & mask(type(op.input($0))) }
    var given: [UInt64] = []
    for k in 0..<op.inputCount { given.append(operand(op, step, row, k)) }
    if flags.contains(.carryIn) { given.append(carry) }
    if flags.contains(.sideEffects) && given != wanted { return false }
    let faults = flags.contains(.canFault) && op.opcode != .call
    if isObserved(op) && !globalsAgree(faults ? recoveries[position] ?? [] : []) { return false }
    // A call's thunk keeps the homes.
    let kept = op.opcode == .call ? Set(homes.values) : []
    for register in 0..<32
    where row.clobbers >> RegisterSet(register) & 1 != 0
      && !kept.contains(RegisterNumber(register))
    {
      registers[register] = random.next()
    }
    if flags.contains(.carryOut) {
      carry = value(op, given, 7)
    } else if !op.opcode.isPlainMove {
      carry = random.next()
    }
    if op.opcode.isBranch {
      ways[op.constant, default: 0] += 1
      snapshots[op.constant] = Snapshot(
        ideal: ideal[0..<block.firstLocal], discarded: discarded, registers: registers, env: env)
    }
    runIdeal(op)
    for k in 0..<op.outputCount { deliver(op, step, row, given, k) }
    return true
  }

  private mutating func deliver(
    _ op: Op, _ step: Step, _ row: OpConstraint, _ given: [UInt64], _ k: Int
  ) {
    let type = type(op.output(k))
    let operand = step.operands[k]
    let result = value(op, given, k) & mask(type)
    if operand.kind == .memory && row.worksInMemory { write(operand.offset, type.bits / 8, result) }
    guard operand.kind == .register else { return }
    let isRight = row.outputs[k].registers >> RegisterSet(operand.register) & 1 != 0
    registers[Int(operand.register)] = isRight ? result : random.next()
  }

  /// What an op does to the temps.
  private mutating func runIdeal(_ op: Op) {
    for k in 0..<op.outputCount where Int(op.output(k)) < block.firstLocal {
      discarded[Int(op.output(k))] = op.opcode == .discard
    }
    if op.opcode == .discard { return }
    if op.opcode == .mov {
      ideal[Int(op.output(0))] = ideal[Int(op.input(0))]
      return
    }
    var inputs = (0..<op.inputCount).map { ideal[Int(op.input($0))] & mask(type(op.input($0))) }
    let flags = op.opcode.info.flags
    if flags.contains(.carryIn) { inputs.append(idealCarry) }
    if flags.contains(.carryOut) { idealCarry = value(op, inputs, 7) }
    if op.opcode == .call_tb || op.opcode == .call_ptr { startAnew() }
    if op.opcode == .call && !block.helperFlags(op.constant).contains(.noWriteGlobals) {
      renewGlobals()
    }
    for k in 0..<op.outputCount {
      ideal[Int(op.output(k))] = value(op, inputs, k) & mask(type(op.output(k)))
    }
  }

  /// Whether the guest's state may be looked at, as the brief of the ops has it.
  private func isObserved(_ op: Op) -> Bool {
    switch op.opcode {
    case .call: !block.helperFlags(op.constant).contains([.noReadGlobals, .noWriteGlobals])
    case .qemu_ld, .qemu_st, .qemu_ld2, .qemu_st2, .qemu_cmpxchg, .line_touch, .br, .goto_tb,
      .call_tb, .goto_ptr, .call_ptr, .ret_ptr, .exit_tb:
      true
    // A cold part goes on from the state at its branch, and is looked at by itself.
    case .brcond, .brfcmp, .brclass, .brextreme, .brnarrow, .set_label:
      (0..<block.mainCount).contains {
        block.ops[$0].opcode == .set_label && block.ops[$0].constant == op.constant
      }
    default: false
    }
  }
}
