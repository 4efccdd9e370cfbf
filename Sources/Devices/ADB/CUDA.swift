import Machine

/// CUDA: the microcontroller of the Macs that keeps the time, the parameter RAM, the power and the
/// Apple Desktop Bus. It speaks through the shift register and three port B lines of a VIA.
///
/// Apple's hardware notes on Cuda and Egret. A packet's bytes go one by one, each acknowledged by
/// the other side turning its line; every byte ends with a shift register interrupt.
public final class CUDA: Device {
  public let name = "cuda"
  let via: VIA
  let adb: ADBBus
  var clock: MacClock
  /// The battery-backed parameter RAM.
  var parameterRAM = [UInt8](repeating: 0, count: 256)
  /// Addresses that are polled, a bit each, and whether polling is on.
  var polledDevices: UInt16 = 0xffff
  var isPolling = false { didSet { schedulePoll() } }
  /// Milliseconds from one poll to the next.
  var pollInterval: UInt8 = CUDA.defaultPollInterval
  let powerOff: () -> Void
  let restart: () -> Void
  private let machineClock: Clock
  private var pollTimer: Timer!
  private var lastPoll: Int64 = 0
  /// The packet that the host is sending.
  private var incoming: [UInt8] = []
  /// The packet that the host is to read, and how far it has.
  private var outgoing: [UInt8] = []
  private var sent = 0
  private var lastLines: UInt8 = 0

  /// - Parameters:
  ///   - clock: of the VIA's timers and the pauses between bytes.
  ///   - interrupt: the VIA's.
  ///   - adb: the bus with keyboard and mouse.
  ///   - time: seconds since the beginning of 1970.
  ///   - powerOff: switches the machine off.
  ///   - restart: resets the machine.
  public init(
    clock: Clock, interrupt: InterruptLine, adb: ADBBus, time: @escaping () -> Int64,
    powerOff: @escaping () -> Void, restart: @escaping () -> Void
  ) {
    via = VIA(clock: clock, interrupt: interrupt, inputPinsB: Line.transferRequest)
    self.adb = adb
    self.clock = MacClock(source: time)
    self.powerOff = powerOff
    self.restart = restart
    machineClock = clock
    pollTimer = Timer(clock) { [unowned self] in poll() }
    via.onPortB = { [unowned self] in linesChanged() }
    adb.onData = { [weak self] in self?.schedulePoll() }
    reset()
  }

  /// The VIA's registers, 0x200 bytes apart.
  public private(set) lazy var window = Window("cuda", size: 0x2000, via, sizes: 1...1)

  /// Devices on the bus are reset too; the time and the parameter RAM stay.
  public func reset() {
    via.reset()
    via.inputB = Line.transferRequest
    incoming = []
    outgoing = []
    sent = 0
    lastLines = 0
    polledDevices = 0xffff
    pollInterval = Self.defaultPollInterval
    isPolling = false
    pollTimer.cancel()
    adb.reset()
  }

  // MARK: Handshake

  /// The lines on port B; all mean their names when low.
  private enum Line {
    /// TREQ, ours: a packet is there for the host, or more of it.
    static let transferRequest: UInt8 = 0x08
    /// TACK, the host's: turned for each byte.
    static let byteAcknowledge: UInt8 = 0x10
    /// TIP, the host's: a packet is being transferred.
    static let transferInProgress: UInt8 = 0x20
  }

  /// Nanoseconds that a byte takes.
  private static let byteTime: Int64 = 20_000
  /// Bytes that a packet may have; the rest is lost.
  private static let packetLimit = 256
  private static let defaultPollInterval: UInt8 = 11

  private var hasPacket: Bool { sent < outgoing.count }

  private func request(_ isRequested: Bool) {
    via.inputB = isRequested ? 0 : Line.transferRequest
  }

  /// The host has written port B.
  private func linesChanged() {
    let lines = via.outputB & (Line.byteAcknowledge | Line.transferInProgress)
    let changed = lines ^ lastLines
    lastLines = lines
    let isInProgress = lines & Line.transferInProgress == 0
    let wasInProgress = isInProgress != (changed & Line.transferInProgress != 0)
    if isInProgress {
      if changed != 0 { transferByte() }
    } else if wasInProgress {
      endTransfer()
    } else if changed & Line.byteAcknowledge != 0 {
      // Synchronisation: we answer each turn of TACK with TREQ.
      request(lines & Line.byteAcknowledge == 0)
      via.completeShift(in: Self.byteTime)
    }
  }

  private func transferByte() {
    if via.isShiftingOut {
      if incoming.isEmpty { TraceEvent.adbAutopollBlock("blocked: 1") }
      TraceEvent.cudaSend("send: \(HexText.byte(via.shiftRegister))")
      if incoming.count < Self.packetLimit { incoming.append(via.shiftRegister) }
    } else {
      guard hasPacket else { return }
      via.shiftRegister = outgoing[sent]
      TraceEvent.cudaReceive("recv: \(HexText.byte(via.shiftRegister))")
      sent += 1
      if !hasPacket { request(false) }
    }
    TraceEvent.cudaDelay("")
    via.completeShift(in: Self.byteTime)
  }

  private func endTransfer() {
    TraceEvent.cudaDelay("")
    via.completeShift(in: Self.byteTime)
    // What the host did not want to read is gone.
    if sent > 0 {
      outgoing = []
      sent = 0
    }
    if !incoming.isEmpty {
      let packet = incoming
      incoming = []
      receive(packet)
    }
    request(hasPacket)
    schedulePoll()
  }

  /// Puts a packet out for the host.
  private func send(_ packet: [UInt8]) {
    TraceEvent.cudaPacketSend("length \(packet.count)")
    for (n, byte) in packet.enumerated() {
      TraceEvent.cudaPacketSendData("[\(n)] \(HexText.byte(byte))")
    }
    outgoing = packet
    sent = 0
    request(true)
    TraceEvent.cudaDelay("")
    via.completeShift(in: Self.byteTime)
  }

  // MARK: Packets

  /// The first byte of a packet.
  private enum Kind {
    static let adb: UInt8 = 0
    static let pseudo: UInt8 = 1
    static let error: UInt8 = 2
  }

  /// The second byte of an answer, and of an error packet.
  private enum Code {
    static let good: UInt8 = 0
    static let polled: UInt8 = 0x40
    static let noDevice: UInt8 = 0x02
    static let unknownCommand: UInt8 = 0x02
    static let badParameters: UInt8 = 0x05
  }

  private func receive(_ packet: [UInt8]) {
    TraceEvent.cudaPacketReceive("length \(packet.count)")
    for (n, byte) in packet.enumerated() {
      TraceEvent.cudaPacketReceiveData("[\(n)] \(HexText.byte(byte))")
    }
    let command = packet.count > 1 ? packet[1] : 0
    switch packet[0] {
    case Kind.adb:
      let reply = adb.request(Array(packet.dropFirst()))
      TraceEvent.adbAutopollBlock("blocked: 0")
      // As QEMU has it, and OpenBIOS with it: the command byte only where there are no data.
      let data = reply.map { $0.isEmpty ? [command] : $0 } ?? [command]
      send([Kind.adb, reply == nil ? Code.noDevice : Code.good] + data)
    case Kind.pseudo:
      TraceEvent.adbAutopollBlock("blocked: 0")
      perform(command, Array(packet.dropFirst(2)))
    default:
      send([Kind.error, Code.unknownCommand, packet[0], command])
    }
  }

  private func perform(_ command: UInt8, _ data: [UInt8]) {
    guard let row = CUDACommand.table[command] else {
      return send([Kind.error, Code.unknownCommand, Kind.pseudo, command])
    }
    TraceEvent.cudaCommand("handling command \(row.name)")
    guard let reply = row.perform(self, data) else {
      return send([Kind.error, Code.badParameters, Kind.pseudo, command])
    }
    send([Kind.pseudo, Code.good, command] + reply)
  }

  // MARK: Polling

  private var isIdle: Bool {
    lastLines & Line.transferInProgress != 0 && incoming.isEmpty && outgoing.isEmpty
  }

  /// Polls at the next turn if a device is known to have something: a bus at rest costs nothing.
  private func schedulePoll() {
    guard isPolling, isIdle, pollTimer.deadline == nil, adb.hasData(mask: polledDevices) else {
      return
    }
    let next = lastPoll &+ Int64(pollInterval) * 1_000_000
    pollTimer.arm(at: max(next, machineClock.now &+ Self.byteTime))
  }

  private func poll() {
    lastPoll = machineClock.now
    guard isPolling, isIdle, let data = adb.poll(mask: polledDevices) else { return }
    send([Kind.adb, Code.polled] + data)
  }
}

extension TraceEvent {
  /// A shift register interrupt is on its way.
  public static let cudaDelay = TraceEvent("cuda_delay_set_sr_int")
  /// The host sends a byte.
  public static let cudaSend = TraceEvent("cuda_data_send")
  /// The host is given a byte.
  public static let cudaReceive = TraceEvent("cuda_data_recv")
  /// A pseudo command is done.
  public static let cudaCommand = TraceEvent("cuda_receive_packet_cmd")
  /// A packet has come from the host.
  public static let cudaPacketReceive = TraceEvent("cuda_packet_receive")
  /// A byte of a packet from the host.
  public static let cudaPacketReceiveData = TraceEvent("cuda_packet_receive_data")
  /// A packet is there for the host.
  public static let cudaPacketSend = TraceEvent("cuda_packet_send")
  /// A byte of a packet for the host.
  public static let cudaPacketSendData = TraceEvent("cuda_packet_send_data")

  /// The events of CUDA.
  public static let cuda = [
    cudaDelay, cudaSend, cudaReceive, cudaCommand, cudaPacketReceive, cudaPacketReceiveData,
    cudaPacketSend, cudaPacketSendData,
  ]
}
