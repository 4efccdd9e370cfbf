import Testing

@testable import IR
@testable import Optimizer

/// Random blocks of ops, before and after the passes.
@Suite("Random blocks")
struct RandomBlockTests {
  /// Ops on integers that a block is made of.
  private static let pure = Opcode.allCases.filter { opcode in
    opcode.info.flags.contains(.pure) && (opcode.allows(.i32) || opcode.allows(.i64))
      && !"\(opcode)".contains("f32") && !"\(opcode)".contains("f64")
      && ![.cvt_f64_i32, .cvt_f64_i64, .fcmp, .fbits_i32, .fbits_i64].contains(opcode)
  }

  /// A block under construction, with the values that ops may take.
  private struct Maker {
    let block: Block
    var builder: Builder { Builder(block) }
    var random: Seeded
    var values: [ValueType: [TempIndex]] = [:]
    /// Every value with the place in env that it is stored to.
    var stored: [(temp: TempIndex, offset: Int)] = []

    init(_ block: Block, seed: UInt64) {
      self.block = block
      random = Seeded(state: seed)
    }

    mutating func operand(_ type: ValueType) -> TempIndex {
      switch Int.random(in: 0..<10, using: &random) {
      case 0..<3: return block.constant(type, random.edge())
      case 3..<6:
        let n = Int.random(in: 0..<(type == .i32 ? 8 : 4), using: &random)
        return type == .i32 ? Toy.word(n) : Toy.double(n)
      default:
        let known = values[type] ?? []
        return known.suffix(6).randomElement(using: &random) ?? block.constant(type, random.edge())
      }
    }

    /// Appends one op whose result is a value or a global; the value is stored behind it.
    mutating func append() {
      let opcode = RandomBlockTests.pure.randomElement(using: &random)!
      let types = [ValueType.i32, .i64].filter { opcode.allows($0) }
      let type = types.randomElement(using: &random)!
      var op = Op(
        opcode, type, outputs: Int(opcode.info.outputs), inputs: Int(opcode.info.inputs))
      setConstants(&op)
      for n in 0..<op.inputCount {
        op.setInput(n, operand(op.requiredType(op.outputCount + n) ?? type))
      }
      for k in 0..<op.outputCount {
        let result = op.requiredType(k) ?? type
        let isGlobal = Int.random(in: 0..<3, using: &random) == 0
        let n = Int.random(in: 0..<4, using: &random)
        op.arguments[k] =
          isGlobal ? (result == .i32 ? Toy.word(n) : Toy.double(n)) : block.newValue(result)
      }
      if op.outputCount > 1 && op.output(0) == op.output(1) { return }
      builder.append(op)
      for k in 0..<op.outputCount where Int(op.output(k)) >= block.firstLocal {
        keep(op.output(k), op.requiredType(k) ?? type)
      }
    }

    private mutating func setConstants(_ op: inout Op) {
      let bits = op.type.bits
      switch op.opcode {
      case .deposit, .extract, .sextract:
        let length = Int.random(in: 1...bits, using: &random)
        op.constant = UInt32(Int.random(in: 0...bits - length, using: &random))
        op.constant2 = UInt32(length)
      case .extract2: op.constant = UInt32(Int.random(in: 0..<bits, using: &random))
      case .bswap16, .bswap32: op.constant = Bool.random(using: &random) ? 4 : 0
      case .setcond, .negsetcond, .movcond:
        op.condition = Condition.allCases.randomElement(using: &random)!
      default: break
      }
    }

    private mutating func keep(_ temp: TempIndex, _ type: ValueType) {
      values[type, default: []].append(temp)
      let offset = Toy.row + 8 * stored.count
      stored.append((temp, offset))
      builder.effect2(.st, type, temp, Block.env, constant: UInt32(offset))
    }

    /// A side exit, an access of guest memory or a call, now and then.
    mutating func disturb() {
      switch Int.random(in: 0..<12, using: &random) {
      case 0:
        let label = builder.newLabel()
        let condition = Condition.allCases.dropFirst(2).randomElement(using: &random)!
        builder.brcond(.i32, condition, operand(.i32), operand(.i32), to: label)
        builder.cold(label) { builder.effect(.exit_tb, constant: 1, constant2: 3) }
      case 1:
        let base = builder.emit2(
          .and, .i32, result: .i32, operand(.i32), block.constant(.i32, 0x3f))
        let sum = builder.emit2(.add, .i32, result: .i32, base, block.constant(.i32, 0x1000))
        keep(
          builder.emit2(
            .qemu_ld, .i32, result: .i32, sum, block.constant(.i32, 0),
            constant: MemoryOperation(bytes: 2, signed: Bool.random(using: &random)).rawValue),
          .i32)
      case 2:
        let helper = UInt32.random(in: 0..<3, using: &random)
        keep(builder.call(helper, result: .i64, operand(.i64), operand(.i64)), .i64)
      default: break
      }
    }

    mutating func make() {
      builder.beginInstruction(0x100)
      for _ in 0..<Int.random(in: 2...30, using: &random) {
        append()
        disturb()
      }
      builder.effect(.exit_tb)
      builder.finish()
    }
  }

  @Test(
    "Every pass keeps what a block does", arguments: [Passes.all, []] + Passes.names.map(\.pass))
  func agreement(_ passes: Passes) {
    var failures: [String] = []
    for seed in UInt64(0)..<1_500 {
      Toy.withBlock { plain in
        Toy.withBlock { block in
          var maker = Maker(plain, seed: seed), again = Maker(block, seed: seed)
          maker.make()
          again.make()
          var optimizer = Optimizer(block, passes: passes, homes: Toy.homes)
          defer { optimizer.deallocate() }
          optimizer.run(block)
          if let problem = plain.verify().first ?? block.verify().first {
            failures.append("\(seed): \(problem)")
          }
          for _ in 0..<4 {
            let globals = maker.random.globals()
            let (a, b) = (Toy.interpret(plain, globals), Toy.interpret(block, globals))
            if a.exit != b.exit || a.env != b.env {
              failures.append("\(seed): \(a.exit) \(b.exit)")
            }
          }
        }
      }
    }
    #expect(failures.isEmpty, "\(failures.count): \(failures.prefix(5))")
  }

  @Test("A bit that is known to be zero is zero")
  func knownBits() {
    var failures: [String] = []
    for seed in UInt64(0)..<3_000 {
      Toy.withBlock { block in
        var maker = Maker(block, seed: seed)
        maker.make()
        var pass = ForwardPass(
          block, rules: RuleTable(algebraicRules + constantRules), passes: .all, homes: Toy.homes,
          reach: .max)
        defer { pass.deallocate() }
        pass.run(block)
        for _ in 0..<4 {
          let (exit, env) = Toy.interpret(block, maker.random.globals())
          guard exit == .exit_tb(kind: 0, payload: 0) else { continue }
          for (temp, offset) in maker.stored {
            let wrong = env[offset / 8] & ~pass.facts[Int(temp)].maybe
            if wrong != 0 { failures.append("\(seed): temp \(temp) bits \(wrong)") }
          }
        }
      }
    }
    #expect(failures.isEmpty, "\(failures.count): \(failures.prefix(5))")
  }
}
