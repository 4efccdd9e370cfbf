/// Numbers in options.
public enum OptionNumber {
  /// A number as C writes it: `0x` hexadecimal, `0` octal, else decimal.
  public static func whole(_ text: some StringProtocol) -> UInt64? {
    guard let first = text.first, first.isASCII, first.isHexDigit else { return nil }
    if text.hasPrefix("0x") || text.hasPrefix("0X") {
      guard let digit = text.dropFirst(2).first, digit.isHexDigit else { return nil }
      return UInt64(text.dropFirst(2), radix: 16)
    }
    if first == "0" && text.count > 1 { return UInt64(text.dropFirst(), radix: 8) }
    return UInt64(text, radix: 10)
  }

  /// The units of sizes, as powers of two: QEMU's `k M G T P E`, either case.
  private static let units: [Character: UInt64] = [
    "b": 0, "k": 10, "m": 20, "g": 30, "t": 40, "p": 50, "e": 60,
  ]

  /// A size in bytes: a number, whole or with a decimal fraction, and a unit.
  /// - Parameter unit: the power of two that a number without a unit is in: 20 for MiB.
  public static func size(_ text: some StringProtocol, unit: UInt64 = 0) -> UInt64? {
    var digits = text[...]
    var shift = unit
    if let last = text.last, let named = units[Character(last.lowercased())],
      !text.lowercased().hasPrefix("0x")
    {
      shift = named
      digits = digits.dropLast()
    }
    let parts = digits.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count <= 2, let count = whole(decimal(parts[0])), count <= .max >> shift else {
      return nil
    }
    guard parts.count == 2 else { return count << shift }
    guard let part = fraction(parts[1], of: 1 << shift) else { return nil }
    let (sum, isTooLarge) = (count << shift).addingReportingOverflow(part)
    return isTooLarge ? nil : sum
  }

  /// Sizes are decimal even behind a zero.
  private static func decimal(_ text: some StringProtocol) -> String {
    if text.hasPrefix("0x") || text.hasPrefix("0X") { return String(text) }
    let digits = text.drop { $0 == "0" }
    return digits.isEmpty && !text.isEmpty ? "0" : String(digits)
  }

  private static func fraction(_ digits: some StringProtocol, of unit: UInt64) -> UInt64? {
    guard !digits.isEmpty, digits.allSatisfy({ $0.isASCII && $0.isNumber }) else { return nil }
    guard let number = Double("0." + digits) else { return nil }
    return UInt64(number * Double(unit))
  }

  /// `on`, `off` and their other spellings `yes true y`, `no false n`.
  public static func flag(_ text: some StringProtocol) -> Bool? {
    switch text {
    case "on", "yes", "true", "y": true
    case "off", "no", "false", "n": false
    default: nil
    }
  }
}
