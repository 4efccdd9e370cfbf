/// The families of vector instructions: how elements of the operands meet. Each takes env and
/// the word, and returns 0 for the functions of instructions to return.

/// Each element of VD is a function of that of VB.
@inline(__always)
func each<Element: FixedWidthInteger>(
  _ env: UnsafeMutableRawPointer, _ word: UInt64, _ function: (Element) -> Element
) -> UInt64 {
  let unit = VectorUnit(env, word)
  let VB = unit.VB
  unit.setVD(Vector { n in function(VB.element(n)) })
  return 0
}

/// Each element of VD is a function of those of VA and VB.
@inline(__always)
func lanes<Element: FixedWidthInteger>(
  _ env: UnsafeMutableRawPointer, _ word: UInt64, _ function: (Element, Element) -> Element
) -> UInt64 {
  let unit = VectorUnit(env, word)
  let VA = unit.VA, VB = unit.VB
  unit.setVD(Vector { n in function(VA.element(n), VB.element(n)) })
  return 0
}

/// Each element of VD is the exact value of a function of those of VA and VB, saturated.
@inline(__always)
func saturated<Element: FixedWidthInteger>(
  _ env: UnsafeMutableRawPointer, _ word: UInt64, _ type: Element.Type,
  _ function: (Int64, Int64) -> Int64
) -> UInt64 {
  let unit = VectorUnit(env, word)
  let VA = unit.VA, VB = unit.VB
  unit.setVD(
    Vector { n in
      let a = VA.element(n, as: Element.self), b = VB.element(n, as: Element.self)
      return saturate(
        function(Int64(truncatingIfNeeded: a), Int64(truncatingIfNeeded: b)), unit, as: type)
    })
  return 0
}

/// A number as an element: the nearest one there is, with VSCR[SAT] set if it is another.
@inline(__always)
func saturate<Element: FixedWidthInteger>(
  _ value: Int64, _ unit: VectorUnit, as: Element.Type = Element.self
) -> Element {
  let least = Int64(truncatingIfNeeded: Element.min)
  let greatest = Int64(truncatingIfNeeded: Element.max)
  let result = max(least, min(greatest, value))
  if result != value { unit.setSAT() }
  return Element(truncatingIfNeeded: result)
}

/// Each element of VD is all ones where a relation of those of VA and VB holds, else zero.
///
/// - Returns: 8 if it holds everywhere, 2 if it holds nowhere, else 0.
@inline(__always)
func comparing<Element: FixedWidthInteger>(
  _ env: UnsafeMutableRawPointer, _ word: UInt64, _ relation: (Element, Element) -> Bool
) -> UInt64 {
  let unit = VectorUnit(env, word)
  let VA = unit.VA, VB = unit.VB
  let result = Vector { n -> Element in relation(VA.element(n), VB.element(n)) ? ~0 : 0 }
  unit.setVD(result)
  if result.high & result.low == .max { return 8 }
  return result.high | result.low == 0 ? 2 : 0
}

/// Each element of VD is a function of VA and VB as wholes and of its number.
@inline(__always)
func selecting<Element: FixedWidthInteger>(
  _ env: UnsafeMutableRawPointer, _ word: UInt64, _ function: (Vector, Vector, Int) -> Element
) -> UInt64 {
  let unit = VectorUnit(env, word)
  let VA = unit.VA, VB = unit.VB
  unit.setVD(Vector { n in function(VA, VB, n) })
  return 0
}

/// Each element of VD is the product of two elements of half its width: the even (`odd` = 0) or
/// odd (1) ones of VA and VB.
@inline(__always)
func multiplying<Half: FixedWidthInteger, Whole: FixedWidthInteger>(
  _ env: UnsafeMutableRawPointer, _ word: UInt64, _: Half.Type, _: Whole.Type, odd: Int
) -> UInt64 {
  selecting(env, word) { VA, VB, n in
    let a: Half = VA.element(2 &* n &+ odd), b: Half = VB.element(2 &* n &+ odd)
    return Whole(truncatingIfNeeded: a) &* Whole(truncatingIfNeeded: b)
  }
}

/// Each element of VD is a function of an element of VA and VB, concatenated, of twice its width.
@inline(__always)
func packing<Whole: FixedWidthInteger, Half: FixedWidthInteger>(
  _ env: UnsafeMutableRawPointer, _ word: UInt64, _ function: (Whole, VectorUnit) -> Half
) -> UInt64 {
  let unit = VectorUnit(env, word)
  let VA = unit.VA, VB = unit.VB
  let count = 128 / Whole.bitWidth
  unit.setVD(
    Vector { n in
      function(n < count ? VA.element(n) : VB.element(n &- count), unit)
    })
  return 0
}

/// Each element of VD is a function of an element of VB of half its width: of the left (`first` =
/// 0) or right (1) half of VB.
@inline(__always)
func unpacking<Half: FixedWidthInteger, Whole: FixedWidthInteger>(
  _ env: UnsafeMutableRawPointer, _ word: UInt64, half: Int, _ function: (Half) -> Whole
) -> UInt64 {
  let unit = VectorUnit(env, word)
  let VB = unit.VB
  let first = half &* (128 / Whole.bitWidth)
  unit.setVD(Vector { n in function(VB.element(first &+ n)) })
  return 0
}

/// Each element of VD is a function of those of VA, VB and VC.
@inline(__always)
func triples<Element: FixedWidthInteger>(
  _ env: UnsafeMutableRawPointer, _ word: UInt64,
  _ function: (Element, Element, Element, VectorUnit) -> Element
) -> UInt64 {
  let unit = VectorUnit(env, word)
  let VA = unit.VA, VB = unit.VB, VC = unit.VC
  unit.setVD(Vector { n in function(VA.element(n), VB.element(n), VC.element(n), unit) })
  return 0
}

/// Each word of VD is a function of the exact sum of the products of the parts of those of VA and
/// VB, and of that of VC.
@inline(__always)
func multiplySum<A: FixedWidthInteger, B: FixedWidthInteger, Sum: FixedWidthInteger>(
  _ env: UnsafeMutableRawPointer, _ word: UInt64, _: A.Type, _: B.Type,
  _ finish: (Int64, VectorUnit) -> Sum
) -> UInt64 {
  let unit = VectorUnit(env, word)
  let VA = unit.VA, VB = unit.VB, VC = unit.VC
  let count = 32 / A.bitWidth
  unit.setVD(
    Vector { n in
      var sum = Int64(truncatingIfNeeded: VC.element(n, as: Sum.self))
      for part in count &* n..<count &* (n &+ 1) {
        let a = VA.element(part, as: A.self), b = VB.element(part, as: B.self)
        sum &+= Int64(truncatingIfNeeded: a) &* Int64(truncatingIfNeeded: b)
      }
      return finish(sum, unit)
    })
  return 0
}

/// Each word of VD is the saturated sum of `count` elements of VA from the same place and of the
/// word of VB, in the last of each `words` words; the others are zero.
@inline(__always)
func sumAcross<Element: FixedWidthInteger, Sum: FixedWidthInteger>(
  _ env: UnsafeMutableRawPointer, _ word: UInt64, _: Element.Type, _: Sum.Type, words: Int
) -> UInt64 {
  let unit = VectorUnit(env, word)
  let VA = unit.VA, VB = unit.VB
  let count = words &* 32 / Element.bitWidth
  unit.setVD(
    Vector { n -> Sum in
      guard n % words == words &- 1 else { return 0 }
      var sum = Int64(truncatingIfNeeded: VB.element(n, as: Sum.self))
      let first = n / words &* count
      for part in first..<first &+ count {
        sum &+= Int64(truncatingIfNeeded: VA.element(part, as: Element.self))
      }
      return saturate(sum, unit)
    })
  return 0
}
