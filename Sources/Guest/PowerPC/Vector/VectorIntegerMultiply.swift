/// AltiVec PEM, 4.2.1.1: vector integer multiply.
let vectorIntegerMultiply: [Instruction] = [
  .vector(
    "vmuloub", "Vector Multiply Odd Unsigned Byte", .VX(8),
    ops: pairs { $0.multipliedParts($1, odd: true, signed: false, .e16) }
  ) {
    multiplying($0, $1, UInt8.self, UInt16.self, odd: 1)
  },
  .vector(
    "vmulouh", "Vector Multiply Odd Unsigned Halfword", .VX(72),
    ops: pairs { $0.multipliedParts($1, odd: true, signed: false, .e32) }
  ) {
    multiplying($0, $1, UInt16.self, UInt32.self, odd: 1)
  },
  .vector(
    "vmulosb", "Vector Multiply Odd Signed Byte", .VX(264),
    ops: pairs { $0.multipliedParts($1, odd: true, signed: true, .e16) }
  ) {
    multiplying($0, $1, Int8.self, Int16.self, odd: 1)
  },
  .vector(
    "vmulosh", "Vector Multiply Odd Signed Halfword", .VX(328),
    ops: pairs { $0.multipliedParts($1, odd: true, signed: true, .e32) }
  ) {
    multiplying($0, $1, Int16.self, Int32.self, odd: 1)
  },
  .vector(
    "vmuleub", "Vector Multiply Even Unsigned Byte", .VX(520),
    ops: pairs { $0.multipliedParts($1, odd: false, signed: false, .e16) }
  ) {
    multiplying($0, $1, UInt8.self, UInt16.self, odd: 0)
  },
  .vector(
    "vmuleuh", "Vector Multiply Even Unsigned Halfword", .VX(584),
    ops: pairs { $0.multipliedParts($1, odd: false, signed: false, .e32) }
  ) {
    multiplying($0, $1, UInt16.self, UInt32.self, odd: 0)
  },
  .vector(
    "vmulesb", "Vector Multiply Even Signed Byte", .VX(776),
    ops: pairs { $0.multipliedParts($1, odd: false, signed: true, .e16) }
  ) {
    multiplying($0, $1, Int8.self, Int16.self, odd: 0)
  },
  .vector(
    "vmulesh", "Vector Multiply Even Signed Halfword", .VX(840),
    ops: pairs { $0.multipliedParts($1, odd: false, signed: true, .e32) }
  ) {
    multiplying($0, $1, Int16.self, Int32.self, odd: 0)
  },
]

/// AltiVec PEM, 4.2.1.2: vector integer multiply-add and multiply-sum.
let vectorIntegerMultiplyAdd: [Instruction] = [
  .vector(
    "vmhaddshs", "Vector Multiply High and Add Signed Halfword Saturate", .VA(32), "VD, VA, VB, VC",
    ops: saturatingTriple { a, b, c in a.multipliedHigh(b, rounded: false, plus: c) }
  ) {
    triples($0, $1) { (a: Int16, b, c, unit) in
      saturate((Int64(a) &* Int64(b)) &>> 15 &+ Int64(c), unit)
    }
  },
  .vector(
    "vmhraddshs", "Vector Multiply High Round and Add Signed Halfword Saturate", .VA(33),
    "VD, VA, VB, VC",
    ops: saturatingTriple { a, b, c in a.multipliedHigh(b, rounded: true, plus: c) }
  ) {
    triples($0, $1) { (a: Int16, b, c, unit) in
      saturate((Int64(a) &* Int64(b) &+ 0x4000) &>> 15 &+ Int64(c), unit)
    }
  },
  .vector(
    "vmladduhm", "Vector Multiply Low and Add Unsigned Halfword Modulo", .VA(34), "VD, VA, VB, VC",
    ops: triple { a, b, c in a.elements(.mul_vec, b, .e16).elements(.add_vec, c, .e16) }
  ) { triples($0, $1) { (a: UInt16, b, c, _) in a &* b &+ c } },
  .vector(
    "vmsumubm", "Vector Multiply Sum Unsigned Byte Modulo", .VA(36), "VD, VA, VB, VC",
    ops: triple { a, b, c in a.multipliedBytes(b, signed: false).elements(.add_vec, c, .e32) }
  ) {
    multiplySum($0, $1, UInt8.self, UInt8.self) { sum, _ in UInt32(truncatingIfNeeded: sum) }
  },
  .vector(
    "vmsummbm", "Vector Multiply Sum Mixed-Sign Byte Modulo", .VA(37), "VD, VA, VB, VC",
    ops: triple { a, b, c in a.multipliedBytes(b, signed: true).elements(.add_vec, c, .e32) }
  ) {
    multiplySum($0, $1, Int8.self, UInt8.self) { sum, _ in Int32(truncatingIfNeeded: sum) }
  },
  .vector(
    "vmsumuhm", "Vector Multiply Sum Unsigned Halfword Modulo", .VA(38), "VD, VA, VB, VC",
    ops: triple { a, b, c in a.multipliedHalfwords(b).elements(.add_vec, c, .e32) }
  ) {
    multiplySum($0, $1, UInt16.self, UInt16.self) { sum, _ in UInt32(truncatingIfNeeded: sum) }
  },
  .vector(
    "vmsumuhs", "Vector Multiply Sum Unsigned Halfword Saturate", .VA(39), "VD, VA, VB, VC",
    ops: saturatingTriple { a, b, c in a.multipliedHalfwords(b, plus: c) }
  ) {
    multiplySum($0, $1, UInt16.self, UInt16.self) { sum, unit in
      saturate(sum, unit, as: UInt32.self)
    }
  },
  .vector(
    "vmsumshm", "Vector Multiply Sum Signed Halfword Modulo", .VA(40), "VD, VA, VB, VC",
    ops: triple { a, b, c in a.elements(.madd_vec, b, .e16).elements(.add_vec, c, .e32) }
  ) {
    multiplySum($0, $1, Int16.self, Int16.self) { sum, _ in Int32(truncatingIfNeeded: sum) }
  },
  .vector(
    "vmsumshs", "Vector Multiply Sum Signed Halfword Saturate", .VA(41), "VD, VA, VB, VC",
    ops: saturatingTriple { a, b, c in a.multipliedSignedHalfwords(b, plus: c) }
  ) {
    multiplySum($0, $1, Int16.self, Int16.self) { sum, unit in saturate(sum, unit, as: Int32.self) }
  },
]

/// AltiVec PEM, 4.2.1.3: vector integer sum across.
let vectorSumAcross: [Instruction] = [
  .vector(
    "vsumsws", "Vector Sum Across Signed Word Saturate", .VX(1928),
    ops: saturating { $0.summedWords($1, words: 4) }
  ) {
    sumAcross($0, $1, Int32.self, Int32.self, words: 4)
  },
  .vector(
    "vsum2sws", "Vector Sum Across Partial (1/2) Signed Word Saturate", .VX(1672),
    ops: saturating { $0.summedWords($1, words: 2) }
  ) {
    sumAcross($0, $1, Int32.self, Int32.self, words: 2)
  },
  .vector(
    "vsum4sbs", "Vector Sum Across Partial (1/4) Signed Byte Saturate", .VX(1800),
    ops: saturating { $0.summedBytes(signed: true).addingSigned($1) }
  ) {
    sumAcross($0, $1, Int8.self, Int32.self, words: 1)
  },
  .vector(
    "vsum4shs", "Vector Sum Across Partial (1/4) Signed Halfword Saturate", .VX(1608),
    ops: saturating { $0.summedHalfwords.addingSigned($1) }
  ) {
    sumAcross($0, $1, Int16.self, Int32.self, words: 1)
  },
  .vector(
    "vsum4ubs", "Vector Sum Across Partial (1/4) Unsigned Byte Saturate", .VX(1544),
    ops: saturating { $0.summedBytes(signed: false).addingUnsigned($1) }
  ) {
    sumAcross($0, $1, UInt8.self, UInt32.self, words: 1)
  },
]
