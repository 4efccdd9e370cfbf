import CSlirp
import Glibc

/// libslirp's network stack: Ethernet frames on one side, sockets of the host on the other.
///
/// Not safe for threads: libslirp keeps some state for the whole program, so all calls of all
/// stacks are made under one lock, `UserNetwork`'s.
///
/// Sound: libslirp gets this object's address as its callbacks' argument, and calls them only from
/// within calls of this object's methods, which keep it alive; `deinit` ends that.
final class SlirpStack {
  /// What the stack needs of its surroundings.
  struct Surroundings {
    /// Takes a frame for the guest.
    let send: ([UInt8]) -> Void
    /// Told what the guest did wrong.
    let guestError: (String) -> Void
    /// The time in nanoseconds.
    let time: () -> Int64
    /// Makes the thread that polls look again.
    let wake: () -> Void
  }

  /// A timer of the stack.
  private final class Alarm {
    let identifier: SlirpTimerId
    let argument: UnsafeMutableRawPointer?
    /// When it is due, in milliseconds; nil if it is not armed.
    var deadline: Int64?

    init(_ identifier: SlirpTimerId, _ argument: UnsafeMutableRawPointer?) {
      self.identifier = identifier
      self.argument = argument
    }
  }

  /// The frames that Ethernet has: header and data, with a VLAN tag at most. The stack's unit of
  /// transmission is 1500 bytes; others get lost as on a cable.
  static let frameSizes = 14...1518

  private let surroundings: Surroundings
  private let callbacks = UnsafeMutablePointer<SlirpCb>.allocate(capacity: 1)
  private var stack: OpaquePointer?
  private var descriptors: [pollfd] = []
  private var alarms: [Alarm] = []
  private var fragments = FragmentFilter()
  /// Whether the guest has sent something: before that, the stack is silent by itself, so that a
  /// guest without a driver runs the same way each time.
  private var hasHeard = false

  /// - Throws: the stack cannot be made with these settings.
  init(_ settings: UserNetworkSettings, _ surroundings: Surroundings) throws(HostIOError) {
    self.surroundings = surroundings
    callbacks.initialize(to: Self.table)
    let me = Unmanaged.passUnretained(self).toOpaque()
    // The strings and the structure are copied by slirp_new; the callbacks are not, and stay.
    stack = settings.withConfiguration { slirp_new($0, callbacks, me) }
    guard stack != nil else { throw .problem("the user network cannot be set up") }
  }

  deinit {
    if let stack { slirp_cleanup(stack) }
    callbacks.deallocate()
  }

  // MARK: Frames

  /// Takes a frame from the guest.
  func receive(_ frame: [UInt8]) {
    guard Self.frameSizes.contains(frame.count),
      fragments.admits(frame, at: surroundings.time())
    else { return }
    hasHeard = true
    // Sound: the stack reads the bytes during the call and copies what it keeps.
    frame.withUnsafeBufferPointer { slirp_input(stack, $0.baseAddress, Int32($0.count)) }
  }

  // MARK: Polling

  /// The pace at which a stack that waits for nothing asks to be called, in milliseconds.
  private static let idlePace: UInt32 = 1000

  /// What is to be waited for, and for how many nanoseconds at most; nil for ever.
  /// - Parameter isQuiet: leaves out the pace of a stack that waits for nothing.
  func waits(isQuiet: Bool = false) -> (descriptors: [pollfd], nanoseconds: Int64?) {
    descriptors.removeAll(keepingCapacity: true)
    var milliseconds = UInt32.max
    slirp_pollfds_fill(
      stack, &milliseconds,
      { number, events, me in SlirpStack.from(me).add(number, events) },
      Unmanaged.passUnretained(self).toOpaque())
    let isIdle = milliseconds == .max || isQuiet && milliseconds >= Self.idlePace
    var limit = isIdle ? nil : Int64(milliseconds)
    if let first = nextAlarm { limit = min(limit ?? .max, max(0, first &- now)) }
    return (descriptors, limit.map { $0 &* 1_000_000 })
  }

  private func add(_ number: Int32, _ events: Int32) -> Int32 {
    descriptors.append(
      pollfd(fd: number, events: Int16(Self.translate(events, Self.events)), revents: 0))
    return Int32(descriptors.count - 1)
  }

  /// Works after a wait.
  /// - Parameter results: the descriptors of `waits` with what happened.
  func work(_ results: [pollfd]) {
    descriptors = results
    slirp_pollfds_poll(
      stack, 0, { index, me in SlirpStack.from(me).result(index) },
      Unmanaged.passUnretained(self).toOpaque())
    let time = now
    for alarm in alarms where hasHeard && alarm.deadline.map({ $0 <= time }) ?? false {
      alarm.deadline = nil
      slirp_handle_timer(stack, alarm.identifier, alarm.argument)
    }
  }

  private func result(_ index: Int32) -> Int32 {
    guard descriptors.indices.contains(Int(index)) else { return 0 }
    let swapped = Self.events.map { (from: $0.to, to: $0.from) }
    return Self.translate(Int32(descriptors[Int(index)].revents), swapped)
  }

  /// libslirp's names of events, and those of poll.
  private static let events: [(from: Int32, to: Int32)] = [
    (Int32(SLIRP_POLL_IN), POLLIN), (Int32(SLIRP_POLL_OUT), POLLOUT),
    (Int32(SLIRP_POLL_PRI), POLLPRI), (Int32(SLIRP_POLL_ERR), POLLERR),
    (Int32(SLIRP_POLL_HUP), POLLHUP),
  ]

  private static func translate(_ bits: Int32, _ table: [(from: Int32, to: Int32)]) -> Int32 {
    table.reduce(0) { bits & $1.from != 0 ? $0 | $1.to : $0 }
  }

  // MARK: Forwarding and state

  /// Listens for connections to the guest.
  /// - Returns: false if the host refuses.
  func add(_ rule: HostForwarding) -> Bool {
    slirp_add_hostfwd(
      stack, rule.transport == .udp ? 1 : 0, rule.hostAddress.hostForm, Int32(rule.hostPort),
      rule.guestAddress.hostForm, Int32(rule.guestPort)) == 0
  }

  /// Listens no longer.
  /// - Returns: false if there is no such rule.
  func remove(_ rule: HostForwarding.Host) -> Bool {
    slirp_remove_hostfwd(
      stack, rule.transport == .udp ? 1 : 0, rule.address.hostForm, Int32(rule.port)) == 0
  }

  /// The connections, a line each, with a title.
  var connections: String {
    guard let text = slirp_connection_info(stack) else { return "" }
    // GLib's allocator has been malloc since 2.46.
    defer { free(text) }
    return String(cString: text)
  }

  // MARK: Callbacks

  /// Milliseconds, as timers count.
  private var now: Int64 { surroundings.time() / 1_000_000 }

  private var nextAlarm: Int64? { hasHeard ? alarms.compactMap(\.deadline).min() : nil }

  /// Sound: see the type; the argument is always the object that made the stack.
  private static func from(_ argument: UnsafeMutableRawPointer?) -> SlirpStack {
    Unmanaged<SlirpStack>.fromOpaque(argument!).takeUnretainedValue()
  }

  /// A timer by the address that libslirp knows it by: one of `alarms`, which keeps it.
  private static func alarm(_ timer: UnsafeMutableRawPointer?) -> Alarm? {
    timer.map { Unmanaged<Alarm>.fromOpaque($0).takeUnretainedValue() }
  }

  private func addAlarm(
    _ identifier: SlirpTimerId, _ argument: UnsafeMutableRawPointer?
  ) -> UnsafeMutableRawPointer {
    let alarm = Alarm(identifier, argument)
    alarms.append(alarm)
    return Unmanaged.passUnretained(alarm).toOpaque()
  }

  private static let table = SlirpCb(
    send_packet: { bytes, count, me in
      // Sound: the bytes are valid during the call, which copies them.
      SlirpStack.from(me).surroundings.send(
        Array(UnsafeRawBufferPointer(start: bytes, count: count)))
      return count
    },
    guest_error: { text, me in
      SlirpStack.from(me).surroundings.guestError(text.map { String(cString: $0) } ?? "")
    },
    clock_get_ns: { SlirpStack.from($0).surroundings.time() },
    timer_new: nil,
    timer_free: { timer, me in
      let alarm = SlirpStack.alarm(timer)
      SlirpStack.from(me).alarms.removeAll { $0 === alarm }
    },
    timer_mod: { timer, time, _ in SlirpStack.alarm(timer)?.deadline = time },
    register_poll_fd: { _, _ in },
    unregister_poll_fd: { _, _ in },
    notify: { SlirpStack.from($0).surroundings.wake() },
    init_completed: { _, _ in },
    timer_new_opaque: { identifier, argument, me in
      SlirpStack.from(me).addAlarm(identifier, argument)
    })
}
