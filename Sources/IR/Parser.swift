/// Why a text is not a block.
public struct ParseError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The line, counted from 1.
  public let line: Int
  /// What is wrong with it.
  public let cause: Cause

  /// The ways in which a line can be wrong; the text is the part that is.
  public enum Cause: Error, Equatable, Sendable {
    /// The line does not start with a blank, as an op does.
    case notAnOp
    /// There is no op of this name, or none with this type.
    case unknownOp(String)
    /// The guest has no global of this name, and it is no value.
    case unknownName(String)
    /// The guest has no helper of this name, or it has other flags or more arguments.
    case unknownHelper(String)
    /// The line ends too soon.
    case missingOperand
    /// The line goes on behind the op's last operand.
    case extraOperand(String)
    /// This is not what stands in this place: a number, label, condition, memory operation...
    case malformed(String)
    /// The number does not fit.
    case outOfRange(String)
    /// The value has another type than the op takes there.
    case typeConflict(String)
    /// This cannot be written.
    case notWritable(String)
    /// The block has more ops, values or labels than a block may.
    case tooLarge
  }

  /// "line N: cause".
  public var description: String { "line \(line): \(cause)" }
}

extension Block {
  /// Replaces the block by the one that a text shows, as `Printer` writes it.
  ///
  /// Empty lines, and headings that end in a colon, are passed over. The straight line ends
  /// at the first op that leaves; what follows are cold parts. Values whose type no op says are
  /// i64. The result is as the text says, well formed or not: `verify` tells.
  ///
  /// - Throws: the first line that is wrong; the block is then empty.
  public func parse(_ text: String) throws(ParseError) {
    clear()
    var parser = Parser(self)
    var number = 0
    do throws(ParseError.Cause) {
      for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
        number += 1
        try parser.line(line)
      }
      try parser.finish()
    } catch {
      clear()
      throw ParseError(line: number, cause: error)
    }
  }
}

/// The parser's state between lines.
struct Parser {
  typealias Cause = ParseError.Cause
  let block: Block
  let names: BlockNames
  private let globals: [Substring: TempIndex]
  /// The temp of each value, by its number, and its type once an op has told.
  private var values: [(temp: TempIndex, type: ValueType?)] = []
  private var labelCount: UInt32 = 0
  private var mainCount: Int?
  /// The highest address of an instruction so far, and whether the last op leaves.
  private var highest: UInt32?
  private var hasLeft = false

  init(_ block: Block) {
    self.block = block
    names = block.names
    var globals: [Substring: TempIndex] = ["env": Block.env]
    for (index, global) in names.globals.enumerated() {
      globals[Substring(global.name)] = TempIndex(index + 1)
    }
    self.globals = globals
  }

  // MARK: Lines

  mutating func line(_ line: Substring) throws(Cause) {
    if line.allSatisfy({ $0 == " " }) || line.last == ":" { return }
    guard line.first == " " else { throw .notAnOp }
    guard block.opCount < Block.capacity else { throw .tooLarge }
    var words = line.split(separator: " ")[...]
    let name = words.removeFirst()
    // The results of liveness analysis are the words that end in a colon, and what follows.
    let isLife: (Substring) -> Bool = { $0.last == ":" || $0.hasPrefix("pref=") }
    let end = words.firstIndex(where: isLife) ?? words.endIndex
    let operandWords = words[..<end]
    guard operandWords.count <= 1 else { throw .extraOperand(String(operandWords.last!)) }
    var operands = Operands(operandWords.first ?? "")
    var op = try operation(name, &operands)
    if let extra = operands.next() { throw .extraOperand(String(extra)) }
    try readLife(words[end...], into: &op)
    let index = Int32(block.opCount)
    for n in 0..<op.outputCount { block.temps[Int(op.argument(n))].definition = index }
    (block.ops + block.opCount).initialize(to: op)
    block.opCount += 1
    noteColdPart(op)
  }

  /// The text does not say where the cold parts begin: at a label behind an op that leaves, after
  /// which no instruction starts at a higher address than before.
  private mutating func noteColdPart(_ op: Op) {
    if op.opcode == .insn_start && op.constant >= highest ?? 0 {
      highest = op.constant &+ 1
      mainCount = nil
    }
    if op.opcode == .set_label && hasLeft && mainCount == nil { mainCount = block.opCount - 1 }
    hasLeft = op.opcode.info.flags.contains(.blockExit)
  }

  /// Settles what only the whole text tells.
  mutating func finish() throws(Cause) {
    for value in values { block.temps[Int(value.temp)].type = value.type ?? .i64 }
    for index in 0..<block.opCount where block.ops[index].opcode == .call {
      guard block.ops[index].outputCount > 0 else { continue }
      block.ops[index].type = block.temps[Int(block.ops[index].output(0))].type
    }
    block.storage.pointee.labelCount = labelCount
    block.mainCount = mainCount ?? block.opCount
    block.storage.pointee.instructionStart = block.opCount
  }

  private func readLife(_ words: ArraySlice<Substring>, into op: inout Op) throws(Cause) {
    var title: Substring = ""
    for word in words {
      if word.last == ":" {
        guard word == "sync:" || word == "dead:" else { throw .malformed(String(word)) }
        title = word
      } else if word.hasPrefix("pref=") {
        op.preference = try preference(word.dropFirst(5))
      } else {
        guard let n = Int(word), n >= 0, n < 8, title != "" else { throw .malformed(String(word)) }
        if title == "sync:" { op.sync |= 1 << UInt8(n) } else { op.dead |= 1 << UInt8(n) }
      }
    }
  }

  private func preference(_ text: Substring) throws(Cause) -> UInt16 {
    // One op has one preference, printed for each result.
    guard let first = text.split(separator: ",").first else { throw .malformed("pref=") }
    switch first {
    case "none": return 0
    case "all": return .max
    default:
      guard first.hasPrefix("0x"), let mask = UInt16(first.dropFirst(2), radix: 16) else {
        throw .malformed(String(first))
      }
      return mask
    }
  }

  // MARK: Names

  /// The temp that an operand names; a constant and a new value get the type `type`.
  mutating func temp(_ text: Substring, _ type: ValueType?) throws(Cause) -> TempIndex {
    if text.first == "$" {
      guard block.tempCount < Block.tempCapacity else { throw .tooLarge }
      let number = try Operands.number(text)
      let type = type ?? .i64
      guard type.bits >= 64 || number >> UInt64(type.bits) == 0 else {
        throw .outOfRange(String(text))
      }
      return block.constant(type, number)
    }
    if let global = globals[text] {
      let found = block.temps[Int(global)].type
      guard type == nil || type == found else { throw .typeConflict(String(text)) }
      return global
    }
    guard text.hasPrefix("tmp"), let number = Operands.decimal(text.dropFirst(3)) else {
      throw .unknownName(String(text))
    }
    return try value(number, type, text)
  }

  /// Value number `number`; those below it are made with it, so that numbers stay.
  private mutating func value(
    _ number: Int, _ type: ValueType?, _ text: Substring
  ) throws(Cause) -> TempIndex {
    guard block.tempCount + max(0, number - values.count) < Block.tempCapacity else {
      throw .tooLarge
    }
    while values.count <= number { values.append((block.newValue(.i64), nil)) }
    if let type {
      guard values[number].type ?? type == type else { throw .typeConflict(String(text)) }
      values[number].type = type
    }
    return values[number].temp
  }

  /// The number of the label that an operand names.
  mutating func label(_ text: Substring) throws(Cause) -> UInt32 {
    guard text.hasPrefix("$L"), let number = Operands.decimal(text.dropFirst(2)) else {
      throw .malformed(String(text))
    }
    guard number < Block.capacity else { throw .tooLarge }
    labelCount = max(labelCount, UInt32(number) + 1)
    return UInt32(number)
  }
}

/// The operands of one op, from left to right.
struct Operands {
  private var rest: ArraySlice<Substring>

  init(_ text: Substring) {
    rest = text.isEmpty ? [] : text.split(separator: ",", omittingEmptySubsequences: false)[...]
  }

  /// How many are left.
  var count: Int { rest.count }

  /// The next one, if there is one.
  mutating func next() -> Substring? { rest.popFirst() }

  /// The next one, which must be there.
  mutating func take() throws(ParseError.Cause) -> Substring {
    guard let text = rest.popFirst() else { throw .missingOperand }
    return text
  }

  /// The next one, a number `$0x..` of 32 bits.
  mutating func word() throws(ParseError.Cause) -> UInt32 {
    let text = try take()
    guard let word = UInt32(exactly: try Self.number(text)) else { throw .outOfRange(String(text)) }
    return word
  }

  /// The number that `$0x..` says.
  static func number(_ text: Substring) throws(ParseError.Cause) -> UInt64 {
    let digits = text.dropFirst(3)
    guard text.hasPrefix("$0x"), let first = digits.first, first.isHexDigit else {
      throw .malformed(String(text))
    }
    guard let number = UInt64(digits, radix: 16) else {
      guard digits.allSatisfy(\.isHexDigit) else { throw .malformed(String(text)) }
      throw .outOfRange(String(text))
    }
    return number
  }

  /// A number of at most nine decimal digits, without a sign.
  static func decimal(_ text: Substring) -> Int? {
    guard text.utf8.count <= 9, text.utf8.allSatisfy({ $0 >= 48 && $0 <= 57 }) else { return nil }
    return Int(text)
  }
}
