import Foundation
import Options
import Testing

@testable import HostIO

/// What a machine needs of its host, for tests: the I/O thread, the mailbox, the devices.
final class TestHost {
  let events: HostEvents
  let mailbox = MachineMailbox()
  let devices: CharacterDevices
  var reports: [String] = []

  init() throws {
    events = try HostEvents()
    devices = CharacterDevices(events: events, mailbox: mailbox)
    try events.start()
    devices.report = { [unowned self] in reports.append($0) }
  }

  deinit { events.stop() }

  /// A device as `-serial` makes it.
  func port(_ text: String, label: String = "serial0") throws -> any EventfulPort {
    let specification = try #require(try CharacterSpecification.device(text, label: label))
    try devices.add(specification)
    return try #require(devices.use(label))
  }

  /// Does the machine's work until something is so; five seconds at most.
  func run(until isDone: () -> Bool) -> Bool {
    let limit = HostTime.now + 5_000_000_000
    while !isDone() {
      if HostTime.now > limit { return false }
      mailbox.wait(until: HostTime.now + 10_000_000)
      mailbox.drain()
    }
    return true
  }
}

/// A device that takes as many bytes as it is told.
final class TestDevice {
  var received: [UInt8] = []
  var largest = 0
  var limit = Int.max
  var events: [CharacterEvent] = []

  init(_ port: any EventfulPort) {
    port.capacity = { [unowned self] in limit }
    port.onReceive = { [unowned self] in
      largest = max(largest, $0.count)
      received += $0
    }
    port.onEvent = { [unowned self] in events.append($0) }
  }
  var text: String { String(decoding: received, as: UTF8.self) }
}

/// Character devices over files, pipes, pseudo-terminals and sockets of the host.
@Suite(.serialized)
struct PortTests {
  private func temporary() throws -> String {
    let path = NSTemporaryDirectory() + "lyrebird-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    return path
  }

  private func send(_ descriptor: Int32, _ text: String) {
    _ = text.withCString { write(descriptor, $0, strlen($0)) }
  }

  private func receive(_ descriptor: Int32, _ count: Int) -> String {
    var result: [UInt8] = []
    var ready = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    while result.count < count, poll(&ready, 1, 5000) > 0 {
      var buffer = [UInt8](repeating: 0, count: 65536)
      let n = read(descriptor, &buffer, min(buffer.count, count - result.count))
      if n <= 0 { break }
      result += buffer[..<n]
    }
    return String(decoding: result, as: UTF8.self)
  }

  private func connect(_ path: String) -> Int32 {
    (try? HostSocket.connect(.local(path))).map { dup($0.number) } ?? -1
  }

  @Test("A file gets what is sent; a file that cannot be opened is named")
  func file() throws {
    let host = try TestHost()
    let path = try temporary() + "/out"
    let port = try host.port("file:" + path)
    port.send(Array("one\n".utf8))
    port.send(Array("two\n".utf8))
    #expect(try String(contentsOfFile: path, encoding: .utf8) == "one\ntwo\n")
    #expect(throws: HostIOError.problem("Could not open '/nodir/x': No such file or directory")) {
      try host.port("file:/nodir/x", label: "serial1")
    }
  }

  @Test("Named pipes; the device is given no more than it can take, and nothing is lost")
  func pipe() throws {
    let host = try TestHost()
    let path = try temporary() + "/p"
    mkfifo(path + ".in", 0o600)
    mkfifo(path + ".out", 0o600)
    let port = try host.port("pipe:" + path)
    let device = TestDevice(port)
    device.limit = 0
    let sender = open(path + ".in", O_WRONLY)
    let count = 60_000
    Thread.detachNewThread {
      let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 * 7 >> 3) }
      _ = bytes.withUnsafeBytes { write(sender, $0.baseAddress, $0.count) }
      close(sender)
    }
    usleep(20_000)
    host.mailbox.drain()
    #expect(device.received.isEmpty)
    device.limit = 3
    port.acceptInput()
    #expect(host.run { device.received.count == count })
    #expect(device.largest <= 3)
    #expect(device.received == (0..<count).map { UInt8(truncatingIfNeeded: $0 * 7 >> 3) })
    port.send(Array("out".utf8))
    let reader = open(path + ".out", O_RDONLY | O_NONBLOCK)
    #expect(receive(reader, 3) == "out")
    close(reader)
  }

  @Test("A slow reader gets all, and a reader that never reads does not stop the machine")
  func slowReader() throws {
    let host = try TestHost()
    let path = try temporary() + "/p"
    mkfifo(path, 0o600)
    let port = HostPort(events: host.events, mailbox: host.mailbox)
    let number = open(path, O_RDWR)
    port.attach(reader: nil, writer: HostDescriptor(owning: number))
    let block = [UInt8](repeating: 65, count: 100_000)
    for _ in 0..<5 { port.send(block) }
    #expect(port.waiting > 0)
    let reader = open(path, O_RDONLY | O_NONBLOCK)
    #expect(receive(reader, 500_000).utf8.count == 500_000)
    let start = HostTime.now
    for _ in 0..<30 { port.send(block) }
    #expect(HostTime.now - start < 3 * HostPort.patience)
    #expect(port.waiting <= HostPort.outputLimit)
    close(reader)
  }

  @Test("A pseudo-terminal: raw, without echo, named, and it outlives its users")
  func pseudoTerminal() throws {
    let host = try TestHost()
    let port = try host.port("pty")
    let device = TestDevice(port)
    let report = try #require(host.reports.first)
    let path = try #require(host.devices.list.first?.description.dropFirst(4)).description
    #expect(report == "char device redirected to \(path) (label serial0)")
    for round in 0..<2 {
      let user = open(path, O_RDWR | O_NOCTTY)
      send(user, "\u{3}in\(round)\r")
      #expect(host.run { device.text.hasSuffix("\u{3}in\(round)\r") })
      port.send(Array("out\n".utf8))
      #expect(receive(user, 4) == "out\n")
      close(user)
    }
    #expect(device.text == "\u{3}in0\r\u{3}in1\r")
  }

  @Test("A local socket as a server: users come and go")
  func localServer() throws {
    let host = try TestHost()
    let path = try temporary() + "/s"
    let port = try host.port("unix:\(path),server=on,wait=off")
    let device = TestDevice(port)
    #expect(host.devices.list.map(\.description) == ["disconnected:unix:\(path),server=on"])
    port.send(Array("to nobody".utf8))
    for round in 0..<3 {
      let user = connect(path)
      send(user, "hello\(round)")
      #expect(host.run { device.text.hasSuffix("hello\(round)") })
      #expect(host.devices.list.map(\.description) == ["unix:\(path),server=on"])
      port.send(Array("back\(round)".utf8))
      #expect(receive(user, 5) == "back\(round)")
      close(user)
      #expect(host.run { device.events.last == .closed })
    }
    #expect(device.events == [.opened, .closed, .opened, .closed, .opened, .closed])
    host.devices.finish()
    #expect(!FileManager.default.fileExists(atPath: path))
  }

  @Test("TCP: a server that waits, a client, and a refused connection")
  func internet() throws {
    let host = try TestHost()
    let server = try HostSocket.listen(.internet(host: "127.0.0.1", port: "0"))
    let number = try #require(HostSocket.localPort(server.number))
    let port = try host.port("tcp:127.0.0.1:\(number)")
    let device = TestDevice(port)
    let other = accept(server.number, nil, nil)
    send(other, "abc")
    #expect(host.run { device.text == "abc" })
    #expect(host.devices.list[0].description.hasPrefix("tcp:127.0.0.1:\(number) <-> 127.0.0.1:"))
    close(other)
    #expect(host.run { device.events == [.closed] })
    port.send([1, 2, 3])
    #expect(
      throws: HostIOError.problem("Failed to connect to '127.0.0.1:1': Connection refused")
    ) { try host.port("tcp:127.0.0.1:1", label: "serial1") }
  }

  @Test("Telnet: negotiation is sent and skipped, 255 is doubled")
  func telnet() throws {
    let host = try TestHost()
    let server = try HostSocket.listen(.internet(host: "127.0.0.1", port: "0"))
    let number = try #require(HostSocket.localPort(server.number))
    let port = try host.port("telnet:127.0.0.1:\(number)")
    let device = TestDevice(port)
    let other = accept(server.number, nil, nil)
    // RFC 854 and 857, 858, 856: WILL ECHO, WILL SUPPRESS GO AHEAD, WILL and DO BINARY.
    var greeting = [UInt8](repeating: 0, count: 12)
    #expect(recv(other, &greeting, 12, Int32(MSG_WAITALL)) == 12)
    #expect(greeting == [255, 251, 1, 255, 251, 3, 255, 251, 0, 255, 253, 0])
    let typed: [UInt8] = [
      65, 255, 253, 1, 66, 255, 255, 13, 0, 255, 250, 24, 255, 255, 1, 255, 240, 67, 13, 10, 255,
      241, 68,
    ]
    _ = typed.withUnsafeBytes { write(other, $0.baseAddress, $0.count) }
    #expect(host.run { device.received.last == 68 })
    #expect(device.received == [65, 66, 255, 13, 67, 13, 10, 68])
    port.send([1, 255, 2])
    var answer = [UInt8](repeating: 0, count: 4)
    #expect(recv(other, &answer, 4, Int32(MSG_WAITALL)) == 4)
    #expect(answer == [1, 255, 255, 2])
    close(other)
  }

  @Test("A client that is to come back does so")
  func reconnect() throws {
    let host = try TestHost()
    let path = try temporary() + "/s"
    try host.devices.add(
      try CharacterSpecification(chardev: "socket,id=a,path=\(path),reconnect=1"))
    let port = try #require(host.devices.use("a"))
    let device = TestDevice(port)
    let server = try HostSocket.listen(.local(path))
    #expect(host.run { device.events == [.opened] })
    let other = accept(server.number, nil, nil)
    send(other, "x")
    #expect(host.run { device.text == "x" })
    close(other)
  }

  @Test("A device has one user, a shared one many; names are looked up; a copy is kept")
  func users() throws {
    let host = try TestHost()
    let path = try temporary()
    try host.devices.add(
      try CharacterSpecification(chardev: "file,id=a,path=\(path)/a,logfile=\(path)/copy"))
    try host.devices.add(try CharacterSpecification(chardev: "null,id=b,mux=on"))
    let port = try #require(host.devices.use("a"))
    #expect(host.devices.use("a") == nil && host.devices.use("nosuch") == nil)
    #expect(host.devices.use("b") != nil && host.devices.use("b") != nil)
    port.send([88])
    #expect(try String(contentsOfFile: path + "/copy", encoding: .utf8) == "X")
    #expect(host.devices.list.map(\.label) == ["a", "b", "b-base"])
    #expect(host.devices.list.map(\.description) == ["file", "mux", "null"])
    #expect(throws: HostIOError.problem("Duplicate ID 'a' for chardev")) {
      try host.devices.add(try CharacterSpecification(chardev: "null,id=a"))
    }
  }
}
