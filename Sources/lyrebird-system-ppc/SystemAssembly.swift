import Boards
import Debugging
import Devices
import Glibc
import GuestPowerPC
import HostIO
import HostX64
import Machine
import Monitor
import Options
import Translation

/// Puts a machine together from what the user asked for, and runs it.
final class SystemAssembly {
  private let options: SystemOptions
  private let runner: MachineRunner
  private let consoles: MachineConsoles
  private let drives: MachineDrives
  private let networks: MachineNetworks
  private let machine: MacMachine
  private let log: SystemLog
  private let events: TraceEvents
  private let link: MonitorLink

  /// - Throws: what cannot be had, as a message.
  init(_ options: SystemOptions) throws {
    self.options = options
    events = TraceEvents(processorTraceEvents + allDeviceTraceEvents)
    if options.listsTraceEvents {
      throw OptionStop.answer(events.all.map { $0.name + "\n" }.sorted().joined())
    }
    for warning in options.trace.apply(to: events) {
      SystemCommand.put("\(SystemOptions.program)\(warning)\n", to: 2)
    }
    runner = try MachineRunner(counting: options.instructionCount)
    let devices = CharacterDevices(events: runner.events, mailbox: runner.mailbox)
    consoles = try MachineConsoles(options, devices: devices)
    drives = try MachineDrives(options.drives) {
      SystemCommand.put("\(SystemOptions.program): \($0)\n", to: 2)
    }
    networks = try MachineNetworks(
      options.networks, events: runner.events, mailbox: runner.mailbox)
    var configuration = try Self.configuration(options, consoles, drives, runner)
    configuration.networkCards = networks.cards
    machine = try MacMachine(
      configuration, clock: runner.clock,
      host: X64Host(features: .detect(), guestMemory: .paged))
    runner.connect(machine)
    if options.singleInstructions { machine.emulator.hasSingleInstructionBlocks = true }
    var logged = options
    if logged.logFile == nil { logged.logFile = options.trace.file }
    log = try SystemLog(logged, machine.emulator)
    let log = log
    runner.willReset = { log.resetting() }
    runner.restarts = !options.endsAtReset
    runner.staysAfterPowerOff = options.staysAtShutdown
    let networks = networks
    networks.setGuestErrorHandler { log.guestError($0) }
    runner.onRunning = { networks.setRunning($0) }
    link = MonitorLink(runner, machine, log, drives, networks, devices, options)
  }

  // MARK: What the machine is made of

  private static func configuration(
    _ options: SystemOptions, _ consoles: MachineConsoles, _ drives: MachineDrives,
    _ runner: MachineRunner
  ) throws(SystemProblem) -> MacMachine.Configuration {
    guard let board = Board.named(options.machine.kind.name) else {
      throw SystemProblem("machine '\(options.machine.kind.name)' is not in this build")
    }
    let name = options.processor ?? board.defaultProcessor
    guard let processor = Processor.named(name) else {
      throw SystemProblem("unable to find CPU model '\(name)'")
    }
    var wanted = MacMachine.Configuration(
      board: board, processor: processor, memorySize: Int(options.memorySize ?? 128 << 20),
      boot: try boot(options))
    if let port = consoles.serialPorts.first ?? nil { wanted.serialA = port }
    if let port = consoles.serialPorts.dropFirst().first ?? nil { wanted.serialB = port }
    wanted.drives = drives.units
    wanted.time = clock(options.clock, runner)
    wanted.variables = options.firmwareVariables
    wanted.hasGraphics = options.hasVGA ?? options.hasDefaults
    wanted.hasUSB = options.machine.hasUSB ?? (options.hasDefaults && board.chips == .newworld)
    wanted.power = power(options.machine.powerController)
    wanted.countShift = options.instructionCount.map { $0.shift ?? InstructionPace.firstShift }
    if let size = options.codeBufferSize { wanted.codeBufferSize = size }
    return wanted
  }

  private static func power(
    _ controller: MachineOptions.PowerController?
  ) -> MacMachine.Configuration.Power {
    switch controller {
    case .pmu: .pmu
    case .pmuADB: .pmuWithADB
    case .cuda, nil: .cuda
    }
  }

  private static func boot(_ options: SystemOptions) throws(SystemProblem) -> BootWishes {
    var boot = BootWishes(firmware: try firmware(options))
    boot.kernel = options.kernel
    boot.initrd = options.initialRAMDisk
    boot.commandLine = options.kernelArguments ?? ""
    boot.device = options.boot.once?.first ?? options.boot.order?.first
    boot.isTextOnly = options.isNographic
    if let size = options.resolution {
      boot.graphics = (
        UInt16(clamping: size.width), UInt16(clamping: size.height), UInt16(clamping: size.depth)
      )
    }
    if let uuid = options.uuid {
      let digits = Array(uuid.utf8.filter { $0 != UInt8(ascii: "-") })
      let bytes = stride(from: 0, to: digits.count - 1, by: 2).compactMap {
        UInt8(String(decoding: digits[$0...$0 + 1], as: UTF8.self), radix: 16)
      }
      if bytes.count == 16 { boot.uuid = bytes }
    }
    return boot
  }

  /// The firmware's file: as it was named, or in one of the folders of `-L`.
  private static func firmware(_ options: SystemOptions) throws(SystemProblem) -> String {
    let name = options.firmware ?? "openbios-ppc"
    if options.firmware != nil && access(name, R_OK) == 0 { return name }
    for folder in options.searchPaths + ["/usr/share/qemu"] {
      let path = "\(folder)/\(name)"
      if access(path, R_OK) == 0 { return path }
    }
    throw SystemProblem(
      "could not load firmware '\(name)' (Debian's package qemu-system-data has OpenBIOS)")
  }

  /// The machine's idea of the time: seconds since the beginning of 1970.
  private static func clock(_ wanted: ClockOptions, _ runner: MachineRunner) -> () -> Int64 {
    let host = { Int64(time(nil)) }
    let atStart = host()
    let start: Int64
    switch wanted.base {
    case .utc: start = atStart
    case .localTime:
      var now = time(nil)
      var fields = tm()
      localtime_r(&now, &fields)
      start = atStart + Int64(fields.tm_gmtoff)
    case .time(let seconds): start = seconds
    }
    guard wanted.followsVirtualTime else { return { host() - atStart + start } }
    return { [unowned runner] in start + runner.clock.now / 1_000_000_000 }
  }

  // MARK: Running

  /// Runs the machine to its end.
  /// - Returns: the exit status.
  func run() throws -> Int32 {
    if options.startsPaused { runner.pauseBeforeLaunch() }
    let isReady = options.daemonizes ? try HostProcess.daemonize() : {}
    if let path = options.pidFile { try HostProcess.writeNumber(to: path) }
    let (runner, log) = (runner, log)
    try TerminationSignals.install(runner.events) { signal, sender in
      runner.mailbox.post { SystemAssembly.terminated(runner, signal, sender) }
    }
    consoles.start(link, traceEvents: events) { runner.quit() }
    try runner.events.start()
    isReady()
    let status = try runner.run()
    drives.flush()
    log.flush()
    networks.close()
    consoles.devices.finish()
    if let path = options.pidFile { unlink(path) }
    return status
  }

  private static func terminated(_ runner: MachineRunner, _ signal: Int32, _ sender: Int32) {
    let who = sender == 0 ? "" : " from pid \(sender)"
    SystemCommand.put(
      "\(SystemOptions.program): terminating on signal \(signal)\(who)\n", to: 2)
    runner.quit()
  }
}
