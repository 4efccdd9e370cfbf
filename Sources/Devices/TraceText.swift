extension BinaryInteger {
  /// Hexadecimal digits, lower case, with leading zeros up to `digits`: C's `%0*x`.
  func hex(_ digits: Int = 1) -> String {
    let text = String(self, radix: 16)
    return String(repeating: "0", count: Swift.max(0, digits - text.count)) + text
  }
}
