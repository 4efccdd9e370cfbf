import Machine

/// An NE2000 on PCI, as Realtek's RTL8029: National's DP8390 network controller with 32 KiB of
/// buffer memory.
///
/// After the DP8390D/NS32490D data sheet; the register pages, the data port and the reset port of
/// the NE2000 lie in 256 bytes of PCI I/O space.
public final class NE2000: NetworkCard {
  public let name = "ne2k_pci"
  public let configuration = PCIConfiguration(
    "ne2k_pci", PCIIdentity(vendor: 0x10ec, device: 0x8029, classCode: 0x020000, interruptPin: 1))
  /// Told when the ring has room again after `receive` returned false.
  public var onRoom: (() -> Void)?
  /// No register of this card shows it.
  public var hasLink = true

  /// Buffer memory in the controller's addresses.
  private static let memoryRange = 0x4000..<0xc000
  /// The PROM with the station address: 32 bytes.
  private static let promSize = 32
  /// The longest frame, and the shortest that the ring shows.
  private static let longestFrame = 1514
  private static let shortestFrame = 60
  /// The four bytes that follow a frame in the ring's count, as the checksum would.
  private static let checksumSize = 4
  private static let headerSize = 4
  private static let longestFramePages = (headerSize + longestFrame + checksumSize + 255) >> 8

  private let address: [UInt8]
  private let send: ([UInt8]) -> Void
  private var memory = [UInt8](repeating: 0, count: NE2000.memoryRange.upperBound)
  private var state = State()
  private var isFull = false

  /// The registers, by the data sheet's names.
  private struct State {
    var cr = Command.stop
    var isr = Status.reset
    var imr: UInt8 = 0
    var dcr: UInt8 = 0
    var rcr: UInt8 = 0
    var tsr: UInt8 = 0
    var rsr: UInt8 = 0
    var pstart: UInt8 = 0
    var pstop: UInt8 = 0
    var bnry: UInt8 = 0
    var curr: UInt8 = 0
    var tpsr: UInt8 = 0
    var tbcr: UInt16 = 0
    var rsar: UInt16 = 0
    var rbcr: UInt16 = 0
    var par = [UInt8](repeating: 0, count: 6)
    var mar = [UInt8](repeating: 0, count: 8)
  }

  /// Bits of the command register.
  private enum Command {
    static let stop: UInt8 = 0x01
    static let transmit: UInt8 = 0x04
    static let remoteRead: UInt8 = 0x08
    static let remoteWrite: UInt8 = 0x10
  }

  /// Bits of the interrupt status register.
  private enum Status {
    static let received: UInt8 = 0x01
    static let transmitted: UInt8 = 0x02
    static let remoteDone: UInt8 = 0x40
    static let reset: UInt8 = 0x80
  }

  /// Bits of the receive configuration register.
  private enum Receive {
    static let broadcast: UInt8 = 0x04
    static let multicast: UInt8 = 0x08
    static let promiscuous: UInt8 = 0x10
  }

  /// - Parameters:
  ///   - address: the station address, six bytes.
  ///   - send: takes frames without their checksum.
  public init(address: [UInt8], send: @escaping ([UInt8]) -> Void) {
    self.address = Array((address + [0, 0, 0, 0, 0, 0]).prefix(6))
    self.send = send
    configuration.setBaseAddress(0, .io, window)
    resetController()
  }

  /// The registers are as after power-on; then what the reset port does.
  public func reset() {
    configuration.reset()
    state = State()
    resetController()
  }

  /// The station address.
  public var properties: [(name: String, value: String)] {
    [("mac", "\"" + address.map { $0.hex(2) }.joined(separator: ":") + "\"")]
  }

  /// What the reset port does: stops, and shows the station address in the PROM, each byte twice.
  private func resetController() {
    state.isr = Status.reset
    let prom = address + [UInt8](repeating: 0, count: 8) + [0x57, 0x57]
    for (n, byte) in prom.enumerated() {
      memory[2 * n] = byte
      memory[2 * n + 1] = byte
    }
    updateInterrupt()
  }

  private func updateInterrupt() {
    configuration.interrupt.set(state.isr & state.imr & 0x7f != 0)
  }

  // MARK: Ports

  private var window: Window {
    Window(
      "ne2000", size: 0x100,
      ClosureHandler(
        read: { [unowned self] offset, size in
          let value = read(offset, size)
          TraceEvent.ne2000Read("read addr=0x\(offset.hex()) val=0x\(value.hex())")
          return value
        },
        write: { [unowned self] offset, size, value in
          TraceEvent.ne2000Write("write addr=0x\(offset.hex()) val=0x\(value.hex())")
          write(offset, size, value)
          return true
        }), .little)
  }

  /// The data port, and the port that resets.
  private static let dataPort: UInt32 = 0x10
  private static let resetPort: UInt32 = 0x1f

  private func read(_ offset: UInt32, _ size: Int) -> UInt64 {
    if offset < 0x10 && size == 1 {
      let value = readRegister(UInt8(offset) | (state.cr >> 6) << 4)
      TraceEvent.ne2000IoportRead("io read addr=0x\(offset.hex(2)) val=0x\(value.hex(2))")
      return UInt64(value)
    }
    if offset == Self.dataPort { return readData(size) }
    if offset == Self.resetPort && size == 1 {
      resetController()
      return 0
    }
    return 1 << UInt64(8 * size) &- 1
  }

  private func write(_ offset: UInt32, _ size: Int, _ value: UInt64) {
    let byte = UInt8(truncatingIfNeeded: value)
    if offset < 0x10 && size == 1 {
      TraceEvent.ne2000IoportWrite("io write addr=0x\(offset.hex(2)) val=0x\(byte.hex(2))")
      let page = offset == 0 ? 0 : state.cr >> 6
      writeRegister(UInt8(offset) | page << 4, byte)
    } else if offset == Self.dataPort {
      writeData(size, value)
    }
  }

  /// Reads a register: the page in the high digit, the number in the low one.
  private func readRegister(_ number: UInt8) -> UInt8 {
    switch number {
    case 0x00, 0x10, 0x20, 0x30: return state.cr
    case 0x03: return state.bnry
    case 0x04: return state.tsr
    case 0x07: return state.isr
    case 0x08: return UInt8(state.rsar & 0xff)
    case 0x09: return UInt8(state.rsar >> 8)
    // The RTL8029's identification, "PC".
    case 0x0a: return 0x50
    case 0x0b: return 0x43
    case 0x0c: return state.rsr
    case 0x11...0x16: return state.par[Int(number - 0x11)]
    case 0x17: return state.curr
    case 0x18...0x1f: return state.mar[Int(number - 0x18)]
    case 0x21: return state.pstart
    case 0x22: return state.pstop
    // CONFIG2 and CONFIG3 of the RTL8029: full duplex.
    case 0x35, 0x36: return 0x40
    default: return 0
    }
  }

  private func writeRegister(_ number: UInt8, _ value: UInt8) {
    switch number {
    case 0x00: writeCommand(value)
    case 0x01: state.pstart = value
    case 0x02: state.pstop = value
    case 0x03:
      state.bnry = value
      tellRoom()
    case 0x04: state.tpsr = value
    case 0x05: state.tbcr = state.tbcr & 0xff00 | UInt16(value)
    case 0x06: state.tbcr = state.tbcr & 0x00ff | UInt16(value) << 8
    case 0x07:
      state.isr &= ~(value & 0x7f)
      updateInterrupt()
      if value & Status.received != 0 { tellRoom() }
    case 0x08: state.rsar = state.rsar & 0xff00 | UInt16(value)
    case 0x09: state.rsar = state.rsar & 0x00ff | UInt16(value) << 8
    case 0x0a: state.rbcr = state.rbcr & 0xff00 | UInt16(value)
    case 0x0b: state.rbcr = state.rbcr & 0x00ff | UInt16(value) << 8
    case 0x0c: state.rcr = value
    case 0x0e: state.dcr = value
    case 0x0f:
      state.imr = value
      updateInterrupt()
    case 0x11...0x16: state.par[Int(number - 0x11)] = value
    case 0x17: state.curr = value
    case 0x18...0x1f: state.mar[Int(number - 0x18)] = value
    default: return
    }
  }

  private func writeCommand(_ value: UInt8) {
    state.cr = value
    guard value & Command.stop == 0 else { return }
    state.isr &= ~Status.reset
    // A remote transfer of nothing is done at once.
    if value & (Command.remoteRead | Command.remoteWrite) != 0 && state.rbcr == 0 {
      state.isr |= Status.remoteDone
      updateInterrupt()
    }
    if value & Command.transmit != 0 { transmit() }
    tellRoom()
  }

  private func transmit() {
    var first = Int(state.tpsr) << 8
    if first >= Self.memoryRange.upperBound { first -= Self.memoryRange.count }
    let end = first + Int(state.tbcr)
    if end <= Self.memoryRange.upperBound { send(Array(memory[first..<end])) }
    state.tsr = 1
    state.isr |= Status.transmitted
    state.cr &= ~Command.transmit
    updateInterrupt()
  }

  // MARK: Remote DMA

  /// The bytes that an access to the data port moves: bit 0 of DCR chooses words.
  private func transferSize(_ size: Int) -> Int { size == 4 ? 4 : state.dcr & 1 == 1 ? 2 : 1 }

  private func readData(_ size: Int) -> UInt64 {
    let count = transferSize(size)
    var value: UInt64 = 0
    let first = Int(state.rsar) & (count == 1 ? ~0 : ~1)
    for n in 0..<count { value |= UInt64(memoryByte(first + n)) << UInt64(8 * n) }
    advance(count)
    return value & (1 << UInt64(8 * size) &- 1)
  }

  private func writeData(_ size: Int, _ value: UInt64) {
    guard state.rbcr > 0 else { return }
    let count = transferSize(size)
    let first = Int(state.rsar) & (count == 1 ? ~0 : ~1)
    for n in 0..<count where Self.isMemory(first + n) {
      memory[first + n] = UInt8(truncatingIfNeeded: value >> UInt64(8 * n))
    }
    advance(count)
  }

  private static func isMemory(_ address: Int) -> Bool {
    address < promSize || memoryRange.contains(address)
  }

  private func memoryByte(_ address: Int) -> UInt8 {
    Self.isMemory(address) ? memory[address] : 0xff
  }

  /// Moves the remote address on, around the ring, and counts down.
  private func advance(_ count: Int) {
    state.rsar &+= UInt16(count)
    if state.rsar == UInt16(state.pstop) << 8 { state.rsar = UInt16(state.pstart) << 8 }
    if Int(state.rbcr) <= count {
      state.rbcr = 0
      state.isr |= Status.remoteDone
      updateInterrupt()
    } else {
      state.rbcr -= UInt16(count)
    }
  }

  // MARK: Receiving

  /// A frame has come, without its checksum.
  /// - Returns: false if the ring has no room or the controller is stopped: it may be offered again
  ///   when `onRoom` is called. Frames for other stations are taken and dropped.
  @discardableResult
  public func receive(_ frame: [UInt8]) -> Bool {
    guard state.cr & Command.stop == 0, hasRoom else {
      isFull = true
      return false
    }
    guard frame.count >= 6, frame.count <= Self.longestFrame, accepts(frame) else { return true }
    let padding = [UInt8](repeating: 0, count: max(0, Self.shortestFrame - frame.count))
    store(frame + padding, isMulticast: frame[0] & 1 == 1)
    return true
  }

  private func tellRoom() {
    guard isFull, state.cr & Command.stop == 0, hasRoom else { return }
    isFull = false
    onRoom?()
  }

  /// Whether the ring has room for the longest frame, or for two while the driver has not
  /// acknowledged earlier ones: then one can come, and be told, after that. Otherwise a driver that
  /// acknowledges and leaves frames in a full ring would never hear of them.
  ///
  /// One page stays free: if CURR reached BNRY, a full ring would be an empty one.
  private var hasRoom: Bool {
    let (write, read) = (Int(state.curr), Int(state.bnry))
    let size = Int(state.pstop) - Int(state.pstart)
    guard size > 0 else { return false }
    let pages = write < read ? read - write : size - (write - read)
    return pages > Self.longestFramePages * (state.isr & Status.received != 0 ? 2 : 1)
  }

  /// The address filter of the receive configuration register.
  private func accepts(_ frame: [UInt8]) -> Bool {
    let destination = Array(frame[0..<6])
    if state.rcr & Receive.promiscuous != 0 { return true }
    if destination.allSatisfy({ $0 == 0xff }) { return state.rcr & Receive.broadcast != 0 }
    if destination[0] & 1 == 0 { return destination == state.par }
    guard state.rcr & Receive.multicast != 0 else { return false }
    let hash = Int(EthernetChecksum.bigEndian(destination) >> 26)
    return state.mar[hash >> 3] >> UInt8(hash & 7) & 1 == 1
  }

  /// Puts a frame into the ring behind its header: status, next page, count.
  private func store(_ frame: [UInt8], isMulticast: Bool) {
    let (start, stop) = (Int(state.pstart) << 8, Int(state.pstop) << 8)
    let count = frame.count + Self.checksumSize
    let pages = (count + Self.headerSize + 255) >> 8
    var next = Int(state.curr) + pages
    if next >= Int(state.pstop) { next -= Int(state.pstop) - Int(state.pstart) }
    state.rsr = isMulticast ? 0x21 : 0x01
    let header = [state.rsr, UInt8(next & 0xff), UInt8(count & 0xff), UInt8(count >> 8)]
    var address = Int(state.curr) << 8
    for byte in header + frame {
      if address == stop { address = start }
      if Self.memoryRange.contains(address) { memory[address] = byte }
      address += 1
    }
    state.curr = UInt8(next & 0xff)
    state.isr |= Status.received
    updateInterrupt()
  }
}

extension TraceEvent {
  /// An access to the window; to a register by its port.
  static let ne2000Read = TraceEvent("ne2000_read")
  static let ne2000Write = TraceEvent("ne2000_write")
  static let ne2000IoportRead = TraceEvent("ne2000_ioport_read")
  static let ne2000IoportWrite = TraceEvent("ne2000_ioport_write")
}

/// The trace events of the NE2000.
public let ne2000TraceEvents: [TraceEvent] = [
  .ne2000Read, .ne2000Write, .ne2000IoportRead, .ne2000IoportWrite,
]
