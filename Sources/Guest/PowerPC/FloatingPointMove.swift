import IR

/// Power ISA, Book I, 4.6.5 and 4.6.9: floating-point move and select instructions.
let floatingPointMoves: [Instruction] = [
  Instruction("fmr[.]", "Floating Move Register", .X(63, 72), "FRT, FRB") { cpu, i in
    cpu.move(i)
  },

  Instruction("fneg[.]", "Floating Negate", .X(63, 40), "FRT, FRB") { cpu, i in
    cpu[i.FRT] = cpu[i.FRB].negated
    cpu.recordFloat(i.Rc)
  },

  Instruction("fabs[.]", "Floating Absolute Value", .X(63, 264), "FRT, FRB") { cpu, i in
    cpu[i.FRT] = cpu[i.FRB].magnitude
    cpu.recordFloat(i.Rc)
  },

  Instruction("fnabs[.]", "Floating Negative Absolute Value", .X(63, 136), "FRT, FRB") { cpu, i in
    cpu[i.FRT] = cpu[i.FRB].magnitude.negated
    cpu.recordFloat(i.Rc)
  },

  Instruction(
    "fsel[.]", "Floating Select", .A(63, 23), "FRT, FRA, FRC, FRB",
    feature: .floatingGraphics
  ) { cpu, i in
    // FRC for positive numbers and both zeros; FRB for negative numbers and NaNs.
    let a = cpu[i.FRA], b = cpu[i.FRB], c = cpu[i.FRC]
    cpu.use(.scalar)
    cpu[i.FRT] = c.chosen(ifAtLeastZero: a, else: b)
    cpu.recordFloat(i.Rc)
  },
]

extension Cpu {
  fileprivate func move(_ i: X) {
    if isHeld(i.FRB) {
      let isNumber = context.pointee.maybeNaN >> UInt32(i.FRB.number) & 1 == 0
      if i.FRT != i.FRB { hold(i.FRT, single(i.FRB), isNumber: isNumber) }
    } else {
      let single = context.pointee.singles[i.FRB.number]
      self[i.FRT] = self[i.FRB]
      context.pointee.singles[i.FRT.number] = single
    }
    recordFloat(i.Rc)
  }

  /// Sets CR field 1 to FX, FEX, VX and OX when the instruction's `Rc` bit is 1.
  func recordFloat(_ rc: Bool) {
    guard rc else { return }
    foldStatus()
    setField(1, state(\.storedFPSCR).shiftedRight(28))
  }
}
