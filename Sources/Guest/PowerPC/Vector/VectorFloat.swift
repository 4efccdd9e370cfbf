import Glibc

/// AltiVec PEM, 4.2.2: vector floating-point instructions. They round to nearest, raise nothing
/// and have their rules in SingleElement.swift.
let vectorFloat: [Instruction] =
  vectorFloatArithmetic + vectorFloatConvert + vectorFloatCompare + vectorFloatEstimate

/// 4.2.2.1 and 4.2.2.2: add, subtract, maximum, minimum, multiply-add.
private let vectorFloatArithmetic: [Instruction] = [
  .vector(
    "vaddfp", "Vector Add Floating-Point", .VX(10), ops: singleSum(.fadd_vec)
  ) { sums($0, $1) { a, b in a + b } },
  .vector(
    "vsubfp", "Vector Subtract Floating-Point", .VX(74), ops: singleSum(.fsub_vec)
  ) { sums($0, $1) { a, b in a - b } },
  .vector(
    "vmaxfp", "Vector Maximum Floating-Point", .VX(1034), ops: singleLimit(.fmax_vec)
  ) {
    singles($0, $1) { a, b in a > b || a == b && a.sign == .plus ? a : b }
  },
  .vector(
    "vminfp", "Vector Minimum Floating-Point", .VX(1098), ops: singleLimit(.fmin_vec)
  ) {
    singles($0, $1) { a, b in a < b || a == b && a.sign == .minus ? a : b }
  },
  .vector(
    "vmaddfp", "Vector Multiply Add Floating-Point", .VA(46), "VD, VA, VC, VB",
    ops: singleProduct(negated: false)
  ) {
    multiplyAdd($0, $1) { a, c, b, unit in unit.sum(of: a, times: c, plus: b) }
  },
  .vector(
    "vnmsubfp", "Vector Negative Multiply-Subtract Floating-Point", .VA(47), "VD, VA, VC, VB",
    ops: singleProduct(negated: true)
  ) {
    multiplyAdd($0, $1) { a, c, b, unit in -unit.sum(of: a, times: c, plus: -b) }
  },
]

/// 4.2.2.3: rounding to integers, conversion from and to integers.
private let vectorFloatConvert: [Instruction] = [
  .vector(
    "vrfin", "Vector Round to Floating-Point Integer Nearest", .VX(522), "VD, VB",
    ops: singleRounded(0)
  ) {
    rounded($0, $1, .toNearestOrEven)
  },
  .vector(
    "vrfiz", "Vector Round to Floating-Point Integer toward Zero", .VX(586), "VD, VB",
    ops: singleRounded(3)
  ) {
    rounded($0, $1, .towardZero)
  },
  .vector(
    "vrfip", "Vector Round to Floating-Point Integer toward Positive Infinity", .VX(650), "VD, VB",
    ops: singleRounded(2)
  ) { rounded($0, $1, .up) },
  .vector(
    "vrfim", "Vector Round to Floating-Point Integer toward Minus Infinity", .VX(714), "VD, VB",
    ops: singleRounded(1)
  ) { rounded($0, $1, .down) },
  .vector(
    "vcfux", "Vector Convert from Unsigned Fixed-Point Word", .VX(778), "VD, VB, UIMM",
    ops: fromFixedPoint(signed: false)
  ) {
    fromFixedPoint($0, $1, UInt32.self)
  },
  .vector(
    "vcfsx", "Vector Convert from Signed Fixed-Point Word", .VX(842), "VD, VB, UIMM",
    ops: fromFixedPoint(signed: true)
  ) {
    fromFixedPoint($0, $1, Int32.self)
  },
  .vector(
    "vctuxs", "Vector Convert to Unsigned Fixed-Point Word Saturate", .VX(906), "VD, VB, UIMM",
    ops: toUnsignedFixedPoint
  ) { toFixedPoint($0, $1, UInt32.self) },
  .vector(
    "vctsxs", "Vector Convert to Signed Fixed-Point Word Saturate", .VX(970), "VD, VB, UIMM",
    ops: toSignedFixedPoint
  ) { toFixedPoint($0, $1, Int32.self) },
]

/// 4.2.2.4: comparisons.
private let vectorFloatCompare: [Instruction] = [
  .comparison(
    "vcmpeqfp[.]", "Vector Compare Equal-to Floating-Point", .VXR(198), ops: singleRelation(.eq)
  ) {
    relation($0, $1) { a, b in a == b }
  },
  .comparison(
    "vcmpgefp[.]", "Vector Compare Greater-Than-or-Equal-to Floating-Point", .VXR(454),
    ops: singleRelation(.le, swapped: true)
  ) { relation($0, $1) { a, b in a >= b } },
  .comparison(
    "vcmpgtfp[.]", "Vector Compare Greater-Than Floating-Point", .VXR(710),
    ops: singleRelation(.lt, swapped: true)
  ) {
    relation($0, $1) { a, b in a > b }
  },
  .comparison("vcmpbfp[.]", "Vector Compare Bounds Floating-Point", .VXR(966), ops: recordedBounds)
  { bounds($0, $1) },
]

/// 4.2.2.5: estimates, which are as exact here as single precision allows; the manual asks for a
/// relative error below 1/4096, for vexptefp 1/16 and for vlogefp an absolute one below 1/32.
private let vectorFloatEstimate: [Instruction] = [
  .vector(
    "vrefp", "Vector Reciprocal Estimate Floating-Point", .VX(266), "VD, VB", ops: singleReciprocal
  ) {
    estimate($0, $1) { b in 1 / b }
  },
  .vector(
    "vrsqrtefp", "Vector Reciprocal Square Root Estimate Floating-Point", .VX(330), "VD, VB",
    ops: singleReciprocalRoot
  ) { estimate($0, $1) { b in 1 / b.squareRoot() } },
  .vector("vexptefp", "Vector 2 Raised to the Exponent Estimate Floating-Point", .VX(394), "VD, VB")
  { estimate($0, $1) { b in Float(exp2(Double(b))) } },
  .vector("vlogefp", "Vector Log2 Estimate Floating-Point", .VX(458), "VD, VB") {
    estimate($0, $1) { b in Float(log2(Double(b))) }
  },
]

/// Each element of VD is the sum, or difference, of those of VA and VB.
///
/// A sum that is denormal is exact, so that it does not matter whether it was rounded.
@inline(__always)
private func sums(
  _ env: UnsafeMutableRawPointer, _ word: UInt64, _ function: (Float, Float) -> Float
) -> UInt64 { singles(env, word, function) }

/// Each element of VD is a function of those of VA and VB.
@inline(__always)
private func singles(
  _ env: UnsafeMutableRawPointer, _ word: UInt64, _ function: (Float, Float) -> Float
) -> UInt64 {
  let unit = VectorUnit(env, word)
  return lanes(env, word) { (a: UInt32, b: UInt32) in
    if let quiet = quietNaN(a, b) { return quiet }
    return unit.result(function(unit.operand(a), unit.operand(b)))
  }
}

/// Each element of VD is a function of those of VA, VC and VB.
@inline(__always)
private func multiplyAdd(
  _ env: UnsafeMutableRawPointer, _ word: UInt64,
  _ function: (Float, Float, Float, VectorUnit) -> Float
) -> UInt64 {
  triples(env, word) { (a: UInt32, b: UInt32, c: UInt32, unit) in
    if let quiet = quietNaN(a, b, c) { return quiet }
    return unit.result(function(unit.operand(a), unit.operand(c), unit.operand(b), unit))
  }
}

/// Each element of VD is a function of that of VB.
@inline(__always)
private func estimate(
  _ env: UnsafeMutableRawPointer, _ word: UInt64, _ function: (Float) -> Float
) -> UInt64 {
  let unit = VectorUnit(env, word)
  return each(env, word) { (b: UInt32) in
    if let quiet = quietNaN(b) { return quiet }
    return unit.result(function(unit.operand(b)))
  }
}

@inline(__always)
private func rounded(
  _ env: UnsafeMutableRawPointer, _ word: UInt64, _ rule: FloatingPointRoundingRule
) -> UInt64 {
  estimate(env, word) { b in b.rounded(rule) }
}

/// Integers divided by 2 to the power of UIMM.
@inline(__always)
private func fromFixedPoint<Element: FixedWidthInteger>(
  _ env: UnsafeMutableRawPointer, _ word: UInt64, _: Element.Type
) -> UInt64 {
  let scale = powerOfTwo(-VectorUnit(env, word).i.UIMM)
  return each(env, word) { (b: UInt32) in
    Float(Double(Element(truncatingIfNeeded: b)) * scale).bitPattern
  }
}

/// The integers nearest to numbers times 2 to the power of UIMM, toward zero; NaN becomes zero.
@inline(__always)
private func toFixedPoint<Element: FixedWidthInteger>(
  _ env: UnsafeMutableRawPointer, _ word: UInt64, _: Element.Type
) -> UInt64 {
  let unit = VectorUnit(env, word)
  let scale = powerOfTwo(unit.i.UIMM)
  return each(env, word) { (b: UInt32) in
    let value = Double(Float(bitPattern: b)) * scale
    if value.isNaN { return 0 }
    // Beyond 2^40 all saturate alike.
    let limited = max(-0x1p40, min(0x1p40, value))
    return UInt32(truncatingIfNeeded: saturate(Int64(limited), unit, as: Element.self))
  }
}

/// 2 to the power of -31 to 31.
@inline(__always)
private func powerOfTwo(_ exponent: Int) -> Double {
  Double(bitPattern: UInt64(1023 &+ exponent) &<< 52)
}

@inline(__always)
private func relation(
  _ env: UnsafeMutableRawPointer, _ word: UInt64, _ holds: (Float, Float) -> Bool
) -> UInt64 {
  let unit = VectorUnit(env, word)
  return comparing(env, word) { (a: UInt32, b: UInt32) in
    holds(unit.operand(a), unit.operand(b))
  }
}

/// Bit 0 of an element says that VA's is above VB's, bit 1 that it is below the negative of it.
///
/// - Returns: 2 if no bit is set.
@inline(__always)
private func bounds(_ env: UnsafeMutableRawPointer, _ word: UInt64) -> UInt64 {
  let unit = VectorUnit(env, word)
  let VA = unit.VA, VB = unit.VB
  let result = Vector { n -> UInt32 in
    let a = unit.operand(VA.element(n)), b = unit.operand(VB.element(n))
    return (a <= b ? 0 : 1 &<< 31) | (a >= -b ? 0 : 1 &<< 30)
  }
  unit.setVD(result)
  return result.high | result.low == 0 ? 2 : 0
}
