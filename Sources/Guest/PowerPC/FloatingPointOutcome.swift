import CSys

/// FR, FI and FPRF of an operation that the host has done, by the host.
extension HelperNumber {
  /// How the host does an operation in double precision: a number of `csys_outcome`, and the signs
  /// to turn of the operand FRB and of the result.
  private var asOutcome: (number: Int32, turnsFRB: Bool, turnsResult: Bool)? {
    switch self {
    case .fadd: (0, false, false)
    case .fsub: (1, false, false)
    case .fmul: (2, false, false)
    case .fdiv: (3, false, false)
    case .fsqrt: (4, false, false)
    case .fmadd: (5, false, false)
    case .fmsub: (5, true, false)
    case .fnmadd: (5, false, true)
    case .fnmsub: (5, true, true)
    default: nil
    }
  }

  /// FR, FI and FPRF as bits of the FPSCR; nil for operations in single precision, which the software
  /// unit does again.
  ///
  /// The operation is done upward, downward and as the mode says: it is inexact where the first two
  /// differ, and has increased the magnitude where it is not the one closer to zero.
  func statusByHost(_ mode: UInt32, _ a: UInt64, _ b: UInt64, _ c: UInt64) -> UInt32? {
    guard let operation = asOutcome else { return nil }
    let rounding = MXCSR.rounding(mode) << MXCSR.roundingOffset
    let outcome = csys_outcome(
      operation.number, a, b, operation.turnsFRB ? c ^ 1 << 63 : c, MXCSR.initial | rounding)
    let up = Double(bitPattern: outcome.up), down = Double(bitPattern: outcome.down)
    let isNegative = outcome.result >> 63 != 0
    var bits = outcome.result
    if operation.turnsResult { bits ^= 1 << 63 }
    let flags = SoftwareFloat.resultFlags(bits, .double)
    guard up != down else { return flags }
    let isIncreased = outcome.result != (isNegative ? outcome.up : outcome.down)
    return flags | FPSCR.FI | (isIncreased ? FPSCR.FR : 0)
  }
}
