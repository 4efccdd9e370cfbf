/// Lets the fragments of an IPv4 datagram (RFC 791) through if they come in order and without gaps
/// or overlaps, as systems send them; others get lost.
///
/// libslirp 4.7's reassembly follows wild pointers with others, such as overlapping ones.
struct FragmentFilter {
  /// What the fragments of a datagram have in common: addresses, protocol, identification.
  private struct Datagram: Hashable {
    let addresses: ArraySlice<UInt8>
    let kind: UInt8
    let identification: Int
  }

  /// Datagrams that may be incomplete at a time, and for how many nanoseconds: longer than
  /// libslirp keeps them.
  private static let limit = 64
  private static let patience: Int64 = 60_000_000_000

  /// For each, where its next fragment begins, and when its first one came.
  private var incomplete: [Datagram: (offset: Int, start: Int64)] = [:]

  /// Whether a frame may pass.
  /// - Parameter time: nanoseconds.
  mutating func admits(_ frame: [UInt8], at time: Int64) -> Bool {
    func number(_ place: Int) -> Int { Int(frame[place]) << 8 | Int(frame[place + 1]) }
    // Ethernet's type, the version; then flags and offset.
    guard frame.count >= 34, number(12) == 0x800, frame[14] >> 4 == 4 else { return true }
    let (offset, isLast) = ((number(20) & 0x1fff) * 8, number(20) & 0x2000 == 0)
    if offset == 0 && isLast { return true }
    let count = number(16) - 20
    let datagram = Datagram(
      addresses: frame[26..<34], kind: frame[23], identification: number(18))
    guard frame[14] == 0x45, frame[22] > 0, count > 0, frame.count >= 34 + count,
      isLast || count % 8 == 0, offset + count <= 65515, Self.hasRightChecksum(frame[14..<34])
    else { return false }
    incomplete = incomplete.filter { time &- $0.value.start < Self.patience }
    if offset == 0 {
      guard incomplete[datagram] == nil, incomplete.count < Self.limit else { return false }
      incomplete[datagram] = (count, time)
      return true
    }
    guard let known = incomplete[datagram], known.offset == offset else { return false }
    incomplete[datagram] = isLast ? nil : (offset + count, known.start)
    return true
  }

  /// Whether the sum of a header's half-words is zero (RFC 1071).
  private static func hasRightChecksum(_ header: ArraySlice<UInt8>) -> Bool {
    var sum = 0
    for (place, byte) in header.enumerated() { sum += Int(byte) << (place % 2 == 0 ? 8 : 0) }
    return (sum & 0xffff) + (sum >> 16) == 0xffff
  }
}
