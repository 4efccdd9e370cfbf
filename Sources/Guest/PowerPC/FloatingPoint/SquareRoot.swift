/// Floating square root and the reciprocal square root estimate (manual 4.2.2.1).
extension SoftwareFloat {
  /// `fsqrt`: the square root of FRB.
  public static func fsqrt(_ fpscr: inout FPSCR, FRB: UInt64) -> FloatResult {
    squareRoot(FRB, .double, &fpscr)
  }

  /// `fsqrts`: the square root of FRB, rounded once, to single.
  public static func fsqrts(_ fpscr: inout FPSCR, FRB: UInt64) -> FloatResult {
    squareRoot(FRB, .single, &fpscr)
  }

  /// `frsqrte`: 1 / the square root of FRB. The manual asks for one part in 32; this is the
  /// double quotient of 1 and the double root, each rounded. FI says whether either was
  /// inexact, FR is 0 (the manual leaves both undefined).
  public static func frsqrte(_ fpscr: inout FPSCR, FRB: UInt64) -> FloatResult {
    if FRB.isZeroNumber { return zeroDivide(sign: FRB & .signBit, &fpscr) }
    if FRB & .signBit != 0 || FRB.isNotANumber { return squareRoot(FRB, .double, &fpscr) }
    if FRB.isInfinite { return exact(0, &fpscr) }
    var first = fpscr
    let root = squareRoot(FRB, .double, &first)
    let result = divide(one, root.bits, .double, &fpscr)
    fpscr.setStatus(
      (first.rawValue | fpscr.rawValue) & FPSCR.FI, mask: FPSCR.FR | FPSCR.FI)
    if fpscr.has(FPSCR.FI) { fpscr.raise(FPSCR.XX) }
    return result
  }

  private static func squareRoot(
    _ FRB: UInt64, _ format: FloatFormat, _ fpscr: inout FPSCR
  ) -> FloatResult {
    if FRB.isNotANumber {
      return notANumber(FRB | .quietBit, raising: signaling(0, FRB), &fpscr)
    }
    if FRB.isZeroNumber || FRB == .infinity { return exact(FRB, &fpscr) }
    if FRB & .signBit != 0 { return notANumber(.defaultNaN, raising: FPSCR.VXSQRT, &fpscr) }
    let b = Unpacked(FRB).normalized
    let isOdd = b.exponent & 1 != 0
    let root = Unpacked(
      sign: 0, exponent: b.exponent &>> 1,
      significand: root(isOdd ? b.significand : b.significand &>> 1))
    return round(root, to: format, &fpscr)
  }

  /// The root of `radicand` (a fixed-point number in 1..<4 with 62 fraction bits), 55 digits with
  /// the leading one in bit 63, and a sticky bit. Digit by digit: the schoolbook method.
  private static func root(_ radicand: UInt64) -> UInt64 {
    var rest = radicand
    var root: UInt64 = 0
    var remainder: UInt64 = 0
    for _ in 0..<55 {
      remainder = remainder &<< 2 | rest &>> 62
      rest &<<= 2
      let trial = root &<< 2 | 1
      let fits = remainder >= trial
      remainder &-= fits ? trial : 0
      root = root &<< 1 | (fits ? 1 : 0)
    }
    return root &<< 9 | (remainder == 0 ? 0 : 1)
  }
}
