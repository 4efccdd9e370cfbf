import Boards
import CSys
import Debugging
import Devices
import Glibc
import GuestPowerPC
import HostIO
import Machine
import Monitor

/// The machine as the monitor sees it.
final class MonitorLink: MonitoredMachine {
  private let runner: MachineRunner
  private let machine: MacMachine
  private let log: SystemLog
  private let drives: MachineDrives
  private let networks: MachineNetworks
  private let consoles: CharacterDevices
  private let options: SystemOptions

  init(
    _ runner: MachineRunner, _ machine: MacMachine, _ log: SystemLog, _ drives: MachineDrives,
    _ networks: MachineNetworks, _ consoles: CharacterDevices, _ options: SystemOptions
  ) {
    self.runner = runner
    self.machine = machine
    self.log = log
    self.drives = drives
    self.networks = networks
    self.consoles = consoles
    self.options = options
  }

  var name: String? { options.name }
  var uuid: String { options.uuid ?? "00000000-0000-0000-0000-000000000000" }

  // MARK: Running

  var status: String { runner.status }
  func stop() { runner.stop() }
  func resume() { runner.resume() }
  func reset() { machine.ask(.restart) }
  func powerDown() { machine.pressPower() }
  func quit() { runner.quit() }
  func injectNonMaskableInterrupt() throws(MonitorError) {
    machine.emulator.supervisor.setLine(.reset, true)
  }
  var hasSingleInstructionBlocks: Bool {
    get { machine.emulator.hasSingleInstructionBlocks }
    set { machine.emulator.hasSingleInstructionBlocks = newValue }
  }

  // MARK: Processor

  let processorThread = Int(csys_kernel(Int(SYS_gettid), 0, 0, 0, 0, 0, 0))

  var registerText: String {
    var bytes: [UInt8] = []
    machine.emulator.supervisor.appendDump(includesFloatingPoint: true, to: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }

  func register(_ name: String) -> Int64? { machine.emulator.supervisor.value(ofRegister: name) }

  func translate(_ address: UInt32) -> UInt64? {
    let supervisor = machine.emulator.supervisor
    guard case .page(let page, _, _, _, _) = supervisor.translate(address, .load, isProbe: true)
    else { return nil }
    return UInt64(page | address & 0xfff)
  }

  func disassemble(_ word: UInt32, at address: UInt32) -> String {
    machine.emulator.translator.guest.disassemble(word, at: address)
  }

  // MARK: Memory and text

  var memory: Bus { machine.bus }
  var ports: Bus? { machine.ports }
  var addressSpaces: [(names: [String], bus: Bus)] { machine.addressSpaces }
  var characterDevices: [(label: String, description: String)] { consoles.list }

  func information(_ topic: String) -> String {
    switch topic {
    case "jit": TranslationStatistics.text(machine.emulator.translator)
    case "network": networks.text
    case "usernet": networks.connections
    case "opcount": "[TCG profiler not compiled]\n"
    default: machine.information(topic)
    }
  }

  // MARK: Disks

  var blockDevices: [MonitoredBlockDevice] { drives.descriptions }
  func eject(_ device: String, force: Bool) throws(MonitorError) {
    try drives.change(device, to: nil, format: nil)
  }
  func change(
    _ device: String, to file: String, format: String?, readOnly: Bool?, force: Bool
  ) throws(MonitorError) {
    try drives.change(device, to: file, format: format)
  }

  // MARK: Networks

  func addForwarding(_ rule: String, to network: String?) throws(MonitorError) {
    try networks.forward(rule, by: network)
  }
  func removeForwarding(_ rule: String, from network: String?) throws(MonitorError) -> Bool {
    try networks.stopForwarding(rule, by: network)
  }
  func setLink(_ name: String, isUp: Bool) throws(MonitorError) {
    try networks.setLink(name, isUp: isUp)
  }

  // MARK: Keyboard, mouse, screen

  func press(_ keys: [String], milliseconds: Int) {
    let codes = keys.compactMap { ADBKey.code(named: $0) }
    for code in codes { machine.key(code, isDown: true) }
    let timer = Timer(runner.clock) { [machine] in
      for code in codes.reversed() { machine.key(code, isDown: false) }
    }
    timer.arm(in: Int64(milliseconds) * 1_000_000)
  }

  func moveMouse(x: Int, y: Int, wheel: Int) { machine.moveMouse(right: x, down: y) }
  func setMouseButtons(_ state: Int) {
    machine.pressMouse(first: state & 1 != 0, second: state & 2 != 0)
  }

  func saveScreen(to file: String, format: String, device: String?) throws(MonitorError) {
    guard format == "ppm" else {
      throw MonitorError("screendump: format '\(format)' is not supported")
    }
    guard let screen = machine.screen else {
      throw MonitorError("There is no console to take a screendump from")
    }
    var pieces = [Array("P6\n\(screen.width) \(screen.height)\n255\n".utf8), screen.rgb, []]
    try HostFile.write(file) { () throws(MonitorError) in pieces.removeFirst() }
  }

  // MARK: Log

  func setLogItems(_ list: String) -> Bool {
    guard let items = try? LogItems(list: list) else { return false }
    log.setItems(items)
    return true
  }
  var logHelp: String { LogItems.help }
  func setLogFile(_ template: String) throws(MonitorError) {
    do throws(LogError) { try log.setFile(template) } catch {
      throw MonitorError("\(error)")
    }
  }
}
