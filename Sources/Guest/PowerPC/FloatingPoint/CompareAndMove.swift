/// Floating compare, move and select (manual 4.2.2.4, 4.2.2.6) and the conversions of loads and
/// stores of singles (manual appendix D.6, D.7). None but the compares alters the FPSCR.
extension SoftwareFloat {
  /// `fcmpu`: the condition `FL FG FE FU` (8, 4, 2, 1) for the CR field; FPCC is set to it.
  public static func fcmpu(_ fpscr: inout FPSCR, FRA: UInt64, FRB: UInt64) -> UInt32 {
    compare(FRA, FRB, raising: signaling(FRA, FRB), &fpscr)
  }

  /// `fcmpo`: as `fcmpu`, but a quiet NaN is invalid too. A signaling NaN sets VXVC as well,
  /// unless invalid operations are enabled.
  public static func fcmpo(_ fpscr: inout FPSCR, FRA: UInt64, FRB: UInt64) -> UInt32 {
    var exceptions = signaling(FRA, FRB)
    if FRA.isNotANumber || FRB.isNotANumber {
      if exceptions == 0 || !fpscr.has(FPSCR.VE) { exceptions |= FPSCR.VXVC }
    }
    return compare(FRA, FRB, raising: exceptions, &fpscr)
  }

  private static func compare(
    _ FRA: UInt64, _ FRB: UInt64, raising exceptions: UInt32, _ fpscr: inout FPSCR
  ) -> UInt32 {
    let condition: UInt32
    if FRA.isNotANumber || FRB.isNotANumber {
      condition = 1
    } else {
      let a = ordered(FRA)
      let b = ordered(FRB)
      condition = a < b ? 8 : a > b ? 4 : 2
    }
    fpscr.setStatus(condition &<< 12, mask: FPSCR.FPCC)
    if exceptions != 0 { fpscr.raise(exceptions) }
    return condition
  }

  /// An integer in the order of the numbers; both zeros are 0.
  @inline(__always)
  private static func ordered(_ bits: UInt64) -> Int64 {
    let magnitude = Int64(truncatingIfNeeded: bits.magnitude64)
    return bits & .signBit == 0 ? magnitude : 0 &- magnitude
  }

  /// `fsel`: FRC if FRA >= 0 (minus zero included), else, also for a NaN, FRB.
  public static func fsel(FRA: UInt64, FRC: UInt64, FRB: UInt64) -> UInt64 {
    !FRA.isNotANumber && ordered(FRA) >= 0 ? FRC : FRB
  }

  /// `fabs`: FRB with a positive sign, a NaN too.
  @inline(__always)
  public static func fabs(_ FRB: UInt64) -> UInt64 { FRB & ~.signBit }

  /// `fnabs`: FRB with a negative sign, a NaN too.
  @inline(__always)
  public static func fnabs(_ FRB: UInt64) -> UInt64 { FRB | .signBit }

  /// `fneg`: FRB with the sign inverted, a NaN's too.
  @inline(__always)
  public static func fneg(_ FRB: UInt64) -> UInt64 { FRB ^ .signBit }

  /// `fmr`: FRB.
  @inline(__always)
  public static func fmr(_ FRB: UInt64) -> UInt64 { FRB }

  /// `lfs`: the register form of a single. Exact; a signaling NaN stays signaling.
  public static func lfs(_ word: UInt32) -> UInt64 {
    let sign = UInt64(word & 0x8000_0000) &<< 32
    let field = UInt64(word &>> 23 & 0xFF)
    let fraction = UInt64(word & 0x007F_FFFF) &<< 29
    if field == 0xFF { return sign | .infinity | fraction }
    if field != 0 { return sign | (field &+ 896) &<< 52 | fraction }
    if fraction == 0 { return sign }
    let shift = UInt64(truncatingIfNeeded: fraction.leadingZeroBitCount &- 11)
    return sign | (896 &- shift) &<< 52 &+ fraction &<< shift
  }

  /// `stfs`: the single of a register. No rounding: bits that do not fit are dropped. A number
  /// below the denormal singles, where the manual leaves the word undefined, becomes zero.
  public static func stfs(_ FRS: UInt64) -> UInt32 {
    let field = FRS.exponentField
    let sign = UInt32(truncatingIfNeeded: FRS &>> 32) & 0x8000_0000
    if field > 896 || FRS.isZeroNumber {
      let high = UInt32(truncatingIfNeeded: FRS &>> 32) & 0xC000_0000
      return high | UInt32(truncatingIfNeeded: FRS &>> 29) & 0x3FFF_FFFF
    }
    if field < 874 { return sign }
    let significand = FRS & .fractionMask | 1 &<< 52
    return sign | UInt32(truncatingIfNeeded: significand &>> (29 &+ 897 &- field))
  }
}
