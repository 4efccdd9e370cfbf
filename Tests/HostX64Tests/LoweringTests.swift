import Foundation
import Testing

@testable import HostX64
@testable import IR

@Suite("Lowering")
struct LoweringTests {
  /// Ops that `Op.evaluate` defines.
  private static let pure = Opcode.allCases.filter { $0.info.flags.contains(.pure) } + [.mov]
  /// Times that each op is put in random places, and runs of each.
  private static let rounds =
    ProcessInfo.processInfo.environment["LYREBIRD_LONG"] == nil ? 150 : 3_000

  static let featureSets: [(name: String, features: Features)] =
    [("all features", .detect()), ("no features", [])]
    + Features.names.filter { Features.detect().contains($0.feature) }.map {
      ("no \($0.name)", Features.detect().subtracting($0.feature))
    }

  @Test("Each op gives what its definition says, whatever the places of its operands")
  func pureOps() throws {
    var failures: [String] = []
    for (name, features) in Self.featureSets {
      let machine = try LoweringMachine(features)
      var random = EdgeValues(11)
      let rounds = features == .detect() || features == [] ? Self.rounds : Self.rounds / 10
      for opcode in Self.pure {
        for type in LoweringMachine.types where opcode.allows(type) {
          // There is no fused operation without the extension; nobody emits one.
          if opcode == .fma && !features.contains(.fma) { continue }
          for _ in 0..<rounds {
            let op = Self.op(opcode, type, &random)
            let lowering = LoweringCase(op, &random)
            if let failure = lowering.failure(machine, &random, runs: 6) {
              failures.append("\(name): \(failure)")
              break
            }
          }
        }
      }
    }
    #expect(failures == [], "\(failures.prefix(30).joined(separator: "\n"))")
  }

  /// An op of a kind with random constants and condition; its arguments are still missing.
  private static func op(_ opcode: Opcode, _ type: ValueType, _ random: inout EdgeValues) -> Op {
    var op = Op(
      opcode, type, outputs: Int(opcode.info.outputs), inputs: Int(opcode.info.inputs))
    switch opcode {
    case .deposit, .extract, .sextract:
      let length = random.below(3) == 0 ? [8, 16, 32][random.below(3)] : 1 + random.below(type.bits)
      let kept = min(length, type.bits)
      op.constant2 = UInt32(kept)
      let places = type.bits - kept + 1
      op.constant = UInt32(random.below(3) == 0 ? 0 : random.below(places))
    case .extract2: op.constant = UInt32(random.below(type.bits))
    case .bswap16, .bswap32: op.constant = random.below(2) == 0 ? 0 : 4
    case .setcond, .negsetcond, .movcond: op.condition = Condition.allCases[2 + random.below(12)]
    default: break
    }
    return op
  }

  @Test("Chains of carries and borrows are those of the definition")
  func carries() throws {
    let chains: [[Opcode]] = [
      [.addco, .addci], [.addc1o, .addci], [.addco, .addcio, .addci], [.subbo, .subbi],
      [.subb1o, .subbi], [.subbo, .subbio, .subbi],
    ]
    var failures: [String] = []
    for features in [Features.detect(), []] {
      let machine = try LoweringMachine(features)
      var random = EdgeValues(5)
      for chain in chains {
        for type in [ValueType.i32, .i64] {
          for _ in 0..<Self.rounds {
            let test = CarryCase(chain, type, &random)
            if let failure = test.failure(machine, &random, runs: 6) { failures.append(failure) }
          }
        }
      }
    }
    #expect(failures == [], "\(failures.prefix(20).joined(separator: "\n"))")
  }
}

/// Ops joined by the hidden carry, each with two operands of its own.
struct CarryCase {
  private let parts: [LoweringCase]

  init(_ chain: [Opcode], _ type: ValueType, _ random: inout EdgeValues) {
    parts = chain.map { LoweringCase(Op($0, type, outputs: 1, inputs: 2), &random) }
  }

  private var type: ValueType { parts[0].op.type }

  func failure(_ machine: LoweringMachine, _ random: inout EdgeValues, runs: Int) -> String? {
    let problem = machine.compile { builder in
      var values: [[TempIndex]] = []
      for part in parts.indices {
        values.append((0..<2).map { operand(part, $0, builder) })
      }
      var results: [TempIndex] = []
      for (part, temps) in zip(parts, values) {
        results.append(
          builder.emit2(part.op.opcode, type, result: type, temps[0], temps[1]))
      }
      for (n, result) in results.enumerated() {
        builder.write(LoweringMachine.global(type, 5 + n), result)
      }
      builder.commit()
    }
    if let problem { return "\(description): \(problem)" }
    for _ in 0..<runs {
      for temp in 1...LoweringMachine.names.globals.count {
        machine[TempIndex(temp)] = random.value(LoweringMachine.names.globals[temp - 1].type)
      }
      let expected = expectation(machine)
      guard machine.run() else { return "\(description): does not leave" }
      for (n, value) in expected.enumerated() {
        let found = machine[LoweringMachine.global(type, 5 + n)]
        if found != value {
          return "\(description): \(String(found, radix: 16)), not \(String(value, radix: 16))"
        }
      }
    }
    return nil
  }

  private func operand(_ part: Int, _ n: Int, _ builder: Builder) -> TempIndex {
    switch parts[part].inputs[n] {
    case .constant: builder.block.constant(type, parts[part].constants[n])
    case .value: builder.emit1(.mov, type, result: type, place(part, n))
    default: place(part, n)
    }
  }

  private func place(_ part: Int, _ n: Int) -> TempIndex {
    parts[part].inputs[n] == .home && type == .i32
      ? LoweringMachine.home(2 * part + n) : LoweringMachine.global(type, (2 * part + n) % 5)
  }

  private func expectation(_ machine: LoweringMachine) -> [UInt64] {
    var carry: UInt64 = 0
    let mask: UInt64 = type == .i32 ? 0xffff_ffff : ~0
    return parts.indices.map { part in
      let values = (0..<2).map {
        parts[part].inputs[$0] == .constant
          ? parts[part].constants[$0] & mask : machine[place(part, $0)]
      }
      let (result, made) = parts[part].op.opcode.evaluateCarry(
        values[0], values[1], carry: carry, width: type.bits)
      carry = made
      return result
    }
  }

  private var description: String { parts.map(\.description).joined(separator: "; ") }
}
