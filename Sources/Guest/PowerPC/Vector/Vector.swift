/// The contents of a vector register, as elements counted from the left (AltiVec PEM, 1.2.2): the
/// element of number 0 is the most significant one, and the first in memory.
struct Vector: Equatable, Sendable {
  var high, low: UInt64

  @inline(__always) init(high: UInt64, low: UInt64) { (self.high, self.low) = (high, low) }

  /// The element of a number, 0 up to 128 divided by the element's width.
  @inline(__always)
  func element<Element: FixedWidthInteger>(_ number: Int, as: Element.Type = Element.self)
    -> Element
  {
    let end = (number &+ 1) &* Element.bitWidth
    return end <= 64
      ? Element(truncatingIfNeeded: high &>> UInt64(truncatingIfNeeded: 64 &- end))
      : Element(truncatingIfNeeded: low &>> UInt64(truncatingIfNeeded: 128 &- end))
  }

  /// The vector whose elements a function of their numbers gives, in order.
  @inline(__always)
  init<Element: FixedWidthInteger>(elements element: (Int) -> Element) {
    let count = 64 / Element.bitWidth
    high = Self.half(0..<count, element)
    low = Self.half(count..<2 &* count, element)
  }

  @inline(__always)
  private static func half<Element: FixedWidthInteger>(
    _ numbers: Range<Int>, _ element: (Int) -> Element
  ) -> UInt64 {
    let width = UInt64(truncatingIfNeeded: Element.bitWidth)
    let mask = UInt64.max &>> (64 &- width)
    var bits: UInt64 = 0
    for number in numbers {
      bits = bits &<< width | UInt64(truncatingIfNeeded: element(number)) & mask
    }
    return bits
  }

  /// All 128 bits as a number.
  @inline(__always) var bits: UInt128 { UInt128(high) &<< 64 | UInt128(low) }

  @inline(__always) init(bits: UInt128) {
    high = UInt64(truncatingIfNeeded: bits &>> 64)
    low = UInt64(truncatingIfNeeded: bits)
  }
}

/// The vector status and control register (AltiVec PEM, 2.1.1); reserved bits are zero.
public enum VSCR {
  /// Saturation occurred; sticky.
  static let SAT: UInt32 = 1
  /// Non-Java mode: denormalized numbers count as zeros.
  static let NJ: UInt32 = 0x0001_0000
  /// The bits that there are.
  public static let defined = NJ | SAT
  /// After a reset, and as Linux starts programs.
  static let initial = NJ
}
