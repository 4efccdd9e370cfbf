import Foundation

@testable import GuestPowerPC

/// A small generator of random numbers with a seed (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ z >> 30) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ z >> 27) &* 0x94d0_49bb_1331_11eb
    return z ^ z >> 31
  }
}

/// Makes cases of every declared instruction and has a program outside execute them.
struct CaseRecorder {
  /// The command that runs Guests/vectors, such as `qemu-ppc -cpu 7400 vectors`.
  let command: String
  var generator = SeededGenerator(state: 1)

  init(command: String) { self.command = command }

  /// Instructions whose result depends on the time or on the system, or that the recorder's
  /// processor lacks; their cases stand in files written otherwise.
  static let unrecorded: Set<String> = [
    "sc", "tlbld", "tlbli", "eciwx", "ecowx", "dst", "dstt", "dstst", "dststt", "dss", "dssall",
    "fsqrts", "frin", "friz", "frip", "frim",
  ]

  /// Writes one file per section of the instruction set.
  func record() throws {
    var recorder = self
    let directory = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("Cases")
    for (name, instructions) in Self.wanted {
      let mnemonics = Set(instructions.map(\.mnemonic))
      var lines: [(text: String, words: String, before: String)] = []
      for form in TestAssembler.forms {
        let instruction = InstructionSet.powerPC.instructions[form.index]
        guard mnemonics.contains(instruction.mnemonic) else { continue }
        let base = form.mnemonic.filter { $0 != "." }
        guard !Self.unrecorded.contains(base) else { continue }
        for _ in 0..<recorder.count(instruction) { lines.append(recorder.line(form)) }
      }
      try write(lines, to: directory.appendingPathComponent(name + ".cases"))
    }
    guard Self.wanted.count == Self.sections.count else { return }
    let sequences = Self.sequences.map { line in
      let parts = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
      let words = InstructionCase(line + "|")!.words.map { hex($0) }.joined(separator: ",")
      return (text: parts[0], words: words, before: parts[1])
    }
    try write(sequences, to: directory.appendingPathComponent("sequences.cases"))
  }

  private func write(_ lines: [(text: String, words: String, before: String)], to file: URL) throws
  {
    let results = try run(lines.map { "\($0.words) \($0.before)" })
    var text = "# Recorded by Guests/record-cases.\n# instruction | before | after\n"
    for (line, result) in zip(lines, results)
    where !isDeviation(line.text, line.before, result) {
      text += "\(line.text) | \(line.before) | \(result)".trimmingSuffix(" ") + "\n"
    }
    try text.write(to: file, atomically: true, encoding: .utf8)
  }

  /// What one instruction leaves for another.
  private static let sequences = [
    "lwarx r5, r0, r3; stwcx. r6, r0, r3 | r3=30000010 r6=99 m30000010=01020304",
    "lwarx r5, r0, r3; stwcx. r6, r0, r3 | r3=30000010 r6=99 xer=80000000",
    "lwarx r5, r0, r3; stwcx. r6, r4, r3 | r3=30000010 r4=4 r6=99",
    "lwarx r5, r0, r3; stwcx. r6, r0, r3; stwcx. r7, r0, r3 | r3=30000010 r6=99 r7=88",
    "lwarx r5, r0, r3; stw r7, 0(r3); stwcx. r6, r0, r3 | r3=30000010 r6=99 r7=88",
    "lwarx r3, r0, r3; stwcx. r6, r0, r4 | r3=30000010 r4=30000010 r6=99",
    "mtspr 256, r3; mfspr r4, 256 | r3=12345678",
    "addo r3, r4, r5; add. r6, r4, r4; mfspr r7, 1 | r4=7fffffff r5=1",
    "addo. r3, r4, r5; addo. r3, r3, r5; mfspr r7, 1 | r4=7fffffff r5=1",
    "addo. r3, r4, r5; mcrxr cr3; cmp cr5, 0, r4, r4 | r4=7fffffff r5=7fffffff",
    "subfo. r3, r4, r4; mullwo. r5, r6, r6; cmpi cr1, 0, r5, 0 | r4=5 r6=10000",
    "addo. r3, r4, r4; cmpi cr1, 0, r5, 0 | r4=80000000",
    "mtspr 1, r3; cmpi cr0, 0, r4, 0; cmpli cr7, 0, r4, 1 | r3=80000000",
    "mtspr 1, r3; cmpi cr0, 0, r4, 0; cmpli cr7, 0, r4, 1 | r4=ffffffff xer=80000000",
    "mtspr 1, r3; or. r4, r4, r4 | r3=e0000000 xer=80000000",
    "addc r3, r5, r7; adde r4, r6, r8 | r5=ffffffff r6=1 r7=2 r8=3",
    "subfc r3, r5, r7; subfe r4, r6, r8; addme r9, r9; addze r10, r10 | r5=3 r6=1 r7=2 r8=1",
    "addic r3, r3, -1; subfe r4, r3, r4; subfze r5, r4; subfme r6, r5 | r3=5 r4=9",
    "adde r3, r3, r3; adde r3, r3, r3; mfspr r4, 1 | r3=c0000001 xer=20000000",
    "cmpi cr0, 0, r3, 5; bc 12, 2, 8; addi r4, r0, 1; addi r5, r0, 2 | r3=5",
    "cmpi cr0, 0, r3, 5; bc 12, 2, 8; addi r4, r0, 1; addi r5, r0, 2 | r3=6",
    "cmpli cr3, 0, r3, 5; bc 4, 13, 8; addi r4, r0, 1; addi r5, r0, 2 | r3=ffffffff",
    "bl 8; addi r4, r0, 1; mfspr r5, 8; addi r6, r0, 3 | r4=9",
    "mtspr 9, r3; addi r4, r4, 1; bc 16, 0, -4; addi r5, r0, 7 | r3=5",
    "bcl 20, 31, 4; mfspr r3, 8 | r4=9",
    "mtspr 8, r3; bclr 20, 0; addi r4, r0, 1; addi r5, r0, 1 | r3=2000080c",
    "mtspr 8, r3; bclrl 20, 0; addi r4, r0, 1; mfspr r5, 8 | r3=2000080c",
    "mtcrf 255, r3; mfcr r4; crxor 6, 6, 6; creqv 2, 2, 2; cror 31, 6, 2 | r3=12345678",
    "mtcrf 129, r3; crnor 0, 0, 0; mcrf cr2, cr0; bc 12, 8, 8; addi r4, r0, 1; mfcr r5 | r3=87654321",
    "cmp cr6, 0, r3, r4; crand 0, 24, 25; cror 1, 25, 26; crorc 2, 26, 27; mfcr r9 | r3=80000000 r4=1",
    "cmp cr6, 0, r3, r3; crandc 26, 26, 26; mfcr r9; creqv 26, 0, 0; mfcr r10 | r3=80000000",
    "mtfsf 255, f1; fctiw f2, f3; fctiwz f4, f3; mffs f5 | f1=2 f3=4004000000000000",
    "fcmpu cr2, f1, f2; bc 12, 8, 8; addi r4, r0, 1; mfcr r5 | f1=bff0000000000000",
    "fcmpu cr0, f1, f2; cror 2, 0, 2; bc 12, 2, 8; addi r4, r0, 1; mfcr r5; crnor 2, 2, 2; mfcr r6 | f1=bff0000000000000",
    "fcmpu cr0, f1, f2; cror 2, 0, 2; bc 12, 2, 8; addi r4, r0, 1; mfcr r5; crnor 2, 2, 2; mfcr r6 | f1=4000000000000000 f2=4000000000000000",
    "fcmpu cr0, f1, f2; cror 2, 0, 2; bc 12, 2, 8; addi r4, r0, 1; mfcr r5; crnor 2, 2, 2; mfcr r6 | f2=bff0000000000000",
    "fcmpu cr0, f1, f2; cror 2, 0, 2; bc 12, 2, 8; addi r4, r0, 1; mfcr r5; crnor 2, 2, 2; mfcr r6 | f1=7ff8000000000000",
    "fcmpu cr0, f1, f2; cror 2, 2, 1; bc 12, 2, 8; addi r4, r0, 1; mfcr r5; crnor 2, 2, 2; mfcr r6 | f1=bff0000000000000",
    "fcmpu cr0, f1, f2; cror 2, 2, 1; bc 12, 2, 8; addi r4, r0, 1; mfcr r5; crnor 2, 2, 2; mfcr r6 | f1=4000000000000000 f2=4000000000000000",
    "fcmpu cr0, f1, f2; cror 2, 2, 1; bc 12, 2, 8; addi r4, r0, 1; mfcr r5; crnor 2, 2, 2; mfcr r6 | f2=bff0000000000000",
    "fcmpu cr0, f1, f2; cror 2, 2, 1; bc 12, 2, 8; addi r4, r0, 1; mfcr r5; crnor 2, 2, 2; mfcr r6 | f1=7ff8000000000000",
    "fcmpu cr2, f1, f2; cror 10, 9, 10; bc 12, 10, 8; addi r4, r0, 1; mfcr r5; crnor 10, 10, 10; mfcr r6 | f1=bff0000000000000",
    "fcmpu cr2, f1, f2; cror 10, 9, 10; bc 12, 10, 8; addi r4, r0, 1; mfcr r5; crnor 10, 10, 10; mfcr r6 | f1=4000000000000000 f2=4000000000000000",
    "fcmpu cr2, f1, f2; cror 10, 9, 10; bc 12, 10, 8; addi r4, r0, 1; mfcr r5; crnor 10, 10, 10; mfcr r6 | f2=bff0000000000000",
    "fcmpu cr2, f1, f2; cror 10, 9, 10; bc 12, 10, 8; addi r4, r0, 1; mfcr r5; crnor 10, 10, 10; mfcr r6 | f1=7ff8000000000000",
    "fcmpu cr2, f1, f2; mcrfs cr3, cr4; mfcr r5 | f1=7ff8000000000000",
    "cmp cr1, 0, r3, r4; crxor 6, 6, 6; mfcr r5 | r3=5 r4=5",
    "cmp cr1, 0, r3, r4; creqv 6, 6, 6; mfcr r5 | r3=5 r4=5",
    "cmp cr1, 0, r3, r4; crxor 6, 6, 6; mfcr r5 | r3=5 r4=5 xer=80000000",
    "cmp cr1, 0, r3, r4; creqv 6, 6, 6; mfcr r5 | r3=5 r4=5 xer=80000000",
    "cmp cr1, 0, r3, r4; crxor 6, 6, 6; mfcr r5 | r3=6 r4=5",
    "cmp cr1, 0, r3, r4; creqv 6, 6, 6; mfcr r5 | r3=6 r4=5",
    "cmp cr1, 0, r3, r4; crxor 6, 6, 6; mfcr r5 | r3=6 r4=5 xer=80000000",
    "cmp cr1, 0, r3, r4; creqv 6, 6, 6; mfcr r5 | r3=6 r4=5 xer=80000000",
    "cmp cr1, 0, r3, r4; crxor 6, 6, 6; mfcr r5 | r3=80000000 r4=7fffffff",
    "cmp cr1, 0, r3, r4; creqv 6, 6, 6; mfcr r5 | r3=80000000 r4=7fffffff",
    "cmp cr1, 0, r3, r4; crxor 6, 6, 6; mfcr r5 | r3=80000000 r4=7fffffff xer=80000000",
    "cmp cr1, 0, r3, r4; creqv 6, 6, 6; mfcr r5 | r3=80000000 r4=7fffffff xer=80000000",
    "cmp cr1, 0, r3, r4; crxor 6, 6, 6; mfcr r5 | r3=7fffffff r4=80000000",
    "cmp cr1, 0, r3, r4; creqv 6, 6, 6; mfcr r5 | r3=7fffffff r4=80000000",
    "cmp cr1, 0, r3, r4; crxor 6, 6, 6; mfcr r5 | r3=7fffffff r4=80000000 xer=80000000",
    "cmp cr1, 0, r3, r4; creqv 6, 6, 6; mfcr r5 | r3=7fffffff r4=80000000 xer=80000000",
    "isync; sync 0; eieio; sync 1; addi r3, r3, 1 | r3=7",
    "lmw r29, 0(r3); stmw r29, 16(r3) | r3=30000010 m30000010=000102030405060708090a0b0c0d0e0f",
    "lswi r5, r3, 7; stswi r5, r4, 6 | r3=30000011 r4=30000033 m30000010=000102030405060708090a0b",
    "stwu r1, -32(r1); lwz r1, 0(r1) | r1=30001000",
    "lfsux f1, r3, r4; stfsu f1, 8(r3) | r3=30000000 r4=10 m30000010=7f800001",
    "lfs f1, 16(r3); stfs f1, 32(r3); stfd f1, 40(r3) | r3=30000000 m30000010=00000001",
    "lfs f1, 16(r3); fneg f1, f1; stfs f1, 32(r3); stfiwx f1, r0, r3 | r3=30000000 m30000010=ff812345",
  ]

  static let sections: [(String, [Instruction])] = [
    ("branch", branchInstructions), ("condition-register", conditionRegisterLogical),
    ("load", fixedPointLoads), ("store", fixedPointStores), ("multiple", fixedPointMultiple),
    ("arithmetic", fixedPointArithmetic), ("compare", fixedPointCompare),
    ("logical", fixedPointLogical), ("rotate", fixedPointRotate),
    ("system-register", systemRegister), ("supervisor", supervisor),
    ("synchronization", synchronization),
    ("cache", cacheManagement), ("float-load", floatingPointLoads),
    ("float-store", floatingPointStores), ("float-arithmetic", floatingPointArithmetic),
    ("float-move", floatingPointMoves), ("float-status", floatingPointStatus),
    ("vector-load", vectorLoadStore + vectorAlignAndStatus),
    ("vector-add", vectorIntegerAdd + vectorIntegerCompareSelect),
    ("vector-multiply", vectorIntegerMultiply + vectorIntegerMultiplyAdd + vectorSumAcross),
    ("vector-logical", vectorIntegerCompare + vectorLogical + vectorShift),
    ("vector-permute", vectorPack + vectorPermute), ("vector-float", vectorFloat),
  ]

  private static let supervisor =
    supervisorInstructions + tableInstructions + externalControl + dataStreams

  /// Sections to record, by the names of their files in LYREBIRD_SECTIONS; all without it.
  private static let wanted: [(String, [Instruction])] = {
    let names = ProcessInfo.processInfo.environment["LYREBIRD_SECTIONS"]?.split(separator: ",")
    return sections.filter { names?.contains($0.0[...]) ?? true }
  }()

  private func run(_ lines: [String]) throws -> [Substring] {
    let process = Process()
    let (input, output) = (Pipe(), Pipe())
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    let file = FileManager.default.temporaryDirectory.appendingPathComponent("lyrebird-\(UUID())")
    try (lines.joined(separator: "\n") + "\n").write(to: file, atomically: true, encoding: .utf8)
    process.arguments = ["-c", command + " < " + file.path]
    process.standardOutput = output
    _ = input
    try process.run()
    let data = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    try FileManager.default.removeItem(at: file)
    return String(decoding: data, as: UTF8.self)
      .split(separator: "\n", omittingEmptySubsequences: false).dropLast()
  }

  /// Whether the recorder's processor is known not to follow the manual here: the list, with
  /// these numbers, is in docs/FloatingPoint.md. The `fp-*` cases have the manual's values.
  private func isDeviation(_ text: String, _ before: String, _ after: Substring) -> Bool {
    if text.hasPrefix("vexptefp") { return hasLargeElement(text, before) }
    guard text.hasPrefix("f") || text.hasPrefix("mtfsb1") else { return false }
    let words = text.split { " ,.".contains($0) }
    let fields = Dictionary(
      (before + " " + after).split(separator: " ").compactMap { field -> (Substring, UInt64)? in
        let parts = field.split(separator: "=")
        return UInt64(parts[1], radix: 16).map { (parts[0], $0) }
      }, uniquingKeysWith: { $1 })
    let status = UInt32(truncatingIfNeeded: fields["fpscr"] ?? 0)
    let operands = words.dropFirst(2).map { fields[$0] ?? 0 }
    let hasNaN = operands.contains { $0.isNotANumber }
    let result = fields[words[1]] ?? 0
    let isSingle = words[0].hasSuffix("s") && words[0] != "fabs" && words[0] != "fnabs"
    switch words[0] {
    case "fmr", "fneg", "fabs", "fnabs", "fsel": return false
    case "mtfsb1":
      return [3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 21, 22, 23, 29].contains(Int(words[1])!)
    case "fcmpu", "fcmpo": return hasNaN || status & FPSCR.FI != 0
    case "fres" where status & FPSCR.ZX != 0: return true
    default: break
    }
    let isNegative = words[0].hasPrefix("fn") && words[0].dropFirst(2).hasPrefix("m")
    // Numbers 3 and 4, 8 and 9, 10, 11.
    if words[0] == "frsp" && status & (FPSCR.OX | FPSCR.UX) != 0 { return true }
    return status & (FPSCR.FI | FPSCR.FR) != 0 || isSingle && (hasNaN || result.isNotANumber)
      || isSingle && result.magnitude64 < FloatFormat.single.leastNormal && result.magnitude64 != 0
      || words[0] == "frsp" && result.magnitude64 < FloatFormat.single.leastNormal
      || isNegative && status & 2 != 0 || operands.count == 3 && hasNaN
  }

  /// Whether an element of the last operand is a number whose magnitude is above 3: number V2 of
  /// the list.
  private func hasLargeElement(_ text: String, _ before: String) -> Bool {
    let name = text.split(separator: " ").last! + "="
    let field = before.split(separator: " ").first { $0.hasPrefix(name) }
    guard let digits = field?.dropFirst(name.count) else { return false }
    let padded = String(repeating: "0", count: 32 - digits.count) + digits
    return stride(from: 0, to: 32, by: 8).contains { at in
      let magnitude = UInt32(padded.dropFirst(at).prefix(8), radix: 16)! & 0x7fff_ffff
      return magnitude > 0x4040_0000 && magnitude < 0x7f80_0000
    }
  }

  // MARK: Cases

  private func count(_ instruction: Instruction) -> Int {
    instruction.title.contains("Floating") ? 24 : 12
  }

  private mutating func pick<T>(_ list: [T]) -> T { list.randomElement(using: &generator)! }

  private mutating func chance(_ percent: Int) -> Bool {
    Int.random(in: 0..<100, using: &generator) < percent
  }

  private mutating func line(_ form: TestAssembler.Form) -> (
    text: String, words: String, before: String
  ) {
    let instruction = InstructionSet.powerPC.instructions[form.index]
    let operands = Operand.list(instruction.operands)
    var word = TestAssembler.random(form, using: &generator)
    for operand in operands { word = chosen(operand, in: word) }
    // Which part of an invalid form still happens is not defined.
    if form.mnemonic == "bcctrl" { word |= 4 << 21 }
    var before = CaseState()
    for operand in operands where operand.kind == .gpr {
      before["r\(operand.value(in: word))"] = number()
    }
    for operand in operands where operand.kind == .fpr {
      before["f\(operand.value(in: word))"] = float()
    }
    for operand in operands where operand.kind == .vr {
      before.values["v\(operand.value(in: word))"] = vector(instruction)
    }
    if instruction.feature.contains(.vector) { before["vscr"] = pick([0, 1, 0x10000, 0x10001]) }
    // Only the last three bits of each byte, and these alike, are defined.
    if form.mnemonic == "vsl" || form.mnemonic == "vsr" {
      let byte = UInt8.random(in: 0...7, using: &generator) | pick([0, 0xf8, 0x50])
      before.values["v\(operands[2].value(in: word))"] = String(repeating: hex8(byte), count: 16)
    }
    if form.mnemonic == "mtvscr" {
      before.values["v\(operands[0].value(in: word))"] =
        vector(instruction).dropLast(8) + "00010001"
    }
    if instruction.isMemoryAccess { place(word, operands, &before) }
    if chance(50) || instruction.operands.contains("B") { before["cr"] = number() }
    before["xer"] = pick([0, 0, 0, 0x2000_0000, 0x6000_0000, 0x8000_0000, 0xe000_0000])
    if instruction.mnemonic.hasSuffix("swx") || chance(5) {
      before["xer", default: 0] |= UInt64.random(in: 0...64, using: &generator)
    }
    if instruction.mnemonic.first == "b" || instruction.operands.contains("SPR") {
      before["lr"] = UInt64(Layout.start) + 4 * UInt64.random(in: 2...200, using: &generator)
      before["ctr"] = UInt64(Layout.start) + UInt64.random(in: 8...800, using: &generator)
      if !instruction.mnemonic.hasPrefix("bcctr") {
        before["ctr"] = pick([0, 1, 1, 2, 0xffff_ffff])
      }
    }
    if operands.contains(where: { $0.kind == .fpr }) || instruction.isStatus {
      before["fpscr"] = pick([0, 0, 1, 2, 3, 0x80, 0xf8, 0x8200_0000, 0x9200_4003])
    }
    // Bits of XER that are not defined.
    if form.mnemonic == "mtspr" { before["r\(operands[1].value(in: word))"] &= 0xe000_007f }
    let text = before.values.sorted { $0.key < $1.key }
      .filter { $0.value != "0" }.map { "\($0.key)=\($0.value)" }.joined(separator: " ")
    return (TestAssembler.text(of: word, as: form), hex(word), text)
  }

  /// The word with an operand chosen such that the case tells something.
  private mutating func chosen(_ operand: Operand, in word: UInt32) -> UInt32 {
    let value: Int
    switch operand.name {
    case _ where operand.kind == .gpr: value = pick([3, 4, 5, 6, 7, 8, 9, 10, 30, 31, 0])
    case _ where operand.kind == .vr: value = pick([0, 1, 2, 3, 4, 5, 20, 31])
    case _ where operand.kind == .fpr: value = pick([0, 1, 2, 3, 4, 5, 13, 31])
    case "LI", "BD": value = 4 * pick([2, 3, 10, 100, -1, -2, -100, 127])
    case "SPR": value = pick([1, 1, 8, 9, 256, 287, 22, 26, 272, 1023])
    case "D": value = pick([0, 4, 8, -4, -8, 1, 100, -100])
    case "SI": value = pick([0, 1, -1, 5, 0x7fff, -0x8000, 0x1234])
    case "UI": value = pick([0, 1, 0xffff, 0x8000, 0x1234])
    case "LS": value = pick([0, 1])
    case "TBR": value = pick([22, 1023])
    default: return word
    }
    return operand.inserting(value, in: word) ?? word
  }

  private mutating func number() -> UInt64 {
    pick([
      0, 1, 2, 31, 32, 33, 63, 64, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x1_0000, 0x7fff_ffff,
      0x8000_0000, 0x8000_0001, 0xffff_ffff, 0xffff_fffe, 0x1234_5678,
      UInt64.random(in: 0...0xffff_ffff, using: &generator),
      UInt64.random(in: 0...0xffff_ffff, using: &generator),
    ])
  }

  private mutating func float() -> UInt64 {
    pick([
      0, 1 << 63, 0x3ff0_0000_0000_0000, 0xbff8_0000_0000_0000, 0x4008_0000_0000_0000,
      0x7ff0_0000_0000_0000, 0xfff0_0000_0000_0000, 0x7ff8_1234_0000_0000, 0x7ff0_0000_0000_0001,
      1, 0x000f_ffff_ffff_ffff, 0x36a0_0000_0000_0000, 0x3800_0000_2000_0000,
      0x7fef_ffff_ffff_ffff, 0x41df_ffff_ffc0_0000, 0xc1e0_0000_0000_0000,
      0x4000_0000_0000_0000, 0x4010_0000_0000_0000, 0x4040_8000_0000_0000, 0xc000_0000_0000_0000,
      UInt64.random(in: 0 ... .max, using: &generator),
      0x4000_0000_0000_0000 | UInt64.random(in: 0...0xf_ffff_ffff_ffff, using: &generator),
    ])
  }

  /// Elements around which arithmetic changes its mind, of one width or of mixed ones.
  private mutating func vector(_ instruction: Instruction) -> String {
    let isFloat =
      instruction.title.contains("Floating") || instruction.title.contains("Fixed-Point")
    let width = isFloat ? 3 : Int.random(in: 0...3, using: &generator)
    return (0..<4).map { _ in
      switch width {
      case 0:
        (0..<4).map { _ in hex8(pick([0, 1, 2, 0x7f, 0x80, 0x81, 0xfe, 0xff, random()])) }.joined()
      case 1:
        (0..<2).map { _ in
          String(
            format: "%04x",
            pick([0, 1, 0x7fff, 0x8000, 0xff7f, 0xff80, 0xffff, random()] as [UInt16]))
        }.joined()
      case 2: String(format: "%08x", UInt32(truncatingIfNeeded: number()))
      default: String(format: "%08x", isFloat && chance(90) ? single() : random())
      }
    }.joined()
  }

  private mutating func random<T: FixedWidthInteger>() -> T {
    T.random(in: .min ... .max, using: &generator)
  }

  private func hex8(_ byte: UInt8) -> String { String(format: "%02x", byte) }

  private mutating func single() -> UInt32 {
    pick([
      0, 0x8000_0000, 0x3f80_0000, 0xbf80_0000, 0x4049_0fdb, 0x7f80_0000, 0xff80_0000,
      0x7fc1_2345, 0xff81_2345, 1, 0x8000_0001, 0x007f_ffff, 0x0080_0000, 0x8080_0000,
      0x0080_0001, 0x7f7f_ffff, 0xff7f_ffff, 0x4f00_0000, 0xcf00_0000, 0x4f7f_ffff, 0x3f00_0000,
      0xbf00_0000, 0x3fc0_0000, 0x4020_0000, 0xc020_0000, 0x4b00_0001, 0x4a80_0001, 0x1f80_0000,
      0x2000_0000, random(), 0x3f00_0000 | random() & 0x80ff_ffff,
      0x4000_0000 | random() & 0x80ff_ffff,
    ])
  }

  /// Points the address of an access into memory, most of the time, and fills it there.
  private mutating func place(_ word: UInt32, _ operands: [Operand], _ before: inout CaseState) {
    let values = Dictionary(operands.map { ($0.name, $0.value(in: word)) }) { $1 }
    let base = values["RA"] ?? 0
    let target =
      chance(8)
      ? 0x4000_0000 : Int(Layout.memory) + 0x400 + Int.random(in: 0...64, using: &generator)
    let aligned = chance(60) ? target & ~3 : target
    if let index = values["RB"] {
      let offset = index == base || base == 0 ? 0 : pick([0, 4, 16, 0x7fff_fff0])
      if base != 0 {
        before["r\(base)"] = UInt64(truncatingIfNeeded: aligned - offset) & 0xffff_ffff
      }
      before["r\(index)"] = base == 0 ? UInt64(aligned) : UInt64(offset)
      if base == index { before["r\(base)"] = UInt64(aligned / 2) }
    } else {
      before["r\(base)"] = UInt64(truncatingIfNeeded: aligned - (values["D"] ?? 0))
    }
    if aligned < Int(Layout.memory) + 0x1000 {
      let bytes = (0..<pick([8, 16, 40, 130])).map { _ in
        UInt8.random(in: 0...255, using: &generator)
      }
      before.values["m" + hex(aligned & ~3)] = bytes.map { String(format: "%02x", $0) }.joined()
    }
  }
}

/// The fields that a case sets.
private struct CaseState {
  var values: [String: String] = [:]
  subscript(name: String, default value: UInt64 = 0) -> UInt64 {
    get { values[name].flatMap { UInt64($0, radix: 16) } ?? value }
    set { values[name] = hex(newValue) }
  }
}

extension Instruction {
  /// Whether it has an address in guest memory.
  fileprivate var isMemoryAccess: Bool {
    ["Load", "Store", "Data Cache", "Instruction Cache"].contains { title.hasPrefix($0) }
  }
  fileprivate var isStatus: Bool { title.contains("FPSCR") }
}

extension String {
  fileprivate func trimmingSuffix(_ suffix: String) -> String {
    hasSuffix(suffix) ? String(dropLast(suffix.count)) : self
  }
}
