import Machine

/// The power management unit of later Macs (PMU99, as behind KeyLargo): time, power and, where the
/// machine has it, the Apple Desktop Bus. It speaks through the shift register and two port B
/// lines of a VIA, and asks for attention through a line of its own.
///
/// A byte goes with each turn of TREQ: low, the PMU takes or gives it, answers with TACK low and a
/// shift register interrupt; high, and TACK follows.
public final class PMU: Device {
  public let name = "pmu"
  let via: VIA
  /// The bus with keyboard and mouse; nil with `via=pmu`, where they are on USB.
  let adb: ADBBus?
  var clock: MacClock
  let powerOff: () -> Void
  let restart: () -> Void
  /// The answer of the bus to the last ADB command, until it is fetched.
  var adbReply: [UInt8] = []
  /// The addresses that are polled; none while polling is off.
  var polledDevices: UInt16 = 0 { didSet { schedulePoll() } }
  private let attention: InterruptLine
  private let machineClock: Clock
  private var pollTimer: Timer!
  private var secondTimer: Timer!
  private var secondsTold: Int64 = 0
  private var pending: UInt8 = 0
  private var enabled: UInt8 = 0
  private var phase = Phase.idle
  private var lastLines: UInt8 = 0

  /// - Parameters:
  ///   - clock: of the VIA's timers and the pauses between bytes.
  ///   - interrupt: the VIA's.
  ///   - attention: asserted while the PMU has something to tell; the board inverts it for the
  ///     GPIO that it is on (mac99: GPIO 1).
  ///   - adb: the bus with keyboard and mouse, or nil.
  ///   - time: seconds since the beginning of 1970.
  ///   - powerOff: switches the machine off.
  ///   - restart: resets the machine.
  public init(
    clock: Clock, interrupt: InterruptLine, attention: InterruptLine, adb: ADBBus?,
    time: @escaping () -> Int64, powerOff: @escaping () -> Void, restart: @escaping () -> Void
  ) {
    via = VIA(
      clock: clock, interrupt: interrupt, inputPinsB: Line.acknowledge, resetB: Line.request)
    self.attention = attention
    self.adb = adb
    self.clock = MacClock(source: time)
    self.powerOff = powerOff
    self.restart = restart
    machineClock = clock
    pollTimer = Timer(clock) { [unowned self] in poll() }
    secondTimer = Timer(clock) { [unowned self] in updateAttention() }
    via.onPortB = { [unowned self] in linesChanged() }
    adb?.onData = { [weak self] in self?.schedulePoll() }
    reset()
  }

  /// The VIA's registers, 0x200 bytes apart.
  public private(set) lazy var window = Window("via-pmu", size: 0x2000, via, sizes: 1...1)

  /// Devices on the bus are reset too; the time stays.
  public func reset() {
    via.reset()
    via.inputB = Line.acknowledge
    lastLines = Line.request
    phase = .idle
    adbReply = []
    polledDevices = 0
    pending = 0
    enabled = 0
    secondsTold = machineClock.now / Self.second
    pollTimer.cancel()
    secondTimer.cancel()
    attention.set(false)
    adb?.reset()
  }

  // MARK: Handshake

  /// The lines on port B; both mean their names when low.
  private enum Line {
    /// TACK, ours.
    static let acknowledge: UInt8 = 0x08
    /// TREQ, the host's.
    static let request: UInt8 = 0x10
  }

  /// Where a command is.
  private enum Phase {
    case idle
    /// The host is to send the number of parameters.
    case length(command: UInt8)
    /// The host is sending parameters.
    case parameters(command: UInt8, [UInt8], expected: Int)
    /// The host is reading the answer.
    case answer([UInt8], next: Int)
  }

  private static let second: Int64 = 1_000_000_000
  /// Nanoseconds that a byte takes, and from one poll of the bus to the next.
  private static let byteTime: Int64 = 20_000
  private static let pollInterval: Int64 = 11_000_000

  private func linesChanged() {
    let lines = via.outputB & Line.request
    guard lines != lastLines else { return }
    lastLines = lines
    if lines != 0 {
      TraceEvent.pmuString("handshake: TREQ high, setting TACK")
      via.inputB = Line.acknowledge
      return
    }
    TraceEvent.pmuClearRequest("TREQ cleared, clearing TACK, state: \(phaseNumber)")
    via.inputB = 0
    if via.isShiftingOut { take(via.shiftRegister) } else { give() }
    via.completeShift(in: Self.byteTime)
  }

  private var phaseNumber: Int {
    switch phase {
    case .idle: 0
    case .length, .parameters: 1
    case .answer: 2
    }
  }

  /// A byte from the host.
  private func take(_ byte: UInt8) {
    switch phase {
    case .idle, .answer: begin(byte)
    case .length(let command):
      TraceEvent.pmuCommandLength("got cmd length byte: \(byte)")
      collect(command, [], expected: Int(byte))
    case .parameters(let command, let data, let expected):
      collect(command, data + [byte], expected: expected)
    }
  }

  private func begin(_ command: UInt8) {
    let lengths = PMUCommand.lengths(of: command)
    TraceEvent.pmuCommandByte(
      "Got command byte \(HexText.byte(command)), clen=\(lengths.parameters ?? -1), "
        + "rlen=\(lengths.answer ?? -1)")
    TraceEvent.adbAutopollBlock("blocked: 1")
    if let count = lengths.parameters {
      collect(command, [], expected: count)
    } else {
      phase = .length(command: command)
    }
  }

  private func collect(_ command: UInt8, _ data: [UInt8], expected: Int) {
    guard data.count >= expected else {
      phase = .parameters(command: command, data, expected: expected)
      return
    }
    TraceEvent.pmuString("Command reception complete, dispatching...")
    let answer = PMUCommand.perform(command, self, data)
    TraceEvent.pmuAnswerSize("sending \(answer.count) resp bytes")
    let isCounted = PMUCommand.lengths(of: command).answer == nil
    phase = .answer(
      isCounted ? [UInt8(truncatingIfNeeded: answer.count)] + answer : answer, next: 0)
    endIfRead()
  }

  /// A byte to the host; zero if there is no answer.
  private func give() {
    guard case .answer(let bytes, let next) = phase, next < bytes.count else {
      via.shiftRegister = 0
      return
    }
    TraceEvent.pmuAnswerByte("sending byte: \(next)/\(bytes.count)")
    via.shiftRegister = bytes[next]
    phase = .answer(bytes, next: next + 1)
    endIfRead()
  }

  private func endIfRead() {
    guard case .answer(let bytes, let next) = phase, next >= bytes.count else { return }
    phase = .idle
    TraceEvent.adbAutopollBlock("blocked: 0")
    updateAttention()
    schedulePoll()
  }

  // MARK: Attention

  /// The bits of an interrupt acknowledge.
  enum Reason {
    static let adb: UInt8 = 0x10
    static let adbPolled: UInt8 = 0x04
    static let tick: UInt8 = 0x80
  }

  /// Chooses what the PMU asks for attention for.
  func setInterruptMask(_ mask: UInt8) {
    TraceEvent.pmuSetMask("Setting PMU int mask to \(HexText.byte(mask))")
    enabled = mask
    updateAttention()
  }

  /// The answer of the bus is there.
  func finishADB(_ reply: [UInt8]) {
    adbReply = reply
    pending |= Reason.adb
    updateAttention()
  }

  /// What there is to tell, the bus first.
  func acknowledgeInterrupt() -> [UInt8] {
    noticeSecond()
    if pending & Reason.adb != 0 {
      let reasons = pending & (Reason.adb | Reason.adbPolled)
      pending &= ~reasons
      defer { adbReply = [] }
      return [reasons] + adbReply
    }
    let reasons = pending
    pending = 0
    return [reasons]
  }

  private func noticeSecond() {
    let seconds = machineClock.now / Self.second
    guard seconds != secondsTold else { return }
    TraceEvent.pmuSecond("PMU one sec...")
    secondsTold = seconds
    pending |= Reason.tick
  }

  /// Drives the line; the seconds are counted only while somebody wants to be told of them.
  private func updateAttention() {
    noticeSecond()
    attention.set(pending & enabled != 0)
    if enabled & Reason.tick == 0 {
      secondTimer.cancel()
    } else {
      secondTimer.arm(at: (secondsTold + 1) * Self.second)
    }
  }

  // MARK: Polling

  private func schedulePoll() {
    guard let adb, case .idle = phase, pending & Reason.adb == 0, pollTimer.deadline == nil,
      adb.hasData(mask: polledDevices)
    else { return }
    pollTimer.arm(in: Self.pollInterval)
  }

  private func poll() {
    guard let adb, case .idle = phase, pending & Reason.adb == 0,
      let data = adb.poll(mask: polledDevices)
    else { return }
    TraceEvent.pmuPoll("ADB autopoll, olen=\(data.count)")
    adbReply = data
    pending |= Reason.adb | Reason.adbPolled
    updateAttention()
  }
}

extension TraceEvent {
  /// The bus has been polled.
  public static let pmuPoll = TraceEvent("pmu_adb_poll")
  /// A second has passed.
  public static let pmuSecond = TraceEvent("pmu_one_sec_timer")
  /// The host chooses what attention is asked for.
  public static let pmuSetMask = TraceEvent("pmu_cmd_set_int_mask")
  /// The host chooses the addresses that are polled.
  public static let pmuSetPolling = TraceEvent("pmu_cmd_set_adb_autopoll")
  /// An ADB command comes where there is no bus.
  public static let pmuNoBus = TraceEvent("pmu_cmd_adb_nobus")
  /// An ADB command goes to the bus.
  public static let pmuADBRequest = TraceEvent("pmu_cmd_adb_request")
  /// The bus has answered it.
  public static let pmuADBReply = TraceEvent("pmu_cmd_adb_reply")
  /// A command is done.
  public static let pmuDispatch = TraceEvent("pmu_dispatch_cmd")
  /// A command comes that there is not.
  public static let pmuDispatchUnknown = TraceEvent("pmu_dispatch_unknown_cmd")
  /// A step of the handshake in words.
  public static let pmuString = TraceEvent("pmu_debug_protocol_string")
  /// An answer is ready: its size.
  public static let pmuAnswerSize = TraceEvent("pmu_debug_protocol_resp_size")
  /// TREQ is low, and TACK follows.
  public static let pmuClearRequest = TraceEvent("pmu_debug_protocol_clear_treq")
  /// The first byte of a command has come.
  public static let pmuCommandByte = TraceEvent("pmu_debug_protocol_cmd")
  /// The number of parameters has come.
  public static let pmuCommandLength = TraceEvent("pmu_debug_protocol_cmdlen")
  /// A byte of the answer is given.
  public static let pmuAnswerByte = TraceEvent("pmu_debug_protocol_cmd_send_resp")

  /// The events of the PMU.
  public static let pmu = [
    pmuPoll, pmuSecond, pmuSetMask, pmuSetPolling, pmuNoBus, pmuADBRequest, pmuADBReply,
    pmuDispatch, pmuDispatchUnknown, pmuString, pmuAnswerSize, pmuClearRequest, pmuCommandByte,
    pmuCommandLength, pmuAnswerByte,
  ]
}
