import IR

/// The ops of a step of `LanePlan`, at the head of the block that is the loop: several iterations are
/// done and the block is entered again, or none is, and what follows does them.
struct LaneStep<Tag: VectorTag> {
  private let cpu: Cpu
  private let plan: LanePlan
  /// Where the step is given up: a label for each branch.
  private var labels: [UInt32] = []
  /// The same for extreme results, and while steps rest.
  private let extreme, resting: UInt32
  private var vectors: [Value<Tag>] = []
  /// The registers that are in all lanes, as singles.
  private var singles: [Int: TempIndex] = [:]

  private var ir: Builder { cpu.ir }
  private var lanes: FloatLanes { plan.lanes }

  private init(_ cpu: Cpu, _ plan: LanePlan) {
    (self.cpu, self.plan) = (cpu, plan)
    (extreme, resting) = (cpu.ir.newLabel(), cpu.ir.newLabel())
  }

  /// The tag is that of vectors of the plan's width.
  static func emit(_ cpu: Cpu, _ plan: LanePlan) {
    var step = LaneStep(cpu, plan)
    step.emit()
  }

  private mutating func emit() {
    let context = cpu.context
    context.pointee.address = context.pointee.start
    ir.beginInstruction(context.pointee.start)
    cpu.use(.scalar)
    checkState()
    checkAddresses()
    compute()
    for store in plan.stores {
      cpu.put(
        Tag.type, vectors[store.vector].temp, MemoryOperation(bytes: 16), address(of: store.place))
    }
    finish()
    cpu.chain(to: context.pointee.start)
    rest()
    for label in labels { ir.setLabel(label) }
    cpu.forgetFloats()
  }

  /// Where results are extreme the next are likely to be: it is not worth while to try for some time.
  private func rest() {
    ir.setLabel(extreme)
    leaveVectors()
    cpu.setState(\.laneRest, cpu.constant(Self.rests))
    ir.setLabel(resting)
    cpu.setState(\.laneRest, cpu.state(\.laneRest) - 1)
  }

  private static var rests: Int { 33 }

  /// Behind the last use of wide vectors.
  private func leaveVectors() {
    if plan.isWide { ir.effect(.zeroupper) }
  }

  private func address(of place: LoopBody.Place) -> I32 {
    cpu[place.base] + place.displacement
  }

  private mutating func giveUp() -> UInt32 {
    labels.append(ir.newLabel())
    return labels[labels.count - 1]
  }

  private mutating func giveUp(_ condition: Condition, _ value: I32, _ limit: Int) {
    ir.brcond(.i32, condition, value.temp, cpu.constant(limit).temp, to: giveUp())
  }

  // MARK: Whether it can be done

  /// Another iteration must be left for the branch, and XX be set already, here or in the host's flags
  /// as far as they are known.
  private mutating func checkState() {
    giveUp(.leu, cpu.CTR, plan.iterations)
    let rest = cpu.state(\.laneRest)
    ir.brcond(.i32, .ne, rest.temp, cpu.constant(0).temp, to: resting)
    let inexact = cpu.state(\.storedFPSCR) | cpu.state(\.floatStatus) << MXCSR.precisionToXX
    giveUp(.tsteq, inexact, Int(FPSCR.XX))
  }

  /// What is stored must be within a page, and apart from what is loaded by way of other registers.
  private mutating func checkAddresses() {
    let place = plan.stores[0].place, bytes = plan.bytes
    let first = address(of: place)
    giveUp(.gtu, first & 0xfff, 0x1000 - bytes)
    for window in plan.windows() where window.base != place.base {
      // At least as far above as what is stored is long, and not as near from below.
      let distance = cpu[window.base] + window.first - first - bytes
      giveUp(.gtu, distance, -(bytes + window.bytes))
    }
  }

  // MARK: Doing it

  /// Makes all vectors. Gives up if one of the results is extreme in any lane: if the upper two bits of
  /// its exponent are equal.
  private mutating func compute() {
    for case .splat(let number) in plan.vectors where lanes == .singles {
      singles[number] = ir.brnarrow(cpu[FPR(number)].temp, to: giveUp())
    }
    var ordinary: Value<Tag> = ir.vector(.max)
    for vector in plan.vectors {
      switch vector {
      case .splat(let number):
        let single = singles[number].map { F32(ir, $0).inAllLanes(Tag.self) }
        vectors.append(single ?? cpu[FPR(number)].inAllLanes())
      case .load(let place):
        let value = cpu.access(Tag.type, MemoryOperation(bytes: 16), address(of: place))
        vectors.append(Value<Tag>(ir, value))
      case .operation(let operation, let operands):
        let result = compute(operation, operands.map { vectors[$0] })
        ordinary = ordinary.kept(whereOrdinary: result)
        vectors.append(result)
      }
    }
    let wanted: FloatClass = lanes == .singles ? .clearSingle : .clearDouble
    ir.brclass(Tag.type, wanted, ordinary.temp, to: extreme)
  }

  private func compute(_ operation: LaneOperation, _ x: [Value<Tag>]) -> Value<Tag> {
    guard operation.opcode == .fma_lanes else {
      return x[0].lanes(operation.opcode, x[1], lanes)
    }
    let signs: Value<Tag> = ir.vector(lanes == .singles ? 0x8000_0000_8000_0000 : 1 << 63)
    let addend = operation.turnsAddend ? x[2] ^ signs : x[2]
    let result = x[0].multipliedLanes(x[1], plus: addend, lanes)
    return operation.turnsResult ? result ^ signs : result
  }

  // MARK: What is left

  /// Registers and the record are those of the last iteration.
  private func finish() {
    let body = plan.body
    let general = body.general.map { cpu[$0.base] + $0.displacement }
    for n in 0..<LoopBody.registers
    where body.general[n] != LoopBody.Place(base: GPR(n), displacement: 0) {
      cpu[GPR(n)] = general[n]
    }
    cpu.CTR = cpu.CTR - plan.iterations
    let changed = (0..<LoopBody.registers).filter { body.floats[$0] != $0 }
    let (operation, operands) = plan.last
    if lanes == .singles {
      let noted = operands.map(single)
      let values = changed.map { single(body.floats[$0]) }
      leaveVectors()
      for (n, value) in zip(changed, values) {
        cpu.hold(FPR(n), value, isNumber: plan.isNumber(body.floats[n]))
      }
      cpu.note(operation.helper, singles: noted)
    } else {
      let noted = operands.map(double)
      let values = changed.map { double(body.floats[$0]) }
      leaveVectors()
      for (n, value) in zip(changed, values) { cpu[FPR(n)] = value }
      cpu.note(operation.helper, noted)
    }
    ir.commit()
  }

  private func double(_ value: Int) -> F64 {
    guard let lane = plan.places[value] else { return cpu.copy(of: FPR(value)) }
    return vectors[lane.vector].double(plan.laneNumber(lane))
  }

  private func single(_ value: Int) -> TempIndex {
    if let lane = plan.places[value] {
      return vectors[lane.vector].single(plan.laneNumber(lane)).temp
    }
    guard let single = singles[value] else { preconditionFailure("an operand in no lane") }
    return single
  }
}
