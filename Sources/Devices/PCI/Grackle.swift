import Machine

/// The host bridge of the "beige" Power Macintosh G3: Motorola's MPC106 as Apple's Grackle.
///
/// After the MPC106 PCI Bridge/Memory Controller User's Manual, address map B: CONFIG_ADDR and
/// CONFIG_DATA are little-endian, PCI memory shows at the same addresses as on PCI, PCI I/O in a
/// window of its own. Its memory controller registers are stored only.
public final class Grackle: PCIDevice {
  public let name = "grackle"
  public let configuration = PCIConfiguration(
    "grackle", PCIIdentity(vendor: 0x1057, device: 0x0002, classCode: 0x060001))
  /// The bus behind it; the bridge itself is in slot 0.
  public let bus: PCIBus
  /// CONFIG_ADDR: bit 31 enables, then as `PCIBus.readConfiguration` takes it.
  private var configAddress: UInt32 = 0

  /// - Parameters:
  ///   - interrupts: told of the four wires INTA to INTD, in this order.
  public init(interrupts: [(Bool) -> Void]) throws(MachineError) {
    bus = PCIBus("pci.0", memoryName: "pci-mmio", ioName: "pci-isa-mmio", ioSize: 0x20_0000)
    try bus.add(self, slot: 0)
    for (line, listener) in zip(bus.interrupts, interrupts) { line.connect(listener) }
    bus.onInterrupt = { TraceEvent.grackleSetIrq("set_irq num \($0) level \($1 ? 1 : 0)") }
  }

  /// CONFIG_ADDR is zero.
  public func reset() {
    configAddress = 0
    configuration.reset()
  }

  /// CONFIG_ADDR: a word, at 0xfec00000.
  public private(set) lazy var addressWindow = Window(
    "pci-conf-idx", size: 0x1000,
    ClosureHandler(
      read: { [unowned self] _, _ in UInt64(configAddress) },
      write: { [unowned self] offset, size, value in
        if offset == 0 && size == 4 { configAddress = UInt32(truncatingIfNeeded: value) }
        return true
      }), .little, sizes: 1...4)

  /// CONFIG_DATA: four bytes, at 0xfee00000.
  public private(set) lazy var dataWindow = Window(
    "pci-data-idx", size: 0x1000,
    ClosureHandler(
      read: { [unowned self] offset, size in
        guard configAddress >> 31 == 1 else { return 1 << UInt64(8 * size) &- 1 }
        return UInt64(bus.readConfiguration(configAddress & ~3 | offset & 3, size))
      },
      write: { [unowned self] offset, size, value in
        guard configAddress >> 31 == 1 else { return true }
        let value = UInt32(truncatingIfNeeded: value)
        bus.writeConfiguration(configAddress & ~3 | offset & 3, size, value)
        return true
      }), .little)

  /// PCI memory from 0x80000000 to 0xfdffffff, to be mapped at the same address.
  public private(set) lazy var memoryWindow = Window(
    "pci-hole", size: 0x7e00_0000, .bus(bus.memory, from: 0x8000_0000))

  /// PCI I/O from 0 on, at 0xfe000000.
  public private(set) lazy var ioWindow = Window(
    "pci-isa-mmio", size: 0x20_0000, .bus(bus.io, from: 0))
}

extension TraceEvent {
  /// A wire of the bridge changes.
  static let grackleSetIrq = TraceEvent("grackle_set_irq")
}
