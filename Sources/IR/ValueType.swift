/// The type of a value: its width, and which kind of host register holds it.
public enum ValueType: UInt8, CaseIterable, Sendable {
  case i32, i64, f32, f64, v128
  /// Two vectors side by side, each as if by itself: the first is the low half.
  case v256

  /// Width in bits.
  @inlinable public var bits: Int {
    switch self {
    case .i32, .f32: 32
    case .i64, .f64: 64
    case .v128: 128
    case .v256: 256
    }
  }

  /// The vectors of 128 bits that it is; 0 for other types.
  @inlinable public var vectors: Int { bits / 128 }

  /// Whether a general register holds it; otherwise a vector register does.
  @inlinable public var isInteger: Bool { rawValue <= ValueType.i64.rawValue }

  /// The suffix that the log prints after an op's name.
  public var name: String {
    switch self {
    case .i32: "i32"
    case .i64: "i64"
    case .f32: "f32"
    case .f64: "f64"
    case .v128: "v128"
    case .v256: "v256"
    }
  }
}

/// A comparison of two integers; `tsteq` and `tstne` compare `a & b` with zero.
///
/// The raw values pair each condition with its inverse in bit 0.
public enum Condition: UInt8, CaseIterable, Sendable {
  case never, always
  case eq, ne
  case lt, ge
  case le, gt
  case ltu, geu
  case leu, gtu
  case tsteq, tstne

  /// The condition that holds exactly when this one does not.
  @inlinable public var inverted: Condition {
    unsafeBitCast(rawValue ^ 1, to: Condition.self)
  }

  /// The condition with its operands exchanged.
  @inlinable public var swapped: Condition {
    switch self {
    case .lt: .gt
    case .gt: .lt
    case .le: .ge
    case .ge: .le
    case .ltu: .gtu
    case .gtu: .ltu
    case .leu: .geu
    case .geu: .leu
    default: self
    }
  }

  /// The name that the log prints.
  public var name: String { "\(self)" }

  /// Whether the condition holds of `a` and `b`, both of `width` bits, zero-extended.
  @inlinable public func holds(_ a: UInt64, _ b: UInt64, width: Int) -> Bool {
    let shift = UInt64(64 &- width)
    let x = Int64(bitPattern: a &<< shift)
    let y = Int64(bitPattern: b &<< shift)
    switch self {
    case .never: return false
    case .always: return true
    case .eq: return x == y
    case .ne: return x != y
    case .lt: return x < y
    case .ge: return x >= y
    case .le: return x <= y
    case .gt: return x > y
    case .ltu: return UInt64(bitPattern: x) < UInt64(bitPattern: y)
    case .geu: return UInt64(bitPattern: x) >= UInt64(bitPattern: y)
    case .leu: return UInt64(bitPattern: x) <= UInt64(bitPattern: y)
    case .gtu: return UInt64(bitPattern: x) > UInt64(bitPattern: y)
    case .tsteq: return x & y == 0
    case .tstne: return x & y != 0
    }
  }
}
