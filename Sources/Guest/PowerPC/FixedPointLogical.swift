import IR

/// Power ISA, Book I, 3.3.13: fixed-point logical instructions.
let fixedPointLogical: [Instruction] = [
  Instruction("andi.", "AND Immediate", .D(28), "RA, RS, UI") { cpu, i in
    let result = cpu[i.RS] & cpu.UI(i)
    cpu[i.RA] = result
    cpu.record(true, result)
  },

  Instruction("andis.", "AND Immediate Shifted", .D(29), "RA, RS, UI") { cpu, i in
    let result = cpu[i.RS] & cpu.UI(i) << 16
    cpu[i.RA] = result
    cpu.record(true, result)
  },

  Instruction("ori", "OR Immediate", .D(24), "RA, RS, UI") { cpu, i in
    cpu[i.RA] = cpu[i.RS] | cpu.UI(i)
  },

  Instruction("oris", "OR Immediate Shifted", .D(25), "RA, RS, UI") { cpu, i in
    cpu[i.RA] = cpu[i.RS] | cpu.UI(i) << 16
  },

  Instruction("xori", "XOR Immediate", .D(26), "RA, RS, UI") { cpu, i in
    cpu[i.RA] = cpu[i.RS] ^ cpu.UI(i)
  },

  Instruction("xoris", "XOR Immediate Shifted", .D(27), "RA, RS, UI") { cpu, i in
    cpu[i.RA] = cpu[i.RS] ^ cpu.UI(i) << 16
  },

  Instruction("and[.]", "AND", .X(31, 28), "RA, RS, RB") { cpu, i in
    cpu.assign(i, i.RS == i.RB ? cpu[i.RS] : cpu[i.RS] & cpu[i.RB])
  },

  Instruction("xor[.]", "XOR", .X(31, 316), "RA, RS, RB") { cpu, i in
    cpu.assign(i, i.RS == i.RB ? cpu.constant(0) : cpu[i.RS] ^ cpu[i.RB])
  },

  Instruction("nand[.]", "NAND", .X(31, 476), "RA, RS, RB") { cpu, i in
    cpu.assign(i, i.RS == i.RB ? ~cpu[i.RS] : cpu[i.RS].nand(cpu[i.RB]))
  },

  Instruction("or[.]", "OR", .X(31, 444), "RA, RS, RB") { cpu, i in
    cpu.assign(i, i.RS == i.RB ? cpu[i.RS] : cpu[i.RS] | cpu[i.RB])
  },

  Instruction("nor[.]", "NOR", .X(31, 124), "RA, RS, RB") { cpu, i in
    cpu.assign(i, i.RS == i.RB ? ~cpu[i.RS] : cpu[i.RS].nor(cpu[i.RB]))
  },

  Instruction("andc[.]", "AND with Complement", .X(31, 60), "RA, RS, RB") { cpu, i in
    cpu.assign(i, cpu[i.RS].andNot(cpu[i.RB]))
  },

  Instruction("eqv[.]", "Equivalent", .X(31, 284), "RA, RS, RB") { cpu, i in
    cpu.assign(i, cpu[i.RS].equivalent(cpu[i.RB]))
  },

  Instruction("orc[.]", "OR with Complement", .X(31, 412), "RA, RS, RB") { cpu, i in
    cpu.assign(i, cpu[i.RS].orNot(cpu[i.RB]))
  },

  Instruction("extsb[.]", "Extend Sign Byte", .X(31, 954), "RA, RS") { cpu, i in
    cpu.assign(i, cpu[i.RS].extractSigned(at: 0, length: 8))
  },

  Instruction("extsh[.]", "Extend Sign Halfword", .X(31, 922), "RA, RS") { cpu, i in
    cpu.assign(i, cpu[i.RS].extractSigned(at: 0, length: 16))
  },

  Instruction("cntlzw[.]", "Count Leading Zeros Word", .X(31, 26), "RA, RS") { cpu, i in
    cpu.assign(i, cpu[i.RS].leadingZeros(ifZero: 32))
  },
]

extension Cpu {
  /// `RA <- result`, recorded when Rc is 1.
  fileprivate func assign(_ i: X, _ result: I32) {
    self[i.RA] = result
    record(i.Rc, result)
  }
}
