/// How memory and numbers are shown: `/COUNT FORMAT SIZE` behind a command.
struct MemoryFormat: Equatable {
  /// Elements to show.
  var count = 1
  /// `x o d u c i`.
  var letter = UInt8(ascii: "x")
  /// Bytes of an element: 1, 2, 4 or 8.
  var size = 4

  /// More elements than this are refused.
  static let maximumCount = 1 << 20

  /// Reads what stands behind the slash; what is left out is as it was the last time.
  /// - Parameter position: behind the slash; moved behind the format.
  init(_ text: [UInt8], at position: inout Int, last: MemoryFormat) throws(MonitorError) {
    self = last
    count = 1
    let digits = position
    var number = 0
    while position < text.count, (48...57).contains(text[position]) {
      number = min(number * 10 + Int(text[position] - 48), Self.maximumCount + 1)
      position += 1
    }
    if position > digits { count = number }
    while position < text.count, takeLetter(text[position]) { position += 1 }
    if position < text.count, !Expression.isBlank(text[position]) {
      let letter = String(decoding: [text[position]], as: UTF8.self)
      throw MonitorError("invalid char in format: '\(letter)'")
    }
    if count > Self.maximumCount {
      throw MonitorError("count too large: at most \(Self.maximumCount)")
    }
  }

  /// The format before any was given.
  init() {}

  private mutating func takeLetter(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "x"), UInt8(ascii: "o"), UInt8(ascii: "d"), UInt8(ascii: "u"),
      UInt8(ascii: "c"), UInt8(ascii: "i"):
      letter = byte
    case UInt8(ascii: "b"): size = 1
    case UInt8(ascii: "h"): size = 2
    case UInt8(ascii: "w"): size = 4
    case UInt8(ascii: "g"), UInt8(ascii: "L"): size = 8
    default: return false
    }
    return true
  }

  /// The size's letter in the names of ports: `portb`, `portw`, `portl`.
  var portLetter: String { size == 1 ? "b" : size == 2 ? "w" : "l" }

  // MARK: Numbers

  /// A number as `print` shows it.
  func number(_ value: Int64) -> String {
    let bits = UInt64(bitPattern: value)
    return switch letter {
    case UInt8(ascii: "x"): "0x" + String(bits, radix: 16)
    case UInt8(ascii: "o"): Self.octal(bits)
    case UInt8(ascii: "u"): String(bits)
    case UInt8(ascii: "c"): Self.character(UInt8(truncatingIfNeeded: bits))
    default: String(value)
    }
  }

  /// An element of a dump, padded as its neighbours are.
  func element(_ value: UInt64) -> String {
    switch letter {
    case UInt8(ascii: "o"): Self.padded(Self.octal(value), (size * 8 + 2) / 3)
    case UInt8(ascii: "d"), UInt8(ascii: "u"):
      Self.padded(String(value), (size * 80 + 32) / 33)
    case UInt8(ascii: "c"): Self.character(UInt8(truncatingIfNeeded: value))
    default: "0x" + Self.hexadecimal(value, digits: size * 2)
    }
  }

  private static func octal(_ value: UInt64) -> String {
    value == 0 ? "0" : "0" + String(value, radix: 8)
  }

  private static func padded(_ text: String, _ width: Int) -> String {
    String(repeating: " ", count: max(0, width - text.utf8.count)) + text
  }

  /// A number with leading zeros.
  static func hexadecimal(_ value: UInt64, digits: Int) -> String {
    let text = String(value, radix: 16)
    return String(repeating: "0", count: max(0, digits - text.utf8.count)) + text
  }

  private static func character(_ byte: UInt8) -> String {
    switch byte {
    case 10: "'\\n'"
    case 13: "'\\r'"
    case UInt8(ascii: "'"): "'\\''"
    case UInt8(ascii: "\\"): "'\\\\'"
    case 32...126: "'" + String(decoding: [byte], as: UTF8.self) + "'"
    default: "'\\x" + hexadecimal(UInt64(byte), digits: 2) + "'"
    }
  }
}
