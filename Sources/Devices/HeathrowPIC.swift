import Machine

/// The interrupt controller of Apple's Heathrow and Paddington: 64 inputs, one output.
///
/// Two banks of four little-endian words: at 0x10 for inputs 32 to 63, at 0x20 for 0 to 31. An
/// edge input sets its event bit when it rises and keeps it until it is cleared; a level input
/// shows only while it is asserted.
public final class HeathrowPIC: Device {
  public let name = "heathrow"
  private var banks = [Bank(), Bank()]
  private let output: InterruptLine

  /// One bank of 32 inputs.
  private struct Bank {
    var events: UInt32 = 0
    var mask: UInt32 = 0
    var levels: UInt32 = 0
    /// Inputs that are levels; the others are edges.
    var levelTriggered: UInt32 = 0

    var pending: UInt32 { (events | levels & levelTriggered) & mask }
  }

  /// Offsets within a bank.
  private enum Offset {
    static let event: UInt32 = 0x0
    static let mask: UInt32 = 0x4
    static let clear: UInt32 = 0x8
    static let level: UInt32 = 0xc
  }

  /// Inputs 20 to 28 are levels: the slots and the second channel of Ethernet.
  private static let levelTriggered: UInt32 = 0x1ff0_0000

  /// - Parameter output: the processor's INT.
  public init(output: InterruptLine) {
    self.output = output
    reset()
  }

  /// Nothing is pending or enabled, and no input asserted.
  public func reset() {
    banks = [Bank(), Bank()]
    banks[1].levelTriggered = Self.levelTriggered
    update()
  }

  /// Drives an input, 0 to 63.
  public func setInput(_ number: Int, _ level: Bool) {
    guard (0..<64).contains(number) else { return }
    let bank = 1 - number / 32
    let bit: UInt32 = 1 << UInt32(number % 32)
    let wasHigh = banks[bank].levels & bit != 0
    if level != wasHigh {
      TraceEvent.heathrowSetIrq("set_irq: num=0x\(number.hex(2)) level=\(level ? 1 : 0)")
    }
    if level {
      banks[bank].events |= bit & ~banks[bank].levelTriggered
      banks[bank].levels |= bit
    } else {
      banks[bank].levels &= ~bit
    }
    update()
  }

  /// 4 KiB, at the start of mac-io.
  public private(set) lazy var window = Window(
    "heathrow-pic", size: 0x1000,
    ClosureHandler(
      read: { [unowned self] offset, _ in UInt64(read(offset)) },
      write: { [unowned self] offset, _, value in
        write(offset, UInt32(truncatingIfNeeded: value))
        return true
      }), .little, sizes: 4...4)

  /// What `info pic` shows.
  public var properties: [(name: String, value: String)] {
    zip(["32-63", "0-31"], banks).flatMap { name, bank in
      [
        ("events \(name)", "0x" + bank.events.hex(8)), ("mask \(name)", "0x" + bank.mask.hex(8)),
        ("levels \(name)", "0x" + bank.levels.hex(8)),
      ]
    }
  }

  private func read(_ offset: UInt32) -> UInt32 {
    let number = Self.bank(offset)
    var value: UInt32 = 0
    if number < 2 {
      switch offset & 0xc {
      case Offset.event: value = banks[number].events
      case Offset.mask: value = banks[number].mask
      case Offset.level: value = banks[number].levels
      default: value = 0
      }
    }
    TraceEvent.heathrowRead("0x\(offset.hex()) \(number): 0x\(value.hex())")
    return value
  }

  private func write(_ offset: UInt32, _ value: UInt32) {
    let number = Self.bank(offset)
    TraceEvent.heathrowWrite("0x\(offset.hex()) \(number): 0x\(value.hex())")
    guard number < 2 else { return }
    switch offset & 0xc {
    case Offset.mask: banks[number].mask = value
    case Offset.clear: banks[number].events &= ~(value & ~banks[number].levelTriggered)
    default: return
    }
    update()
  }

  /// The bank of an offset; a number above 1 if there is none.
  private static func bank(_ offset: UInt32) -> Int {
    Int((offset &- 0x10) >> 4)
  }

  private func update() {
    output.set(banks.contains { $0.pending != 0 })
  }
}

extension TraceEvent {
  /// A register is read or written.
  static let heathrowRead = TraceEvent("heathrow_read")
  static let heathrowWrite = TraceEvent("heathrow_write")
  /// An input changes.
  static let heathrowSetIrq = TraceEvent("heathrow_set_irq")
}

/// The trace events of the Heathrow interrupt controller.
public let heathrowTraceEvents: [TraceEvent] = [.heathrowWrite, .heathrowRead, .heathrowSetIrq]
