/// Expressions of the monitor, in QEMU's grammar: sums of logical operations of products, where
/// `& | ^` bind tighter than `+ -` and looser than `* / %`; all on 64 bits.
struct Expression {
  private let text: [UInt8]
  /// How far it was read.
  private(set) var position: Int
  private let register: (String) -> Int64?
  private var depth = 0

  /// Deeper nesting is refused.
  private static let maximumDepth = 100

  /// - Parameters:
  ///   - text: what the expression is in.
  ///   - position: where it begins.
  ///   - register: values of registers by lower-case name.
  init(_ text: [UInt8], at position: Int, register: @escaping (String) -> Int64?) {
    self.text = text
    self.position = position
    self.register = register
  }

  /// Reads one expression, and the blanks behind it.
  mutating func value() throws(MonitorError) -> Int64 {
    skipBlanks()
    return try sum()
  }

  private var next: UInt8 { position < text.count ? text[position] : 0 }

  private mutating func skipBlanks() {
    while position < text.count, Self.isBlank(text[position]) { position += 1 }
  }

  static func isBlank(_ byte: UInt8) -> Bool { byte == 32 || (9...13).contains(byte) }

  private mutating func advance() {
    position += 1
    skipBlanks()
  }

  private mutating func sum() throws(MonitorError) -> Int64 {
    var value = try logic()
    while true {
      switch next {
      case UInt8(ascii: "+"):
        advance()
        value &+= try logic()
      case UInt8(ascii: "-"):
        advance()
        value &-= try logic()
      default: return value
      }
    }
  }

  private mutating func logic() throws(MonitorError) -> Int64 {
    var value = try product()
    while true {
      switch next {
      case UInt8(ascii: "&"):
        advance()
        value &= try product()
      case UInt8(ascii: "|"):
        advance()
        value |= try product()
      case UInt8(ascii: "^"):
        advance()
        value ^= try product()
      default: return value
      }
    }
  }

  private mutating func product() throws(MonitorError) -> Int64 {
    var value = try unary()
    while true {
      let sign = next
      switch sign {
      case UInt8(ascii: "*"):
        advance()
        value &*= try unary()
      case UInt8(ascii: "/"), UInt8(ascii: "%"):
        advance()
        let divisor = try unary()
        if divisor == 0 { throw MonitorError("division by zero") }
        value =
          sign == UInt8(ascii: "/")
          ? value.dividedReportingOverflow(by: divisor).partialValue
          : value.remainderReportingOverflow(dividingBy: divisor).partialValue
      default: return value
      }
    }
  }

  private mutating func unary() throws(MonitorError) -> Int64 {
    depth += 1
    defer { depth -= 1 }
    if depth > Self.maximumDepth { throw MonitorError("expression too deep") }
    switch next {
    case UInt8(ascii: "+"):
      advance()
      return try unary()
    case UInt8(ascii: "-"):
      advance()
      return 0 &- (try unary())
    case UInt8(ascii: "~"):
      advance()
      return ~(try unary())
    case UInt8(ascii: "("):
      advance()
      let value = try sum()
      guard next == UInt8(ascii: ")") else { throw MonitorError("')' expected") }
      advance()
      return value
    case UInt8(ascii: "'"): return try character()
    case UInt8(ascii: "$"): return try registerValue()
    case 0: throw MonitorError("unexpected end of expression")
    default: return try number()
    }
  }

  private mutating func character() throws(MonitorError) -> Int64 {
    position += 1
    guard position < text.count else { throw MonitorError("character constant expected") }
    let value = text[position]
    position += 1
    guard next == UInt8(ascii: "'") else {
      throw MonitorError("missing terminating ' character")
    }
    advance()
    return Int64(value)
  }

  private mutating func registerValue() throws(MonitorError) -> Int64 {
    position += 1
    let start = position
    while position < text.count, Self.isNamePart(text[position]) { position += 1 }
    let name = String(decoding: text[start..<position], as: UTF8.self).lowercased()
    guard let value = register(name) else { throw MonitorError("unknown register") }
    skipBlanks()
    return value
  }

  private static func isNamePart(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "."):
      true
    default: false
    }
  }

  /// A number as C writes it; what follows its digits is left.
  private mutating func number() throws(MonitorError) -> Int64 {
    let start = position
    var base: UInt64 = 10
    if next == UInt8(ascii: "0") {
      base = 8
      if position + 2 < text.count, text[position + 1] | 0x20 == UInt8(ascii: "x"),
        Self.digit(text[position + 2], 16) != nil
      {
        base = 16
        position += 2
      }
    }
    var value: UInt64 = 0
    var isTooLarge = false
    let digits = position
    while position < text.count, let digit = Self.digit(text[position], base) {
      let (product, over1) = value.multipliedReportingOverflow(by: base)
      let (sum, over2) = product.addingReportingOverflow(digit)
      isTooLarge = isTooLarge || over1 || over2
      value = sum
      position += 1
    }
    if position == digits {
      let sign = String(decoding: [text[start]], as: UTF8.self)
      throw MonitorError("invalid char '\(sign)' in expression")
    }
    if isTooLarge { throw MonitorError("number too large") }
    skipBlanks()
    return Int64(bitPattern: value)
  }

  private static func digit(_ byte: UInt8, _ base: UInt64) -> UInt64? {
    let value: UInt64
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): value = UInt64(byte - UInt8(ascii: "0"))
    case UInt8(ascii: "a")...UInt8(ascii: "f"): value = UInt64(byte - UInt8(ascii: "a") + 10)
    case UInt8(ascii: "A")...UInt8(ascii: "F"): value = UInt64(byte - UInt8(ascii: "A") + 10)
    default: return nil
    }
    return value < base ? value : nil
  }
}
