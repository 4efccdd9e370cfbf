import Testing

@testable import IR
@testable import Optimizer

@Suite("Rules")
struct RuleTests {
  private static let rules = algebraicRules + constantRules

  /// How many variables and constants a term names.
  private static func uses(_ term: Term) -> (variables: Int, constants: Int) {
    switch term {
    case .variable(let n): return (n + 1, 0)
    case .constant(let n): return (0, n + 1)
    case .literal: return (0, 0)
    case .unary(_, let a): return uses(a)
    case .binary(_, let a, let b):
      let (x, y) = (uses(a), uses(b))
      return (max(x.0, y.0), max(x.1, y.1))
    }
  }

  /// A term's value; the same as `Term.evaluate`, without its arrays.
  private static func value(
    _ term: Term, _ x: UInt64, _ y: UInt64, _ k: UInt64, _ m: UInt64, _ width: Int
  ) -> UInt64 {
    switch term {
    case .variable(let n): n == 0 ? x : y
    case .constant(let n): n == 0 ? k : m
    case .literal(let literal):
      UInt64(bitPattern: literal) & (width == 64 ? ~0 : 1 << UInt64(width) - 1)
    case .unary(let opcode, let a):
      opcode.evaluate(value(a, x, y, k, m, width), 0, width: width)
    case .binary(let opcode, let a, let b):
      opcode.evaluate(value(a, x, y, k, m, width), value(b, x, y, k, m, width), width: width)
    }
  }

  @Test("Each rule holds for all eight-bit values and constants")
  func eightBits() {
    var failures: [String] = []
    for rule in Self.rules {
      let (variables, constants) = Self.uses(rule.pattern)
      let range = { (isUsed: Bool) in isUsed ? 0..<UInt64(256) : 0..<UInt64(1) }
      search: for x in range(variables > 0) {
        for y in range(variables > 1) {
          for k in range(constants > 0) {
            for m in range(constants > 1)
            where Self.value(rule.pattern, x, y, k, m, 8)
              != Self.value(rule.replacement, x, y, k, m, 8)
            {
              failures.append("\(rule.name) x=\(x) y=\(y) k=\(k) m=\(m)")
              break search
            }
          }
        }
      }
    }
    #expect(failures == [])
  }

  @Test("Each rule holds for random values of 32 and 64 bits")
  func wide() {
    var failures: [String] = []
    var random = Seeded(state: 7)
    for width in [32, 64] {
      let mask: UInt64 = width == 64 ? ~0 : 0xffff_ffff
      for rule in Self.rules {
        for _ in 0..<20_000 {
          let v = (0..<4).map { _ in random.edge() & mask }
          let pattern = Self.value(rule.pattern, v[0], v[1], v[2], v[3], width)
          let replacement = Self.value(rule.replacement, v[0], v[1], v[2], v[3], width)
          if pattern != replacement { failures.append("\(rule.name) \(width) \(v)") }
        }
      }
    }
    #expect(failures.isEmpty, "\(failures.prefix(10))")
  }

  @Test("No rule enlarges an expression")
  func sizes() {
    func size(_ term: Term) -> Int {
      switch term {
      case .variable: 0
      // What is reckoned while rewriting costs nothing.
      case .constant, .literal: 0
      case .unary(_, let a): Self.uses(a).variables == 0 ? 0 : 1 + size(a)
      case .binary(_, let a, let b):
        Self.uses(.binary(.add, a, b)).variables == 0 ? 0 : 1 + size(a) + size(b)
      }
    }
    #expect(Self.rules.filter { size($0.replacement) > size($0.pattern) }.map(\.name) == [])
  }

  /// What the pass makes of a rule's pattern has the pattern's value, and the rule was applied.
  @Test("Each rule is applied by the pass, and what it makes is right")
  func applied() {
    var failures: [String] = []
    var random = Seeded(state: 9)
    for rule in Self.rules {
      for type in [ValueType.i32, .i64] {
        Toy.withBlock { block in
          var optimizer = Optimizer(block, passes: [.rules])
          defer { optimizer.deallocate() }
          for _ in 0..<20 {
            let constants = (random.edge(), random.edge())
            block.clear()
            Self.build(rule.pattern, constants, type, block)
            optimizer.run(block)
            let globals = random.globals()
            let (x, y) = type == .i32 ? (globals[0], globals[1]) : (globals[8], globals[9])
            let mask: UInt64 = type == .i32 ? 0xffff_ffff : ~0
            let expected = Self.value(
              rule.pattern, x & mask, y & mask, constants.0 & mask, constants.1 & mask, type.bits)
            let found = Toy.interpret(block, globals).env[type == .i32 ? 7 : 11]
            if found & mask != expected { failures.append("\(rule.name) \(type) \(constants)") }
          }
          let hits = optimizer.ruleHits.first { $0.name == rule.name }
          if hits?.count ?? 0 == 0 { failures.append("\(rule.name) \(type) is never applied") }
        }
      }
    }
    #expect(failures.isEmpty, "\(failures.prefix(20))")
  }

  /// A block that leaves a term's value in r7 or d3.
  private static func build(
    _ term: Term, _ constants: (UInt64, UInt64), _ type: ValueType, _ block: Block
  ) {
    let builder = Builder(block)
    func temp(_ term: Term) -> TempIndex {
      switch term {
      case .variable(let n): type == .i32 ? Toy.word(n) : Toy.double(n)
      case .constant(let n): block.constant(type, n == 0 ? constants.0 : constants.1)
      case .literal(let k): block.constant(type, UInt64(bitPattern: k))
      case .unary(let opcode, let a): builder.emit1(opcode, type, result: type, temp(a))
      case .binary(let opcode, let a, let b):
        builder.emit2(opcode, type, result: type, temp(a), temp(b))
      }
    }
    builder.write(type == .i32 ? Toy.word(7) : Toy.double(3), temp(term))
    builder.commit()
    builder.effect(.exit_tb)
    builder.finish()
  }
}
