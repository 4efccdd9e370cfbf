/// A binary floating-point format as a target of rounding. The register form of every result is
/// the double format, also of single-precision results.
struct FloatFormat: BitwiseCopyable {
  /// Bits of the significand, the leading one included.
  let precision: UInt64
  /// Exponent of the least normal number.
  let minimumExponent: Int
  /// The register form of the greatest finite number.
  let greatestFinite: UInt64
  /// What an enabled overflow or underflow adds to or takes from the exponent.
  let exponentAdjustment: Int

  /// Double format.
  static var double: FloatFormat {
    FloatFormat(
      precision: 53, minimumExponent: -1022, greatestFinite: 0x7FEF_FFFF_FFFF_FFFF,
      exponentAdjustment: 1536)
  }

  /// Single format.
  static var single: FloatFormat {
    FloatFormat(
      precision: 24, minimumExponent: -126, greatestFinite: 0x47EF_FFFF_E000_0000,
      exponentAdjustment: 192)
  }

  /// The register form of the least positive normal number.
  var leastNormal: UInt64 { UInt64(bitPattern: Int64(minimumExponent + 1023)) &<< 52 }
}

/// What an instruction leaves in its target register.
public struct FloatResult: Equatable, Sendable, BitwiseCopyable {
  /// The value in register form. Meaningless if the target is not written.
  public let bits: UInt64
  /// False if an enabled invalid operation or zero divide exception suppressed the result.
  public let writesTarget: Bool

  /// A result that is written.
  @inline(__always)
  init(_ bits: UInt64) {
    self.bits = bits
    writesTarget = true
  }

  @inline(__always)
  init(_ bits: UInt64, writesTarget: Bool) {
    self.bits = bits
    self.writesTarget = writesTarget
  }
}

/// A finite number taken apart: (-1)^sign x significand x 2^(exponent - 63).
struct Unpacked: BitwiseCopyable {
  /// 0, or 1 in bit 63.
  var sign: UInt64
  /// Exponent of the number, if the significand is normalised.
  var exponent: Int
  /// Leading one in bit 63 when normalised. As the result of arithmetic, bit 0 may be sticky:
  /// set if anything nonzero was lost below it.
  var significand: UInt64

  /// Takes a finite `bits` apart without normalising: denormal numbers keep the least exponent.
  @inline(__always)
  init(_ bits: UInt64) {
    let field = bits.exponentField
    sign = bits & .signBit
    exponent = Int(truncatingIfNeeded: field | (field == 0 ? 1 : 0)) &- 1023
    significand = (bits & .fractionMask | (field == 0 ? 0 : 1 &<< 52)) &<< 11
  }

  @inline(__always)
  init(sign: UInt64, exponent: Int, significand: UInt64) {
    self.sign = sign
    self.exponent = exponent
    self.significand = significand
  }

  /// The same number with the leading one in bit 63. A zero stays a zero.
  @inline(__always)
  var normalized: Unpacked {
    let shift = significand.leadingZeroBitCount
    return Unpacked(
      sign: sign, exponent: exponent &- shift,
      significand: significand &<< UInt64(truncatingIfNeeded: shift))
  }
}

extension UInt64 {
  /// The sign bit of the double format.
  static var signBit: UInt64 { 0x8000_0000_0000_0000 }
  /// The fraction field of the double format.
  static var fractionMask: UInt64 { 0x000F_FFFF_FFFF_FFFF }
  /// Positive infinity.
  static var infinity: UInt64 { 0x7FF0_0000_0000_0000 }
  /// The bit that makes a NaN quiet.
  static var quietBit: UInt64 { 0x0008_0000_0000_0000 }
  /// The NaN that invalid operations produce.
  static var defaultNaN: UInt64 { 0x7FF8_0000_0000_0000 }

  /// The biased exponent, 0...2047.
  @inline(__always) var exponentField: UInt64 { self &>> 52 & 0x7FF }
  /// Without the sign.
  @inline(__always) var magnitude64: UInt64 { self & ~.signBit }
  /// Infinity or NaN.
  @inline(__always) var isSpecial: Bool { exponentField == 0x7FF }
  /// Either NaN.
  @inline(__always) var isNotANumber: Bool { magnitude64 > .infinity }
  /// A NaN that signals.
  @inline(__always)
  var isSignaling: Bool { isNotANumber && self & .quietBit == 0 }
  /// Either infinity.
  @inline(__always) var isInfinite: Bool { magnitude64 == .infinity }
  /// Either zero.
  @inline(__always) var isZeroNumber: Bool { magnitude64 == 0 }

  /// Shifted right by `count` >= 0, the bits lost gathered ("jammed") in bit 0.
  @inline(__always)
  func shiftedRightSticky(_ count: Int) -> UInt64 {
    if count > 63 { return self == 0 ? 0 : 1 }
    let count = UInt64(truncatingIfNeeded: count)
    let kept = self &>> count
    return kept | (kept &<< count == self ? 0 : 1)
  }
}
