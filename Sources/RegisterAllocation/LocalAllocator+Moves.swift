import IR

/// Copies, branches and labels.
extension LocalAllocator {
  /// A copy: from a constant, a register or memory to a home, a register or memory.
  func move(_ op: UnsafeMutablePointer<Op>) {
    busy = 0
    if unstoredCount != 0 { settleUnstored(op) }
    let to = op.pointee.output(0)
    let from = op.pointee.input(0)
    let sync = op.pointee.sync & 1 != 0
    let dead = op.pointee.dead & 1 != 0
    let home = home(to)
    if home != noRegister {
      transfer(from, to: home, op.pointee.dead & 2 != 0)
      if unstoredCount != 0 { forgetOverwritten(op) }
      return
    }
    let type = block.temps[Int(to)].type
    if !dead && !sync && leaveUnstored(op) { return }
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
    // What the result has held until now need not go anywhere.
    let own = places[Int(to)].register
    let register = own != noRegister ? own : take(type.isInteger ? file.general : file.vector)
    transfer(from, to: register, fromDies)
    defineResult(to, in: register, dead: dead, sync: sync)
  }

  /// A copy that nobody reads.
  func drop(_ from: TempIndex, _ to: TempIndex, _ fromDies: Bool) {
    let old = places[Int(to)].register
    if old != noRegister { release(old) }
    places[Int(to)].inMemory = Int(to) < block.firstLocal
    if fromDies { kill(from) }
  }

  /// Puts a temp's value in a register that is free for it.
  func transfer(_ from: TempIndex, to register: RegisterNumber, _ fromDies: Bool) {
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
  func moveToMemory(_ from: TempIndex, _ to: TempIndex, _ type: ValueType) -> Bool {
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

  /// A conditional branch: operands like any op; the label keeps what registers hold, but for a result,
  /// which there is none of where the branch is taken.
  func branch(_ op: UnsafeMutablePointer<Op>) {
    general(op)
    let label = Int(op.pointee.constant)
    guard label < Self.labelCapacity else { return }
    keptSlots |= slots
    snapshots[label].valid = true
    snapshots[label].occupied = occupied
    snapshots[label].unstoredRegisters = 0
    snapshots[label].unstored = unstored
    snapshots[label].unstoredCount = unstoredCount
    var set = occupied
    while set != 0 {
      let register = set.trailingZeroBitCount
      set &= set &- 1
      let temp = occupant[register]
      if op.pointee.outputCount != 0 && temp == op.pointee.output(0) {
        snapshots[label].occupied &= ~(1 &<< RegisterSet(register))
        continue
      }
      snapshots[label].occupant[unchecked: register] = temp
      if Int(temp) < block.firstLocal, !places[Int(temp)].inMemory {
        snapshots[label].unstoredRegisters |= 1 &<< RegisterSet(register)
      }
    }
  }

  /// A label: in the cold parts, registers are as the branch left them; elsewhere empty.
  func label(_ op: UnsafeMutablePointer<Op>) {
    forgetAll()
    unstoredCount = 0
    carryIsLive = false
    emit(Step(.op, .i32, op: current))
    let label = Int(op.pointee.constant)
    current >= block.mainCount ? releaseSlots() : (keptSlots |= slots)
    guard current >= block.mainCount, label < Self.labelCapacity, snapshots[label].valid else {
      return
    }
    var set = snapshots[label].occupied
    while set != 0 {
      let register = set.trailingZeroBitCount
      set &= set &- 1
      let temp = snapshots[label].occupant[unchecked: register]
      occupy(RegisterNumber(truncatingIfNeeded: register), temp)
      places[Int(temp)].inMemory =
        Int(temp) < block.firstLocal || block.temps[Int(temp)].kind == .constant
    }
    storeUnstored(label)
  }
}
