import EngineSupport
import Foundation
import HostX64
import Testing
import Translation

@testable import GuestPowerPC

/// Where guest memory lies on a host that has vectors; nil on others.
private let vectorSpace: GuestSpace? = {
  let host = X64Host(features: .detect(), guestBaseIsZero: true)
  return host.hasVectors ? GuestSpace.atZero ?? GuestSpace.elsewhere : nil
}()

/// Vector instructions as ops of the host against their own functions, which recorded cases hold to
/// the manual: the result, VSCR and CR, bit by bit.
@Suite(
  "Vectors by the host", .serialized,
  .enabled(if: vectorSpace != nil, "the host has no AVX2 and FMA"))
struct VectorByHostTests {
  /// An instruction v4 <- v1, v2, v3, with its function.
  struct Row: Sendable, CustomStringConvertible {
    let text: String
    let word: UInt32
    let function: SoftwareFunction
    let isSingle: Bool
    var description: String { text }
  }

  /// Every instruction that has a function, with some immediate operands.
  static let rows: [Row] = InstructionSet.powerPC.instructions.flatMap { instruction -> [Row] in
    guard let function = instruction.software else { return [] }
    let parts = instruction.mnemonic.split(separator: "[")
    let mnemonics = parts.count > 1 ? [String(parts[0]), parts[0] + "."] : [String(parts[0])]
    let isSingle = ["fp", "vrfi", "vct", "vcf"].contains { parts[0].contains($0) }
    return mnemonics.flatMap { mnemonic in
      immediates(instruction).compactMap { immediate in
        let operands = names(instruction).map { places[$0] ?? "\(immediate)" }
        let text = "\(mnemonic) \(operands.joined(separator: ", "))"
        return TestAssembler.assemble(text).map {
          Row(text: text, word: $0, function: function, isSingle: isSingle)
        }
      }
    }
  }

  private static func names(_ instruction: Instruction) -> [String] {
    instruction.operands.split { ", ".contains($0) }.map(String.init)
  }

  private static let places = ["VD": "v4", "VA": "v1", "VB": "v2", "VC": "v3"]

  private static func immediates(_ instruction: Instruction) -> [Int] {
    let isPlain = names(instruction).allSatisfy { places[$0] != nil }
    if isPlain { return [0] }
    return names(instruction).contains("SHB") ? Array(0..<16) : [0, 1, 2, 3, 7, 15, 31]
  }

  private static let isLong = ProcessInfo.processInfo.environment["LYREBIRD_LONG"] != nil
  /// Runs of each row.
  private static let count = isLong ? 1_000_000 : 3_000

  @Test("There are rows for all of AltiVec's instructions that compute")
  func coverage() {
    #expect(Set(Self.rows.map { $0.text.prefix { $0 != " " } }).count >= 140)
  }

  @Test("An instruction's result, VSCR and CR field", arguments: rows)
  func instruction(row: Row) throws {
    guard let space = vectorSpace else { return }
    var failures: [String] = []
    try HostProcess.lock.withLock { _ in
      let runner = try CodeRunner(space, .detect())
      try runner.load([row.text])
      var generator = OperandGenerator(state: 5)
      for _ in 0..<Self.count where failures.count < 5 {
        let before = Contents(&generator, isSingle: row.isSingle)
        let expected = before.after(row)
        before.put(in: runner.machine.state)
        try runner.run()
        let found = Contents(runner.machine.state)
        if found != expected {
          failures.append("\(row.text): \(before)\n\(found), not\n\(expected)")
        }
      }
    }
    #expect(failures.isEmpty, "\(failures.joined(separator: "\n"))")
  }

  /// What the tests look at: v1 to v5, VSCR, CR, f4 to f6 and the FPSCR.
  struct Contents: Equatable {
    var vectors: [UInt64]
    var vscr, cr, fpscr: UInt32
    var floats: [UInt64]

    init(_ state: UnsafeMutablePointer<PowerPCState>) {
      vectors = (2..<12).map { state.pointee.vr[$0] }
      vscr = state.pointee.vscr
      cr = state.pointee.packedCR
      fpscr = state.pointee.fpscr
      floats = (1..<7).map { state.pointee.fpr[$0] }
    }

    init(_ generator: inout OperandGenerator, isSingle: Bool) {
      vectors = (0..<10).map { _ in Self.half(&generator, isSingle) }
      let choice = generator.next()
      vscr = UInt32(truncatingIfNeeded: choice & 1 | (choice >> 1 & 1) << 16)
      cr = UInt32(truncatingIfNeeded: choice >> 8)
      fpscr = 0
      floats = (0..<6).map { _ in generator.operand(isSingle: false) }
      // Operands that are the same, or nearly.
      if choice >> 40 & 7 == 0 { vectors[2] = vectors[0] }
    }

    /// Two singles, or bytes around which instructions change their mind.
    private static func half(_ generator: inout OperandGenerator, _ isSingle: Bool) -> UInt64 {
      if isSingle { return single(&generator) << 32 | single(&generator) }
      let choice = generator.next(), edges: [UInt64] = [0, 1, 0x7f, 0x80, 0x81, 0xff, 0x10, 0xfe]
      if choice & 3 == 0 { return generator.next() }
      let which = generator.next()
      return (0..<8).reduce(0) { $0 << 8 | edges[Int(which >> UInt64(3 * $1) & 7)] }
    }

    private static let specials: [UInt64] = [
      0, 0x7f80_0000, 0x7fc0_0000, 0x7f80_0001, 0x7faa_aaaa, 0x0080_0000, 0x007f_ffff, 1,
      0x3f80_0000, 0x4f00_0000, 0x4eff_ffff, 0x4f80_0000, 0x7f7f_ffff, 0x0080_0001, 0x3f00_0000,
      0x4b00_0000,
    ]

    private static func single(_ generator: inout OperandGenerator) -> UInt64 {
      let choice = generator.next()
      if choice & 7 == 0 { return specials[Int(choice >> 4 & 15)] | (choice >> 8 & 1) << 31 }
      if choice & 7 == 1 { return choice >> 16 & 0xffff_ffff }
      let value = Double(bitPattern: generator.operand(isSingle: true))
      return UInt64(Float(value).bitPattern)
    }

    func put(in state: UnsafeMutablePointer<PowerPCState>) {
      for n in 2..<12 { state.pointee.vr[n] = vectors[n - 2] }
      state.pointee.vscr = vscr
      state.pointee.packedCR = cr
      state.pointee.fpscr = fpscr
      for n in 1..<7 { state.pointee.fpr[n] = floats[n - 1] }
    }

    /// What the instruction's own function leaves.
    func after(_ row: Row) -> Contents {
      let state = UnsafeMutablePointer<PowerPCState>.allocate(capacity: 1)
      defer { state.deallocate() }
      state.initialize(to: PowerPCState())
      put(in: state)
      let field = row.function(
        UnsafeMutableRawPointer(state) + PowerPCState.envOffset, UInt64(row.word))
      if row.text.contains(". ") {
        state.pointee.packedCR = cr & ~0xf0 | UInt32(truncatingIfNeeded: field) << 4
      }
      return Contents(state)
    }
  }

  /// Instructions that share the host's status: scalar and vector floating point by turns.
  private static let mixture = [
    "fadd f4, f1, f2", "fmuls f5, f1, f2", "fdiv f4, f5, f3", "fcmpu cr1, f4, f1", "mffs f6",
    "mtfsb0 6", "fctiwz f5, f1", "vaddfp v4, v1, v2", "vmaddfp v4, v1, v2, v3", "vrefp v5, v2",
    "vsubfp v5, v4, v1", "vmaxfp v4, v5, v2", "vcmpgtfp. v4, v1, v5", "vctsxs v5, v1, 3",
    "mtvscr v1", "mtvscr v2", "mfvscr v5", "vaddsws v4, v4, v1", "vexptefp v4, v5",
    "fsel f5, f1, f2, f3", "fsel f4, f4, f5, f1",
  ]

  @Test("Scalar and vector floating point by turns do not disturb each other")
  func sequences() throws {
    guard let space = vectorSpace else { return }
    var failures: [String] = []
    try HostProcess.lock.withLock { _ in
      var generator = OperandGenerator(state: 13)
      let native = try CodeRunner(space, .detect()), plain = try CodeRunner(space, [])
      for _ in 0..<(Self.isLong ? 100_000 : 500) where failures.count < 5 {
        let texts = (0..<6).map { _ in
          Self.mixture[Int(generator.next() % UInt64(Self.mixture.count))]
        }
        try native.load(texts)
        try plain.load(texts)
        for _ in 0..<10 {
          let before = Contents(&generator, isSingle: true)
          for runner in [native, plain] {
            before.put(in: runner.machine.state)
            try runner.run()
          }
          let found = Contents(native.machine.state), expected = Contents(plain.machine.state)
          if found == expected { continue }
          failures.append("\(texts): \(before)\n\(found), not\n\(expected)")
          break
        }
      }
    }
    #expect(failures.isEmpty, "\(failures.joined(separator: "\n"))")
  }
}
