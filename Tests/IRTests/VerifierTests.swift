import Testing

@testable import IR

/// Blocks as text, and the rules that they break: op and cause.
private let cases: [(text: String, problems: [(Int, VerificationProblem.Cause)])] = [
  // Good: a cold part with a value of the line, and one within a cold part.
  (
    """
     ---- 00000000
     add_i32 tmp0,r1,r2
     mov_i32 tmp1,tmp0
     brcond_i32 tmp0,$0x0,eq,$L0
     brcond_i32 tmp1,$0x0,ne,$L1
     mov_i32 r1,tmp1
     goto_tb $0x0,$0x4
     set_label $L1
     mov_i32 r3,tmp1
     exit_tb lookup,$0x0
     set_label $L0
     mov_i32 tmp2,tmp0
     mov_i32 r2,tmp2
     exit_tb lookup,$0x0
    """, []
  ),
  // Good: a cold part that is reached from another one, which stands before it.
  (
    """
     not_i32 tmp0,r1
     brcond_i32 tmp0,$0x0,eq,$L0
     goto_tb $0x0,$0x4
     set_label $L0
     neg_i32 tmp1,tmp0
     brcond_i32 tmp1,$0x0,eq,$L1
     exit_tb lookup,$0x0
     set_label $L1
     mov_i32 r3,tmp0
     mov_i32 r4,tmp1
     exit_tb lookup,$0x0
    """, []
  ),
  // Good: carry chains with moves in between; a call of translated code that nothing outlives.
  (
    """
     addco_i32 tmp0,r1,r2
     mov_i32 r3,tmp0
     ---- 00000004
     addcio_i32 r4,r4,r5
     addci_i32 CA,$0x0,$0x0
     call_tb $0x8,$0x0,$0x100
     ext_i32_i64 tmp1,r1
     mov_i64 cr0,tmp1
     call combine,$0x7,$1,tmp2,env,tmp1,r2
     fcmp_f64 tmp3,f0,$0x0
     extrl_i64_i32 tmp4,tmp3
     add_i32 r1,tmp2,tmp4
     ret_ptr r1
    """, []
  ),
  ("", [(-1, .empty)]),
  (" mov_i32 r1,r2", [(0, .doesNotLeave)]),
  (" goto_ptr tmp0", [(0, .undefined(0))]),
  (" mov_i32 r1,tmp0\n mov_i32 tmp0,r2\n goto_ptr r1", [(0, .undefined(1))]),
  (" mov_i32 tmp0,tmp0\n goto_ptr r1", [(0, .undefined(1))]),
  (" mov_i32 tmp0,r1\n mov_i32 tmp0,r2\n goto_ptr tmp0", [(1, .definedTwice(0))]),
  (" goto_ptr r1\n mov_i32 r1,r2", [(1, .unreachable)]),
  (" goto_ptr r1\n goto_ptr r1", [(1, .unreachable)]),
  (" br $L0\n set_label $L0\n mov_i32 r1,r2", [(2, .doesNotLeave)]),
  (" br $L0", [(0, .noSuchLabel)]),
  (
    " goto_ptr r1\n set_label $L0\n mov_i32 r1,r2\n set_label $L1\n goto_ptr r1",
    [(3, .labelInLine)]
  ),
  (
    " brcond_i32 r1,r2,eq,$L0\n br $L0\n set_label $L0\n goto_ptr r1\n set_label $L0\n goto_ptr r2",
    [(1, .labelBranchedToTwice), (4, .labelPlacedTwice)]
  ),
  // A cold part that stands before the branch to it, as one made within another would.
  (
    """
     brcond_i32 r1,r2,eq,$L0
     goto_ptr r1
     set_label $L1
     goto_ptr r2
     set_label $L0
     brcond_i32 r1,r3,eq,$L1
     goto_ptr r1
    """, [(5, .branchBackward)]
  ),
  // Two branches to one label, whether or not values go with them.
  (
    " brcond_i32 r1,r2,eq,$L0\n brcond_i32 r1,r3,eq,$L0\n goto_ptr r1\n set_label $L0\n goto_ptr r2",
    [(1, .labelBranchedToTwice)]
  ),
  (
    """
     mov_i32 tmp0,r1
     brcond_i32 r1,r2,eq,$L0
     brcond_i32 r1,r3,eq,$L0
     goto_ptr r1
     set_label $L0
     goto_ptr tmp0
    """, [(2, .labelBranchedToTwice)]
  ),
  (" mov_i32 tmp0,r1\n goto_ptr r1\n set_label $L0\n goto_ptr tmp0", [(3, .noWay(0))]),
  // Defined after the branch, or in a cold part that does not lead here.
  (
    " brcond_i32 r1,r2,eq,$L0\n mov_i32 tmp0,r1\n goto_ptr r1\n set_label $L0\n goto_ptr tmp0",
    [(4, .undefined(0))]
  ),
  (
    """
     brcond_i32 r1,r2,eq,$L0
     brcond_i32 r1,r2,ne,$L1
     goto_ptr r1
     set_label $L0
     mov_i32 tmp0,r1
     goto_ptr r1
     set_label $L1
     goto_ptr tmp0
    """, [(7, .undefined(0))]
  ),
  // Two cold parts that lead only to each other.
  (
    """
     mov_i32 tmp0,r1
     goto_ptr r1
     set_label $L0
     mov_i32 r1,tmp0
     br $L1
     set_label $L1
     br $L0
    """, [(3, .noWay(1)), (6, .branchBackward)]
  ),
  (" mov_i32 tmp0,r1\n call_tb $0x8,$0x0,$0x100\n goto_ptr tmp0", [(2, .lostInCall(0))]),
  (
    """
     mov_i32 tmp0,r1
     call_ptr r2,$0x8
     brcond_i32 r1,r2,eq,$L0
     goto_ptr r1
     set_label $L0
     goto_ptr tmp0
    """, [(5, .lostInCall(0))]
  ),
  (" addci_i32 r1,r2,r3\n goto_ptr r1", [(0, .noCarry)]),
  (" addco_i32 r1,r2,r3\n and_i32 r4,r4,r5\n addci_i32 r1,r2,r3\n goto_ptr r1", [(2, .noCarry)]),
  (" addco_i32 r1,r2,r3\n addci_i32 r4,r4,r5\n addci_i32 r1,r2,r3\n goto_ptr r1", [(2, .noCarry)]),
  (" extract_i32 r1,r2,$0x1f,$0x2\n goto_ptr r1", [(0, .constantRange)]),
  (" sextract_i32 r1,r2,$0x1f,$0x0\n goto_ptr r1", [(0, .constantRange)]),
  (" deposit_i64 cr0,cr0,cr1,$0x20,$0x21\n goto_ptr r1", [(0, .constantRange)]),
  (" extract2_i32 r1,r2,r3,$0x20\n goto_ptr r1", [(0, .constantRange)]),
  (" deposit_i32 r1,r2,r3,$0xffffffff,$0xffffffff\n goto_ptr r1", [(0, .constantRange)]),
  (" qemu_ld_i32 r1,r2,beq,0\n goto_ptr r1", [(0, .constantRange)]),
  (" qemu_ld2_i64 cr0,cr1,r2,beq,0\n goto_ptr r1", [(0, .constantRange)]),
]

@Test("The verifier finds each kind of fault, and none in good blocks")
func verifies() throws {
  try Sample.withBlock { block in
    var failures: [String] = []
    for row in cases {
      try block.parse(row.text)
      let found = block.verify()
      let good =
        found.count == row.problems.count
        && zip(found, row.problems).allSatisfy { ($0.op, $0.cause) == $1 }
      if !good { failures.append("\(row.text): \(found)") }
    }
    #expect(failures == [])
  }
}

/// Faults that no text can express: changes of a good block's second op, ` add_i32 tmp0,r1,$0x5`.
private let damages: [(cause: VerificationProblem.Cause, damage: @Sendable (Block) -> Void)] = [
  (.operandCount, { $0.ops[1].counts = 0x11 }),
  (.type(.f32), { $0.ops[1].type = .f32 }),
  (.argumentType(0), { $0.temps[Int($0.ops[1].output(0))].type = .i64 }),
  (.argumentType(2), { $0.ops[1].setInput(1, $0.constant(.i64, 5)) }),
  (.argumentType(2), { $0.ops[1].setInput(1, Sample.temp("s0")) }),
  (.noSuchTemp(2), { $0.ops[1].setInput(1, TempIndex($0.tempCount)) }),
  (.notWritable(0), { $0.ops[1].arguments[0] = $0.constant(.i32, 1) }),
  (.constantTooWide(2), { $0.temps[Int($0.ops[1].input(1))].value = 1 << 32 }),
  (.noSuchLabel, { $0.ops[1] = Op(.set_label, .i32, outputs: 0, inputs: 0, constant: 9) }),
  (.noSuchLabel, { $0.ops[1] = Op(.brcond, .i32, outputs: 0, inputs: 2, constant: 9) }),
  (.constantRange, { $0.ops[1] = Op(.call, .i64, outputs: 0, inputs: 0, constant: 9) }),
  (.operandCount, { $0.ops[1] = Op(.call, .i64, outputs: 0, inputs: 4) }),
  (
    .argumentType(0),
    { block in
      block.ops[1] = Op(.call, .i64, outputs: 0, inputs: 1)
      block.ops[1].setInput(0, Sample.temp("f0"))
    }
  ),
  (
    .notWritable(0),
    { block in
      block.ops[1] = Op(.discard, .i32, outputs: 1, inputs: 0)
      block.ops[1].arguments[0] = block.constant(.i32, 1)
    }
  ),
  (
    .argumentType(4),
    { block in
      block.ops[1] = Op(.movcond, .i32, outputs: 1, inputs: 4, condition: .eq)
      for (n, name) in ["r1", "r1", "r2", "r3", "cr0"].enumerated() {
        block.ops[1].arguments[n] = Sample.temp(name)
      }
    }
  ),
  (.unfinished, { Builder($0).write(Sample.temp("r1"), Sample.temp("r2")) }),
  (.doesNotLeave, { $0.mainCount = 1 }),
]

@Test("The verifier finds faults that no text can express")
func verifiesDamage() throws {
  try Sample.withBlock { block in
    var failures: [String] = []
    for (number, row) in damages.enumerated() {
      try block.parse(" ---- 00000000\n add_i32 tmp0,r1,$0x5\n goto_ptr r1")
      if block.verify() != [] { failures.append("\(block.verify())") }
      row.damage(block)
      let found = block.verify()
      if !found.contains(where: { $0.cause == row.cause && ($0.op == 1 || $0.op <= 0) }) {
        failures.append("\(number) \(row.cause): \(found)")
      }
    }
    #expect(failures == [])
  }
}
