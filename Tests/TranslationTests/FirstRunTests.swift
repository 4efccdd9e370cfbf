import EngineSupport
import Testing
import Translation

/// Code that is new: executed op by op, and translated when it is executed again.
@Suite("First runs")
struct FirstRunTests {
  @Test("What is executed once is not translated")
  func once() throws {
    try GuestProgram.alone {
      let program = try GuestProgram(interprets: true)
      program.assemble(
        "addi r4, r4, 7; cmpi cr0, 0, r4, 7; bc 4, 2, 8; stw r4, 0(r5); lwz r6, 0(r5)")
      program[gpr: 5] = GuestProgram.data
      #expect(try program.run() == GuestProgram.ended)
      #expect(program[gpr: 6] == 7 && program.nip == GuestProgram.code + 20)
      let counters = program.translator.counters
      #expect(counters.blocks == 0 && counters.firstRuns > 0, "\(counters)")
    }
  }

  @Test("A loop is translated")
  func loop() throws {
    try GuestProgram.alone {
      let program = try GuestProgram(interprets: true)
      program.assemble("start:; addi r4, r4, 1; bc 16, 0, start")
      program.registers.ctr = 100_000
      #expect(try program.run() == GuestProgram.ended)
      #expect(program[gpr: 4] == 100_000)
      let counters = program.translator.counters
      #expect(
        counters.blocks > 0 && counters.firstRuns > 0 && counters.firstRuns < 32, "\(counters)")
    }
  }

  @Test("A new function returns into the translated code that has called it")
  func returns() throws {
    try GuestProgram.alone {
      let program = try GuestProgram(interprets: true)
      // Each turn calls another function, which nothing else does: r7 is its address.
      program.assemble(
        """
        start:; mtspr 9, r7; bcctrl 20, 0; addi r7, r7, 16; addi r3, r3, -1; cmpi cr0, 0, r3, 0
        bc 4, 2, start; tw 31, r0, r0
        """)
      let functions = GuestProgram.code + 0x4000
      for n in 0..<200 {
        program.assemble("addi r4, r4, \(n); bclr 20, 0", at: functions + UInt32(16 * n))
      }
      program[gpr: 3] = 200
      program[gpr: 7] = functions
      #expect(try program.run() == GuestProgram.ended)
      #expect(program[gpr: 4] == 199 * 200 / 2)
      let counters = program.translator.counters
      // The functions are not translated, and the caller is not translated once more behind its call.
      #expect(counters.blocks < 8 && counters.firstRuns >= 200, "\(counters)")
    }
  }

  @Test("An access that faults has the state from before its instruction")
  func fault() throws {
    try GuestProgram.alone {
      let program = try GuestProgram(interprets: true)
      program.assemble("addi r4, r4, 1; lwzu r6, 8(r5); addi r4, r4, 1")
      program[gpr: 5] = GuestProgram.nowhere
      let ending = try program.run()
      #expect(ending == .fault(address: GuestProgram.nowhere + 8, isWrite: false))
      #expect(program.nip == GuestProgram.code + 4 && program[gpr: 4] == 1)
      #expect(program[gpr: 5] == GuestProgram.nowhere && program[gpr: 6] == 0)
      #expect(program.translator.counters.firstRuns == 1)
    }
  }

  @Test("A request is seen before the next block")
  func request() throws {
    try GuestProgram.alone {
      let program = try GuestProgram(interprets: true)
      program.assemble("addi r4, r4, 1; b 4; addi r4, r4, 1")
      let request = program.env + program.translator.guest.layout.exitRequest
      request.storeBytes(of: 1, as: UInt32.self)
      #expect(try program.run() == .request)
      #expect(program[gpr: 4] == 0 && program.nip == GuestProgram.code)
    }
  }
}
