@testable import IR

/// Globals for vector ops: four vectors, four twice as wide, two words, two doublewords, two singles and two doubles.
enum VectorSample {
  /// The globals by name, 32 bytes apart.
  static let globals: [Global] = {
    let names: [(String, ValueType)] =
      ["d", "a", "b", "c"].map { ($0, .v128) } + ["D", "A", "B", "C"].map { ($0, .v256) } + [
        ("w", .i32), ("v", .i32), ("x", .i64),
      ]
      + [("y", .i64), ("s", .f32), ("t", .f32), ("f", .f64), ("g", .f64)]
    return names.enumerated().map { Global($1.0, $1.1, offset: 32 * $0) }
  }()

  /// The guest's names. Safe to share: nothing changes them.
  nonisolated(unsafe) static let names = BlockNames(globals: globals, helpers: [])

  /// Where env keeps the two floating-point statuses: behind the globals.
  static let floatStatus = 32 * globals.count

  /// The number of digits that a value of a type is written with.
  static func digits(_ type: ValueType) -> Int { type.bits / 4 }

  /// Runs `body` with an empty block and zeroed state, which are freed afterwards.
  static func withMachine<T>(_ body: (Block, UnsafeMutableRawPointer) throws -> T) rethrows -> T {
    let block = Block(names: names)
    let env = UnsafeMutableRawPointer.allocate(byteCount: 1024, alignment: 16)
    env.initializeMemory(as: UInt8.self, repeating: 0, count: 1024)
    defer {
      block.deallocate()
      env.deallocate()
    }
    return try body(block, env)
  }

  /// Gives a global the value that hexadecimal digits write, the leftmost the most significant.
  static func write(_ env: UnsafeMutableRawPointer, _ name: some StringProtocol, _ text: String) {
    let global = globals.first { $0.name == name }!
    precondition(text.count == digits(global.type), "\(text) is not a value of \(name)")
    var rest = Substring(text)
    for place in (0..<global.type.bits / 8).reversed() {
      let byte = UInt8(rest.prefix(2), radix: 16)!
      env.storeBytes(of: byte, toByteOffset: global.offset + place, as: UInt8.self)
      rest = rest.dropFirst(2)
    }
  }

  /// A global's value in hexadecimal digits, the leftmost the most significant.
  static func read(_ env: UnsafeMutableRawPointer, _ name: some StringProtocol) -> String {
    let global = globals.first { $0.name == name }!
    var text = ""
    for place in (0..<global.type.bits / 8).reversed() {
      let byte = env.load(fromByteOffset: global.offset + place, as: UInt8.self)
      text += (byte < 16 ? "0" : "") + String(byte, radix: 16)
    }
    return text
  }
}

/// One op of 128 bits with operands and the result that it must give.
struct VectorRow {
  /// The op as the log prints it, without the blank in front.
  let text: String
  /// The values of the globals that are operands, in order.
  let operands: [String]
  /// The value of the global that is the result.
  let result: String

  /// The op's name.
  var name: Substring { text.prefix { $0 != " " } }

  /// Everything behind the name.
  private var parts: [Substring] { text.drop { $0 != " " }.dropFirst().split(separator: ",") }

  /// The globals that it names, the result first.
  var names: [Substring] {
    parts.filter { part in VectorSample.globals.contains { $0.name == part } }
  }

  /// The width of its elements as written, if it has one.
  var width: String? { parts.first == "v128" ? String(parts[1]) : nil }

  /// The same op with elements of another width.
  func text(ofWidth other: String) -> String {
    text.replacingOccurrence(of: "v128,\(width ?? ""),", with: "v128,\(other),")
  }

  /// What the interpreter makes of it, or why it makes nothing.
  func got(_ block: Block, _ env: UnsafeMutableRawPointer) throws -> String {
    try block.parse(" \(text)\n ret_ptr w")
    if let problem = block.verify().first { return "\(problem)" }
    // An op whose result is also an operand is not among the rows: names are apart.
    for (name, value) in zip(names.dropFirst().uniqued(), operands) {
      VectorSample.write(env, name, value)
    }
    var memory = MemoryWindow(start: 0, bytes: [])
    var interpreter = Interpreter(block, env: env)
    guard case .ret_ptr = interpreter.run(memory: &memory) else { return "does not leave" }
    return VectorSample.read(env, names[0])
  }

  /// The rows of a table: see `vectorIntegerTable`.
  static func rows(_ table: String) -> [VectorRow] {
    let lines = table.split(separator: "\n").filter { !$0.hasPrefix("#") }
    var words = lines.joined(separator: " ").split(separator: " ").map(String.init)[...]
    var rows: [VectorRow] = []
    while let name = words.popFirst(), let arguments = words.popFirst() {
      let operands = words.prefix { $0 != "=" }
      let result = words.dropFirst(operands.count + 1).first ?? ""
      words = words.dropFirst(operands.count + 2)
      rows.append(
        VectorRow(text: "\(name) \(arguments)", operands: Array(operands), result: result))
    }
    return rows
  }
}

extension Sequence where Element: Equatable {
  /// The elements, each only the first time.
  fileprivate func uniqued() -> [Element] {
    reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
  }
}

extension String {
  /// The text with the first occurrence of a part replaced.
  fileprivate func replacingOccurrence(of part: String, with other: String) -> String {
    guard let range = firstRange(of: part) else { return self }
    return replacingCharacters(in: range, with: other)
  }

  /// The text with the characters of a range replaced.
  private func replacingCharacters(in range: Range<Index>, with other: String) -> String {
    String(self[..<range.lowerBound]) + other + self[range.upperBound...]
  }
}
