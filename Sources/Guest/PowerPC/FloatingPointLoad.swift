import IR

/// Power ISA, Book I, 4.6.2: floating-point load instructions.
let floatingPointLoads: [Instruction] = [
  Instruction("lfs", "Load Floating-Point Single", .D(48), "FRT, D(RA)") { cpu, i in
    cpu.loadSingle(i.FRT, at: cpu[orZero: i.RA] + i.D)
  },

  Instruction(
    "lfsu", "Load Floating-Point Single with Update", .D(49), "FRT, D(RA)",
    invalid: { $0.RA.number == 0 }
  ) { cpu, i in
    cpu.loadSingle(i.FRT, at: cpu[i.RA] + i.D, updating: i.RA)
  },

  Instruction("lfsx", "Load Floating-Point Single Indexed", .X(31, 535), "FRT, RA, RB") { cpu, i in
    cpu.loadSingle(i.FRT, at: cpu[orZero: i.RA] + cpu[i.RB])
  },

  Instruction(
    "lfsux", "Load Floating-Point Single with Update Indexed", .X(31, 567), "FRT, RA, RB",
    invalid: { $0.RA.number == 0 }
  ) { cpu, i in
    cpu.loadSingle(i.FRT, at: cpu[i.RA] + cpu[i.RB], updating: i.RA)
  },

  Instruction("lfd", "Load Floating-Point Double", .D(50), "FRT, D(RA)") { cpu, i in
    if let value = cpu.forwardedDouble(i.RA, i.D) {
      cpu[i.FRT] = value
    } else {
      cpu.loadFloat(i.FRT, at: cpu[orZero: i.RA] + i.D)
    }
  },

  Instruction(
    "lfdu", "Load Floating-Point Double with Update", .D(51), "FRT, D(RA)",
    invalid: { $0.RA.number == 0 }
  ) { cpu, i in
    cpu.loadFloat(i.FRT, at: cpu[i.RA] + i.D, updating: i.RA)
  },

  Instruction("lfdx", "Load Floating-Point Double Indexed", .X(31, 599), "FRT, RA, RB") { cpu, i in
    cpu.loadFloat(i.FRT, at: cpu[orZero: i.RA] + cpu[i.RB])
  },

  Instruction(
    "lfdux", "Load Floating-Point Double with Update Indexed", .X(31, 631), "FRT, RA, RB",
    invalid: { $0.RA.number == 0 }
  ) { cpu, i in
    cpu.loadFloat(i.FRT, at: cpu[i.RA] + cpu[i.RB], updating: i.RA)
  },
]

extension Cpu {
  /// Loads a double; RA, if given, takes the address.
  fileprivate func loadFloat(_ target: FPR, at address: I32, updating register: GPR? = nil) {
    self[target] = F64(ir, loadFloat(.f64, at: address))
    if let register { self[register] = address }
  }

  /// Loads a single, in double format from then on; RA, if given, takes the address.
  ///
  /// The host's conversion would make a signaling NaN quiet: NaNs take the cold way.
  fileprivate func loadSingle(_ target: FPR, at address: I32, updating register: GPR? = nil) {
    if context.pointee.holdsSingles {
      startHolding(target, isNumber: false)
      ir.write(single(target), loadFloat(.f32, at: address))
      if let register { self[register] = address }
      return
    }
    use(.scalar)
    let isNaN = ir.newLabel()
    let single = loadFloat(.f32, at: address)
    ir.brclass(.f32, .nan, single, to: isNaN)
    cold(isNaN) {
      self[target] = callWide(.singleToDouble, F32(ir, single).bits.zeroExtended).asFloat
      if let register { self[register] = address }
      ir.commit()
      chain(to: self.address &+ 4)
    }
    assign(target, single: single)
    if let register { self[register] = address }
  }
}
