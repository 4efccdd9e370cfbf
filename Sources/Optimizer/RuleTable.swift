import IR

/// The rules in the form that the forward pass walks: trivial nodes in flat arrays, so that
/// trying a rule neither allocates nor counts references.
final class RuleTable {
  /// A node of a flattened term.
  struct Node {
    enum Kind: UInt8 { case variable, constant, literal, unary, binary }
    var kind: Kind
    var opcode: Opcode
    /// Number of the variable or constant.
    var number: UInt8
    /// Children.
    var a, b: UInt16
    var value: Int64
  }

  /// A rule, by the opcode of its pattern's root.
  struct Candidate {
    var pattern, replacement: UInt16
    var rule: UInt16
    /// Whether operand 1 must be a constant, which most rules want: the quickest test.
    var wantsConstant: Bool
    /// The opcode that operand 0's definition must have, or 255 for any.
    var left: UInt8
  }

  let rules: [Rule]
  private(set) var nodes: UnsafeMutablePointer<Node>
  private(set) var candidates: UnsafeMutablePointer<Candidate>
  /// Per opcode: the first candidate, and one past the last.
  let first: UnsafeMutablePointer<UInt16>
  /// How often each rule was applied.
  let hits: UnsafeMutablePointer<Int>

  init(_ rules: [Rule]) {
    self.rules = rules
    var flat: [Node] = []
    var buckets = [[Candidate]](repeating: [], count: 256)
    for (number, rule) in rules.enumerated() {
      let root = Self.root(rule.pattern)
      buckets[Int(root)].append(
        Candidate(
          pattern: Self.flatten(rule.pattern, into: &flat),
          replacement: Self.flatten(rule.replacement, into: &flat), rule: UInt16(number),
          wantsConstant: Self.wantsConstant(rule.pattern), left: Self.left(rule.pattern)))
    }
    nodes = .allocate(capacity: flat.count)
    nodes.initialize(from: flat, count: flat.count)
    candidates = .allocate(capacity: rules.count + 1)
    first = .allocate(capacity: 257)
    hits = .allocate(capacity: rules.count + 1)
    hits.initialize(repeating: 0, count: rules.count + 1)
    var n = 0
    for opcode in 0..<256 {
      first[opcode] = UInt16(n)
      for candidate in buckets[opcode] {
        (candidates + n).initialize(to: candidate)
        n += 1
      }
    }
    first[256] = UInt16(n)
  }

  deinit {
    nodes.deallocate()
    candidates.deallocate()
    first.deallocate()
    hits.deallocate()
  }

  private static func flatten(_ term: Term, into flat: inout [Node]) -> UInt16 {
    var node = Node(kind: .variable, opcode: .mov, number: 0, a: 0, b: 0, value: 0)
    switch term {
    case .variable(let n): node.number = UInt8(n)
    case .constant(let n): (node.kind, node.number) = (.constant, UInt8(n))
    case .literal(let k): (node.kind, node.value) = (.literal, k)
    case .unary(let opcode, let a):
      (node.kind, node.opcode) = (.unary, opcode)
      node.a = flatten(a, into: &flat)
    case .binary(let opcode, let a, let b):
      (node.kind, node.opcode) = (.binary, opcode)
      node.a = flatten(a, into: &flat)
      node.b = flatten(b, into: &flat)
    }
    flat.append(node)
    return UInt16(flat.count - 1)
  }

  private static func root(_ term: Term) -> UInt8 {
    switch term {
    case .unary(let opcode, _), .binary(let opcode, _, _): opcode.rawValue
    default: 255
    }
  }

  private static func wantsConstant(_ term: Term) -> Bool {
    guard case .binary(_, _, let b) = term else { return false }
    switch b {
    case .constant, .literal: return true
    default: return false
    }
  }

  private static func left(_ term: Term) -> UInt8 {
    switch term {
    case .unary(_, let a), .binary(_, let a, _): root(a)
    default: 255
    }
  }
}
