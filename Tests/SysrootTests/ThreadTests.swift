import Foundation
import ProcessSupport
import Testing

/// A program with threads, and the logs that tell of them.
@Suite(.enabled(if: Sysroot.has("xz", "sha256sum"), Sysroot.isMissing))
struct ThreadTests {
  /// Text that compresses a little.
  private static let data: [UInt8] = {
    var state: UInt32 = 1
    return (0..<1 << 20).map { _ in
      state = state &* 1_664_525 &+ 1_013_904_223
      return UInt8(truncatingIfNeeded: state >> 28) | 0x40
    }
  }()

  private func compress(_ folder: ScratchFolder, options: [String] = []) throws -> GuestRun {
    let file = try folder.file("data", Self.data)
    let run = try Sysroot.run(
      "xz", ["-T2", "--block-size=200KiB", "-1", "-k", file], options: options)
    #expect(run.status == 0, "\(run.summary)")
    return run
  }

  @Test("xz with two threads")
  func xz() throws {
    let folder = try ScratchFolder()
    _ = try compress(folder)
    let back = try GuestRun.run(["/usr/bin/xz", "-dc", folder("data.xz")])
    #expect(back.output == Data(Self.data), "\(back.errors)")
  }

  @Test("-strace: each line is one thread's, and whole")
  func systemCalls() throws {
    let folder = try ScratchFolder()
    let run = try compress(folder, options: ["-strace"])
    let lines = run.errorLines
    #expect(lines.allSatisfy { $0.wholeMatch(of: #/[0-9]+ \w+\(.*\)( = .*)?/#) != nil })
    #expect(Set(lines.map { $0.prefix { $0 != " " } }).count == 3, "main and two others")
  }

  @Test("-d: blocks of all threads in one log")
  func blocks() throws {
    let folder = try ScratchFolder()
    _ = try compress(folder, options: ["-d", "in_asm,int", "-D", folder("log")])
    let log = try String(contentsOfFile: folder("log"), encoding: .utf8)
    #expect(log.contains("IN: ") && log.contains("lzma"))
  }
}
