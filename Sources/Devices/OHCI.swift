import Machine

/// A USB 1.1 host controller with a root hub of three ports and nothing attached.
///
/// After the OpenHCI Open Host Controller Interface Specification for USB, release 1.0a. Frames are
/// counted and their start is told; endpoint lists are not walked, since no device could answer.
public final class OHCI: PCIDevice {
  public let name = "pci-ohci"
  public let configuration = PCIConfiguration(
    "pci-ohci", PCIIdentity(vendor: 0x106b, device: 0x003f, classCode: 0x0c0310, interruptPin: 1))

  private static let portCount = 3
  /// Nanoseconds of a frame.
  private static let frame: Int64 = 1_000_000

  private let dma: Bus
  private let clock: Clock
  private var frameTimer: Timer?
  private var state = State()

  /// The operational registers by the specification's names, with their values after reset.
  private struct State {
    var control: UInt32 = 0
    var commandStatus: UInt32 = 0
    var interruptStatus: UInt32 = 0
    /// Master interrupt enable is on after reset, as in QEMU.
    var interruptEnable: UInt32 = 1 << 31
    var hcca: UInt32 = 0
    var controlHead: UInt32 = 0
    var controlCurrent: UInt32 = 0
    var bulkHead: UInt32 = 0
    var bulkCurrent: UInt32 = 0
    var frameInterval: UInt32 = 0x2778_2edf
    var frameNumber: UInt32 = 0
    var frameRemainingToggle: UInt32 = 0
    var periodicStart: UInt32 = 0
    var lowSpeedThreshold: UInt32 = 0x0628
    var hubStatus: UInt32 = 0
    var ports = [UInt32](repeating: Port.power, count: OHCI.portCount)
    var frameStart: Int64 = 0
  }

  /// The functional state in HcControl.
  private enum Functional {
    static let mask: UInt32 = 0xc0
    static let reset: UInt32 = 0x00
    static let resume: UInt32 = 0x40
    static let operational: UInt32 = 0x80
    static let suspend: UInt32 = 0xc0
  }

  /// Bits of HcInterruptStatus and its companions.
  private enum Interrupt {
    static let startOfFrame: UInt32 = 1 << 2
    static let frameNumberOverflow: UInt32 = 1 << 5
    static let hubStatusChange: UInt32 = 1 << 6
    static let master: UInt32 = 1 << 31
    static let writable: UInt32 = 0xc000_007f
  }

  /// Bits of HcRhPortStatus.
  private enum Port {
    static let power: UInt32 = 1 << 8
    static let connectChange: UInt32 = 1 << 16
    static let changes: UInt32 = 0x1f << 16
    /// Set enable, suspend and reset: without a device each sets Connect Status Change.
    static let needsDevice: UInt32 = 1 << 1 | 1 << 2 | 1 << 4
  }

  /// Bits of HcRhStatus: reads as Device Remote Wakeup Enable; bit 31 clears it.
  private static let remoteWakeup: UInt32 = 1 << 15

  /// - Parameters:
  ///   - dma: the bus that the communication area is on.
  ///   - clock: the machine's time.
  public init(dma: Bus, clock: Clock) {
    self.dma = dma
    self.clock = clock
    configuration.setBaseAddress(0, .memory, window)
    frameTimer = Timer(clock) { [unowned self] in endFrame() }
  }

  /// The functional state is USBRESET.
  public func reset() {
    configuration.reset()
    resetRegisters(to: Functional.reset)
  }

  private func resetRegisters(to functional: UInt32) {
    TraceEvent.usbOhciReset(name)
    frameTimer?.cancel()
    state = State()
    state.control = functional
    updateInterrupt()
  }

  /// The root hub's ports.
  public var properties: [(name: String, value: String)] {
    [("num-ports", "\(Self.portCount)"), ("firstport", "0")]
  }

  // MARK: Registers

  private lazy var file = RegisterFile(self, Self.registers, stride: 4)

  private var window: Window { Window("ohci", size: 0x100, file, .little, sizes: 4...4) }

  /// A register that keeps some bits.
  private static func stored(
    _ name: String, at offset: UInt32, _ field: ReferenceWritableKeyPath<OHCI, UInt32> & Sendable,
    _ writable: UInt32
  ) -> Register<OHCI> {
    Register(
      name, at: offset, read: { $0[keyPath: field] },
      write: { $0[keyPath: field] = $1 & writable })
  }

  private static let registers: [Register<OHCI>] =
    [
      Register("HcRevision", at: 0x00, read: { _ in 0x10 }),
      Register("HcControl", at: 0x04, read: { $0.state.control }, write: { $0.setControl($1) }),
      Register(
        "HcCommandStatus", at: 0x08, read: { $0.state.commandStatus },
        write: { $0.setCommand($1) }),
      Register(
        "HcInterruptStatus", at: 0x0c, read: { $0.state.interruptStatus },
        write: {
          $0.state.interruptStatus &= ~$1
          $0.updateInterrupt()
        }),
      Register(
        "HcInterruptEnable", at: 0x10, read: { $0.state.interruptEnable },
        write: {
          $0.state.interruptEnable |= $1 & Interrupt.writable
          $0.updateInterrupt()
        }),
      Register(
        "HcInterruptDisable", at: 0x14, read: { $0.state.interruptEnable },
        write: {
          $0.state.interruptEnable &= ~$1
          $0.updateInterrupt()
        }),
      stored("HcHCCA", at: 0x18, \.state.hcca, 0xffff_ff00),
      Register("HcPeriodCurrentED", at: 0x1c),
      stored("HcControlHeadED", at: 0x20, \.state.controlHead, 0xffff_fff0),
      stored("HcControlCurrentED", at: 0x24, \.state.controlCurrent, 0xffff_fff0),
      stored("HcBulkHeadED", at: 0x28, \.state.bulkHead, 0xffff_fff0),
      stored("HcBulkCurrentED", at: 0x2c, \.state.bulkCurrent, 0xffff_fff0),
      Register("HcDoneHead", at: 0x30),
      stored("HcFmInterval", at: 0x34, \.state.frameInterval, 0xffff_3fff),
      Register("HcFmRemaining", at: 0x38, read: { $0.frameRemaining }),
      Register("HcFmNumber", at: 0x3c, read: { $0.state.frameNumber }),
      stored("HcPeriodicStart", at: 0x40, \.state.periodicStart, 0xffff),
      stored("HcLSThreshold", at: 0x44, \.state.lowSpeedThreshold, 0xffff),
      // No power switching: ports are always powered.
      Register("HcRhDescriptorA", at: 0x48, read: { _ in 1 << 9 | UInt32(portCount) }),
      Register("HcRhDescriptorB", at: 0x4c),
      Register(
        "HcRhStatus", at: 0x50, read: { $0.state.hubStatus }, write: { $0.setHubStatus($1) }),
    ]
    + (0..<portCount).map { number in
      Register(
        "HcRhPortStatus[\(number + 1)]", at: 0x54 + 4 * UInt32(number),
        read: { $0.state.ports[number] }, write: { $0.setPort(number, $1) })
    } + (0x60 / 4..<0x100 / 4).map { Register("reserved", at: 4 * $0) }

  private func setControl(_ value: UInt32) {
    let old = state.control & Functional.mask
    state.control = value & 0x7ff
    let new = value & Functional.mask
    guard new != old else { return }
    TraceEvent.usbOhciSetCtl("\(name): new state 0x\(new.hex())")
    switch new {
    case Functional.operational:
      TraceEvent.usbOhciStart("\(name): USB Operational")
      startFrame(at: clock.now)
    case Functional.suspend:
      TraceEvent.usbOhciStop("\(name): USB Suspended")
      frameTimer?.cancel()
    case Functional.resume:
      TraceEvent.usbOhciResume("\(name): USB Resume")
      frameTimer?.cancel()
    default: resetRegisters(to: Functional.reset)
    }
  }

  /// Bit 0 resets, and leaves the bus suspended; bits 1 to 3 stay until the controller clears them.
  private func setCommand(_ value: UInt32) {
    state.commandStatus |= value & 0xe
    if value & 1 == 1 { resetRegisters(to: Functional.suspend) }
  }

  private func setHubStatus(_ value: UInt32) {
    if value & 1 << 16 != 0 { TraceEvent.usbOhciHubPowerUp("powered up all ports") }
    if value & 1 != 0 { TraceEvent.usbOhciHubPowerDown("powered down all ports") }
    if value & Self.remoteWakeup != 0 { state.hubStatus |= Self.remoteWakeup }
    if value >> 31 == 1 { state.hubStatus &= ~Self.remoteWakeup }
  }

  private func setPort(_ number: Int, _ value: UInt32) {
    state.ports[number] &= ~(value & Port.changes)
    guard value & Port.needsDevice != 0, state.ports[number] & Port.connectChange == 0 else {
      return
    }
    state.ports[number] |= Port.connectChange
    raise(Interrupt.hubStatusChange)
  }

  // MARK: Frames

  private func startFrame(at time: Int64) {
    state.frameStart = time
    frameTimer?.arm(at: time &+ Self.frame)
  }

  /// What is left of the frame in bit times of 12 MHz, and the toggle of the interval.
  private var frameRemaining: UInt32 {
    guard state.control & Functional.mask == Functional.operational else {
      return state.frameRemainingToggle
    }
    let passed = max(0, min(clock.now &- state.frameStart, Self.frame)) * 12 / 1000
    let interval = Int64(state.frameInterval & 0x3fff)
    return state.frameRemainingToggle | UInt32(max(0, interval - passed))
  }

  /// A frame ends and the next one starts: its number goes to the communication area.
  private func endFrame() {
    state.frameNumber = (state.frameNumber + 1) & 0xffff
    state.frameRemainingToggle = state.frameInterval & 1 << 31
    if configuration.isBusMaster {
      // HccaFrameNumber and HccaPad1, little-endian.
      let number = UInt32(state.frameNumber).byteSwapped
      dma.write(UInt64(state.hcca &+ 0x80), 4, UInt64(number))
    }
    var bits = Interrupt.startOfFrame
    if state.frameNumber & 0x7fff == 0 { bits |= Interrupt.frameNumberOverflow }
    // Frames that the clock has left behind are skipped.
    let next = state.frameStart &+ Self.frame
    startFrame(at: clock.now &- next >= Self.frame ? clock.now : next)
    raise(bits)
  }

  private func raise(_ bits: UInt32) {
    state.interruptStatus |= bits
    updateInterrupt()
  }

  private func updateInterrupt() {
    let isPending = state.interruptStatus & state.interruptEnable & ~Interrupt.master != 0
    let isEnabled = state.interruptEnable & Interrupt.master != 0
    configuration.interrupt.set(isPending && isEnabled)
  }
}

extension TraceEvent {
  /// The registers are reset.
  static let usbOhciReset = TraceEvent("usb_ohci_reset")
  /// The bus becomes operational, is suspended, resumes.
  static let usbOhciStart = TraceEvent("usb_ohci_start")
  static let usbOhciStop = TraceEvent("usb_ohci_stop")
  static let usbOhciResume = TraceEvent("usb_ohci_resume")
  static let usbOhciSetCtl = TraceEvent("usb_ohci_set_ctl")
  /// Global power of the root hub.
  static let usbOhciHubPowerUp = TraceEvent("usb_ohci_hub_power_up")
  static let usbOhciHubPowerDown = TraceEvent("usb_ohci_hub_power_down")
}

/// The trace events of the USB controller.
public let ohciTraceEvents: [TraceEvent] = [
  .usbOhciReset, .usbOhciStart, .usbOhciStop, .usbOhciResume, .usbOhciSetCtl,
  .usbOhciHubPowerUp, .usbOhciHubPowerDown,
]
