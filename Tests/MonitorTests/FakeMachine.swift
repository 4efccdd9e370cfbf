import Machine

@testable import Monitor

/// A machine with a few bytes of memory, as the samples of QEMU show them.
final class FakeMachine: MonitoredMachine {
  var log: [String] = []
  var status = "running"
  var hasSingleInstructionBlocks = false
  var processorThread: Int { 4259 }
  var registerText: String { "NIP fff00100\n" }
  let memory = Bus("system")
  let ports: Bus? = nil
  var addressSpaces: [(names: [String], bus: Bus)] { [(["cpu-memory-0", "memory"], memory)] }
  var blockDevices: [MonitoredBlockDevice] = []
  let logHelp = "Log items (comma separated):\n"

  /// The first bytes of OpenBIOS (Debian 12), and those at its system reset vector.
  init() throws {
    let rom = try PhysicalMemory(size: 1 << 20)
    rom.write([0x60, 0, 0, 0, 0x60, 0, 0, 0, 0x4b, 0xff, 0xff, 0xfc], at: 0)
    rom.write([0x48, 0, 0x24, 0x20, 0x3c, 0x20, 0x80, 0], at: 0x100)
    rom.write([0x48, 0, 0x20, 0x8c], at: 0x300)
    rom.write([0, 0, 0, 0x2c, 0xff, 0xfd, 0xb3, 0xa0, 0x0a, 0x27, 0x5c, 0x41], at: 0x400)
    try memory.map(Window("ppc_heathrow.bios", rom, isReadOnly: true), at: 0xfff0_0000)
    let ram = try PhysicalMemory(size: 1 << 16)
    try memory.map(Window("ppc_heathrow.ram", ram), at: 0)
    let pci = Bus("pci-mmio")
    let registers = Window(
      "heathrow-pic", size: 0x1000,
      ClosureHandler(read: { _, _ in 0x12 }, write: { _, _, _ in true }))
    try pci.map(registers, at: 0x8000_0000, priority: 1)
    let hole = Window("pci-hole", size: 0x7e00_0000, .bus(pci, from: 0x8000_0000))
    try memory.map(hole, at: 0x8000_0000)
  }

  func stop() { status = "paused" }
  func resume() { status = "running" }
  func reset() { log.append("reset") }
  func powerDown() { log.append("powerDown") }
  func quit() { log.append("quit") }
  func register(_ name: String) -> Int64? {
    ["r1": 0x7df7db0, "nip": -0xf_4004, "pc": 0xfff0_0100, "lr": 0][name]
  }
  func translate(_ address: UInt32) -> UInt64? {
    (0x9000_0000..<0xa000_0000).contains(address) ? nil : UInt64(address)
  }
  func disassemble(_ word: UInt32, at address: UInt32) -> String {
    word == 0x4800_2420 ? "b        0xfff02520" : "lis      r1, 0x8000"
  }
  func press(_ keys: [String], milliseconds: Int) {
    log.append("\(keys.joined(separator: "+")) \(milliseconds)")
  }
  func moveMouse(x: Int, y: Int, wheel: Int) { log.append("mouse \(x) \(y) \(wheel)") }
  func setMouseButtons(_ state: Int) { log.append("buttons \(state)") }
  func setBootOrder(_ order: String) throws(MonitorError) { log.append("boot \(order)") }
  func setLogItems(_ list: String) -> Bool {
    log.append("log \(list)")
    return !list.contains("foo")
  }
  func setLogFile(_ template: String) throws(MonitorError) {
    if template == "%" { throw MonitorError("Bad logfile template: %") }
  }
  func eject(_ device: String, force: Bool) throws(MonitorError) { log.append("eject \(force)") }
}

/// A port that keeps what it is sent.
final class FakePort: CharacterPort {
  var onReceive: (([UInt8]) -> Void)?
  var capacity: (() -> Int)?
  private(set) var text = ""
  func send(_ bytes: [UInt8]) { text += String(decoding: bytes, as: UTF8.self) }
  func acceptInput() {}

  /// What was sent since the last call.
  func take() -> String {
    defer { text = "" }
    return text
  }
}

/// A monitor of a fake machine.
struct FakeMonitor {
  let machine: FakeMachine
  let port = FakePort()
  let events: TraceEvents
  let monitor: Monitor

  init() throws {
    machine = try FakeMachine()
    events = TraceEvents(["exec_tb", "exec_tb_exit", "exec_tb_nocache"].map { TraceEvent($0) })
    monitor = Monitor(machine, on: port, traceEvents: events, version: "0.1.0")
    monitor.start()
  }

  /// What a line prints, with plain line feeds.
  func answer(_ line: String) -> String {
    _ = port.take()
    monitor.execute(line)
    return port.take().replacingReturns
  }

  /// What keys print.
  func type(_ keys: String) -> String {
    _ = port.take()
    port.onReceive?(Array(keys.utf8))
    return port.take()
  }
}

extension String {
  var replacingReturns: String { String(decoding: utf8.filter { $0 != 13 }, as: UTF8.self) }
}
