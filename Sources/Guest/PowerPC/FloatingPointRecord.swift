import IR

/// The host's floating-point control and status (Intel SDM, volume 1, 10.2.3).
enum MXCSR {
  /// All exceptions masked, rounding to nearest, no flag set.
  static let initial: UInt32 = 0x1f80
  /// Denormal operands and results count as zeros besides.
  static let flushing: UInt32 = initial | 0x8040
  /// The flags.
  static let zeroDivide: UInt32 = 4, overflow: UInt32 = 8, underflow: UInt32 = 16
  static let precision: UInt32 = 32
  /// How far left of PE the FPSCR has XX.
  static let precisionToXX = 20
  static let flags: UInt32 = 0x3f
  /// Rounding control: 0 nearest, 1 down, 2 up, 3 toward zero.
  static let roundingOffset: UInt32 = 13, rounding: UInt32 = 0x6000

  /// The rounding control of a mode of FPSCR.RN.
  static func rounding(_ mode: UInt32) -> UInt32 { (4 &- mode) & 3 }
}

/// An operation that the host did for the guest: what FR, FI and FPRF follow from when somebody
/// asks for them. Its number is that of the helper for it, 0 for none; above it, what came later.
struct FloatRecord {
  /// Bits 0-15 the operation, 16 whether a comparison came since, 17 whether a conversion to integer
  /// came since, which keeps FPRF, 18 whether the rounding mode has changed since, 19-20 what it
  /// was, 21 whether that conversion was one by the rounding mode, 22 whether the operands are noted as
  /// singles; 24-29 how the host does the
  /// operation again (`HostOutcome`).
  var rawValue: UInt32

  static let operations: UInt32 = 0xffff
  static let compared: UInt32 = 1 << 16
  static let converted: UInt32 = 1 << 17
  static let roundsOtherwise: UInt32 = 1 << 18
  static let roundingOffset = 19
  static let rounded: UInt32 = 1 << 21
  static let isOfSingles: UInt32 = 1 << 22
  static let outcomeOffset: UInt32 = 24

  /// That of an operation just done.
  init(_ operation: HelperNumber) {
    rawValue = operation.rawValue | HostOutcome(operation).rawValue << Self.outcomeOffset
  }

  init(rawValue: UInt32) { self.rawValue = rawValue }

  var operation: HelperNumber? {
    let number = rawValue & Self.operations
    return number == 0 ? nil : HelperNumber(rawValue: number)
  }

  /// What FPCC says of a difference below, above or equal to zero.
  @inline(__always)
  static func relation(_ difference: Int64) -> UInt32 {
    difference < 0 ? 8 : difference > 0 ? 4 : 2
  }
}

extension PowerPCState {
  /// Floating-point status and control.
  ///
  /// The host's flags stand for exceptions that have occurred since the register was stored, with
  /// the guest's rules for FX; FR, FI and FPRF are those of the last operation, done again.
  public var fpscr: UInt32 {
    get { withUnsafePointer(to: self) { FloatRecord(rawValue: lastFloat).complete($0) } }
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
  /// - Parameter status: the host's, which holds now and afterwards.
  func complete(
    _ state: UnsafePointer<PowerPCState>, under status: UInt32 = MXCSR.initial
  ) -> UInt32 {
    var fpscr = FPSCR(rawValue: state.pointee.storedFPSCR)
    fpscr.raise(Self.exceptions(state.pointee.floatStatus))
    if rawValue & Self.operations != 0 {
      let (a, b, c) = operands(state)
      let outcome = HostOutcome(rawValue: rawValue >> Self.outcomeOffset)
      if outcome.rawValue != 0, rawValue & Self.roundsOtherwise == 0 {
        let flags = outcome.flags(fpscr.rawValue & FPSCR.RN, a, b, c, under: status)
        fpscr.setStatus(flags, mask: FPSCR.FR | FPSCR.FI | FPSCR.FPRF)
      } else if let operation {
        redo(operation, a, b, c, &fpscr)
      }
    }
    if rawValue & Self.compared != 0 {
      let relation = Self.relation(Int64(bitPattern: state.pointee.lastFloatRelation))
      fpscr.setStatus(relation << 12, mask: FPSCR.FPCC)
    }
    if rawValue & Self.converted != 0 {
      let isRounded = rawValue & Self.rounded != 0
      redo(isRounded ? .fctiw : .fctiwz, state.pointee.lastFloatD, 0, 0, &fpscr)
    }
    return fpscr.rawValue
  }

  /// What the short way needs, if all that came since the last operation, one of doubles to nearest,
  /// are comparisons. XX must be set, which is all that the host's flags could say otherwise.
  static var layout: EnvironmentLayout.FloatRecord {
    typealias S = PowerPCState
    return .init(
      record: S.offset(\.lastFloat), status: S.offset(\.storedFPSCR),
      relation: S.offset(\.lastFloatRelation),
      operands: (S.offset(\.lastFloatA), S.offset(\.lastFloatB), S.offset(\.lastFloatC)),
      operation: outcomeOffset, negatesAddend: HostOutcome.turnsFRB << outcomeOffset,
      negatesResult: HostOutcome.turnsResult << outcomeOffset, compared: compared,
      unusual: converted | roundsOtherwise | isOfSingles, modes: FPSCR.RN | FPSCR.XX,
      wantedModes: FPSCR.XX, replaced: FPSCR.FR | FPSCR.FI | FPSCR.FPRF, inexact: FPSCR.FI,
      increased: FPSCR.FR, relations: 13)
  }

  @inline(__always)
  private func operands(_ state: UnsafePointer<PowerPCState>) -> (UInt64, UInt64, UInt64) {
    guard rawValue & Self.isOfSingles != 0 else {
      return (state.pointee.lastFloatA, state.pointee.lastFloatB, state.pointee.lastFloatC)
    }
    let (a, b, c) = (
      state.pointee.lastSingleA, state.pointee.lastSingleB, state.pointee.lastSingleC
    )
    return (SoftwareFloat.lfs(a), SoftwareFloat.lfs(b), SoftwareFloat.lfs(c))
  }

  /// The operation once more, by the software unit, under the rounding mode of then.
  private func redo(
    _ operation: HelperNumber, _ a: UInt64, _ b: UInt64, _ c: UInt64, _ fpscr: inout FPSCR
  ) {
    let mode = fpscr.rawValue & FPSCR.RN
    if rawValue & Self.roundsOtherwise != 0 {
      let before = rawValue >> UInt32(Self.roundingOffset)
      fpscr = FPSCR(rawValue: fpscr.rawValue & ~FPSCR.RN | before & FPSCR.RN)
    }
    _ = operation.software(&fpscr, a, b, c)
    fpscr = FPSCR(rawValue: fpscr.rawValue & ~FPSCR.RN | mode)
  }

  /// The flag moved to the place of the exception bit. The other exceptions are those of operations
  /// that the software unit does again, and stored at once.
  @inline(__always)
  private static func exceptions(_ flags: UInt32) -> UInt32 {
    (flags & MXCSR.precision) << MXCSR.precisionToXX
  }
}
