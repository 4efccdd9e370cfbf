import Machine

/// The versatile interface adapter 6522 that CUDA and PMU are behind, as the mac-io chips have it:
/// two ports, two timers and a shift register.
///
/// MOS "MCS6522 Versatile Interface Adapter" data sheet. Registers are 0x200 bytes apart. What the
/// port B pins are is the business of whoever is behind: a set of them is driven from there, all
/// others read back as written, whatever DDRB says.
final class VIA: AddressHandler {
  /// Called after the guest wrote port B.
  var onPortB: (() -> Void)?
  /// The levels of the port B pins that the device behind drives.
  var inputB: UInt8 = 0
  /// The shift register.
  var shiftRegister: UInt8 = 0
  private(set) var outputB: UInt8 = 0
  /// Which pins of port B the device behind drives.
  private let inputPinsB: UInt8
  /// Port B after a reset.
  private let resetB: UInt8
  private let clock: Clock
  private let interrupt: InterruptLine
  private var timer1: VIATimer
  private var timer2: VIATimer
  private var outputA: UInt8 = 0
  private var directionA: UInt8 = 0
  /// DDRB: for reading back only; all pins are outputs to begin with.
  private var directionB: UInt8 = 0xff
  private(set) var auxiliaryControl: UInt8 = 0
  private var peripheralControl: UInt8 = 0
  private var flags: UInt8 = 0
  private var enabled: UInt8 = 0
  /// When the shift that is under way is over, in nanoseconds.
  private var shiftDue: Int64?
  private var wakeUp: Timer!

  /// - Parameters:
  ///   - interrupt: asserted while an enabled flag is set.
  ///   - inputPinsB: the pins of port B that are driven by `inputB`.
  ///   - resetB: port B after a reset.
  init(clock: Clock, interrupt: InterruptLine, inputPinsB: UInt8, resetB: UInt8 = 0) {
    self.clock = clock
    self.interrupt = interrupt
    self.inputPinsB = inputPinsB
    self.resetB = resetB
    timer1 = VIATimer(name: "T1")
    timer2 = VIATimer(name: "T2")
    wakeUp = Timer(clock) { [unowned self] in update() }
  }

  // MARK: Bits

  /// Bits of IFR and IER.
  enum Flag {
    static let ca2: UInt8 = 0x01
    static let ca1: UInt8 = 0x02
    static let shiftRegister: UInt8 = 0x04
    static let cb2: UInt8 = 0x08
    static let cb1: UInt8 = 0x10
    static let timer2: UInt8 = 0x20
    static let timer1: UInt8 = 0x40
    /// IFR: any enabled one is set; IER: the bits written are to be set.
    static let any: UInt8 = 0x80
  }

  /// Bits of ACR.
  enum AuxiliaryControl {
    /// The shift register shifts out.
    static let shiftOut: UInt8 = 0x10
    /// T2 counts pulses on PB6.
    static let timer2CountsPulses: UInt8 = 0x20
    /// T1 starts again by itself.
    static let timer1Continuous: UInt8 = 0x40
  }

  /// Whether the shift register shifts out to the device.
  var isShiftingOut: Bool { auxiliaryControl & AuxiliaryControl.shiftOut != 0 }

  /// The registers in the order of their addresses, by QEMU's names.
  static let names = [
    "ORB", "ORA", "DDRB", "DDRA", "T1CL", "T1CH", "T1LL", "T1LH", "T2CL", "T2CH", "SR", "ACR",
    "PCR", "IFR", "IER", "ANH",
  ]

  /// Bytes from one register to the next, as a shift.
  static let stride: UInt32 = 9

  func reset() {
    timer1.stop()
    timer2.stop()
    outputA = 0
    outputB = resetB
    directionA = 0
    directionB = 0xff
    auxiliaryControl = 0
    peripheralControl = 0
    flags = 0
    enabled = 0
    shiftRegister = 0
    shiftDue = nil
    update()
  }

  // MARK: Shift register and flags

  /// Says that a byte has gone through the shift register, some time from now in nanoseconds.
  func completeShift(in delay: Int64) {
    shiftDue = clock.now &+ delay
    update()
  }

  /// Takes in what time has brought, and drives the interrupt.
  private func update() {
    let now = clock.now
    if let due = shiftDue, due <= now {
      shiftDue = nil
      flags |= Flag.shiftRegister
    }
    if timer1.hasElapsed(at: now) { flags |= Flag.timer1 }
    if timer2.hasElapsed(at: now) { flags |= Flag.timer2 }
    let isAsserted = flags & enabled & ~Flag.any != 0
    interrupt.set(isAsserted)
    arm()
  }

  /// Sets the alarm for the next flag that would interrupt; others are found when they are read.
  private func arm() {
    var next = enabled & Flag.shiftRegister != 0 ? shiftDue : nil
    for (timer, flag) in [(timer1, Flag.timer1), (timer2, Flag.timer2)]
    where enabled & flag & ~flags != 0 {
      guard let due = timer.due else { continue }
      next = min(next ?? due, due)
    }
    if let next {
      if wakeUp.deadline != next { wakeUp.arm(at: next) }
    } else {
      wakeUp.cancel()
    }
  }

  private func clear(_ flag: UInt8) {
    flags &= ~flag
    update()
  }

  // MARK: Registers

  func read(_ offset: UInt32, _ size: Int) -> UInt64? {
    let register = Int(offset >> Self.stride & 15)
    let value = readRegister(register)
    TraceEvent.viaRead(
      "reg=\(HexText.plain(register)) [\(Self.names[register])] val=\(HexText.plain(value))")
    return UInt64(value)
  }

  private func readRegister(_ register: Int) -> UInt8 {
    update()
    switch register {
    case 0x0:
      clear(Flag.cb1 | Flag.cb2)
      return outputB & ~inputPinsB | inputB & inputPinsB
    case 0x1:
      clear(Flag.ca1 | Flag.ca2)
      return outputA
    case 0x2: return directionB
    case 0x3: return directionA
    case 0x4:
      clear(Flag.timer1)
      return UInt8(truncatingIfNeeded: timer1.counter(at: clock.now))
    case 0x5: return UInt8(truncatingIfNeeded: timer1.counter(at: clock.now) >> 8)
    case 0x6: return UInt8(truncatingIfNeeded: timer1.latch)
    case 0x7: return UInt8(truncatingIfNeeded: timer1.latch >> 8)
    case 0x8:
      clear(Flag.timer2)
      return UInt8(truncatingIfNeeded: timer2.counter(at: clock.now))
    case 0x9: return UInt8(truncatingIfNeeded: timer2.counter(at: clock.now) >> 8)
    case 0xa:
      clear(Flag.shiftRegister)
      return shiftRegister
    case 0xb: return auxiliaryControl
    case 0xc: return peripheralControl
    case 0xd: return flags | (flags & enabled != 0 ? Flag.any : 0)
    case 0xe: return enabled | Flag.any
    default: return outputA
    }
  }

  func write(_ offset: UInt32, _ size: Int, _ value: UInt64) -> Bool {
    let register = Int(offset >> Self.stride & 15)
    let value = UInt8(truncatingIfNeeded: value)
    TraceEvent.viaWrite(
      "reg=\(HexText.plain(register)) [\(Self.names[register])] val=\(HexText.plain(value))")
    writeRegister(register, value)
    return true
  }

  private func writeRegister(_ register: Int, _ value: UInt8) {
    update()
    switch register {
    case 0x0:
      outputB = value
      clear(Flag.cb1 | Flag.cb2)
      onPortB?()
    case 0x1:
      outputA = value
      clear(Flag.ca1 | Flag.ca2)
    case 0x2: directionB = value
    case 0x3: directionA = value
    case 0x4, 0x6: timer1.latch = timer1.latch & 0xff00 | UInt16(value)
    case 0x5:
      timer1.latch = timer1.latch & 0xff | UInt16(value) << 8
      timer1.start(at: clock.now)
      clear(Flag.timer1)
    case 0x7:
      timer1.latch = timer1.latch & 0xff | UInt16(value) << 8
      clear(Flag.timer1)
    case 0x8: timer2.latch = timer2.latch & 0xff00 | UInt16(value)
    case 0x9:
      timer2.latch = timer2.latch & 0xff | UInt16(value) << 8
      timer2.start(at: clock.now)
      clear(Flag.timer2)
    case 0xa:
      shiftRegister = value
      clear(Flag.shiftRegister)
    case 0xb: setAuxiliaryControl(value)
    case 0xc: peripheralControl = value
    case 0xd: clear(value & ~Flag.any)
    case 0xe:
      let bits = value & ~Flag.any
      enabled = value & Flag.any != 0 ? enabled | bits : enabled & ~bits
      update()
    default: outputA = value
    }
  }

  private func setAuxiliaryControl(_ value: UInt8) {
    auxiliaryControl = value
    timer1.setContinuous(value & AuxiliaryControl.timer1Continuous != 0, at: clock.now)
    if value & AuxiliaryControl.timer2CountsPulses != 0 { timer2.stop() }
    update()
  }
}

extension TraceEvent {
  /// A register of the VIA is read.
  public static let viaRead = TraceEvent("mos6522_read")
  /// A register of the VIA is written.
  public static let viaWrite = TraceEvent("mos6522_write")
  /// A timer of the VIA is started.
  public static let viaSetCounter = TraceEvent("mos6522_set_counter")

  /// The events of the VIA.
  public static let via = [viaRead, viaWrite, viaSetCounter]
}
