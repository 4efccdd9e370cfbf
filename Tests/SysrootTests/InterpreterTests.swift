import Foundation
import ProcessSupport
import Testing

/// An interpreter's own test suite.
@Suite(.serialized, .enabled(if: Sysroot.has("tcltest"), Sysroot.isMissing))
struct InterpreterTests {
  /// Files of the suite that need nothing of the network and little time.
  private static let files = [
    "append", "assemble", "basic", "binary", "case", "chan", "clock", "compile", "concat", "dict",
    "encoding", "error", "eval", "event", "exec", "expr", "fCmd", "fileName", "fileSystem", "for",
    "format", "get", "history", "if", "incr", "info", "interp", "io", "iogt", "join", "lindex",
    "list", "lmap", "load", "lrange", "lsort", "mathop", "namespace", "oo", "parse", "pid",
    "process", "reg", "regexp", "rename", "scan", "set", "socket", "source", "split", "string",
    "stringObj", "subst", "switch", "tailcall", "thread", "trace", "unixFCmd", "unixFile",
    "unixInit", "unixNotfy", "unload", "uplevel", "upvar", "utf", "util", "var", "while", "zlib",
  ]

  /// What fails elsewhere too: `string compare -len` counts bytes on big-endian machines, so also
  /// under QEMU; the other one also natively.
  private static let known: Set = ["string-2.20.1", "interp-36.7"]

  @Test("Tcl", arguments: files)
  func file(_ name: String) throws {
    let folder = try ScratchFolder()
    let tests = Sysroot.folder + "/usr/share/tcl-tests/"
    guard Place.exists(tests + name + ".test") else { return }
    let run = try Sysroot.run(
      "tcltest", [tests + name + ".test", "-tmpdir", folder.path, "-verbose", "be"])
    let failures = run.text.matches(of: #/==== (\S+) .*FAILED/#).map { String($0.1) }
      .filter { !Self.known.contains($0) }
    #expect(run.status == 0 && failures.isEmpty, "\(name): \(failures) \(run.summary)")
  }
}
