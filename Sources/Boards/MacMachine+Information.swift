import Devices
import Machine

/// What a machine tells of itself, for the monitor.
extension MacMachine {
  /// The text of a topic of `info`, in QEMU's form; empty if there is nothing to say.
  public func information(_ topic: String) -> String {
    switch topic {
    case "pci": Self.lines(parts.buses.flatMap(\.description))
    case "qtree": deviceText
    case "pic": Self.lines(parts.controllerProperties.map { "\($0.name): \($0.value)" })
    case "irq": interruptText
    case "tlb": translationText
    case "roms": romText
    case "via": Self.lines((parts.cuda?.properties ?? []).map { "\($0.name): \($0.value)" })
    default: ""
    }
  }

  private static func lines(_ lines: [String]) -> String {
    lines.map { $0 + "\n" }.joined()
  }

  private var translationText: String {
    var text = ""
    emulator.supervisor.appendTranslations(to: &text)
    return text
  }

  /// The devices of the board, each with its properties.
  private var deviceText: String {
    var lines = ["bus: main-system-bus", "  type System"]
    for device in parts.devices {
      lines.append("  dev: \(device.name), id \"\"")
      lines += device.properties.map { "    \($0.name) = \($0.value)" }
    }
    return Self.lines(lines)
  }

  /// How often each line has changed.
  private var interruptText: String {
    let counted = board.wires.compactMap { wire -> String? in
      guard let line = parts.lines[wire.signal], line.changes > 0 else { return nil }
      return "\(wire.input): \(line.changes) (\(wire.signal.rawValue))"
    }
    return "IRQ statistics for \(board.chips == .oldworld ? "heathrow" : "openpic"):\n"
      + Self.lines(counted)
      + "Processor: INT \(parts.output.level ? 1 : 0), \(parts.output.changes) changes, "
      + "waiting 0x\(hexadecimal(UInt64(emulator.state.pointee.pendingInterrupts)))\n"
  }

  private var romText: String {
    Self.lines(
      loadedImages.map { image in
        let address = String(image.address, radix: 16)
        let padded = String(repeating: "0", count: 16 - address.utf8.count) + address
        let size = String(image.size, radix: 16)
        let width = String(repeating: "0", count: max(0, 6 - size.utf8.count)) + size
        return "addr=\(padded) size=0x\(width) mem=\(image.isROM ? "rom" : "ram") "
          + "name=\"\(image.name)\""
      })
  }

  /// The address spaces that `info mtree` shows.
  public var addressSpaces: [(names: [String], bus: Bus)] {
    [(["memory", "cpu-memory-0"], bus)] + (ports.map { [(["I/O"], $0)] } ?? [])
  }

  /// Addresses of PCI I/O.
  public var ports: Bus? { parts.buses.first?.io }

  /// What the screen shows, nil without a graphics card.
  public var screen: (width: Int, height: Int, rgb: [UInt8])? { parts.vga?.image() }

  // MARK: Keyboard and mouse

  /// A key goes down or up.
  /// - Parameter code: an ADB key code.
  public func key(_ code: UInt8, isDown: Bool) { parts.keyboard.key(code, isDown: isDown) }

  /// Presses the power key of the keyboard and lets it go.
  public func pressPower() {
    for isDown in [true, false] { parts.keyboard.key(0x7f, isDown: isDown) }
  }

  /// Moves the mouse.
  public func moveMouse(right: Int, down: Int) { parts.mouse.move(right: right, down: down) }

  /// Sets the mouse's buttons.
  public func pressMouse(first: Bool, second: Bool) {
    parts.mouse.press(first: first, second: second)
  }
}
