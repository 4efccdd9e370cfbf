import Foundation
import Testing

@testable import GuestPowerPC

@Suite("Instructions")
struct InstructionTests {
  /// Expected values were recorded from qemu-ppc by Guests/record-cases.
  @Test("Each instruction does what its cases say, on every engine")
  func cases() throws {
    let cases = try InstructionCase.all()
    var disagreements: [String] = []
    for instruction in cases {
      for engine in Engine.all {
        if let text = instruction.disagreement(engine) { disagreements.append(text) }
      }
    }
    let report = disagreements.prefix(400).joined(separator: "\n")
    #expect(disagreements.isEmpty, "\(disagreements.count) of \(cases.count):\n\(report)")
  }

  @Test("Every variant of every declared instruction has a case")
  func coverage() throws {
    let set = InstructionSet.powerPC
    var covered: Set<String> = ["sc"]
    for word in try InstructionCase.all().flatMap(\.words) {
      guard let index = set.index(of: word) else { continue }
      for form in TestAssembler.forms where form.index == index {
        let variants = ~(form.operandMask | set.instructions[index].mask)
        if word & variants == form.opcode & variants { covered.insert(form.mnemonic) }
      }
    }
    let missing = TestAssembler.forms.map(\.mnemonic).filter { !covered.contains($0) }
    #expect(missing == [], "variants without a case")
  }

  @Test("Writes new cases, recorded from the program that LYREBIRD_RECORD names")
  func record() throws {
    guard let command = ProcessInfo.processInfo.environment["LYREBIRD_RECORD"] else { return }
    try CaseRecorder(command: command).record()
  }
}
