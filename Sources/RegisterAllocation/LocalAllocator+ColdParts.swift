import IR

/// What nobody looks at but cold parts and the runtime after a fault: it takes no register of its own
/// and is not stored until a cold part begins.
extension LocalAllocator {
  /// The result of a copy stays what it is copied from, a constant or a home, as long as that is so.
  ///
  /// - Returns: false if there is no room, or somebody else reads the result.
  func leaveUnstored(_ op: UnsafeMutablePointer<Op>) -> Bool {
    let from = op.pointee.input(0), to = op.pointee.output(0)
    let t = block.temps[Int(from)]
    let source: Operand
    if t.kind == .constant, t.type.isInteger, fits(t, .int32) {
      source = .constant(from)
    } else if op.pointee.sync & Op.isForObservers != 0, home(from) != noRegister {
      source = .register(home(from))
    } else {
      return false
    }
    guard Int(to) < block.firstLocal, unstoredCount < unstored.count else { return false }
    let old = places[Int(to)].register
    if old != noRegister { release(old) }
    places[Int(to)].inMemory = false
    unstored[unstoredCount] = Unstored(global: to, source: source)
    unstoredCount &+= 1
    return true
  }

  /// Before an op: of those globals, what it reads is stored, what it writes forgotten. Where it
  /// overwrites what one is, a register takes that for who may still look.
  func settleUnstored(_ op: UnsafeMutablePointer<Op>) {
    var n = 0
    while n < unstoredCount {
      let (temp, source) = (unstored[n].global, unstored[n].source)
      var isRead = false, isWritten = false, isOverwritten = false
      for k in 0..<op.pointee.inputCount where op.pointee.input(k) == temp { isRead = true }
      for k in 0..<op.pointee.outputCount {
        if op.pointee.output(k) == temp { isWritten = true }
        if source == .register(home(op.pointee.output(k))) { isOverwritten = true }
      }
      let isMoved = isOverwritten && !isRead && !isWritten && isLookedAt(temp, behind: op)
      guard isRead || isWritten || isMoved else {
        n &+= 1
        continue
      }
      unstoredCount &-= 1
      unstored[n] = unstored[unstoredCount]
      if isRead { store(Unstored(global: temp, source: source)) }
      if isMoved { takeOver(temp, from: source, op) }
    }
  }

  /// A register of its own for a global that is what a home holds.
  private func takeOver(_ temp: TempIndex, from source: Operand, _ op: UnsafeMutablePointer<Op>) {
    busy = 0
    for k in 0..<op.pointee.inputCount {
      let place = places[Int(op.pointee.input(k))].register
      if place != noRegister { busy |= 1 &<< RegisterSet(place) }
    }
    let type = block.temps[Int(temp)].type
    let register = take(type.isInteger ? file.general : file.vector)
    emit(.move, type, .register(register), source)
    occupy(register, temp)
    busy = 0
  }

  /// Whether somebody may look at a global, for whom memory need not hold it, after an op and before it
  /// is written.
  private func isLookedAt(_ temp: TempIndex, behind op: UnsafeMutablePointer<Op>) -> Bool {
    let info = Opcode.infoTable
    let isBranch = info[Int(op.pointee.opcode.rawValue)].flags.contains(.conditionalBranch)
    var n = isBranch ? current : current &+ 1
    while n < block.opCount {
      let next = block.ops + n
      let flags = info[Int(next.pointee.opcode.rawValue)].flags
      if flags.contains(.conditionalBranch) {
        if next.pointee.sync & Op.replacesRecords == 0 { return true }
      } else if !flags.isDisjoint(with: [.canFault, .blockEnd, .callClobber]) {
        return true
      }
      for k in 0..<next.pointee.inputCount where next.pointee.input(k) == temp { return true }
      for k in 0..<next.pointee.outputCount where next.pointee.output(k) == temp { return false }
      n &+= 1
    }
    return true
  }

  /// After an op: the globals that were what it has overwritten, which nobody looks at any more.
  func forgetOverwritten(_ op: UnsafeMutablePointer<Op>) {
    for k in 0..<op.pointee.outputCount {
      let home = home(op.pointee.output(k))
      if home == noRegister { continue }
      for n in (0..<unstoredCount).reversed() where unstored[n].source == .register(home) {
        forget(n)
      }
    }
  }

  /// A global is something else from here on.
  func forgetUnstored(_ temp: TempIndex) {
    for n in (0..<unstoredCount).reversed() where unstored[n].global == temp { forget(n) }
  }

  private func forget(_ n: Int) {
    places[Int(unstored[n].global)].inMemory = true
    unstoredCount &-= 1
    unstored[n] = unstored[unstoredCount]
  }

  private func store(_ unstored: Unstored) {
    emit(
      .store, block.temps[Int(unstored.global)].type, .memory(memoryOffset(unstored.global)),
      unstored.source)
    places[Int(unstored.global)].inMemory = true
  }

  /// At the start of a cold part.
  func storeUnstored(_ label: Int) {
    var set = snapshots[label].unstoredRegisters
    while set != 0 {
      let register = set.trailingZeroBitCount
      set &= set &- 1
      let temp = occupant[register]
      emit(
        .store, block.temps[Int(temp)].type, .memory(memoryOffset(temp)),
        .register(RegisterNumber(truncatingIfNeeded: register)))
    }
    let count = snapshots[label].unstoredCount
    for n in 0..<count { store(snapshots[label].unstored[n]) }
  }
}
