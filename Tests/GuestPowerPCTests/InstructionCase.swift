import Foundation

@testable import GuestPowerPC

/// A line of a `.cases` file: `instruction; instruction | before | after`.
///
/// Fields that `before` does not name are zero; those that `after` does not name are as before.
/// `after` also has `nip` unless it is behind the last instruction, and `signal` unless the trap
/// that stands there ended the run.
struct InstructionCase {
  let line: String
  let words: [UInt32]
  let before, after: [(name: Substring, value: Substring)]

  /// Nil for comments and empty lines.
  init?(_ line: some StringProtocol) {
    self.line = String(line)
    guard !line.hasPrefix("#"), line.contains("|") else { return nil }
    let parts = self.line.split(separator: "|", omittingEmptySubsequences: false)
    words = parts[0].split(separator: ";").map {
      guard let word = TestAssembler.assemble($0) else {
        preconditionFailure("cannot assemble \($0)")
      }
      return word
    }
    before = Self.fields(parts[1])
    after = Self.fields(parts[2])
  }

  private static func fields(_ text: Substring) -> [(name: Substring, value: Substring)] {
    text.split(separator: " ").map {
      let equals = $0.firstIndex(of: "=")!
      return ($0[..<equals], $0[$0.index(after: equals)...])
    }
  }

  /// What an engine does instead, nil if it agrees.
  /// - Parameter processor: in system mode.
  func disagreement(_ engine: Engine, system processor: Processor? = nil) -> String? {
    let machine = processor.map(InstructionMachine.init(system:)) ?? InstructionMachine()
    machine.words = words
    for (name, value) in before { machine.set(name, value) }
    var expected = machine.snapshot
    let end = Layout.start + 4 * UInt32(words.count)
    var outcome = Outcome(nip: end, signal: "TRAP")
    for (name, value) in after {
      switch name {
      case "nip": outcome.nip = UInt32(value, radix: 16)!
      case "signal": outcome.signal = String(value)
      default:
        forEachField(name, value) { name, value in
          let isMemory = name.first == "m" && name != "msr"
          expected[String(name)] = isMemory && value == 0 ? nil : value
        }
      }
    }
    let found = engine.run(machine)
    let actual = machine.snapshot
    var differences: [String] = []
    for name in Set(expected.keys).union(actual.keys).sorted() {
      let (wanted, got) = (expected[name] ?? 0, actual[name] ?? 0)
      if wanted != got { differences.append("\(name)=\(hex(got)) not \(hex(wanted))") }
    }
    if found.nip != outcome.nip { differences.append("nip=\(hex(found.nip))") }
    if found.signal != outcome.signal { differences.append("signal=\(found.signal)") }
    if differences.isEmpty { return nil }
    return "\(line)\n    \(engine.name): \(differences.joined(separator: " "))"
  }

  /// The cases of all files but the `fp-*` ones in the test bundle.
  static func all() throws -> [InstructionCase] {
    let directory = Bundle.module.bundleURL.appendingPathComponent("Cases")
    return try FileManager.default
      .contentsOfDirectory(at: directory, includingPropertiesForKeys: nil)
      .filter { $0.pathExtension == "cases" && !$0.lastPathComponent.hasPrefix("fp-") }
      .sorted { $0.path < $1.path }
      .flatMap { file in
        try String(contentsOf: file, encoding: .utf8).split(separator: "\n").compactMap {
          InstructionCase($0)
        }
      }
  }
}
