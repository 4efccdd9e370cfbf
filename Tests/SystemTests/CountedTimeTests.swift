import Foundation
import ProcessSupport
import Testing

/// `-icount`: virtual time that counts instructions.
@Suite(.serialized, .enabled(if: SystemProgram.hasFirmware, SystemProgram.needsFirmware))
struct CountedTimeTests {
  /// Boots to the prompt; the log of executed blocks.
  private func blocks(_ count: String) throws -> [Substring] {
    let folder = try ScratchFolder()
    let program = try RunningProgram.system([
      "-nographic", "-icount", count, "-rtc", "base=2020-01-01,clock=vm", "-d", "exec",
      "-D", folder("log"),
    ])
    try program.console.expect(SystemProgram.prompt)
    program.signal(SIGKILL)
    program.wait()
    return try String(contentsOfFile: folder("log"), encoding: .utf8).split(separator: "\n")
  }

  @Test("Two boots execute the same blocks, whether sleep takes its time or not")
  func repeats() throws {
    let first = try blocks("shift=3")
    #expect(first.count > 5_000)
    for other in [try blocks("shift=3"), try blocks("shift=3,sleep=off")] {
      #expect(other.count > 5_000)
      // The last line may be half a line: the runs were stopped somewhere.
      let count = min(first.count, other.count) - 1
      #expect(first[..<count] == other[..<count])
    }
  }

  @Test("Virtual time that follows the host's", arguments: ["auto", "shift=2,align=on"])
  func follows(count: String) throws {
    let program = try RunningProgram.system(["-nographic", "-icount", count])
    try program.console.expect(SystemProgram.prompt)
    #expect(try SystemProgram.type("2 3 + .", on: program.console).contains("5  ok"))
    program.console.send("\u{1}x")
    #expect(program.wait() == 0)
  }
}
