import Foundation
import Testing

@testable import HostX64
@testable import IR

@Suite("Lowering")
struct LoweringTests {
  /// Ops on scalars that `Op.evaluate` defines, also those that leave flags behind. Those of 128
  /// bits have tests of their own (VectorLoweringTests.swift).
  private static let pure = Opcode.allCases.filter {
    ($0.info.flags.contains(.pure) || $0.leavesFloatStatus) && !$0.isVector
  }
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
    var tested: Set<Opcode> = []
    for (name, features) in Self.featureSets {
      let machine = try LoweringMachine(features)
      var random = EdgeValues(11)
      let rounds = features == .detect() || features == [] ? Self.rounds : Self.rounds / 10
      for opcode in Self.pure {
        for type in LoweringMachine.types where opcode.allows(type) {
          // There is no fused operation without the extension; nobody emits one.
          if [.fma, .fms].contains(opcode) && !features.contains(.fma) { continue }
          tested.insert(opcode)
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
    // An op is left out only where this host lacks it: `fma`, for which there is no other code.
    let missing = Set(Self.pure).subtracting(tested)
    #expect(missing == (Features.detect().contains(.fma) ? [] : [.fma, .fms]))
  }

  /// An op of a kind with random constants and condition; its arguments are still missing.
  private static func op(_ opcode: Opcode, _ type: ValueType, _ random: inout EdgeValues) -> Op {
    var op = Op(
      opcode, type, outputs: Int(opcode.info.outputs), inputs: Int(opcode.info.inputs))
    switch opcode {
    case .deposit, .extract, .sextract:
      let length =
        random.below(3) == 0 ? [8, 16, 32][random.below(3)] : 1 + random.below(type.bits)
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

  @Test("A block that does not fit writes nothing behind its room")
  func overflow() throws {
    let machine = try LoweringMachine(.detect())
    let body: (Builder) -> Void = { b in
      let labels = [b.newLabel(), b.newLabel()]
      for label in labels {
        b.brcond(.i32, .eq, LoweringMachine.home(0), LoweringMachine.home(1), to: label)
      }
      b.callBlock(slot: 0, target: 0x100, returningTo: 0x200)
      b.effect2(.call_ptr, .i32, LoweringMachine.home(2), b.i32(0x300).temp)
      b.cold(labels[0]) { b.effect(.goto_tb, constant: 1, constant2: 0x400) }
      b.cold(labels[1]) { b.effect(.exit_tb, constant: 0, constant2: 1) }
    }
    #expect(machine.compile(body) == nil)
    let size = machine.code.count
    for room in 0..<size + 32 {
      let problem = machine.compile(room: room, body)
      #expect(problem == nil || problem == "no room")
      #expect(machine.isUntouched(behind: room), "\(room) of \(size) bytes")
    }
  }
}
