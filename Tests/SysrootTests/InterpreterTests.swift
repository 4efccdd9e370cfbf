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
    guard Place.exists(Self.folder + name + ".test") else { return }
    let failures = try failures(name, "*")
    // Some give others half a second, which a busy machine may need: those are tried once more.
    let remaining = failures.isEmpty ? [] : try self.failures(name, failures.joined(separator: " "))
    #expect(remaining.isEmpty)
  }

  private static let folder = Sysroot.folder + "/usr/share/tcl-tests/"

  /// The names of the tests of a file that fail, of those that patterns match.
  private func failures(_ name: String, _ patterns: String) throws -> [String] {
    let folder = try ScratchFolder()
    // With -tmpdir instead some tests do not find their own files, natively too.
    let run = try Sysroot.shell(
      "cd $1 && exec tcltest $2 -verbose be -match \"$3\"",
      [folder.path, Self.folder + name + ".test", patterns])
    #expect(run.status == 0, "\(name): \(run.summary)")
    return run.text.matches(of: #/==== (\S+) FAILED/#).map { String($0.1) }
      .filter { !Self.known.contains($0) }
  }
}
