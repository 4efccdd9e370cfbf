import IR

/// What a branch to a cold part leaves in registers alone, and the cold part stores at its start.
extension LocalAllocator {
  /// A global becomes a constant that only cold parts may ask for: it takes no register.
  ///
  /// - Returns: false if there is no room, or the store would need a register.
  func holdConstant(_ from: TempIndex, as to: TempIndex) -> Bool {
    let t = block.temps[Int(from)]
    guard t.kind == .constant, t.type.isInteger, fits(t, .int32), Int(to) < block.firstLocal,
      constantCount < 4
    else { return false }
    let old = places[Int(to)].register
    if old != noRegister { release(old) }
    places[Int(to)].inMemory = false
    constants[constantCount] = UnstoredConstant(global: to, value: from)
    constantCount &+= 1
    return true
  }

  /// Before an op: globals that it reads are stored if they are such constants, and those that it
  /// writes forgotten.
  func settleConstants(_ op: UnsafeMutablePointer<Op>) {
    var n = 0
    while n < constantCount {
      let temp = constants[n].global
      var isRead = false, isWritten = false
      for k in 0..<op.pointee.inputCount where op.pointee.input(k) == temp { isRead = true }
      for k in 0..<op.pointee.outputCount where op.pointee.output(k) == temp { isWritten = true }
      guard isRead || isWritten else {
        n &+= 1
        continue
      }
      if isRead { storeConstant(constants[n]) }
      constantCount &-= 1
      constants[n] = constants[constantCount]
    }
  }

  private func storeConstant(_ constant: UnstoredConstant) {
    emit(
      .store, block.temps[Int(constant.global)].type, .memory(memoryOffset(constant.global)),
      .constant(constant.value))
    places[Int(constant.global)].inMemory = true
  }

  /// At the start of a cold part.
  func storeUnstored(_ label: Int) {
    var set = snapshots[label].unstored
    while set != 0 {
      let register = set.trailingZeroBitCount
      set &= set &- 1
      let temp = occupant[register]
      emit(
        .store, block.temps[Int(temp)].type, .memory(memoryOffset(temp)),
        .register(RegisterNumber(truncatingIfNeeded: register)))
    }
    let count = snapshots[label].constantCount
    for n in 0..<count { storeConstant(snapshots[label].constants[n]) }
  }
}
