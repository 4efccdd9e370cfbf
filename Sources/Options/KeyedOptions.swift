/// The argument of an option in QEMU's grammar: `[VALUE][,KEY=VALUE][,FLAG][,noFLAG]...`.
///
/// A comma within a value is doubled. The first part may go without a key if the option has an
/// implied one. Parts are taken out by name; `finish` complains of what nobody took.
public struct KeyedOptions: Equatable, Sendable {
  /// One part.
  public struct Part: Equatable, Sendable {
    /// The key.
    public let key: String
    /// The value; `on` or `off` for a flag.
    public let value: String
    /// Whether it was written as a flag, without `=`.
    public let isFlag: Bool
  }

  /// The parts that nobody took yet, in order.
  public private(set) var parts: [Part] = []

  /// Takes a text apart.
  /// - Parameter implied: the key of a first part that has none.
  public init(_ text: String, implied: String? = nil) {
    for (index, piece) in Self.split(text).enumerated() where !piece.isEmpty {
      if let place = piece.firstIndex(of: "=") {
        let value = String(piece[piece.index(after: place)...])
        parts.append(Part(key: String(piece[..<place]), value: value, isFlag: false))
      } else if index == 0, let implied {
        parts.append(Part(key: implied, value: piece, isFlag: false))
      } else if piece.hasPrefix("no"), piece.count > 2 {
        parts.append(Part(key: String(piece.dropFirst(2)), value: "off", isFlag: true))
      } else {
        parts.append(Part(key: piece, value: "on", isFlag: true))
      }
    }
  }

  /// Splits at single commas and makes doubled ones single.
  public static func split(_ text: String) -> [String] {
    var pieces: [String] = [""]
    var rest = text[...]
    while let character = rest.popFirst() {
      if character != "," {
        pieces[pieces.count - 1].append(character)
      } else if rest.first == "," {
        pieces[pieces.count - 1].append(rest.removeFirst())
      } else {
        pieces.append("")
      }
    }
    return pieces
  }

  /// Takes a value; of several with one key the last counts.
  public mutating func take(_ key: String) -> String? {
    let value = parts.last { $0.key == key }?.value
    parts.removeAll { $0.key == key }
    return value
  }

  /// Takes every value of a key, in order.
  public mutating func takeAll(_ key: String) -> [String] {
    let values = parts.filter { $0.key == key }.map(\.value)
    parts.removeAll { $0.key == key }
    return values
  }

  /// Takes an `on` or `off`.
  /// - Throws: the message for anything else.
  public mutating func takeFlag(_ key: String) throws(OptionProblem) -> Bool? {
    guard let text = take(key) else { return nil }
    guard let flag = OptionNumber.flag(text) else {
      throw OptionProblem("Parameter '\(key)' expects 'on' or 'off'")
    }
    return flag
  }

  /// Takes a number.
  /// - Throws: the message for anything else.
  public mutating func takeNumber(_ key: String) throws(OptionProblem) -> UInt64? {
    guard let text = take(key) else { return nil }
    guard let number = OptionNumber.whole(text) else {
      throw OptionProblem("Parameter '\(key)' expects a number")
    }
    return number
  }

  /// Complains of the first part that nobody took.
  public func finish() throws(OptionProblem) {
    guard let part = parts.first else { return }
    throw OptionProblem("Invalid parameter '\(part.key)'")
  }

  /// Whether a text may be an identifier: a letter, then letters, digits, `-`, `.`, `_`.
  public static func isIdentifier(_ text: String) -> Bool {
    guard let first = text.first, first.isASCII, first.isLetter else { return false }
    return text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-._".contains($0)) }
  }

  /// Takes the `id`.
  /// - Throws: the message for one that is no identifier.
  public mutating func takeIdentifier() throws(OptionProblem) -> String? {
    guard let id = take("id") else { return nil }
    guard Self.isIdentifier(id) else {
      throw OptionProblem(
        """
        Parameter 'id' expects an identifier
        Identifiers consist of letters, digits, '-', '.', '_', starting with a letter.
        """)
    }
    return id
  }
}

/// What is wrong with the argument of an option, in QEMU's words.
public struct OptionProblem: Error, Equatable, CustomStringConvertible {
  /// The text, without the names of program and option.
  public let description: String
  /// A problem.
  public init(_ description: String) { self.description = description }
}
