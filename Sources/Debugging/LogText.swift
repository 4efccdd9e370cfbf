/// Text under construction: bytes, because the logs are long and strings are slow.
public struct LogText {
  /// The text so far, as UTF-8.
  public var bytes: [UInt8] = []

  /// An empty text.
  public init() {}

  /// Appends text as it is.
  public mutating func put(_ text: String) { bytes.append(contentsOf: text.utf8) }

  /// Appends text and blanks, at least `width` characters in all.
  public mutating func put(_ text: String, width: Int) {
    let start = bytes.count
    put(text)
    pad(to: width, from: start)
  }

  /// Appends blanks until `width` characters have followed position `start`.
  public mutating func pad(to width: Int, from start: Int) {
    for _ in 0..<max(0, width - (bytes.count - start)) { bytes.append(UInt8(ascii: " ")) }
  }

  /// Appends a number in hexadecimal, with leading zeros up to `digits`.
  public mutating func putHexadecimal(_ value: UInt64, digits: Int = 1) {
    let significant = (64 - value.leadingZeroBitCount + 3) / 4
    for n in (0..<max(significant, digits)).reversed() {
      let digit = UInt8(truncatingIfNeeded: value &>> UInt64(4 * n) & 15)
      bytes.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") - 10 + digit)
    }
  }

  /// Appends `0x` and a guest address of eight digits.
  public mutating func putAddress(_ address: UInt32) {
    put("0x")
    putHexadecimal(UInt64(address), digits: 8)
  }

  /// Appends `0x` and a host address, without leading zeros.
  public mutating func putHostAddress(_ address: UInt) {
    put("0x")
    putHexadecimal(UInt64(address))
  }
}
