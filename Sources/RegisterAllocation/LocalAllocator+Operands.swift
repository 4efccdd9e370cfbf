import IR

/// How operands come to where an op can take them.
extension LocalAllocator {
  func placeInputs(
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
        step.operands[unchecked: outputs &+ k] = input(
          op.pointee.input(k), row.pointee.inputs[unchecked: k])
        later |= 1 &<< UInt8(k)
      }
    }
    for k in 0..<inputs where later & (1 &<< UInt8(k)) == 0 {
      step.operands[unchecked: outputs &+ k] = input(
        op.pointee.input(k), row.pointee.inputs[unchecked: k])
    }
  }

  /// Brings a temp to a place that a constraint allows, without changing it.
  func input(_ temp: TempIndex, _ wanted: OperandConstraint) -> Operand {
    let t = block.temps + Int(temp)
    if t.pointee.kind == .constant {
      return constant(temp, t.pointee, wanted)
    }
    let place = places[Int(temp)]
    if place.register != noRegister {
      if wanted.registers &>> RegisterSet(place.register) & 1 != 0 {
        return .register(place.register)
      }
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

  /// A constant: one for a vector register stays there as long as there is room, since it takes
  /// more than an immediate operand to make.
  private func constant(_ temp: TempIndex, _ t: Temp, _ wanted: OperandConstraint) -> Operand {
    if fits(t, wanted.forms) { return .constant(temp) }
    let place = places[Int(temp)].register
    if place != noRegister, wanted.registers &>> RegisterSet(place) & 1 != 0 {
      return .register(place)
    }
    let register = takeMoving(wanted.registers)
    busy |= 1 &<< RegisterSet(register)
    emit(.constant, t.type, .register(register), .constant(temp))
    if !t.type.isInteger, place == noRegister {
      occupy(register, temp)
      places[Int(temp)].inMemory = true
    }
    return .register(register)
  }

  /// Like `take`, but when every register of the set holds an operand of this op, moves one out:
  /// to memory if the op takes it there, else to a register that the op leaves alone.
  func takeMoving(_ wanted: RegisterSet) -> RegisterNumber {
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
  func markBusy() {
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
  func relieve(_ wanted: RegisterSet) -> RegisterNumber? {
    for k in 0..<operation.pointee.inputCount {
      let register = registerOfInput(k)
      guard register != noRegister, wanted &>> RegisterSet(register) & 1 != 0,
        maySpill(register)
      else { continue }
      let temp = operation.pointee.input(k)
      let place = Operand.memory(memoryOffset(temp))
      if !places[Int(temp)].inMemory || block.temps[Int(temp)].kind == .constant {
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
  func registerOfInput(_ k: Int) -> RegisterNumber {
    let operand = step.operands[unchecked: operation.pointee.outputCount &+ k]
    switch operand.kind {
    case .register: return operand.register
    case .none: return places[Int(operation.pointee.input(k))].register
    default: return noRegister
    }
  }

  /// Whether every operand in a register may be in memory instead; results stay where they are.
  func maySpill(_ register: RegisterNumber) -> Bool {
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

  @inline(__always) func fits(_ temp: Temp, _ forms: OperandForms) -> Bool {
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

  /// Empties the registers that the op destroys, apart from values that die in them as operands. A
  /// global that dies may still be read where a branch leads.
  func clearClobbered(
    _ clobbers: RegisterSet, _ op: UnsafeMutablePointer<Op>
  ) {
    var set = clobbers & occupied
    while set != 0 {
      let register = RegisterNumber(truncatingIfNeeded: set.trailingZeroBitCount)
      set &= set &- 1
      let temp = occupant[Int(register)]
      if Int(temp) >= block.firstLocal, isDeadInput(temp, op) { continue }
      evict(register)
    }
  }

  func isDeadInput(_ temp: TempIndex, _ op: UnsafeMutablePointer<Op>) -> Bool {
    let outputs = op.pointee.outputCount
    for k in 0..<op.pointee.inputCount where op.pointee.input(k) == temp {
      if op.pointee.dead &>> UInt8(outputs &+ k) & 1 != 0 { return true }
    }
    return false
  }
}
