import Foundation
import Testing

@testable import Debugging

/// What `-d`, `-dfilter` and `-D` accept. The forms are QEMU's (qemu.md 1.7).
struct LogOptionTests {
  @Test(
    "Lists of items",
    arguments: [
      ("in_asm", LogItems.guestCode), ("op,op_opt", [.ops, .optimizedOps]), ("none", []),
      ("exec,nochain", [.execution, .withoutChaining]), ("", []),
      ("all,none,cpu", .registers),
    ] as [(String, LogItems)])
  func items(_ list: String, _ expected: LogItems) throws {
    #expect(try LogItems(list: list) == expected)
  }

  @Test("Every item of QEMU's that user mode can have")
  func names() throws {
    let wanted = "out_asm in_asm op op_opt op_ind int exec cpu fpu mmu cpu_reset unimp guest_errors"
    for name in (wanted + " page nochain strace").split(separator: " ") {
      #expect(try LogItems(list: String(name)).rawValue.nonzeroBitCount == 1, "\(name)")
      #expect(LogItems.help.contains("\n\(name) "), "\(name)")
    }
    #expect(throws: LogError.item("bogus")) { try LogItems(list: "op,bogus") }
  }

  @Test(
    "Ranges of addresses",
    arguments: [
      ("0x1000..0x1fff", [0x1000, 0x1800, 0x1fff], [0xfff, 0x2000]),
      ("0x1000+0x10", [0x1000, 0x100f], [0xfff, 0x1010]),
      ("0x1000-0x10", [0xff1, 0x1000], [0xff0, 0x1001]),
      ("0x10+4,020+1", [0x10, 0x13], [0x14]),
      ("100..200", [100, 200], [99, 201]),
      ("0xfffffff0+0x1000", [0xffff_fff0, 0xffff_ffff], [0]),
    ] as [(String, [UInt32], [UInt32])])
  func filter(_ list: String, _ inside: [UInt32], _ outside: [UInt32]) throws {
    let filter = try DebugFilter(list: list)
    #expect(inside.allSatisfy(filter.contains))
    #expect(!outside.contains(where: filter.contains))
  }

  @Test(
    "Ranges that are none",
    arguments: [
      "", "12", "0x..3", "5..4", "4+", "4+0", "3-5", "..", "1.2", "08+1", "1+1,", "zzz",
    ])
  func badFilter(_ list: String) {
    #expect(throws: LogError.self) { try DebugFilter(list: list) }
  }

  @Test(
    "Names of log files",
    arguments: [
      ("a.log", "a.log"), ("a%d.log", "a17.log"), ("%d", "17"), ("%s", nil), ("%d%d", nil),
      ("a%", nil),
    ] as [(String, String?)])
  func template(_ template: String, _ expected: String?) {
    #expect((try? LogFile.path(template, process: 17)) == expected)
  }

  @Test("A log is written in order, appended to on demand, and survives a full disk")
  func file() throws {
    let path = NSTemporaryDirectory() + "lyrebird-log-\(getpid())"
    defer { unlink(path) }
    for (appends, expected) in [(false, 1), (true, 2), (false, 1)] {
      let log = try LogFile(template: path, appends: appends)
      let line = String(repeating: "x", count: 99) + "\n"
      for _ in 0..<2000 { log.write(line) }
      log.flush()
      #expect(FileManager.default.contents(atPath: path)?.count == expected * 200_000)
    }
    // Two processes with one log: neither overwrites the other's text.
    let logs = [try LogFile(template: path), try LogFile(template: path, appends: true)]
    for n in 0..<100 {
      logs[n & 1].write("\(n % 10)")
      logs[n & 1].flush()
    }
    #expect(FileManager.default.contents(atPath: path)?.count == 100)
    let full = try LogFile(template: "/dev/full")
    full.write("text")
    full.flush()
    full.write("more")
    full.flush()
    #expect(!full.isPending)
    #expect(throws: LogError.cannotOpen("/no/such/file", ENOENT)) {
      try LogFile(template: "/no/such/file")
    }
  }
}
