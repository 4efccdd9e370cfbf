import IR

/// Where results go, and what is noted of them.
extension LocalAllocator {
  /// A free register that the next reader of the op's result would like; nil if it has no wish.
  func preferred(
    _ wanted: RegisterSet, _ op: UnsafeMutablePointer<Op>
  ) -> RegisterNumber? {
    let wishes = RegisterSet(op.pointee.preference) & wanted & file.general & ~homeSet
    let free = wishes & ~occupied & ~busy
    guard wishes.nonzeroBitCount == 1, free != 0 else { return nil }
    return RegisterNumber(truncatingIfNeeded: free.trailingZeroBitCount)
  }

  /// Copies operands that results overwrite to where the results will be.
  func placeAliased(
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
  func aliasRegister(
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

  func isOtherInput(
    _ register: RegisterNumber, _ alias: Int, _ op: UnsafeMutablePointer<Op>
  ) -> Bool {
    let outputs = op.pointee.outputCount
    for j in 0..<op.pointee.inputCount where j != alias {
      let other = step.operands[unchecked: outputs &+ j]
      if other.kind == .register && other.register == register { return true }
    }
    return false
  }

  func releaseDeadInputs(
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
  func placeOutputs(
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
        let own =
          Int(op.pointee.output(k)) < block.firstLocal
          ? places[Int(op.pointee.output(k))].register : noRegister
        if own != noRegister, own != home, !wanted.isEarly || busy &>> RegisterSet(own) & 1 == 0,
          wanted.registers &>> RegisterSet(own) & 1 != 0, !isOutput(own, k)
        {
          register = own
        } else {
          if !wanted.isEarly { unbusyInputs(op) }
          register =
            preferred(wanted.registers, op)
            ?? (wanted.isEarly ? takeEarly(wanted.registers) : take(wanted.registers))
        }
      }
      busy |= 1 &<< RegisterSet(register)
      step.operands[unchecked: k] = .register(register)
    }
  }

  /// A register for a result that is written before all operands have been read: when they hold
  /// every one of the set, an operand that may be in memory waits there.
  func takeEarly(_ wanted: RegisterSet) -> RegisterNumber {
    let usable = wanted & (file.general | file.vector) & ~homeSet
    if usable & ~busy != 0 { return take(wanted) }
    return relieve(usable) ?? take(wanted)
  }

  func isOutput(_ register: RegisterNumber, _ k: Int) -> Bool {
    for j in 0..<k where step.operands[unchecked: j] == .register(register) { return true }
    return false
  }

  /// Once operands have been read only results must be kept apart: an operand that stays alive is
  /// put away before the op, which still finds it in its register.
  func unbusyInputs(_ op: UnsafeMutablePointer<Op>) {
    busy = 0
    for j in 0..<op.pointee.outputCount where step.operands[unchecked: j].kind == .register {
      busy |= 1 &<< RegisterSet(step.operands[unchecked: j].register)
    }
  }

  /// Notes where results are, copies them home and stores them.
  func finishOutputs(
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
      guard home != register else { return }
      emit(.move, type, .register(home), .register(register))
      // The result has been made over an operand that dies here.
      if occupied &>> RegisterSet(register) & 1 != 0 { release(register) }
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
  func afterCall(_ op: UnsafeMutablePointer<Op>) {
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
}
