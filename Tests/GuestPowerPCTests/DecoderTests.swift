import Foundation
import IR
import Testing

@testable import GuestPowerPC

@Suite("Decoder")
struct DecoderTests {
  private let set = InstructionSet.powerPC

  @Test("No two declared instructions match one word")
  func ambiguity() {
    var pairs: [String] = []
    for (n, a) in set.instructions.enumerated() {
      for b in set.instructions[..<n] where (a.opcode ^ b.opcode) & a.mask & b.mask == 0 {
        pairs.append("\(a.mnemonic) and \(b.mnemonic)")
      }
    }
    #expect(pairs == [])
  }

  @Test("Every word of a declared instruction decodes to it")
  func decoding() {
    var generator = SeededGenerator(state: 3)
    var failures: [String] = []
    for form in TestAssembler.forms {
      for _ in 0..<50 {
        let word = TestAssembler.random(form, using: &generator)
        if set.index(of: word) != form.index { failures.append(form.mnemonic) }
      }
    }
    #expect(failures == [])
  }

  /// All words when LYREBIRD_LONG is set, else one in 4093.
  @Test("Any word decodes, or is none, and has a text, without a crash")
  func anyWord() {
    let isLong = ProcessInfo.processInfo.environment["LYREBIRD_LONG"] != nil
    let step = isLong ? 1 : 4093
    var known = 0
    for bits in stride(from: 0, through: 0xffff_ffff, by: step) {
      let word = UInt32(truncatingIfNeeded: bits)
      if set.decode(word) != nil { known += 1 }
      if bits % (step * 64) == 0 { _ = Disassembler.text(of: word, at: 0, in: set) }
    }
    #expect(known > 0)
  }

  @Test("Any word translates to a block that verifies")
  func anyTranslation() {
    let guest = PowerPCGuest(features: allFeatures)
    let block = Block(names: guest.names)
    defer { block.deallocate() }
    var generator = SeededGenerator(state: 5)
    var problems: [String] = []
    let record = CodeRecord()
    defer { record.deallocate() }
    let machine = InstructionMachine()
    for form in TestAssembler.forms {
      for key in [0, BlockKey.summaryOverflow] {
        machine.words = (0..<8).map { _ in TestAssembler.random(form, using: &generator) }
        block.clear()
        _ = guest.translate(
          into: block, at: Layout.start, key: key, from: machine.code,
          limits: TranslationLimits(instructions: 16, chains: true), record: record)
        problems += block.verify().prefix(1).map { "\(form.mnemonic): \($0)" }
      }
    }
    #expect(problems == [])
  }

  @Test("Any word translates in system mode, under every key, to a block that verifies")
  func anySystemTranslation() {
    var generator = SeededGenerator(state: 6)
    var problems: [String] = []
    let record = CodeRecord()
    defer { record.deallocate() }
    let machine = InstructionMachine()
    for name in ["603e", "7400", "7455"] {
      let guest = PowerPCGuest(system: Processor.named(name)!)
      let block = Block(names: guest.names)
      defer { block.deallocate() }
      for form in TestAssembler.forms {
        for _ in 0..<8 {
          machine.words = (0..<8).map { _ in TestAssembler.random(form, using: &generator) }
          block.clear()
          _ = guest.translate(
            into: block, at: Layout.start, key: .random(in: 0..<128, using: &generator),
            from: machine.code, limits: TranslationLimits(instructions: 16, chains: true),
            record: record)
          problems += block.verify().prefix(1).map { "\(name) \(form.mnemonic): \($0)" }
        }
      }
    }
    #expect(problems == [])
  }

  /// Every supervisor instruction of the manual's table (Programming Environments Manual, A.3).
  @Test(
    "Supervisor words decode",
    arguments: [
      (0x7c60_00a6, "mfmsr"), (0x7c60_0124, "mtmsr"), (0x7c65_04a6, "mfsr"),
      (0x7c60_2526, "mfsrin"),
      (0x7c65_01a4, "mtsr"), (0x7c60_21e4, "mtsrin"), (0x4c00_0064, "rfi"), (0x7c00_1a64, "tlbie"),
      (0x7c00_02e4, "tlbia"), (0x7c00_046c, "tlbsync"), (0x7c00_1fa4, "tlbld"),
      (0x7c00_1fe4, "tlbli"),
      (0x7c03_23ac, "dcbi"), (0x7c64_2a6c, "eciwx"), (0x7c64_2b6c, "ecowx"),
      (0x7c23_22ac, "dst[t]"),
      (0x7c23_22ec, "dstst[t]"), (0x7c20_066c, "dss[all]"), (0x7c7a_02a6, "mfspr"),
      (0x7c7a_03a6, "mtspr"),
      (0x7e00_066c, "dss[all]"), (0x4400_0002, "sc"),
    ] as [(UInt32, String)])
  func supervisorWords(word: UInt32, mnemonic: String) {
    #expect(set.decode(word)?.mnemonic == mnemonic)
  }

  /// Reserved bits are ignored: glibc's mffsl and mffscrn are mffs to these processors.
  @Test("Reserved bits do not matter")
  func reserved() {
    let words: [UInt32: String] = [
      0xfc18_048e: "mffs[.]", 0xfc17_048e: "mffs[.]", 0x7c64_2b15: "", 0x7c83_0f34: "extsh[.]",
      0x7c20_04ad: "sync",
    ]
    for (word, mnemonic) in words {
      #expect(set.decode(word)?.mnemonic ?? "" == mnemonic)
    }
  }
}
