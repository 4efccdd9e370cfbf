import IR

/// How each op gets its operands and results.
extension LocalAllocator {
  /// Any op without rules of its own.
  func general(_ op: UnsafeMutablePointer<Op>) {
    if unstoredCount != 0 { settleUnstored(op) }
    let flags = Opcode.infoTable[Int(op.pointee.opcode.rawValue)].flags
    if flags.contains(.commutative) { exchange(op) }
    let row = file.constraints + op.pointee.hostRow
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
    if flags.contains(.canFault) { noteRecoveries() }
    emit(step)
    carryIsLive =
      flags.contains(.carryOut) || carryIsLive && op.pointee.opcode.isPlainMove
    if flags.contains(.callClobber) { afterCall(op) }
    finishOutputs(op, outputs, dead)
    if unstoredCount != 0 { forgetOverwritten(op) }
  }

  /// Lets an op that changes a global without a home, and that no later op of the line reads but
  /// a branch right behind it, work on the field of env itself.
  func inMemory(_ op: UnsafeMutablePointer<Op>) -> Bool {
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
  func isTestedNext(_ temp: TempIndex) -> Bool {
    guard current &+ 1 < block.opCount else { return false }
    let next = block.ops + (current &+ 1)
    return next.pointee.opcode == .brcond && next.pointee.input(0) == temp
      && block.temps[Int(next.pointee.input(1))].kind == .constant && next.pointee.dead & 1 != 0
  }

  /// Exchanges the operands of a commutative op when the second is already where the result goes.
  func exchange(_ op: UnsafeMutablePointer<Op>) {
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
}
