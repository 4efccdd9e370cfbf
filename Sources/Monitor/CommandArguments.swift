/// What a command of the monitor takes.
struct Argument {
  /// The forms of arguments.
  enum Kind {
    /// `/COUNT FORMAT SIZE`; always optional.
    case format
    /// An expression of 64 bits.
    case expression
    /// An expression of 32 bits.
    case integer
    /// A word, plain or in quotation marks.
    case string
    /// A file's name.
    case file
    /// A block device's name.
    case block
    /// `on` or `off`.
    case flag
    /// `-x`; always optional.
    case option(Character)
  }

  let name: String
  let kind: Kind
  var isOptional = false

  static func format(_ name: String = "format") -> Argument { Argument(name: name, kind: .format) }
  static func expression(_ name: String) -> Argument { Argument(name: name, kind: .expression) }
  static func integer(_ name: String) -> Argument { Argument(name: name, kind: .integer) }
  static func string(_ name: String) -> Argument { Argument(name: name, kind: .string) }
  static func file(_ name: String) -> Argument { Argument(name: name, kind: .file) }
  static func block(_ name: String) -> Argument { Argument(name: name, kind: .block) }
  static func flag(_ name: String) -> Argument { Argument(name: name, kind: .flag) }
  static func option(_ letter: Character) -> Argument {
    Argument(name: String(letter), kind: .option(letter))
  }
  /// The same, but it may be left out.
  var optional: Argument { Argument(name: name, kind: kind, isOptional: true) }
}

/// The arguments that were given to a command, by name.
struct CommandArguments {
  private var numbers: [String: Int64] = [:]
  private var texts: [String: String] = [:]
  private var flags: [String: Bool] = [:]
  private(set) var format = MemoryFormat()

  /// An expression that must have been given.
  func number(_ name: String) -> Int64 { numbers[name] ?? 0 }
  /// An expression, nil if it was left out.
  func optionalNumber(_ name: String) -> Int64? { numbers[name] }
  /// A word that must have been given.
  func text(_ name: String) -> String { texts[name] ?? "" }
  /// A word, nil if it was left out.
  func optionalText(_ name: String) -> String? { texts[name] }
  /// Whether an option was given, or what an `on` or `off` says.
  func isSet(_ name: String) -> Bool { flags[name] ?? false }

  /// Reads the arguments of a command.
  /// - Parameters:
  ///   - text: the line; the arguments begin at `position`.
  ///   - name: the command's name for messages, such as `print|p`.
  ///   - last: the format that counts for what is left out; it becomes the one given.
  /// - Throws: QEMU's message.
  init(
    _ text: [UInt8], at position: Int, for arguments: [Argument], of name: String,
    last: inout MemoryFormat, register: @escaping (String) -> Int64?
  ) throws(MonitorError) {
    var reader = ArgumentReader(text: text, position: position, name: name, register: register)
    format = last
    format.count = 1
    for argument in arguments {
      reader.skipBlanks()
      switch argument.kind {
      case .format:
        if let given = try reader.format(last) {
          format = given
          last = given
        }
      case .option: for letter in try reader.options(arguments) { flags[letter] = true }
      case .expression, .integer:
        if argument.isOptional && reader.isAtEnd { continue }
        numbers[argument.name] = try reader.number(argument)
      case .string, .file, .block:
        if argument.isOptional && reader.isAtEnd { continue }
        texts[argument.name] = try reader.word(argument)
      case .flag: flags[argument.name] = try reader.flag()
      }
    }
    try reader.finish()
  }
}

/// Takes arguments off a line.
private struct ArgumentReader {
  let text: [UInt8]
  var position: Int
  let name: String
  let register: (String) -> Int64?

  var isAtEnd: Bool { position >= text.count }

  mutating func skipBlanks() {
    while position < text.count, Expression.isBlank(text[position]) { position += 1 }
  }

  mutating func format(_ last: MemoryFormat) throws(MonitorError) -> MemoryFormat? {
    guard position < text.count, text[position] == UInt8(ascii: "/") else { return nil }
    position += 1
    return try MemoryFormat(text, at: &position, last: last)
  }

  /// The options that stand here, in any order; `-a -b` and nothing else.
  mutating func options(_ arguments: [Argument]) throws(MonitorError) -> [String] {
    var found: [String] = []
    while position + 1 < text.count, text[position] == UInt8(ascii: "-"),
      !Expression.isBlank(text[position + 1])
    {
      let letter = String(decoding: [text[position + 1]], as: UTF8.self)
      let isKnown = arguments.contains {
        if case .option(let known) = $0.kind { String(known) == letter } else { false }
      }
      // Where a number can follow, a sign is its own.
      if !isKnown && "0123456789(".contains(letter) { break }
      guard isKnown else { throw MonitorError("\(name): unsupported option -\(letter)") }
      found.append(letter)
      position += 2
      skipBlanks()
    }
    return found
  }

  mutating func number(_ argument: Argument) throws(MonitorError) -> Int64 {
    var expression = Expression(text, at: position, register: register)
    let value = try expression.value()
    position = expression.position
    if case .integer = argument.kind, UInt64(bitPattern: value) >> 32 != 0 {
      throw MonitorError("'\(name)' has failed: integer is for 32-bit values")
    }
    return value
  }

  mutating func word(_ argument: Argument) throws(MonitorError) -> String {
    let what =
      switch argument.kind {
      case .file: "filename expected"
      case .block: "block device name expected"
      default: "string expected"
      }
    guard !isAtEnd else { throw MonitorError("\(name): \(what)") }
    guard text[position] == UInt8(ascii: "\"") else { return plainWord() }
    do { return try quotedWord() } catch {
      throw MonitorError("\(error)\n\(name): \(what)")
    }
  }

  private mutating func plainWord() -> String {
    let start = position
    while position < text.count, !Expression.isBlank(text[position]) { position += 1 }
    return String(decoding: text[start..<position], as: UTF8.self)
  }

  private mutating func quotedWord() throws(MonitorError) -> String {
    var bytes: [UInt8] = []
    position += 1
    while position < text.count, text[position] != UInt8(ascii: "\"") {
      var byte = text[position]
      if byte == UInt8(ascii: "\\"), position + 1 < text.count {
        position += 1
        byte = text[position]
        switch byte {
        case UInt8(ascii: "n"): byte = 10
        case UInt8(ascii: "r"): byte = 13
        case UInt8(ascii: "\\"), UInt8(ascii: "'"), UInt8(ascii: "\""): break
        default:
          let letter = String(decoding: [byte], as: UTF8.self)
          throw MonitorError("unsupported escape code: '\\\(letter)'")
        }
      }
      bytes.append(byte)
      position += 1
    }
    guard position < text.count else { throw MonitorError("unterminated string") }
    position += 1
    return String(decoding: bytes, as: UTF8.self)
  }

  mutating func flag() throws(MonitorError) -> Bool {
    switch isAtEnd ? "" : plainWord() {
    case "on": return true
    case "off": return false
    default: throw MonitorError("Expected 'on' or 'off'")
    }
  }

  mutating func finish() throws(MonitorError) {
    skipBlanks()
    guard isAtEnd else {
      throw MonitorError("\(name): extraneous characters at the end of line")
    }
  }
}
