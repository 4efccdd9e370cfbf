import IR

/// Power ISA, Book I, 4.6.6 and 4.6.7: floating-point arithmetic, rounding and conversion.
let floatingPointArithmetic: [Instruction] = floatingPointSums + floatingPointConversions

private let floatingPointSums: [Instruction] = [
  Instruction("fadd[.]", "Floating Add", .A(63, 21), "FRT, FRA, FRB") { cpu, i in
    cpu.float(i, .fadd, i.FRA, i.FRB)
  },

  Instruction("fadds[.]", "Floating Add Single", .A(59, 21), "FRT, FRA, FRB") { cpu, i in
    cpu.float(i, .fadds, i.FRA, i.FRB)
  },

  Instruction("fsub[.]", "Floating Subtract", .A(63, 20), "FRT, FRA, FRB") { cpu, i in
    cpu.float(i, .fsub, i.FRA, i.FRB)
  },

  Instruction("fsubs[.]", "Floating Subtract Single", .A(59, 20), "FRT, FRA, FRB") { cpu, i in
    cpu.float(i, .fsubs, i.FRA, i.FRB)
  },

  Instruction("fmul[.]", "Floating Multiply", .A(63, 25), "FRT, FRA, FRC") { cpu, i in
    cpu.float(i, .fmul, i.FRA, i.FRC)
  },

  Instruction("fmuls[.]", "Floating Multiply Single", .A(59, 25), "FRT, FRA, FRC") { cpu, i in
    cpu.float(i, .fmuls, i.FRA, i.FRC)
  },

  Instruction("fdiv[.]", "Floating Divide", .A(63, 18), "FRT, FRA, FRB") { cpu, i in
    cpu.float(i, .fdiv, i.FRA, i.FRB)
  },

  Instruction("fdivs[.]", "Floating Divide Single", .A(59, 18), "FRT, FRA, FRB") { cpu, i in
    cpu.float(i, .fdivs, i.FRA, i.FRB)
  },

  Instruction("fmadd[.]", "Floating Multiply-Add", .A(63, 29), "FRT, FRA, FRC, FRB") { cpu, i in
    cpu.float(i, .fmadd, i.FRA, i.FRC, i.FRB)
  },

  Instruction("fmadds[.]", "Floating Multiply-Add Single", .A(59, 29), "FRT, FRA, FRC, FRB") {
    cpu, i in
    cpu.float(i, .fmadds, i.FRA, i.FRC, i.FRB)
  },

  Instruction("fmsub[.]", "Floating Multiply-Subtract", .A(63, 28), "FRT, FRA, FRC, FRB") {
    cpu, i in
    cpu.float(i, .fmsub, i.FRA, i.FRC, i.FRB)
  },

  Instruction("fmsubs[.]", "Floating Multiply-Subtract Single", .A(59, 28), "FRT, FRA, FRC, FRB") {
    cpu, i in
    cpu.float(i, .fmsubs, i.FRA, i.FRC, i.FRB)
  },

  Instruction("fnmadd[.]", "Floating Negative Multiply-Add", .A(63, 31), "FRT, FRA, FRC, FRB") {
    cpu, i in
    cpu.float(i, .fnmadd, i.FRA, i.FRC, i.FRB)
  },

  Instruction(
    "fnmadds[.]", "Floating Negative Multiply-Add Single", .A(59, 31), "FRT, FRA, FRC, FRB"
  ) { cpu, i in
    cpu.float(i, .fnmadds, i.FRA, i.FRC, i.FRB)
  },

  Instruction("fnmsub[.]", "Floating Negative Multiply-Subtract", .A(63, 30), "FRT, FRA, FRC, FRB")
  { cpu, i in
    cpu.float(i, .fnmsub, i.FRA, i.FRC, i.FRB)
  },

  Instruction(
    "fnmsubs[.]", "Floating Negative Multiply-Subtract Single", .A(59, 30), "FRT, FRA, FRC, FRB"
  ) { cpu, i in
    cpu.float(i, .fnmsubs, i.FRA, i.FRC, i.FRB)
  },

  Instruction(
    "fsqrt[.]", "Floating Square Root", .A(63, 22), "FRT, FRB",
    feature: .floatingSquareRoot
  ) { cpu, i in
    cpu.float(i, .fsqrt, i.FRB)
  },

  Instruction(
    "fsqrts[.]", "Floating Square Root Single", .A(59, 22), "FRT, FRB",
    feature: .floatingSquareRoot
  ) { cpu, i in
    cpu.float(i, .fsqrts, i.FRB)
  },

  Instruction(
    "fres[.]", "Floating Reciprocal Estimate Single", .A(59, 24), "FRT, FRB",
    feature: .floatingGraphics
  ) { cpu, i in
    cpu.float(i, .fres, i.FRB)
  },

  Instruction(
    "frsqrte[.]", "Floating Reciprocal Square Root Estimate", .A(63, 26), "FRT, FRB",
    feature: .floatingGraphics
  ) { cpu, i in
    cpu.float(i, .frsqrte, i.FRB)
  },
]

private let floatingPointConversions: [Instruction] = [
  Instruction("frsp[.]", "Floating Round to Single-Precision", .X(63, 12), "FRT, FRB") { cpu, i in
    cpu.float(i, .frsp, i.FRB)
  },

  Instruction("fctiw[.]", "Floating Convert To Integer Word", .X(63, 14), "FRT, FRB") { cpu, i in
    cpu.float(i, .fctiw, i.FRB)
  },

  Instruction(
    "fctiwz[.]", "Floating Convert To Integer Word with round toward Zero", .X(63, 15),
    "FRT, FRB"
  ) { cpu, i in
    cpu.float(i, .fctiwz, i.FRB)
  },

  Instruction(
    "frin[.]", "Floating Round to Integer Nearest", .X(63, 392), "FRT, FRB",
    feature: .floatingRound
  ) { cpu, i in
    cpu.float(i, .frin, i.FRB)
  },

  Instruction(
    "friz[.]", "Floating Round to Integer Toward Zero", .X(63, 424), "FRT, FRB",
    feature: .floatingRound
  ) { cpu, i in
    cpu.float(i, .friz, i.FRB)
  },

  Instruction(
    "frip[.]", "Floating Round to Integer Plus", .X(63, 456), "FRT, FRB",
    feature: .floatingRound
  ) { cpu, i in
    cpu.float(i, .frip, i.FRB)
  },

  Instruction(
    "frim[.]", "Floating Round to Integer Minus", .X(63, 488), "FRT, FRB",
    feature: .floatingRound
  ) { cpu, i in
    cpu.float(i, .frim, i.FRB)
  },
]

/// A form whose target is FRT and that can record to CR field 1.
fileprivate protocol FloatingForm: FormFields {}
extension A: FloatingForm {}
extension X: FloatingForm {}

extension Cpu {
  /// `FRT <- helper(operands)`, with FPSCR and what an enabled exception asks for.
  fileprivate func float(
    _ i: some FloatingForm, _ helper: HelperNumber, _ a: FPR, _ b: FPR? = nil, _ c: FPR? = nil
  ) {
    if !i.Rc, floatByHost(i.FRT, helper, a, b, c) { return }
    foldStatus()
    let result = callWide(helper, self[a].bits, b.map { self[$0].bits }, c.map { self[$0].bits })
    raiseFloatingPoint(record: i.Rc) { verdict in
      let suppressed = Int(FloatVerdict.suppressed)
      self[i.FRT] = verdict.select(.eq, suppressed, self[i.FRT].bits, result).asFloat
    }
    self[i.FRT] = result.asFloat
    recordFloat(i.Rc)
  }
}
