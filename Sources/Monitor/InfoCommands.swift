extension MonitorCommand {
  /// The subcommands of `info`.
  static let topics: [MonitorCommand] =
    [
      MonitorCommand(
        "registers", [.option("a"), .integer("vcpu").optional], "[-a|vcpu]",
        """
        show the cpu registers (-a: show register info for all cpus; vcpu: specific vCPU to query; \
        show the current CPU's registers if no argument is specified)
        """
      ) { monitor, arguments in
        let index = arguments.optionalNumber("vcpu") ?? 0
        if index != 0 { return monitor.print("CPU#\(index) not available\n") }
        monitor.print("\nCPU#0\n" + monitor.machine.registerText)
      },
      MonitorCommand("cpus", "show infos for each CPU") { monitor, _ in
        monitor.print("* CPU #0: thread_id=\(monitor.machine.processorThread)\n")
      },
      MonitorCommand(
        "mtree", [.option("f"), .option("d"), .option("o"), .option("D")], "[-f][-d][-o][-D]",
        """
        show memory tree (-f: dump flat view for address spaces;-d: dump dispatch tree, valid with \
        -f only);-o: dump region owners/parents;-D: dump disabled regions
        """
      ) { monitor, arguments throws(MonitorError) in
        let spaces = monitor.machine.addressSpaces
        // No window is ever disabled, so -D shows nothing more.
        let isFlat = arguments.isSet("f")
        if arguments.isSet("o") { throw MonitorError("windows have no owners here: no -o") }
        if isFlat, arguments.isSet("d") {
          throw MonitorError("there is no dispatch tree here: no -d")
        }
        monitor.print(isFlat ? MemoryTree.flatText(spaces) : MemoryTree.text(spaces))
      },
      MonitorCommand("status", "show the current VM status (running|paused)") { monitor, _ in
        monitor.print("VM status: \(monitor.machine.status)\n")
      },
      MonitorCommand("version", "show the version of Lyrebird") { monitor, _ in
        monitor.print(monitor.version + "\n")
      },
      MonitorCommand("name", "show the current VM name") { monitor, _ in
        if let name = monitor.machine.name { monitor.print(name + "\n") }
      },
      MonitorCommand("uuid", "show the current VM UUID") { monitor, _ in
        monitor.print(monitor.machine.uuid + "\n")
      },
      MonitorCommand("history", "show the command line history") { monitor, _ in
        let lines = monitor.editor.history.enumerated().map { "\($0): '\($1)'\n" }
        monitor.print(lines.joined())
      },
      MonitorCommand("chardev", "show the character devices") { monitor, _ in
        let lines = monitor.machine.characterDevices.map { "\($0): filename=\($1)\n" }
        monitor.print(lines.joined())
      },
      MonitorCommand(
        "block", [.option("n"), .option("v"), .block("device").optional], "[-n] [-v] [device]",
        """
        show info of one block device or all block devices (-n: show named nodes; -v: show details)
        """, printBlock),
      MonitorCommand("blockstats", "show block device statistics") { monitor, _ in
        monitor.print(monitor.machine.blockDevices.map(\.statisticsLine).joined())
      },
      MonitorCommand(
        "trace-events", [.string("name").optional, .integer("vcpu").optional], "[name] [vcpu]",
        """
        show available trace-events & their state (name: event name pattern; vcpu: vCPU to query, \
        default is any)
        """, printTraceEvents),
    ] + machineTopics

  /// Topics whose text is the machine's.
  private static let machineTopics: [MonitorCommand] = [
    ("irq", "show the interrupts statistics (if available)"), ("jit", "show dynamic compiler info"),
    ("mice", "show which guest mouse is receiving events"),
    ("network", "show the network state"), ("opcount", "show dynamic compiler opcode counters"),
    ("pci", "show PCI info"), ("pic", "show PIC state"), ("qtree", "show device tree"),
    ("roms", "show roms"), ("tlb", "show virtual to physical memory mappings"),
    ("usernet", "show user network stack connection states"),
    ("via", "show guest mos6522 VIA devices"),
  ].map { name, help in
    MonitorCommand(name, help) { monitor, _ in
      monitor.print(monitor.machine.information(name))
    }
  }

  @Sendable private static func printBlock(_ monitor: Monitor, _ arguments: CommandArguments) {
    let wanted = arguments.optionalText("device")
    let devices = monitor.machine.blockDevices.filter { wanted == nil || $0.name == wanted }
    // QEMU shows named nodes here, of which there are none.
    if arguments.isSet("n") { return }
    let texts = devices.map { $0.text(isVerbose: arguments.isSet("v")) }
    monitor.print(texts.joined(separator: "\n"))
  }
}

extension MonitoredBlockDevice {
  /// What `info block` says of it.
  func text(isVerbose: Bool) -> String {
    var text = name + ": "
    if let file {
      text += "\(file) (\(format)\(isReadOnly ? ", read-only" : ""))\n"
    } else {
      text += "[not inserted]\n"
    }
    if let attachment { text += "    Attached to:      \(attachment)\n" }
    if isRemovable {
      let tray = "\(isLocked ? "locked" : "not locked"), tray \(isTrayOpen ? "open" : "closed")"
      text += "    Removable device: \(tray)\n"
    }
    guard let file else { return text }
    text += "    Cache mode:       writeback\n"
    if isVerbose {
      let sizes =
        "virtual size: \(Self.shown(virtualSize)) (\(virtualSize) bytes)\n"
        + "disk size: \(Self.shown(fileSize))\n"
      text += "\nImages:\nimage: \(file)\nfile format: \(format)\n\(sizes)"
    }
    return text
  }

  /// Bytes in the largest unit of which there is at least one, with three digits.
  private static func shown(_ size: UInt64) -> String {
    let units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"]
    var step = 0
    while step < units.count - 1, size >> UInt64(10 * (step + 1)) > 0 { step += 1 }
    let unit: UInt64 = 1 << UInt64(10 * step)
    let (whole, rest) = (size / unit, size % unit)
    let digits = max(0, 3 - String(whole).count)
    guard digits > 0, rest > 0 else { return "\(whole) \(units[step])" }
    let scale: UInt64 = digits == 2 ? 100 : 10
    let part = UInt64((Double(rest) / Double(unit) * Double(scale)).rounded())
    if part == 0 { return "\(whole) \(units[step])" }
    if part == scale { return "\(whole + 1) \(units[step])" }
    var text = String(String(scale + part).dropFirst())
    while text.hasSuffix("0") { text.removeLast() }
    return "\(whole).\(text) \(units[step])"
  }

  /// What `info blockstats` says of it.
  var statisticsLine: String {
    """
    \(name): rd_bytes=\(readBytes) wr_bytes=\(writtenBytes) rd_operations=\(reads) \
    wr_operations=\(writes) flush_operations=\(flushes) wr_total_time_ns=0 rd_total_time_ns=0 \
    flush_total_time_ns=0 rd_merged=0 wr_merged=0 idle_time_ns=0\n
    """
  }
}
