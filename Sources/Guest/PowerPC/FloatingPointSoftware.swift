/// The floating-point helpers by the software unit.
extension HelperNumber {
  /// Does an arithmetic operation: operands and their order are the helper's, which are those of
  /// the assembler.
  @inline(__always)
  func software(_ fpscr: inout FPSCR, _ a: UInt64, _ b: UInt64, _ c: UInt64) -> FloatResult {
    switch self {
    case .fadd: SoftwareFloat.fadd(&fpscr, FRA: a, FRB: b)
    case .fadds: SoftwareFloat.fadds(&fpscr, FRA: a, FRB: b)
    case .fsub: SoftwareFloat.fsub(&fpscr, FRA: a, FRB: b)
    case .fsubs: SoftwareFloat.fsubs(&fpscr, FRA: a, FRB: b)
    case .fmul: SoftwareFloat.fmul(&fpscr, FRA: a, FRC: b)
    case .fmuls: SoftwareFloat.fmuls(&fpscr, FRA: a, FRC: b)
    case .fdiv: SoftwareFloat.fdiv(&fpscr, FRA: a, FRB: b)
    case .fdivs: SoftwareFloat.fdivs(&fpscr, FRA: a, FRB: b)
    case .fmadd, .fmadds, .fmsub, .fmsubs, .fnmadd, .fnmadds, .fnmsub, .fnmsubs:
      fused(&fpscr, a, b, c)
    default: unary(&fpscr, a)
    }
  }

  @inline(__always)
  private func fused(
    _ fpscr: inout FPSCR, _ a: UInt64, _ c: UInt64, _ b: UInt64
  ) -> FloatResult {
    switch self {
    case .fmadd: SoftwareFloat.fmadd(&fpscr, FRA: a, FRC: c, FRB: b)
    case .fmadds: SoftwareFloat.fmadds(&fpscr, FRA: a, FRC: c, FRB: b)
    case .fmsub: SoftwareFloat.fmsub(&fpscr, FRA: a, FRC: c, FRB: b)
    case .fmsubs: SoftwareFloat.fmsubs(&fpscr, FRA: a, FRC: c, FRB: b)
    case .fnmadd: SoftwareFloat.fnmadd(&fpscr, FRA: a, FRC: c, FRB: b)
    case .fnmadds: SoftwareFloat.fnmadds(&fpscr, FRA: a, FRC: c, FRB: b)
    case .fnmsub: SoftwareFloat.fnmsub(&fpscr, FRA: a, FRC: c, FRB: b)
    default: SoftwareFloat.fnmsubs(&fpscr, FRA: a, FRC: c, FRB: b)
    }
  }

  @inline(__always)
  private func unary(_ fpscr: inout FPSCR, _ b: UInt64) -> FloatResult {
    switch self {
    case .fsqrt: SoftwareFloat.fsqrt(&fpscr, FRB: b)
    case .fsqrts: SoftwareFloat.fsqrts(&fpscr, FRB: b)
    case .fres: SoftwareFloat.fres(&fpscr, FRB: b)
    case .frsqrte: SoftwareFloat.frsqrte(&fpscr, FRB: b)
    case .frsp: SoftwareFloat.frsp(&fpscr, FRB: b)
    case .fctiw: SoftwareFloat.fctiw(&fpscr, FRB: b)
    case .fctiwz: SoftwareFloat.fctiwz(&fpscr, FRB: b)
    case .frin: SoftwareFloat.frin(&fpscr, FRB: b)
    case .friz: SoftwareFloat.friz(&fpscr, FRB: b)
    case .frip: SoftwareFloat.frip(&fpscr, FRB: b)
    default: SoftwareFloat.frim(&fpscr, FRB: b)
    }
  }
}
