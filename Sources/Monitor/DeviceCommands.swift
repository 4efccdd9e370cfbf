extension MonitorCommand {
  /// Commands about disks, keyboard, mouse and screen.
  static let devices: [MonitorCommand] = [
    MonitorCommand(
      "eject", [.option("f"), .block("device")], "[-f] device",
      "eject a removable medium (use -f to force it)"
    ) { monitor, arguments throws(MonitorError) in
      let device = try device(monitor, arguments)
      try reported { () throws(MonitorError) in
        try monitor.machine.eject(device, force: arguments.isSet("f"))
      }
    },
    MonitorCommand(
      "change",
      [
        .block("device"), .option("f"), .file("target"), .string("format").optional,
        .string("mode").optional,
      ], "device [-f] filename [format [read-only-mode]]",
      "change a removable medium, optional format, use -f to force the operation", change),
    MonitorCommand(
      "commit", [.block("device")], "device|all",
      "commit changes to the disk images (if -snapshot is used) or backing files"
    ) { monitor, arguments throws(MonitorError) in
      let name = arguments.text("device")
      if name == "all" { return try monitor.machine.commit(nil) }
      guard monitor.machine.blockDevices.contains(where: { $0.name == name }) else {
        throw MonitorError("Device '\(name)' not found")
      }
      try monitor.machine.commit(name)
    },
    MonitorCommand(
      "boot_set", [.string("bootdevice")], "bootdevice",
      "define new values for the boot device list", setBootOrder),
    MonitorCommand(
      "sendkey", [.string("keys"), .integer("hold-time").optional], "keys [hold_ms]",
      "send keys to the VM (e.g. 'sendkey ctrl-alt-f1', default hold time=100 ms)", sendKeys),
    MonitorCommand(
      "mouse_move", [.string("dx"), .string("dy"), .string("dz").optional], "dx dy [dz]",
      "send mouse move events"
    ) { monitor, arguments in
      func number(_ name: String) -> Int { Int(arguments.text(name)) ?? 0 }
      monitor.machine.moveMouse(x: number("dx"), y: number("dy"), wheel: number("dz"))
    },
    MonitorCommand(
      "mouse_button", [.integer("state")], "state",
      "change mouse button state (1=L, 2=M, 4=R)"
    ) { monitor, arguments in
      monitor.machine.setMouseButtons(Int(arguments.number("state")))
    },
    MonitorCommand(
      "screendump",
      [
        .file("filename"), .option("f"), .string("format").optional, .string("device").optional,
        .integer("head").optional,
      ],
      "filename [-f format] [device [head]]",
      """
      save screen from head 'head' of display device 'device'in specified format 'format' as \
      image 'filename'.Currently only 'png' and 'ppm' formats are supported.
      """, saveScreen),
  ]

  private static func device(
    _ monitor: Monitor, _ arguments: CommandArguments
  ) throws(MonitorError) -> String {
    let name = arguments.text("device")
    guard monitor.machine.blockDevices.contains(where: { $0.name == name }) else {
      throw MonitorError("Error: Device '\(name)' not found")
    }
    return name
  }

  @Sendable private static func change(
    _ monitor: Monitor, _ arguments: CommandArguments
  ) throws(MonitorError) {
    let modes: [String: Bool?] = ["retain": nil, "read-only": true, "read-write": false]
    let mode = arguments.optionalText("mode") ?? "retain"
    let device = try device(monitor, arguments)
    guard let readOnly = modes[mode] else {
      throw MonitorError("Error: invalid parameter value: \(mode)")
    }
    try reported { () throws(MonitorError) in
      try monitor.machine.change(
        device, to: arguments.text("target"), format: arguments.optionalText("format"),
        readOnly: readOnly, force: arguments.isSet("f"))
    }
  }

  @Sendable private static func setBootOrder(
    _ monitor: Monitor, _ arguments: CommandArguments
  ) throws(MonitorError) {
    let order = arguments.text("bootdevice")
    if let problem = BootOrder.problem(order) { throw MonitorError(problem) }
    try monitor.machine.setBootOrder(order)
    monitor.print("boot device list now set to \(order)\n")
  }

  @Sendable private static func sendKeys(
    _ monitor: Monitor, _ arguments: CommandArguments
  ) throws(MonitorError) {
    let keys = arguments.text("keys").split(separator: "-", omittingEmptySubsequences: false)
    let names = keys.map { $0 == "<" ? "less" : String($0) }
    for name in names where !KeyName.isKnown(name) {
      throw MonitorError("invalid parameter: \(name)")
    }
    let time = arguments.optionalNumber("hold-time") ?? 100
    monitor.machine.press(names, milliseconds: Int(time))
  }

  @Sendable private static func saveScreen(
    _ monitor: Monitor, _ arguments: CommandArguments
  ) throws(MonitorError) {
    // Behind `-f` stands the format; without it the first word is the device.
    let words = ["format", "device"].compactMap { arguments.optionalText($0) }
    let hasFormat = arguments.isSet("f")
    let format = hasFormat ? words.first ?? "" : "ppm"
    guard ["ppm", "png"].contains(format) else {
      throw MonitorError("Error: invalid parameter value: \(format)")
    }
    try reported { () throws(MonitorError) in
      try monitor.machine.saveScreen(
        to: arguments.text("filename"), format: format,
        device: words.dropFirst(hasFormat ? 1 : 0).first)
    }
  }
}

/// The letters of boot devices.
public enum BootOrder {
  /// What is wrong with an order, in QEMU's words; nil if nothing is.
  public static func problem(_ order: String) -> String? {
    var seen: Set<Character> = []
    for letter in order {
      guard ("a"..."p").contains(letter) else { return "Invalid boot device '\(letter)'" }
      guard seen.insert(letter).inserted else {
        return "Boot device '\(letter)' was given twice"
      }
    }
    return nil
  }
}
