import HostIO
import Options

extension SystemOptionRow {
  /// Disks.
  static let disks: [SystemOptionRow] = [
    disk("hda", 0), disk("hdb", 1), disk("hdc", 2), disk("hdd", 3),
    SystemOptionRow("cdrom", "file", "use 'file' as CD-ROM image") { options, text, context in
      options.driveRequests.append(
        DriveRequest(context: context, file: text, index: 2, media: .cdrom))
    },
    SystemOptionRow(
      "drive", "[file=file][,if=ide|none][,index=i][,bus=n][,unit=m][,media=disk|cdrom]...",
      "use 'file' as a drive image\nformat=raw|qcow2, snapshot=on|off, readonly=on|off, id=name"
    ) { options, text, context in
      let request = try DriveRequest(drive: text, context: context)
      let isDuplicate = options.driveRequests.contains { $0.id != nil && $0.id == request.id }
      if let id = request.id, isDuplicate {
        throw OptionProblem("Duplicate ID '\(id)' for drive")
      }
      options.driveRequests.append(request)
    },
    SystemOptionRow(
      "snapshot", nil, "write to temporary files instead of disk image files"
    ) { options, _, _ in options.isSnapshot = true },
  ]

  private static func disk(_ name: String, _ index: Int) -> SystemOptionRow {
    SystemOptionRow(name, "file", "use 'file' as hard disk \(index) image") {
      options, text, context in
      options.driveRequests.append(DriveRequest(context: context, file: text, index: index))
    }
  }

  /// The screen.
  static let display: [SystemOptionRow] = [
    SystemOptionRow("display", "none", "there is no window") { _, text, _ in
      var keys = KeyedOptions(text, implied: "type")
      try checkDisplay(keys.take("type") ?? "")
      if let part = keys.parts.first {
        throw OptionProblem("Parameter '\(part.key)' is unexpected")
      }
    },
    SystemOptionRow("vnc", "none", "there is no VNC server") { _, text, _ in
      guard text == "none" else { throw OptionProblem("Option not supported") }
    },
    SystemOptionRow("nographic", nil, "redirect serial I/Os to console") { options, _, _ in
      options.isNographic = true
    },
    SystemOptionRow("vga", "std|none", "select video card type") { options, text, _ in
      switch text {
      case "std": options.hasVGA = true
      case "none": options.hasVGA = false
      case "cirrus", "vmware", "qxl", "xenfb", "tcx", "cg3", "virtio":
        throw SystemProblem("vga type '\(text)' is not supported")
      default: throw SystemProblem("unknown vga type: \(text)")
      }
    },
    SystemOptionRow("g", "WxH[xDEPTH]", "set the initial graphical resolution and depth") {
      options, text, _ in
      let numbers = text.split(separator: "x", omittingEmptySubsequences: false).map {
        OptionNumber.whole($0) ?? 0
      }
      let depth = numbers.count == 3 ? numbers[2] : 32
      guard (2...3).contains(numbers.count), numbers.allSatisfy({ (1...16384).contains($0) }),
        [8, 15, 16, 24, 32].contains(depth)
      else { throw OptionProblem("invalid resolution or depth") }
      options.resolution = Resolution(
        width: Int(numbers[0]), height: Int(numbers[1]), depth: Int(depth))
    },
  ]

  private static func checkDisplay(_ name: String) throws {
    switch name {
    case "none": break
    case "gtk", "sdl", "curses", "cocoa", "egl-headless", "spice-app", "dbus":
      throw OptionProblem("display type '\(name)' is not supported")
    default:
      if name.hasPrefix("vnc") { throw OptionProblem("display type 'vnc' is not supported") }
      throw OptionProblem("Parameter 'type' does not accept value '\(name)'")
    }
  }

  /// Character devices and what they are used for.
  static let characters: [SystemOptionRow] = [
    SystemOptionRow(
      "chardev", "backend,id=id[,...]",
      "backend: null, stdio, file, pipe, pty, serial, socket; mux=on, logfile=file"
    ) { options, text, context in
      var new = try CharacterSpecification(chardev: text)
      new.context = context
      guard !options.characterDevices.contains(where: { $0.label == new.label }) else {
        throw OptionProblem("Duplicate ID '\(new.label)' for chardev")
      }
      options.characterDevices.append(new)
    },
    SystemOptionRow(
      "serial", "dev",
      "redirect the serial port to char device 'dev': stdio, mon:stdio, file:F,\n"
        + "tcp:H:P[,server=on][,wait=off], telnet:H:P, unix:P, pipe:P, pty, null, none, chardev:ID"
    ) { options, text, context in
      let new = try device(
        text, label: "serial\(options.serials.count)", context: context,
        problem: "could not connect serial device to character backend '\(text)'")
      options.serials.append(new)
    },
    SystemOptionRow("parallel", "dev", "accepted: no machine has a parallel port") {
      options, text, context in
      let new = try device(
        text, label: "parallel\(options.parallels.count)", context: context,
        problem: "could not connect parallel device to character backend '\(text)'")
      options.parallels.append(new)
    },
    SystemOptionRow("monitor", "dev", "redirect the monitor to char device 'dev'") {
      options, text, context in
      let new = try device(
        text, label: "compat_monitor\(options.monitors.count)", context: context,
        problem: "parse error: \(text)")
      options.monitors.append(new)
    },
    SystemOptionRow("mon", "[chardev=]name[,mode=readline]", "a monitor on a '-chardev'") {
      options, text, context in
      var keys = KeyedOptions(text, implied: "chardev")
      guard let name = keys.take("chardev") else {
        throw OptionProblem("chardev name expected")
      }
      guard ["readline", nil].contains(keys.take("mode")) else {
        throw OptionProblem("only mode=readline is supported")
      }
      var new = CharacterSpecification(
        label: "compat_monitor\(options.monitors.count)", .other(id: name))
      new.context = context
      options.monitors.append(new)
    },
  ]

  private static func device(
    _ text: String, label: String, context: String, problem: String
  ) throws -> CharacterSpecification? {
    do throws(OptionProblem) {
      var new = try CharacterSpecification.device(text, label: label)
      new?.context = context
      return new
    } catch {
      throw OptionProblem("\(error)\n\(SystemOptions.program): \(context): \(problem)")
    }
  }
}
