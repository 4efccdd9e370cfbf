import Testing

@testable import IR

/// What a pure op with one or two operands gives, in wide arithmetic.
struct PureCase: Sendable, CustomTestStringConvertible {
  let opcode: Opcode
  var widths = [8, 32, 64]
  let expected: @Sendable (Wide, UInt64, UInt64) -> UInt64
  var testDescription: String { "\(opcode)" }

  init(
    _ opcode: Opcode, widths: [Int] = [8, 32, 64],
    _ expected: @escaping @Sendable (Wide, UInt64, UInt64) -> UInt64
  ) {
    (self.opcode, self.widths, self.expected) = (opcode, widths, expected)
  }
}

let arithmeticCases: [PureCase] = [
  PureCase(.mov) { _, a, _ in a },
  PureCase(.add) { w, a, b in w.wrap(Int128(a) + Int128(b)) },
  PureCase(.sub) { w, a, b in w.wrap(Int128(a) - Int128(b)) },
  PureCase(.neg) { w, a, _ in w.wrap(-Int128(a)) },
  PureCase(.mul) { w, a, b in UInt64(UInt128(a) * UInt128(b) % w.modulus) },
  PureCase(.muluh) { w, a, b in UInt64(UInt128(a) * UInt128(b) / w.modulus) },
  PureCase(.mulsh) { w, a, b in w.wrap(w.floorHalved(w.signed(a) * w.signed(b), w.width)) },
  PureCase(.divs) { w, a, b in w.wrap(w.quotient(w.signed(a), w.signed(b)) ?? 0) },
  PureCase(.rems) { w, a, b in
    guard let q = w.quotient(w.signed(a), w.signed(b)) else { return 0 }
    return w.wrap(w.signed(a) - q * w.signed(b))
  },
  PureCase(.divu) { _, a, b in b == 0 ? 0 : UInt64(UInt128(a) / UInt128(b)) },
  PureCase(.remu) { _, a, b in
    b == 0 ? 0 : UInt64(UInt128(a) - UInt128(a) / UInt128(b) * UInt128(b))
  },
]

let logicCases: [PureCase] = [
  PureCase(.and) { w, a, b in w.bits(a, b) { $0 && $1 } },
  PureCase(.or) { w, a, b in w.bits(a, b) { $0 || $1 } },
  PureCase(.xor) { w, a, b in w.bits(a, b) { $0 != $1 } },
  PureCase(.not) { w, a, b in w.bits(a, b) { x, _ in !x } },
  PureCase(.andc) { w, a, b in w.bits(a, b) { $0 && !$1 } },
  PureCase(.orc) { w, a, b in w.bits(a, b) { $0 || !$1 } },
  PureCase(.eqv) { w, a, b in w.bits(a, b) { $0 == $1 } },
  PureCase(.nand) { w, a, b in w.bits(a, b) { !($0 && $1) } },
  PureCase(.nor) { w, a, b in w.bits(a, b) { !($0 || $1) } },
  PureCase(.shl) { w, a, b in w.move(a) { $0 + Int(b % UInt64(w.width)) } },
  PureCase(.shr) { w, a, b in w.move(a) { $0 - Int(b % UInt64(w.width)) } },
  PureCase(.sar) { w, a, b in w.wrap(w.floorHalved(w.signed(a), Int(b % UInt64(w.width)))) },
  PureCase(.rotl) { w, a, b in w.move(a) { ($0 + Int(b % UInt64(w.width))) % w.width } },
  PureCase(.rotr) { w, a, b in w.move(a) { ($0 + w.width - Int(b % UInt64(w.width))) % w.width } },
  PureCase(.clz) { w, a, b in
    (0..<w.width).reversed().first { w.bit(a, $0) }.map { UInt64(w.width - 1 - $0) } ?? b
  },
  PureCase(.ctz) { w, a, b in (0..<w.width).first { w.bit(a, $0) }.map { UInt64($0) } ?? b },
  PureCase(.ctpop) { w, a, _ in UInt64((0..<w.width).count { w.bit(a, $0) }) },
  PureCase(.bswap16, widths: [32, 64]) { _, a, _ in a % 256 * 256 + a / 256 % 256 },
  PureCase(.bswap32, widths: [32, 64]) { w, a, _ in
    w.move(a) { $0 < 32 ? 24 - $0 / 8 * 8 + $0 % 8 : nil }
  },
  PureCase(.bswap64, widths: [64]) { w, a, _ in w.move(a) { 56 - $0 / 8 * 8 + $0 % 8 } },
]

let conversionCases: [PureCase] = [
  PureCase(.ext_i32_i64, widths: [64]) { w, a, _ in
    w.wrap(Wide(width: 32).signed(a % (1 << 32)))
  },
  PureCase(.extu_i32_i64, widths: [32]) { _, a, _ in a },
  PureCase(.extrl_i64_i32, widths: [32]) { _, a, _ in a % (1 << 32) },
  PureCase(.fbits_i32, widths: [32]) { _, a, _ in a },
  PureCase(.fbits_i64, widths: [64]) { _, a, _ in a },
  PureCase(.ibits_f32, widths: [32]) { _, a, _ in a },
  PureCase(.ibits_f64, widths: [64]) { _, a, _ in a },
  PureCase(.fneg, widths: [32, 64]) { w, a, _ in w.wrap(Int128(a) + Int128(w.modulus) / 2) },
  PureCase(.fabs, widths: [32, 64]) { w, a, _ in a % UInt64(w.modulus / 2) },
]

@Test(
  "Each op with one or two operands agrees with wide arithmetic at the edges",
  arguments: arithmeticCases + logicCases + conversionCases)
func pureOp(_ row: PureCase) {
  var failures: [String] = []
  for width in row.widths {
    let wide = Wide(width: width)
    for a in wide.edges {
      for b in wide.edges {
        let expected = row.expected(wide, a, b)
        let op = Op(row.opcode, .i64, outputs: 1, inputs: 2)
        let got = row.opcode.evaluate(a, b, width: width)
        let byOp = op.evaluate(a, b, width: width).0
        if got != expected || byOp != expected {
          failures.append("\(row.opcode) \(width): \(a), \(b): \(got), \(byOp), not \(expected)")
        }
      }
    }
  }
  #expect(failures.prefix(5) == [])
}

/// Ops with more operands, results or constants: `(a, b, c, first, second constant)`.
struct WideCase: Sendable, CustomTestStringConvertible {
  let opcode: Opcode
  /// The pairs of constants to try at a width.
  var constants: @Sendable (Int) -> [(Int, Int)] = { _ in [(0, 0)] }
  let expected: @Sendable (Wide, [UInt64], (Int, Int)) -> (UInt64, UInt64)
  var testDescription: String { "\(opcode)" }
}

/// Positions and lengths of fields in a word of `width` bits.
private let fields: @Sendable (Int) -> [(Int, Int)] = { width in
  [0, 1, 3, 7, width / 2, width - 1].flatMap { at in
    [1, 2, 7, 8, width / 2, width].compactMap { at + $0 <= width ? (at, $0) : nil }
  }
}

/// Positions alone, and the flags of byte swaps.
private let offsets: @Sendable (Int) -> [(Int, Int)] = {
  [0, 1, 5, $0 / 2, $0 - 1].map { ($0, 0) }
}
private let extensions: @Sendable (Int) -> [(Int, Int)] = { _ in [(0, 0), (3, 0), (5, 0)] }

let wideCases: [WideCase] = [
  WideCase(opcode: .deposit, constants: fields) { w, v, k in
    let kept = w.move(v[0]) { (k.0..<k.0 + k.1).contains($0) ? nil : $0 }
    return (kept + w.move(v[1]) { $0 < k.1 ? $0 + k.0 : nil }, 0)
  },
  WideCase(opcode: .extract, constants: fields) { w, v, k in
    (w.move(v[0]) { (k.0..<k.0 + k.1).contains($0) ? $0 - k.0 : nil }, 0)
  },
  WideCase(opcode: .sextract, constants: fields) { w, v, k in
    let field = w.move(v[0]) { (k.0..<k.0 + k.1).contains($0) ? $0 - k.0 : nil }
    return (w.wrap(Wide(width: k.1).signed(field)), 0)
  },
  WideCase(opcode: .extract2, constants: offsets) { w, v, k in
    (w.move(v[0]) { $0 - k.0 } | w.move(v[1]) { $0 + w.width - k.0 }, 0)
  },
  WideCase(opcode: .mulu2) { w, v, _ in
    let product = UInt128(v[0]) * UInt128(v[1])
    return (UInt64(product % w.modulus), UInt64(product / w.modulus))
  },
  WideCase(opcode: .muls2) { w, v, _ in
    let product = w.signed(v[0]) * w.signed(v[1])
    return (w.wrap(product), w.wrap(w.floorHalved(product, w.width)))
  },
  WideCase(opcode: .divu2) { w, v, _ in
    if v[2] == 0 || v[1] >= v[2] { return (0, 0) }
    let dividend = UInt128(v[1]) * w.modulus + UInt128(v[0])
    return (UInt64(dividend / UInt128(v[2])), UInt64(dividend % UInt128(v[2])))
  },
  WideCase(opcode: .divs2) { w, v, _ in
    let dividend = w.signed(v[1]) * Int128(w.modulus) + Int128(v[0])
    let divisor = w.signed(v[2])
    guard let q = w.quotient(dividend, divisor) else { return (0, 0) }
    return (w.wrap(q), w.wrap(dividend - q * divisor))
  },
  // Bit 2 of the constant asks for a result with its sign extended.
  WideCase(opcode: .bswap16, constants: extensions) { w, v, k in
    let swapped = v[0] % 256 * 256 + v[0] / 256 % 256
    return (k.0 == 5 ? w.wrap(Wide(width: 16).signed(swapped)) : swapped, 0)
  },
  WideCase(opcode: .bswap32, constants: extensions) { w, v, k in
    let swapped = w.move(v[0]) { $0 < 32 ? 24 - $0 / 8 * 8 + $0 % 8 : nil }
    return (k.0 == 5 ? w.wrap(Wide(width: 32).signed(swapped)) : swapped, 0)
  },
]

@Test(
  "Each op with fields, pairs or three operands agrees with wide arithmetic", arguments: wideCases)
func wideOp(_ row: WideCase) {
  var failures: [String] = []
  for width in [32, 64] {
    let wide = Wide(width: width)
    // Division of a double width has a quotient for few triples: small divisors alone miss most.
    let third = row.opcode == .divs2 || row.opcode == .divu2 ? wide.edges : [0]
    for (first, second) in row.constants(width) {
      let op = Op(
        row.opcode, width == 32 ? .i32 : .i64, outputs: 1, inputs: 3, constant: UInt32(first),
        constant2: UInt32(second))
      for a in wide.edges {
        for b in wide.edges {
          for c in third {
            let expected = row.expected(wide, [a, b, c], (first, second))
            let got = op.evaluate(a, b, c, width: width)
            if got != expected {
              failures.append(
                "\(op.opcode) \(width): \(a), \(b), \(c), \(first): \(got), not \(expected)")
            }
          }
        }
      }
    }
  }
  #expect(failures.prefix(5) == [])
}
