import Testing

@testable import Monitor

/// The line editor. What it draws is what QEMU 7.2 drew for the same keys.
struct LineEditorTests {
  /// The lines that a monitor gets from keys.
  private func lines(_ keys: String) -> [String] {
    var result: [String] = []
    let editor = LineEditor(prompt: "") { _ in }
    editor.onLine = { result.append($0) }
    for byte in keys.utf8 { editor.take(byte) }
    return result
  }

  @Test(
    "Keys",
    arguments: [
      ("abc\u{1}X\u{5}Y\u{2}\u{2}Z\n", "XabZcY"),
      ("ab\u{1b}[DX\u{1b}[C\u{1b}[D\u{1b}[D\u{7f}\n", "Xb"),
      ("abc def ghi\u{17}\u{17}\n", "abc "), ("abc\u{1}\u{4}\n", "bc"),
      ("abc\u{1}\u{1b}[3~\n", "bc"),
      ("abc\u{1b}[H1\u{1b}[F2\u{1b}[1~3\u{1b}[4~4\u{1b}OH5\n", "531abc24"),
      ("cpu\u{1b}\u{1b}[A\n", "cpu[A"), ("abc\u{8}\r", "ab"), ("\u{8}\u{4}\u{17}x\n", "x"),
      ("p 1\u{1b}[5~\u{1b}[2~\n", "p 1"), ("a\u{1b}[1;5Db\n", "ba"), ("p \u{e4}\n", "p \u{e4}"),
      ("abc\u{1}\u{6}\u{b}\n", "a"), ("abc\u{15}d\n", "d"), ("one two\u{1b}bX\n", "one Xtwo"),
    ])
  func keys(typed: String, expected: String) {
    #expect(lines(typed) == [expected])
  }

  @Test("History: up and down, no empty lines, each line once, at most 64")
  func history() {
    #expect(lines("one\ntwo\n\u{1b}[A\u{1b}[A\n").last == "one")
    #expect(lines("one\ntwo\n\u{1b}[A\u{1b}[A\u{1b}[B\n").last == "two")
    #expect(lines("one\n\u{1b}[A\u{1b}[Bx\n").last == "x")
    #expect(lines("one\n\n\u{10}\n").last == "one")
    #expect(lines("one\ntwo\none\n\u{1b}[A\u{1b}[A\u{1b}[A\n").last == "two")
    let many = (0..<100).map { "\($0)\n" }.joined()
    #expect(lines(many + String(repeating: "\u{1b}[A", count: 200) + "\n").last == "36")
  }

  @Test("A line is cut at 4095 bytes")
  func length() {
    #expect(lines(String(repeating: "x", count: 5000) + "\n")[0].count == 4095)
  }

  @Test("Drawing")
  func drawing() throws {
    let monitor = try FakeMonitor()
    #expect(
      monitor.port.take() == "Lyrebird 0.1.0 monitor - type 'help' for more information\r\n(qemu) ")
    #expect(
      monitor.type("p 1\n")
        == "p\u{1b}[K\u{1b}[Dp \u{1b}[K\u{1b}[D\u{1b}[Dp 1\u{1b}[K\r\n0x1\r\n(qemu) ")
    #expect(
      monitor.type("abc\u{1}\u{4}\n")
        == "a\u{1b}[K\u{1b}[Dab\u{1b}[K\u{1b}[D\u{1b}[Dabc\u{1b}[K\u{1b}[D\u{1b}[D\u{1b}[D"
        + "bc\u{1b}[K\u{1b}[D\u{1b}[D\r\nunknown command: 'bc'\r\n(qemu) ")
    #expect(monitor.type("ab").hasSuffix("ab\u{1b}[K"))
    #expect(monitor.type("\u{c}") == "\u{1b}[2J\u{1b}[1;1H(qemu) ab\u{1b}[K")
    #expect(monitor.type("\n") == "\r\nunknown command: 'ab'\r\n(qemu) ")
    #expect(monitor.type("\u{1b}[A") == "ab\u{1b}[K")
  }

  @Test(
    "Completion",
    arguments: [
      ("inf", "\u{1b}[D\u{1b}[D\u{1b}[Dinfo \u{1b}[K"),
      ("  inf", "\u{1b}[D\u{1b}[D\u{1b}[D\u{1b}[D\u{1b}[D  info \u{1b}[K"),
      (
        "trace-event exec_t",
        "\r\nexec_tb          exec_tb_exit     exec_tb_nocache  \r\n"
          + "(qemu) trace-event exec_tb\u{1b}[K"
      ),
      (
        "trace-event exec_tb ",
        "\r\noff       on        \r\n(qemu) trace-event exec_tb o\u{1b}[K"
      ),
      ("sendkey ct", "\r\nctrl      ctrl_r    \r\n(qemu) sendkey ctrl\u{1b}[K"),
      ("sendkey ctrl-al", "\r\nalt       alt_r     \r\n(qemu) sendkey ctrl-alt\u{1b}[K"),
      ("help i", "\r\ni         info      \r\n(qemu) help i\u{1b}[K"),
      (
        "info trace-events exec_tb_",
        "\r\nexec_tb_exit     exec_tb_nocache  \r\n(qemu) info trace-events exec_tb_\u{1b}[K"
      ),
      ("cont ", ""), ("stop x ", ""), ("info status ", ""), ("foo ", ""), ("singlestep ", ""),
      ("memsave 1 2 /et", ""),
    ])
  func completion(typed: String, expected: String) throws {
    let monitor = try FakeMonitor()
    _ = monitor.type(typed)
    #expect(monitor.type("\t") == expected)
  }

  @Test("Completion of files and block devices")
  func files() throws {
    let monitor = try FakeMonitor()
    monitor.machine.blockDevices = [MonitoredBlockDevice(name: "ide1-cd0")]
    #expect(
      monitor.type("logfile /proc/self/env\t").hasSuffix("logfile /proc/self/environ \u{1b}[K"))
    #expect(monitor.type("\u{15}logfile /proc/self/fdi\t").hasSuffix("/proc/self/fdinfo/\u{1b}[K"))
    #expect(monitor.type("\u{15}eject \t").hasSuffix("eject ide1-cd0 \u{1b}[K"))
    #expect(monitor.type("\u{15}change i\t/proc/self/mountin\t").hasSuffix("/mountinfo \u{1b}[K"))
  }

  @Test("Focus on a shared terminal")
  func focus() throws {
    let monitor = try FakeMonitor()
    let port = FakePort()
    let shared = Monitor(
      monitor.machine, on: port, traceEvents: monitor.events, version: "0.1.0")
    shared.start(isShared: true)
    #expect(port.take() == "")
    shared.setFocus(true)
    #expect(port.take() == "Lyrebird 0.1.0 monitor - type 'help' for more information\r\n(qemu) ")
    shared.setFocus(false)
    #expect(port.take() == "\r\n")
    shared.setFocus(true)
    #expect(port.take() == "(qemu) ")
  }

  @Test("Any keys at all")
  func fuzz() throws {
    let monitor = try FakeMonitor()
    var state: UInt64 = 0x1234_5678
    let words = [
      "x", "xp", "p", "/", "info", " ", "\t", "\u{1b}[", "A", "~", "3", "0x", "(", "$r1", "\"",
      "-f",
      "\n", "eject", "mtree", "trace-event", "*", "sum", "help", "'", "log", "trace:", "sendkey",
      "99999999999", "\u{1b}O", "\u{17}", "i", "o", "%", ",", "change", "boot_set",
    ]
    for _ in 0..<6000 {
      state ^= state << 13
      state ^= state >> 7
      state ^= state << 17
      let keys =
        state & 7 == 0
        ? [UInt8(truncatingIfNeeded: state >> 8)] : Array(words[Int(state >> 8) % words.count].utf8)
      monitor.port.onReceive?(keys)
      if monitor.port.text.utf8.count > 1 << 20 { _ = monitor.port.take() }
    }
    _ = monitor.port.take()
    monitor.port.onReceive?([27, 27, 10])
    #expect(monitor.answer("p 7*6").hasSuffix("0x2a\n") || monitor.answer("p/x 7*6") == "0x2a\n")
  }
}
