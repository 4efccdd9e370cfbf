/// Floating multiply (manual 4.2.2.1).
extension SoftwareFloat {
  /// `fmul`: FRA x FRC.
  public static func fmul(_ fpscr: inout FPSCR, FRA: UInt64, FRC: UInt64) -> FloatResult {
    multiply(FRA, FRC, .double, &fpscr)
  }

  /// `fmuls`: FRA x FRC, rounded once, to single.
  public static func fmuls(_ fpscr: inout FPSCR, FRA: UInt64, FRC: UInt64) -> FloatResult {
    multiply(FRA, FRC, .single, &fpscr)
  }

  @inline(__always)
  private static func multiply(
    _ FRA: UInt64, _ FRC: UInt64, _ format: FloatFormat, _ fpscr: inout FPSCR
  ) -> FloatResult {
    if FRA.isSpecial || FRC.isSpecial { return multiplySpecial(FRA, FRC, &fpscr) }
    let sign = (FRA ^ FRC) & .signBit
    if FRA.isZeroNumber || FRC.isZeroNumber { return exact(sign, &fpscr) }
    let a = Unpacked(FRA).normalized
    let c = Unpacked(FRC).normalized
    let (high, low) = a.significand.multipliedFullWidth(by: c.significand)
    let product = Unpacked(
      sign: sign, exponent: a.exponent &+ c.exponent &+ 1,
      significand: high | (low == 0 ? 0 : 1))
    return round(product.normalized, to: format, &fpscr)
  }

  /// The cases with a NaN or an infinity.
  @inline(never)
  private static func multiplySpecial(
    _ FRA: UInt64, _ FRC: UInt64, _ fpscr: inout FPSCR
  ) -> FloatResult {
    if let nan = propagated(FRA, FRC) {
      return notANumber(nan, raising: signaling(FRA, FRC), &fpscr)
    }
    if FRA.isZeroNumber || FRC.isZeroNumber {
      return notANumber(.defaultNaN, raising: FPSCR.VXIMZ, &fpscr)
    }
    return exact((FRA ^ FRC) & .signBit | .infinity, &fpscr)
  }
}
