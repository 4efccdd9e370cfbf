import IR

/// How each op gets its operands and results.
extension LocalAllocator {
  /// Any op without rules of its own.
  func general(_ op: UnsafeMutablePointer<Op>) {
    let flags = Opcode.infoTable[Int(op.pointee.opcode.rawValue)].flags
    if flags.contains(.commutative) { exchange(op) }
    let isTest: UInt8 = op.pointee.condition.rawValue >= Condition.tsteq.rawValue ? 5 : 0
    let row =
      file.constraints
      + RegisterFile.index(op.pointee.opcode.rawValue, op.pointee.type.rawValue &+ isTest)
    if row.pointee.worksInMemory && inMemory(op) { return }
    step = Step(.op, op.pointee.type, op: current)
    operation = op
    constraint = row
    let outputs = op.pointee.outputCount
    let inputs = op.pointee.inputCount
    busy = 0
    var aliased: UInt8 = 0
    for k in 0..<outputs where row.pointee.outputs[unchecked: k].alias >= 0 {
      aliased |= 1 &<< UInt8(row.pointee.outputs[unchecked: k].alias)
    }
    placeInputs(op, row, aliased)
    if row.pointee.clobbers != 0 { clearClobbered(row.pointee.clobbers, op) }
    if aliased != 0 { placeAliased(op, row) }
    let dead = op.pointee.dead
    releaseDeadInputs(op, outputs, inputs, dead, early: false, row)
    placeOutputs(op, row)
    emit(step)
    carryIsLive =
      flags.contains(.carryOut) || carryIsLive && op.pointee.opcode.isPlainMove
    if flags.contains(.callClobber) { afterCall(op) }
    finishOutputs(op, outputs, dead)
  }

  /// Lets an op that changes a global without a home, and that no later op of the line reads but
  /// a branch right behind it, work on the field of env itself.
  private func inMemory(_ op: UnsafeMutablePointer<Op>) -> Bool {
    let temp = op.pointee.output(0)
    guard Int(temp) < block.firstLocal, home(temp) == noRegister, op.pointee.sync & 1 != 0,
      op.pointee.input(0) == temp, places[Int(temp)].register == noRegister,
      op.pointee.dead & 1 != 0 || isTestedNext(temp)
    else { return false }
    let other = op.pointee.input(1)
    var operand = Operand.none
    if block.temps[Int(other)].kind == .constant {
      guard fits(block.temps[Int(other)], .int32) else { return false }
      operand = .constant(other)
    } else {
      guard places[Int(other)].register != noRegister, other != temp else { return false }
      operand = .register(places[Int(other)].register)
    }
    step = Step(.op, op.pointee.type, op: current)
    step.operands[unchecked: 0] = .memory(memoryOffset(temp))
    step.operands[unchecked: 1] = .memory(memoryOffset(temp))
    step.operands[unchecked: 2] = operand
    emit(step)
    carryIsLive = false
    places[Int(temp)].inMemory = true
    if op.pointee.dead & 4 != 0 { kill(other) }
    return true
  }

  /// Whether the next op is a branch on a temp that is not read after it.
  private func isTestedNext(_ temp: TempIndex) -> Bool {
    guard current &+ 1 < block.opCount else { return false }
    let next = block.ops + (current &+ 1)
    return next.pointee.opcode == .brcond && next.pointee.input(0) == temp
      && block.temps[Int(next.pointee.input(1))].kind == .constant && next.pointee.dead & 1 != 0
  }

  /// Exchanges the operands of a commutative op when the second is already where the result goes.
  private func exchange(_ op: UnsafeMutablePointer<Op>) {
    let home = home(op.pointee.output(0))
    let first = op.pointee.input(0)
    let second = op.pointee.input(1)
    guard block.temps[Int(second)].kind != .constant else { return }
    let isBetter =
      home != noRegister
      ? places[Int(second)].register == home && places[Int(first)].register != home
      : isDeadInput(second, op) && !isDeadInput(first, op)
        && block.temps[Int(second)].kind == .value
    guard isBetter else { return }
    let outputs = UInt8(op.pointee.outputCount)
    op.pointee.setInput(0, second)
    op.pointee.setInput(1, first)
    let dead = op.pointee.dead
    let pair = dead &>> outputs & 3
    op.pointee.dead = dead & ~(3 &<< outputs) | (pair &>> 1 | pair &<< 1 & 2) &<< outputs
  }

  // MARK: Operands

  private func placeInputs(
    _ op: UnsafeMutablePointer<Op>, _ row: UnsafePointer<OpConstraint>, _ aliased: UInt8
  ) {
    let outputs = op.pointee.outputCount
    let inputs = op.pointee.inputCount
    // Registers that already hold operands are not to be taken for others.
    for k in 0..<inputs {
      let place = places[Int(op.pointee.input(k))].register
      if place != noRegister { busy |= 1 &<< RegisterSet(place) }
    }
    var later: UInt8 = aliased
    for k in 0..<inputs where aliased & (1 &<< UInt8(k)) == 0 {
      let wanted = row.pointee.inputs[unchecked: k].registers
      if wanted & (wanted &- 1) == 0, wanted != 0 {
        step.operands[unchecked: outputs &+ k] = input(op.pointee.input(k), row.pointee.inputs[unchecked: k])
        later |= 1 &<< UInt8(k)
      }
    }
    for k in 0..<inputs where later & (1 &<< UInt8(k)) == 0 {
      step.operands[unchecked: outputs &+ k] = input(op.pointee.input(k), row.pointee.inputs[unchecked: k])
    }
  }

  /// Brings a temp to a place that a constraint allows, without changing it.
  private func input(_ temp: TempIndex, _ wanted: OperandConstraint) -> Operand {
    let t = block.temps + Int(temp)
    if t.pointee.kind == .constant {
      if fits(t.pointee, wanted.forms) { return .constant(temp) }
      let register = takeMoving(wanted.registers)
      busy |= 1 &<< RegisterSet(register)
      emit(.constant, t.pointee.type, .register(register), .constant(temp))
      return .register(register)
    }
    let place = places[Int(temp)]
    if place.register != noRegister {
      if wanted.registers &>> RegisterSet(place.register) & 1 != 0 { return .register(place.register) }
      let register = takeMoving(wanted.registers)
      busy |= 1 &<< RegisterSet(register)
      emit(.move, t.pointee.type, .register(register), .register(places[Int(temp)].register))
      return .register(register)
    }
    if wanted.forms.contains(.memory) { return .memory(memoryOffset(temp)) }
    let register = takeMoving(wanted.registers)
    busy |= 1 &<< RegisterSet(register)
    emit(.load, t.pointee.type, .register(register), .memory(memoryOffset(temp)))
    occupy(register, temp)
    return .register(register)
  }

  /// Like `take`, but when every register of the set holds an operand of this op, moves one out:
  /// to memory if the op takes it there, else to a register that the op leaves alone.
  private func takeMoving(_ wanted: RegisterSet) -> RegisterNumber {
    let usable = wanted & (file.general | file.vector) & ~homeSet
    if usable & ~busy != 0 { return take(wanted) }
    markBusy()
    if usable & ~busy != 0 { return take(wanted) }
    if let register = relieve(usable) { return register }
    // An operand that has no place yet can still go elsewhere.
    let movable = usable & ~placed
    precondition(movable != 0, "an op's constraints leave no register")
    let register = RegisterNumber(truncatingIfNeeded: movable.trailingZeroBitCount)
    let temp = occupant[Int(register)]
    let type = block.temps[Int(temp)].type
    let others =
      (type.isInteger ? file.general : file.vector) & ~constraint.pointee.clobbers
    if others & ~homeSet & ~busy == 0 {
      evict(register)
      return register
    }
    let other = take(others)
    emit(.move, type, .register(other), .register(register))
    release(register)
    occupy(other, temp)
    busy |= 1 &<< RegisterSet(other)
    return register
  }

  /// The registers where operands and results of the op at hand were put.
  private var placed: RegisterSet {
    var set: RegisterSet = 0
    for k in 0..<operation.pointee.outputCount &+ operation.pointee.inputCount
    where step.operands[unchecked: k].kind == .register {
      set |= 1 &<< RegisterSet(step.operands[unchecked: k].register)
    }
    return set
  }

  /// Reckons anew which registers the op at hand needs: where its operands and results were put,
  /// and where operands are that have no place yet.
  private func markBusy() {
    let outputs = operation.pointee.outputCount
    busy = 0
    for k in 0..<outputs &+ operation.pointee.inputCount {
      let operand = step.operands[unchecked: k]
      if operand.kind == .register {
        busy |= 1 &<< RegisterSet(operand.register)
      } else if operand.kind == .none && k >= outputs {
        let place = places[Int(operation.pointee.input(k &- outputs))].register
        if place != noRegister { busy |= 1 &<< RegisterSet(place) }
      }
    }
  }

  /// Makes an operand of the op at hand that may be in memory give up its register.
  private func relieve(_ wanted: RegisterSet) -> RegisterNumber? {
    for k in 0..<operation.pointee.inputCount {
      let register = registerOfInput(k)
      guard register != noRegister, wanted &>> RegisterSet(register) & 1 != 0,
        maySpill(register)
      else { continue }
      let temp = operation.pointee.input(k)
      let place = Operand.memory(memoryOffset(temp))
      if !places[Int(temp)].inMemory {
        emit(.store, block.temps[Int(temp)].type, place, .register(register))
        places[Int(temp)].inMemory = true
      }
      if places[Int(temp)].register == register { release(register) }
      for j in 0..<operation.pointee.inputCount where operation.pointee.input(j) == temp {
        step.operands[unchecked: operation.pointee.outputCount &+ j] = place
      }
      busy &= ~(1 &<< RegisterSet(register))
      return register
    }
    return nil
  }

  /// Where an operand of the op at hand was put or, if it has no place yet, is.
  private func registerOfInput(_ k: Int) -> RegisterNumber {
    let operand = step.operands[unchecked: operation.pointee.outputCount &+ k]
    switch operand.kind {
    case .register: return operand.register
    case .none: return places[Int(operation.pointee.input(k))].register
    default: return noRegister
    }
  }

  /// Whether every operand in a register may be in memory instead; results stay where they are.
  private func maySpill(_ register: RegisterNumber) -> Bool {
    var temp: TempIndex = 0
    for k in 0..<operation.pointee.outputCount
    where step.operands[unchecked: k] == .register(register) {
      return false
    }
    for k in 0..<operation.pointee.inputCount where registerOfInput(k) == register {
      guard constraint.pointee.inputs[unchecked: k].forms.contains(.memory) else { return false }
      temp = operation.pointee.input(k)
    }
    // Another operand that is the same temp goes with it.
    for k in 0..<operation.pointee.inputCount where operation.pointee.input(k) == temp {
      guard constraint.pointee.inputs[unchecked: k].forms.contains(.memory) else { return false }
    }
    return true
  }

  @inline(__always) private func fits(_ temp: Temp, _ forms: OperandForms) -> Bool {
    if forms.rawValue == 0 { return false }
    if forms.contains(.anyConstant) { return true }
    if forms.contains(.int32),
      temp.type == .i32
        || Int64(bitPattern: temp.value) == Int64(Int32(truncatingIfNeeded: temp.value))
    {
      return true
    }
    if forms.contains(.oneBit) && temp.value.nonzeroBitCount == 1 { return true }
    return forms.contains(.zero) && temp.value == 0
  }

  /// Empties the registers that the op destroys, apart from operands that die in them.
  private func clearClobbered(
    _ clobbers: RegisterSet, _ op: UnsafeMutablePointer<Op>
  ) {
    var set = clobbers & occupied
    while set != 0 {
      let register = RegisterNumber(truncatingIfNeeded: set.trailingZeroBitCount)
      set &= set &- 1
      let temp = occupant[Int(register)]
      if isDeadInput(temp, op) { continue }
      evict(register)
    }
  }

  private func isDeadInput(_ temp: TempIndex, _ op: UnsafeMutablePointer<Op>) -> Bool {
    let outputs = op.pointee.outputCount
    for k in 0..<op.pointee.inputCount where op.pointee.input(k) == temp {
      if op.pointee.dead &>> UInt8(outputs &+ k) & 1 != 0 { return true }
    }
    return false
  }

  // MARK: Results

  /// A free register that the next reader of the op's result would like; nil if it has no wish.
  private func preferred(
    _ wanted: RegisterSet, _ op: UnsafeMutablePointer<Op>
  ) -> RegisterNumber? {
    let wishes = RegisterSet(op.pointee.preference) & wanted & file.general & ~homeSet
    let free = wishes & ~occupied & ~busy
    guard wishes.nonzeroBitCount == 1, free != 0 else { return nil }
    return RegisterNumber(truncatingIfNeeded: free.trailingZeroBitCount)
  }

  /// Copies operands that results overwrite to where the results will be.
  private func placeAliased(
    _ op: UnsafeMutablePointer<Op>, _ row: UnsafePointer<OpConstraint>
  ) {
    let outputs = op.pointee.outputCount
    for k in 0..<outputs {
      let alias = Int(row.pointee.outputs[unchecked: k].alias)
      guard alias >= 0 else { continue }
      let temp = op.pointee.input(alias)
      let wanted = row.pointee.outputs[unchecked: k].registers
      let register = aliasRegister(op, k, alias, temp, wanted)
      busy |= 1 &<< RegisterSet(register)
      step.operands[unchecked: k] = .register(register)
      step.operands[unchecked: outputs &+ alias] = .register(register)
      let place = places[Int(temp)].register
      if place == register { continue }
      let type = block.temps[Int(temp)].type
      if place != noRegister {
        emit(.move, type, .register(register), .register(place))
      } else if block.temps[Int(temp)].kind == .constant {
        emit(.constant, type, .register(register), .constant(temp))
      } else {
        emit(.load, type, .register(register), .memory(memoryOffset(temp)))
      }
    }
  }

  /// Where a result that overwrites operand `alias` goes: its home if no other operand is there,
  /// else the operand's own register if it dies here, else another.
  private func aliasRegister(
    _ op: UnsafeMutablePointer<Op>, _ k: Int, _ alias: Int, _ temp: TempIndex,
    _ wanted: RegisterSet
  ) -> RegisterNumber {
    let outputs = op.pointee.outputCount
    let home = home(op.pointee.output(k))
    if home != noRegister, wanted &>> RegisterSet(home) & 1 != 0 {
      var isUsed = false
      for j in 0..<op.pointee.inputCount where j != alias {
        let other = step.operands[unchecked: outputs &+ j]
        if other.kind == .register && other.register == home { isUsed = true }
      }
      if !isUsed { return home }
    }
    let place = places[Int(temp)].register
    if place != noRegister, homeSet &>> RegisterSet(place) & 1 == 0,
      wanted &>> RegisterSet(place) & 1 != 0, isDeadInput(temp, op), place != file.env,
      !isOtherInput(place, alias, op)
    {
      return place
    }
    return preferred(wanted, op) ?? takeMoving(wanted)
  }

  private func isOtherInput(
    _ register: RegisterNumber, _ alias: Int, _ op: UnsafeMutablePointer<Op>
  ) -> Bool {
    let outputs = op.pointee.outputCount
    for j in 0..<op.pointee.inputCount where j != alias {
      let other = step.operands[unchecked: outputs &+ j]
      if other.kind == .register && other.register == register { return true }
    }
    return false
  }

  private func releaseDeadInputs(
    _ op: UnsafeMutablePointer<Op>, _ outputs: Int, _ inputs: Int, _ dead: UInt8, early: Bool,
    _ row: UnsafePointer<OpConstraint>
  ) {
    var hasEarly = false
    for k in 0..<outputs where row.pointee.outputs[unchecked: k].isEarly { hasEarly = true }
    for k in 0..<inputs where dead &>> UInt8(outputs &+ k) & 1 != 0 {
      let temp = op.pointee.input(k)
      guard block.temps[Int(temp)].kind == .value else { continue }
      let place = places[Int(temp)].register
      kill(temp)
      // The register may now serve a result, unless results are written early.
      if place != noRegister && !hasEarly { busy &= ~(1 &<< RegisterSet(place)) }
    }
  }

  /// Chooses registers for the results that overwrite no operand.
  private func placeOutputs(
    _ op: UnsafeMutablePointer<Op>, _ row: UnsafePointer<OpConstraint>
  ) {
    let outputs = op.pointee.outputCount
    for k in 0..<outputs where step.operands[unchecked: k].kind == .register {
      busy |= 1 &<< RegisterSet(step.operands[unchecked: k].register)
    }
    for k in 0..<outputs where step.operands[unchecked: k].kind == .none {
      let wanted = row.pointee.outputs[unchecked: k]
      let home = home(op.pointee.output(k))
      var register = noRegister
      if home != noRegister, wanted.registers &>> RegisterSet(home) & 1 != 0,
        !(wanted.isEarly && busy &>> RegisterSet(home) & 1 != 0)
      {
        register = home
      } else {
        let own = Int(op.pointee.output(k)) < block.firstLocal
          ? places[Int(op.pointee.output(k))].register : noRegister
        if own != noRegister, own != home, !wanted.isEarly || busy &>> RegisterSet(own) & 1 == 0,
          wanted.registers &>> RegisterSet(own) & 1 != 0, !isOutput(own, k)
        {
          register = own
        } else {
          if !wanted.isEarly { unbusyInputs(op) }
          register = preferred(wanted.registers, op) ?? (wanted.isEarly ? takeEarly(wanted.registers) : take(wanted.registers))
        }
      }
      busy |= 1 &<< RegisterSet(register)
      step.operands[unchecked: k] = .register(register)
    }
  }

  /// A register for a result that is written before all operands have been read: when they hold
  /// every one of the set, an operand that may be in memory waits there.
  private func takeEarly(_ wanted: RegisterSet) -> RegisterNumber {
    let usable = wanted & (file.general | file.vector) & ~homeSet
    if usable & ~busy != 0 { return take(wanted) }
    return relieve(usable) ?? take(wanted)
  }

  private func isOutput(_ register: RegisterNumber, _ k: Int) -> Bool {
    for j in 0..<k where step.operands[unchecked: j] == .register(register) { return true }
    return false
  }

  /// Once operands have been read only results must be kept apart: an operand that stays alive is
  /// put away before the op, which still finds it in its register.
  private func unbusyInputs(_ op: UnsafeMutablePointer<Op>) {
    busy = 0
    for j in 0..<op.pointee.outputCount where step.operands[unchecked: j].kind == .register {
      busy |= 1 &<< RegisterSet(step.operands[unchecked: j].register)
    }
  }

  /// Notes where results are, copies them home and stores them.
  private func finishOutputs(
    _ op: UnsafeMutablePointer<Op>, _ outputs: Int, _ dead: UInt8
  ) {
    for k in 0..<outputs {
      let temp = op.pointee.output(k)
      defineResult(
        temp, in: step.operands[unchecked: k].register,
        dead: dead &>> UInt8(k) & 1 != 0, sync: op.pointee.sync &>> UInt8(k) & 1 != 0)
    }
  }

  /// A temp has a new value in a register.
  func defineResult(_ temp: TempIndex, in register: RegisterNumber, dead: Bool, sync: Bool) {
    let home = home(temp)
    let type = block.temps[Int(temp)].type
    if home != noRegister {
      if home != register { emit(.move, type, .register(home), .register(register)) }
      return
    }
    let old = places[Int(temp)].register
    if old != noRegister && old != register { release(old) }
    if occupied &>> RegisterSet(register) & 1 != 0, occupant[Int(register)] != temp {
      release(register)
    }
    places[Int(temp)].inMemory = false
    if sync {
      emit(.store, type, .memory(memoryOffset(temp)), .register(register))
      places[Int(temp)].inMemory = true
    }
    if dead && (sync || block.temps[Int(temp)].kind == .value) {
      if places[Int(temp)].register != noRegister { release(register) }
      return
    }
    if dead {
      // A global that is overwritten before anybody looks: its field of env may stay stale.
      if places[Int(temp)].register != noRegister { release(register) }
      places[Int(temp)].inMemory = true
      return
    }
    occupy(register, temp)
  }

  /// After a helper that writes globals, copies in registers are stale.
  private func afterCall(_ op: UnsafeMutablePointer<Op>) {
    guard !block.helperFlags(op.pointee.constant).contains(.noWriteGlobals) else { return }
    var set = occupied
    while set != 0 {
      let register = set.trailingZeroBitCount
      set &= set &- 1
      if Int(occupant[register]) < block.firstLocal {
        release(RegisterNumber(truncatingIfNeeded: register))
      }
    }
  }

  // MARK: Moves

  /// A copy: from a constant, a register or memory to a home, a register or memory.
  func move(_ op: UnsafeMutablePointer<Op>) {
    busy = 0
    let to = op.pointee.output(0)
    let from = op.pointee.input(0)
    let sync = op.pointee.sync & 1 != 0
    let dead = op.pointee.dead & 1 != 0
    let home = home(to)
    if home != noRegister { return transfer(from, to: home, op.pointee.dead & 2 != 0) }
    let type = block.temps[Int(to)].type
    if dead && !sync { return drop(from, to, op.pointee.dead & 2 != 0) }
    if sync && (dead || block.temps[Int(from)].kind == .constant) && moveToMemory(from, to, type) {
      if op.pointee.dead & 2 != 0 { kill(from) }
      return
    }
    let fromDies = op.pointee.dead & 2 != 0
    let place = places[Int(from)].register
    if fromDies, place != noRegister, block.temps[Int(from)].kind == .value {
      kill(from)
      return defineResult(to, in: place, dead: dead, sync: sync)
    }
    if place != noRegister { busy = 1 &<< RegisterSet(place) }
    let register = take(type.isInteger ? file.general : file.vector)
    transfer(from, to: register, fromDies)
    defineResult(to, in: register, dead: dead, sync: sync)
  }

  /// A copy that nobody reads.
  private func drop(_ from: TempIndex, _ to: TempIndex, _ fromDies: Bool) {
    let old = places[Int(to)].register
    if old != noRegister { release(old) }
    places[Int(to)].inMemory = Int(to) < block.firstLocal
    if fromDies { kill(from) }
  }

  /// Puts a temp's value in a register that is free for it.
  private func transfer(_ from: TempIndex, to register: RegisterNumber, _ fromDies: Bool) {
    let t = block.temps + Int(from)
    let place = places[Int(from)].register
    if t.pointee.kind == .constant {
      emit(.constant, t.pointee.type, .register(register), .constant(from))
    } else if place != noRegister {
      if place != register { emit(.move, t.pointee.type, .register(register), .register(place)) }
    } else {
      emit(.load, t.pointee.type, .register(register), .memory(memoryOffset(from)))
    }
    if fromDies { kill(from) }
  }

  /// Stores a constant or a register straight to a global's field; false if that needs a register.
  private func moveToMemory(_ from: TempIndex, _ to: TempIndex, _ type: ValueType) -> Bool {
    let t = block.temps[Int(from)]
    let source: Operand
    if t.kind == .constant {
      guard type.isInteger, fits(t, .int32) else { return false }
      source = .constant(from)
    } else {
      guard places[Int(from)].register != noRegister else { return false }
      source = .register(places[Int(from)].register)
    }
    emit(.store, type, .memory(memoryOffset(to)), source)
    let old = places[Int(to)].register
    if old != noRegister { release(old) }
    places[Int(to)].inMemory = true
    return true
  }

  // MARK: Labels and branches

  /// A conditional branch: operands like any op; the label keeps what registers hold.
  func branch(_ op: UnsafeMutablePointer<Op>) {
    general(op)
    let label = Int(op.pointee.constant)
    guard label < Self.labelCapacity else { return }
    snapshots[label].valid = true
    snapshots[label].occupied = occupied
    var set = occupied
    while set != 0 {
      let register = set.trailingZeroBitCount
      set &= set &- 1
      snapshots[label].occupant[unchecked: register] = occupant[register]
    }
  }

  /// A label: in the cold parts, registers are as the branch left them; elsewhere empty.
  func label(_ op: UnsafeMutablePointer<Op>) {
    forgetAll()
    carryIsLive = false
    emit(Step(.op, .i32, op: current))
    let label = Int(op.pointee.constant)
    guard current >= block.mainCount, label < Self.labelCapacity, snapshots[label].valid else {
      return
    }
    var set = snapshots[label].occupied
    while set != 0 {
      let register = set.trailingZeroBitCount
      set &= set &- 1
      let temp = snapshots[label].occupant[unchecked: register]
      occupy(RegisterNumber(truncatingIfNeeded: register), temp)
      places[Int(temp)].inMemory = Int(temp) < block.firstLocal
    }
  }
}
