import Machine

/// Apple's mac-io: one PCI device whose 512 KiB window holds the parts of the machine.
///
/// Which parts, and where, is the board's choice: it maps their windows into `bus`. Where nothing
/// is mapped nothing answers.
public final class MacIO: PCIDevice {
  /// The generations: Heathrow and Paddington, and KeyLargo.
  public enum Model: Sendable {
    case oldworld, newworld
  }

  /// `macio-oldworld` or `macio-newworld`.
  public let name: String
  public let configuration: PCIConfiguration
  /// The addresses within the window.
  public let bus = Bus("macio", size: 0x8_0000)

  /// A mac-io with nothing in it.
  public init(_ model: Model) {
    name = model == .oldworld ? "macio-oldworld" : "macio-newworld"
    configuration = PCIConfiguration(
      name,
      PCIIdentity(
        vendor: 0x106b, device: model == .oldworld ? 0x0010 : 0x0022, classCode: 0xff0000))
    configuration.setBaseAddress(
      0, .memory, Window("macio", size: bus.size, .bus(bus, from: 0)))
  }

  /// The PCI function alone: the parts are devices of their own.
  public func reset() { configuration.reset() }
}

/// KeyLargo's timer at mac-io+0x15000: a counter of 64 bits at 18.432 MHz that never stops.
///
/// The low word is at 0x38, the high word at 0x3c, little-endian; all else reads as zero.
public final class KeyLargoTimer: Device {
  public let name = "macio-timer"
  private let clock: Clock

  /// - Parameter clock: the machine's time.
  public init(clock: Clock) { self.clock = clock }

  /// Nothing: the counter never stops.
  public func reset() {}

  /// 4 KiB, at mac-io+0x15000.
  public private(set) lazy var window = Window(
    "timer", size: 0x1000,
    ClosureHandler(
      read: { [unowned self] offset, size in
        let value = read(offset)
        TraceEvent.macioTimerRead(
          "read addr 0x\(offset.hex(4)) len \(size) val 0x\(value.hex(8))")
        return UInt64(value)
      },
      write: { offset, size, value in
        TraceEvent.macioTimerWrite(
          "write addr 0x\(offset.hex(4)) len \(size) val 0x\(value.hex())")
        return true
      }), .little, sizes: 4...4)

  private func read(_ offset: UInt32) -> UInt32 {
    switch offset {
    case 0x38: UInt32(truncatingIfNeeded: count)
    case 0x3c: UInt32(truncatingIfNeeded: count >> 32)
    default: 0
    }
  }

  /// 18.432 MHz is 2304 counts in 125 microseconds.
  private var count: UInt64 {
    let now = UInt64(bitPattern: clock.now)
    return now / 125_000 &* 2304 &+ now % 125_000 * 2304 / 125_000
  }
}

/// KeyLargo's general purpose pins at mac-io+0x50: eight bytes of levels, which read as zero as in
/// QEMU, then a byte for each of 36 pins.
///
/// A pin's byte: bit 0 is what the pin drives, bit 1 its state, bit 2 makes it an output.
public final class KeyLargoGPIO: Device {
  public let name = "macio-gpio"
  private static let count = 36
  private static let firstPin: UInt32 = 8
  private enum Bit {
    static let output: UInt8 = 1
    static let state: UInt8 = 2
    static let outputEnable: UInt8 = 4
  }

  private var pins = [UInt8](repeating: 0, count: KeyLargoGPIO.count)
  private let interrupts: [Int: InterruptLine]

  /// - Parameter interrupts: lines by pin; a line is asserted while its pin is low. The boards have
  ///   them on pins 1 (the PMU) and 9 (the programmer's switch).
  public init(interrupts: [Int: InterruptLine]) { self.interrupts = interrupts }

  /// All pins are low inputs; their lines stay as they are.
  public func reset() {
    pins = [UInt8](repeating: 0, count: Self.count)
  }

  /// Drives a pin from outside.
  public func setInput(_ pin: Int, _ level: Bool) {
    guard pins.indices.contains(pin) else { return }
    TraceEvent.macioSetGpio("setting GPIO \(pin) to \(level ? 1 : 0)")
    pins[pin] = pins[pin] & ~Bit.state | (level ? Bit.state : 0)
    guard let line = interrupts[pin] else { return }
    let event = level ? TraceEvent.macioGpioIrqDeassert : TraceEvent.macioGpioIrqAssert
    event("\(level ? "de" : "")asserting GPIO \(pin)")
    line.set(!level)
  }

  /// 48 bytes, at mac-io+0x50.
  public private(set) lazy var window = Window(
    "gpio", size: 0x30,
    ClosureHandler(
      read: { [unowned self] offset, _ in UInt64(read(offset)) },
      write: { [unowned self] offset, _, value in
        write(offset, UInt8(truncatingIfNeeded: value))
        return true
      }), .little, sizes: 1...1)

  private func read(_ offset: UInt32) -> UInt8 {
    guard offset >= Self.firstPin else { return 0 }
    let pin = Int(offset - Self.firstPin)
    return pin < pins.count ? pins[pin] : 0
  }

  private func write(_ offset: UInt32, _ value: UInt8) {
    guard offset >= Self.firstPin else { return }
    let pin = offset - Self.firstPin
    TraceEvent.macioGpioWrite("addr: 0x\(pin.hex()) value: 0x\(value.hex())")
    guard pin < pins.count else { return }
    let driven = (value & Bit.output) << 1
    let state = value & Bit.outputEnable != 0 ? driven : pins[Int(pin)] & Bit.state
    pins[Int(pin)] = value & ~Bit.state | state
  }
}

extension TraceEvent {
  /// The timer is read or written.
  static let macioTimerWrite = TraceEvent("macio_timer_write")
  static let macioTimerRead = TraceEvent("macio_timer_read")
  /// A pin is driven from outside, and its interrupt follows; a register is written.
  static let macioSetGpio = TraceEvent("macio_set_gpio")
  static let macioGpioIrqAssert = TraceEvent("macio_gpio_irq_assert")
  static let macioGpioIrqDeassert = TraceEvent("macio_gpio_irq_deassert")
  static let macioGpioWrite = TraceEvent("macio_gpio_write")
}

/// The trace events of mac-io's own parts.
public let macIOTraceEvents: [TraceEvent] = [
  .macioTimerWrite, .macioTimerRead, .macioSetGpio, .macioGpioIrqAssert, .macioGpioIrqDeassert,
  .macioGpioWrite,
]
