import Testing

@testable import IR

/// Whether each condition holds of two numbers, as integers without a width.
let conditionCases: [(condition: Condition, holds: @Sendable (Wide, UInt64, UInt64) -> Bool)] = [
  (.never, { _, _, _ in false }),
  (.always, { _, _, _ in true }),
  (.eq, { _, a, b in Int128(a) == Int128(b) }),
  (.ne, { _, a, b in Int128(a) != Int128(b) }),
  (.lt, { w, a, b in w.signed(a) - w.signed(b) < 0 }),
  (.ge, { w, a, b in w.signed(a) - w.signed(b) >= 0 }),
  (.le, { w, a, b in w.signed(a) - w.signed(b) <= 0 }),
  (.gt, { w, a, b in w.signed(a) - w.signed(b) > 0 }),
  (.ltu, { _, a, b in Int128(a) - Int128(b) < 0 }),
  (.geu, { _, a, b in Int128(a) - Int128(b) >= 0 }),
  (.leu, { _, a, b in Int128(a) - Int128(b) <= 0 }),
  (.gtu, { _, a, b in Int128(a) - Int128(b) > 0 }),
  (.tsteq, { w, a, b in !(0..<w.width).contains { w.bit(a, $0) && w.bit(b, $0) } }),
  (.tstne, { w, a, b in (0..<w.width).contains { w.bit(a, $0) && w.bit(b, $0) } }),
]

@Test("Conditions, their inverses and exchanges, and the ops that test them")
func conditions() {
  var failures: [String] = []
  #expect(conditionCases.map(\.condition) == Condition.allCases)
  for width in [8, 32, 64] {
    let wide = Wide(width: width)
    let all = UInt64(wide.modulus - 1)
    for (condition, holds) in conditionCases {
      for a in wide.edges {
        for b in wide.edges {
          let expected = holds(wide, a, b)
          func evaluated(_ opcode: Opcode) -> UInt64 {
            Op(opcode, .i64, outputs: 1, inputs: 4, condition: condition)
              .evaluate(a, b, 77, 99, width: width).0
          }
          let good =
            condition.holds(a, b, width: width) == expected
            && condition.inverted.holds(a, b, width: width) != expected
            && condition.swapped.holds(b, a, width: width) == expected
            && evaluated(.setcond) == (expected ? 1 : 0)
            && evaluated(.negsetcond) == (expected ? all : 0)
            && evaluated(.movcond) == (expected ? 77 : 99)
          if !good { failures.append("\(condition) \(width): \(a), \(b)") }
        }
      }
    }
  }
  #expect(failures.prefix(5) == [])
}

/// Each carry op: what it adds or subtracts besides its operands, given the carry.
let carryCases: [(opcode: Opcode, subtracts: Bool, extra: @Sendable (UInt64) -> Int128)] = [
  (.addco, false, { _ in 0 }), (.addc1o, false, { _ in 1 }),
  (.addci, false, { Int128($0) }), (.addcio, false, { Int128($0) }),
  (.subbo, true, { _ in 0 }), (.subb1o, true, { _ in 1 }),
  (.subbi, true, { Int128($0) }), (.subbio, true, { Int128($0) }),
]

@Test("Carry and borrow, in and out")
func carries() {
  var failures: [String] = []
  for (opcode, subtracts, extra) in carryCases {
    for width in [8, 32, 64] {
      let wide = Wide(width: width)
      for a in wide.edges {
        for b in wide.edges {
          for carry in [UInt64(0), 1] {
            let addend = Int128(b) + extra(carry)
            let exact = subtracts ? Int128(a) - addend : Int128(a) + addend
            let out: UInt64 = exact < 0 || exact >= Int128(wide.modulus) ? 1 : 0
            let got = opcode.evaluateCarry(a, b, carry: carry, width: width)
            if got != (wide.wrap(exact), out) {
              failures.append("\(opcode) \(width): \(a), \(b), \(carry): \(got)")
            }
          }
        }
      }
    }
  }
  #expect(failures.prefix(5) == [])
}

/// Results worked out by hand, or from IEEE 754's formats: op, width, operands, result.
let handCases: [(opcode: Opcode, width: Int, operands: [UInt64], result: UInt64)] = [
  // 1 + 2 = 3; 1 - 2 = -1; 3 * -2 = -6; 1 / 0 = infinity; sqrt 4 = 2, in both formats.
  (.fadd, 64, [0x3ff0_0000_0000_0000, 0x4000_0000_0000_0000], 0x4008_0000_0000_0000),
  (.fadd, 32, [0x3f80_0000, 0x4000_0000], 0x4040_0000),
  (.fsub, 64, [0x3ff0_0000_0000_0000, 0x4000_0000_0000_0000], 0xbff0_0000_0000_0000),
  (.fsub, 32, [0x3f80_0000, 0x4000_0000], 0xbf80_0000),
  (.fmul, 64, [0x4008_0000_0000_0000, 0xc000_0000_0000_0000], 0xc018_0000_0000_0000),
  (.fmul, 32, [0x4040_0000, 0xc000_0000], 0xc0c0_0000),
  (.fdiv, 64, [0x3ff0_0000_0000_0000, 0], 0x7ff0_0000_0000_0000),
  (.fdiv, 32, [0x3f80_0000, 0x8000_0000], 0xff80_0000),
  (.fsqrt, 64, [0x4010_0000_0000_0000], 0x4000_0000_0000_0000),
  (.fsqrt, 32, [0x4080_0000], 0x4000_0000),
  // Rounding to nearest even: 1 + 2^-53 = 1, 1 + 2^-52 + 2^-53 = 1 + 2^-51.
  (.fadd, 64, [0x3ff0_0000_0000_0000, 0x3ca0_0000_0000_0000], 0x3ff0_0000_0000_0000),
  (.fadd, 64, [0x3ff0_0000_0000_0001, 0x3ca0_0000_0000_0000], 0x3ff0_0000_0000_0002),
  // (1 + 2^-52)^2 - (1 + 2^-51) = 2^-104: only a fused product keeps it.
  (
    .fma, 64, [0x3ff0_0000_0000_0001, 0x3ff0_0000_0000_0001, 0xbff0_0000_0000_0002],
    0x3970_0000_0000_0000
  ),
  // (1 + 2^-23)^2 - (1 + 2^-22) = 2^-46.
  (.fma, 32, [0x3f80_0001, 0x3f80_0001, 0xbf80_0002], 0x2880_0000),
  (.fms, 32, [0x3f80_0001, 0x3f80_0001, 0x3f80_0002], 0x2880_0000),
  (
    .fms, 64, [0x3ff0_0000_0000_0001, 0x3ff0_0000_0000_0001, 0x3ff0_0000_0000_0002],
    0x3970_0000_0000_0000
  ),
  (.fms, 64, [0, 0, 0x7ff8_0000_0000_0000], 0x7ff8_0000_0000_0000),
  // Less -1, greater 1, equal 0 (zeros of both signs).
  (.fcmp, 64, [0x3ff0_0000_0000_0000, 0x4000_0000_0000_0000], .max),
  (.fcmp, 64, [0x4000_0000_0000_0000, 0x3ff0_0000_0000_0000], 1),
  (.fcmp, 64, [0x8000_0000_0000_0000, 0], 0),
  // At least zero: zeros of both signs, the least denormal, infinity; not negative numbers and NaNs.
  (.fsel, 64, [0, 5, 9], 5), (.fsel, 64, [0x8000_0000_0000_0000, 5, 9], 5),
  (.fsel, 64, [1, 5, 9], 5), (.fsel, 64, [0x8000_0000_0000_0001, 5, 9], 9),
  (.fsel, 64, [0x7ff0_0000_0000_0000, 5, 9], 5), (.fsel, 64, [0xfff0_0000_0000_0000, 5, 9], 9),
  (.fsel, 64, [0x7ff0_0000_0000_0001, 5, 9], 9), (.fsel, 64, [0x7ff8_0000_0000_0000, 5, 9], 9),
  (.fsel, 64, [0xfff8_0000_0000_0000, 5, 9], 9), (.fsel, 64, [0xbff0_0000_0000_0000, 5, 9], 9),
  // The smallest subnormal single, 2^-149; a double that rounds up to it; one beyond range.
  (.cvt_f32_f64, 64, [1], 0x36a0_0000_0000_0000),
  (.ext_f32_f64, 64, [1], 0x36a0_0000_0000_0000),
  (.ext_f32_f64, 64, [0xff80_0001], 0xfff0_0000_2000_0000),
  (.ext_f32_f64, 64, [0x7fc0_0000], 0x7ff8_0000_0000_0000),
  (.ext_f32_f64, 64, [0xff80_0000], 0xfff0_0000_0000_0000),
  (.cvt_f64_f32, 32, [0x3690_0000_0000_0001], 1),
  (.cvt_f64_f32, 32, [0x47ef_ffff_ffff_ffff], 0x7f80_0000),
  (.cvt_i32_f64, 64, [0x8000_0000], 0xc1e0_0000_0000_0000),
  (.cvt_i64_f64, 64, [0x7fff_ffff_ffff_ffff], 0x43e0_0000_0000_0000),
  // To integers: towards zero; the most negative where there is none.
  (.cvt_f64_i32, 32, [0xc004_0000_0000_0000], 0xffff_fffe),
  (.cvt_f64_i32, 32, [0xc1e0_0000_001f_ffff], 0x8000_0000),
  (.cvt_f64_i32, 32, [0x41e0_0000_0000_0000], 0x8000_0000),
  (.cvt_f64_i32, 32, [0x41df_ffff_ffff_ffff], 0x7fff_ffff),
  (.cvt_f64_i32, 32, [0x7ff8_0000_0000_0000], 0x8000_0000),
  (.cvt_f64_i64, 64, [0xbfef_ffff_ffff_ffff], 0),
  (.cvt_f64_i64, 64, [0x43df_ffff_ffff_ffff], 0x7fff_ffff_ffff_fc00),
  (.cvt_f64_i64, 64, [0x43e0_0000_0000_0000], 0x8000_0000_0000_0000),
  (.extrh_i64_i32, 32, [0x1234_5678_9abc_def0], 0x1234_5678),
  (.ext_i32_i64, 64, [0x8000_0000], 0xffff_ffff_8000_0000),
  (.extu_i32_i64, 64, [0x8000_0000], 0x8000_0000),
  (.bswap16, 32, [0x1234], 0x3412), (.bswap32, 32, [0x1234_5678], 0x7856_3412),
  (.bswap64, 64, [0x0102_0304_0506_0708], 0x0807_0605_0403_0201),
  (.sar, 32, [0x8000_0000, 31], 0xffff_ffff), (.rotl, 32, [0x8000_0001, 1], 3),
  (.clz, 32, [0, 32], 32), (.clz, 32, [1, 32], 31), (.clz, 64, [1, 64], 63),
  (.divs, 32, [0xffff_fff9, 2], 0xffff_fffd), (.rems, 32, [0xffff_fff9, 2], 0xffff_ffff),
  (.mulsh, 32, [0xffff_ffff, 0xffff_ffff], 0),
  (.muluh, 32, [0xffff_ffff, 0xffff_ffff], 0xffff_fffe),
]

@Test("Results worked out by hand")
func byHand() {
  var failures: [String] = []
  for row in handCases {
    let v = row.operands + [0, 0, 0]
    let op = Op(row.opcode, row.width == 32 ? .i32 : .i64, outputs: 1, inputs: 3)
    let got = op.evaluate(v[0], v[1], v[2], width: row.width).0
    if got != row.result { failures.append("\(row): \(String(got, radix: 16))") }
  }
  #expect(failures == [])
}

/// Vector ops have their rows in VectorOpTests.swift.
@Test("Every op that evaluate defines has an expectation")
func everyOpIsTested() {
  var tested = Set((arithmeticCases + logicCases + conversionCases).map(\.opcode))
  tested.formUnion(wideCases.map(\.opcode))
  tested.formUnion(carryCases.map(\.opcode))
  tested.formUnion(handCases.map(\.opcode))
  tested.formUnion([.setcond, .negsetcond, .movcond])
  let defining: OpcodeFlags = [.pure, .carryIn, .carryOut]
  let missing = Opcode.allCases.filter {
    !$0.info.flags.isDisjoint(with: defining) && !$0.isVector && !tested.contains($0)
  }
  #expect(missing == [])
}
