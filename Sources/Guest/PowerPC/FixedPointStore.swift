import IR

/// Power ISA, Book I, 3.3.3 and 3.3.5: fixed-point store instructions.
let fixedPointStores: [Instruction] = [
  Instruction("stb", "Store Byte", .D(38), "RS, D(RA)") { cpu, i in
    cpu.store(1, cpu[i.RS], i.RA, i.D)
  },

  Instruction(
    "stbu", "Store Byte with Update", .D(39), "RS, D(RA)",
    invalid: { $0.RA.number == 0 }
  ) { cpu, i in
    let address = cpu[i.RA] + i.D
    cpu.store(1, cpu[i.RS], at: address)
    cpu[i.RA] = address
  },

  Instruction("stbx", "Store Byte Indexed", .X(31, 215), "RS, RA, RB") { cpu, i in
    cpu.store(1, cpu[i.RS], at: cpu[orZero: i.RA] + cpu[i.RB])
  },

  Instruction(
    "stbux", "Store Byte with Update Indexed", .X(31, 247), "RS, RA, RB",
    invalid: { $0.RA.number == 0 }
  ) { cpu, i in
    let address = cpu[i.RA] + cpu[i.RB]
    cpu.store(1, cpu[i.RS], at: address)
    cpu[i.RA] = address
  },

  Instruction("sth", "Store Halfword", .D(44), "RS, D(RA)") { cpu, i in
    cpu.store(2, cpu[i.RS], i.RA, i.D)
  },

  Instruction(
    "sthu", "Store Halfword with Update", .D(45), "RS, D(RA)",
    invalid: { $0.RA.number == 0 }
  ) { cpu, i in
    let address = cpu[i.RA] + i.D
    cpu.store(2, cpu[i.RS], at: address)
    cpu[i.RA] = address
  },

  Instruction("sthx", "Store Halfword Indexed", .X(31, 407), "RS, RA, RB") { cpu, i in
    cpu.store(2, cpu[i.RS], at: cpu[orZero: i.RA] + cpu[i.RB])
  },

  Instruction(
    "sthux", "Store Halfword with Update Indexed", .X(31, 439), "RS, RA, RB",
    invalid: { $0.RA.number == 0 }
  ) { cpu, i in
    let address = cpu[i.RA] + cpu[i.RB]
    cpu.store(2, cpu[i.RS], at: address)
    cpu[i.RA] = address
  },

  Instruction("stw", "Store Word", .D(36), "RS, D(RA)") { cpu, i in
    cpu.storeWord(i)
  },

  Instruction(
    "stwu", "Store Word with Update", .D(37), "RS, D(RA)",
    invalid: { $0.RA.number == 0 }
  ) { cpu, i in
    let address = cpu[i.RA] + i.D
    cpu.store(4, cpu[i.RS], at: address)
    cpu[i.RA] = address
  },

  Instruction("stwx", "Store Word Indexed", .X(31, 151), "RS, RA, RB") { cpu, i in
    cpu.store(4, cpu[i.RS], at: cpu[orZero: i.RA] + cpu[i.RB])
  },

  Instruction(
    "stwux", "Store Word with Update Indexed", .X(31, 183), "RS, RA, RB",
    invalid: { $0.RA.number == 0 }
  ) { cpu, i in
    let address = cpu[i.RA] + cpu[i.RB]
    cpu.store(4, cpu[i.RS], at: address)
    cpu[i.RA] = address
  },

  Instruction("sthbrx", "Store Halfword Byte-Reverse Indexed", .X(31, 918), "RS, RA, RB") {
    cpu, i in
    cpu.store(2, cpu[i.RS], reversed: true, at: cpu[orZero: i.RA] + cpu[i.RB])
  },

  Instruction("stwbrx", "Store Word Byte-Reverse Indexed", .X(31, 662), "RS, RA, RB") { cpu, i in
    cpu.store(4, cpu[i.RS], reversed: true, at: cpu[orZero: i.RA] + cpu[i.RB])
  },
]
