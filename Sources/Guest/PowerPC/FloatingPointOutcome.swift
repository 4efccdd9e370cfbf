import CSys

/// How the host does an operation in double precision again for what the guest's status says of it:
/// FR, FI and FPRF. Bits 0-3 are one more than a number of `csys_outcome`, bits 4 and 5 whether the
/// sign of FRB and that of the result are turned; zero for operations that the software unit does
/// again.
struct HostOutcome {
  let rawValue: UInt32

  static let turnsFRB: UInt32 = 16, turnsResult: UInt32 = 32
  private static let number: UInt32 = 15

  @inline(__always) init(rawValue: UInt32) { self.rawValue = rawValue }

  init(_ operation: HelperNumber) {
    rawValue =
      switch operation {
      case .fadd: 1
      case .fsub: 2
      case .fmul: 3
      case .fdiv: 4
      case .fsqrt: 5
      case .fmadd: 6
      case .fmsub: 6 | Self.turnsFRB
      case .fnmadd: 6 | Self.turnsResult
      case .fnmsub: 6 | Self.turnsFRB | Self.turnsResult
      default: 0
      }
  }

  /// FR, FI and FPRF as bits of the FPSCR.
  ///
  /// The operation is done upward, downward and as the mode says: it is inexact where the first two
  /// differ, and has increased the magnitude where it is not the one closer to zero.
  @inline(__always)
  func flags(
    _ mode: UInt32, _ a: UInt64, _ b: UInt64, _ c: UInt64, under status: UInt32
  ) -> UInt32 {
    let rounding = MXCSR.rounding(mode) << MXCSR.roundingOffset
    let addend = c ^ UInt64(rawValue & Self.turnsFRB) << 59
    let number = Int32(rawValue & Self.number) &- 1
    let outcome =
      rounding == 0 && csys_has_avx512f() != 0
      ? csys_outcome_nearest(number, a, b, addend)
      : csys_outcome(number, a, b, addend, MXCSR.initial | rounding, status)
    let up = Double(bitPattern: outcome.up), down = Double(bitPattern: outcome.down)
    let sign = UInt64(rawValue & Self.turnsResult) << 58
    let flags = SoftwareFloat.resultFlags(outcome.result ^ sign, .double)
    // Without branches: whether the magnitude has increased nobody can foretell.
    let isNegative = UInt64(bitPattern: Int64(bitPattern: outcome.result) >> 63)
    let closer = outcome.down ^ (outcome.down ^ outcome.up) & isNegative
    let isInexact: UInt32 = up != down ? 1 : 0
    let isIncreased: UInt32 = outcome.result != closer ? isInexact : 0
    return flags | isInexact &* FPSCR.FI | isIncreased &* FPSCR.FR
  }
}
