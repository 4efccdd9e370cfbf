/// Floating divide and the reciprocal estimate (manual 4.2.2.1).
extension SoftwareFloat {
  /// `fdiv`: FRA / FRB.
  public static func fdiv(_ fpscr: inout FPSCR, FRA: UInt64, FRB: UInt64) -> FloatResult {
    divide(FRA, FRB, .double, &fpscr)
  }

  /// `fdivs`: FRA / FRB, rounded once, to single.
  public static func fdivs(_ fpscr: inout FPSCR, FRA: UInt64, FRB: UInt64) -> FloatResult {
    divide(FRA, FRB, .single, &fpscr)
  }

  /// `fres`: 1 / FRB. The manual asks for one part in 256; this is the quotient rounded to
  /// single, with the flags of that division, which the manual leaves undefined.
  public static func fres(_ fpscr: inout FPSCR, FRB: UInt64) -> FloatResult {
    divide(one, FRB, .single, &fpscr)
  }

  /// 1.0
  static var one: UInt64 { 0x3FF0_0000_0000_0000 }

  @inline(__always)
  static func divide(
    _ FRA: UInt64, _ FRB: UInt64, _ format: FloatFormat, _ fpscr: inout FPSCR
  ) -> FloatResult {
    if FRA.isSpecial || FRB.isSpecial { return divideSpecial(FRA, FRB, &fpscr) }
    let sign = (FRA ^ FRB) & .signBit
    if FRB.isZeroNumber {
      return FRA.isZeroNumber
        ? notANumber(.defaultNaN, raising: FPSCR.VXZDZ, &fpscr)
        : zeroDivide(sign: sign, &fpscr)
    }
    if FRA.isZeroNumber { return exact(sign, &fpscr) }
    let a = Unpacked(FRA).normalized
    let b = Unpacked(FRB).normalized
    // Half the dividend is less than the divisor, so that the quotient fits one word.
    let (quotient, remainder) = b.significand.dividingFullWidth(
      (a.significand &>> 1, a.significand &<< 63))
    let value = Unpacked(
      sign: sign, exponent: a.exponent &- b.exponent,
      significand: quotient | (remainder == 0 ? 0 : 1))
    return round(value.normalized, to: format, &fpscr)
  }

  /// The cases with a NaN or an infinity.
  @inline(never)
  private static func divideSpecial(
    _ FRA: UInt64, _ FRB: UInt64, _ fpscr: inout FPSCR
  ) -> FloatResult {
    if let nan = propagated(FRA, FRB) {
      return notANumber(nan, raising: signaling(FRA, FRB), &fpscr)
    }
    if FRA.isInfinite && FRB.isInfinite {
      return notANumber(.defaultNaN, raising: FPSCR.VXIDI, &fpscr)
    }
    let sign = (FRA ^ FRB) & .signBit
    return exact(FRA.isInfinite ? sign | .infinity : sign, &fpscr)
  }
}
