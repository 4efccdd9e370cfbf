import Testing

@testable import IR

/// Lines of QEMU's own logs (shared/reference/qemu/samples), where they have the same ops.
private let quoted = """
   ld_i32 tmp0,env,$0xfffffffffffffff8
   brcond_i32 tmp0,$0x0,lt,$L0

   ---- 100000b8
   mov_i32 r4,$0x10010000

   ---- 100000bc
   add_i32 r4,r4,$0xfc

   ---- 100000cc
   mov_i32 nip,$0x100000cc
   call raise_exception_err,$0xa,$0,env,$0x203,$0x0
   st8_i32 $0x1,env,$0xfffffffffffffff4
   qemu_ld_i32 r6,r4,beul,0
   qemu_ld_i32 r7,tmp0,al+ub,0
   qemu_st_i32 $0x3,$0xf0000510,beuw,3
   qemu_st_i32 r6,r4,beul,0
   addco_i32 tmp1,r6,$0x1
   addci_i32 CA,$0x0,$0x0
   movcond_i32 tmp2,tmp1,$0x0,$0x8,$0x2,lt
   or_i32 crf0,crf0,tmp2
   add_i32 ctr,ctr,$0xffffffff
   goto_ptr tmp2
   set_label $L0

  """

/// The same ops, made by the builder.
private func buildQuoted(_ block: Block) {
  let b = Builder(block)
  func word(_ value: Int) -> TempIndex { b.i32(value).temp }
  func global(_ name: String) -> TempIndex { Sample.temp(name) }
  func add(_ target: String, _ opcode: Opcode, _ x: TempIndex, _ y: TempIndex) {
    b.write(global(target), b.emit2(opcode, .i32, result: .i32, x, y))
    b.commit()
  }
  let flag = b.emit1(.ld, .i32, result: .i32, Block.env, constant: UInt32(bitPattern: -8))
  let label = b.newLabel()
  b.brcond(.i32, .lt, flag, word(0), to: label)
  b.beginInstruction(0x1000_00b8)
  b.write(global("r4"), word(0x1001_0000))
  b.commit()
  b.beginInstruction(0x1000_00bc)
  add("r4", .add, global("r4"), word(0xfc))
  b.beginInstruction(0x1000_00cc)
  b.write(global("nip"), word(0x1000_00cc))
  b.commit()
  _ = b.call(0, result: nil, word(0x203), word(0))
  b.effect2(.st8, .i32, word(1), Block.env, constant: UInt32(bitPattern: -12))
  let long = MemoryOperation(bytes: 4)
  b.write(
    global("r6"),
    b.emit2(.qemu_ld, .i32, result: .i32, global("r4"), word(0), constant: long.rawValue))
  b.commit()
  let byte = MemoryOperation(bytes: 1)
  b.write(
    global("r7"), b.emit2(.qemu_ld, .i32, result: .i32, flag, word(0), constant: byte.rawValue))
  b.commit()
  b.storeGuest(.i32, word(3), MemoryOperation(bytes: 2, mmuIndex: 3), address: word(0xf000_0510))
  b.storeGuest(.i32, global("r6"), long, address: global("r4"))
  let sum = b.emit2(.addco, .i32, result: .i32, global("r6"), word(1))
  add("CA", .addci, word(0), word(0))
  let image = b.movcond(.i32, result: .i32, .lt, sum, word(0), word(8), word(2))
  add("crf0", .or, global("crf0"), image)
  add("ctr", .add, global("ctr"), word(0xffff_ffff))
  b.effect1(.goto_ptr, .i32, image)
  b.setLabel(label)
}

@Test("Ops are printed as QEMU prints them")
func printsLikeQEMU() throws {
  try Sample.withBlock { block in
    buildQuoted(block)
    #expect(block.text() == quoted)
    var bytes = 0
    block.print { bytes = $0.count }
    #expect(bytes == quoted.utf8.count)
    #expect(block.text(ofOp: 2) == " ---- 100000b8")
    try block.parse(quoted)
    #expect(block.text() == quoted)
  }
}

/// Lines with liveness: as QEMU 7.2 and 11.1 wrote them, trailing blanks included,
/// and a few of ours.
private let quotedLife = """
   brcond_i32 r0,$0x0,lt,$L0                dead: 0
   st8_i32 $0x0,env,$0xfffffffffffffff4  \u{20}

   ---- 100000d4                        \u{20}
   mov_i32 ctr,r5                           sync: 0  dead: 1  pref=0xf038
   call raise_exception_err,$0xa,$0,env,$0x203,$0x0  dead: 0 1 2
   qemu_st_i32 r6,r0,beul,0                 dead: 1
   mulu2_i32 r1,r2,r3,r4                    sync: 0 1  dead: 2 3  pref=0x40,0x40
   goto_ptr r3                              dead: 0
   set_label $L0                         \u{20}
   call combine,$0x7,$1,r1,env,r2,r3        dead: 1 2  pref=none
   addco_i32 r6,r6,$0x1                     dead: 1  pref=all

  """

@Test("Liveness stands at column 40, as in QEMU's logs")
func printsLife() throws {
  try Sample.withBlock { block in
    try block.parse(quotedLife)
    #expect(block.text(life: true) == quotedLife)
    #expect(block.ops[3].dead == 2 && block.ops[3].sync == 1 && block.ops[3].preference == 0xf038)
  }
}

@Test("Values keep their numbers; what a global took over does not count")
func numbersValues() {
  Sample.withBlock { block in
    let b = Builder(block)
    b.beginInstruction(0)
    // The sum becomes r1 itself and leaves no gap; the product is the first value.
    b.write(
      Sample.temp("r1"), b.emit2(.add, .i32, result: .i32, Sample.temp("r2"), Sample.temp("r3")))
    b.commit()
    let product = b.emit2(.mul, .i32, result: .i32, Sample.temp("r1"), b.i32(5).temp)
    let dropped = b.emit1(.not, .i32, result: .i32, product)
    _ = b.emit1(.neg, .i32, result: .i32, dropped)
    let expected = [" mul_i32 tmp0,r1,$0x5", " not_i32 tmp1,tmp0", " neg_i32 tmp2,tmp1"]
    #expect((2...4).map { block.text(ofOp: $0) } == expected)
    // A pass drops an op: the others keep their names.
    block.ops[3] = block.ops[4]
    block.opCount = 4
    #expect(block.text(ofOp: 3) == expected[2])
  }
}
