import Machine

/// What a PCI function says about itself (PCI Local Bus Specification 2.2, section 6.1).
public struct PCIIdentity: Sendable {
  /// Vendor ID and Device ID.
  public var vendor, device: UInt16
  /// Class Code: base class, sub-class and programming interface, 24 bits.
  public var classCode: UInt32
  /// Revision ID.
  public var revision: UInt8
  /// Subsystem Vendor ID, by default that of QEMU's devices.
  public var subsystemVendor: UInt16 = 0x1af4
  /// Subsystem ID, by default that of QEMU's devices.
  public var subsystem: UInt16 = 0x1100
  /// Interrupt Pin: 0 for none, 1 to 4 for INTA to INTD.
  public var interruptPin: UInt8 = 0

  /// The identity of a function.
  public init(
    vendor: UInt16, device: UInt16, classCode: UInt32, revision: UInt8 = 0, interruptPin: UInt8 = 0
  ) {
    self.vendor = vendor
    self.device = device
    self.classCode = classCode
    self.revision = revision
    self.interruptPin = interruptPin
  }
}

/// A base address register: which address space it asks for, and what it maps there.
public struct PCIBaseAddress {
  /// The space, as in bits 0 and 3 of the register.
  public enum Space: UInt32, Sendable {
    case memory = 0
    case io = 1
    case prefetchableMemory = 8
  }

  /// The space.
  public let space: Space
  /// What is mapped; its size must be a power of two.
  public let window: Window
  /// Where it is mapped now, or nil.
  public internal(set) var address: UInt64?

  /// A register that asks for the size of a window.
  public init(_ space: Space, _ window: Window) {
    self.space = space
    self.window = window
  }

  /// The bits that software can set.
  var writable: UInt32 { 0 &- UInt32(truncatingIfNeeded: window.size) }
}

/// A PCI device of one function.
public protocol PCIDevice: Device {
  /// Its configuration space.
  var configuration: PCIConfiguration { get }
}

/// The 256 bytes of configuration space of a PCI function, of header type 0.
///
/// Numbers are little-endian, as on PCI. Base addresses are mapped and unmapped on the bus as the
/// registers are written.
public final class PCIConfiguration {
  /// What the function says about itself.
  public let identity: PCIIdentity
  /// The device's name in trace events.
  public let name: String
  /// The bus it sits on: set by `PCIBus.add`, as its place there.
  public internal(set) weak var bus: PCIBus?
  /// Its slot on the bus, 0 to 31.
  public internal(set) var slot = 0
  /// Its number in the slot, 0 to 7.
  public internal(set) var function = 0
  /// The base address registers by number.
  public private(set) var baseAddresses: [Int: PCIBaseAddress] = [:]
  /// The function's interrupt pin; wired by `PCIBus.add`.
  public let interrupt = InterruptLine("INTx")
  /// What the bus is told of the pin: changes after Interrupt Disable is taken into account.
  var onInterrupt: ((Bool) -> Void)?
  private var bytes = [UInt8](repeating: 0, count: 256)
  private var writable = [UInt8](repeating: 0, count: 256)
  private var clearedByOne = [UInt8](repeating: 0, count: 256)
  private let fixedBytes: [Int: UInt8]

  /// - Parameters:
  ///   - name: in trace events, such as `VGA`.
  ///   - fixed: further bytes by offset, with their value after reset.
  public init(_ name: String, _ identity: PCIIdentity, fixed: [Int: UInt8] = [:]) {
    self.name = name
    self.identity = identity
    fixedBytes = fixed
    setMasks()
    reset()
    interrupt.connect { [unowned self] _ in updateInterrupt() }
  }

  /// Declares a base address register, 0 to 5. To be called before the machine runs.
  public func setBaseAddress(_ number: Int, _ space: PCIBaseAddress.Space, _ window: Window) {
    let new = PCIBaseAddress(space, window)
    baseAddresses[number] = new
    store(new.writable, 4, at: Self.baseAddress(number), in: &writable)
    store(space.rawValue, 4, at: Self.baseAddress(number), in: &bytes)
  }

  /// As after RST#: nothing is mapped.
  public func reset() {
    bytes = [UInt8](repeating: 0, count: 256)
    store(UInt32(identity.device) << 16 | UInt32(identity.vendor), 4, at: 0x00, in: &bytes)
    store(identity.classCode << 8 | UInt32(identity.revision), 4, at: 0x08, in: &bytes)
    let subsystem = UInt32(identity.subsystem) << 16 | UInt32(identity.subsystemVendor)
    store(subsystem, 4, at: 0x2c, in: &bytes)
    bytes[Self.interruptPin] = identity.interruptPin
    for (offset, value) in fixedBytes { bytes[offset & 0xff] = value }
    for (number, register) in baseAddresses {
      store(register.space.rawValue, 4, at: Self.baseAddress(number), in: &bytes)
    }
    updateMappings()
  }

  // MARK: Access

  /// Reads 1, 2 or 4 bytes; bytes beyond the end are zero.
  public func read(_ offset: Int, _ size: Int) -> UInt32 {
    var value: UInt32 = 0
    for n in 0..<size where offset + n < 256 {
      value |= UInt32(bytes[offset + n]) << UInt32(8 * n)
    }
    return value
  }

  /// Writes 1, 2 or 4 bytes, as far as the registers let themselves be written.
  public func write(_ offset: Int, _ size: Int, _ value: UInt32) {
    for n in 0..<size where offset + n < 256 {
      let at = offset + n
      let byte = UInt8(truncatingIfNeeded: value >> UInt32(8 * n))
      bytes[at] = bytes[at] & ~writable[at] | byte & writable[at]
      bytes[at] &= ~(byte & clearedByOne[at])
    }
    let end = offset + size
    if offset < 0x28 && end > 0x10 || offset < 0x06 && end > 0x04 { updateMappings() }
    if offset < 0x06 && end > 0x04 { updateInterrupt() }
  }

  /// Memory Space of the Command register: base addresses of memory are decoded.
  public var isMemoryEnabled: Bool { bytes[Self.command] & 2 != 0 }
  /// I/O Space of the Command register: base addresses of I/O are decoded.
  public var isIOEnabled: Bool { bytes[Self.command] & 1 != 0 }
  /// Bus Master of the Command register: the function may access memory.
  public var isBusMaster: Bool { bytes[Self.command] & 4 != 0 }
  /// Interrupt Line, as software has left it.
  public var interruptLine: UInt8 { bytes[Self.interruptLine] }

  // MARK: Details

  private static let command = 0x04
  private static let status = 0x06
  private static let interruptLine = 0x3c
  private static let interruptPin = 0x3d
  private static func baseAddress(_ number: Int) -> Int { 0x10 + 4 * number }

  /// Which bits software can set, and which it clears by writing one.
  private func setMasks() {
    // I/O Space, Memory Space, Bus Master; SERR# Enable, Interrupt Disable.
    store(0x0507, 2, at: Self.command, in: &writable)
    // The five error bits and Master Data Parity Error.
    store(0xf900, 2, at: Self.status, in: &clearedByOne)
    writable[0x0c] = 0xff
    writable[Self.interruptLine] = 0xff
    for at in 0x40..<0x100 { writable[at] = 0xff }
  }

  private func store(_ value: UInt32, _ size: Int, at offset: Int, in list: inout [UInt8]) {
    for n in 0..<size {
      list[offset + n] = UInt8(truncatingIfNeeded: value >> UInt32(8 * n))
    }
  }

  /// Drives the pin's wire and Interrupt Status.
  private func updateInterrupt() {
    let isDisabled = bytes[Self.command + 1] & 4 != 0
    if interrupt.level {
      bytes[Self.status] |= 8
    } else {
      bytes[Self.status] &= ~8
    }
    onInterrupt?(interrupt.level && !isDisabled)
  }

  /// Moves windows to where the registers say.
  func updateMappings() {
    for number in baseAddresses.keys.sorted() {
      guard let register = baseAddresses[number], let bus else { continue }
      let wanted = address(number, register)
      guard wanted != register.address else { continue }
      let space = register.space == .io ? bus.io : bus.memory
      if let old = register.address {
        space.unmap(register.window)
        tell(.pciUpdateMappingsDel, number, old, register)
      }
      baseAddresses[number]?.address = wanted
      guard let wanted else { continue }
      PCIBus.map(register.window, at: wanted, in: space)
      tell(.pciUpdateMappingsAdd, number, wanted, register)
    }
  }

  /// The address that a register asks for, or nil: decoding is off, or the address is that of
  /// a register not yet programmed or of one being sized.
  private func address(_ number: Int, _ register: PCIBaseAddress) -> UInt64? {
    guard register.space == .io ? isIOEnabled : isMemoryEnabled else { return nil }
    let first = read(Self.baseAddress(number), 4) & register.writable
    let last = UInt64(first) + register.window.size - 1
    return first == 0 || last >= 0xffff_ffff ? nil : UInt64(first)
  }

  private func tell(
    _ event: TraceEvent, _ number: Int, _ address: UInt64, _ register: PCIBaseAddress
  ) {
    event("\(place) \(number),0x\(address.hex())+0x\(register.window.size.hex())")
  }

  /// Name, bus, slot and function as trace events show them.
  var place: String { "\(name) 00:\(slot.hex(2)).\(function.hex())" }
}
