/// Numbers in the forms of QEMU's trace events.
enum HexText {
  /// `0x` and the number without leading zeros.
  static func plain(_ value: some BinaryInteger) -> String {
    "0x" + String(value, radix: 16)
  }

  /// `0x` and at least two digits.
  static func byte(_ value: UInt8) -> String { "0x" + digits(value) }

  /// `0x` and at least four digits.
  static func word(_ value: UInt16) -> String {
    "0x" + digits(UInt8(value >> 8)) + digits(UInt8(truncatingIfNeeded: value))
  }

  /// `0x` and eight digits.
  static func long(_ value: UInt32) -> String {
    word(UInt16(value >> 16)) + word(UInt16(truncatingIfNeeded: value)).dropFirst(2)
  }

  /// Two digits.
  static func digits(_ value: UInt8) -> String {
    (value < 16 ? "0" : "") + String(value, radix: 16)
  }
}
