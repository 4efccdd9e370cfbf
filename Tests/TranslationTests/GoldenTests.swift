import EngineSupport
import Foundation
import HostX64
import IR
import RegisterAllocation
import Testing
import Translation

@testable import GuestPowerPC

/// Every step of the pipeline, as text, for some pieces of guest code.
///
/// With LYREBIRD_BLESS=1 the files are written instead: review the difference.
@Suite("Golden dumps")
struct GoldenTests {
  private static let snippets: [(name: String, text: String)] = [
    ("arithmetic", "addi r3, r3, 5; add r20, r3, r4; subf r5, r20, r6; mulli r21, r5, 100"),
    ("carry", "addc r3, r5, r7; adde r4, r6, r8; subfc r9, r3, r10; subfe r31, r4, r30"),
    (
      "compare-and-branch",
      "cmpi cr0, 0, r3, 10; bc 12, 0, 4096; cmp cr7, 0, r4, r20; bc 4, 30, -4096"
    ),
    ("record", "and. r3, r4, r5; bc 12, 2, 4096; add. r6, r6, r7"),
    ("count-loop", "lwz r5, 0(r3); add r4, r4, r5; addi r3, r3, 4; bc 16, 0, -12"),
    (
      "loads",
      "lbz r3, 1(r4); lhz r5, 2(r4); lha r6, 4(r4); lwzx r7, r4, r8; lwbrx r9, r0, r10; lwzu r20, 8(r4)"
    ),
    (
      "stores",
      "stb r3, 1(r4); sth r5, 2(r4); stwx r7, r4, r8; sthbrx r9, r0, r10; stwu r1, -32(r1)"
    ),
    ("prologue", "mfspr r0, 8; stwu r1, -16(r1); stw r31, 12(r1); stw r0, 20(r1); or r31, r3, r3"),
    (
      "rotate",
      "rlwinm r3, r4, 3, 0, 28; rlwimi r5, r6, 8, 16, 23; rlwnm r7, r8, r9, 0, 31; srawi r10, r3, 4"
    ),
    ("call-and-return", "bl 64; addi r3, r3, 1; bclr 20, 0"),
    ("computed", "mtspr 9, r12; bcctrl 20, 0; lwz r3, 0(r3); bclr 12, 2"),
    ("overflow", "addo. r3, r4, r5; cmpi cr1, 0, r3, 0"),
    ("condition-register", "crxor 6, 6, 6; cror 2, 0, 1; mfcr r3; mtcrf 128, r4"),
    ("floating-point", "lfd f1, 8(r3); fmul f2, f1, f1; stfs f2, 16(r3); fcmpu cr1, f1, f2"),
    (
      "floating-loop",
      "lfd f1, 8(r3); fadd f2, f2, f1; stfd f2, 16(r3); addi r3, r3, 8; bc 16, 0, -16"
    ),
    ("reservation", "lwarx r5, r0, r3; addi r5, r5, 1; stwcx. r5, r0, r3; bc 4, 2, -12"),
  ]

  /// What the host of the dumps has.
  private static let features: Features = [.movbe, .lzcnt, .popcnt, .bmi1, .bmi2]

  @Test(
    "The pipeline makes of each piece what its file says",
    .enabled(if: Features.detect().isSuperset(of: features)), arguments: snippets.map(\.name))
  func golden(_ name: String) throws {
    let text = Self.snippets.first { $0.name == name }!.text
    let dump = try GuestProgram.alone { try Self.dump(text) }
    if ProcessInfo.processInfo.environment["LYREBIRD_BLESS"] != nil {
      let directory = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      let file = directory.appendingPathComponent("Golden/\(name).golden")
      return try dump.write(to: file, atomically: true, encoding: .utf8)
    }
    let file = Bundle.module.bundleURL.appendingPathComponent("Golden/\(name).golden")
    let expected = try String(contentsOf: file, encoding: .utf8)
    #expect(dump == expected, "LYREBIRD_BLESS=1 writes the files anew")
  }

  private static func dump(_ text: String) throws -> String {
    let program = try GuestProgram(features: features)
    program.assemble(text + "; sc")
    let recorder = Recorder(program.translator)
    program.translator.observer = recorder
    program.registers.lr = GuestProgram.nowhere
    program.registers.ctr = 2
    for n in 0..<32 { program[gpr: n] = GuestProgram.data + 0x1000 }
    _ = try program.run()
    return recorder.text
  }
}

/// Writes down the first block.
private final class Recorder: TranslationObserver {
  var text = ""
  private var isDone = false
  /// Where the fixed pieces of code are; their size depends on where the buffer is.
  private let fixed: Range<UInt>

  init(_ translator: Translator) {
    let (bytes, address) = translator.fixedCode
    fixed = address..<address + UInt(bytes.count)
  }

  func wants(_ address: UInt32) -> Bool { !isDone }

  func madeOps(_ block: Block, address: UInt32, spans: UnsafeBufferPointer<TranslatedSpan>) {
    text += "OP:\n"
    block.print(into: &text)
  }

  func optimized(_ block: Block, address: UInt32) {
    text += "\nOP after optimization and liveness analysis:\n"
    block.print(into: &text, life: true)
  }

  func emitted(
    _ block: TranslatedBlock, code: UnsafeRawBufferPointer, at address: UInt,
    marks: UnsafeBufferPointer<CodeMark>
  ) {
    text += "\nOUT: [size=\(code.count)]\n"
    let bounds = [0] + marks.map { Int($0.offset) } + [code.count]
    for n in 0...marks.count {
      if n > 0 { text += "  -- guest addr 0x\(String(marks[n - 1].address, radix: 16))\n" }
      let bytes = (bounds[n]..<bounds[n + 1]).map { byte($0, code, address) }
      for line in stride(from: 0, to: bytes.count, by: 16) {
        let part = bytes[line..<min(line + 16, bytes.count)]
        text += "  " + part.joined(separator: " ") + "\n"
      }
    }
    isDone = true
  }

  /// A byte of code in hexadecimal; dots for the distance to a fixed piece of code.
  private func byte(_ n: Int, _ code: UnsafeRawBufferPointer, _ address: UInt) -> String {
    for start in max(1, n - 3)...max(1, n) where start <= n && start + 4 <= code.count {
      let isConditional = start > 1 && code[start - 2] == 0x0f && code[start - 1] & 0xf0 == 0x80
      let isJump = code[start - 1] & 0xfe == 0xe8 || isConditional
      let distance = code.loadUnaligned(fromByteOffset: start, as: Int32.self)
      let target = address &+ UInt(start + 4) &+ UInt(bitPattern: Int(distance))
      if isJump && fixed.contains(target) { return ".." }
    }
    return (code[n] < 16 ? "0" : "") + String(code[n], radix: 16)
  }

  func entering(_ block: TranslatedBlock, at address: UInt, env: UnsafeMutableRawPointer) {}
  func linked(_ from: UInt, slot: Int, to: UInt) {}
}
