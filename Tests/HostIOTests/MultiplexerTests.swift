import Machine
import Testing

@testable import HostIO

/// The escape keys of a shared terminal; texts are QEMU 7.2's, with this program's name.
struct MultiplexerTests {
  final class Terminal: CharacterPort {
    var onReceive: (([UInt8]) -> Void)?
    var capacity: (() -> Int)?
    var text = ""
    var waiting: [UInt8] = []
    func send(_ bytes: [UInt8]) { text += String(decoding: bytes, as: UTF8.self) }
    func acceptInput() {
      let count = min(waiting.count, capacity?() ?? 0)
      guard count > 0 else { return }
      let bytes = Array(waiting.prefix(count))
      waiting.removeFirst(count)
      onReceive?(bytes)
    }
    func type(_ keys: String) {
      waiting += Array(keys.utf8)
      acceptInput()
    }
  }

  @Test("Keys go to the one with the focus, C-a c moves it, C-a b breaks, C-a C-a is a key")
  func focus() {
    let terminal = Terminal()
    let shared = Multiplexer(terminal)
    let devices = [TestDevice(shared.addClient()), TestDevice(shared.addClient())]
    terminal.type("ab\u{1}")
    terminal.type("\u{1}c\u{1}zd\u{1}b\u{1}cxy\u{1}ce")
    #expect(devices.map(\.text) == ["ab\u{1}cde", "xy"])
    #expect(devices[0].events == [.lineBreak, .unfocused, .focused])
    #expect(devices[1].events == [.focused, .unfocused])
  }

  @Test("Help, end, commit, time stamps")
  func actions() {
    let terminal = Terminal()
    let shared = Multiplexer(terminal)
    let client = shared.addClient()
    var done: [String] = []
    var time: Int64 = 5_000_000_000
    shared.actions = Multiplexer.Actions(
      quit: { done.append("quit") }, commit: { done.append("commit") }, time: { time })
    terminal.type("\u{1}h")
    #expect(
      terminal.text == "\n\rC-a h    print this help\n\rC-a x    exit emulator\n\r"
        + "C-a s    save disk data back to file (if -snapshot)\n\r"
        + "C-a t    toggle console timestamps\n\rC-a b    send break (magic sysrq)\n\r"
        + "C-a c    switch between console and monitor\n\rC-a C-a  sends C-a\n\r")
    terminal.text = ""
    terminal.type("\u{1}t")
    client.send(Array("one\r\ntwo".utf8))
    time += 3_723_004_000_000
    client.send(Array("\r\n".utf8))
    client.send(Array("three".utf8))
    #expect(terminal.text == "one\r\n[00:00:00.000] two\r\n[01:02:03.004] three")
    terminal.text = ""
    terminal.type("\u{1}t\u{1}s\u{1}x")
    #expect(terminal.text == "Lyrebird: Terminated\n\r")
    #expect(done == ["commit", "quit"])
  }

  @Test("A client that takes nothing loses nothing")
  func capacity() {
    let terminal = Terminal()
    let shared = Multiplexer(terminal)
    let client = shared.addClient()
    let device = TestDevice(client)
    device.limit = 0
    terminal.type(String(repeating: "x", count: 10_000))
    #expect(device.received.isEmpty && terminal.waiting.count == 10_000 - HostPort.inputLimit)
    device.limit = 16
    for _ in 0..<10 { client.acceptInput() }
    #expect(device.received.count == 10_000 && device.largest == 16)
  }
}
