import IR

/// An algebraic rewrite, `pattern => replacement`, that holds at every width.
///
/// A rule is data: the forward pass indexes it, the tests prove it by enumeration at eight bits
/// and at random at 32 and 64, and its name appears in reports. Variables `x`, `y`, `z` stand for
/// any value, `k` and `m` for any constant; operations on constants in a replacement are done
/// while rewriting. No rule may make an expression larger.
public struct Rule: Sendable {
  /// The name in reports.
  public let name: String
  /// What is looked for, and what takes its place.
  public let pattern, replacement: Term
}

/// A pattern or a replacement: a tree over variables and constants.
public indirect enum Term: Sendable, ExpressibleByIntegerLiteral {
  /// Any value: x, y or z by number.
  case variable(Int)
  /// Any constant: k or m by number.
  case constant(Int)
  /// This constant, truncated to the width.
  case literal(Int64)
  /// An op on one term.
  case unary(Opcode, Term)
  /// An op on two terms.
  case binary(Opcode, Term, Term)

  /// A number in a rule stands for itself.
  public init(integerLiteral value: Int64) { self = .literal(value) }
}

extension Term {
  /// The sum.
  public static func + (a: Term, b: Term) -> Term { .binary(.add, a, b) }
  /// The difference.
  public static func - (a: Term, b: Term) -> Term { .binary(.sub, a, b) }
  /// The low half of the product.
  public static func * (a: Term, b: Term) -> Term { .binary(.mul, a, b) }
  /// The bits that are set in both.
  public static func & (a: Term, b: Term) -> Term { .binary(.and, a, b) }
  /// The bits that are set in either.
  public static func | (a: Term, b: Term) -> Term { .binary(.or, a, b) }
  /// The bits that differ.
  public static func ^ (a: Term, b: Term) -> Term { .binary(.xor, a, b) }
  /// All bits inverted.
  public static prefix func ~ (a: Term) -> Term { .unary(.not, a) }
  /// The negated number, modulo the width.
  public static prefix func - (a: Term) -> Term { .unary(.neg, a) }
  /// `self & ~b` as one op.
  public func andc(_ b: Term) -> Term { .binary(.andc, self, b) }
  /// `self | ~b` as one op.
  public func orc(_ b: Term) -> Term { .binary(.orc, self, b) }
  /// `~(self ^ b)` as one op.
  public func eqv(_ b: Term) -> Term { .binary(.eqv, self, b) }
  /// `~(self & b)` as one op.
  public func nand(_ b: Term) -> Term { .binary(.nand, self, b) }
  /// `~(self | b)` as one op.
  public func nor(_ b: Term) -> Term { .binary(.nor, self, b) }
  /// Shifted left by `b`.
  public func shl(_ b: Term) -> Term { .binary(.shl, self, b) }
  /// Shifted right by `b`, zeros coming in.
  public func shr(_ b: Term) -> Term { .binary(.shr, self, b) }
  /// Shifted right by `b`, the sign coming in.
  public func sar(_ b: Term) -> Term { .binary(.sar, self, b) }
  /// Rotated left by `b`.
  public func rotl(_ b: Term) -> Term { .binary(.rotl, self, b) }
}

infix operator => : RewritePrecedence
precedencegroup RewritePrecedence {
  lowerThan: AdditionPrecedence
}

/// Both sides of a rule.
public struct Rewrite { let from, to: Term }

/// The first term is what is looked for, the second what takes its place.
public func => (from: Term, to: Term) -> Rewrite { Rewrite(from: from, to: to) }

extension Rule {
  /// A rule over x.
  static func rule(_ name: String, _ body: (Term) -> Rewrite) -> Rule {
    let r = body(.variable(0))
    return Rule(name: name, pattern: r.from, replacement: r.to)
  }
  /// A rule over x and y.
  static func rule(_ name: String, _ body: (Term, Term) -> Rewrite) -> Rule {
    let r = body(.variable(0), .variable(1))
    return Rule(name: name, pattern: r.from, replacement: r.to)
  }
  /// A rule over x and the constant k.
  static func withConstant(_ name: String, _ body: (Term, Term) -> Rewrite) -> Rule {
    let r = body(.variable(0), .constant(0))
    return Rule(name: name, pattern: r.from, replacement: r.to)
  }
  /// A rule over x and the constants k and m.
  static func withConstants(_ name: String, _ body: (Term, Term, Term) -> Rewrite) -> Rule {
    let r = body(.variable(0), .constant(0), .constant(1))
    return Rule(name: name, pattern: r.from, replacement: r.to)
  }
}

extension Term {
  /// The value for given variables and constants; the reference for the proofs.
  public func evaluate(variables: [UInt64], constants: [UInt64], width: Int) -> UInt64 {
    let mask: UInt64 = width == 64 ? ~0 : (1 << UInt64(width)) - 1
    func value(_ t: Term) -> UInt64 {
      t.evaluate(variables: variables, constants: constants, width: width)
    }
    return switch self {
    case .variable(let n): variables[n]
    case .constant(let n): constants[n]
    case .literal(let k): UInt64(bitPattern: k) & mask
    case .unary(let opcode, let a): opcode.evaluate(value(a), 0, width: width)
    case .binary(let opcode, let a, let b): opcode.evaluate(value(a), value(b), width: width)
    }
  }
}
