import Foundation
import HostIO
import Testing

@testable import Monitor

/// The monitor on a pseudo-terminal of the host, with the I/O thread between.
struct TerminalTests {
  /// What a user sees who reads until some text comes.
  private func read(_ descriptor: Int32, until end: String) -> String {
    var text = ""
    var ready = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    while !text.hasSuffix(end), poll(&ready, 1, 5000) > 0 {
      var buffer = [UInt8](repeating: 0, count: 4096)
      let count = Glibc.read(descriptor, &buffer, buffer.count)
      if count <= 0 { break }
      text += String(decoding: buffer[..<count], as: UTF8.self)
    }
    return text
  }

  @Test("Keys, drawing, history and completion on a pseudo-terminal; answers as QEMU 7.2 drew them")
  func session() throws {
    let events = try HostEvents()
    let mailbox = MachineMailbox()
    let devices = CharacterDevices(events: events, mailbox: mailbox)
    try events.start()
    defer { events.stop() }
    try devices.add(try #require(try CharacterSpecification.device("pty", label: "monitor")))
    let port = try #require(devices.use("monitor"))
    let path = String(devices.list[0].description.dropFirst(4))
    let machine = try FakeMachine()
    let monitor = Monitor(machine, on: port, traceEvents: TraceEvents(), version: "0.1.0")
    monitor.start()

    final class Flag: @unchecked Sendable {
      var seen: [String] = []
      var isDone = false
    }
    let flag = Flag()
    let steps = [
      ("", "(qemu) "), ("p 1\r", "0x1\r\n(qemu) "), ("\u{1b}[A\u{1b}[D2\r", "0x15\r\n(qemu) "),
      ("inf\t\u{8}\u{17}quit\r", "quit\u{1b}[K\r\n"),
    ]
    let reader = Thread {
      let user = open(path, O_RDWR | O_NOCTTY)
      for (keys, end) in steps {
        _ = keys.withCString { write(user, $0, strlen($0)) }
        flag.seen.append(self.read(user, until: end))
      }
      mailbox.post { flag.isDone = true }
      close(user)
    }
    reader.start()
    let limit = HostTime.now + 10_000_000_000
    while !flag.isDone, HostTime.now < limit {
      mailbox.wait(until: limit)
      mailbox.drain()
    }
    #expect(machine.log == ["quit"])
    #expect(
      flag.seen == [
        "Lyrebird 0.1.0 monitor - type 'help' for more information\r\n(qemu) ",
        "p\u{1b}[K\u{1b}[Dp \u{1b}[K\u{1b}[D\u{1b}[Dp 1\u{1b}[K\r\n0x1\r\n(qemu) ",
        "p 1\u{1b}[K\u{1b}[D\u{1b}[D\u{1b}[Dp 21\u{1b}[K\u{1b}[D\r\n0x15\r\n(qemu) ",
        "i\u{1b}[K\u{1b}[Din\u{1b}[K\u{1b}[D\u{1b}[Dinf\u{1b}[K\u{1b}[D\u{1b}[D\u{1b}[Dinfo \u{1b}[K"
          + "\u{1b}[D\u{1b}[D\u{1b}[D\u{1b}[D\u{1b}[Dinfo\u{1b}[K\u{1b}[D\u{1b}[D\u{1b}[D\u{1b}[D"
          + "\u{1b}[K" + "q\u{1b}[K\u{1b}[Dqu\u{1b}[K\u{1b}[D\u{1b}[Dqui\u{1b}[K"
          + "\u{1b}[D\u{1b}[D\u{1b}[Dquit\u{1b}[K\r\n",
      ])
  }
}
