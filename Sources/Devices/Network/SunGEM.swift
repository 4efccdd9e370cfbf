import Machine

/// Apple's version of Sun's GEM network controller, with a BCM5201 as its PHY.
///
/// After Sun's "GEM Gigabit Ethernet ASIC Specification": registers in groups, and a ring of
/// descriptors in memory for each direction. The station address registers 3 to 8 and the address
/// filter are stored only.
public final class SunGEM: NetworkCard {
  public let name = "sungem"
  public let configuration: PCIConfiguration
  /// Told when a frame may be offered again after `receive` returned false.
  public var onRoom: (() -> Void)?
  /// Whether the PHY shows a link.
  public var hasLink = true

  let dma: Bus
  let send: ([UInt8]) -> Void
  private let address: [UInt8]
  /// The registers by offset, in words.
  private var values = [UInt32](repeating: 0, count: 0xa000 / 4)
  /// The frame being gathered from transmit descriptors.
  var gathered: [UInt8] = []
  /// Where to put its checksum and from where to sum, or nil.
  var checksum: (start: Int, place: Int)?
  private var hasRefused = false

  /// - Parameters:
  ///   - address: the station address, six bytes.
  ///   - dma: the bus that descriptors and buffers are on.
  ///   - send: takes frames without their checksum.
  public init(address: [UInt8], dma: Bus, send: @escaping ([UInt8]) -> Void) {
    var identity = PCIIdentity(
      vendor: 0x106b, device: 0x0021, classCode: 0x020000, revision: 1, interruptPin: 1)
    identity.subsystemVendor = 0
    identity.subsystem = 0
    // Status: 66 MHz, fast back-to-back, medium DEVSEL#. Minimum grant and maximum latency.
    configuration = PCIConfiguration(
      "sungem", identity, fixed: [0x06: 0xa0, 0x07: 0x02, 0x3e: 0x40, 0x3f: 0x40])
    self.address = Array((address + [0, 0, 0, 0, 0, 0]).prefix(6))
    self.dma = dma
    self.send = send
    configuration.setBaseAddress(0, .memory, window)
    resetAll()
  }

  /// The station address is the card's own again.
  public func reset() {
    configuration.reset()
    resetAll()
  }

  /// The station address comes from outside, and outlives a reset by software.
  private func resetAll() {
    resetController()
    for n in 0..<3 {
      let high = address[4 - 2 * n]
      self[Offset.stationAddress + 4 * UInt32(n)] = UInt32(high) << 8 | UInt32(address[5 - 2 * n])
    }
  }

  /// The station address.
  public var properties: [(name: String, value: String)] {
    [("mac", "\"" + address.map { $0.hex(2) }.joined(separator: ":") + "\"")]
  }

  // MARK: Registers

  /// Offsets of registers that do something; the groups start at `Group`'s bases.
  enum Offset {
    static let status: UInt32 = 0x000c
    static let interruptMask: UInt32 = 0x0010
    static let interruptAcknowledge: UInt32 = 0x0014
    static let statusAlias: UInt32 = 0x001c
    static let softwareReset: UInt32 = 0x1010
    static let txKick: UInt32 = 0x2000
    static let txConfiguration: UInt32 = 0x2004
    static let txBaseLow: UInt32 = 0x2008
    static let txCompletion: UInt32 = 0x2100
    static let txFIFOSize: UInt32 = 0x2118
    static let rxConfiguration: UInt32 = 0x4000
    static let rxBaseLow: UInt32 = 0x4004
    static let rxPauseThreshold: UInt32 = 0x4020
    static let rxKick: UInt32 = 0x4100
    static let rxCompletion: UInt32 = 0x4104
    static let rxFIFOSize: UInt32 = 0x4120
    static let macTxConfiguration: UInt32 = 0x6030
    static let macRxConfiguration: UInt32 = 0x6034
    static let stationAddress: UInt32 = 0x6080
    static let hash: UInt32 = 0x60c0
    static let mifFrame: UInt32 = 0x620c
    static let mifConfiguration: UInt32 = 0x6210
  }

  /// Bits of the status register; above them the transmit completion register shows.
  enum Status {
    static let txInterruptMe: UInt32 = 1 << 0
    static let txAll: UInt32 = 1 << 1
    static let txDone: UInt32 = 1 << 2
    static let rxDone: UInt32 = 1 << 4
    static let rxNoBuffer: UInt32 = 1 << 5
    static let interrupts: UInt32 = 0x0007_ffff
    /// Cleared by reading the register and by acknowledging.
    static let latched: UInt32 = 0x7b
    static let completionShift: UInt32 = 19
  }

  /// A group of registers, as `info mtree` shows them.
  private struct Group {
    let name: String
    let base: UInt32
    let size: UInt64
    let read, write: TraceEvent
  }

  private static let groups = [
    Group(
      name: "greg", base: 0x0000, size: 0x2000, read: .sungemMmioGregRead,
      write: .sungemMmioGregWrite),
    Group(
      name: "txdma", base: 0x2000, size: 0x1000, read: .sungemMmioTxdmaRead,
      write: .sungemMmioTxdmaWrite),
    Group(
      name: "rxdma", base: 0x4000, size: 0x2000, read: .sungemMmioRxdmaRead,
      write: .sungemMmioRxdmaWrite),
    Group(
      name: "mac", base: 0x6000, size: 0x200, read: .sungemMmioMacRead,
      write: .sungemMmioMacWrite),
    Group(
      name: "mif", base: 0x6200, size: 0x20, read: .sungemMmioMifRead,
      write: .sungemMmioMifWrite),
    Group(
      name: "pcs", base: 0x9000, size: 0x60, read: .sungemMmioPcsRead,
      write: .sungemMmioPcsWrite),
  ]

  /// Registers that keep what is written; all others read as zero or what they say.
  private static let stored: [ClosedRange<UInt32>] = [
    0x0004...0x0008, 0x0010...0x0010, 0x0018...0x0018, 0x1004...0x100c, 0x2000...0x2020,
    0x202c...0x202c, 0x2104...0x2104, 0x210c...0x2114, 0x4000...0x4014, 0x4020...0x4020,
    0x4100...0x4100, 0x4108...0x410c, 0x4114...0x411c, 0x6008...0x600c, 0x601c...0x6110,
    0x6118...0x6130, 0x6200...0x6208, 0x6210...0x6214, 0x9000...0x9000, 0x9008...0x9014,
    0x9050...0x9058,
  ]

  /// Of those, the ones that keep some bits only.
  private static let masks: [UInt32: UInt32] = [
    0x1004: 0x7, 0x6050: 0x3ff, Offset.mifConfiguration: ~0x200,
  ]
  /// MDI0 of the MIF configuration register: the internal PHY is there.
  private static let mdi0: UInt32 = 0x100

  /// A register's value as it is stored.
  subscript(offset: UInt32) -> UInt32 {
    get { values[Int(offset / 4) % values.count] }
    set { values[Int(offset / 4) % values.count] = newValue }
  }

  private var window: Window {
    let bus = Bus("sungem", size: 0x20_0000)
    for group in Self.groups {
      let handler = ClosureHandler(
        read: { [unowned self] offset, _ in
          let value = read(group.base &+ offset)
          group.read("MMIO \(group.name) read from 0x\(offset.hex()) val=0x\(value.hex())")
          return UInt64(value)
        },
        write: { [unowned self] offset, _, value in
          let value = UInt32(truncatingIfNeeded: value)
          group.write("MMIO \(group.name) write to 0x\(offset.hex()) val=0x\(value.hex())")
          write(group.base &+ offset & ~3, value)
          return true
        })
      let window = Window("sungem.\(group.name)", size: group.size, handler, .little, sizes: 4...4)
      // The groups do not overlap.
      try? bus.map(window, at: UInt64(group.base))
    }
    return Window("sungem", size: bus.size, .bus(bus, from: 0))
  }

  private func read(_ offset: UInt32) -> UInt32 {
    let value = self[offset]
    if offset == Offset.status {
      self[Offset.status] &= ~Status.latched
      updateInterrupt()
    }
    return offset == Offset.statusAlias ? self[Offset.status] : value
  }

  private func write(_ offset: UInt32, _ value: UInt32) {
    if Self.stored.contains(where: { $0.contains(offset) }) {
      let mask = Self.masks[offset] ?? .max
      self[offset] = value & mask
    }
    switch offset {
    case Offset.interruptMask: updateInterrupt()
    case Offset.interruptAcknowledge:
      self[Offset.status] &= ~(value & Status.latched)
      updateInterrupt()
    case Offset.softwareReset: softwareReset(value)
    case Offset.txKick: kickTransmit()
    case Offset.txConfiguration: self[Offset.txKick] &= ringMask(Offset.txConfiguration)
    case Offset.rxKick:
      TraceEvent.sungemRxKick("RXDMA_KICK written to \(value)")
      tellRoom()
    case Offset.rxConfiguration, Offset.macRxConfiguration: tellRoom()
    case Offset.mifFrame: self[Offset.mifFrame] = exchange(value)
    case Offset.mifConfiguration: self[offset] |= Self.mdi0
    default: return
    }
  }

  // MARK: Reset and interrupts

  /// Bits of the software reset register: transmitter, receiver; both are the whole controller.
  private func softwareReset(_ value: UInt32) {
    switch value & 3 {
    case 1: resetTransmitter()
    case 2: resetReceiver()
    case 3:
      TraceEvent.sungemReset("Full reset (PCI:0)")
      resetController()
    default: return
    }
    updateInterrupt()
  }

  /// The values after reset, of registers where they are not zero.
  private func resetController() {
    let kept = (0..<3).map { self[Offset.stationAddress + 4 * $0] }
    values = [UInt32](repeating: 0, count: values.count)
    for n in 0..<3 { self[Offset.stationAddress + 4 * UInt32(n)] = kept[n] }
    self[Offset.interruptMask] = 0x0fff_ffff
    self[Offset.rxPauseThreshold] = 0xf8
    self[Offset.txFIFOSize] = 0x90
    self[Offset.rxFIFOSize] = 0x140
    self[Offset.mifConfiguration] = Self.mdi0
    resetTransmitter()
    resetReceiver()
    updateInterrupt()
  }

  private func resetTransmitter() {
    TraceEvent.sungemTxReset("TX reset")
    self[Offset.txKick] = 0
    self[Offset.txCompletion] = 0
    self[Offset.txConfiguration] = 0x11_8010
    self[Offset.status] &= Status.interrupts
    gathered = []
    checksum = nil
  }

  private func resetReceiver() {
    TraceEvent.sungemRxReset("RX reset")
    self[Offset.rxConfiguration] = 0x100_0010
    self[Offset.rxKick] = 0
    self[Offset.rxCompletion] = 0
  }

  /// Sets status bits.
  func raise(_ bits: UInt32) {
    self[Offset.status] |= bits
    updateInterrupt()
  }

  /// The transmit completion register, and its copy above the status bits.
  func setTransmitCompletion(_ index: UInt32) {
    self[Offset.txCompletion] = index
    self[Offset.status] =
      self[Offset.status] & Status.interrupts | index << Status.completionShift
  }

  private func updateInterrupt() {
    let pending = self[Offset.status] & ~self[Offset.interruptMask] & Status.interrupts
    configuration.interrupt.set(pending != 0)
  }

  /// The number of descriptors of a ring, less one: bits 4 to 1 of its configuration register.
  func ringMask(_ configuration: UInt32) -> UInt32 {
    32 << min(self[configuration] >> 1 & 0xf, 8) &- 1
  }

  /// Offers room to a sender that was refused.
  private func tellRoom() {
    guard hasRefused, canReceive else { return }
    hasRefused = false
    onRoom?()
  }

  /// Remembers that a frame was refused.
  func refuse() -> Bool {
    hasRefused = true
    return false
  }

  // MARK: PHY

  /// The registers of the BCM5201 that are not zero: status with link and negotiation complete,
  /// identifier, abilities of both ends (full duplex at 100 Mbit/s), auxiliary status.
  private static let phy: [UInt32: UInt32] = [
    1: 0x402c, 2: 0x0040, 3: 0x6210, 4: 0x0100, 5: 0x0100, 24: 0x0003,
  ]

  /// Of the PHY's status register: link status, negotiation complete.
  private static let phyLink: UInt32 = 0x0024

  private func phyValue(_ register: UInt32) -> UInt32 {
    let value = Self.phy[register] ?? 0
    return register == 1 && !hasLink ? value & ~Self.phyLink : value
  }

  /// A frame on the management interface: start 01, operation, PHY, register, turnaround, data.
  /// - Returns: what the frame register then holds.
  private func exchange(_ frame: UInt32) -> UInt32 {
    let (turnaround, nothing): (UInt32, UInt32) = (0x1_0000, 0xffff)
    let phy = frame >> 23 & 0x1f
    let register = frame >> 18 & 0x1f
    let place = "addr 0x\(phy.hex()) reg 0x\(register.hex(2))"
    guard frame >> 30 == 1 else {
      TraceEvent.sungemMiiInvalidSof("MII frame with invalid SOF 0x\((frame >> 30).hex())")
      return nothing
    }
    switch frame >> 28 & 3 {
    case 1:
      TraceEvent.sungemMiiWrite("MII write \(place) val 0x\((frame & 0xffff).hex(4))")
      return frame | turnaround
    case 2:
      let value = phy == 0 ? phyValue(register) : nothing
      TraceEvent.sungemMiiRead("MII read \(place) val 0x\(value.hex(4))")
      return turnaround | value
    default:
      TraceEvent.sungemMiiInvalidOp("MII frame with invalid op 0x\((frame >> 28 & 3).hex())")
      return nothing
    }
  }
}
