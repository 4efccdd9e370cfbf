/// A clock of the machine in nanoseconds, with timers.
///
/// It is moved on by its owner: by the host's time, or by the number of instructions executed.
public final class Clock {
  /// Nanoseconds since the machine was switched on; asked anew each time.
  public var now: Int64 { source() }
  /// Called when the earliest deadline has changed, with it; nil if no timer is armed.
  public var onDeadline: ((Int64?) -> Void)?
  private let source: () -> Int64
  private var armed: [Timer] = []

  /// - Parameter source: the time in nanoseconds, never going back.
  public init(source: @escaping () -> Int64) { self.source = source }

  /// The earliest deadline, or nil.
  public var deadline: Int64? { armed.first?.deadline }

  /// Calls the timers whose deadline has come, the earliest first.
  public func runTimers() {
    let limit = now
    while let first = armed.first, let deadline = first.deadline, deadline <= limit {
      armed.removeFirst()
      first.deadline = nil
      first.action()
    }
    onDeadline?(deadline)
  }

  fileprivate func arm(_ timer: Timer, at deadline: Int64) {
    armed.removeAll { $0 === timer }
    timer.deadline = deadline
    let place = armed.firstIndex { $0.deadline! > deadline } ?? armed.count
    armed.insert(timer, at: place)
    if place == 0 { onDeadline?(deadline) }
  }

  fileprivate func disarm(_ timer: Timer) {
    guard timer.deadline != nil else { return }
    armed.removeAll { $0 === timer }
    timer.deadline = nil
  }
}

/// Something to be done at a time of a clock.
public final class Timer {
  /// When it is due, or nil if it is not armed.
  public fileprivate(set) var deadline: Int64?
  fileprivate let action: () -> Void
  private let clock: Clock

  /// - Parameter action: what is done when it is due; it may arm the timer again.
  public init(_ clock: Clock, action: @escaping () -> Void) {
    self.clock = clock
    self.action = action
  }

  /// Arms it for a time of the clock, in nanoseconds; a time in the past is due at once.
  public func arm(at deadline: Int64) { clock.arm(self, at: deadline) }

  /// Arms it for a time from now, in nanoseconds.
  public func arm(in nanoseconds: Int64) { clock.arm(self, at: clock.now &+ nanoseconds) }

  /// Forgets the deadline.
  public func cancel() { clock.disarm(self) }
}
