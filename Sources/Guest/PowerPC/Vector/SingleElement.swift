/// The rules of vector floating point (AltiVec PEM, 3.2): elements are single-precision numbers,
/// results are rounded to nearest. In non-Java mode denormalized operands count as zeros of their
/// sign, and results that would be denormalized become such.
extension VectorUnit {
  private static let sign: UInt32 = 0x8000_0000
  private static let exponent: UInt32 = 0x7f80_0000

  /// An operand's bits as a number.
  @inline(__always) func operand(_ bits: UInt32) -> Float {
    let isSmall = bits & Self.exponent == 0
    return Float(bitPattern: NJ && isSmall ? bits & Self.sign : bits)
  }

  /// The bits of a result of operands that were no NaN.
  @inline(__always) func result(_ value: Float) -> UInt32 {
    if value.isNaN { return defaultNaN }
    let bits = value.bitPattern
    return NJ && bits & Self.exponent == 0 ? bits & Self.sign : bits
  }

  /// `a * c + b`, rounded once; in non-Java mode zero where it is denormal before it is rounded.
  @inline(__always) func sum(of a: Float, times c: Float, plus b: Float) -> Float {
    let sum = b.addingProduct(a, c)
    guard NJ, abs(sum) == Float.leastNormalMagnitude else { return sum }
    // The product of two singles is exact in double precision; its sum with the third is `high`
    // and a rest with the sign of `rest`.
    let product = Double(a) * Double(c), addend = Double(b)
    let high = product + addend
    let part = high - product
    let rest = (product - (high - part)) + (addend - part)
    let limit = Double(Float.leastNormalMagnitude)
    let isSmaller = abs(high) < limit || abs(high) == limit && rest != 0 && (rest < 0) == (high > 0)
    return isSmaller ? Float(signOf: sum, magnitudeOf: 0) : sum
  }
}

/// The NaN that operations without one among their operands make.
private let defaultNaN: UInt32 = 0x7fc0_0000

/// The first of some operands that is a NaN, quiet; nil if none is.
@inline(__always)
func quietNaN(_ a: UInt32, _ b: UInt32 = 0, _ c: UInt32 = 0) -> UInt32? {
  let magnitude: UInt32 = 0x7fff_ffff, infinity: UInt32 = 0x7f80_0000, quiet: UInt32 = 0x0040_0000
  if a & magnitude > infinity { return a | quiet }
  if b & magnitude > infinity { return b | quiet }
  return c & magnitude > infinity ? c | quiet : nil
}
