import Foundation
import Testing

@testable import GuestPowerPC

/// The software floating-point unit against recorded vectors and against the host's arithmetic.
@Suite("Software floating point")
struct SoftwareFloatTests {
  /// Recorded from QEMU by Guests/fpvectors.c (docs/FloatingPoint.md says how). More files can be
  /// named by LYREBIRD_FP_CASES, a directory of `fp-*.cases`.
  @Test("Each instruction does what its cases say")
  func cases() throws {
    var directories = [Bundle.module.bundleURL.appendingPathComponent("Cases")]
    if let more = ProcessInfo.processInfo.environment["LYREBIRD_FP_CASES"] {
      directories.append(URL(fileURLWithPath: more))
    }
    var count = 0
    var disagreements: [String] = []
    var covered: Set<Substring> = []
    for file in try directories.flatMap(FloatCase.files(in:)) {
      let text = try String(contentsOf: file, encoding: .utf8)
      for line in text.split(separator: "\n") {
        guard let floatCase = FloatCase(String(line)) else { continue }
        count += 1
        covered.insert(floatCase.mnemonic.prefix { $0 != "_" })
        if let disagreement = floatCase.disagreement { disagreements.append(disagreement) }
      }
    }
    let missing = Set(floatInstructions.keys).subtracting(covered)
    #expect(missing.isEmpty, "instructions without a case")
    let report = disagreements.prefix(40).joined(separator: "\n")
    #expect(disagreements.count == 0, "\(disagreements.count) of \(count):\n\(report)")
  }
}
