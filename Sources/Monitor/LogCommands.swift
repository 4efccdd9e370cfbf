extension MonitorCommand {
  /// Commands about the log and trace events.
  static let logging: [MonitorCommand] = [
    MonitorCommand(
      "log", [.string("items")], "item1[,...]", "activate logging of the specified items", setLog),
    MonitorCommand(
      "logfile", [.file("filename")], "filename", "output logs to 'filename'"
    ) { monitor, arguments throws(MonitorError) in
      try monitor.machine.setLogFile(arguments.text("filename"))
    },
    MonitorCommand(
      "trace-event",
      [.string("name"), .flag("option"), .integer("vcpu").optional], "name on|off [vcpu]",
      "changes status of a specific trace event (vcpu: vCPU to set, default is all)",
      switchTraceEvent),
  ]

  @Sendable private static func setLog(_ monitor: Monitor, _ arguments: CommandArguments) {
    let items = arguments.text("items").split(separator: ",", omittingEmptySubsequences: false)
    let patterns = items.filter { $0.hasPrefix("trace:") }.map { String($0.dropFirst(6)) }
    let others = items.filter { !$0.hasPrefix("trace:") }
    if patterns.contains("help") {
      return monitor.print(monitor.traceEvents.all.map { $0.name + "\n" }.joined())
    }
    // Trace events alone leave the other items as they are cleared: QEMU sets the whole list.
    guard others.isEmpty || items != [""],
      monitor.machine.setLogItems(others.isEmpty ? "none" : others.joined(separator: ","))
    else { return monitor.print(monitor.machine.logHelp + "\n") }
    for text in patterns {
      let pattern = TracePattern(text)
      if !monitor.traceEvents.obey(pattern) {
        monitor.print("warning: trace event '\(pattern.text)' does not exist\n")
      }
    }
  }

  @Sendable private static func switchTraceEvent(
    _ monitor: Monitor, _ arguments: CommandArguments
  ) throws(MonitorError) {
    let name = arguments.text("name")
    let pattern = TracePattern(name, enables: arguments.isSet("option"))
    let isKnown =
      !monitor.traceEvents.matching(pattern).isEmpty || !pattern.isPlain
      || TraceEvents.isForeign(name)
    guard isKnown else { throw MonitorError("unknown event \"\(name)\"") }
    if arguments.optionalNumber("vcpu") != nil {
      throw MonitorError("event \"\(name)\" is not vCPU-specific")
    }
    monitor.traceEvents.obey(pattern)
  }

  /// `info trace-events`.
  @Sendable static func printTraceEvents(
    _ monitor: Monitor, _ arguments: CommandArguments
  ) throws(MonitorError) {
    let name = arguments.optionalText("name") ?? "*"
    let pattern = TracePattern(name, enables: true)
    let events = monitor.traceEvents.matching(pattern)
    guard !events.isEmpty || !pattern.isPlain else {
      throw MonitorError("unknown event \"\(name)\"")
    }
    monitor.print(events.map { "\($0.name) : state \($0.isEnabled ? 1 : 0)\n" }.joined())
  }
}
