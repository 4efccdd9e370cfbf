import Machine

/// A PCI bus: its two address spaces, its devices, and the four interrupt wires.
public final class PCIBus {
  /// The name that `info qtree` shows, such as `pci.0`.
  public let name: String
  /// PCI memory and PCI I/O addresses. Windows of the processor's bus show them.
  public let memory, io: Bus
  /// The devices in the order of their slots.
  public private(set) var devices: [any PCIDevice] = []
  /// The wires of the host bridge, asserted while any device asserts a pin that leads to them.
  public let interrupts: [InterruptLine]
  /// From a slot and a pin (0 for INTA) to a wire's number.
  private let routing: (Int, Int) -> Int
  /// For each wire, how many pins assert it.
  private var asserting: [Int]
  /// Told of every change of a wire: number and level. For the bridge's trace event.
  var onInterrupt: ((Int, Bool) -> Void)?

  /// - Parameters:
  ///   - ioName: the name of the I/O space that `info mtree` shows.
  ///   - routing: from a slot and a pin (0 for INTA) to a wire, 0 to 3; by default the one of both
  ///     host bridges: pin plus slot, modulo four.
  public init(
    _ name: String, memoryName: String, ioName: String, ioSize: UInt64,
    routing: @escaping (Int, Int) -> Int = { slot, pin in (slot + pin) & 3 }
  ) {
    self.name = name
    self.routing = routing
    memory = Bus(memoryName)
    io = Bus(ioName, size: ioSize)
    interrupts = ["INTA", "INTB", "INTC", "INTD"].map { InterruptLine($0) }
    asserting = [0, 0, 0, 0]
    let nothing = ClosureHandler(
      read: { _, size in size >= 8 ? .max : 1 << UInt64(8 * size) &- 1 }, write: { _, _, _ in true }
    )
    Self.map(Window(ioName, size: ioSize, nothing, .little), at: 0, in: io, from: -1)
  }

  /// Puts a device into a slot.
  /// - Throws: `MachineError.overlap` if the slot is taken.
  public func add(
    _ device: any PCIDevice, slot: Int, function: Int = 0
  ) throws(MachineError) {
    if let other = self.device(slot: slot, function: function) {
      throw .overlap(other.name, device.name)
    }
    let configuration = device.configuration
    configuration.bus = self
    configuration.slot = slot & 0x1f
    configuration.function = function & 7
    devices.append(device)
    devices.sort { Self.number($0) < Self.number($1) }
    connect(configuration)
    configuration.updateMappings()
  }

  /// The device of a slot and function, or nil.
  public func device(slot: Int, function: Int = 0) -> (any PCIDevice)? {
    devices.first { Self.number($0) == slot << 3 | function }
  }

  private static func number(_ device: any PCIDevice) -> Int {
    device.configuration.slot << 3 | device.configuration.function
  }

  /// Connects a pin to its wire.
  private func connect(_ configuration: PCIConfiguration) {
    let pin = Int(configuration.identity.interruptPin)
    guard pin > 0 else { return }
    let wire = routing(configuration.slot, pin - 1) & 3
    var isAsserted = false
    configuration.onInterrupt = { [unowned self] level in
      guard level != isAsserted else { return }
      isAsserted = level
      asserting[wire] += level ? 1 : -1
      onInterrupt?(wire, asserting[wire] > 0)
      interrupts[wire].set(asserting[wire] > 0)
    }
  }

  /// Maps a window that a guest places where it likes: the later one lies above.
  static func map(_ window: Window, at address: UInt64, in space: Bus, from lowest: Int = 1) {
    for priority in lowest...lowest + 256 {
      if (try? space.map(window, at: address, priority: priority)) != nil { return }
    }
  }

  // MARK: Configuration cycles

  /// Reads configuration space.
  /// - Parameter address: as in a type 1 cycle: bus in bits 23 to 16, slot in 15 to 11, function in
  ///   10 to 8, register in 7 to 0.
  /// - Returns: all ones if nothing is there.
  func readConfiguration(_ address: UInt32, _ size: Int) -> UInt32 {
    guard let found = target(address) else { return size >= 4 ? .max : 1 << UInt32(8 * size) &- 1 }
    let offset = Int(address & 0xff)
    let value = found.read(offset, size)
    TraceEvent.pciCfgRead("\(found.place) @0x\(offset.hex()) -> 0x\(value.hex())")
    return value
  }

  /// Writes configuration space; see `readConfiguration`.
  func writeConfiguration(_ address: UInt32, _ size: Int, _ value: UInt32) {
    guard let found = target(address) else { return }
    let offset = Int(address & 0xff)
    TraceEvent.pciCfgWrite("\(found.place) @0x\(offset.hex()) <- 0x\(value.hex())")
    found.write(offset, size, value)
  }

  private func target(_ address: UInt32) -> PCIConfiguration? {
    guard address >> 16 & 0xff == 0 else { return nil }
    let number = Int(address >> 8 & 0xff)
    return device(slot: number >> 3, function: number & 7)?.configuration
  }
}

extension TraceEvent {
  /// A configuration register is read or written.
  static let pciCfgRead = TraceEvent("pci_cfg_read")
  static let pciCfgWrite = TraceEvent("pci_cfg_write")
  /// A base address is mapped or unmapped.
  static let pciUpdateMappingsAdd = TraceEvent("pci_update_mappings_add")
  static let pciUpdateMappingsDel = TraceEvent("pci_update_mappings_del")
}

/// The trace events of PCI buses and bridges.
public let pciTraceEvents: [TraceEvent] = [
  .pciCfgRead, .pciCfgWrite, .pciUpdateMappingsAdd, .pciUpdateMappingsDel, .grackleSetIrq,
  .uninSetIrq, .uninGetConfigReg, .uninDataWrite, .uninDataRead, .uninWrite, .uninRead,
]
