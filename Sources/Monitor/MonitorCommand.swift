/// A command of the monitor: a row of its table.
struct MonitorCommand: Sendable {
  /// Its name, and shorter ones.
  let names: [String]
  /// What it takes, in order.
  let arguments: [Argument]
  /// What the help shows of its arguments.
  let parameters: String
  /// What the help says of it.
  let help: String
  /// The commands that stand behind it.
  let subcommands: [MonitorCommand]
  /// Does it. An error is printed as it is.
  let action: @Sendable (Monitor, CommandArguments) throws(MonitorError) -> Void

  init(
    _ names: String, _ arguments: [Argument] = [], _ parameters: String = "", _ help: String,
    subcommands: [MonitorCommand] = [],
    _ action: @escaping @Sendable (Monitor, CommandArguments) throws(MonitorError) -> Void = {
      _, _ in
    }
  ) {
    self.names = names.split(separator: "|").map(String.init)
    self.arguments = arguments
    self.parameters = parameters
    self.help = help
    self.subcommands = subcommands
    self.action = action
  }

  /// `NAME PARAMETERS -- HELP`.
  var helpLine: String { "\(names.joined(separator: "|")) \(parameters) -- \(help)\n" }

  /// Every command, in the order of their names.
  static let all: [MonitorCommand] =
    (running + memory + logging + devices + networks + [help, info])
    .sorted { $0.names[0] < $1.names[0] }

  private static let info = MonitorCommand(
    "info", [], "[subcommand]", "show various information about the system state",
    subcommands: topics.sorted { $0.names[0] < $1.names[0] })

  private static let help = MonitorCommand(
    "help|?", [.string("command").optional, .string("topic").optional, .string("rest").optional],
    "[cmd]", "show the help"
  ) { monitor, arguments in
    var table = all
    var before = ""
    guard let name = arguments.optionalText("command") else {
      return monitor.printHelp(all, before: "")
    }
    var wanted = name
    if name == "info", let topic = arguments.optionalText("topic") {
      table = info.subcommands
      before = "info "
      wanted = topic
    }
    guard let command = table.first(where: { $0.names.contains(wanted) }) else {
      return monitor.print("unknown command: '\(before)\(wanted)'\n")
    }
    if wanted == "log" && before.isEmpty { return monitor.print(monitor.machine.logHelp + "\n") }
    if command.subcommands.isEmpty { return monitor.print(before + command.helpLine) }
    monitor.printHelp(command.subcommands, before: "info ")
  }
}

// MARK: Running

extension MonitorCommand {
  static let running: [MonitorCommand] = [
    MonitorCommand("stop|s", "stop emulation") { monitor, _ in monitor.machine.stop() },
    MonitorCommand("cont|c", "resume emulation") { monitor, _ in monitor.machine.resume() },
    MonitorCommand("system_reset", "reset the system") { monitor, _ in monitor.machine.reset() },
    MonitorCommand("system_powerdown", "send system power down event") { monitor, _ in
      monitor.machine.powerDown()
    },
    MonitorCommand("quit|q", "quit the emulator") { monitor, _ in
      monitor.endSession()
      monitor.machine.quit()
    },
    MonitorCommand("nmi", "inject an NMI") { monitor, _ throws(MonitorError) in
      try reported { () throws(MonitorError) in
        try monitor.machine.injectNonMaskableInterrupt()
      }
    },
    singleInstructions("singlestep"), singleInstructions("one-insn-per-tb"),
    MonitorCommand("cpu", [.integer("index")], "index", "set the default CPU") {
      monitor, arguments in
      if arguments.number("index") != 0 { monitor.print("invalid CPU index\n") }
    },
  ]

  /// The command that QEMU has renamed.
  private static func singleInstructions(_ name: String) -> MonitorCommand {
    MonitorCommand(
      name, [.string("option").optional], "[on|off]",
      "run emulation in singlestep mode or switch to normal mode"
    ) { monitor, arguments in
      switch arguments.optionalText("option") {
      case nil, "on": monitor.machine.hasSingleInstructionBlocks = true
      case "off": monitor.machine.hasSingleInstructionBlocks = false
      case let other?: monitor.print("unexpected option \(other)\n")
      }
    }
  }

  /// Puts `Error: ` before what a command of the machine throws.
  static func reported(_ body: () throws(MonitorError) -> Void) throws(MonitorError) {
    do throws(MonitorError) { try body() } catch { throw MonitorError("Error: \(error)") }
  }
}

extension MonitorCommand {
  /// A command without arguments.
  init(
    _ names: String, _ help: String,
    _ action: @escaping @Sendable (Monitor, CommandArguments) throws(MonitorError) -> Void
  ) {
    self.init(names, [], "", help, action)
  }
}
