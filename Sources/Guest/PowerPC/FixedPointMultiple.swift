import IR

/// Power ISA, Book I, 3.3.6 and 3.3.7: load and store multiple, move assist instructions.
let fixedPointMultiple: [Instruction] = [
  Instruction("lmw", "Load Multiple Word", .D(46), "RT, D(RA)") { cpu, i in
    // RA comes last if it is one of them, so that a fault leaves it as it was.
    let address = cpu[orZero: i.RA] + i.D
    let registers = i.RT.number...31
    for n in registers where n != i.RA.number || n == 0 {
      cpu[GPR(n)] = cpu.load(4, at: address + 4 * (n - i.RT.number))
      cpu.ir.commit()
    }
    if i.RA.number != 0, registers.contains(i.RA.number) {
      cpu[i.RA] = cpu.load(4, at: address + 4 * (i.RA.number - i.RT.number))
    }
  },

  Instruction("stmw", "Store Multiple Word", .D(47), "RS, D(RA)") { cpu, i in
    let address = cpu[orZero: i.RA] + i.D
    for n in i.RS.number...31 {
      cpu.store(4, cpu[GPR(n)], at: address + 4 * (n - i.RS.number))
    }
  },

  Instruction(
    "lswi", "Load String Word Immediate", .X(31, 597), "RT, RA, NB",
    invalid: { wraps(onto: $0.RA, from: $0.RT, $0.NB == 0 ? 32 : $0.NB) }
  ) { cpu, i in
    cpu.moveString(.loadString, i, cpu[orZero: i.RA], cpu.constant(i.NB == 0 ? 32 : i.NB))
  },

  Instruction("lswx", "Load String Word Indexed", .X(31, 533), "RT, RA, RB") { cpu, i in
    // Whether the address is among the registers is known only when it runs.
    cpu.moveString(.loadStringIndexed, i, cpu[orZero: i.RA] + cpu[i.RB], cpu.state(\.xerCount))
  },

  Instruction("stswi", "Store String Word Immediate", .X(31, 725), "RS, RA, NB") { cpu, i in
    cpu.moveString(.storeString, i, cpu[orZero: i.RA], cpu.constant(i.NB == 0 ? 32 : i.NB))
  },

  Instruction("stswx", "Store String Word Indexed", .X(31, 661), "RS, RA, RB") { cpu, i in
    cpu.moveString(.storeString, i, cpu[orZero: i.RA] + cpu[i.RB], cpu.state(\.xerCount))
  },
]

/// Whether a string of bytes, from one register on, ends up in the register of its address.
private func wraps(onto address: GPR, from first: GPR, _ bytes: Int) -> Bool {
  (address.number - first.number) & 31 < (bytes + 3) / 4
}

extension HelperNumber {
  /// The helper of a string instruction that goes by the supervisor's address translation.
  fileprivate var translated: HelperNumber {
    switch self {
    case .loadString: .loadStringTranslated
    case .loadStringIndexed: .loadStringIndexedTranslated
    default: .storeStringTranslated
    }
  }
}

extension Cpu {
  /// A 32-bit field of the state that is not a global.
  func state(_ field: PartialKeyPath<PowerPCState>) -> I32 {
    let offset = UInt32(bitPattern: Int32(PowerPCState.offset(field)))
    return I32(ir, ir.emit1(.ld, .i32, result: .i32, Block.env, constant: offset))
  }

  /// Assigns a 32-bit field of the state that is not a global, at once.
  func setState(_ field: PartialKeyPath<PowerPCState>, _ value: I32) {
    let offset = UInt32(bitPattern: Int32(PowerPCState.offset(field)))
    ir.effect2(.st, .i32, value.temp, Block.env, constant: offset)
  }

  fileprivate func moveString(_ helper: HelperNumber, _ i: X, _ address: I32, _ bytes: I32) {
    attempt(
      isSystem ? helper.translated : helper, address, bytes, constant(Int(i.word >> 11 & 0x7fff)))
  }
}
