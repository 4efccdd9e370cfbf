import Foundation
import Testing

@testable import GuestPowerPC

@Suite("Disassembler")
struct DisassemblerTests {
  /// Lines of QEMU's logs and of the disassembler that it uses, recorded by
  /// Guests/record-disassembly: `address: word text`.
  @Test("Each word has the text that QEMU's log gives it")
  func recorded() throws {
    let file = Bundle.module.bundleURL.appendingPathComponent("Cases/disassembly.txt")
    var differences: [String] = []
    for line in try String(contentsOf: file, encoding: .utf8).split(separator: "\n") {
      guard !line.hasPrefix("#") else { continue }
      let parts = line.split(separator: " ", maxSplits: 2)
      let (address, word) = (UInt32(parts[0], radix: 16)!, UInt32(parts[1], radix: 16)!)
      let text = Disassembler.text(of: word, at: address, in: .powerPC)
      if text.normalized != parts[2].description.normalized {
        differences.append("\(line): \(text)")
      }
    }
    let report = differences.prefix(40).joined(separator: "\n")
    #expect(differences.isEmpty, "\(differences.count):\n\(report)")
  }

  @Test("Mnemonics are padded to eight columns")
  func padding() {
    let texts: [UInt32: String] = [
      0x4e80_0020: "blr      ", 0x9421_ffe0: "stwu     r1, -0x20(r1)",
      0x0000_0001: ".byte    0x00, 0x00, 0x00, 0x01", 0x4840_0001: "bl       0x10400000",
    ]
    for (word, text) in texts {
      #expect(Disassembler.text(of: word, at: 0x1000_0000, in: .powerPC) == text)
    }
  }

  @Test("Lists the forms for Guests/record-disassembly in the file LYREBIRD_FORMS")
  func listForms() throws {
    guard let path = ProcessInfo.processInfo.environment["LYREBIRD_FORMS"] else { return }
    let lines = TestAssembler.forms.map { hex($0.opcode) + " " + hex($0.operandMask) + "\n" }
    try lines.joined().write(toFile: path, atomically: true, encoding: .utf8)
  }

  @Test("The test assembler takes back what it writes")
  func roundTrip() {
    var generator = SeededGenerator(state: 7)
    var failures: [String] = []
    for form in TestAssembler.forms {
      for _ in 0..<20 {
        let word = TestAssembler.random(form, using: &generator)
        let text = TestAssembler.text(of: word, as: form)
        if TestAssembler.assemble(text) != word { failures.append("\(hex(word)) \(text)") }
      }
    }
    #expect(failures == [])
  }
}

extension String {
  /// Words separated by single spaces.
  fileprivate var normalized: String {
    split(separator: " ").joined(separator: " ")
  }
}

/// The test assembler's texts against those of binutils, as far as both write basic mnemonics.
@Suite("Assembler and binutils")
struct BinutilsTests {
  private static let objdump = "/usr/bin/powerpc-linux-gnu-objdump"

  @Test(
    "objdump reads each word as the test assembler writes it",
    .enabled(if: FileManager.default.isExecutableFile(atPath: objdump)))
  func words() throws {
    var generator = SeededGenerator(state: 11)
    let forms = TestAssembler.forms.flatMap { form in
      (0..<32).map { _ in (form, TestAssembler.random(form, using: &generator)) }
    }
    let texts = try disassemble(forms.map(\.1))
    var failures: [String] = []
    var known: Set<String> = []
    for ((form, word), text) in zip(forms, texts) {
      let ours = TestAssembler.text(of: word, as: form).plain(address: 0)
      // The address of a branch is relative to the word's place in the file.
      // Some invalid forms are none to binutils; some operands are optional.
      if text.hasPrefix(".long") { continue }
      known.insert(form.mnemonic)
      // Where an operand does not matter, binutils writes none.
      var plain = form.mnemonic == "dssall" ? form.mnemonic : ours
      // And zero bytes are 32 ones.
      if form.mnemonic.hasSuffix("swi"), plain.hasSuffix(" 0") { plain = plain.dropLast() + "32" }
      if ![plain, plain + " 0", plain + " -1"].contains(text) {
        failures.append("\(hex(word)): \(ours), not \(text)")
      }
    }
    #expect(texts.count == forms.count)
    // Not on a 7400 to binutils, or only with the operands that the test does not choose.
    let unknown = ["mftb", "dcba"] + ["frin", "friz", "frip", "frim"].flatMap { [$0, $0 + "."] }
    #expect(TestAssembler.forms.map(\.mnemonic).filter { !known.contains($0) } == unknown)
    #expect(failures.isEmpty, "\(failures.count):\n\(failures.prefix(60).joined(separator: "\n"))")
  }

  /// Mnemonic and plain numbers of each word.
  private func disassemble(_ words: [UInt32]) throws -> [String] {
    let file = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID())")
    try Data(words.flatMap { word in withUnsafeBytes(of: word.bigEndian) { Array($0) } })
      .write(to: file)
    defer { try? FileManager.default.removeItem(at: file) }
    let process = Process(), output = Pipe()
    process.executableURL = URL(fileURLWithPath: Self.objdump)
    process.arguments = [
      "-b", "binary", "-m", "powerpc", "-M", "raw,ppc,7400", "-EB", "-D", "--no-show-raw-insn",
      file.path,
    ]
    process.standardOutput = output
    try process.run()
    let data = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return String(decoding: data, as: UTF8.self).split(separator: "\n").compactMap { line in
      let parts = line.split(separator: "\t", maxSplits: 1)
      guard parts.count == 2, let address = Int(parts[0].dropLast().trimming(), radix: 16) else {
        return nil
      }
      return String(parts[1]).plain(address: address)
    }
  }
}

extension Substring {
  fileprivate func trimming() -> Substring { drop { $0 == " " } }
}

extension String {
  /// The mnemonic, then the operands as numbers; branch targets relative to `address`.
  fileprivate func plain(address: Int) -> String {
    var words = split { " ,()\t".contains($0) }.map(String.init)
    for n in words.indices.dropFirst() {
      words[n] = Self.number(words[n]).map(String.init) ?? words[n]
    }
    if words[0].hasPrefix("bclr") || words[0].hasPrefix("bcctr") {
      return words[...2].joined(separator: " ")
    }
    if words[0].hasPrefix("b"), let target = Int(words.last!) {
      let base = words[0].hasSuffix("a") ? 0 : address
      words[words.count - 1] = "\(Int32(truncatingIfNeeded: target - base))"
    }
    return words.joined(separator: " ")
  }

  private static func number(_ text: String) -> Int? {
    // CR bits: 4*cr1+gt.
    let parts = text.split { "*+".contains($0) }
    let bits = ["lt": 0, "gt": 1, "eq": 2, "so": 3]
    if let last = parts.last, let bit = bits[String(last)] {
      return bit + (parts.count == 3 ? 4 * Int(parts[1].dropFirst(2))! : 0)
    }
    if text.hasPrefix("0x") { return Int(text.dropFirst(2), radix: 16) }
    let digits = text.drop { "rfcv".contains($0) }
    return Int(digits)
  }
}
