import EngineSupport
import Testing

/// Loops of every kind are left soon after somebody asks for it.
@Suite("Exit requests")
struct ExitRequestTests {
  private static let loops: [(name: String, text: String)] = [
    ("branch to itself", "start:; b start"),
    (
      "counted",
      "start:; addi r4, r4, 1; addi r5, r0, 1; mtspr 9, r5; addi r5, r5, 1; mtspr 9, r5; bc 16, 0, start"
    ),
    ("conditional", "start:; addi r4, r4, 1; cmpi cr0, 0, r0, 0; bc 12, 2, start; bc 4, 2, start"),
    (
      "chain of blocks", "start:; addi r4, r4, 1; b one; two:; addi r5, r5, 1; b start; one:; b two"
    ),
    (
      "forward inside",
      "start:; cmpi cr0, 0, r4, 0; bc 12, 2, one; addi r5, r5, 1; one:; addi r4, r4, 1; b start"
    ),
    ("count register", "mtspr 9, r3; addi r4, r4, 1; bcctr 20, 0"),
    ("link register", "mtspr 8, r3; addi r4, r4, 1; bclr 20, 0"),
    ("call of itself", "start:; bl start"),
    ("call and return", "start:; bl callee; b start; callee:; addi r4, r4, 1; bclr 20, 0"),
    ("call of a register", "start:; mtspr 9, r3; addi r4, r4, 1; bcctrl 20, 0"),
    ("conditional return", "mtspr 8, r3; cmpi cr0, 0, r0, 0; addi r4, r4, 1; bclr 12, 2"),
    ("recursion", "start:; addi r4, r4, 1; bl one; one:; bl two; two:; b start"),
    ("conditional call", "start:; cmpi cr0, 0, r0, 0; bcl 12, 2, start"),
  ]

  @Test("Every loop sees a request", arguments: [64, 1], [true, false])
  func requests(_ instructions: Int, _ chains: Bool) throws {
    try GuestProgram.alone {
      for (name, text) in Self.loops {
        let program = try GuestProgram(instructions: instructions, chains: chains)
        program.assemble(text)
        program[gpr: 3] = GuestProgram.code
        program[gpr: 0] = 0
        // Several times, as whatever is linked after the first may go another way.
        for _ in 0..<3 {
          let start = Watchdog.now
          let ending = try program.run(milliseconds: 10)
          let elapsed = Watchdog.now - start
          #expect(ending == .request, "\(name)")
          #expect(elapsed < 1_000_000_000, "\(name) took \(elapsed) ns")
        }
      }
    }
  }
}
