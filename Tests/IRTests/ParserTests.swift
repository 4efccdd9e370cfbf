import Testing

@testable import IR

/// One op of each kind and type, with arguments of the types that it takes.
private func everyOp(_ block: Block) {
  for opcode in Opcode.allCases {
    let untyped = opcode.info.flags.contains(.untyped)
    let types = untyped ? [opcode.conversion?.to ?? .i32] : ValueType.allCases
    for type in types where type != .v128 && opcode.allows(type) {
      switch opcode {
      case .call:
        _ = Builder(block).call(1, result: .i64, block.constant(.i64, 7), Sample.temp("cr0"))
      case .setcond, .movcond:
        for result in [type, .i32, .i64] { appendOp(block, opcode, type, result) }
      default: appendOp(block, opcode, type, type)
      }
    }
  }
}

private func appendOp(_ block: Block, _ opcode: Opcode, _ type: ValueType, _ result: ValueType) {
  let info = opcode.info
  var op = Op(opcode, type, outputs: Int(info.outputs), inputs: Int(info.inputs))
  for n in 0..<op.outputCount + op.inputCount {
    let wanted = op.requiredType(n) ?? result
    let useConstant = n % 2 == 1 && n >= op.outputCount
    op.arguments[n] = useConstant ? block.constant(wanted, ~0) : block.newValue(wanted)
  }
  if opcode == .discard { op.arguments[0] = Sample.temp("r1") }
  switch opcode {
  case .set_label, .br, .brcond, .brfcmp, .brclass, .brextreme, .brnarrow:
    op.constant = Builder(block).newLabel()
  case .deposit, .extract, .sextract: (op.constant, op.constant2) = (5, 9)
  case .extract2: op.constant = 5
  case .bswap16, .bswap32, .bswap64: op.constant = 5
  case .mb: op.constant = 0x25
  case .exit_tb: (op.constant, op.constant2) = (3, 0xffff_ffff)
  case .ld, .ld8u, .ld8s, .ld16u, .ld16s, .ld32u, .ld32s, .st, .st8, .st16, .st32:
    op.constant = UInt32(bitPattern: -4)
  case .qemu_ld, .qemu_st, .qemu_ld2, .qemu_st2, .qemu_cmpxchg:
    op.constant = MemoryOperation(bytes: 4, signed: true, alignment: 4, mmuIndex: 3).rawValue
    op.constant2 = opcode == .qemu_cmpxchg ? 0 : UInt32(bitPattern: -8)
  case .insn_start: op.constant = 0xfff0_0100
  case .goto_tb, .call_tb: (op.constant, op.constant2) = (7, 0x1000_0000)
  default: break
  }
  if [.brcond, .setcond, .negsetcond, .movcond].contains(opcode) { op.condition = .tstne }
  Builder(block).append(op)
}

/// What of an op a text must carry.
private func essence(_ block: Block, _ index: Int) -> String {
  let op = block.ops[index]
  let arguments = (0..<op.outputCount + op.inputCount).map { n in
    let temp = block.temps[Int(op.arguments[n])]
    return "\(temp.kind) \(temp.type) \(temp.kind == .value ? 0 : temp.value)"
  }
  return
    "\(op.opcode) \(op.type) \(op.condition) \(op.counts) \(arguments) \(op.constant) \(op.constant2)"
}

@Test("Every op survives being printed and parsed")
func roundTrip() throws {
  try Sample.withBlock { block in
    everyOp(block)
    let text = block.text()
    let first = (0..<block.opCount).map { essence(block, $0) }
    #expect(first.count > Opcode.allCases.count)
    try block.parse(text)
    #expect(block.text() == text)
    #expect((0..<block.opCount).map { essence(block, $0) } == first)
  }
}

@Test("Every memory operation, condition and barrier survives being printed and parsed")
func constantsRoundTrip() throws {
  var lines: [String] = []
  for bytes in [1, 2, 4, 8] {
    for raw in UInt32(0)..<0x400 where raw & 7 == UInt32(bytes.trailingZeroBitCount) {
      let operation = MemoryOperation(rawValue: raw | 5 << 10)
      lines.append(" qemu_ld_i64 tmp\(lines.count),r1,\(operation.description)")
    }
  }
  for condition in Condition.allCases { lines.append(" brcond_i64 cr0,cr1,\(condition),$L0") }
  for bits in UInt32(0)..<64 { lines.append(" mb \(ConstantNames.barrier(bits))") }
  for access in ["r2", "$0x8", "r2,$0xfffffff8", "$0x4,$0x0", "$0x4,$0x1"] {
    lines.append(" qemu_st_i32 r3,r1,beul,0,\(access)")
  }
  lines += [" exit_tb $0x63,$0x0", " movcond_i32_f64 f0,r1,r2,f0,$0x3ff0000000000000,ltu"]
  let text = lines.map { $0 + "\n" }.joined()
  try Sample.withBlock { block in
    try block.parse(text)
    #expect(block.text() == text)
    #expect((0..<64).allSatisfy { ConstantNames.barrier(ConstantNames.barrier($0)[...]) == $0 })
    #expect(MemoryOperation("al+ub", mmuIndex: 3)?.alignment == 1)
    #expect(
      MemoryOperation("lesw", mmuIndex: 0)
        == MemoryOperation(bytes: 2, signed: true, littleEndian: true))
    #expect(ConstantNames.barrier(0x13) == "acq:rr+wr" && ConstantNames.barrier(0x3f) == "seq:all")
  }
}

/// Text that is no block, and what is wrong with it.
private let errors: [(text: String, line: Int, cause: ParseError.Cause)] = [
  ("mov_i32 r1,r2", 1, .notAnOp),
  (" mov_i32 r1,r2\n\n frob_i32 r1", 3, .unknownOp("frob_i32")),
  (" fadd_i32 r1,r1,r2", 1, .unknownOp("fadd_i32")),
  (" mov_i32 r1,r99", 1, .unknownName("r99")),
  (" mov_i32 r1,tmpx", 1, .unknownName("tmpx")),
  (" mov_i32 r1", 1, .missingOperand),
  (" add_i32", 1, .missingOperand),
  (" mov_i32 r1,r2,r3", 1, .extraOperand("r3")),
  (" mov_i32 r1, r2", 1, .extraOperand("r2")),
  (" mov_i32 r1,$12", 1, .malformed("$12")),
  (" mov_i32 r1,$0x", 1, .malformed("$0x")),
  (" mov_i32 r1,$0x-1", 1, .malformed("$0x-1")),
  (" mov_i32 r1,$0x100000000", 1, .outOfRange("$0x100000000")),
  (" mov_i64 cr0,$0x10000000000000000", 1, .outOfRange("$0x10000000000000000")),
  (" ld_i32 r1,env,$0x80000000", 1, .outOfRange("$0x80000000")),
  (" mov_i32 r1,cr0", 1, .typeConflict("cr0")),
  (" mov_i64 tmp0,cr0\n mov_i32 r1,tmp0", 2, .typeConflict("tmp0")),
  (" mov_i32 $0x1,r1", 1, .notWritable("$0x1")),
  (" ld_i64 env,env,$0x0", 1, .notWritable("env")),
  (" ---- 123", 1, .malformed("123")),
  (" brcond_i32 r1,r2,zz,$L0", 1, .malformed("zz")),
  (" br L0", 1, .malformed("L0")),
  (" br $L99999", 1, .tooLarge),
  (" mov_i32 tmp16384,r1", 1, .tooLarge),
  (" qemu_ld_i32 r1,r2,ub,0", 1, .malformed("ub")),
  (" qemu_ld_i32 r1,r2,beul", 1, .missingOperand),
  (" qemu_ld_i32 r1,r2,beul,16", 1, .malformed("16")),
  (" call nobody,$0x0,$0,env", 1, .unknownHelper("nobody")),
  (" call combine,$0x1,$0,env", 1, .unknownHelper("combine")),
  (" call combine,$0x7,$2,env", 1, .malformed("$2")),
  (" call combine,$0x7,$1,env", 1, .missingOperand),
  (" call combine,$0x7,$0,r1,r2", 1, .malformed("r1")),
  (" call combine,$0x7,$0,env,r1,r2,r3,r4", 1, .unknownHelper("combine")),
  (" mb seq", 1, .malformed("seq")),
  (" bswap16_i32 r1,r2,oz,iz", 1, .malformed("oz,iz")),
  (" exit_tb nowhere,$0x0", 1, .malformed("nowhere")),
  (" goto_ptr r1  dead: 9", 1, .malformed("9")),
  (" goto_ptr r1  lost: 0", 1, .malformed("lost:")),
  (" mov_i32 r1,r2  pref=0x10000", 1, .malformed("0x10000")),
]

@Test("Text that is no block is refused with its line and cause")
func parseErrors() {
  Sample.withBlock { block in
    var failures: [String] = []
    for row in errors {
      do throws(ParseError) {
        try block.parse(row.text)
        failures.append("\(row.text): accepted")
      } catch {
        if (error.line, error.cause) != (row.line, row.cause) {
          failures.append("\(row.text): \(error)")
        }
        if block.opCount != 0 { failures.append("\(row.text): not empty") }
      }
    }
    #expect(failures == [])
  }
}

@Test("Damaged text is refused or parsed, but never crashes")
func fuzz() throws {
  try Sample.withBlock { block in
    everyOp(block)
    let lines = block.text(life: true).split(separator: "\n").map { Array($0.utf8) }
    var state: UInt64 = 1
    func random(_ below: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % below
    }
    let bytes = Array(" ,$0x:-Ltmpr9ab\n".utf8)
    var parsed = 0
    for _ in 0..<4000 {
      var line = lines[random(lines.count)]
      for _ in 0..<1 + random(3) {
        let place = random(line.count)
        switch random(3) {
        case 0: line[place] = bytes[random(bytes.count)]
        case 1: line.insert(bytes[random(bytes.count)], at: place)
        default: if line.count > 1 { line.remove(at: place) }
        }
      }
      let text = String(decoding: line, as: UTF8.self)
      if (try? block.parse(text)) != nil {
        parsed += 1
        let once = block.text(life: true)
        try block.parse(once)
        #expect(block.text(life: true) == once)
        _ = block.verify()
      }
    }
    #expect(parsed > 100)
  }
}
