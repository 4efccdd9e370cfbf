/// Results that are not rounded: exact ones, NaNs, and those of invalid operations and zero
/// divides (manual 3.3.6.1.1 and 3.3.6.1.2).
extension SoftwareFloat {
  /// An exact result that is a zero, an infinity, a NaN or an operand: FR and FI cleared, FPRF
  /// set, no exception.
  @inline(__always)
  static func exact(_ bits: UInt64, _ fpscr: inout FPSCR) -> FloatResult {
    fpscr.setStatus(resultFlags(bits, .double), mask: FPSCR.FR | FPSCR.FI | FPSCR.FPRF)
    return FloatResult(bits)
  }

  /// A NaN result `bits` with the invalid operation exceptions that go with it, which may be
  /// none. If one occurs and is enabled, FRT and FPRF keep their values.
  @inline(never)
  static func notANumber(
    _ bits: UInt64, raising exceptions: UInt32 = 0, _ fpscr: inout FPSCR
  ) -> FloatResult {
    if exceptions != 0 {
      fpscr.raise(exceptions)
      if fpscr.has(FPSCR.VE) {
        fpscr.setStatus(0, mask: FPSCR.FR | FPSCR.FI)
        return FloatResult(bits, writesTarget: false)
      }
    }
    return exact(bits, &fpscr)
  }

  /// An infinity of sign `sign` out of a zero divisor. If enabled, FRT and FPRF are kept.
  @inline(never)
  static func zeroDivide(sign: UInt64, _ fpscr: inout FPSCR) -> FloatResult {
    fpscr.raise(FPSCR.ZX)
    if fpscr.has(FPSCR.ZE) {
      fpscr.setStatus(0, mask: FPSCR.FR | FPSCR.FI)
      return FloatResult(sign | .infinity, writesTarget: false)
    }
    return exact(sign | .infinity, &fpscr)
  }

  /// A zero from operands that cancel, or that are zeros of different sign: positive, but
  /// negative when rounding toward minus infinity.
  @inline(__always)
  static func cancelled(_ fpscr: FPSCR) -> UInt64 {
    fpscr.roundingMode == .towardNegative ? .signBit : 0
  }

  /// The first NaN of FRA, FRB, FRC, made quiet; nil if there is none. Operands that an
  /// instruction lacks are passed as 0.
  @inline(__always)
  static func propagated(_ FRA: UInt64, _ FRB: UInt64, _ FRC: UInt64 = 0) -> UInt64? {
    if FRA.isNotANumber { return FRA | .quietBit }
    if FRB.isNotANumber { return FRB | .quietBit }
    if FRC.isNotANumber { return FRC | .quietBit }
    return nil
  }

  /// `VXSNAN` if an operand is a signaling NaN, else 0.
  @inline(__always)
  static func signaling(_ FRA: UInt64, _ FRB: UInt64, _ FRC: UInt64 = 0) -> UInt32 {
    FRA.isSignaling || FRB.isSignaling || FRC.isSignaling ? FPSCR.VXSNAN : 0
  }
}
