import Memory

/// The data of control messages: what a level and a type have for fields (socket(7), ip(7), ipv6(7),
/// udp(7); linux/errqueue.h).
///
/// Letters as in `FieldLayout`, and `l`: a long, which has 8 bytes on the host and 4 in the guest.
/// What is behind the fields is bytes, such as addresses in the network's order.
struct ControlData {
  private let fields: StaticString?

  private static let layouts: [Int32: [Int32: StaticString]] = [
    // SOL_SOCKET: SO_TIMESTAMP, SO_TIMESTAMPNS and SO_TIMESTAMPING, old and new.
    1: [29: "ll", 35: "ll", 37: "llllll", 63: "dd", 64: "dd", 65: "dddddd"],
    // SOL_IP: IP_RECVOPTS, IP_RETOPTS, IP_PKTINFO, IP_RECVERR, IP_ORIGDSTADDR.
    0: [6: "", 7: "", 8: "w", 11: "wbbbbwwh", 20: "h"],
    // SOL_UDP: UDP_SEGMENT.
    17: [103: "h"],
    // SOL_IPV6: IPV6_RECVERR, IPV6_PKTINFO, IPV6_HOPOPTS, IPV6_RTHDR, IPV6_DSTOPTS, IPV6_ORIGDSTADDR.
    41: [
      25: "wbbbbwwhbbbbbbbbbbbbbbbbbbbbbbw", 50: "bbbbbbbbbbbbbbbbw", 54: "", 57: "", 59: "",
      74: "hbbbbbbbbbbbbbbbbbbbbbbw",
    ],
  ]

  /// The data of a message; words, of what the table does not have.
  init(level: UInt32, type: UInt32) {
    let types = Self.layouts[Int32(bitPattern: level)]
    fields = types?[Int32(bitPattern: type)]
  }

  /// A field's letter, by its index.
  private func letter(_ index: Int) -> UInt8 {
    guard let fields else { return UInt8(ascii: "w") }
    return index < fields.utf8CodeUnitCount ? fields.utf8Start[index] : UInt8(ascii: "b")
  }

  /// The bytes of a field in what is read, and in what is made of it.
  private func size(_ letter: UInt8, isHost: Bool) -> Int {
    switch letter {
    case UInt8(ascii: "h"): 2
    case UInt8(ascii: "w"): 4
    case UInt8(ascii: "d"): 8
    case UInt8(ascii: "l"): isHost ? 8 : 4
    default: 1
    }
  }

  /// The data in the other side's form: fields that lie whole in it, then bytes as they are.
  func converted(_ data: [UInt8], fromHost: Bool) -> [UInt8] {
    var result: [UInt8] = []
    var (offset, index) = (0, 0)
    while offset < data.count {
      let letter = letter(index)
      let from = size(letter, isHost: fromHost), to = size(letter, isHost: !fromHost)
      guard offset + from <= data.count else { break }
      // The least significant byte first, as many as the other side has.
      let field = data[offset..<offset + from]
      let low = fromHost ? Array(field) : field.reversed()
      let sign: UInt8 = low[from - 1] & 0x80 == 0 ? 0 : 0xff
      let wide = (0..<to).map { $0 < from ? low[$0] : sign }
      result += fromHost ? wide.reversed() : wide
      offset += from
      index += 1
    }
    return result + data[offset...]
  }
}
