import EngineSupport
import Foundation
import HostX64
import IR
import Testing
import Translation

@testable import GuestPowerPC

/// Floating point by the host against the software unit, which recorded cases hold to the manual:
/// result and FPSCR, bit by bit.
@Suite("Floating point by the host", .serialized)
struct FloatByHostTests {
  /// An instruction f4 <- f1, f2, f3, and what the software unit makes of it.
  struct Row: Sendable, CustomTestStringConvertible {
    let text: String
    var testDescription: String { text }
    let software: @Sendable (inout FPSCR, UInt64, UInt64, UInt64) -> UInt64

    init(
      _ text: String,
      _ software: @escaping @Sendable (inout FPSCR, UInt64, UInt64, UInt64) -> FloatResult
    ) {
      self.text = text
      self.software = { software(&$0, $1, $2, $3).bits }
    }

    /// How many operands there are.
    var arity: Int { text.count { $0 == "," } }
    /// Whether it computes with singles.
    var isSingle: Bool { text.prefix { $0 != " " }.hasSuffix("s") }

    /// Runs the instruction, which is what is loaded, on f1, f2 and f3.
    /// - Returns: what is wrong with its result or its FPSCR.
    func compare(_ runner: CodeRunner, _ before: UInt32, _ operands: [UInt64]) throws -> String? {
      var status = FPSCR(rawValue: before)
      let expected = software(&status, operands[0], operands[1], operands[2])
      try FloatByHostTests.run(runner, before, operands)
      let state = runner.machine.state
      if state.pointee.fpr[4] == expected && state.pointee.fpscr == status.rawValue { return nil }
      return "\(text) of \(operands.map { hex($0) }) with \(hex(UInt64(before))): "
        + "\(hex(state.pointee.fpr[4])) \(hex(UInt64(state.pointee.fpscr))), not "
        + "\(hex(expected)) \(hex(UInt64(status.rawValue)))"
    }
  }

  static let rows: [Row] = [
    Row("fadd f4, f1, f2") { a, b, c, _ in SoftwareFloat.fadd(&a, FRA: b, FRB: c) },
    Row("fadds f4, f1, f2") { a, b, c, _ in SoftwareFloat.fadds(&a, FRA: b, FRB: c) },
    Row("fsub f4, f1, f2") { a, b, c, _ in SoftwareFloat.fsub(&a, FRA: b, FRB: c) },
    Row("fsubs f4, f1, f2") { a, b, c, _ in SoftwareFloat.fsubs(&a, FRA: b, FRB: c) },
    Row("fmul f4, f1, f2") { a, b, c, _ in SoftwareFloat.fmul(&a, FRA: b, FRC: c) },
    Row("fmuls f4, f1, f2") { a, b, c, _ in SoftwareFloat.fmuls(&a, FRA: b, FRC: c) },
    Row("fdiv f4, f1, f2") { a, b, c, _ in SoftwareFloat.fdiv(&a, FRA: b, FRB: c) },
    Row("fdivs f4, f1, f2") { a, b, c, _ in SoftwareFloat.fdivs(&a, FRA: b, FRB: c) },
    Row("fsqrt f4, f1") { a, b, _, _ in SoftwareFloat.fsqrt(&a, FRB: b) },
    Row("fsqrts f4, f1") { a, b, _, _ in SoftwareFloat.fsqrts(&a, FRB: b) },
    Row("fctiw f4, f1") { a, b, _, _ in SoftwareFloat.fctiw(&a, FRB: b) },
    Row("fres f4, f1") { a, b, _, _ in SoftwareFloat.fres(&a, FRB: b) },
    Row("frsqrte f4, f1") { a, b, _, _ in SoftwareFloat.frsqrte(&a, FRB: b) },
    Row("frsp f4, f1") { a, b, _, _ in SoftwareFloat.frsp(&a, FRB: b) },
    Row("fctiwz f4, f1") { a, b, _, _ in SoftwareFloat.fctiwz(&a, FRB: b) },
    Row("fmadd f4, f1, f2, f3") { SoftwareFloat.fmadd(&$0, FRA: $1, FRC: $2, FRB: $3) },
    Row("fmadds f4, f1, f2, f3") { SoftwareFloat.fmadds(&$0, FRA: $1, FRC: $2, FRB: $3) },
    Row("fmsub f4, f1, f2, f3") { SoftwareFloat.fmsub(&$0, FRA: $1, FRC: $2, FRB: $3) },
    Row("fmsubs f4, f1, f2, f3") { SoftwareFloat.fmsubs(&$0, FRA: $1, FRC: $2, FRB: $3) },
    Row("fnmadd f4, f1, f2, f3") { SoftwareFloat.fnmadd(&$0, FRA: $1, FRC: $2, FRB: $3) },
    Row("fnmadds f4, f1, f2, f3") { SoftwareFloat.fnmadds(&$0, FRA: $1, FRC: $2, FRB: $3) },
    Row("fnmsub f4, f1, f2, f3") { SoftwareFloat.fnmsub(&$0, FRA: $1, FRC: $2, FRB: $3) },
    Row("fnmsubs f4, f1, f2, f3") { SoftwareFloat.fnmsubs(&$0, FRA: $1, FRC: $2, FRB: $3) },
  ]

  private static let count =
    ProcessInfo.processInfo.environment["LYREBIRD_LONG"] == nil ? 10_000 : 2_000_000

  /// Runs what is loaded on operands f1, f2 and f3.
  private static func run(_ runner: CodeRunner, _ status: UInt32, _ operands: [UInt64]) throws {
    let state = runner.machine.state
    state.pointee.fpscr = status
    for (n, value) in operands.enumerated() { state.pointee.fpr[n + 1] = value }
    try runner.run()
  }

  /// Bits that an FPSCR can hold while the host does floating point: sticky ones, FI, FR, FPRF, RN.
  private static func status(_ generator: inout OperandGenerator) -> UInt32 {
    let choice = generator.next()
    let sticky: UInt32 =
      choice & 1 == 0 ? 0 : UInt32(truncatingIfNeeded: choice >> 32) & 0x9ff8_0700
    let mode = choice & 6 == 0 ? UInt32(truncatingIfNeeded: choice >> 4) & 3 : 0
    return FPSCR(rawValue: sticky | mode | UInt32(truncatingIfNeeded: choice >> 8) & 0x7_f000)
      .rawValue
  }

  private static let specials: [UInt64] = [
    0, 0x7ff0_0000_0000_0000, 0x7ff8_0000_0000_0000, 0x7ff0_0000_0000_0001, 0x7ff4_dead_0000_beef,
    0x0010_0000_0000_0000, 0x000f_ffff_ffff_ffff, 1, 0x3ff0_0000_0000_0000, 0x3810_0000_0000_0000,
    0x380f_ffff_f000_0000, 0x47ef_ffff_e000_0000, 0x47ef_ffff_f000_0000, 0x41df_ffff_ffc0_0000,
    0x41e0_0000_0000_0000, 0x3ff0_0000_1000_0000,
  ]

  /// Three operands: most often all of them singles where `singles` asks for that, since the host leaves
  /// where one is none.
  private static func operands(
    _ generator: inout OperandGenerator, singles: Bool = true
  ) -> [UInt64] {
    let areSingles = singles && generator.next() & 3 != 0
    return (0..<3).map { _ in
      let choice = generator.next()
      if choice & 15 == 0 {
        return specials[Int(choice >> 4 & 15)] | (choice >> 8 & 1) << 63
      }
      return generator.operand(isSingle: areSingles || choice & 1 == 0)
    }
  }

  /// With all of this host's features, and with none.
  static let configurations: [(GuestSpace, Features)] = {
    guard let space = GuestSpace.atZero ?? GuestSpace.elsewhere else { return [] }
    return [(space, .detect()), (space, [])]
  }()

  @Test("An instruction's result and FPSCR", arguments: rows.indices)
  func instruction(row: Int) throws {
    let row = Self.rows[row]
    var failures: [String] = []
    try HostProcess.lock.withLock { _ in
      for (space, features) in Self.configurations {
        let runner = try CodeRunner(space, features)
        try runner.load([row.text])
        var generator = OperandGenerator(state: 7)
        for _ in 0..<Self.count where failures.count < 10 {
          let operands = Self.operands(&generator, singles: row.isSingle)
          let before = Self.status(&generator)
          if let failure = try row.compare(runner, before, operands) { failures.append(failure) }
        }
      }
    }
    #expect(failures.isEmpty, "\(failures.joined(separator: "\n"))")
  }

  @Test("Sequences, with comparisons and moves of the FPSCR between")
  func sequences() throws {
    var failures: [String] = []
    try HostProcess.lock.withLock { _ in
      var generator = OperandGenerator(state: 11)
      for (space, features) in Self.configurations {
        let runner = try CodeRunner(space, features)
        for _ in 0..<Self.count / 20 where failures.count < 10 {
          let steps = (0..<5).map { _ in Self.step(&generator) }
          try runner.load(steps.map(Self.text))
          for _ in 0..<20 {
            if let failure = try Self.run(steps, runner, &generator) {
              failures.append(failure)
              break
            }
          }
        }
      }
    }
    #expect(failures.isEmpty, "\(failures.joined(separator: "\n"))")
  }

  /// One step in three is a comparison or the move that reads the whole FPSCR.
  private static func step(_ generator: inout OperandGenerator) -> Int {
    let number = generator.next()
    return number % 3 == 0
      ? rows.count + Int(number >> 8 & 1) : Int((number >> 8) % UInt64(rows.count + 11))
  }

  /// Behind the arithmetic: a comparison, and three moves.
  private static func text(_ step: Int) -> String {
    let others = [
      "fcmpu cr1, f4, f1", "mffs f5", "mtfsb0 6", "mcrfs cr2, 0", "mtfsfi 7, 0", "mtfsfi 7, 1",
      "mtfsfi 7, 2", "mtfsfi 7, 3", "mtfsf 255, f5", "mtfsb0 30", "mtfsb1 31",
    ]
    return step < rows.count ? rows[step].text : others[step - rows.count]
  }

  private static func run(
    _ steps: [Int], _ runner: CodeRunner, _ generator: inout OperandGenerator
  ) throws -> String? {
    let operands = operands(&generator)
    let before = status(&generator)
    var status = FPSCR(rawValue: before)
    var f4 = runner.machine.state.pointee.fpr[4]
    var f5 = runner.machine.state.pointee.fpr[5]
    for step in steps {
      switch step - rows.count {
      case 0: _ = SoftwareFloat.fcmpu(&status, FRA: f4, FRB: operands[0])
      case 1: f5 = status.mffs
      case 2: status.mtfsb0(6)
      case 3: _ = status.mcrfs(0)
      case let other where (4...7).contains(other):
        status.mtfsfi(BF: 7, U: UInt32(other - 4))
      case 8: status.mtfsf(FLM: 255, f5)
      case 9: status.mtfsb0(30)
      case 10: status.mtfsb1(31)
      default: f4 = rows[step].software(&status, operands[0], operands[1], operands[2])
      }
    }
    try run(runner, before, operands)
    let state = runner.machine.state
    let found = (state.pointee.fpr[4], state.pointee.fpr[5], state.pointee.fpscr)
    if found == (f4, f5, status.rawValue) { return nil }
    return "\(steps.map(text)) of \(operands.map { hex($0) }) with \(hex(UInt64(before))): "
      + "\(hex(found.0)) \(hex(found.1)) \(hex(UInt64(found.2))), not "
      + "\(hex(f4)) \(hex(f5)) \(hex(UInt64(status.rawValue)))"
  }
}
