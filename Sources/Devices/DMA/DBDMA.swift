import Machine

/// The descriptor-based DMA controller of mac-io: 32 channels that run programs in memory.
///
/// "Macintosh Technology in the Common Hardware Reference Platform", chapter "Descriptor-Based
/// DMA". The registers are little-endian.
public final class DBDMA: Device {
  public let name = "mac-dbdma"
  /// The channels by number.
  public let channels: [DBDMAChannel]

  /// - Parameters:
  ///   - bus: where descriptors and data are.
  ///   - clock: of the pauses that keep an endless program from stopping the machine.
  ///   - interrupts: the lines of the channels that have one, by number.
  public init(bus: Bus, clock: Clock, interrupts: [Int: InterruptLine] = [:]) {
    channels = (0..<32).map { number in
      DBDMAChannel(number, bus: bus, clock: clock, interrupt: interrupts[number])
    }
  }

  /// The registers: 0x80 bytes for each channel.
  public private(set) lazy var window = Window(
    "dbdma", size: 0x1000,
    ClosureHandler(
      read: { [unowned self] offset, size in
        channels[Int(offset >> 7 & 31)].registers.read(offset & 0x7c, size) ?? 0
      },
      write: { [unowned self] offset, size, value in
        _ = channels[Int(offset >> 7 & 31)].registers.write(offset & 0x7c, size, value)
        return true
      }), .little, sizes: 4...4)

  public func reset() {
    for channel in channels { channel.reset() }
  }
}

/// A device at the other end of a DMA channel.
public protocol DBDMATarget: AnyObject {
  /// Moves bytes between the device and memory.
  ///
  /// Moving fewer than wanted means that the device has no more for now: the channel waits, and
  /// asks for the rest of the command after `DBDMAChannel.resume()`.
  /// - Parameters:
  ///   - isInput: from the device to memory.
  ///   - bus: the memory.
  ///   - address: of the first byte in memory.
  ///   - count: bytes wanted.
  /// - Returns: the bytes moved, or nil if memory did not answer.
  func transfer(isInput: Bool, on bus: Bus, address: UInt64, count: Int) -> Int?
}
