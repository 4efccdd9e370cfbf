import Foundation
import Testing

@testable import GuestPowerPC

/// The engine and the host, asked for the same operation on FRA, FRB, FRC.
private struct HostOperation: Sendable {
  let name: String
  /// Whether operands are made representable in single first.
  let isSingle: Bool
  let engine: @Sendable (inout FPSCR, UInt64, UInt64, UInt64) -> FloatResult
  let host: @Sendable (UInt64, UInt64, UInt64) -> UInt64
}

/// A double operation of the host on raw bits.
private func double(
  _ operation: @escaping @Sendable (Double, Double, Double) -> Double
) -> @Sendable (UInt64, UInt64, UInt64) -> UInt64 {
  {
    operation(Double(bitPattern: $0), Double(bitPattern: $1), Double(bitPattern: $2)).bitPattern
  }
}

/// A float operation of the host on the register form of singles.
private func single(
  _ operation: @escaping @Sendable (Float, Float, Float) -> Float
) -> @Sendable (UInt64, UInt64, UInt64) -> UInt64 {
  {
    let a = Float(Double(bitPattern: $0))
    let b = Float(Double(bitPattern: $1))
    return Double(operation(a, b, Float(Double(bitPattern: $2)))).bitPattern
  }
}

private let hostOperations: [HostOperation] = [
  HostOperation(
    name: "fadd", isSingle: false, engine: { a, b, c, _ in SoftwareFloat.fadd(&a, FRA: b, FRB: c) },
    host: double { a, b, _ in a + b }),
  HostOperation(
    name: "fsub", isSingle: false, engine: { a, b, c, _ in SoftwareFloat.fsub(&a, FRA: b, FRB: c) },
    host: double { a, b, _ in a - b }),
  HostOperation(
    name: "fmul", isSingle: false, engine: { a, b, c, _ in SoftwareFloat.fmul(&a, FRA: b, FRC: c) },
    host: double { a, b, _ in a * b }),
  HostOperation(
    name: "fdiv", isSingle: false, engine: { a, b, c, _ in SoftwareFloat.fdiv(&a, FRA: b, FRB: c) },
    host: double { a, b, _ in a / b }),
  HostOperation(
    name: "fsqrt", isSingle: false, engine: { a, b, _, _ in SoftwareFloat.fsqrt(&a, FRB: b) },
    host: double { a, _, _ in a.squareRoot() }),
  HostOperation(
    name: "fmadd", isSingle: false,
    engine: { SoftwareFloat.fmadd(&$0, FRA: $1, FRC: $3, FRB: $2) },
    host: double { a, b, c in b.addingProduct(a, c) }),
  HostOperation(
    name: "fadds", isSingle: true,
    engine: { a, b, c, _ in SoftwareFloat.fadds(&a, FRA: b, FRB: c) },
    host: single { a, b, _ in a + b }),
  HostOperation(
    name: "fmuls", isSingle: true,
    engine: { a, b, c, _ in SoftwareFloat.fmuls(&a, FRA: b, FRC: c) },
    host: single { a, b, _ in a * b }),
  HostOperation(
    name: "fdivs", isSingle: true,
    engine: { a, b, c, _ in SoftwareFloat.fdivs(&a, FRA: b, FRB: c) },
    host: single { a, b, _ in a / b }),
  HostOperation(
    name: "fsqrts", isSingle: true, engine: { a, b, _, _ in SoftwareFloat.fsqrts(&a, FRB: b) },
    host: single { a, _, _ in a.squareRoot() }),
  HostOperation(
    name: "fmadds", isSingle: true,
    engine: { SoftwareFloat.fmadds(&$0, FRA: $1, FRC: $3, FRB: $2) },
    host: single { a, b, c in b.addingProduct(a, c) }),
  HostOperation(
    name: "frsp", isSingle: false, engine: { a, b, _, _ in SoftwareFloat.frsp(&a, FRB: b) },
    host: { a, _, _ in Double(Float(Double(bitPattern: a))).bitPattern }),
  HostOperation(
    name: "fcfid", isSingle: false, engine: { a, b, _, _ in SoftwareFloat.fcfid(&a, FRB: b) },
    host: { a, _, _ in Double(Int64(bitPattern: a)).bitPattern }),
]

/// Operands that meet: exponents close together, at the ends of the range or anywhere, and
/// fractions that are random, nearly round, or round.
struct OperandGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
    return z ^ z >> 31
  }

  mutating func operand(isSingle: Bool) -> UInt64 {
    let choice = next()
    let sign = choice & 1 << 63
    let exponent: UInt64 =
      switch choice & 7 {
      case 0: next() & 2047
      case 1: next() % 60
      case 2: 1023 - 150 + next() % 30
      case 3: 1023 + 100 + next() % 30
      case 4: 512 + next() % 60
      // The greatest: sums of two overflow.
      case 5: (isSingle ? 1023 + 124 : 2043) + next() % 4
      default: 1023 - 30 + next() % 60
      }
    let keep = choice >> 8 & 63
    let fraction = (next() << keep | choice >> 20 & 1) & 0x000F_FFFF_FFFF_FFFF
    let bits = sign | exponent << 52 | fraction
    return isSingle ? Double(Float(Double(bitPattern: bits))).bitPattern : bits
  }
}

@Suite("Software floating point and the host")
struct SoftwareFloatHostTests {
  /// Rounding modes of FPSCR.RN as `fesetround` has them.
  static let modes = [Int32(0), 0xC00, 0x800, 0x400]
  /// FE_DIVBYZERO, FE_OVERFLOW and FE_INEXACT. Underflow is not compared: the host looks at the
  /// rounded result, PowerPC at the exact one.
  static let comparedFlags = Int32(0x04 | 0x08 | 0x20)

  /// LYREBIRD_LONG=1 tries a million operands per operation and mode, else a few thousand.
  @Test("Results and flags are those of the host's arithmetic, in every rounding mode")
  func hostAgrees() {
    let isLong = ProcessInfo.processInfo.environment["LYREBIRD_LONG"] == "1"
    var disagreements: [String] = []
    for (seed, operation) in hostOperations.enumerated() {
      for mode in 0..<4 {
        var generator = OperandGenerator(state: UInt64(seed * 4 + mode) &* 0x1234_5678_9ABC_DEF1)
        for _ in 0..<(isLong ? 1_000_000 : 3_000) {
          let a = generator.operand(isSingle: operation.isSingle)
          let b = generator.operand(isSingle: operation.isSingle)
          let c = generator.operand(isSingle: operation.isSingle)
          if let text = compare(operation, mode, a, b, c) { disagreements.append(text) }
        }
      }
    }
    let report = disagreements.prefix(20).joined(separator: "\n")
    #expect(disagreements.count == 0, "\(report)")
  }

  @Test("And on the levels of operands: all pairs of the first, triples, single ones of the second")
  func hostAgreesOnLevels() {
    var disagreements: [String] = []
    for operation in hostOperations {
      let first = OperandLevel.first(isSingle: operation.isSingle)
      let second = OperandLevel.second(isSingle: operation.isSingle)
      var generator = OperandGenerator(state: 17)
      for mode in 0..<4 {
        for index in 0..<first.count * first.count {
          let (a, b) = index.quotientAndRemainder(dividingBy: first.count)
          let text = compare(operation, mode, first[a], first[b], first.pick(&generator))
          if let text { disagreements.append(text) }
        }
        for index in 0..<second.count {
          let (b, c) = (second.pick(&generator), second.pick(&generator))
          if let text = compare(operation, mode, second[index], b, c) { disagreements.append(text) }
        }
      }
    }
    let report = disagreements.prefix(20).joined(separator: "\n")
    #expect(disagreements.count == 0, "\(report)")
  }

  private func compare(
    _ operation: HostOperation, _ mode: Int, _ a: UInt64, _ b: UInt64, _ c: UInt64
  ) -> String? {
    var fpscr = FPSCR(rawValue: UInt32(mode))
    let actual = operation.engine(&fpscr, a, b, c).bits
    fesetround(Self.modes[mode])
    feclearexcept(Self.comparedFlags)
    let expected = operation.host(a, b, c)
    let flags = fetestexcept(Self.comparedFlags)
    fesetround(0)
    if expected.isNotANumber && actual.isNotANumber { return nil }
    let ours: Int32 =
      (fpscr.has(FPSCR.ZX) ? 0x04 : 0) | (fpscr.has(FPSCR.OX) ? 0x08 : 0)
      | (fpscr.has(FPSCR.XX) ? 0x20 : 0)
    if expected == actual && flags == ours { return nil }
    return "\(operation.name) RN=\(mode) \(hex(a)) \(hex(b)) \(hex(c)): host \(hex(expected))"
      + " flags \(hex(flags)), engine \(hex(actual)) flags \(hex(ours))"
  }
}
