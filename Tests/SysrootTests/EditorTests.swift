import Foundation
import ProcessSupport
import Testing

/// An editor that fills a terminal.
@Suite(.enabled(if: Sysroot.has("nano"), Sysroot.isMissing))
struct EditorTests {
  @Test("nano: writes, searches, replaces, saves")
  func nano() throws {
    let folder = try ScratchFolder()
    let file = try folder.file("text", Array("first line\nsecond line\n".utf8))
    let editor = try Sysroot.onTerminal("nano", ["-I", file])
    let terminal = editor.console
    try terminal.expect("second line")
    // Down, to the line's end, another line.
    terminal.send("\u{1b}[B\u{5}\rthird word")
    try terminal.expect("third word")
    // Between its look at the size and its read nano (`read_keys_from` of winio.c) misses a signal.
    usleep(500_000)
    terminal.resize(rows: 30, columns: 60)
    try terminal.expect("Modified")
    // C-\\ replaces. Of a line that changes only what is new is drawn.
    terminal.send("\u{1c}")
    try terminal.expect("Search (to replace)")
    terminal.send("line\r")
    try terminal.expect("with")
    terminal.send("row\r")
    try terminal.expect("this instance?")
    terminal.send("a")
    terminal.send("\u{f}")
    try terminal.expect("File Name to Write")
    terminal.send("\r")
    terminal.send("\u{18}")
    #expect(editor.wait() == 0)
    #expect(
      try String(contentsOfFile: file, encoding: .utf8) == "first row\nsecond row\nthird word\n")
  }
}
