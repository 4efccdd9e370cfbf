import Foundation
import ProcessSupport
import Testing

/// What is beside the repository in shared/ and not part of it.
enum Shared {
  static let folder = URL(fileURLWithPath: Guest.package + "/../shared").standardized.path
  static let isPresent = FileManager.default.fileExists(atPath: folder + "/programs/commands.txt")
  static let isMissing = "no ../shared beside the repository: its programs and kernels are not run"

  /// The lines of a file there that are neither empty nor comments; none without the folder.
  static func lines(_ name: String) -> [String] {
    let text = (try? String(contentsOfFile: folder + "/" + name, encoding: .utf8)) ?? ""
    return text.split(separator: "\n").map { String($0) }.filter { !$0.hasPrefix("#") }
  }
}

/// A line of shared/programs/commands.txt.
struct SharedProgram: Sendable, CustomTestStringConvertible {
  let name: String
  let program: String
  let arguments: [String]
  let input: String?

  /// The name in the list of tests.
  var testDescription: String { name }

  init?(line: String) {
    let fields = line.components(separatedBy: "|")
    guard fields.count == 4 else { return nil }
    let data = Shared.folder + "/programs/data"
    (name, program) = (fields[0], fields[1])
    arguments = fields[2].split(separator: " ").map {
      $0.replacingOccurrences(of: "@D", with: data)
    }
    input = fields[3] == "-" ? nil : fields[3].replacingOccurrences(of: "@D", with: data)
  }

  /// Those that take many seconds in a debug build.
  private static let slow: Set = ["lame", "lua_float", "bb_awk"]
  static let all = Shared.lines("programs/commands.txt").compactMap { SharedProgram(line: $0) }
    .filter { Guest.runsLong || !slow.contains($0.name) }

  /// The output without what differs from run to run.
  func comparable(_ output: Data) -> Data {
    guard name == "speedtest1" else { return output }
    let text = String(decoding: output, as: UTF8.self)
    let times = #/[0-9]+\.[0-9]+s/#
    return Data(text.replacing(times, with: "").utf8)
  }
}

/// Real programs give what they give natively.
@Suite(.enabled(if: Shared.isPresent, Comment(rawValue: Shared.isMissing)))
struct SharedProgramTests {
  @Test("Programs of shared/programs/commands.txt", arguments: SharedProgram.all)
  func program(_ row: SharedProgram) throws {
    let folder = Shared.folder + "/programs"
    let native = try GuestRun.run(
      [folder + "/x86/" + row.program] + row.arguments, input: row.input)
    let run = try GuestRun.lyrebird(
      [folder + "/ppc/" + row.program] + row.arguments, input: row.input)
    #expect(run.status == native.status && !run.isHung, "\(row.name): \(run.summary)")
    if row.name == "lame" { return expectSameLength(run.output, native.output) }
    let isSame = row.comparable(run.output) == row.comparable(native.output)
    #expect(isSame, "\(row.name): \(run.output.count) bytes, \(native.output.count) natively")
  }

  /// lame's output on a PowerPC is nowhere recorded: the compiler fuses multiplications and
  /// additions there, and QEMU 7.2 cannot run it. What can be compared is the size and the first
  /// frame's header (MPEG-1 layer III, 128 kbit/s: ISO 11172-3, 2.4.1.3).
  private func expectSameLength(_ output: Data, _ native: Data) {
    #expect(output.count == native.count)
    #expect(output.prefix(4) == native.prefix(4))
  }
}
