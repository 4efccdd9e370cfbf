import IR
import RegisterAllocation
import Testing

/// One thing that the allocator should do.
private struct Row {
  /// What it should do.
  let name: String
  let host: [SmallHost.Row]
  let text: String
  /// Whether it has done it, by the steps and the ops.
  let holds: @Sendable ([Step], Block) -> Bool

  init(
    _ name: String, _ host: [SmallHost.Row] = [], _ text: String,
    _ holds: @escaping @Sendable ([Step], Block) -> Bool
  ) {
    (self.name, self.host, self.text, self.holds) = (name, host, text, holds)
  }
}

private typealias C = OperandConstraint
private let any = C(SmallHost.general, .int32)
private let first = C(SmallHost.general, alias: 0)
private let memory = C(SmallHost.general, [.memory, .int32])
private func fixed(_ register: RegisterNumber) -> C { C(1 << RegisterSet(register)) }

/// The steps of the ops of a kind.
private func ops(_ steps: [Step], _ block: Block, _ opcode: Opcode) -> [Step] {
  steps.filter { $0.kind == .op && block.ops[Int($0.op)].opcode == opcode }
}
private func count(_ steps: [Step], _ kind: Step.Kind) -> Int {
  steps.count { $0.kind == kind }
}

private let aliasRows: [Row] = [
  Row(
    "a result takes the place of an operand that ends",
    [.init(.sub, [first], [any, any])], " sub_i32 a,a,b\n goto_ptr a",
    { steps, block in
      let op = ops(steps, block, .sub)[0]
      return count(steps, .move) == 0 && op.operands[0] == .register(4)
        && op.operands[1] == .register(4) && op.operands[2] == .register(5)
    }),
  Row(
    "an operand that lives on is copied first",
    [.init(.sub, [first], [any, any])], " sub_i32 c,a,b\n goto_ptr a",
    { steps, block in
      let op = ops(steps, block, .sub)[0]
      return count(steps, .move) == 1 && op.operands[0] == op.operands[1]
        && op.operands[0] != .register(4)
    }),
  Row(
    "a result keeps off the home when another operand is there",
    [.init(.sub, [first], [any, any])], " sub_i32 a,b,a\n goto_ptr a",
    { steps, block in
      let op = ops(steps, block, .sub)[0]
      return op.operands[0] == op.operands[1] && op.operands[0] != .register(4)
        && op.operands[2] == .register(4)
        && steps.contains { $0.kind == .move && $0.operands[0] == .register(4) }
    }),
  Row(
    "a fused operation overwrites its third operand",
    [
      .init(
        .fma, [C(SmallHost.vector, alias: 2)],
        [C(SmallHost.vector), C(SmallHost.vector), C(SmallHost.vector)])
    ],
    " fma_f64 f,f,g,f\n goto_ptr a",
    { steps, block in
      let op = ops(steps, block, .fma)[0]
      return op.operands[0] == op.operands[3] && op.operands[0] != op.operands[1]
    }),
]

/// What a cold part reads, the checker sees.
private let coldRows: [Row] = [
  Row(
    "a cold part finds no global in a register that a result was made over",
    [.init(.sub, [first], [any, any])],
    " add_i32 d,c,b\n sub_i32 a,c,a\n brcond_i32 d,$0x0,eq,$L0\n goto_ptr a\n"
      + " set_label $L0\n goto_ptr c",
    { steps, block in
      let op = ops(steps, block, .sub)[0]
      return op.operands[0] == op.operands[1] && op.operands[0] != .register(4)
    }),
  Row(
    "a cold part finds no global in a register that its branch destroys",
    [.init(.brcond, [], [any, any], clobbers: 0b111)],
    " add_i32 d,c,b\n brcond_i32 c,$0x0,eq,$L0\n goto_ptr a\n set_label $L0\n goto_ptr c",
    { steps, _ in count(steps, .load) >= 2 }),
]

/// Records: the global d.
private let recordRows: [Row] = [
  Row(
    "a record is what a home holds as long as that is so", [],
    " mov_i32 d,a\n qemu_ld_i32 c,b,beul,0\n add_i32 a,a,b\n mov_i32 d,b\n goto_ptr a",
    { steps, _ in count(steps, .move) == 0 && count(steps, .store) == 2 }),
  Row(
    "a register keeps it when the home changes", [],
    " mov_i32 d,a\n add_i32 a,a,b\n qemu_ld_i32 c,b,beul,0\n mov_i32 d,b\n goto_ptr a",
    { steps, _ in
      count(steps, .store) == 2
        && steps.contains { $0.kind == .move && $0.operands[1] == .register(4) }
    }),
  Row(
    "a cold part stores it from there", [],
    " mov_i32 d,a\n brcond_i32 c,$0x0,eq,$L0\n mov_i32 d,b\n goto_ptr a\n set_label $L0\n goto_ptr c",
    { steps, _ in
      count(steps, .move) == 0
        && steps.contains { $0.kind == .store && $0.operands[1] == .register(4) }
    }),
  Row(
    "but not if the cold part replaces the records", [],
    " mov_i32 d,a\n add_i32 a,a,b\n brcond_i32 c,$0x0,eq,$L0\n mov_i32 d,b\n goto_ptr a\n"
      + " set_label $L0\n discard d\n discard e\n goto_ptr c",
    { steps, _ in count(steps, .move) == 0 && count(steps, .store) == 1 }),
  Row(
    "a cold part that replaces none looks at it",
    [.init(.brnarrow, [C(SmallHost.vector, isEarly: true)], [C(SmallHost.vector)])],
    " mov_i32 d,a\n mov_i32 a,b\n brnarrow_f32 tmp0,f,$L0\n mov_i32 d,b\n goto_ptr a\n"
      + " set_label $L0\n goto_ptr c",
    { steps, _ in steps.contains { $0.kind == .store && $0.operands[0] == .memory(12) } }),
]

private let placeRows: [Row] = [
  Row(
    "fixed operands and a fixed result",
    [.init(.divu, [fixed(0)], [fixed(0), fixed(1)], clobbers: 0b101)],
    " divu_i32 c,b,a\n goto_ptr a",
    { steps, block in
      let op = ops(steps, block, .divu)[0]
      return (0..<3).map { op.operands[$0] } == [.register(0), .register(0), .register(1)]
    }),
  Row(
    "fixed operands that stand crosswise are exchanged",
    [
      .init(.divu, [fixed(0)], [fixed(0), fixed(1)]), .init(.mul, [fixed(0)], [any, any]),
      .init(.add, [fixed(1)], [any, any]),
    ],
    " mul_i32 tmp0,a,b\n add_i32 tmp1,a,b\n divu_i32 c,tmp1,tmp0\n goto_ptr a",
    { steps, block in
      let op = ops(steps, block, .divu)[0]
      return (0..<3).map { op.operands[$0] } == [.register(0), .register(0), .register(1)]
    }),
  Row(
    "an early result shares no register with operands, even those that end",
    [.init(.setcond, [C(SmallHost.general, isEarly: true)], [any, any])],
    " add_i32 tmp0,a,b\n setcond_i32 a,tmp0,a,lt\n goto_ptr a",
    { steps, block in
      let op = ops(steps, block, .setcond)[0]
      return op.operands[0] != op.operands[1] && op.operands[0] != op.operands[2]
    }),
  Row(
    "a result takes the register of an operand that ends",
    [], " ld_i32 tmp0,env,$0x100\n neg_i32 tmp1,tmp0\n mov_i32 a,tmp1\n goto_ptr a",
    { steps, block in
      let op = ops(steps, block, .neg)[0]
      return op.operands[0] == op.operands[1]
    }),
  Row(
    "a pair of results has two registers",
    [.init(.mulu2, [any, any], [any, any])], " mulu2_i32 c,d,a,b\n goto_ptr a",
    { steps, block in
      let op = ops(steps, block, .mulu2)[0]
      return op.operands[0] != op.operands[1] && count(steps, .store) == 2
    }),
  Row(
    "a fixed pair of results goes home by moves",
    [.init(.mulu2, [fixed(0), fixed(2)], [fixed(0), any], clobbers: 0b101)],
    " mulu2_i32 b,a,a,b\n goto_ptr a",
    { steps, block in
      let op = ops(steps, block, .mulu2)[0]
      return (0..<3).map { op.operands[$0] } == [.register(0), .register(2), .register(0)]
        && steps.contains {
          $0.kind == .move && $0.operands[0] == .register(5) && $0.operands[1] == .register(0)
        }
        && steps.contains {
          $0.kind == .move && $0.operands[0] == .register(4) && $0.operands[1] == .register(2)
        }
    }),
  Row(
    "a field of env is an operand where the op takes memory",
    [.init(.add, [any], [any, memory])], " add_i32 a,a,c\n goto_ptr a",
    { steps, block in
      count(steps, .load) == 0 && ops(steps, block, .add)[0].operands[2] == .memory(8)
    }),
  Row(
    "a constant that no form fits gets a register",
    [.init(.add, [any], [any, C(SmallHost.general, .zero)])], " add_i32 a,a,$0x5\n goto_ptr a",
    { steps, _ in count(steps, .constant) == 1 }),
]

/// More values than registers: six loads, then their sum.
private let manyValues: String = {
  var text = ""
  for n in 0..<6 { text += " ld_i32 tmp\(n),env,$0x100\n" }
  text += " add_i32 tmp6,tmp0,tmp1\n"
  for n in 2..<6 { text += " add_i32 tmp\(n + 5),tmp\(n + 4),tmp\(n)\n" }
  return text + " mov_i32 a,tmp10\n goto_ptr a"
}()

private let lifeRows: [Row] = [
  Row(
    "values beyond the registers wait in spill slots", [], manyValues,
    { steps, _ in
      let stores = steps.filter { $0.kind == .store }
      return stores.count >= 3 && Set(stores.map { $0.operands[0].offset }).count == stores.count
        && stores.allSatisfy { $0.operands[0].offset >= SmallHost.spills }
    }),
  Row(
    "a value survives an op that destroys its register",
    [.init(.neg, [fixed(0)], [any], clobbers: 0b111)],
    " ld_i32 tmp0,env,$0x100\n neg_i32 c,a\n add_i32 a,tmp0,b\n goto_ptr a",
    { steps, _ in
      steps.contains { $0.kind == .store && $0.operands[0].offset >= SmallHost.spills }
        && steps.contains { $0.kind == .load && $0.operands[1].offset >= SmallHost.spills }
    }),
  Row(
    "an operand that ends needs no slot when its register is destroyed",
    [.init(.neg, [fixed(0)], [any], clobbers: 0b111)],
    " ld_i32 tmp0,env,$0x100\n neg_i32 a,tmp0\n goto_ptr a",
    { steps, _ in count(steps, .store) == 0 }),
  Row(
    "a helper that writes globals makes copies of them stale",
    [.init(.call, [fixed(0)], [fixed(0), fixed(1)], clobbers: 0b111)],
    " add_i32 c,c,a\n call wild,$0x0,$0,env\n add_i32 a,c,a\n goto_ptr a",
    { steps, _ in
      steps.count { $0.kind == .load && $0.operands[1] == .memory(8) } == 2
        && count(steps, .store) == 1
    }),
  Row(
    "a global that is written twice is stored once", [],
    " add_i32 c,a,b\n add_i32 c,c,b\n goto_ptr a",
    { steps, _ in count(steps, .store) == 1 && count(steps, .load) == 0 }),
  Row(
    "a cold part finds values in registers", [],
    """
     add_i32 tmp0,a,b
     brcond_i32 a,b,eq,$L0
     goto_ptr a
     set_label $L0
     mov_i32 a,tmp0
     goto_ptr a
    """,
    { steps, _ in count(steps, .load) == 0 && count(steps, .store) == 0 }),
  Row(
    "a value that only a cold part reads leaves its register behind the branch", [],
    """
     ld_i32 tmp0,env,$0x100
     ld_i32 tmp1,env,$0x100
     brcond_i32 a,b,eq,$L0
     ld_i32 tmp2,env,$0x100
     ld_i32 tmp3,env,$0x100
     ld_i32 tmp4,env,$0x100
     add_i32 tmp5,tmp2,tmp3
     add_i32 tmp6,tmp4,tmp5
     mov_i32 a,tmp6
     goto_ptr a
     set_label $L0
     add_i32 a,tmp0,tmp1
     goto_ptr a
    """,
    { steps, _ in count(steps, .load) == 0 && count(steps, .store) == 0 }),
  Row(
    "a value that two cold parts read stays until the second branch", [],
    """
     ld_i32 tmp0,env,$0x100
     brcond_i32 a,b,eq,$L0
     brcond_i32 a,b,lt,$L1
     goto_ptr a
     set_label $L0
     mov_i32 a,tmp0
     goto_ptr a
     set_label $L1
     mov_i32 b,tmp0
     goto_ptr a
    """,
    { steps, _ in count(steps, .move) == 2 && count(steps, .load) == 0 }),
  Row(
    "a cold part within a cold part finds values of the line", [],
    """
     ld_i32 tmp0,env,$0x100
     brcond_i32 a,b,eq,$L0
     goto_ptr a
     set_label $L0
     brcond_i32 a,b,lt,$L1
     goto_ptr b
     set_label $L1
     mov_i32 a,tmp0
     goto_ptr a
    """,
    { steps, block in ops(steps, block, .ld).count == 1 && count(steps, .move) == 1 }),
]

private let moveRows: [Row] = [
  Row(
    "a copy from home to home is one move", [], " mov_i32 a,b\n goto_ptr a",
    { steps, _ in steps.map(\.description).filter { $0 == "move_i32 %4,%5" }.count == 1 }),
  Row(
    "a constant goes straight to a field", [], " mov_i32 c,$0x7\n goto_ptr a",
    { steps, _ in
      steps.count == 2 && steps[0].kind == .store && steps[0].operands[1].kind == .constant
    }),
  Row(
    "a home goes straight to a field", [], " mov_i32 c,a\n goto_ptr a",
    { steps, _ in
      steps.count == 2 && steps[0].operands[0] == .memory(8) && steps[0].operands[1] == .register(4)
    }),
  Row(
    "a value that ends becomes the global without a move", [],
    " ld_i32 tmp0,env,$0x100\n mov_i32 c,tmp0\n add_i32 a,c,b\n goto_ptr a",
    { steps, _ in count(steps, .move) == 0 && count(steps, .store) == 1 && count(steps, .load) == 0
    }),
  Row(
    "a constant in a carry chain leaves the flags alone, even behind a load",
    [.init(.addci, [any], [any, C(SmallHost.general)])],
    " addco_i32 a,a,b\n ld_i32 c,env,$0x100\n addci_i32 b,b,$0x0\n goto_ptr a",
    { steps, _ in steps.contains { $0.kind == .constant && $0.keepsFlags } }),
]

@Test("The allocator obeys constraints and wastes nothing; the checker agrees")
func allocates() throws {
  var failures: [String] = []
  for row in aliasRows + coldRows + recordRows + placeRows + lifeRows + moveRows {
    let host = SmallHost(row.host)
    let steps = try host.allocate(row.text)
    let problems = host.allocator.problems(steps).map(\.description)
    let faults = host.block.verify().map(\.description)
    if !problems.isEmpty || !faults.isEmpty || !row.holds(steps, host.block) {
      let lines = steps.map { "\($0.op): \($0)" } + problems + faults
      failures.append("\(row.name):\n\(lines.joined(separator: "\n"))")
    }
  }
  #expect(failures.isEmpty, "\(failures.joined(separator: "\n"))")
}

@Test("More values than spill slots: the allocator gives up")
func givesUp() throws {
  var text = ""
  for n in 0..<12 { text += " ld_i32 tmp\(n),env,$0x100\n" }
  for n in 0..<12 { text += " add_i32 a,a,tmp\(n)\n" }
  let host = SmallHost([])
  _ = try host.allocate(text + " goto_ptr a")
  #expect(host.allocator.failed)
}
