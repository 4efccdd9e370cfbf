import IR

/// Power ISA, Book I, 2.5 and 2.6: condition register logical and move instructions.
let conditionRegisterLogical: [Instruction] = [
  Instruction("crand", "Condition Register AND", .XL(19, 257), "BT, BA, BB") { cpu, i in
    cpu.setBit(i.BT, cpu.bit(i.BA) & cpu.bit(i.BB))
  },

  Instruction("cror", "Condition Register OR", .XL(19, 449), "BT, BA, BB") { cpu, i in
    cpu.setBit(i.BT, cpu.bit(i.BA) | cpu.bit(i.BB))
  },

  Instruction("crxor", "Condition Register XOR", .XL(19, 193), "BT, BA, BB") { cpu, i in
    cpu.setBit(i.BT, i.BA == i.BB ? cpu.constant(0) : cpu.bit(i.BA) ^ cpu.bit(i.BB))
  },

  Instruction("crnand", "Condition Register NAND", .XL(19, 225), "BT, BA, BB") { cpu, i in
    cpu.setBit(i.BT, (cpu.bit(i.BA) & cpu.bit(i.BB)) ^ 1)
  },

  Instruction("crnor", "Condition Register NOR", .XL(19, 33), "BT, BA, BB") { cpu, i in
    cpu.setBit(i.BT, (cpu.bit(i.BA) | cpu.bit(i.BB)) ^ 1)
  },

  Instruction("creqv", "Condition Register Equivalent", .XL(19, 289), "BT, BA, BB") { cpu, i in
    cpu.setBit(i.BT, i.BA == i.BB ? cpu.constant(1) : cpu.bit(i.BA) ^ cpu.bit(i.BB) ^ 1)
  },

  Instruction("crandc", "Condition Register AND with Complement", .XL(19, 129), "BT, BA, BB") {
    cpu, i in
    cpu.setBit(i.BT, cpu.bit(i.BA) & (cpu.bit(i.BB) ^ 1))
  },

  Instruction("crorc", "Condition Register OR with Complement", .XL(19, 417), "BT, BA, BB") {
    cpu, i in
    cpu.setBit(i.BT, cpu.bit(i.BA) | (cpu.bit(i.BB) ^ 1))
  },

  Instruction("mcrf", "Move Condition Register Field", .XL(19, 0), "BF, BFA") { cpu, i in
    cpu.setFieldImage(i.BF, cpu.fieldImage(i.BFA))
  },
]
