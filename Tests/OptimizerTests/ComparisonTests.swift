import Testing

@testable import IR
@testable import Optimizer

/// The theorems behind the fusion of comparisons, and the pass that uses them.
@Suite("Comparisons")
struct ComparisonTests {
  @Test("A property of a difference is the comparison that the table says")
  func theorem() {
    var failures: [String] = []
    let mask: UInt64 = 0xffff
    for a in UInt64(0)..<256 {
      for b in UInt64(0)..<256 {
        let signed = { (v: UInt64) in (v ^ 0x80) &- 0x80 & mask }
        for isSigned in [true, false] {
          let d = (isSigned ? signed(a) &- signed(b) : a &- b) & mask
          for row in ForwardPass.comparisons {
            let holds =
              switch row.property {
              case .negative: d >> 14 & 1 == 1
              case .positive: Condition.gt.holds(d, 0, width: 16)
              case .zero: d & 0xff == 0
              }
            let condition = isSigned ? row.signed : row.unsigned
            if holds != condition.holds(a, b, width: 8) { failures.append("\(row) \(a) \(b)") }
          }
        }
      }
    }
    #expect(failures.isEmpty, "\(failures.prefix(10))")
  }

  @Test("A fused branch or bit says what the unfused one says")
  func fusion() {
    var random = Seeded(state: 3)
    var failures: [String] = []
    var fused = 0
    for round in 0..<3_000 {
      let shape = Shape(&random)
      Toy.withBlock { plain in
        Toy.withBlock { block in
          shape.build(plain)
          shape.build(block)
          var optimizer = Optimizer(block, homes: Toy.homes)
          defer { optimizer.deallocate() }
          optimizer.run(block)
          if Self.comparesWords(block) { fused += 1 }
          for _ in 0..<12 {
            var globals = random.globals()
            if Bool.random(using: &random) { globals[1] = globals[0] }
            let (a, b) = (Toy.interpret(plain, globals), Toy.interpret(block, globals))
            if a.exit != b.exit || a.env != b.env {
              failures.append("\(round): \(shape): \(globals) \(a.exit) \(b.exit)")
            }
          }
        }
      }
    }
    #expect(failures.isEmpty, "\(failures.prefix(5))")
    #expect(fused > 1_500, "most outcomes are those of a comparison of the words")
  }

  private static func comparesWords(_ block: Block) -> Bool {
    (0..<block.opCount).contains {
      let op = block.ops[$0]
      return (op.opcode == .brcond || op.opcode == .setcond) && op.type == .i32
        && (op.input(0) == Toy.word(0) || op.input(0) == Toy.word(1))
    }
  }

  /// A comparison of two words, or of a word and a constant, and how its outcome is used.
  private struct Shape {
    let isSigned, isBranch, overwritesFirst: Bool
    let constant: UInt64?
    let constantFirst: Bool
    let property: Int

    init(_ random: inout Seeded) {
      isSigned = .random(using: &random)
      isBranch = .random(using: &random)
      overwritesFirst = Int.random(in: 0..<4, using: &random) == 0
      constant = Bool.random(using: &random) ? random.edge() : nil
      constantFirst = Int.random(in: 0..<4, using: &random) == 0
      property = .random(in: 0..<6, using: &random)
    }

    func build(_ block: Block) {
      let b = Builder(block)
      b.beginInstruction(0x100)
      let x = I32(b, Toy.word(0)), y = I32(b, Toy.word(1))
      func extended(_ v: I32) -> I64 { isSigned ? v.signExtended : v.zeroExtended }
      let k = constant.map { k -> I64 in
        let word = UInt32(truncatingIfNeeded: k)
        return b.i64(
          isSigned ? UInt64(bitPattern: Int64(Int32(bitPattern: word))) : UInt64(word))
      }
      let d =
        constantFirst ? (k ?? extended(y)) - extended(x) : extended(x) - (k ?? extended(y))
      b.write(Toy.double(0), d.temp)
      if overwritesFirst { b.write(Toy.word(0), (y + 1).temp) }
      b.commit()
      b.beginInstruction(0x104)
      use(b, I64(b, Toy.double(0)))
      b.effect(.exit_tb)
      b.finish()
    }

    /// Branches on the property, or leaves it in r5.
    private func use(_ b: Builder, _ d: I64) {
      let (condition, a, k): (Condition, I64, UInt64) =
        switch property {
        case 0: (.tstne, d, 1 << 62)
        case 1: (.tsteq, d, 1 << 62)
        case 2: (.gt, d, 0)
        case 3: (.le, d, 0)
        default: (property == 4 ? .eq : .ne, d, 0)
        }
      let label = b.newLabel()
      if isBranch {
        if property < 4 {
          b.brcond(.i64, condition, a.temp, b.i64(k).temp, to: label)
        } else {
          b.brcond(.i32, condition, a.low.temp, b.i32(0).temp, to: label)
        }
        b.cold(label) { b.effect(.exit_tb, constant: 0, constant2: 1) }
        return
      }
      let bit: I32 =
        switch property {
        case 0: d.extract(at: 62, length: 1).low
        case 1: d.extract(at: 62, length: 1).low ^ 1
        case 2: d.test(.gt, 0).low
        case 3: d.test(.le, 0).low
        default: d.low.test(condition, 0)
        }
      b.write(Toy.word(5), bit.temp)
      b.commit()
    }
  }
}
