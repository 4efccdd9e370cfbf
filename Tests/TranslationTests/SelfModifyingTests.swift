import EngineSupport
import Testing
import Translation

@testable import GuestPowerPC

/// Code that changes, in a code buffer that is often full.
@Suite("Changing code")
struct SelfModifyingTests {
  /// SplitMix64.
  private struct Seeded: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
      state &+= 0x9e37_79b9_7f4a_7c15
      var z = state
      z = (z ^ z >> 30) &* 0xbf58_476d_1ce4_e5b9
      z = (z ^ z >> 27) &* 0x94d0_49bb_1331_11eb
      return z ^ z >> 31
    }
  }

  /// A thousand little functions are called one after the other; each adds a number of its own,
  /// and between runs some of them change.
  @Test("Changed functions do what they say now, through many flushes", arguments: [48, 64, 1024])
  func functions(_ kibibytes: Int) throws {
    try GuestProgram.alone {
      let program = try GuestProgram(codeBufferSize: kibibytes << 10)
      var random = Seeded(state: UInt64(kibibytes))
      let count = 1_000
      let functions = GuestProgram.code + 0x2_0000
      func address(_ n: Int) -> UInt32 { functions + UInt32(32 * n) }
      var addends = (0..<count).map { _ in UInt32.random(in: 0..<1000, using: &random) }
      for n in 0..<count {
        let at = GuestProgram.code + UInt32(4 * n)
        program.assemble("bl \(Int(address(n)) - Int(at))", at: at)
        program.assemble("addi r4, r4, \(addends[n]); bclr 20, 0", at: address(n))
      }
      for round in 0..<30 {
        program[gpr: 4] = 0
        #expect(try program.run(from: GuestProgram.code) == GuestProgram.ended)
        #expect(program[gpr: 4] == addends.reduce(0, +), "round \(round)")
        for _ in 0..<20 {
          let n = Int.random(in: 0..<count, using: &random)
          addends[n] = UInt32.random(in: 0..<1000, using: &random)
          program.assemble("addi r4, r4, \(addends[n])", at: address(n))
          program.changed(address(n)..<address(n) + 4)
        }
      }
      let flushes = program.translator.counters.flushes
      #expect(kibibytes < 1024 ? flushes > 20 : flushes == 0, "\(flushes)")
    }
  }

  @Test("A change of any word of a superblock drops it")
  func everyWord() throws {
    try GuestProgram.alone {
      let program = try GuestProgram()
      // Twelve words here, then on at a distance: one block.
      let far = GuestProgram.code + 0x3000
      let lines = Array(repeating: "addi r4, r4, 1", count: 12).joined(separator: ";")
      program.assemble(lines + "; b \(0x3000 - 48)")
      program.assemble(lines, at: far)
      var expected: UInt32 = 24
      for start in [GuestProgram.code, far] {
        for n in UInt32(0)..<12 {
          program[gpr: 4] = 0
          #expect(try program.run(from: GuestProgram.code) == GuestProgram.ended)
          #expect(program[gpr: 4] == expected)
          program.assemble("addi r4, r4, 3", at: start + 4 * n)
          program.changed(start + 4 * n..<start + 4 * n + 1)
          expected += 2
        }
      }
      program[gpr: 4] = 0
      #expect(try program.run(from: GuestProgram.code) == GuestProgram.ended)
      #expect(program[gpr: 4] == expected)
    }
  }
}
