import IR

/// Power ISA, Book I, 4.6.3: floating-point store instructions.
let floatingPointStores: [Instruction] = [
  Instruction("stfs", "Store Floating-Point Single", .D(52), "FRS, D(RA)") { cpu, i in
    cpu.storing(i.RA, i.D, 4)
    cpu.storeSingle(i.FRS, at: cpu[orZero: i.RA] + i.D)
  },

  Instruction(
    "stfsu", "Store Floating-Point Single with Update", .D(53), "FRS, D(RA)",
    invalid: { $0.RA.number == 0 }
  ) { cpu, i in
    cpu.storeSingle(i.FRS, at: cpu[i.RA] + i.D, updating: i.RA)
  },

  Instruction("stfsx", "Store Floating-Point Single Indexed", .X(31, 663), "FRS, RA, RB") {
    cpu, i in
    cpu.storeSingle(i.FRS, at: cpu[orZero: i.RA] + cpu[i.RB])
  },

  Instruction(
    "stfsux", "Store Floating-Point Single with Update Indexed", .X(31, 695), "FRS, RA, RB",
    invalid: { $0.RA.number == 0 }
  ) { cpu, i in
    cpu.storeSingle(i.FRS, at: cpu[i.RA] + cpu[i.RB], updating: i.RA)
  },

  Instruction("stfd", "Store Floating-Point Double", .D(54), "FRS, D(RA)") { cpu, i in
    cpu.storing(i.RA, i.D, 8)
    let double = cpu.copy(of: i.FRS)
    cpu.storeFloat(.f64, double.temp, at: cpu[orZero: i.RA] + i.D)
    cpu.noteStored(i.RA, i.D, 8, double.temp)
  },

  Instruction(
    "stfdu", "Store Floating-Point Double with Update", .D(55), "FRS, D(RA)",
    invalid: { $0.RA.number == 0 }
  ) { cpu, i in
    cpu.storeFloat(i.FRS, at: cpu[i.RA] + i.D, updating: i.RA)
  },

  Instruction("stfdx", "Store Floating-Point Double Indexed", .X(31, 727), "FRS, RA, RB") {
    cpu, i in
    cpu.storeFloat(i.FRS, at: cpu[orZero: i.RA] + cpu[i.RB])
  },

  Instruction(
    "stfdux", "Store Floating-Point Double with Update Indexed", .X(31, 759), "FRS, RA, RB",
    invalid: { $0.RA.number == 0 }
  ) { cpu, i in
    cpu.storeFloat(i.FRS, at: cpu[i.RA] + cpu[i.RB], updating: i.RA)
  },

  Instruction(
    "stfiwx", "Store Floating-Point as Integer Word Indexed", .X(31, 983), "FRS, RA, RB",
    feature: .floatingGraphics
  ) { cpu, i in
    let address = cpu[orZero: i.RA] + cpu[i.RB]
    cpu.store(4, cpu[i.FRS].bits.low, at: address, alignment: cpu.floatAlignment)
  },
]

extension Cpu {
  /// Stores a double; RA, if given, takes the address.
  fileprivate func storeFloat(_ source: FPR, at address: I32, updating register: GPR? = nil) {
    storeFloat(.f64, self[source].temp, at: address)
    if let register { self[register] = address }
  }

  /// Stores in single format, without rounding; RA, if given, takes the address.
  ///
  /// What is known as a single is stored so. Of the others, numbers that are denormal as singles or
  /// smaller take the cold way.
  fileprivate func storeSingle(_ source: FPR, at address: I32, updating register: GPR? = nil) {
    let single = context.pointee.singles[source.number]
    if single != 0 {
      storeFloat(.f32, single, at: address)
      if let register { self[register] = address }
      return
    }
    let bits = self[source].bits
    let small = ir.newLabel(), next = context.pointee.nextStore
    let leastNormal = ir.i64(UInt64(897) << 53 - 1)
    ir.brcond(.i64, .ltu, ((bits << 1) - 1).temp, leastNormal.temp, to: small)
    cold(small) {
      store(4, callWide(.doubleToSingle, bits).low, at: address, alignment: floatAlignment)
      if let register { self[register] = address }
      ir.commit()
      chain(to: self.address &+ 4)
    }
    context.pointee.nextStore = next
    let word = bits.high & Int(bitPattern: 0xc000_0000) | bits.shiftedRight(29).low & 0x3fff_ffff
    store(4, word, at: address, alignment: floatAlignment)
    if let register { self[register] = address }
  }
}
