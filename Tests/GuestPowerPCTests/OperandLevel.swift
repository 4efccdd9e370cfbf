/// Operands by the method of Berkeley TestFloat (its documentation, "Variations Allowed by the IEEE
/// Floating-Point Standard" apart): numbers are put together from every sign, a set of exponents and
/// a set of fractions. Level 1 has the exponents at which something changes and the simplest fractions;
/// level 2 has exponents everywhere, and fractions of runs of ones and zeros.
struct OperandLevel: Sendable {
  /// Double, or single in the form that registers hold it in.
  let isSingle: Bool
  private let exponents: [Int]
  private let fractions: [UInt64]

  /// How many operands there are.
  var count: Int { 2 * exponents.count * fractions.count }

  /// An operand of the level.
  subscript(_ index: Int) -> UInt64 {
    let fraction = fractions[index / 2 % fractions.count]
    let exponent = exponents[index / 2 / fractions.count]
    return Self.number(isSingle, isNegative: index & 1 != 0, exponent, fraction)
  }

  /// Any of them.
  func pick(_ generator: inout OperandGenerator) -> UInt64 {
    self[Int(generator.next() % UInt64(count))]
  }

  private static func number(
    _ isSingle: Bool, isNegative: Bool, _ exponent: Int, _ fraction: UInt64
  ) -> UInt64 {
    let sign: UInt64 = isNegative ? 1 : 0
    guard isSingle else { return sign << 63 | UInt64(exponent) << 52 | fraction }
    let bits = UInt32(sign << 31 | UInt64(exponent) << 23 | fraction)
    // A signaling NaN stays one in a register.
    if exponent == 255, fraction != 0 {
      return sign << 63 | 0x7ff0_0000_0000_0000 | fraction << 29
    }
    return Double(Float(bitPattern: bits)).bitPattern
  }

  /// The first level: denormals, the ends of the range, around one, and the distance at which one
  /// number is a half of the other's last place.
  static func first(isSingle: Bool) -> OperandLevel {
    let (width, bias) = isSingle ? (23, 127) : (52, 1023)
    let last = 2 * bias + 1
    let ones = UInt64(1) << UInt64(width) - 1
    return OperandLevel(
      isSingle: isSingle,
      exponents: [
        0, 1, 2, bias - width - 1, bias - width, bias - 1, bias, bias + 1, bias + width,
        bias + width + 1, last - 2, last - 1, last,
      ],
      fractions: [0, 1, ones / 2 + 1, ones - 1, ones])
  }

  /// The second level.
  static func second(isSingle: Bool) -> OperandLevel {
    let (width, bias) = isSingle ? (23, 127) : (52, 1023)
    let last = 2 * bias + 1
    let ends = [0, 1, 2, 3, last - 4, last - 3, last - 2, last - 1, last]
    // What matters is the difference of exponents, and where halves and squares of the range lie.
    let middle = [bias / 2, bias, bias + bias / 2].flatMap { center in
      (-4...4).map { center + $0 }
    }
    let distances = [width - 1, width, width + 1, width + 2, 2 * width, 2 * width + 1]
    // The range of singles, for doubles.
    let edges = isSingle ? [] : [-150, -149, -148, -127, -126, -125, 31, 32, 63, 64, 127, 128]
    let exponents = Set(
      ends + middle + distances.flatMap { [bias - $0, bias + $0] } + edges.map { bias + $0 })
    return OperandLevel(
      isSingle: isSingle, exponents: exponents.sorted(), fractions: runs(of: width))
  }

  /// A one, a zero, ones from the left and ones from the right, of every length.
  private static func runs(of width: Int) -> [UInt64] {
    let ones = UInt64(1) << UInt64(width) - 1
    var runs: Set<UInt64> = []
    for length in 0..<UInt64(width) {
      let one = UInt64(1) << length
      runs.formUnion([one, ones ^ one, one - 1, ones ^ (one - 1)])
    }
    return runs.sorted()
  }
}
