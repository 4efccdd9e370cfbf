/// The host's floating-point control and status (Intel SDM, volume 1, 10.2.3).
enum MXCSR {
  /// All exceptions masked, rounding to nearest, no flag set.
  static let initial: UInt32 = 0x1f80
  /// Denormal operands and results count as zeros besides.
  static let flushing: UInt32 = initial | 0x8040
  /// The flags.
  static let zeroDivide: UInt32 = 4, overflow: UInt32 = 8, underflow: UInt32 = 16
  static let precision: UInt32 = 32
  static let flags: UInt32 = 0x3f
  /// Rounding control: 0 nearest, 1 down, 2 up, 3 toward zero.
  static let roundingOffset: UInt32 = 13, rounding: UInt32 = 0x6000

  /// The rounding control of a mode of FPSCR.RN.
  static func rounding(_ mode: UInt32) -> UInt32 { (4 &- mode) & 3 }
}

/// An operation that the host did for the guest: what FR, FI and FPRF follow from when somebody
/// asks for them. Its number is that of the helper for it, 0 for none; above it, a later comparison.
struct FloatRecord {
  /// Bits 0-31 the operation, 32-35 the relation that a comparison found since, 36 whether there
  /// was one, 37 whether a conversion to integer came since, which keeps FPRF, 38 whether the
  /// rounding mode has changed since, 39-40 what it was.
  var rawValue: UInt64

  static let relationOffset = 32, relationLength = 5
  static let compared: UInt32 = 16
  static let converted: UInt64 = 1 << 37
  static let roundsOtherwise: UInt64 = 1 << 38
  static let roundingOffset = 39

  var operation: HelperNumber? {
    let number = UInt32(truncatingIfNeeded: rawValue)
    return number == 0 ? nil : HelperNumber(rawValue: number)
  }

  /// LT GT EQ and unordered as 8 4 2 1.
  var relation: UInt32? {
    let field = UInt32(truncatingIfNeeded: rawValue >> 32)
    return field & Self.compared == 0 ? nil : field & 15
  }
}

extension PowerPCState {
  /// Floating-point status and control.
  ///
  /// The host's flags stand for exceptions that have occurred since the register was stored, with
  /// the guest's rules for FX; FR, FI and FPRF are those of the last operation, done again.
  public var fpscr: UInt32 {
    get {
      FloatRecord(rawValue: lastFloat).complete(
        storedFPSCR, floatStatus, lastFloatA, lastFloatB, lastFloatC, lastFloatD)
    }
    set {
      storedFPSCR = newValue
      floatStatus &= ~(MXCSR.flags | MXCSR.rounding)
      floatStatus |= MXCSR.rounding(newValue & FPSCR.RN) << MXCSR.roundingOffset
      lastFloat = 0
    }
  }

}

extension FloatRecord {
  /// The whole FPSCR, from what is stored of it, the host's flags and the operands.
  func complete(
    _ stored: UInt32, _ flags: UInt32, _ a: UInt64, _ b: UInt64, _ c: UInt64, _ d: UInt64
  ) -> UInt32 {
    var fpscr = FPSCR(rawValue: stored)
    fpscr.raise(Self.exceptions(flags))
    if let operation {
      let mode = stored & FPSCR.RN
      if rawValue & Self.roundsOtherwise != 0 {
        let before = UInt32(truncatingIfNeeded: rawValue >> UInt64(Self.roundingOffset))
        fpscr = FPSCR(rawValue: fpscr.rawValue & ~FPSCR.RN | before & FPSCR.RN)
      }
      _ = operation.software(&fpscr, a, b, c)
      fpscr = FPSCR(rawValue: fpscr.rawValue & ~FPSCR.RN | mode)
    }
    if let relation { fpscr.setStatus(relation << 12, mask: FPSCR.FPCC) }
    if rawValue & Self.converted != 0 { _ = SoftwareFloat.fctiwz(&fpscr, FRB: d) }
    return fpscr.rawValue
  }

  private static func exceptions(_ flags: UInt32) -> UInt32 {
    (flags & MXCSR.precision != 0 ? FPSCR.XX : 0) | (flags & MXCSR.overflow != 0 ? FPSCR.OX : 0)
      | (flags & MXCSR.underflow != 0 ? FPSCR.UX : 0)
      | (flags & MXCSR.zeroDivide != 0 ? FPSCR.ZX : 0)
  }
}
