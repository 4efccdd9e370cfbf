/// The width of a vector's elements. The raw value is the logarithm of the number of bytes: TCG's
/// `vece`.
public enum VectorElement: UInt32, CaseIterable, Sendable {
  case e8, e16, e32

  /// The width in bytes: 1, 2 or 4.
  public var bytes: Int { 1 << Int(rawValue) }
}

/// The numbers of a vector that scalar operations are done with side by side. The raw value is the
/// logarithm of their bytes.
public enum FloatLanes: UInt32, CaseIterable, Sendable {
  case singles = 2, doubles = 3

  /// Four or two.
  public var count: Int { self == .singles ? 4 : 2 }
}

/// Which floating-point status of the host's translated code runs under: see
/// `EnvironmentLayout.floatStatus`.
public enum FloatMode: UInt32, Sendable {
  /// That of scalar floating point, whose flags are the guest's.
  case scalar
  /// That of vectors of singles: rounding to nearest, and whatever is done with denormals. Its
  /// flags are nobody's.
  case vector
}

/// A comparison of vectors of singles: the host's number of it.
public enum VectorRelation: UInt32, CaseIterable, Sendable {
  case eq, lt, le, unordered, ne, nlt, nle, ordered
}

/// 128 bits, as elements counted from the right: the least significant is the first. What ops call
/// the first element (`splat_vec`, `perm_vec`) is the last of these, for the guest counts from the left.
struct VectorBits: Equatable {
  var low: UInt64
  var high: UInt64

  /// The elements of a width.
  var bytes: SIMD16<UInt8> {
    get { unsafeBitCast(self, to: SIMD16<UInt8>.self) }
    set { self = unsafeBitCast(newValue, to: VectorBits.self) }
  }

  init(low: UInt64, high: UInt64) { (self.low, self.high) = (low, high) }

  /// The bits of a vector of as many bytes.
  init<V: SIMD>(_ vector: V) {
    precondition(MemoryLayout<V>.size == 16, "a vector has 16 bytes")
    (low, high) = withUnsafeBytes(of: vector) {
      ($0.load(as: UInt64.self), $0.load(fromByteOffset: 8, as: UInt64.self))
    }
  }

  /// As a vector of as many bytes.
  func elements<V: SIMD>(_: V.Type = V.self) -> V {
    precondition(MemoryLayout<V>.size == 16, "a vector has 16 bytes")
    return withUnsafeBytes(of: self) { $0.loadUnaligned(as: V.self) }
  }

  /// A lane, counted from the right.
  func lane<T: FixedWidthInteger>(_ n: Int, _: T.Type) -> T {
    withUnsafeBytes(of: self) { $0.load(fromByteOffset: n * MemoryLayout<T>.size, as: T.self) }
  }

  mutating func setLane<T: FixedWidthInteger>(_ n: Int, _ value: T) {
    withUnsafeMutableBytes(of: &self) {
      $0.storeBytes(of: value, toByteOffset: n * MemoryLayout<T>.size, as: T.self)
    }
  }
}
