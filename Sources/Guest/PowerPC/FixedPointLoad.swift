import IR

/// Power ISA, Book I, 3.3.2 and 3.3.5: fixed-point load instructions.
let fixedPointLoads: [Instruction] = [
  Instruction("lbz", "Load Byte and Zero", .D(34), "RT, D(RA)") { cpu, i in
    cpu[i.RT] = cpu.load(1, at: cpu[orZero: i.RA] + i.D)
  },

  Instruction(
    "lbzu", "Load Byte and Zero with Update", .D(35), "RT, D(RA)",
    invalid: { $0.RA.number == 0 || $0.RA == $0.RT }
  ) { cpu, i in
    let address = cpu[i.RA] + i.D
    cpu[i.RT] = cpu.load(1, at: address)
    cpu[i.RA] = address
  },

  Instruction("lbzx", "Load Byte and Zero Indexed", .X(31, 87), "RT, RA, RB") { cpu, i in
    cpu[i.RT] = cpu.load(1, at: cpu[orZero: i.RA] + cpu[i.RB])
  },

  Instruction(
    "lbzux", "Load Byte and Zero with Update Indexed", .X(31, 119), "RT, RA, RB",
    invalid: { $0.RA.number == 0 || $0.RA == $0.RT }
  ) { cpu, i in
    let address = cpu[i.RA] + cpu[i.RB]
    cpu[i.RT] = cpu.load(1, at: address)
    cpu[i.RA] = address
  },

  Instruction("lhz", "Load Halfword and Zero", .D(40), "RT, D(RA)") { cpu, i in
    cpu[i.RT] = cpu.load(2, at: cpu[orZero: i.RA] + i.D)
  },

  Instruction(
    "lhzu", "Load Halfword and Zero with Update", .D(41), "RT, D(RA)",
    invalid: { $0.RA.number == 0 || $0.RA == $0.RT }
  ) { cpu, i in
    let address = cpu[i.RA] + i.D
    cpu[i.RT] = cpu.load(2, at: address)
    cpu[i.RA] = address
  },

  Instruction("lhzx", "Load Halfword and Zero Indexed", .X(31, 279), "RT, RA, RB") { cpu, i in
    cpu[i.RT] = cpu.load(2, at: cpu[orZero: i.RA] + cpu[i.RB])
  },

  Instruction(
    "lhzux", "Load Halfword and Zero with Update Indexed", .X(31, 311), "RT, RA, RB",
    invalid: { $0.RA.number == 0 || $0.RA == $0.RT }
  ) { cpu, i in
    let address = cpu[i.RA] + cpu[i.RB]
    cpu[i.RT] = cpu.load(2, at: address)
    cpu[i.RA] = address
  },

  Instruction("lha", "Load Halfword Algebraic", .D(42), "RT, D(RA)") { cpu, i in
    cpu[i.RT] = cpu.load(2, signed: true, at: cpu[orZero: i.RA] + i.D)
  },

  Instruction(
    "lhau", "Load Halfword Algebraic with Update", .D(43), "RT, D(RA)",
    invalid: { $0.RA.number == 0 || $0.RA == $0.RT }
  ) { cpu, i in
    let address = cpu[i.RA] + i.D
    cpu[i.RT] = cpu.load(2, signed: true, at: address)
    cpu[i.RA] = address
  },

  Instruction("lhax", "Load Halfword Algebraic Indexed", .X(31, 343), "RT, RA, RB") { cpu, i in
    cpu[i.RT] = cpu.load(2, signed: true, at: cpu[orZero: i.RA] + cpu[i.RB])
  },

  Instruction(
    "lhaux", "Load Halfword Algebraic with Update Indexed", .X(31, 375), "RT, RA, RB",
    invalid: { $0.RA.number == 0 || $0.RA == $0.RT }
  ) { cpu, i in
    let address = cpu[i.RA] + cpu[i.RB]
    cpu[i.RT] = cpu.load(2, signed: true, at: address)
    cpu[i.RA] = address
  },

  Instruction("lwz", "Load Word and Zero", .D(32), "RT, D(RA)") { cpu, i in
    cpu[i.RT] = cpu.forwardedWord(i.RA, i.D) ?? cpu.load(4, at: cpu[orZero: i.RA] + i.D)
  },

  Instruction(
    "lwzu", "Load Word and Zero with Update", .D(33), "RT, D(RA)",
    invalid: { $0.RA.number == 0 || $0.RA == $0.RT }
  ) { cpu, i in
    let address = cpu[i.RA] + i.D
    cpu[i.RT] = cpu.load(4, at: address)
    cpu[i.RA] = address
  },

  Instruction("lwzx", "Load Word and Zero Indexed", .X(31, 23), "RT, RA, RB") { cpu, i in
    cpu[i.RT] = cpu.load(4, at: cpu[orZero: i.RA] + cpu[i.RB])
  },

  Instruction(
    "lwzux", "Load Word and Zero with Update Indexed", .X(31, 55), "RT, RA, RB",
    invalid: { $0.RA.number == 0 || $0.RA == $0.RT }
  ) { cpu, i in
    let address = cpu[i.RA] + cpu[i.RB]
    cpu[i.RT] = cpu.load(4, at: address)
    cpu[i.RA] = address
  },

  Instruction("lhbrx", "Load Halfword Byte-Reverse Indexed", .X(31, 790), "RT, RA, RB") { cpu, i in
    cpu[i.RT] = cpu.load(2, reversed: true, at: cpu[orZero: i.RA] + cpu[i.RB])
  },

  Instruction("lwbrx", "Load Word Byte-Reverse Indexed", .X(31, 534), "RT, RA, RB") { cpu, i in
    cpu[i.RT] = cpu.load(4, reversed: true, at: cpu[orZero: i.RA] + cpu[i.RB])
  },
]
