/// The software floating-point unit: every arithmetic instruction, bit by bit, in integers.
///
/// Each function takes the register operands under the manual's names, updates the FPSCR as the
/// manual's "Special Registers Altered" says, and returns what goes into FRT. The functions are
/// spread over the files of this folder by topic; this one rounds (manual 3.3.5 and 3.3.6).
public enum SoftwareFloat {}

extension SoftwareFloat {
  /// Rounds an exact nonzero normalised `value` to `format` and finishes the instruction:
  /// FR, FI, XX, OX, UX and FPRF. `negated` turns the sign after rounding (fnmadd, fnmsub).
  /// An adjusted exponent that leaves the double format, which only single-precision instructions
  /// on operands that are no singles can produce, wraps around.
  @inline(__always)
  static func round(
    _ value: Unpacked, to format: FloatFormat, negated: UInt64 = 0, _ fpscr: inout FPSCR
  ) -> FloatResult {
    var exponent = value.exponent
    var significand = value.significand
    var exceptions: UInt32 = 0
    let isTiny = exponent < format.minimumExponent
    var isAdjusted = false
    if isTiny {
      if fpscr.has(FPSCR.UE) {
        isAdjusted = true
        exceptions = FPSCR.UX
        exponent &+= format.exponentAdjustment
      } else {
        significand = significand.shiftedRightSticky(format.minimumExponent &- exponent)
        exponent = format.minimumExponent
      }
    }

    let dropped = 64 &- format.precision
    let rest = significand & ((1 &<< dropped) &- 1)
    var kept = significand &>> dropped
    let increment = increments(
      rest, half: 1 &<< (dropped &- 1), odd: kept & 1, sign: value.sign, fpscr.roundingMode)
    kept &+= increment ? 1 : 0
    var bits = pack(kept, exponent, format)
    var status = (rest != 0 ? FPSCR.FI : 0) | (increment ? FPSCR.FR : 0)
    if rest != 0 { exceptions |= isTiny ? FPSCR.XX | FPSCR.UX : FPSCR.XX }
    if bits > format.greatestFinite && !isTiny {
      isAdjusted = overflow(&bits, &status, &exceptions, sign: value.sign, format, fpscr)
    }
    bits = bits & ~.signBit | value.sign ^ negated
    let flags = isAdjusted ? normalFlags(bits) : resultFlags(bits, format)
    fpscr.setStatus(status | flags, mask: FPSCR.FR | FPSCR.FI | FPSCR.FPRF)
    if exceptions != 0 { fpscr.raise(exceptions) }
    return FloatResult(bits)
  }

  /// Whether the discarded `rest` (with `half` a unit of the last place) moves the magnitude up.
  @inline(__always)
  static func increments(
    _ rest: UInt64, half: UInt64, odd: UInt64, sign: UInt64, _ mode: RoundingMode
  ) -> Bool {
    switch mode {
    case .nearest: rest > half || (rest == half && odd != 0)
    case .towardZero: false
    case .towardPositive: rest != 0 && sign == 0
    case .towardNegative: rest != 0 && sign != 0
    }
  }

  /// Register form of `kept` units of the last place at `exponent`. `kept` includes the leading
  /// one, which adds itself to the exponent field, as a carry out of rounding does.
  @inline(__always)
  private static func pack(_ kept: UInt64, _ exponent: Int, _ format: FloatFormat) -> UInt64 {
    let fraction = kept &<< (53 &- format.precision)
    if format.precision < 53 && fraction < 1 &<< 52 {
      // A single denormal number is normal in the register.
      if fraction == 0 { return 0 }
      let shift = fraction.leadingZeroBitCount &- 11
      return field(exponent &- shift) &+ fraction &<< UInt64(truncatingIfNeeded: shift)
    }
    return field(exponent) &+ fraction
  }

  /// Exponent field, less one for the leading one that is added to it.
  @inline(__always)
  private static func field(_ exponent: Int) -> UInt64 {
    UInt64(truncatingIfNeeded: exponent &+ 1022) &<< 52
  }

  /// Overflow (3.3.6.1.4): the adjusted exponent if enabled, else infinity or the greatest
  /// finite number. FR, which the manual leaves undefined, says whether it is infinity.
  /// Returns whether the exponent was adjusted.
  private static func overflow(
    _ bits: inout UInt64, _ status: inout UInt32, _ exceptions: inout UInt32, sign: UInt64,
    _ format: FloatFormat, _ fpscr: FPSCR
  ) -> Bool {
    if fpscr.has(FPSCR.OE) {
      exceptions |= FPSCR.OX
      bits &-= UInt64(truncatingIfNeeded: format.exponentAdjustment) &<< 52
      return true
    }
    exceptions |= FPSCR.OX | FPSCR.XX
    let toInfinity = increments(3, half: 2, odd: 1, sign: sign, fpscr.roundingMode)
    bits = toInfinity ? .infinity : format.greatestFinite
    status = FPSCR.FI | (toInfinity ? FPSCR.FR : 0)
    return false
  }

  /// The FPRF code of a result (manual 2.1.4, "Floating-Point Result Flags"): class and sign, where
  /// denormal is meant in the precision of the instruction.
  @inline(__always)
  static func resultFlags(_ bits: UInt64, _ format: FloatFormat) -> UInt32 {
    let magnitude = bits.magnitude64
    if magnitude > .infinity { return 0x11 &<< 12 }
    if magnitude == 0 { return (bits & .signBit == 0 ? 0x02 : 0x12) &<< 12 }
    let flags = normalFlags(bits)
    if magnitude < format.leastNormal { return flags | 0x10 &<< 12 }
    return flags | (magnitude == .infinity ? 0x01 &<< 12 : 0)
  }

  /// The FPRF code of a normal number, also of any whose exponent was adjusted.
  @inline(__always)
  private static func normalFlags(_ bits: UInt64) -> UInt32 {
    (bits & .signBit == 0 ? 0x04 : 0x08) &<< 12
  }
}
