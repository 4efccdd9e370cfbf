import Machine

/// A host bridge of Apple's UniNorth: three of them, each with a PCI bus behind it.
///
/// The configuration index holds either a type 1 address with bit 31 set, a type 1 address with
/// bit 0 set, or a type 0 address: one bit of 31 to 11 for the slot, function in 10 to 8, register
/// in 7 to 3. Bits 2 to 0 of the register are those of the access to the data window.
public final class UniNorthBridge: PCIDevice {
  /// Which of the three it is.
  public enum Kind: Sendable, CaseIterable {
    case main, agp, internalBus
  }

  /// `uni-north-pci`, `uni-north-agp` or `uni-north-internal-pci`.
  public let name: String
  public let configuration: PCIConfiguration
  /// The bus behind it; the bridge itself is in slot 11, the internal one in slot 14.
  public let bus: PCIBus
  private let row: Row
  private var index: UInt32 = 0

  private struct Row {
    let name, busName: String
    let device: UInt16
    let slot: Int
    let fixed: [Int: UInt8]
  }

  private static func row(_ kind: Kind) -> Row {
    switch kind {
    case .main:
      // 0x48: where coherent memory ends, read by Linux.
      Row(
        name: "uni-north-pci", busName: "pci.2", device: 0x001f, slot: 11,
        fixed: [0x0d: 0x10, 0x4b: 0x01])
    case .agp:
      Row(name: "uni-north-agp", busName: "pci.0", device: 0x0020, slot: 11, fixed: [0x0d: 0x10])
    case .internalBus:
      Row(
        name: "uni-north-internal-pci", busName: "pci.1", device: 0x001e, slot: 14,
        fixed: [0x0d: 0x10])
    }
  }

  /// - Parameter interrupts: told of the four wires INTA to INTD, in this order.
  public init(_ kind: Kind, interrupts: [(Bool) -> Void] = []) throws(MachineError) {
    row = Self.row(kind)
    name = row.name
    configuration = PCIConfiguration(
      row.name, PCIIdentity(vendor: 0x106b, device: row.device, classCode: 0x060000),
      fixed: row.fixed)
    bus = PCIBus(
      row.busName, memoryName: "unin-pci-mmio", ioName: "unin-pci-isa-mmio", ioSize: 0x80_0000)
    try bus.add(self, slot: row.slot)
    for (line, listener) in zip(bus.interrupts, interrupts) { line.connect(listener) }
    bus.onInterrupt = { TraceEvent.uninSetIrq("setting INT \($0) = \($1 ? 1 : 0)") }
  }

  /// The index is zero.
  public func reset() {
    index = 0
    configuration.reset()
  }

  /// Configuration index: a word, at 0xf2800000 (main), 0xf0800000 (AGP), 0xf4800000 (internal).
  public private(set) lazy var addressWindow = Window(
    "unin-pci-conf-idx", size: 0x1000,
    ClosureHandler(
      read: { [unowned self] _, _ in UInt64(index) },
      write: { [unowned self] offset, size, value in
        if offset == 0 && size == 4 { index = UInt32(truncatingIfNeeded: value) }
        return true
      }), .little, sizes: 1...4)

  /// Configuration data: eight bytes, 4 MiB above the index.
  public private(set) lazy var dataWindow = Window(
    "unin-pci-conf-data", size: 0x1000,
    ClosureHandler(
      read: { [unowned self] offset, size in
        let value = bus.readConfiguration(address(offset), size)
        TraceEvent.uninDataRead("read addr 0x\(offset.hex()) len \(size) val 0x\(value.hex())")
        return UInt64(value)
      },
      write: { [unowned self] offset, size, value in
        TraceEvent.uninDataWrite("write addr 0x\(offset.hex()) len \(size) val 0x\(value.hex())")
        bus.writeConfiguration(address(offset), size, UInt32(truncatingIfNeeded: value))
        return true
      }), .little)

  /// PCI memory from 0x80000000 on, 256 MiB, to be mapped at the same address.
  public private(set) lazy var memoryWindow = Window(
    "unin-pci-hole", size: 0x1000_0000, .bus(bus.memory, from: 0x8000_0000))

  /// PCI I/O from 0 on, at 0xf2000000 for the main bridge.
  public private(set) lazy var ioWindow = Window(
    "unin-pci-isa-mmio", size: 0x80_0000, .bus(bus.io, from: 0))

  /// The type 1 address of an access to the data window.
  private func address(_ offset: UInt32) -> UInt32 {
    let result: UInt32
    if index >> 31 == 1 {
      result = index | offset & 3
    } else if index & 1 == 1 {
      result = index & ~7 | offset & 7
    } else {
      let slot = UInt32((index & ~0x7ff).trailingZeroBitCount)
      // Slot 32, of no bit at all, becomes a bus that does not exist.
      result = slot << 11 | index & 0x7f8 | offset & 7
    }
    TraceEvent.uninGetConfigReg(
      "converted config space accessor 0x\(index.hex())/0x\(offset.hex()) -> 0x\(result.hex())")
    return result
  }
}

/// The registers of UniNorth itself: the revision, and clock and power bits that are not kept.
public final class UniNorth: Device {
  public let name = "uni-north"
  /// Version, at offset 0: revision 7.
  private static let version: UInt64 = 7

  /// The registers, which need nothing.
  public init() {}
  /// Nothing: no register keeps anything.
  public func reset() {}

  /// 4 KiB, at 0xf8000000; big-endian.
  public private(set) lazy var window = Window(
    "unin", size: 0x1000,
    ClosureHandler(
      read: { offset, _ in
        let value = offset == 0 ? Self.version : 0
        TraceEvent.uninRead("addr=0x\(offset.hex()) val=0x\(value.hex())")
        return value
      },
      write: { offset, _, value in
        TraceEvent.uninWrite("addr=0x\(offset.hex()) val=0x\(value.hex())")
        return true
      }), .big, sizes: 4...4)
}

extension TraceEvent {
  /// A wire of a bridge changes.
  static let uninSetIrq = TraceEvent("unin_set_irq")
  /// A configuration address is decoded, then read or written.
  static let uninGetConfigReg = TraceEvent("unin_get_config_reg")
  static let uninDataWrite = TraceEvent("unin_data_write")
  static let uninDataRead = TraceEvent("unin_data_read")
  /// A register of UniNorth itself.
  static let uninWrite = TraceEvent("unin_write")
  static let uninRead = TraceEvent("unin_read")
}
