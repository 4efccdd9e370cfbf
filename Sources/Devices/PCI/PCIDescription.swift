import Machine

/// The text of `info pci`, in QEMU's form.
extension PCIBus {
  /// What `info pci` says of the devices of this bus, a line per element.
  public var description: [String] { devices.flatMap { $0.configuration.description } }

  /// Names of class codes (base class and sub-class) that `info pci` shows.
  static let classNames: [UInt32: String] = [
    0x0100: "SCSI controller", 0x0101: "IDE controller", 0x0200: "Ethernet controller",
    0x0300: "VGA controller", 0x0600: "Host bridge", 0x0601: "ISA bridge", 0x0604: "PCI bridge",
    0x0c00: "IEEE 1394 controller", 0x0c03: "USB controller",
  ]
}

extension PCIConfiguration {
  /// The class's name, or its number.
  public var className: String {
    let number = identity.classCode >> 8
    return PCIBus.classNames[number] ?? "Class \(String(number).leading(4, "0"))"
  }

  /// What `info pci` says of this function.
  public var description: [String] {
    let device = String(slot).leading(3, " ")
    var lines = [
      "  Bus  0, device \(device), function \(function):",
      "    \(className): PCI device \(identity.vendor.hex(4)):\(identity.device.hex(4))",
      "      PCI subsystem \(identity.subsystemVendor.hex(4)):\(identity.subsystem.hex(4))",
    ]
    if identity.interruptPin > 0 {
      let pin = ["A", "B", "C", "D"][Int(identity.interruptPin - 1) & 3]
      lines.append("      IRQ \(interruptLine), pin \(pin)")
    }
    lines += baseAddresses.keys.sorted().map { "      BAR\($0): " + line(of: baseAddresses[$0]!) }
    return lines + ["      id \"\""]
  }

  /// One base address; QEMU shows an unmapped one at address -1.
  private func line(of register: PCIBaseAddress) -> String {
    let first = register.address ?? .max
    let last = UInt32(truncatingIfNeeded: first &+ register.window.size &- 1)
    let digits = register.space == .io ? 4 : 8
    let range = "0x\(first.hex(digits)) [0x\(last.hex(digits))]."
    switch register.space {
    case .io: return "I/O at \(range)"
    case .memory: return "32 bit memory at \(range)"
    case .prefetchableMemory: return "32 bit prefetchable memory at \(range)"
    }
  }
}

extension String {
  /// Filled on the left up to a width.
  func leading(_ width: Int, _ fill: Character) -> String {
    String(repeating: fill, count: max(0, width - count)) + self
  }
}
