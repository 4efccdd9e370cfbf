import Foundation

@testable import GuestPowerPC

/// One line of a `fp-*.cases` file: `mnemonic fpscr operands = result fpscr`, all in hex, the
/// operands in the order FRA FRB FRC. A result of `-` means that the target was not written.
struct FloatCase {
  let line: String
  let mnemonic: Substring
  let before: UInt32
  let operands: [UInt64]
  let result: UInt64?
  let after: UInt32

  /// Nil for comments and empty lines; traps on a malformed line, which is a broken test.
  init?(_ line: String) {
    let words = line.split(separator: " ")
    guard let equals = words.firstIndex(of: "="), !line.hasPrefix("#") else { return nil }
    self.line = line
    mnemonic = words[0]
    before = UInt32(words[1], radix: 16)!
    operands = words[2..<equals].map { UInt64($0, radix: 16)! }
    result = words[equals + 1] == "-" ? nil : UInt64(words[equals + 1], radix: 16)!
    after = UInt32(words[equals + 2], radix: 16)!
  }

  /// What the engine does instead, nil if it agrees.
  var disagreement: String? {
    guard let instruction = floatInstructions[mnemonic.prefix { $0 != "_" }] else {
      return "\(line): no such instruction"
    }
    var fpscr = FPSCR(rawValue: before & ~(FPSCR.FEX | FPSCR.VX))
    guard fpscr.rawValue == before else { return "\(line): FPSCR is \(hex(fpscr.rawValue))" }
    let arguments = mnemonic.split(separator: "_").dropFirst().map { UInt64($0)! }
    let actual = instruction(&fpscr, operands + arguments)
    if actual == result && fpscr.rawValue == after { return nil }
    return "\(line): got \(actual.map { hex($0) } ?? "-") \(hex(fpscr.rawValue))"
  }

  /// The cases of every file named `fp-*.cases` in `directory`, by file.
  static func files(in directory: URL) throws -> [URL] {
    try FileManager.default.contentsOfDirectory(at: directory, includingPropertiesForKeys: nil)
      .filter { $0.lastPathComponent.hasPrefix("fp-") && $0.pathExtension == "cases" }
      .sorted { $0.path < $1.path }
  }
}

/// Hexadecimal, as the cases have it.
func hex(_ value: some BinaryInteger) -> String { String(value, radix: 16) }

/// An instruction with its operands in the order of a case; nil if the target is not written.
typealias FloatInstruction = @Sendable (inout FPSCR, [UInt64]) -> UInt64?

private func result(_ result: FloatResult) -> UInt64? {
  result.writesTarget ? result.bits : nil
}

/// Instructions of one operand and of two, and the rest, by mnemonic.
let floatInstructions: [Substring: FloatInstruction] = [
  unaryInstructions, binaryInstructions, fusedInstructions, movesAndCompares,
  statusInstructions,
].reduce(into: [:]) { $0.merge($1) { a, _ in a } }

private let unaryInstructions: [Substring: FloatInstruction] = [
  "fsqrt": { result(SoftwareFloat.fsqrt(&$0, FRB: $1[0])) },
  "fsqrts": { result(SoftwareFloat.fsqrts(&$0, FRB: $1[0])) },
  "frsp": { result(SoftwareFloat.frsp(&$0, FRB: $1[0])) },
  "fctiw": { result(SoftwareFloat.fctiw(&$0, FRB: $1[0])) },
  "fctiwz": { result(SoftwareFloat.fctiwz(&$0, FRB: $1[0])) },
  "fctid": { result(SoftwareFloat.fctid(&$0, FRB: $1[0])) },
  "fctidz": { result(SoftwareFloat.fctidz(&$0, FRB: $1[0])) },
  "fcfid": { result(SoftwareFloat.fcfid(&$0, FRB: $1[0])) },
  "fres": { result(SoftwareFloat.fres(&$0, FRB: $1[0])) },
  "frsqrte": { result(SoftwareFloat.frsqrte(&$0, FRB: $1[0])) },
  "frin": { result(SoftwareFloat.frin(&$0, FRB: $1[0])) },
  "friz": { result(SoftwareFloat.friz(&$0, FRB: $1[0])) },
  "frip": { result(SoftwareFloat.frip(&$0, FRB: $1[0])) },
  "frim": { result(SoftwareFloat.frim(&$0, FRB: $1[0])) },
]

private let binaryInstructions: [Substring: FloatInstruction] = [
  "fadd": { result(SoftwareFloat.fadd(&$0, FRA: $1[0], FRB: $1[1])) },
  "fadds": { result(SoftwareFloat.fadds(&$0, FRA: $1[0], FRB: $1[1])) },
  "fsub": { result(SoftwareFloat.fsub(&$0, FRA: $1[0], FRB: $1[1])) },
  "fsubs": { result(SoftwareFloat.fsubs(&$0, FRA: $1[0], FRB: $1[1])) },
  "fmul": { result(SoftwareFloat.fmul(&$0, FRA: $1[0], FRC: $1[1])) },
  "fmuls": { result(SoftwareFloat.fmuls(&$0, FRA: $1[0], FRC: $1[1])) },
  "fdiv": { result(SoftwareFloat.fdiv(&$0, FRA: $1[0], FRB: $1[1])) },
  "fdivs": { result(SoftwareFloat.fdivs(&$0, FRA: $1[0], FRB: $1[1])) },
]

private let fusedInstructions: [Substring: FloatInstruction] = [
  "fmadd": { result(SoftwareFloat.fmadd(&$0, FRA: $1[0], FRC: $1[2], FRB: $1[1])) },
  "fmadds": { result(SoftwareFloat.fmadds(&$0, FRA: $1[0], FRC: $1[2], FRB: $1[1])) },
  "fmsub": { result(SoftwareFloat.fmsub(&$0, FRA: $1[0], FRC: $1[2], FRB: $1[1])) },
  "fmsubs": { result(SoftwareFloat.fmsubs(&$0, FRA: $1[0], FRC: $1[2], FRB: $1[1])) },
  "fnmadd": { result(SoftwareFloat.fnmadd(&$0, FRA: $1[0], FRC: $1[2], FRB: $1[1])) },
  "fnmadds": { result(SoftwareFloat.fnmadds(&$0, FRA: $1[0], FRC: $1[2], FRB: $1[1])) },
  "fnmsub": { result(SoftwareFloat.fnmsub(&$0, FRA: $1[0], FRC: $1[2], FRB: $1[1])) },
  "fnmsubs": { result(SoftwareFloat.fnmsubs(&$0, FRA: $1[0], FRC: $1[2], FRB: $1[1])) },
]

private let movesAndCompares: [Substring: FloatInstruction] = [
  "fcmpu": { UInt64(SoftwareFloat.fcmpu(&$0, FRA: $1[0], FRB: $1[1])) },
  "fcmpo": { UInt64(SoftwareFloat.fcmpo(&$0, FRA: $1[0], FRB: $1[1])) },
  "fsel": { SoftwareFloat.fsel(FRA: $1[0], FRC: $1[2], FRB: $1[1]) },
  "fabs": { SoftwareFloat.fabs($1[0]) },
  "fnabs": { SoftwareFloat.fnabs($1[0]) },
  "fneg": { SoftwareFloat.fneg($1[0]) },
  "fmr": { SoftwareFloat.fmr($1[0]) },
  "lfs": { SoftwareFloat.lfs(UInt32($1[0])) },
  "stfs": { UInt64(SoftwareFloat.stfs($1[0])) },
]

/// Immediate fields follow the mnemonic after underscores: `mtfsf_255`, `mtfsfi_2_7`.
private let statusInstructions: [Substring: FloatInstruction] = [
  "mtfsf": {
    $0.mtfsf(FLM: UInt32($1[1]), $1[0])
    return nil
  },
  "mtfsfi": {
    $0.mtfsfi(BF: UInt32($1[0]), U: UInt32($1[1]))
    return nil
  },
  "mtfsb0": {
    $0.mtfsb0(UInt32($1[0]))
    return nil
  },
  "mtfsb1": {
    $0.mtfsb1(UInt32($1[0]))
    return nil
  },
  "mcrfs": { UInt64($0.mcrfs(UInt32($1[0]))) },
]
