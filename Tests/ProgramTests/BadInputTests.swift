import Foundation
import ProcessSupport
import Testing

/// What is no program, or hardly one: a message and status 1, or the guest's signal; never a crash
/// or a hang of ours.
@Suite(.enabled(if: Guest.areBuilt, Comment(rawValue: Guest.areMissing)))
struct BadInputTests {
  private let folder: String
  private let hello: [UInt8]

  init() throws {
    folder = FileManager.default.temporaryDirectory.path + "/lyrebird-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let guest = Guest(name: "startup", variant: "static")
    hello = [UInt8](try Data(contentsOf: URL(fileURLWithPath: guest.path)))
  }

  /// Runs a file with these bytes; the file is gone afterwards.
  private func run(_ bytes: [UInt8], mode: Int = 0o755, options: [String] = []) throws -> GuestRun {
    let path = folder + "/" + UUID().uuidString
    try Data(bytes).write(to: URL(fileURLWithPath: path))
    chmod(path, mode_t(mode))
    defer { unlink(path) }
    return try GuestRun.lyrebird(options + [path])
  }

  private func expectRefusal(_ name: String, _ run: GuestRun, _ message: String) {
    let isRight = run.status == 1 && run.errors.contains(message) && run.output.isEmpty
    #expect(isRight && !run.isOwnCrash && !run.isHung, "\(name): \(run.summary)")
  }

  @Test("Files that are no programs of ours")
  func foreign() throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let lengths = [0, 1, 3, 4, 5, 15, 16, 20, 51, 52, 53, 60, 83, 84, 100, 180]
    for length in lengths {
      expectRefusal("\(length) bytes", try run(Array(hello.prefix(length))), "lyrebird-ppc: /")
    }
    let changes: [(String, [Int: UInt8])] = [
      ("64 bits", [4: 2]), ("little-endian", [5: 1]), ("no class", [4: 0]), ("no version", [6: 0]),
      ("not ELF", [0: 0x7e]), ("relocatable", [17: 1]), ("core", [17: 4]), ("x86", [19: 3]),
      ("64-bit PowerPC", [19: 21]), ("header size", [43: 31]), ("no headers", [44: 0, 45: 0]),
      ("headers behind the end", [28: 0x7f]), ("many headers", [44: 0xff, 45: 0xff]),
    ]
    for (name, bytes) in changes {
      var file = hello
      for (offset, byte) in bytes { file[offset] = byte }
      expectRefusal(name, try run(file), "lyrebird-ppc: /")
    }
    expectRefusal("text", try run(Array("just text\n".utf8)), "lyrebird-ppc: /")
    let others = [
      "/", "/bin/ls", "/dev/null", "/no/such/file", "/etc/passwd", "", "/proc/self/mem",
    ]
    for path in others { expectRefusal(path, try GuestRun.lyrebird([path]), "lyrebird-ppc: ") }
    if getuid() != 0 { expectRefusal("unreadable", try run(hello, mode: 0), "Permission denied") }
  }

  @Test("Programs cut off anywhere end by themselves")
  func truncated() throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let steps = Guest.runsLong ? 200 : 24
    for step in 1..<steps {
      let run = try run(Array(hello.prefix(hello.count * step / steps)))
      #expect(!run.isOwnCrash && !run.isHung, "\(step)/\(steps): \(run.summary)")
      #expect(run.status != 0, "\(step)/\(steps): \(run.summary)")
    }
  }

  @Test("Headers with any byte changed are refused or run")
  func mutated() throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    // The ELF header and six program headers: the same changes on every run.
    let size: UInt32 = 52 + 6 * 32
    var seed: UInt32 = 20_261_122
    for _ in 0..<(Guest.runsLong ? 500 : 40) {
      seed = seed &* 1_664_525 &+ 1_013_904_223
      let place = Int(4 + (seed >> 8) % (size - 4))
      let byte = UInt8(truncatingIfNeeded: seed >> 24 ^ seed >> 13)
      var file = hello
      file[place] = byte
      let run = try run(file)
      #expect(!run.isOwnCrash && !run.isHung, "byte \(place) = \(byte): \(run.summary)")
    }
  }

  @Test("An interpreter that is not there, or is no interpreter")
  func interpreter() throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let guest = Guest(name: "startup", variant: "dynamic")
    let missing = try GuestRun.lyrebird(["-L", "/no/such/folder", guest.path])
    expectRefusal("missing", missing, "ld.so.1")
    let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: guest.path)))
    let name = Array("/lib/ld.so.1\0".utf8)
    let place = try #require(bytes.indices.first { bytes[$0...].starts(with: name) })
    for path in ["/dev/null\0\0\0\0", "/bin/ls\0\0\0\0\0\0", "/\0\0\0\0\0\0\0\0\0\0\0\0"] {
      var file = bytes
      file.replaceSubrange(place..<place + name.count, with: Array(path.utf8))
      expectRefusal(path, try run(file, options: ["-L", "/"]), "lyrebird-ppc: /")
    }
    var file = bytes
    for n in place..<place + name.count { file[n] = 0x2f }
    expectRefusal("no end", try run(file), "lyrebird-ppc: /")
  }

  @Test("Options that make no sense, and a full disk under the log")
  func options() throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let guest = Guest(name: "startup", variant: "static")
    let rows: [([String], String)] = [
      (["-nonsense"], "unknown option"), (["-cpu", "nonsense"], "nonsense"),
      (["-B", "xyz"], "xyz"), (["-R", "3"], "3"), (["-s", "-1"], "-1"), (["-tb-size", "0"], "0"),
      (["-host-features", "nonsense"], "nonsense"), (["-without", "nonsense"], "nonsense"),
      (["-d", "exec", "-D", "/"], "/"), (["-B", "0xfffffffffffff000"], "address space"),
    ]
    for (options, message) in rows {
      let run = try GuestRun.lyrebird(options + [guest.path])
      expectRefusal("\(options)", run, message)
    }
    for items in ["exec", "in_asm,op,out_asm", "strace"] {
      let run = try GuestRun.lyrebird(["-d", items, "-D", "/dev/full", guest.path, "a", "b c", ""])
      #expect(run.status == 42 && !run.isOwnCrash && !run.isHung, "\(items): \(run.summary)")
    }
  }
}
