import IR

/// Power ISA, Book II, 4.4: synchronization instructions.
let synchronization: [Instruction] = [
  Instruction("isync", "Instruction Synchronize", .XL(19, 150)) { cpu, _ in
    if cpu.isSystem { return cpu.synchronizeContext() }
    // What follows is translated from what memory then holds.
    cpu.ir.commit()
    cpu.chain(to: cpu.address &+ 4)
    cpu.context.pointee.ended = true
  },

  Instruction("lwarx", "Load Word And Reserve Indexed", .X(31, 20), "RT, RA, RB") { cpu, i in
    let address = cpu[orZero: i.RA] + cpu[i.RB]
    cpu.requireAlignment(address, 4)
    cpu.noteVersion(address, isPaired: cpu.context.pointee.pairedStore != 0)
    let value = cpu.load(4, at: address)
    cpu[i.RT] = value
    if !cpu.isSystem { cpu.reserveValue = value }
    cpu.reserveAddress = address
    cpu.reserveValid = cpu.constant(1)
  },

  Instruction(
    "stwcx.", "Store Word Conditional Indexed", .X(31, 150), "RS, RA, RB",
    fixing: 1, value: 1
  ) { cpu, i in
    // An address that is no multiple of four is never the one of a reservation.
    let address = cpu[orZero: i.RA] + cpu[i.RB]
    let isPaired = cpu.context.pointee.pairedStore != 0
    if !isPaired { cpu.requireReservation(address) }
    if cpu.isSystem {
      // One processor: nothing comes between.
      cpu.store(4, cpu[i.RS], at: address)
      cpu.setFieldImage(0, cpu.successImage(cpu.constant(0)))
      cpu.reserveValid = cpu.constant(0)
      return
    }
    if cpu.context.pointee.isShared && !isPaired { return cpu.storeShared(i, address) }
    cpu.context.pointee.pairedStore = 0
    cpu.setFieldImage(0, cpu.successImage(cpu.storeReserved(cpu[i.RS], at: address)))
    cpu.reserveValid = cpu.constant(0)
  },

  Instruction("sync", "Synchronize", .X(31, 598), "LS") { cpu, i in
    cpu.ir.effect(.mb, constant: i.L == 1 ? Barrier.light : Barrier.full)
  },

  Instruction("eieio", "Enforce In-order Execution of I/O", .X(31, 854)) { cpu, _ in
    cpu.ir.effect(.mb, constant: Barrier.stores)
  },
]

/// The constant of `mb`, as TCG has it: which earlier accesses stay before which later ones.
private enum Barrier {
  private static let loadLoad: UInt32 = 1, storeLoad: UInt32 = 2, loadStore: UInt32 = 4
  private static let storeStore: UInt32 = 8, sequential: UInt32 = 0x30
  /// `sync`: everything.
  static let full = loadLoad | storeLoad | loadStore | storeStore | sequential
  /// `lwsync`: everything but a load after a store.
  static let light = loadLoad | loadStore | storeStore | sequential
  /// `eieio`: stores among themselves.
  static let stores = storeStore | sequential
}

extension X {
  /// The kind of `sync`: 0 heavyweight, 1 lightweight, 2 for page tables.
  fileprivate var L: Int { word.field(9, 10) }
}

extension Cpu {
  var reserveAddress: I32 {
    get { word(Globals.reserveAddress) }
    nonmutating set { ir.write(Globals.reserveAddress, newValue.temp) }
  }
  var reserveValid: I32 {
    get { word(Globals.reserveValid) }
    nonmutating set { ir.write(Globals.reserveValid, newValue.temp) }
  }
  var reserveValue: I32 {
    get { word(Globals.reserveValue) }
    nonmutating set { ir.write(Globals.reserveValue, newValue.temp) }
  }

  /// Raises an alignment exception unless the address is a multiple of `bytes`.
  func requireAlignment(_ address: I32, _ bytes: Int) {
    ir.commit()
    let label = ir.newLabel()
    ir.brcond(.i32, .tstne, address.temp, constant(bytes - 1).temp, to: label)
    cold(label) {
      setState(\.dar, address)
      leave(.exception, at: self.address, payload: PowerPCException.alignment.rawValue)
    }
  }

  /// Goes on only with a reservation for the address. Without one the store does not happen:
  /// CR field 0 says so, and the next instruction follows.
  fileprivate func requireReservation(_ address: I32) {
    ir.commit()
    let label = ir.newLabel()
    // One branch: the cold part starts as its one branch leaves things.
    let apart = reserveAddress ^ address
    let differs = (isSystem ? apart & -cacheBlockSize : apart) | (reserveValid ^ 1)
    ir.brcond(.i32, .ne, differs.temp, constant(0).temp, to: label)
    cold(label) {
      setFieldImage(0, successImage(constant(1)))
      reserveValid = constant(0)
      ir.commit()
      chain(to: self.address &+ 4)
    }
  }

  /// Where several processors run: notes the version of a line, before a word of it is loaded. None
  /// is odd.
  func noteVersion(_ address: I32, isPaired: Bool = false) {
    guard context.pointee.isShared else { return }
    if isPaired { return setState(\.reserveVersion, constant(1)) }
    let version = ir.emit1(.line_watch, .i32, result: .i32, address.temp)
    setState(\.reserveVersion, I32(ir, version))
  }

  /// `stwcx.` with a reservation for the address, where several processors run.
  fileprivate func storeShared(_ i: X, _ address: I32) {
    let value = self[i.RS]
    let outcome = callWide(.storeConditional, address.zeroExtended, value.zeroExtended).low
    let faulted = ir.newLabel()
    ir.brcond(.i32, .eq, outcome.temp, constant(2).temp, to: faulted)
    cold(faulted) {
      // The same access here, where its fault is the guest's.
      setFieldImage(0, successImage(storeReserved(value, at: address)))
      reserveValid = constant(0)
      ir.commit()
      chain(to: self.address &+ 4)
    }
    setFieldImage(0, successImage(outcome ^ 1))
    reserveValid = constant(0)
  }

  /// Replaces the word at an address if it is `expected`, all at once; yields what was found.
  func exchange(at address: I32, expected: I32, new: I32) -> I32 {
    let operation = MemoryOperation(bytes: 4, alignment: 4, atomicity: .always)
    return I32(
      ir,
      ir.emit3(
        .qemu_cmpxchg, .i32, address.temp, expected.temp, new.temp, constant: operation.rawValue))
  }

  /// The image of a field whose EQ is the opposite of `failed`, with LT and GT clear.
  fileprivate func successImage(_ failed: I32) -> I64 {
    let summary: UInt64 = SO ? 1 << UInt64(ConditionField.overflowBit) : 0
    return failed.zeroExtended | Int(bitPattern: UInt(1 << 63 | summary))
  }
}
