import EngineSupport
import Testing
import Translation

@testable import GuestPowerPC

/// What is known of the last floating-point operation where an access faults: registers hold it, and it
/// is recovered (`CodeRecovery`).
@Suite("Floating point at a fault")
struct FloatRecoveryTests {
  private static let operations = [
    "fadd f0, f1, f2", "fmul f3, f0, f1", "fmadd f4, f3, f2, f1", "fsub f12, f4, f0",
    "fdiv f13, f2, f3", "fadds f5, f6, f7", "fmuls f8, f5, f6", "fmadds f9, f8, f7, f5",
    "fctiwz f10, f2", "fcmpu cr1, f0, f4", "fnmsub f1, f2, f3, f0", "frsp f11, f1",
    "fmr f9, f5", "fmr f2, f8", "fnmadds f6, f5, f7, f8", "fsubs f7, f7, f8", "fneg f8, f6",
    "lfs f9, 4(r20)", "lfs f6, 4(r20)", "stfs f9, 40(r20)", "fsel f12, f9, f6, f5",
    "lfd f2, 8(r20)", "lfs f7, 16(r20)", "stfd f3, 24(r20)", "stfs f5, 32(r20)", "mtfsb0 28",
  ]
  private static let accesses = [
    "stfd f0, 0(r21)", "lfd f1, 0(r21)", "stw r3, 0(r21)", "lwz r3, 0(r21)", "stfs f5, 0(r21)",
  ]

  private static func set(_ program: GuestProgram, _ numbers: inout some RandomNumberGenerator) {
    var registers = program.blankRegisters
    for n in 0..<32 {
      let single = Float.random(in: -4...4, using: &numbers)
      registers.fpr[n] =
        (5...8).contains(n) ? Double(single).bitPattern : Double(single / 3).bitPattern
    }
    registers.gpr[20] = GuestProgram.data
    registers.gpr[21] = GuestProgram.nowhere
    program.registers = registers
    for n in 0..<16 { program.set(GuestProgram.data + UInt32(4 * n), n % 2 == 0 ? 0x3fd5_5555 : 0) }
    // A signaling NaN.
    program.set(GuestProgram.data + 4, 0x7fa0_0001)
  }

  /// The state that an end of the block would show: every way out stores what a register holds.
  @Test("The FPSCR and the registers are those of the operations before", arguments: 0..<8)
  func agrees(_ seed: UInt64) throws {
    var numbers = Seeded(state: seed)
    try GuestProgram.alone {
      let program = try GuestProgram()
      for round in 0..<40 {
        let count = Int.random(in: 1...9, using: &numbers)
        let lines = (0..<count).map { _ in Self.operations.randomElement(using: &numbers)! }
        let access = Self.accesses.randomElement(using: &numbers)!
        var twin = numbers
        program.assemble(lines.joined(separator: ";") + "; sc")
        program.changed(GuestProgram.code..<GuestProgram.code + 0x100)
        Self.set(program, &twin)
        _ = try program.run()
        let expected = program.registers
        program.assemble((lines + [access]).joined(separator: ";") + "; fadd f0, f20, f21; sc")
        program.changed(GuestProgram.code..<GuestProgram.code + 0x100)
        Self.set(program, &numbers)
        let ending = try program.run()
        let found = program.registers
        let text = "round \(round): \(lines) \(access)"
        #expect(program.nip == GuestProgram.code + UInt32(4 * count), "\(text): \(ending)")
        #expect(found.fpscr == expected.fpscr, "\(text)")
        for n in 0..<32 { #expect(found.fpr[n] == expected.fpr[n], "\(text): f\(n)") }
      }
    }
  }
}
