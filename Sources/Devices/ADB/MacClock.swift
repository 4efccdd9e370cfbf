/// The clock of a Mac: seconds since the beginning of 1904, in 32 bits.
struct MacClock {
  /// Seconds since the beginning of 1970, by the machine's idea of the time.
  let source: () -> Int64
  /// What the guest has set it on by.
  private var offset: UInt32 = 0

  init(source: @escaping () -> Int64) { self.source = source }

  /// From 1904 to 1970.
  static let epoch: Int64 = 2_082_844_800

  private var unset: UInt32 { UInt32(truncatingIfNeeded: source() &+ Self.epoch) }

  /// The time, big-endian.
  var bytes: [UInt8] {
    let seconds = unset &+ offset
    return [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: seconds >> UInt32($0)) }
  }

  /// Sets the time from four big-endian bytes; false if there are not four.
  mutating func set(_ bytes: [UInt8]) -> Bool {
    guard bytes.count == 4 else { return false }
    let seconds = bytes.reduce(0) { $0 << 8 | UInt32($1) }
    offset = seconds &- unset
    return true
  }
}
