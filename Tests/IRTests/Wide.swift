/// Arithmetic on numbers of `width` bits in 128-bit integers and bit by bit: the tests' own
/// idea of what ops compute, written differently from the implementation.
struct Wide {
  let width: Int

  /// 2^width.
  var modulus: UInt128 { 1 << UInt128(width) }

  /// The number modulo 2^width.
  func wrap(_ x: Int128) -> UInt64 {
    let m = Int128(modulus)
    return UInt64((x % m + m) % m)
  }

  /// As a number in two's complement.
  func signed(_ a: UInt64) -> Int128 {
    Int128(a) >= Int128(modulus) / 2 ? Int128(a) - Int128(modulus) : Int128(a)
  }

  /// Bit by bit: `f` of both bits.
  func bits(_ a: UInt64, _ b: UInt64, _ f: (Bool, Bool) -> Bool) -> UInt64 {
    (0..<width).reduce(0) { sum, n in
      sum + (f(bit(a, n), bit(b, n)) ? 1 << UInt64(n) : 0)
    }
  }

  /// Bit `n`, counted from the least significant.
  func bit(_ a: UInt64, _ n: Int) -> Bool { a / (1 << UInt64(n)) % 2 == 1 }

  /// Every bit moved from place `n` to place `to(n)`, those without a place dropped.
  func move(_ a: UInt64, _ to: (Int) -> Int?) -> UInt64 {
    (0..<width).reduce(0) { sum, n in
      guard bit(a, n), let place = to(n), (0..<width).contains(place) else { return sum }
      return sum | 1 << UInt64(place)
    }
  }

  /// The largest integer not above a / 2^n.
  func floorHalved(_ a: Int128, _ n: Int) -> Int128 {
    let d = Int128(1) << Int128(n)
    return a >= 0 ? a / d : -((-a + d - 1) / d)
  }

  /// The truncated quotient, from magnitudes; nil where there is none of `width` bits.
  func quotient(_ a: Int128, _ b: Int128) -> Int128? {
    if b == 0 { return nil }
    let magnitude = a.magnitude / b.magnitude
    let isNegative = (a < 0) != (b < 0)
    guard magnitude < modulus / 2 + (isNegative ? 1 : 0) else { return nil }
    return isNegative ? -Int128(magnitude) : Int128(magnitude)
  }

  /// Edge values of this width.
  var edges: [UInt64] {
    let top: UInt64 = 1 << UInt64(width - 1)
    let all = top | (top - 1)
    let some: [UInt64] = [
      0, 1, 2, 3, 5, 7, 8, 15, 31, 32, 33, 63, 64, 0x80, 0xff, 0x8000, 0xffff, 0x7fff_ffff,
      0x8000_0000, 0xffff_ffff, 0x1_0000_0000, 0x1234_5678, 0x89ab_cdef, 0x0123_4567_89ab_cdef,
      0xfedc_ba98_7654_3210, top, top - 1, top + 1, all, all - 1, all / 3, all / 5, all - 31,
    ]
    return Array(Set(some.map { $0 & all })).sorted()
  }
}
