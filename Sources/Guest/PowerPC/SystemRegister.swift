import IR

/// Power ISA, Book I, 3.3.17 and Book II, 6: moves to and from system registers; and the
/// supervisor's instructions, which user programs may not execute.
let systemRegister: [Instruction] = systemRegisterMoves + supervisorInstructions

private let systemRegisterMoves: [Instruction] = [
  Instruction("mfspr", "Move From Special Purpose Register", .XFX(31, 339), "RT, SPR") { cpu, i in
    guard let value = cpu.specialRegister(i.SPR) else { return cpu.refuse(i.SPR) }
    cpu[i.RT] = value
  },

  Instruction("mtspr", "Move To Special Purpose Register", .XFX(31, 467), "SPR, RS") { cpu, i in
    if !cpu.setSpecialRegister(i.SPR, cpu[i.RS]) { cpu.refuse(i.SPR) }
  },

  Instruction("mftb", "Move From Time Base", .XFX(31, 371), "RT, TBR") { cpu, i in
    guard i.SPR == 268 || i.SPR == 269 else { return cpu.refuse(i.SPR) }
    cpu[i.RT] = cpu.call(.timeBase, cpu.constant(i.SPR == 269 ? 32 : 0))
  },

  Instruction("mfcr", "Move From Condition Register", .XFX(31, 19), "RT") { cpu, i in
    // With bit 11 set it is `mfocrf`: one field.
    guard i.isOne, i.FXM.nonzeroBitCount == 1 else {
      cpu[i.RT] = cpu.call(.packConditionRegister)
      return
    }
    let field = 7 - i.FXM.trailingZeroBitCount
    cpu[i.RT] = cpu.field(field) << (28 - 4 * field)
  },

  Instruction("mtcrf", "Move To Condition Register Fields", .XFX(31, 144), "FXM, RS") { cpu, i in
    let source = cpu[i.RS]
    for field in 0..<8 where i.FXM >> (7 - field) & 1 != 0 {
      cpu.setField(field, source.extract(at: 28 - 4 * field, length: 4))
    }
  },

  Instruction("mcrxr", "Move to Condition Register from XER", .X(31, 512), "BF") { cpu, i in
    cpu.setField(i.BF, cpu.constant(cpu.SO ? 8 : 0) | cpu.OV << 2 | cpu.CA << 1)
    cpu.OV = cpu.constant(0)
    cpu.CA = cpu.constant(0)
    guard cpu.SO else { return }
    cpu.ir.write(Globals.so, cpu.constant(0).temp)
    cpu.endBlock()
  },
]

/// Instructions of the supervisor: privileged in every user program.
private let supervisorInstructions: [Instruction] =
  [
    ("mfmsr", "Move From Machine State Register", "RT", 83),
    ("mtmsr", "Move To Machine State Register", "RS", 146),
    ("mfsr", "Move From Segment Register", "RT, SR", 595),
    ("mfsrin", "Move From Segment Register Indirect", "RT, RB", 659),
    ("mtsr", "Move To Segment Register", "SR, RS", 210),
    ("mtsrin", "Move To Segment Register Indirect", "RS, RB", 242),
    ("tlbie", "TLB Invalidate Entry", "RB", 306),
    ("tlbsync", "TLB Synchronize", "", 566),
  ].map { mnemonic, title, operands, extended in
    Instruction(mnemonic, title, .X(31, UInt32(extended)), operands) { cpu, _ in
      cpu.raise(.privileged)
    }
  } + [
    Instruction("rfi", "Return From Interrupt", .XL(19, 50)) { cpu, _ in cpu.raise(.privileged) }
  ]

/// The special-purpose registers that user programs reach, by number.
private enum UserRegister: Int {
  case XER = 1, LR = 8, CTR = 9, VRSAVE = 256, TB = 268, TBU = 269, PVR = 287
}

extension Cpu {
  /// The contents of a special-purpose register, or nil if user programs cannot read it.
  fileprivate func specialRegister(_ number: Int) -> I32? {
    switch UserRegister(rawValue: number) {
    case .XER: return XER
    case .LR: return LR
    case .CTR: return CTR
    case .VRSAVE: return state(\.vrsave)
    case .TB: return call(.timeBase, constant(0))
    case .TBU: return call(.timeBase, constant(32))
    // Reading PVR is privileged; Linux does it for the program.
    case .PVR: return state(\.pvr)
    case nil: return nil
    }
  }

  /// Writes a special-purpose register; false if user programs cannot.
  fileprivate func setSpecialRegister(_ number: Int, _ value: I32) -> Bool {
    switch UserRegister(rawValue: number) {
    case .XER: setXER(value)
    case .LR: LR = value
    case .CTR: CTR = value
    case .VRSAVE: setState(\.vrsave, value)
    default: return false
    }
    return true
  }

  /// A special-purpose register that is not there for user programs: those whose number has
  /// bit 0 of its low half set belong to the supervisor.
  fileprivate func refuse(_ number: Int) {
    raise(number & 0x10 != 0 ? .privileged : .illegal)
  }

  private var XER: I32 {
    constant(SO ? -0x8000_0000 : 0) | OV << 30 | CA << 29 | state(\.xerCount)
  }

  private func setXER(_ value: I32) {
    OV = value.extract(at: 30, length: 1)
    CA = value.extract(at: 29, length: 1)
    setState(\.xerCount, value & 0x7f)
    ir.commit()
    // SO is part of the block's key: when it changes, the block ends.
    let changed = ir.newLabel()
    ir.brcond(.i32, SO ? .ge : .lt, value.temp, constant(0).temp, to: changed)
    cold(changed) {
      ir.write(Globals.so, constant(SO ? 0 : 1).temp)
      leave(.lookup, at: address &+ 4)
    }
  }
}
