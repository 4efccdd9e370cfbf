import EngineSupport
import IR
import Testing
import Translation

@testable import GuestPowerPC

/// Code that changes, in a code buffer that is often full.
@Suite("Changing code")
struct SelfModifyingTests {
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

  /// What `icbi` names, the flags of the page of the functions, and what comes of it: the addend
  /// of the function that has changed, and the number of blocks dropped.
  struct Line: Sendable {
    let address: UInt32, flags: UInt8, addend: UInt32, dropped: Int
  }
  private static let changed = GuestProgram.code + 0x1000, other = changed + 32
  /// Bit 4: code was translated from the page; bit 7: it checks itself (`PageFlags`).
  static let lines = [
    Line(address: changed, flags: 0x17, addend: 5, dropped: 1),
    Line(address: changed + 31, flags: 0x17, addend: 5, dropped: 1),
    Line(address: other, flags: 0x17, addend: 1, dropped: 1),
    Line(address: other + 32, flags: 0x17, addend: 1, dropped: 0),
    Line(address: changed, flags: 0x07, addend: 1, dropped: 0),
    Line(address: changed, flags: 0x97, addend: 1, dropped: 0),
  ]

  @Test("icbi drops the blocks of its line, and no others", arguments: lines)
  func line(_ line: Line) throws {
    try GuestProgram.alone {
      let program = try GuestProgram()
      for address in [Self.changed, Self.other] {
        program.assemble("addi r4, r4, 1; bclr 20, 0", at: address)
      }
      program.assemble(
        "bl 4096; bl 4124; stw r6, 0(r5); icbi r7, r8; add r9, r4, r0; bl 4076; bl 4104")
      program[gpr: 5] = Self.changed
      program[gpr: 6] = try #require(TestAssembler.assemble("addi r4, r4, 5"))
      program[gpr: 7] = line.address &- 16
      program[gpr: 8] = 16
      program.setPageFlags(Self.changed, line.flags)
      #expect(try program.run(from: GuestProgram.code) == GuestProgram.ended)
      #expect(program[gpr: 9] == 2)
      #expect(program[gpr: 4] == 2 + line.addend + 1)
      #expect(program.translator.counters.invalidations == line.dropped)
    }
  }

  /// Instructions whose immediate may be taken from memory, with registers that are not their own
  /// results: `RT` or `RS` is r3, `RA` r4, the CR field 2.
  static let immediates = InstructionSet.powerPC.instructions.filter(\.hasImmediate)

  @Test("An immediate that changes is taken from memory, and all else is compared")
  func changingImmediates() throws {
    #expect(Self.immediates.count == 15)
    for instruction in Self.immediates {
      let comparison = instruction.mnemonic.hasPrefix("cmp")
      let registers: UInt32 = comparison ? 2 << 23 | 4 << 16 : 3 << 21 | 4 << 16
      let words = [0, 1, 0x7fff, 0x8000, 0xffff, 0x1234].map {
        instruction.opcode | registers | UInt32($0)
      }
      let fresh = try outcomes(words, .reported), changing = try outcomes(words, .changing)
      #expect(changing.states == fresh.states, "\(instruction.mnemonic)")
      #expect(changing.differences == 1, "\(instruction.mnemonic)")
      let checked = try outcomes(words, .checked)
      #expect(checked.states == fresh.states && checked.differences == words.count)
    }
  }

  /// What registers and CR are after each of some words at one place, then after another
  /// instruction there; and how often the translation found something else.
  private func outcomes(
    _ words: [UInt32], _ stability: CodeStability
  ) throws -> (states: [[UInt32]], differences: Int) {
    try GuestProgram.alone {
      let program = try GuestProgram()
      program.host.stability = stability
      var states: [[UInt32]] = []
      for word in words + [TestAssembler.assemble("or r3, r4, r4")!] {
        program.set(GuestProgram.code, word)
        if stability == .reported { program.changed(GuestProgram.code..<GuestProgram.code + 4) }
        (program[gpr: 3], program[gpr: 4]) = (0x89ab_cdef, 0x0123_ffff)
        let ending = try program.run(from: GuestProgram.code)
        let registers = program.registers
        states.append(
          [program[gpr: 3], program[gpr: 4], registers.packedCR, registers.packedXER, program.nip])
        #expect(ending == GuestProgram.ended)
      }
      return (states, program.host.differences)
    }
  }

  @Test("A block may drop itself, again and again")
  func ownLine() throws {
    try GuestProgram.alone {
      let program = try GuestProgram()
      program.setPageFlags(GuestProgram.code, 0x17)
      program.assemble(
        "again:; addi r4, r4, 1; icbi 0, r5; addi r6, r6, -1; cmpi cr0, 0, r6, 0; bc 4, 2, again")
      program[gpr: 5] = GuestProgram.code
      program[gpr: 6] = 100
      #expect(try program.run(from: GuestProgram.code) == GuestProgram.ended)
      #expect(program[gpr: 4] == 100 && program[gpr: 6] == 0)
      #expect(program.translator.counters.invalidations >= 100)
    }
  }
}
