import Testing

@testable import IR

/// A program for the interpreter: what the globals hold before and after, and how it ends.
private struct Program {
  let text: String
  var before: [String: UInt64] = [:]
  var after: [String: UInt64] = [:]
  var exit = BlockExit.ret_ptr(target: 0)
  /// The eight bytes at 0x1000 before and after: the only guest memory.
  var memory: [UInt8] = [0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88]
  var memoryAfter: [UInt8]?
}

private let control: [Program] = [
  Program(
    text: " mov_i32 r1,$0x5\n add_i32 r1,r1,r2\n goto_tb $0x2,$0x10000000", before: ["r2": 7],
    after: ["r1": 12, "r2": 7], exit: .goto_tb(slot: 2, target: 0x1000_0000)),
  Program(text: " goto_ptr r1", before: ["r1": 0x44], exit: .goto_ptr(target: 0x44)),
  Program(
    text: " call_tb $0x8,$0x1,$0x100\n goto_ptr r1",
    exit: .call_tb(slot: 1, target: 0x100, returningTo: 8, resume: 1)),
  Program(
    text: " ---- 00000000\n call_ptr r1,$0xc\n goto_ptr r1", before: ["r1": 0x200],
    exit: .call_ptr(target: 0x200, returningTo: 12, resume: 2)),
  Program(text: " exit_tb exception,$0x7", exit: .exit_tb(kind: 3, payload: 7)),
  Program(
    text: " brcond_i32 r1,$0x0,lt,$L0\n ret_ptr r2\n set_label $L0\n mov_i32 r3,r1\n goto_ptr r3",
    before: ["r1": 0xffff_fff0, "r2": 4], after: ["r3": 0xffff_fff0],
    exit: .goto_ptr(target: 0xffff_fff0)),
  Program(
    text: " brcond_i32 r1,$0x0,ltu,$L0\n ret_ptr r2\n set_label $L0\n goto_ptr r1",
    before: ["r1": 0xffff_fff0, "r2": 4], exit: .ret_ptr(target: 4)),
  Program(
    text: " br $L0\n set_label $L0\n ret_ptr r2", before: ["r2": 9], exit: .ret_ptr(target: 9)),
  // The helpers: one changes globals in env, the other multiplies and adds.
  Program(
    text: " call raise_exception_err,$0xa,$0,env,$0x203,r1\n goto_ptr ctr",
    before: ["r1": 0xffff_ffff], after: ["nip": 0x203, "ctr": 0xffff_ffff],
    exit: .goto_ptr(target: 0xffff_ffff)),
  Program(
    text:
      " call combine,$0x7,$1,cr0,env,r1,r1,$0x2\n call combine,$0x7,$1,r2,env,r1,r1,$0x2\n ret_ptr r3",
    before: ["r1": 0xffff_ffff], after: ["cr0": 0xffff_fffe_0000_0003, "r2": 3]),
  // Malformed: nowhere to go.
  Program(text: " mov_i32 r1,r2", exit: .invalid(op: 1)),
  Program(text: " br $L0", exit: .invalid(op: -1)),
]

private let computation: [Program] = [
  Program(
    text: " add_i32 reserve,reserve,r1\n ret_ptr r2", before: ["reserve": 0xffff_ffff, "r1": 2],
    after: ["reserve": 1]),
  // 0x1_ffffffff + 0x2_00000001 in two words; borrow likewise.
  Program(
    text: """
       addco_i32 r1,r1,r3
       addcio_i32 r2,r2,r4
       addci_i32 CA,$0x0,$0x0
       subbo_i32 r5,$0x0,$0x1
       subbi_i32 r6,$0x5,$0x0
       ret_ptr r7
      """,
    before: ["r1": 0xffff_ffff, "r2": 1, "r3": 1, "r4": 0xffff_fffe],
    after: ["r1": 0, "r2": 0, "CA": 1, "r5": 0xffff_ffff, "r6": 4]),
  Program(
    text: """
       ext_i32_i64 tmp0,r1
       extu_i32_i64 tmp1,r2
       sub_i64 cr0,tmp0,tmp1
       setcond_i64_i32 r3,cr0,$0x0,lt
       negsetcond_i32 r4,r1,r2,gtu
       movcond_i64_i32 r5,cr0,$0x0,$0x8,$0x4,lt
       mulu2_i32 r6,r7,r1,r2
       ret_ptr ctr
      """,
    before: ["r1": 0xffff_ffff, "r2": 2],
    after: [
      "cr0": 0xffff_ffff_ffff_fffd, "r3": 1, "r4": 0xffff_ffff, "r5": 8,
      "r6": 0xffff_fffe, "r7": 1,
    ]),
  // (1.5 * 2) - 0.5 = 2.5; as single 0x40200000; 3 = its integer part + 1.
  Program(
    text: """
       fmul_f64 tmp0,f0,$0x4000000000000000
       fsub_f64 f0,tmp0,$0x3fe0000000000000
       cvt_f64_f32 s0,f0
       fbits_i32 r1,s0
       cvt_f64_i32 r2,f0
       fcmp_f64 tmp3,tmp0,f0
       extrl_i64_i32 r3,tmp3
       ibits_f64 tmp1,cr0
       fneg_f64 tmp2,tmp1
       fbits_i64 cr1,tmp2
       ret_ptr r7
      """,
    before: ["f0": 0x3ff8_0000_0000_0000, "cr0": 0x4010_0000_0000_0000],
    after: [
      "f0": 0x4004_0000_0000_0000, "s0": 0x4020_0000, "r1": 0x4020_0000, "r2": 2, "r3": 1,
      "cr1": 0xc010_0000_0000_0000,
    ]),
  // Fields of env: global n is at offset 8n; r2's word has neighbours that stay.
  Program(
    text: """
       st8_i32 $0x1ff,env,$0x8
       st16_i32 $0x12345,env,$0xa
       ld16s_i32 r3,env,$0x10
       ld8u_i32 r4,env,$0x13
       ld32s_i64 cr0,env,$0x10
       ld_i64 cr1,env,$0x10
       add_i64 tmp0,env,$0x18
       st_i32 r2,tmp0,$0xfffffffffffffff8
       ret_ptr r7
      """,
    before: ["r1": 0x8000_0000, "r2": 0x9876_8005],
    after: [
      "r1": 0x2345_00ff, "r3": 0xffff_8005, "r4": 0x98, "cr0": 0xffff_ffff_9876_8005,
      "cr1": 0x9876_8005, "r2": 0x9876_8005,
    ]),
]

private let memory: [Program] = [
  Program(
    text: """
       qemu_ld_i32 r1,r7,beul,0
       qemu_ld_i32 r2,r7,leul,0
       qemu_ld_i32 r3,r7,besw,0,$0x6
       qemu_ld_i64 cr0,r7,beq,0
       qemu_ld_i64 cr1,r7,lesl,0,r6,$0x8
       qemu_ld_i32 r4,r7,al+sb,0,$0xffffffff
       ret_ptr r0
      """,
    before: ["r7": 0x1000, "r6": 0xffff_fffc],
    after: [
      "r1": 0x1122_3344, "r2": 0x4433_2211, "r3": 0x7788, "r4": 0, "cr0": 0x1122_3344_5566_7788,
      "cr1": 0xffff_ffff_8877_6655,
    ],
    exit: .fault(address: 0xfff, instruction: 0)),
  Program(
    text: """
       qemu_ld_i32 r4,r6,al+sb,0,r7,$0x3
       qemu_ld_i64 cr1,r7,lesl,0,$0x4,$0x0
       qemu_ld2_i32 r1,r2,r7,beq,0
       qemu_st_i32 r1,r7,leuw,0
       ret_ptr r0
      """,
    before: ["r7": 0x1000, "r6": 4],
    after: ["r4": 0xffff_ff88, "cr1": 0xffff_ffff_8877_6655, "r1": 0x5566_7788, "r2": 0x1122_3344],
    memoryAfter: [0x88, 0x77, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88]),
  Program(
    text: " qemu_st2_i32 r1,r2,r7,beq,0\n qemu_st_i32 $0xabcd,r7,al+ub,0,$0x7\n ret_ptr r0",
    before: ["r7": 0x1000, "r1": 0x0506_0708, "r2": 0x0102_0304], after: ["r7": 0x1000],
    memoryAfter: [1, 2, 3, 4, 5, 6, 7, 0xcd]),
  // A store that crosses the end changes nothing; the fault names the first byte beyond.
  Program(
    text:
      " ---- 0000002c\n mov_i32 r1,$0x1\n qemu_st_i64 cr0,r7,beq,0,$0x1\n mov_i32 r1,$0x2\n ret_ptr r0",
    before: ["r7": 0x1000], after: ["r1": 1],
    exit: .fault(address: 0x1008, instruction: 0x2c)),
  Program(
    text: " ---- 00000030\n qemu_ld_i32 r1,r7,al+beul,0,$0x2\n ret_ptr r0", before: ["r7": 0x1000],
    after: ["r1": 0], exit: .misaligned(address: 0x1002, instruction: 0x30)),
  // Compare and exchange, with and without success.
  Program(
    text: """
       qemu_cmpxchg_i32 r1,r7,$0x11223344,$0xa0b0c0d0,beul,0
       qemu_cmpxchg_i32 r2,r7,$0x11223344,$0x1,beul,0
       ret_ptr r0
      """,
    before: ["r7": 0x1000], after: ["r1": 0x1122_3344, "r2": 0xa0b0_c0d0],
    memoryAfter: [0xa0, 0xb0, 0xc0, 0xd0, 0x55, 0x66, 0x77, 0x88]),
]

@Test("Small programs do what they say")
func runs() throws {
  let state = UnsafeMutableRawPointer.allocate(byteCount: 256, alignment: 16)
  defer { state.deallocate() }
  let env = state + 64
  try Sample.withBlock { block in
    var failures: [String] = []
    for program in control + computation + memory {
      try block.parse(program.text)
      state.initializeMemory(as: UInt8.self, repeating: 0, count: 256)
      for global in Sample.globals {
        write(env, global, program.before[global.name] ?? 0)
      }
      var memory = MemoryWindow(start: 0x1000, bytes: program.memory)
      var interpreter = Interpreter(block, env: env)
      let exit = interpreter.run(memory: &memory)
      var good = exit == program.exit && memory.bytes == program.memoryAfter ?? program.memory
      for global in Sample.globals {
        guard let expected = program.after[global.name] else { continue }
        let got = read(env, global)
        if got != expected { failures.append("\(global.name): \(String(got, radix: 16))") }
        good = good && got == expected
      }
      if !good { failures.append("\(program.text): \(exit) \(memory.bytes)") }
    }
    #expect(failures == [])
  }
}

private func write(_ env: UnsafeMutableRawPointer, _ global: Global, _ value: UInt64) {
  env.storeBytes(of: value, toByteOffset: global.offset, as: UInt64.self)
}

private func read(_ env: UnsafeMutableRawPointer, _ global: Global) -> UInt64 {
  let value = env.load(fromByteOffset: global.offset, as: UInt64.self)
  return global.type.bits == 32 ? value & 0xffff_ffff : value
}

@Test("A call of translated code is resumed behind it")
func resumes() throws {
  let state = UnsafeMutableRawPointer.allocate(byteCount: 256, alignment: 16)
  defer { state.deallocate() }
  let env = state + 64
  state.initializeMemory(as: UInt8.self, repeating: 0, count: 256)
  try Sample.withBlock { block in
    try block.parse(" call_tb $0x8,$0x0,$0x100\n add_i32 r1,r1,$0x1\n goto_ptr r1")
    #expect(block.verify() == [])
    var memory = MemoryWindow(start: 0, bytes: [])
    var interpreter = Interpreter(block, env: env)
    guard case .call_tb(_, _, _, let resume) = interpreter.run(memory: &memory) else {
      Issue.record("no call")
      return
    }
    #expect(interpreter.run(from: resume, memory: &memory) == .goto_ptr(target: 1))
  }
}
