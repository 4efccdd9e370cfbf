/// Floating add and subtract (manual 4.2.2.1, "Floating-Point Arithmetic Instructions").
extension SoftwareFloat {
  /// `fadd`: FRA + FRB.
  public static func fadd(_ fpscr: inout FPSCR, FRA: UInt64, FRB: UInt64) -> FloatResult {
    add(FRA, FRB, flip: 0, .double, &fpscr)
  }

  /// `fadds`: FRA + FRB, rounded once, to single.
  public static func fadds(_ fpscr: inout FPSCR, FRA: UInt64, FRB: UInt64) -> FloatResult {
    add(FRA, FRB, flip: 0, .single, &fpscr)
  }

  /// `fsub`: FRA - FRB.
  public static func fsub(_ fpscr: inout FPSCR, FRA: UInt64, FRB: UInt64) -> FloatResult {
    add(FRA, FRB, flip: .signBit, .double, &fpscr)
  }

  /// `fsubs`: FRA - FRB, rounded once, to single.
  public static func fsubs(_ fpscr: inout FPSCR, FRA: UInt64, FRB: UInt64) -> FloatResult {
    add(FRA, FRB, flip: .signBit, .single, &fpscr)
  }

  /// FRA plus FRB, whose sign `flip` inverts unless it is a NaN.
  @inline(__always)
  private static func add(
    _ FRA: UInt64, _ FRB: UInt64, flip: UInt64, _ format: FloatFormat, _ fpscr: inout FPSCR
  ) -> FloatResult {
    if FRA.isSpecial || FRB.isSpecial { return addSpecial(FRA, FRB, flip: flip, &fpscr) }
    let b = FRB ^ flip
    let (large, small) = FRA.magnitude64 < b.magnitude64 ? (b, FRA) : (FRA, b)
    let sum = sum(Unpacked(large), Unpacked(small))
    if sum.significand == 0 {
      return exact((FRA ^ b) & .signBit == 0 ? sum.sign : cancelled(fpscr), &fpscr)
    }
    return round(sum, to: format, &fpscr)
  }

  /// The sum, normalised, of numbers with |large| >= |small|. One bit of headroom above the
  /// significands takes the carry. Ten bits below them keep the sum exact, but for the sticky
  /// bit, wherever a cancellation can move them up.
  @inline(__always)
  private static func sum(_ large: Unpacked, _ small: Unpacked) -> Unpacked {
    let high = large.significand &>> 1
    let low = (small.significand &>> 1).shiftedRightSticky(large.exponent &- small.exponent)
    let total = large.sign == small.sign ? high &+ low : high &- low
    return Unpacked(
      sign: large.sign, exponent: large.exponent &+ 1, significand: total
    ).normalized
  }

  /// The cases with a NaN or an infinity.
  @inline(never)
  private static func addSpecial(
    _ FRA: UInt64, _ FRB: UInt64, flip: UInt64, _ fpscr: inout FPSCR
  ) -> FloatResult {
    if let nan = propagated(FRA, FRB) {
      return notANumber(nan, raising: signaling(FRA, FRB), &fpscr)
    }
    let b = FRB ^ flip
    if FRA.isInfinite && b.isInfinite && FRA != b {
      return notANumber(.defaultNaN, raising: FPSCR.VXISI, &fpscr)
    }
    return exact(FRA.isInfinite ? FRA : b, &fpscr)
  }
}
