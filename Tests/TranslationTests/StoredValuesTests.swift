import EngineSupport
import IR
import Testing
import Translation

@testable import GuestPowerPC

/// Words and doubles that are put together from what was just stored (`StoredValues`): the same as in
/// blocks of one instruction, in which nothing is known of stores.
@Suite("Values just stored")
struct StoredValuesTests {
  private static let operations = [
    "stw r3, 0(r20)", "stw r4, 4(r20)", "stw r5, 8(r20)", "stw r3, 12(r20)", "stw r6, -8(r21)",
    "stw r7, 4(r21)", "stw r4, 2(r20)", "sth r5, 6(r20)", "stb r6, 3(r20)", "stb r6, 11(r20)",
    "stfd f1, 0(r20)", "stfd f2, 4(r20)", "stfs f3, 8(r20)", "stfs f4, 4(r20)", "stfd f5, 0(r21)",
    "stwx r3, r20, r8", "stfdx f6, r20, r8", "stwu r3, 4(r21)", "stwbrx r4, r20, r8",
    "addi r20, r20, 4", "addi r20, r20, -4", "addi r21, r20, 8", "addi r8, r8, 4",
    "add r3, r3, r4", "rlwinm r4, r5, 7, 0, 31", "addi r5, r3, 77", "addi r6, r6, 1",
    "lfd f1, 0(r20)", "lfd f2, 4(r20)", "lfd f3, 8(r20)", "lfd f4, 12(r20)", "lfd f5, -8(r21)",
    "lfd f6, 0(r21)", "lfd f7, 2(r20)", "lfdu f8, 4(r21)", "lwz r7, 4(r20)", "lfs f9, 0(r20)",
    "lwz r3, 0(r20)", "lwz r9, 8(r20)", "lwz r10, 4(r21)", "lwz r11, 2(r20)", "lwz r4, 12(r20)",
    "fadd f2, f1, f3", "stwcx. r3, 0, r20",
  ]
  private static let loads = ["lfd f10, 0(r20)", "lfd f11, 4(r20)", "lfd f12, 8(r20)"]

  private static func set(_ program: GuestProgram, _ numbers: inout some RandomNumberGenerator) {
    var registers = program.blankRegisters
    for n in 0..<32 {
      registers.fpr[n] = Double.random(in: -4...4, using: &numbers).bitPattern
      registers.gpr[n] = UInt32.random(in: 0...UInt32.max, using: &numbers)
    }
    registers.gpr[8] = UInt32.random(in: 0...3, using: &numbers) * 4
    registers.gpr[20] = GuestProgram.data + 64
    registers.gpr[21] = GuestProgram.data + 72
    program.registers = registers
    for n in 0..<64 {
      program.set(
        GuestProgram.data + UInt32(4 * n), UInt32.random(in: 0...UInt32.max, using: &numbers))
    }
  }

  @Test("What is loaded is what memory holds", arguments: 0..<8)
  func agrees(_ seed: UInt64) throws {
    var numbers = Seeded(state: seed &+ 100)
    try GuestProgram.alone {
      let program = try GuestProgram()
      for round in 0..<60 {
        let count = Int.random(in: 2...20, using: &numbers)
        let lines = (0..<count).map { _ in
          (Int.random(in: 0..<4, using: &numbers) == 0 ? Self.loads : Self.operations)
            .randomElement(using: &numbers)!
        }
        program.assemble((lines + Self.loads).joined(separator: ";") + "; sc")
        let start = numbers
        var found: [(PowerPCState, [UInt32])] = []
        for instructions in [1, 64] {
          var twin = start
          program.translator.limits = TranslationLimits(instructions: instructions, chains: true)
          program.changed(GuestProgram.code..<GuestProgram.code + 0x100)
          Self.set(program, &twin)
          _ = try program.run()
          found.append(
            (program.registers, (0..<64).map { program.word(GuestProgram.data + UInt32(4 * $0)) }))
          numbers = twin
        }
        let text = "round \(round): \(lines)"
        #expect(found[0].0.nip == found[1].0.nip, "\(text)")
        #expect(found[0].1 == found[1].1, "\(text)")
        for n in 0..<32 {
          #expect(found[0].0.fpr[n] == found[1].0.fpr[n], "\(text): f\(n)")
          #expect(found[0].0.gpr[n] == found[1].0.gpr[n], "\(text): r\(n)")
        }
      }
    }
  }
}
