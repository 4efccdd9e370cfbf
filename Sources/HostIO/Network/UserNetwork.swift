import Glibc

/// A user network: the guest's frames become connections of this process.
///
/// libslirp works on the I/O thread. Frames cross to and from the machine's thread in queues; what
/// exceeds a queue is lost, as on a cable.
///
/// Sound: the stack is behind `library`, the queues and the clock behind `lock`; `onFrame` and
/// `onGuestError` belong to the machine's thread.
public final class UserNetwork: @unchecked Sendable {
  /// How many bytes may wait in either direction.
  private static let queueLimit = 4 << 20
  /// libslirp has state for the whole program.
  static let library = ConditionLock()
  /// How long a stack without traffic is served at its own pace, in nanoseconds.
  private static let patience: Int64 = 5_000_000_000

  /// What it was made from.
  public let settings: UserNetworkSettings
  /// Given frames for the guest, on the machine's thread.
  public var onFrame: (([UInt8]) -> Void)?
  /// Told what the guest did wrong, on the machine's thread.
  public var onGuestError: ((String) -> Void)?

  private let events: HostEvents
  private let mailbox: MachineMailbox
  private let lock = ConditionLock()
  private var stack: SlirpStack?
  private var sent = FrameQueue(limit: UserNetwork.queueLimit)
  private var arrived = FrameQueue(limit: UserNetwork.queueLimit)
  private var isDeliveryPosted = false
  private var clock = PausableClock()
  /// When something last happened.
  private var lastTraffic = HostTime.now

  /// Makes the network and listens for what is forwarded.
  /// - Throws: what is refused, in QEMU's words.
  public init(
    _ settings: UserNetworkSettings, events: HostEvents, mailbox: MachineMailbox
  ) throws(HostIOError) {
    self.settings = settings
    self.events = events
    self.mailbox = mailbox
    let surroundings = SlirpStack.Surroundings(
      send: { [weak self] in self?.arrive($0) },
      guestError: { [weak self] in self?.complain($0) },
      time: { [weak self] in self?.time ?? HostTime.now },
      wake: { events.wake() })
    let made = Self.library.locked { () -> Result<SlirpStack, HostIOError> in
      do throws(HostIOError) { return .success(try SlirpStack(settings, surroundings)) } catch {
        return .failure(error)
      }
    }
    stack = try made.get()
    for rule in settings.forwardings { try add(rule) }
    events.add(self)
  }

  deinit { close() }

  /// Ends all connections.
  public func close() {
    events.remove(self)
    Self.library.locked { stack = nil }
  }

  /// Stops or lets go on the network's time, with that of the machine.
  public func setRunning(_ isRunning: Bool) {
    lock.locked { clock.setRunning(isRunning) }
    events.wake()
  }

  private func complain(_ text: String) {
    mailbox.post { [weak self] in self?.onGuestError?(text) }
  }

  private var time: Int64 { lock.locked { clock.now } }

  // MARK: Frames

  /// Takes a frame from the guest, on the machine's thread.
  public func send(_ frame: [UInt8]) {
    let isFirst = lock.locked {
      defer { sent.append(frame) }
      return sent.isEmpty
    }
    if isFirst { events.wake() }
  }

  /// Takes a frame for the guest, from the stack.
  private func arrive(_ frame: [UInt8]) {
    let isFirst = lock.locked {
      arrived.append(frame)
      lastTraffic = HostTime.now
      defer { isDeliveryPosted = true }
      return !isDeliveryPosted
    }
    if isFirst { mailbox.post { [weak self] in self?.deliver() } }
  }

  private func deliver() {
    let frames = lock.locked {
      isDeliveryPosted = false
      return arrived.takeAll()
    }
    for frame in frames { onFrame?(frame) }
  }

  // MARK: Forwarding and state; from any thread

  /// Forwards a port of the host.
  /// - Throws: the host refuses.
  public func add(_ rule: HostForwarding) throws(HostIOError) {
    let isDone = Self.library.locked { stack?.add(rule) ?? false }
    guard isDone else {
      throw .problem("Could not set up host forwarding rule '\(rule.text)'")
    }
    events.wake()
  }

  /// Forwards a port no longer.
  /// - Returns: false if it was not forwarded.
  public func remove(_ rule: HostForwarding.Host) -> Bool {
    defer { events.wake() }
    return Self.library.locked { stack?.remove(rule) ?? false }
  }

  /// The connections as `info usernet` shows them.
  public var connections: String { Self.library.locked { stack?.connections ?? "" } }
}

// MARK: On the I/O thread

extension UserNetwork: PollSource {
  func waits() -> (descriptors: [pollfd], deadline: Int64?) {
    let (frames, isQuiet, isStopped) = lock.locked {
      if !sent.isEmpty { lastTraffic = HostTime.now }
      let isQuiet = HostTime.now &- lastTraffic > Self.patience
      return (sent.takeAll(), isQuiet, clock.isStopped)
    }
    let (descriptors, nanoseconds) = Self.library.locked { () -> ([pollfd], Int64?) in
      guard let stack else { return ([], nil) }
      for frame in frames { stack.receive(frame) }
      return stack.waits(isQuiet: isQuiet)
    }
    // While the network's time stands still, none of its times comes.
    return (descriptors, isStopped ? nil : nanoseconds.map { HostTime.now &+ $0 })
  }

  func waited(_ descriptors: [pollfd]) {
    if descriptors.contains(where: { $0.revents != 0 }) {
      lock.locked { lastTraffic = HostTime.now }
    }
    Self.library.locked { stack?.work(descriptors) }
  }
}

/// The host's time without the pauses.
private struct PausableClock {
  private var offset: Int64 = 0
  private var stoppedAt: Int64?

  var isStopped: Bool { stoppedAt != nil }
  var now: Int64 { stoppedAt ?? HostTime.now &+ offset }

  mutating func setRunning(_ isRunning: Bool) {
    if isRunning, let stopped = stoppedAt {
      offset = stopped &- HostTime.now
      stoppedAt = nil
    } else if !isRunning, stoppedAt == nil {
      stoppedAt = now
    }
  }
}
