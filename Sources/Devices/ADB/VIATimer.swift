import Machine

/// A timer of the VIA: 16 bits, counting down at 783.3 kHz.
///
/// It is never stepped: where it is follows from the time at which it was started. From the start
/// with N it takes N + 2 counts to the flag (the data sheet's N + 1.5, at the next whole count),
/// and so it does again in continuous mode.
struct VIATimer {
  /// `T1` or `T2`.
  let name: String
  /// What the counter starts from.
  var latch: UInt16 = 0xffff
  private var isContinuous = false
  /// The count of the clock at the start, and what was loaded then.
  private var origin: Int64 = 0
  private var loaded: UInt16 = 0xffff
  /// The count at which the flag will be set, if it will.
  private var dueCount: Int64?

  init(name: String) { self.name = name }

  /// Counts per second: 4.7 MHz / 6.
  static let frequency: (counts: Int128, perNanoseconds: Int128) = (4_700_000, 6_000_000_000)

  /// The whole counts since the machine was switched on.
  private static func count(at nanoseconds: Int64) -> Int64 {
    Int64(
      truncatingIfNeeded: Int128(nanoseconds) * frequency.counts / frequency.perNanoseconds)
  }

  /// When the flag will be set, in nanoseconds; nil if it will not.
  var due: Int64? {
    dueCount.map { count in
      let (quotient, rest) = (Int128(count) * Self.frequency.perNanoseconds)
        .quotientAndRemainder(dividingBy: Self.frequency.counts)
      return Int64(truncatingIfNeeded: quotient + (rest > 0 ? 1 : 0))
    }
  }

  /// Loads the latch and counts.
  mutating func start(at nanoseconds: Int64) {
    TraceEvent.viaSetCounter("\(name).counter=\(latch)")
    origin = Self.count(at: nanoseconds)
    loaded = latch
    dueCount = origin + Int64(loaded) + 2
  }

  /// No flag will be set until the next start.
  mutating func stop() { dueCount = nil }

  /// Chooses between one flag for each start and one for each round.
  mutating func setContinuous(_ isContinuous: Bool, at nanoseconds: Int64) {
    guard isContinuous != self.isContinuous else { return }
    let now = Self.count(at: nanoseconds)
    let value = counter(atCount: now)
    self.isContinuous = isContinuous
    let isStarted = dueCount != nil || isContinuous
    origin = now
    loaded = value
    dueCount = isStarted ? now + Int64(value) + 2 : nil
  }

  /// Whether the flag is to be set now; in continuous mode the next one is then on its way.
  mutating func hasElapsed(at nanoseconds: Int64) -> Bool {
    guard let due = dueCount else { return false }
    let now = Self.count(at: nanoseconds)
    guard now >= due else { return false }
    guard isContinuous else {
      dueCount = nil
      return true
    }
    let period = Int64(latch) + 2
    let round = due + (now - due) / period * period
    origin = round
    loaded = latch
    dueCount = round + period
    return true
  }

  /// What the counter shows.
  func counter(at nanoseconds: Int64) -> UInt16 {
    counter(atCount: Self.count(at: nanoseconds))
  }

  private func counter(atCount now: Int64) -> UInt16 {
    UInt16(truncatingIfNeeded: Int64(loaded) - (now - origin))
  }
}
