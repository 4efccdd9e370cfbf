import Machine

/// An IDE channel of mac-io: two units, their registers 16 bytes apart, and DMA through a DBDMA
/// channel. Commands are done when the host writes them: it never sees a unit busy.
public final class IDEChannel: Device, AddressHandler, DBDMATarget {
  public let name = "macio-ide"
  /// Unit 0 (master) and 1 (slave); an empty one answers as if nothing was there.
  public let units: [ATAUnit]
  private let interrupt: InterruptLine
  private weak var dma: DBDMAChannel?
  private var selected: ATAUnit
  /// Device Control as written.
  private var control: UInt8 = 0
  /// The timing of the cable, which is kept and has no effect.
  private var timing: UInt32 = 0

  /// - Parameters:
  ///   - unit0: what is on the cable as master, or nil.
  ///   - unit1: what is on the cable as slave, or nil.
  ///   - interrupt: INTRQ.
  ///   - dma: the DBDMA channel; its other end is here from now on.
  public init(
    unit0: ATAUnit?, unit1: ATAUnit?, interrupt: InterruptLine, dma: DBDMAChannel? = nil
  ) {
    units = [unit0 ?? ATAUnit(), unit1 ?? ATAUnit()]
    self.interrupt = interrupt
    self.dma = dma
    selected = units[0]
    dma?.target = self
    for unit in units {
      unit.onInterrupt = { [unowned self, unowned unit] in raise(unit) }
      unit.onDMAReady = { [weak dma] in dma?.resume() }
    }
    reset()
  }

  /// The registers; little-endian as the cable's data lines are.
  public private(set) lazy var window = Window(
    "pmac-ide", size: 0x1000, self, .little, sizes: 1...4)

  /// Both units are as after power-on, and unit 0 is selected.
  public func reset() {
    control = 0
    timing = 0
    selected = units[0]
    for unit in units { unit.powerOnReset() }
    updateInterrupt()
  }

  // MARK: Interrupt and DMA

  private func raise(_ unit: ATAUnit) {
    guard control & Control.interruptDisable == 0 else { return }
    unit.isInterrupting = true
    updateInterrupt()
  }

  /// Only the selected unit drives INTRQ.
  private func updateInterrupt() {
    interrupt.set(selected.isInterrupting && control & Control.interruptDisable == 0)
  }

  /// The selected unit's data.
  public func transfer(isInput: Bool, on bus: Bus, address: UInt64, count: Int) -> Int? {
    selected.transfer(isInput: isInput, on: bus, address: address, count: count)
  }

  // MARK: Registers

  /// The registers by their number, the offset divided by 16.
  private enum Register {
    static let data: UInt32 = 0
    static let features: UInt32 = 1
    static let count: UInt32 = 2
    static let low: UInt32 = 3
    static let mid: UInt32 = 4
    static let high: UInt32 = 5
    static let device: UInt32 = 6
    static let command: UInt32 = 7
    /// Alternate Status and Device Control, at both places where drivers look for it.
    static let control: UInt32 = 8
    static let controlToo: UInt32 = 0x16
    static let timing: UInt32 = 0x20
    /// Bits of the offset that are not looked at: 16 bytes to a register.
    static let shift: UInt32 = 4
  }

  /// Bits of Device Control.
  private enum Control {
    static let interruptDisable: UInt8 = 0x02
    static let softReset: UInt8 = 0x04
    /// HOB: the registers show what was written before last.
    static let highOrder: UInt8 = 0x80
  }

  /// The bit of Device/Head that selects unit 1, and the ones that always read as set.
  private static let unitBit: UInt8 = 0x10
  private static let deviceAlways: UInt8 = 0xa0

  /// Data of 2 or 4 bytes; other registers whatever the size, and zero where there is none.
  public func read(_ offset: UInt32, _ size: Int) -> UInt64? {
    let register = offset >> Register.shift
    if register == Register.data { return readData(size) }
    switch register {
    case Register.control, Register.controlToo:
      TraceEvent.ideStatusRead(
        "IDE PIO rd @ 0x0 (Alt Status); val \(HexText.byte(selected.status)); \(traceNames(";"))")
      return UInt64(selected.status)
    case Register.timing: return UInt64(timing)
    case 1...7: break
    default: return 0
    }
    let value = readRegister(register)
    TraceEvent.ideRead(
      "IDE PIO rd @ \(HexText.plain(register)) (\(Self.readNames[Int(register)])); "
        + "val \(HexText.byte(value)); \(traceNames())")
    return UInt64(value)
  }

  private func readRegister(_ register: UInt32) -> UInt8 {
    if register == Register.command {
      selected.isInterrupting = false
      updateInterrupt()
      return selected.status
    }
    guard units[0].isPresent || units[1].isPresent else { return 0 }
    let isOlder = control & Control.highOrder != 0
    let file = isOlder ? selected.previous : selected.registers
    switch register {
    case Register.features: return isOlder ? selected.previous.features : selected.error
    case Register.count: return file.count
    case Register.low: return file.low
    case Register.mid: return file.mid
    case Register.high: return file.high
    default: return selected.device | Self.deviceAlways
    }
  }

  private func readData(_ size: Int) -> UInt64 {
    switch size {
    case 2:
      let value = selected.readData16()
      TraceEvent.ideDataRead16(
        "IDE PIO rd @ 0x0 (Data: Word); val \(HexText.word(value)); \(traceNames(";"))")
      return UInt64(value)
    case 4:
      let low = UInt32(selected.readData16())
      let value = UInt32(selected.readData16()) << 16 | low
      TraceEvent.ideDataRead32(
        "IDE PIO rd @ 0x0 (Data: Long); val \(HexText.long(value)); \(traceNames(";"))")
      return UInt64(value)
    default: return 0xff
    }
  }

  /// Data of 2 or 4 bytes; of what is written elsewhere the low byte counts, of the timing all.
  public func write(_ offset: UInt32, _ size: Int, _ value: UInt64) -> Bool {
    let register = offset >> Register.shift
    if register == Register.data {
      writeData(size, value)
      return true
    }
    let byte = UInt8(truncatingIfNeeded: value)
    switch register {
    case Register.control, Register.controlToo: writeControl(byte)
    case Register.timing: timing = UInt32(truncatingIfNeeded: value)
    case 1...7:
      TraceEvent.ideWrite(
        "IDE PIO wr @ \(HexText.plain(register)) (\(Self.writeNames[Int(register)])); "
          + "val \(HexText.byte(byte)); \(traceNames())")
      if register == Register.command { command(byte) } else { writeRegister(register, byte) }
    default: break
    }
    return true
  }

  /// Both units see what is written; each keeps what was there before.
  private func writeRegister(_ register: UInt32, _ value: UInt8) {
    control &= ~Control.highOrder
    for unit in units {
      switch register {
      case Register.features:
        (unit.previous.features, unit.registers.features) = (unit.registers.features, value)
      case Register.count:
        (unit.previous.count, unit.registers.count) = (unit.registers.count, value)
      case Register.low: (unit.previous.low, unit.registers.low) = (unit.registers.low, value)
      case Register.mid: (unit.previous.mid, unit.registers.mid) = (unit.registers.mid, value)
      case Register.high: (unit.previous.high, unit.registers.high) = (unit.registers.high, value)
      default: unit.device = value
      }
    }
    if register == Register.device {
      selected = units[value & Self.unitBit == 0 ? 0 : 1]
      updateInterrupt()
    }
  }

  private func writeData(_ size: Int, _ value: UInt64) {
    switch size {
    case 2:
      let word = UInt16(truncatingIfNeeded: value)
      TraceEvent.ideDataWrite16(
        "IDE PIO wr @ 0x0 (Data: Word); val \(HexText.word(word)); \(traceNames(";"))")
      selected.writeData16(word)
    case 4:
      let long = UInt32(truncatingIfNeeded: value)
      TraceEvent.ideDataWrite32(
        "IDE PIO wr @ 0x0 (Data: Long); val \(HexText.long(long)); \(traceNames(";"))")
      selected.writeData16(UInt16(truncatingIfNeeded: long))
      selected.writeData16(UInt16(truncatingIfNeeded: long >> 16))
    default: break
    }
  }

  private func writeControl(_ value: UInt8) {
    TraceEvent.ideControlWrite(
      "IDE PIO wr @ 0x0 (Device Control); val \(HexText.byte(value)); bus \(traceName)")
    let old = control
    control = value
    if value & ~old & Control.softReset != 0 {
      for unit in units { unit.softReset() }
    }
    updateInterrupt()
  }

  // MARK: Commands

  /// Commands that concern all units, and one that may interrupt another.
  private enum Command {
    static let deviceReset: UInt8 = 0x08
    static let executeDiagnostic: UInt8 = 0x90
  }

  private func command(_ code: UInt8) {
    control &= ~Control.highOrder
    selected.isInterrupting = false
    updateInterrupt()
    TraceEvent.ideCommand(
      "IDE exec cmd: bus \(traceName); state \(selected.traceName); cmd \(HexText.byte(code))")
    if code == Command.executeDiagnostic { return diagnose() }
    guard selected.isPresent else { return }
    let isInTransfer = selected.status & (ATAUnit.Status.busy | ATAUnit.Status.dataRequest) != 0
    if isInTransfer, code != Command.deviceReset { return }
    selected.perform(code)
  }

  /// EXECUTE DEVICE DIAGNOSTIC: both units say who they are; unit 0 answers for both.
  private func diagnose() {
    guard units[0].isPresent || units[1].isPresent else { return }
    for unit in units { unit.softReset() }
    raise(selected)
  }

  // MARK: Trace

  private static let readNames = [
    "Data", "Error", "Sector Count", "Sector Number", "Cylinder Low", "Cylinder High",
    "Device/Head", "Status",
  ]
  private static let writeNames = [
    "Data", "Features", "Sector Count", "Sector Number", "Cylinder Low", "Cylinder High",
    "Device/Head", "Command",
  ]

  private var traceName: String { HexText.plain(UInt(bitPattern: ObjectIdentifier(self))) }

  private func traceNames(_ separator: String = "") -> String {
    "bus \(traceName)\(separator) IDEState \(selected.traceName)"
  }
}
