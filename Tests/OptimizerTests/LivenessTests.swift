import Testing

@testable import IR
@testable import Optimizer

/// What liveness drops, keeps and marks, case by case.
@Suite("Liveness")
struct LivenessTests {
  /// A block's text, and its ops afterwards: each with `sync` if memory must hold its result, and
  /// `last` with the numbers of the operands that are used for the last time.
  private struct Case: CustomTestStringConvertible {
    let testDescription: String
    let text: String
    let expected: [String]

    init(_ name: String, _ text: String, _ expected: [String]) {
      (testDescription, self.text, self.expected) = (name, text, expected)
    }
  }

  private static let exit = "exit_tb"
  private static let cases: [Case] = [
    Case("A value that nobody reads goes", "add_i32 tmp0,r0,r1; exit_tb lookup,$0x0", [exit]),
    Case(
      "What made it goes too", "add_i32 tmp0,r0,r1; not_i32 tmp1,tmp0; exit_tb lookup,$0x0", [exit]),
    Case(
      "A global that is written again at once goes",
      "mov_i32 r4,$0x1; mov_i32 r4,$0x2; exit_tb lookup,$0x0", ["mov sync last 0", exit]),
    Case(
      "One that is read in between stays, without being stored",
      "mov_i32 r4,$0x3; add_i32 r5,r4,$0x1; mov_i32 r4,$0x2; exit_tb lookup,$0x0",
      ["mov last 0", "add sync last 0 1", "mov sync last 0", exit]),
    Case(
      "A fault may look at a global",
      "mov_i32 r4,$0x1; qemu_ld_i32 r5,r6,beul,0; mov_i32 r4,$0x2; exit_tb lookup,$0x0",
      ["mov sync last 0", "qemu_ld sync last 0 1", "mov sync last 0", exit]),
    Case(
      "So may the block behind a side exit",
      """
      mov_i32 r4,$0x1; brcond_i32 r0,$0x0,ne,$L0; mov_i32 r4,$0x2; exit_tb lookup,$0x0
      set_label $L0; goto_tb $0x0,$0x200
      """,
      ["mov sync last 0", "brcond last 0 1", "mov sync last 0", exit, "set_label", "goto_tb"]),
    Case(
      "A cold part stores for itself what it finds",
      """
      mov_i32 r4,$0x1; brcond_i32 r0,$0x0,ne,$L0; mov_i32 r4,$0x2; exit_tb lookup,$0x0
      set_label $L0; exit_tb lookup,$0x0
      """,
      ["mov last 0", "brcond last 0 1", "mov sync last 0", exit, "set_label", exit]),
    Case(
      "What the line reads last before a cold part may ask for it stays",
      """
      add_i32 r4,r0,r1; add_i32 r5,r4,$0x1; brcond_i32 r0,$0x0,ne,$L0; mov_i32 r4,$0x2
      exit_tb lookup,$0x0; set_label $L0; exit_tb lookup,$0x0
      """,
      [
        "add last 1", "add sync last 1", "brcond last 0 1", "mov sync last 0", exit, "set_label",
        exit,
      ]),
    Case(
      "And the code that is called",
      "mov_i32 r4,$0x1; call_tb $0x100,$0x0,$0x200; mov_i32 r4,$0x2; exit_tb lookup,$0x0",
      ["mov sync last 0", "call_tb last 0", "mov sync last 0", exit]),
    Case(
      "A value lives until its last reader",
      """
      add_i32 tmp0,r0,r1; add_i32 r5,tmp0,r2; add_i32 r6,tmp0,r3; exit_tb lookup,$0x0
      """,
      ["add last 0 1", "add sync last 1", "add sync last 0 1", exit]),
    Case(
      "A value that only a cold part reads lives up to the branch",
      """
      add_i32 tmp0,r0,r1; brcond_i32 r2,$0x0,ne,$L0; exit_tb lookup,$0x0
      set_label $L0; mov_i32 r5,tmp0; exit_tb lookup,$0x0
      """,
      [
        "add last 0 1", "brcond last 0 1", "discard", exit, "set_label", "mov sync last 0", exit,
      ]),
    Case(
      "A carry keeps the op that makes it",
      "addco_i32 tmp0,r0,r1; addci_i32 r5,$0x0,$0x0; exit_tb lookup,$0x0",
      ["addco last 0 1", "addci sync last 0", exit]),
    Case(
      "Without a reader of the carry it goes",
      "addco_i32 tmp0,r0,r1; addci_i32 tmp1,$0x0,$0x0; exit_tb lookup,$0x0", [exit]),
    Case(
      "An access stays even if nobody wants the value",
      "qemu_ld_i32 tmp0,r6,beul,0; exit_tb lookup,$0x0", ["qemu_ld last 0 1", exit]),
    Case(
      "A store of a field of env stays",
      "add_i32 tmp0,r0,r1; st_i32 tmp0,env,$0x80; exit_tb lookup,$0x0",
      ["add last 0 1", "st last 0 1", exit]),
  ]

  @Test("Marks and drops", arguments: cases.indices)
  func marks(_ number: Int) throws {
    let test = Self.cases[number]
    try Toy.withBlock { block in
      let lines = test.text.split { $0 == ";" || $0 == "\n" }.map {
        " " + $0.drop { $0 == " " }
      }
      try block.parse(lines.joined(separator: "\n"))
      #expect(block.verify() == [], "\(test.testDescription)")
      var liveness = Liveness()
      defer { liveness.deallocate() }
      liveness.run(block)
      let found = (0..<block.opCount).map { Self.text(block.ops[$0]) }
      #expect(found == test.expected, "\(test.testDescription)")
    }
  }

  private static func text(_ op: Op) -> String {
    var text = "\(op.opcode)"
    if op.sync != 0 { text += " sync" }
    let last = (0..<op.inputCount).filter { op.dead >> UInt8(op.outputCount + $0) & 1 != 0 }
    if !last.isEmpty { text += " last " + last.map(String.init).joined(separator: " ") }
    return text
  }

  @Test("Calls of helpers keep what they look at, and go when they are for nothing")
  func helpers() {
    for (helper, isKept, isStored) in [(UInt32(0), false, false), (1, true, true), (2, true, true)]
    {
      Toy.withBlock { block in
        let builder = Builder(block)
        builder.write(Toy.word(4), block.constant(.i32, 1))
        builder.commit()
        _ = builder.call(helper, result: .i64, Toy.double(0))
        builder.write(Toy.word(4), block.constant(.i32, 2))
        builder.commit()
        builder.effect(.exit_tb)
        builder.finish()
        var liveness = Liveness()
        defer { liveness.deallocate() }
        liveness.run(block)
        let opcodes = (0..<block.opCount).map { block.ops[$0].opcode }
        #expect(opcodes.contains(.call) == isKept)
        #expect(opcodes.count { $0 == .mov } == (isStored ? 2 : 1))
      }
    }
  }
}
