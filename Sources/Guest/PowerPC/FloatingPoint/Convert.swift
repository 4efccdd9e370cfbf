/// Floating rounding and conversion (manual 4.2.2.3), and rounding to an integral value.
extension SoftwareFloat {
  /// `frsp`: FRB rounded to single. A NaN loses the low 29 bits of its fraction.
  public static func frsp(_ fpscr: inout FPSCR, FRB: UInt64) -> FloatResult {
    if FRB.isNotANumber {
      return notANumber(
        (FRB | .quietBit) & ~0x1FFF_FFFF, raising: signaling(0, FRB), &fpscr)
    }
    if FRB.isInfinite || FRB.isZeroNumber { return exact(FRB, &fpscr) }
    return round(Unpacked(FRB).normalized, to: .single, &fpscr)
  }

  /// `fctiw`: FRB as a 32-bit integer, rounded by RN; see `integer(_:width:_:_:)`.
  public static func fctiw(_ fpscr: inout FPSCR, FRB: UInt64) -> FloatResult {
    integer(FRB, width: 32, rounding(fpscr), &fpscr)
  }

  /// `fctiwz`: FRB as a 32-bit integer, rounded toward zero.
  public static func fctiwz(_ fpscr: inout FPSCR, FRB: UInt64) -> FloatResult {
    integer(FRB, width: 32, .towardZero, &fpscr)
  }

  /// `fctid`: FRB as a 64-bit integer, rounded by RN.
  public static func fctid(_ fpscr: inout FPSCR, FRB: UInt64) -> FloatResult {
    integer(FRB, width: 64, rounding(fpscr), &fpscr)
  }

  /// `fctidz`: FRB as a 64-bit integer, rounded toward zero.
  public static func fctidz(_ fpscr: inout FPSCR, FRB: UInt64) -> FloatResult {
    integer(FRB, width: 64, .towardZero, &fpscr)
  }

  /// `fcfid`: the 64-bit integer in FRB as a double.
  public static func fcfid(_ fpscr: inout FPSCR, FRB: UInt64) -> FloatResult {
    if FRB == 0 { return exact(0, &fpscr) }
    let sign = FRB & .signBit
    let number = Unpacked(sign: sign, exponent: 63, significand: sign == 0 ? FRB : 0 &- FRB)
    return round(number.normalized, to: .double, &fpscr)
  }

  /// `frin`: FRB rounded to an integral value, ties away from zero.
  public static func frin(_ fpscr: inout FPSCR, FRB: UInt64) -> FloatResult {
    integral(FRB, .nearestAway, &fpscr)
  }

  /// `friz`: FRB rounded to an integral value toward zero.
  public static func friz(_ fpscr: inout FPSCR, FRB: UInt64) -> FloatResult {
    integral(FRB, .towardZero, &fpscr)
  }

  /// `frip`: FRB rounded to an integral value toward positive infinity.
  public static func frip(_ fpscr: inout FPSCR, FRB: UInt64) -> FloatResult {
    integral(FRB, .towardPositive, &fpscr)
  }

  /// `frim`: FRB rounded to an integral value toward negative infinity.
  public static func frim(_ fpscr: inout FPSCR, FRB: UInt64) -> FloatResult {
    integral(FRB, .towardNegative, &fpscr)
  }
}

// MARK: - To integers

/// How a number is rounded to an integer: the modes of RN, and that of `frin`.
private enum IntegerRounding {
  case nearest, towardZero, towardPositive, towardNegative, nearestAway
}

/// A magnitude rounded to an integer.
private struct RoundedMagnitude {
  /// The integer; `UInt64.max` stands for all that do not fit 64 bits.
  var magnitude: UInt64
  var isInexact: Bool
  var isIncremented: Bool
}

extension SoftwareFloat {
  private static func rounding(_ fpscr: FPSCR) -> IntegerRounding {
    switch fpscr.roundingMode {
    case .nearest: .nearest
    case .towardZero: .towardZero
    case .towardPositive: .towardPositive
    case .towardNegative: .towardNegative
    }
  }

  /// Rounds a finite number to an integer of the same sign.
  private static func roundedMagnitude(
    _ bits: UInt64, _ mode: IntegerRounding
  ) -> RoundedMagnitude {
    let value = Unpacked(bits)
    if value.exponent > 63 {
      return RoundedMagnitude(magnitude: .max, isInexact: false, isIncremented: false)
    }
    // The point between two words: the integer, and the fraction with a sticky bit.
    let isLarge = value.exponent >= 0
    let whole = isLarge ? value.significand >> (63 - value.exponent) : 0
    let fraction =
      isLarge
      ? value.significand << (value.exponent + 1)
      : value.significand.shiftedRightSticky(-1 - value.exponent)
    let half: UInt64 = 1 &<< 63
    let up =
      switch mode {
      case .nearest: fraction > half || (fraction == half && whole & 1 != 0)
      case .towardZero: false
      case .towardPositive: fraction != 0 && value.sign == 0
      case .towardNegative: fraction != 0 && value.sign != 0
      case .nearestAway: fraction >= half
      }
    return RoundedMagnitude(
      magnitude: whole &+ (up ? 1 : 0), isInexact: fraction != 0, isIncremented: up)
  }

  /// FRB as a signed integer of `width` bits (32 or 64). What the manual leaves undefined is as in
  /// QEMU: FPRF is kept, but says NaN after an invalid operation; the high word of a 32-bit result
  /// is the sign of the integer, but zero for a NaN.
  private static func integer(
    _ FRB: UInt64, width: UInt64, _ mode: IntegerRounding, _ fpscr: inout FPSCR
  ) -> FloatResult {
    let least: UInt64 = 0 &- 1 &<< (width &- 1)
    if FRB.isNotANumber {
      let indefinite = width == 32 ? least & 0xFFFF_FFFF : least
      return integerInvalid(indefinite, raising: FPSCR.VXCVI | signaling(0, FRB), &fpscr)
    }
    let rounded = roundedMagnitude(FRB, mode)
    let isNegative = FRB & .signBit != 0
    let limit = isNegative ? 0 &- least : ~least
    if rounded.magnitude > limit {
      return integerInvalid(isNegative ? least : ~least, raising: FPSCR.VXCVI, &fpscr)
    }
    fpscr.setStatus(
      (rounded.isInexact ? FPSCR.FI : 0) | (rounded.isIncremented ? FPSCR.FR : 0),
      mask: FPSCR.FR | FPSCR.FI)
    if rounded.isInexact { fpscr.raise(FPSCR.XX) }
    return FloatResult(isNegative ? 0 &- rounded.magnitude : rounded.magnitude)
  }

  private static func integerInvalid(
    _ bits: UInt64, raising exceptions: UInt32, _ fpscr: inout FPSCR
  ) -> FloatResult {
    let flagged = notANumber(.defaultNaN, raising: exceptions, &fpscr)
    return FloatResult(bits, writesTarget: flagged.writesTarget)
  }

  /// FRB rounded to an integral value. Never inexact: FR and FI are cleared, XX is kept.
  private static func integral(
    _ FRB: UInt64, _ mode: IntegerRounding, _ fpscr: inout FPSCR
  ) -> FloatResult {
    if FRB.isNotANumber {
      return notANumber(FRB | .quietBit, raising: signaling(0, FRB), &fpscr)
    }
    if FRB.exponentField >= 1023 + 52 { return exact(FRB, &fpscr) }
    let magnitude = roundedMagnitude(FRB, mode).magnitude
    if magnitude == 0 { return exact(FRB & .signBit, &fpscr) }
    let shift = magnitude.leadingZeroBitCount
    let fraction = (magnitude << shift) >> 11
    let bits = UInt64(truncatingIfNeeded: 1022 + 63 - shift) &<< 52 &+ fraction
    return exact(FRB & .signBit | bits, &fpscr)
  }
}
