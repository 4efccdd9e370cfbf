/// Numbers in the forms of QEMU's trace events.
enum HexText {
  /// `0x` and the number without leading zeros.
  static func plain(_ value: some BinaryInteger) -> String {
    "0x" + String(value, radix: 16)
  }

  /// `0x` and at least two digits.
  static func byte(_ value: UInt8) -> String { "0x" + digits(value) }

  /// Two digits.
  static func digits(_ value: UInt8) -> String {
    (value < 16 ? "0" : "") + String(value, radix: 16)
  }
}
