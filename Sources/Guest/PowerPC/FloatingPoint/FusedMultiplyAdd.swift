/// Floating multiply-add (manual 4.2.2.2): one rounding of the exact (FRA x FRC) +- FRB.
extension SoftwareFloat {
  /// `fmadd`: (FRA x FRC) + FRB.
  public static func fmadd(
    _ fpscr: inout FPSCR, FRA: UInt64, FRC: UInt64, FRB: UInt64
  ) -> FloatResult {
    multiplyAdd(FRA, FRC, FRB, flip: 0, negated: 0, .double, &fpscr)
  }

  /// `fmadds`: `fmadd` rounded to single.
  public static func fmadds(
    _ fpscr: inout FPSCR, FRA: UInt64, FRC: UInt64, FRB: UInt64
  ) -> FloatResult {
    multiplyAdd(FRA, FRC, FRB, flip: 0, negated: 0, .single, &fpscr)
  }

  /// `fmsub`: (FRA x FRC) - FRB.
  public static func fmsub(
    _ fpscr: inout FPSCR, FRA: UInt64, FRC: UInt64, FRB: UInt64
  ) -> FloatResult {
    multiplyAdd(FRA, FRC, FRB, flip: .signBit, negated: 0, .double, &fpscr)
  }

  /// `fmsubs`: `fmsub` rounded to single.
  public static func fmsubs(
    _ fpscr: inout FPSCR, FRA: UInt64, FRC: UInt64, FRB: UInt64
  ) -> FloatResult {
    multiplyAdd(FRA, FRC, FRB, flip: .signBit, negated: 0, .single, &fpscr)
  }

  /// `fnmadd`: -((FRA x FRC) + FRB), negated after rounding; a NaN keeps its sign.
  public static func fnmadd(
    _ fpscr: inout FPSCR, FRA: UInt64, FRC: UInt64, FRB: UInt64
  ) -> FloatResult {
    multiplyAdd(FRA, FRC, FRB, flip: 0, negated: .signBit, .double, &fpscr)
  }

  /// `fnmadds`: `fnmadd` rounded to single.
  public static func fnmadds(
    _ fpscr: inout FPSCR, FRA: UInt64, FRC: UInt64, FRB: UInt64
  ) -> FloatResult {
    multiplyAdd(FRA, FRC, FRB, flip: 0, negated: .signBit, .single, &fpscr)
  }

  /// `fnmsub`: -((FRA x FRC) - FRB), negated after rounding; a NaN keeps its sign.
  public static func fnmsub(
    _ fpscr: inout FPSCR, FRA: UInt64, FRC: UInt64, FRB: UInt64
  ) -> FloatResult {
    multiplyAdd(FRA, FRC, FRB, flip: .signBit, negated: .signBit, .double, &fpscr)
  }

  /// `fnmsubs`: `fnmsub` rounded to single.
  public static func fnmsubs(
    _ fpscr: inout FPSCR, FRA: UInt64, FRC: UInt64, FRB: UInt64
  ) -> FloatResult {
    multiplyAdd(FRA, FRC, FRB, flip: .signBit, negated: .signBit, .single, &fpscr)
  }
}

// MARK: - The exact sum

/// A finite number with a significand wide enough for an exact product:
/// (-1)^sign x significand x 2^(exponent - 126). Normalised: leading one in bit 126, which leaves
/// a bit for the carry of a sum; a zero has the least exponent.
private struct Wide: BitwiseCopyable {
  var sign: UInt64
  var exponent: Int
  var significand: UInt128

  /// `significand` (with its binary point after bit 126 at `exponent`), normalised.
  @inline(__always)
  init(sign: UInt64, exponent: Int, significand: UInt128) {
    let shift = significand.leadingZeroBitCount &- 1
    self.sign = sign
    self.exponent = significand == 0 ? -1 &<< 20 : exponent &- shift
    self.significand = shift < 0 ? significand &>> 1 : significand &<< UInt128(shift)
  }

  /// Whether the magnitude is less than that of `other`.
  @inline(__always)
  func isSmaller(than other: Wide) -> Bool {
    exponent < other.exponent
      || (exponent == other.exponent && significand < other.significand)
  }

  /// The sum of numbers with |self| >= |small|, as far as rounding can tell, normalised. The 21
  /// empty bits below an exact product, or 74 below an addend, keep it exact but for the sticky
  /// bit wherever a cancellation can move them up.
  @inline(__always)
  func adding(_ small: Wide) -> Unpacked {
    let distance = exponent &- small.exponent
    var low = distance > 127 ? 0 : small.significand &>> UInt128(distance)
    let restored = distance > 127 ? 0 : low &<< UInt128(distance)
    low |= restored == small.significand ? 0 : 1
    let total = sign == small.sign ? significand &+ low : significand &- low
    let shift = total.leadingZeroBitCount
    let top = total &<< UInt128(shift & 127)
    let high = UInt64(truncatingIfNeeded: top &>> 64)
    let rest = UInt64(truncatingIfNeeded: top)
    return Unpacked(
      sign: sign, exponent: exponent &+ 1 &- shift, significand: high | (rest == 0 ? 0 : 1))
  }
}

extension SoftwareFloat {
  @inline(__always)
  private static func multiplyAdd(
    _ FRA: UInt64, _ FRC: UInt64, _ FRB: UInt64, flip: UInt64, negated: UInt64,
    _ format: FloatFormat, _ fpscr: inout FPSCR
  ) -> FloatResult {
    if FRA.isSpecial || FRB.isSpecial || FRC.isSpecial {
      return multiplyAddSpecial(FRA, FRC, FRB, flip: flip, negated: negated, &fpscr)
    }
    let sum = exactSum(FRA, FRC, FRB ^ flip)
    if sum.significand == 0 {
      let productSign = (FRA ^ FRC) & .signBit
      let isSameSign = productSign == (FRB ^ flip) & .signBit
      return exact((isSameSign ? productSign : cancelled(fpscr)) ^ negated, &fpscr)
    }
    return round(sum, to: format, negated: negated, &fpscr)
  }

  /// (FRA x FRC) + FRB of finite numbers.
  private static func exactSum(_ FRA: UInt64, _ FRC: UInt64, _ FRB: UInt64) -> Unpacked {
    let a = Unpacked(FRA)
    let b = Unpacked(FRB)
    let c = Unpacked(FRC)
    let (high, low) = a.significand.multipliedFullWidth(by: c.significand)
    let product = Wide(
      sign: a.sign ^ c.sign, exponent: a.exponent &+ c.exponent,
      significand: UInt128(high) &<< 64 | UInt128(low))
    let addend = Wide(
      sign: b.sign, exponent: b.exponent, significand: UInt128(b.significand) &<< 63)
    return product.isSmaller(than: addend) ? addend.adding(product) : product.adding(addend)
  }

  /// The cases with a NaN or an infinity.
  @inline(never)
  private static func multiplyAddSpecial(
    _ FRA: UInt64, _ FRC: UInt64, _ FRB: UInt64, flip: UInt64, negated: UInt64,
    _ fpscr: inout FPSCR
  ) -> FloatResult {
    let isZeroTimesInfinity =
      (FRA.isInfinite && FRC.isZeroNumber) || (FRA.isZeroNumber && FRC.isInfinite)
    var exceptions = signaling(FRA, FRB, FRC) | (isZeroTimesInfinity ? FPSCR.VXIMZ : 0)
    if let nan = propagated(FRA, FRB, FRC) {
      return notANumber(nan, raising: exceptions, &fpscr)
    }
    let product = (FRA ^ FRC) & .signBit | .infinity
    let isInfiniteProduct = FRA.isInfinite || FRC.isInfinite
    if isInfiniteProduct && FRB.isInfinite && product != FRB ^ flip && exceptions == 0 {
      exceptions = FPSCR.VXISI
    }
    if exceptions != 0 { return notANumber(.defaultNaN, raising: exceptions, &fpscr) }
    return exact((isInfiniteProduct ? product : FRB ^ flip) ^ negated, &fpscr)
  }
}
