import Machine

/// The serial controller of the Macs, a Zilog Z85C30: two channels with a line of its own each.
///
/// Zilog's "SCC/ESCC User Manual" (UM010903). Bytes are sent at once; CRC, SDLC and the
/// synchronous modes are not there, because nothing on the other side speaks them.
public final class ESCC: Device {
  public let name = "escc"
  /// Channel A, the modem port; the first serial line of the machine.
  public let channelA: ESCCChannel
  /// Channel B, the printer port.
  public let channelB: ESCCChannel
  /// WR2, the interrupt vector, and WR9, the master interrupt control: one for both channels.
  private(set) var vector: UInt8 = 0
  private(set) var masterControl: UInt8 = 0

  /// - Parameters:
  ///   - portA: the other end of channel A.
  ///   - portB: the other end of channel B.
  ///   - interruptA: asserted while channel A has an enabled interrupt pending.
  ///   - interruptB: the same for channel B.
  ///   - frequency: of the clock at RTxC and PCLK in Hz, for the speed that trace events tell.
  public init(
    portA: any CharacterPort, portB: any CharacterPort, interruptA: InterruptLine,
    interruptB: InterruptLine, frequency: UInt32 = 3_686_400
  ) {
    channelA = ESCCChannel("a", port: portA, interrupt: interruptA, frequency: frequency)
    channelB = ESCCChannel("b", port: portB, interrupt: interruptB, frequency: frequency)
    channelA.controller = self
    channelB.controller = self
    reset()
  }

  /// The registers as mac-io has them at 0x13000: 16 bytes apart, B control, B data, A control,
  /// A data.
  public private(set) lazy var window = makeWindow("escc", size: 0x40) { offset in
    (isA: offset & 0x20 != 0, isData: offset & 0x10 != 0)
  }

  /// The registers as mac-io has them at 0x12000: 2 bytes apart, B control, A control, B data,
  /// A data.
  public private(set) lazy var legacyWindow = makeWindow("escc-legacy", size: 0x8) { offset in
    (isA: offset & 2 != 0, isData: offset & 4 != 0)
  }

  private func makeWindow(
    _ name: String, size: UInt64, _ decode: @escaping (UInt32) -> (isA: Bool, isData: Bool)
  ) -> Window {
    let handler = ClosureHandler(
      read: { [unowned self] offset, _ in
        let (isA, isData) = decode(offset)
        let channel = isA ? channelA : channelB
        return UInt64(isData ? channel.readData() : channel.readControl())
      },
      write: { [unowned self] offset, _, value in
        let (isA, isData) = decode(offset)
        let channel = isA ? channelA : channelB
        let byte = UInt8(truncatingIfNeeded: value)
        if isData { channel.writeData(byte) } else { channel.writeControl(byte) }
        return true
      })
    return Window(name, size: size, handler, sizes: 1...1)
  }

  /// A hardware reset as by WR9, and the time constants too.
  public func reset() {
    channelA.clearTimeConstant()
    channelB.clearTimeConstant()
    hardwareReset()
  }

  /// What WR9 calls so: all but the time constants.
  private func hardwareReset() {
    TraceEvent.esccHardReset("hard reset")
    vector = 0
    masterControl = 0
    channelA.reset()
    channelB.reset()
  }

  /// The clock at RTxC and PCLK in Hz.
  public var properties: [(name: String, value: String)] {
    [("frequency", "\(channelA.frequency) (\(HexText.plain(channelA.frequency)))")]
  }

  // MARK: What both channels share

  /// Bits of WR9.
  enum MasterControl {
    /// VIS: the vector includes the status.
    static let vectorIncludesStatus: UInt8 = 0x01
    /// MIE: without it no interrupt is asserted.
    static let masterInterruptEnable: UInt8 = 0x08
    /// The status is in bits 4 to 6 of the vector instead of 1 to 3.
    static let statusHigh: UInt8 = 0x10
    /// The reset commands.
    static let commands: UInt8 = 0xc0
    static let resetB: UInt8 = 0x40
    static let resetA: UInt8 = 0x80
    static let hardwareReset: UInt8 = 0xc0
  }

  var isMasterEnabled: Bool { masterControl & MasterControl.masterInterruptEnable != 0 }

  func writeVector(_ value: UInt8) { vector = value }

  func writeMasterControl(_ value: UInt8) {
    switch value & MasterControl.commands {
    case MasterControl.resetA: channelA.softReset()
    case MasterControl.resetB: channelB.softReset()
    case MasterControl.hardwareReset: hardwareReset()
    default: break
    }
    masterControl = value & ~MasterControl.commands
    channelA.updateInterrupt()
    channelB.updateInterrupt()
  }

  /// RR3 of channel A: what is pending in both channels.
  var pendingBits: UInt8 { channelA.pending << 3 | channelB.pending }

  /// RR2 of channel B: the vector with the status of the highest pending interrupt, whatever VIS
  /// says.
  var vectorWithStatus: UInt8 {
    let status = highestStatus
    guard masterControl & MasterControl.statusHigh != 0 else {
      return vector & ~0x0e | status << 1
    }
    let reversed = status >> 2 | status & 2 | status << 2 & 4
    return vector & ~0x70 | reversed << 4
  }

  /// The three status bits V3 V2 V1 of the vector; channel B's special condition if none.
  private var highestStatus: UInt8 {
    for (channel, code) in [(channelA, UInt8(4)), (channelB, 0)] {
      let pending = channel.pending
      if pending & ESCCChannel.Pending.receive != 0 {
        return code | (channel.hasSpecialCondition ? 3 : 2)
      }
      if pending & ESCCChannel.Pending.transmit != 0 { return code }
      if pending & ESCCChannel.Pending.external != 0 { return code | 1 }
    }
    return 3
  }
}

extension TraceEvent {
  /// The controller is reset as a whole.
  public static let esccHardReset = TraceEvent("escc_hard_reset")
  /// A channel is reset.
  public static let esccSoftReset = TraceEvent("escc_soft_reset_chn")
  /// The interrupt of a channel is worked out anew.
  public static let esccUpdateInterrupt = TraceEvent("escc_update_irq")
  /// Speed and format of a channel.
  public static let esccUpdateParameters = TraceEvent("escc_update_parameters")
  /// A control register is written.
  public static let esccWriteControl = TraceEvent("escc_mem_writeb_ctrl")
  /// A byte is sent.
  public static let esccWriteData = TraceEvent("escc_mem_writeb_data")
  /// A control register is read.
  public static let esccReadControl = TraceEvent("escc_mem_readb_ctrl")
  /// A received byte is read.
  public static let esccReadData = TraceEvent("escc_mem_readb_data")
  /// A byte arrives.
  public static let esccReceive = TraceEvent("escc_serial_receive_byte")

  /// The events of the ESCC.
  public static let escc = [
    esccHardReset, esccSoftReset, esccUpdateInterrupt, esccUpdateParameters, esccWriteControl,
    esccWriteData, esccReadControl, esccReadData, esccReceive,
  ]
}
