import GuestPowerPC
import HostIO
import Monitor
import Options

extension SystemOptionRow {
  /// What `-device help` prints.
  private static let deviceHelp = """
    name "ide-cd", bus IDE
    name "ide-hd", bus IDE
    name "ne2k_pci", bus PCI
    name "sungem", bus PCI

    """

  /// The machine itself.
  static let machine: [SystemOptionRow] = [
    SystemOptionRow("h|help|?", nil, "display this help and exit") { _, _, _ in
      throw OptionStop.answer(help)
    },
    SystemOptionRow("version", nil, "display version information and exit") { _, _, _ in
      throw OptionStop.answer(
        "\(SystemOptions.program) version \(SystemOptions.versionNumber)\n")
    },
    SystemOptionRow(
      "machine|M", "[type=]name[,prop=value][,...]",
      "selects emulated machine ('-machine help' for list)\nprop: graphics=on|off, via= (mac99)"
    ) { options, text, _ in
      if text == "help" || text == "?" { throw OptionStop.answer(machineList) }
      options.machineParts += KeyedOptions(text, implied: "type").parts
    },
    SystemOptionRow("cpu", "cpu", "select CPU ('-cpu help' for list)", setProcessor),
    SystemOptionRow(
      "accel", "[accel=]accelerator[,prop=value][,...]",
      "tcg with thread=single, tb-size=MiB, split-wx=on|off, one-insn-per-tb=on|off", setAccelerator
    ),
    SystemOptionRow("smp", "[cpus=]n", "set the number of CPUs to 'n': 1") { options, text, _ in
      var keys = KeyedOptions(text, implied: "cpus")
      guard let count = keys.take("cpus").flatMap({ OptionNumber.whole($0) }) else {
        throw SystemProblem("Parameter 'smp.cpus' expects integer")
      }
      options.processorCount = max(count, 1)
    },
    SystemOptionRow("m", "[size=]megs", "configure guest RAM", setMemory),
    SystemOptionRow("bios", "file", "set the filename for the firmware") { options, text, _ in
      options.firmware = text
    },
    SystemOptionRow("L", "path", "set the directory for the firmware") { options, text, _ in
      options.searchPaths.append(text)
    },
    SystemOptionRow("kernel", "bzImage", "use 'bzImage' as kernel image") { options, text, _ in
      options.kernel = text
    },
    SystemOptionRow("initrd", "file", "use 'file' as initial ram disk") { options, text, _ in
      options.initialRAMDisk = text
    },
    SystemOptionRow("append", "cmdline", "use 'cmdline' as kernel command line") {
      options, text, _ in options.kernelArguments = text
    },
    SystemOptionRow(
      "boot", "[order=]drives[,once=drives][,menu=on|off]", "'drives': c, d, n", setBoot),
    SystemOptionRow("prom-env", "variable=value", "set OpenBIOS nvram variables") {
      options, text, _ in options.firmwareVariables.append(text)
    },
    SystemOptionRow("name", "string", "set the name of the guest") { options, text, _ in
      var keys = KeyedOptions(text, implied: "guest")
      options.name = keys.take("guest") ?? options.name
      for key in ["process", "debug-threads"] { _ = keys.take(key) }
      try keys.finish()
    },
    SystemOptionRow("uuid", "uuid", "specify machine UUID", setUUID),
    SystemOptionRow(
      "rtc", "[base=utc|localtime|datetime][,clock=host|rt|vm]", "set the RTC base and clock",
      setClock),
    SystemOptionRow(
      "icount", "[shift=N|auto][,align=on|off][,sleep=on|off]",
      "virtual instruction counter with 2^N clock ticks per instruction", setInstructionCount),
    SystemOptionRow(
      "device", "driver[,prop=value][,...]", "add device: ide-hd, ide-cd, ne2k_pci, sungem"
    ) {
      options, text, context in
      if text == "help" || text == "?" {
        throw OptionStop.answer(deviceHelp)
      }
      if try options.networks.addDevice(text, context) { return }
      options.deviceRequests.append(try DeviceRequest(text, context: context))
    },
    SystemOptionRow("usb", nil, "enable on-board USB host controller") { options, _, _ in
      options.machine.hasUSB = true
    },
    SystemOptionRow("nodefaults", nil, "don't create default devices") { options, _, _ in
      options.hasDefaults = false
    },
    SystemOptionRow("S", nil, "freeze CPU at startup (use 'c' to start execution)") {
      options, _, _ in options.startsPaused = true
    },
    SystemOptionRow("no-reboot", nil, "exit before rebooting") { options, _, _ in
      options.endsAtReset = true
    },
    SystemOptionRow("no-shutdown", nil, "stop before shutdown") { options, _, _ in
      options.staysAtShutdown = true
    },
    SystemOptionRow("action", "[reboot=reset|shutdown][,shutdown=poweroff|pause]", "", setAction),
    SystemOptionRow("pidfile", "file", "write PID to 'file'") { options, text, _ in
      options.pidFile = text
    },
    SystemOptionRow("daemonize", nil, "daemonize after initializing") { options, _, _ in
      options.daemonizes = true
    },
    idle("no-user-config", nil, "accepted: there are no configuration files"),
    idle("msg", "[timestamp=on|off][,guest-name=on|off]", "accepted"),
    idle("k", "language", "accepted: there is no window"),
  ]

  private static var machineList: String {
    "Supported machines are:\n"
      + MachineOptions.kinds.map { kind in
        kind.name + String(repeating: " ", count: 21 - kind.name.count) + kind.help + "\n"
      }.joined()
  }
}

// MARK: Arguments

extension SystemOptionRow {
  @Sendable private static func setProcessor(
    _ options: inout SystemOptions, _ text: String, _ context: String
  ) throws {
    if text == "help" || text == "?" {
      throw OptionStop.answer(
        Processor.all.map { row in
          let version = String(row.version, radix: 16)
          let name = row.name + String(repeating: " ", count: max(0, 16 - row.name.count))
          return
            "PowerPC \(name) PVR \(String(repeating: "0", count: 8 - version.count))\(version)\n"
        }.joined())
    }
    let parts = KeyedOptions.split(text)
    guard Processor.named(parts[0]) != nil else {
      throw SystemProblem("unable to find CPU model '\(parts[0])'")
    }
    if let property = parts.dropFirst().first {
      guard let place = property.firstIndex(of: "=") else {
        throw SystemProblem("Expected key=value format, found \(property).")
      }
      throw SystemProblem("Property '\(parts[0])-powerpc-cpu.\(property[..<place])' not found")
    }
    options.processor = parts[0]
  }

  @Sendable private static func setAccelerator(
    _ options: inout SystemOptions, _ text: String, _ context: String
  ) throws {
    var keys = KeyedOptions(text, implied: "accel")
    let name = keys.take("accel") ?? ""
    if name == "help" || name == "?" {
      throw OptionStop.answer("Accelerators supported in QEMU binary:\ntcg\n")
    }
    guard name == "tcg" else { throw OptionProblem("invalid accelerator \(name)") }
    switch keys.take("thread") {
    case nil, "single": break
    case "multi":
      options.warnings.append(
        "\(context): warning: Guest not yet converted to MTTCG: one thread is used")
    case let other?: throw OptionProblem("Invalid 'thread' setting \(other)")
    }
    if let size = keys.take("tb-size") {
      guard let number = OptionNumber.whole(size) else {
        throw OptionProblem("Parameter 'tb-size' expects uint64")
      }
      guard number <= 2048 else { throw OptionProblem("tb-size: at most 2048 MiB") }
      options.codeBufferSize = number == 0 ? nil : Int(number) << 20
    }
    _ = try keys.takeFlag("split-wx")
    if let single = try keys.takeFlag("one-insn-per-tb") { options.singleInstructions = single }
    if let part = keys.parts.first {
      throw OptionProblem("Property 'tcg-accel.\(part.key)' not found")
    }
  }

  @Sendable private static func setMemory(
    _ options: inout SystemOptions, _ text: String, _ context: String
  ) throws {
    var keys = KeyedOptions(text, implied: "size")
    if let size = keys.take("size") {
      guard let bytes = OptionNumber.size(size, unit: 20) else {
        throw OptionProblem(
          """
          Parameter 'size' expects a non-negative number below 2^64
          Optional suffix k, M, G, T, P or E means kilo-, mega-, giga-, tera-, peta-
          and exabytes, respectively.
          """)
      }
      // In steps of 8 KiB, as QEMU has it.
      guard bytes <= 1 << 62 else { throw SystemProblem("ram size too large") }
      options.memorySize = bytes == 0 ? nil : (bytes + 8191) & ~8191
    }
    if keys.take("maxmem") == nil, keys.take("slots") != nil {
      throw SystemProblem("slots specified but no max-size")
    }
    _ = keys.take("slots")
    try keys.finish()
  }

  @Sendable private static func setBoot(
    _ options: inout SystemOptions, _ text: String, _ context: String
  ) throws {
    var keys = KeyedOptions(text, implied: "order")
    let (order, once) = (keys.take("order"), keys.take("once"))
    for letters in [order, once] {
      if let letters, let problem = BootOrder.problem(letters) { throw SystemProblem(problem) }
    }
    options.boot.order = order ?? options.boot.order
    options.boot.once = once ?? options.boot.once
    options.boot.hasMenu = try keys.takeFlag("menu") ?? options.boot.hasMenu
    for key in ["splash", "splash-time", "reboot-timeout", "strict"] { _ = keys.take(key) }
    if let part = keys.parts.first {
      throw SystemProblem("Parameter 'boot.\(part.key)' is unexpected")
    }
  }

  @Sendable private static func setUUID(
    _ options: inout SystemOptions, _ text: String, _ context: String
  ) throws {
    let groups = text.split(separator: "-", omittingEmptySubsequences: false)
    guard groups.map(\.count) == [8, 4, 4, 4, 12],
      groups.joined().allSatisfy({ $0.isASCII && $0.isHexDigit })
    else { throw OptionProblem("failed to parse UUID string: wrong format") }
    options.uuid = text.lowercased()
  }

  @Sendable private static func setInstructionCount(
    _ options: inout SystemOptions, _ text: String, _ context: String
  ) throws {
    var keys = KeyedOptions(text, implied: "shift")
    var count = InstructionCountOptions()
    let shift = keys.take("shift")
    count.shift = shift.flatMap { OptionNumber.whole($0) }.map { Int(min($0, 99)) }
    guard shift == "auto" || count.shift.map({ $0 <= 10 }) ?? false else {
      throw OptionProblem("icount: Invalid shift value")
    }
    count.sleeps = try keys.takeFlag("sleep") ?? true
    count.aligns = try keys.takeFlag("align") ?? false
    if count.aligns && !count.sleeps {
      throw OptionProblem("align=on and sleep=off are incompatible")
    }
    if keys.parts.contains(where: { $0.key == "rr" }) {
      throw OptionProblem("record and replay is not supported")
    }
    try keys.finish()
    options.instructionCount = count
  }

  @Sendable private static func setAction(
    _ options: inout SystemOptions, _ text: String, _ context: String
  ) throws {
    var keys = KeyedOptions(text)
    switch keys.take("reboot") {
    case nil: break
    case "reset": options.endsAtReset = false
    case "shutdown": options.endsAtReset = true
    case let other?: throw OptionProblem("Parameter 'reboot' does not accept value '\(other)'")
    }
    switch keys.take("shutdown") {
    case nil: break
    case "poweroff": options.staysAtShutdown = false
    case "pause": options.staysAtShutdown = true
    case let other?: throw OptionProblem("Parameter 'shutdown' does not accept value '\(other)'")
    }
    for key in ["panic", "watchdog"] { _ = keys.take(key) }
    try keys.finish()
  }
}
