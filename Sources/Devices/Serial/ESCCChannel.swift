import Machine

/// One channel of the ESCC: registers behind a pointer, a receive FIFO, its interrupts.
public final class ESCCChannel {
  /// `a` or `b`.
  let letter: String
  let frequency: UInt32
  private let port: any CharacterPort
  private let interrupt: InterruptLine
  unowned var controller: ESCC!
  /// WR0 to WR15 as written.
  private var written = [UInt8](repeating: 0, count: 16)
  /// The register that the next access to the control address means.
  private var pointer: UInt8 = 0
  private var fifo: [UInt8] = []
  /// The byte that reading an empty FIFO yields: the last one.
  private var lastReceived: UInt8 = 0
  private var hasOverrun = false
  /// In the mode "interrupt on first character": whether the next one is to interrupt.
  private var isFirstExpected = false
  private var firstPending = false
  private var transmitPending = false
  private var externalPending = false
  /// CTS and DCD as they were at the last external/status interrupt, until that is reset.
  private var latchedStatus: UInt8?
  private var modemStatus: UInt8 = 0

  init(_ letter: String, port: any CharacterPort, interrupt: InterruptLine, frequency: UInt32) {
    self.letter = letter
    self.frequency = frequency
    self.port = port
    self.interrupt = interrupt
    port.capacity = { [weak self] in self?.room ?? 0 }
    port.onReceive = { [weak self] bytes in self?.receive(bytes) }
  }

  // MARK: Bits

  /// Bytes of the receive FIFO.
  static let fifoSize = 3

  /// The channel's three bits in RR3.
  enum Pending {
    static let external: UInt8 = 1
    static let transmit: UInt8 = 2
    static let receive: UInt8 = 4
  }

  /// Bits of RR0.
  private enum Status {
    static let receiveAvailable: UInt8 = 0x01
    static let transmitEmpty: UInt8 = 0x04
    static let carrierDetect: UInt8 = 0x08
    static let clearToSend: UInt8 = 0x20
    static let transmitUnderrun: UInt8 = 0x40
  }

  /// Bits of RR1.
  private enum SpecialStatus {
    static let allSent: UInt8 = 0x01
    static let residueReset: UInt8 = 0x06
    static let overrun: UInt8 = 0x20
  }

  /// Bits of WR1.
  private enum InterruptEnable {
    static let external: UInt8 = 0x01
    static let transmit: UInt8 = 0x02
    static let receiveMode: UInt8 = 0x18
    static let onFirst: UInt8 = 0x08
    static let onAll: UInt8 = 0x10
  }

  /// Bits of WR14.
  private enum Miscellaneous {
    static let autoEcho: UInt8 = 0x08
    static let localLoopback: UInt8 = 0x10
  }

  // MARK: Resets

  /// WR12 and WR13, which no reset but that of the machine touches.
  func clearTimeConstant() {
    written[12] = 0
    written[13] = 0
  }

  func reset() {
    for n in written.indices where n != 12 && n != 13 { written[n] = 0 }
    written[4] = 0x04
    written[11] = 0x08
    written[14] = 0x20
    written[15] = 0xf8
    pointer = 0
    fifo.removeAll(keepingCapacity: true)
    lastReceived = 0
    hasOverrun = false
    isFirstExpected = false
    firstPending = false
    transmitPending = false
    externalPending = false
    latchedStatus = nil
    interrupt.set(false)
  }

  /// The channel reset of WR9.
  func softReset() {
    TraceEvent.esccSoftReset("soft reset channel \(letter)")
    reset()
  }

  // MARK: Control

  func readControl() -> UInt8 {
    let register = pointer
    pointer = 0
    let value = read(register)
    TraceEvent.esccReadControl(
      "Read channel \(letter), reg[\(register)] = \(HexText.byte(value))")
    return value
  }

  /// RR0 to RR15; those that do not exist show another one (UM010903, table of read registers).
  private func read(_ register: UInt8) -> UInt8 {
    switch register {
    case 0, 4: status
    case 1, 5: specialStatus
    case 2, 6: isA ? controller.vector : controller.vectorWithStatus
    case 3, 7: isA ? controller.pendingBits : 0
    case 8: takeReceived()
    case 12: written[12]
    case 9, 13: written[13]
    case 11, 15: written[15] & 0xfa
    default: 0
    }
  }

  private var isA: Bool { letter == "a" }

  private var status: UInt8 {
    let available = fifo.isEmpty ? 0 : Status.receiveAvailable
    return available | Status.transmitEmpty | Status.transmitUnderrun
      | (latchedStatus ?? modemStatus)
  }

  private var specialStatus: UInt8 {
    SpecialStatus.allSent | SpecialStatus.residueReset
      | (hasOverrun ? SpecialStatus.overrun : 0)
  }

  func writeControl(_ value: UInt8) {
    TraceEvent.esccWriteControl(
      "Write channel \(letter), reg[\(pointer)] = \(HexText.byte(value))")
    guard pointer != 0 else { return writeCommand(value) }
    let register = Int(pointer)
    pointer = 0
    switch register {
    case 2: controller.writeVector(value)
    case 8: transmit(value)
    case 9: controller.writeMasterControl(value)
    default:
      written[register] = value
      written(register)
    }
  }

  /// What follows from a new value of a register of the channel's own.
  private func written(_ register: Int) {
    switch register {
    case 1:
      isFirstExpected = written[1] & InterruptEnable.receiveMode == InterruptEnable.onFirst
      if written[1] & InterruptEnable.transmit == 0 { transmitPending = false }
      updateInterrupt()
    case 3: port.acceptInput()
    case 4, 5, 12, 13: traceParameters()
    case 15: updateInterrupt()
    default: break
    }
  }

  /// WR0: the pointer and a command.
  private func writeCommand(_ value: UInt8) {
    pointer = value & 7
    switch value >> 3 & 7 {
    case 1: pointer |= 8
    case 2:
      latchedStatus = nil
      externalPending = false
    case 4: isFirstExpected = true
    case 5: transmitPending = false
    case 6: hasOverrun = false
    case 7:
      // Reset Highest IUS: what still waits asks anew.
      interrupt.set(false)
    default: break
    }
    updateInterrupt()
  }

  // MARK: Data

  func readData() -> UInt8 {
    let byte = takeReceived()
    TraceEvent.esccReadData("Read channel \(letter), ch \(byte)")
    return byte
  }

  private func takeReceived() -> UInt8 {
    firstPending = false
    guard !fifo.isEmpty else { return lastReceived }
    lastReceived = fifo.removeFirst()
    updateInterrupt()
    port.acceptInput()
    return lastReceived
  }

  func writeData(_ value: UInt8) {
    TraceEvent.esccWriteData("Write channel \(letter), ch \(value)")
    transmit(value)
  }

  /// Sends a byte at once, so that the buffer is empty again. In between it was full: the line
  /// falls and rises, which an interrupt controller that looks for edges must see.
  private func transmit(_ value: UInt8) {
    guard written[5] & 0x08 != 0 else { return }
    transmitPending = false
    updateInterrupt()
    if written[14] & Miscellaneous.localLoopback != 0 {
      accept([value])
    } else {
      port.send([value])
    }
    if written[1] & InterruptEnable.transmit != 0 { transmitPending = true }
    updateInterrupt()
  }

  // MARK: The other end

  private var isReceiverEnabled: Bool { written[3] & 1 != 0 }

  private var room: Int {
    let isOpen = isReceiverEnabled && written[14] & Miscellaneous.localLoopback == 0
    return isOpen ? Self.fifoSize - fifo.count : 0
  }

  private func receive(_ bytes: [UInt8]) {
    guard written[14] & Miscellaneous.localLoopback == 0 else { return }
    if written[14] & Miscellaneous.autoEcho != 0 { port.send(bytes) }
    accept(bytes)
  }

  private func accept(_ bytes: [UInt8]) {
    guard isReceiverEnabled else { return }
    for byte in bytes {
      TraceEvent.esccReceive("channel \(letter) put ch \(byte)")
      if fifo.count < Self.fifoSize {
        fifo.append(byte)
      } else {
        fifo[Self.fifoSize - 1] = byte
        hasOverrun = true
      }
      if isFirstExpected {
        isFirstExpected = false
        firstPending = true
      }
    }
    updateInterrupt()
  }

  /// Sets the modem inputs; a change is an external/status interrupt where WR15 wants it.
  public func setModemInputs(clearToSend: Bool, carrierDetect: Bool) {
    let old = modemStatus
    modemStatus =
      (clearToSend ? Status.clearToSend : 0) | (carrierDetect ? Status.carrierDetect : 0)
    guard (old ^ modemStatus) & written[15] != 0, latchedStatus == nil else { return }
    latchedStatus = modemStatus
    externalPending = true
    updateInterrupt()
  }

  // MARK: Interrupts

  var hasSpecialCondition: Bool { hasOverrun }

  /// The channel's pending interrupts as bits of RR3.
  var pending: UInt8 {
    let enable = written[1]
    let isReceive =
      switch enable & InterruptEnable.receiveMode {
      case 0: false
      case InterruptEnable.onFirst: firstPending || hasOverrun
      case InterruptEnable.onAll: !fifo.isEmpty || hasOverrun
      default: hasOverrun
      }
    let isExternal = externalPending && enable & InterruptEnable.external != 0
    return (isReceive ? Pending.receive : 0) | (transmitPending ? Pending.transmit : 0)
      | (isExternal ? Pending.external : 0)
  }

  func updateInterrupt() {
    let level = controller.isMasterEnabled && pending != 0
    TraceEvent.esccUpdateInterrupt("IRQ = \(level ? 1 : 0)")
    interrupt.set(level)
  }

  // MARK: Speed

  /// Speed and format, told for those who look.
  private func traceParameters() {
    guard TraceEvent.esccUpdateParameters.isEnabled else { return }
    let mode = written[4]
    let parity = mode & 1 == 0 ? "N" : mode & 2 == 0 ? "O" : "E"
    let bits = [5, 7, 6, 8][Int(written[5] >> 5 & 3)]
    let stop = mode & 0x0c == 0x0c ? 2 : 1
    TraceEvent.esccUpdateParameters(
      "channel \(letter): speed=\(speed) parity=\(parity) data=\(bits) stop=\(stop)")
  }

  /// Bits per second of the baud rate generator (WR12, WR13) with the clock mode of WR4.
  private var speed: UInt32 {
    let constant = UInt32(written[13]) << 8 | UInt32(written[12])
    let clocks: [UInt32] = [1, 16, 32, 64]
    return frequency / (2 * (constant + 2)) / clocks[Int(written[4] >> 6)]
  }
}
