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

  /// 25 MHz, in both halves and by both instructions.
  @Test("The time base counts the host's monotonic clock")
  func timeBase() {
    for (number, upper) in [("mftb r3, 268", "mftb r4, 269"), ("mfspr r3, 268", "mfspr r4, 269")] {
      for engine in Engine.all {
        let machine = InstructionMachine()
        machine.words = [number, upper].map { TestAssembler.assemble($0)! }
        let before = Self.ticks
        let outcome = engine.run(machine)
        #expect(outcome.nip == Layout.start + 8)
        let value = machine["r4"] << 32 | machine["r3"]
        #expect(before <= value && value <= Self.ticks)
      }
    }
  }

  private static var ticks: UInt64 {
    nanoseconds() / (1_000_000_000 / timeBaseFrequency)
  }

  private static func nanoseconds() -> UInt64 {
    var now = timespec()
    clock_gettime(CLOCK_MONOTONIC, &now)
    return UInt64(now.tv_sec) * 1_000_000_000 + UInt64(now.tv_nsec)
  }

  @Test("A system call leaves behind the instruction")
  func systemCall() {
    for engine in Engine.all {
      let machine = InstructionMachine()
      machine.words = [TestAssembler.assemble("sc")!]
      let outcome = engine.run(machine)
      #expect(outcome.signal == "SYSCALL" && outcome.nip == Layout.start + 4)
    }
  }

  @Test("Writes new cases, recorded from the program that LYREBIRD_RECORD names")
  func record() throws {
    guard let command = ProcessInfo.processInfo.environment["LYREBIRD_RECORD"] else { return }
    try CaseRecorder(command: command).record()
  }
}
