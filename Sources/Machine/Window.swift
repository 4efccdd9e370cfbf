/// A range of addresses that can be mapped into a bus: memory, registers, or another bus.
public final class Window {
  /// What is behind the addresses.
  public enum Content {
    /// Memory; a read-only one swallows writes.
    case memory(PhysicalMemory, offset: Int, isReadOnly: Bool)
    /// Registers of a device.
    case registers(any AddressHandler, ByteOrder, sizes: ClosedRange<Int>)
    /// Another bus, from an address of it on.
    case bus(Bus, from: UInt64)
  }

  /// The name that `info mtree` shows, such as `heathrow-pic`.
  public let name: String
  /// Bytes.
  public let size: UInt64
  /// What is behind it.
  public let content: Content

  /// - Parameter content: what is behind it.
  public init(_ name: String, size: UInt64, _ content: Content) {
    self.name = name
    self.size = size
    self.content = content
  }

  /// Memory, writable or not.
  public convenience init(_ name: String, _ memory: PhysicalMemory, isReadOnly: Bool = false) {
    self.init(
      name, size: UInt64(memory.size), .memory(memory, offset: 0, isReadOnly: isReadOnly))
  }

  /// Registers.
  /// - Parameter sizes: the sizes in bytes that the device itself takes; the bus splits wider
  ///   accesses, and widens narrower ones for reading.
  public convenience init(
    _ name: String, size: UInt64, _ handler: any AddressHandler, _ order: ByteOrder = .big,
    sizes: ClosedRange<Int> = 1...4
  ) {
    self.init(name, size: size, .registers(handler, order, sizes: sizes))
  }

  /// Whether it is memory, and how it is shown: `ram`, `rom` or `i/o`.
  public var kind: String {
    switch content {
    case .memory(_, _, isReadOnly: true): "rom"
    case .memory: "ram"
    default: "i/o"
    }
  }
}
