import Foundation
import Testing

@testable import GuestPowerPC

@Suite("Engines")
struct EngineTests {
  /// LYREBIRD_SEEDS=first,count chooses the programs.
  private static var seeds: Range<UInt64> {
    let environment = ProcessInfo.processInfo.environment
    if let text = environment["LYREBIRD_SEEDS"] {
      let numbers = text.split(separator: ",").compactMap { UInt64($0) }
      return numbers[0]..<numbers[0] + (numbers.count > 1 ? numbers[1] : 1)
    }
    return 0..<(environment["LYREBIRD_LONG"] == nil ? 1_500 : 100_000)
  }

  @Test("Random programs end in the same state on every engine")
  func randomPrograms() {
    var reports: [String] = []
    for seed in Self.seeds where reports.count < 40 {
      let program = RandomProgram(seed: seed)
      if let report = Self.disagreement(program) {
        reports.append("seed \(seed): \(Self.reduced(program, report))")
      }
    }
    #expect(reports.isEmpty, "\(reports.joined(separator: "\n"))")
  }

  /// The first engine that differs from the interpreter, and how; nil if none does.
  private static func disagreement(_ program: RandomProgram) -> String? {
    let machine = InstructionMachine()
    func result(_ engine: Engine) -> (Outcome, FinalState) {
      program.load(machine)
      let outcome = engine.run(machine)
      return (outcome, FinalState(machine))
    }
    let (outcome, state) = result(.interpreter)
    if outcome.signal == "no end" { return nil }
    var found: [String] = []
    for engine in Engine.all.dropFirst() {
      let (other, otherState) = result(engine)
      if other == outcome && otherState == state { continue }
      var differences = state.differences(otherState)
      if other != outcome { differences.append("\(other) not \(outcome)") }
      found.append("  \(engine.name): \(differences.prefix(6).joined(separator: " "))")
    }
    if found.isEmpty { return nil }
    let more = found.count > 3 ? "\n  and \(found.count - 3) more" : ""
    return found.prefix(3).joined(separator: "\n") + more
  }

  /// Drops instructions from the end and replaces others by no-ops as long as it disagrees.
  private static func reduced(_ program: RandomProgram, _ first: String) -> String {
    var program = program
    var report = first
    let noOperation: UInt32 = 0x6000_0000
    for n in program.words.indices.reversed() {
      var smaller = program
      if n == smaller.words.count - 1 {
        smaller.words.removeLast()
        if let found = disagreement(smaller) {
          (program, report) = (smaller, found)
          continue
        }
        smaller = program
      }
      if smaller.words[n] == noOperation { continue }
      smaller.words[n] = noOperation
      if let found = disagreement(smaller) { (program, report) = (smaller, found) }
    }
    let words = program.words.map { Disassembler.text(of: $0, at: 0, in: .powerPC) }
    let used = program.registers.enumerated().map { "r\($0)=\(hex(UInt64($1)))" }
    let special =
      "cr=\(hex(program.cr)) xer=\(hex(program.xer)) lr=\(hex(program.lr)) ctr=\(hex(program.ctr))"
    return words.joined(separator: "; ") + "\n  \(used.joined(separator: " ")) \(special)\n"
      + report
  }
}
