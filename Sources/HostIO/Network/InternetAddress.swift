import Glibc

/// An IPv4 address.
public struct InternetAddress: Equatable, Sendable, CustomStringConvertible {
  /// The address as a number: `10.0.2.2` is 0x0a000202.
  public let number: UInt32

  /// An address from its number.
  public init(_ number: UInt32) { self.number = number }

  /// Reads an address as `inet_aton` does: one to four numbers with dots between them.
  /// - Returns: nil for anything else.
  public init?(_ text: some StringProtocol) {
    var address = in_addr()
    guard inet_aton(String(text), &address) != 0 else { return nil }
    number = UInt32(bigEndian: address.s_addr)
  }

  /// Four decimal numbers.
  public var description: String {
    stride(from: 24, through: 0, by: -8).map { String(number >> UInt32($0) & 0xff) }
      .joined(separator: ".")
  }

  /// As the host's calls take it.
  var hostForm: in_addr { in_addr(s_addr: number.bigEndian) }

  /// The mask of a network by its first address, where the user gave none: classes A and B, and
  /// the blocks that are kept for private use, measurements and multicast.
  var usualMask: UInt32 {
    let blocks: [(first: UInt32, length: UInt32, mask: UInt32)] = [
      (0x0000_0000, 1, 8), (0xac10_0000, 12, 12), (0xc0a8_0000, 16, 16), (0xc612_0000, 16, 15),
      (0xe000_0000, 3, 24), (0x8000_0000, 2, 16),
    ]
    let block = blocks.first { (number ^ $0.first) & Self.mask($0.length) == 0 }
    return Self.mask(block?.mask ?? 28)
  }

  /// The mask with some leading ones, at most 32.
  static func mask(_ length: UInt32) -> UInt32 { length == 0 ? 0 : ~0 << (32 - min(length, 32)) }
}

/// An IPv6 address.
public struct InternetAddress6: Equatable, Sendable {
  /// The sixteen bytes.
  public let bytes: [UInt8]

  /// An address in the notation of RFC 4291; nil for anything else.
  public init?(_ text: some StringProtocol) {
    var address = in6_addr()
    guard inet_pton(AF_INET6, String(text), &address) == 1 else { return nil }
    bytes = withUnsafeBytes(of: &address) { Array($0) }
  }

  private init(bytes: [UInt8]) { self.bytes = bytes }

  /// The address in the network with this prefix whose last number is `host`.
  func host(_ host: UInt8, prefixLength: Int) -> InternetAddress6 {
    var new = [UInt8](repeating: 0, count: 15) + [host]
    for bit in 0..<prefixLength {
      let mask: UInt8 = 0x80 >> UInt8(bit & 7)
      new[bit >> 3] = new[bit >> 3] & ~mask | bytes[bit >> 3] & mask
    }
    return InternetAddress6(bytes: new)
  }

  /// Whether both have the same leading bits.
  func isIn(_ other: InternetAddress6, prefixLength: Int) -> Bool {
    host(0, prefixLength: prefixLength) == other.host(0, prefixLength: prefixLength)
  }

  /// As the host's calls take it.
  var hostForm: in6_addr {
    var address = in6_addr()
    withUnsafeMutableBytes(of: &address) { $0.copyBytes(from: bytes) }
    return address
  }
}
