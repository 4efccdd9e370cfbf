import Testing

@testable import IR

/// Every row of the tables.
private let rows = VectorRow.rows(vectorIntegerTable) + VectorRow.rows(vectorFloatTable)

/// The widths of elements that each op has.
private let widths: [(widths: [String], ops: [String])] = [
  (
    ["e8", "e16", "e32"],
    [
      "add", "sub", "umin", "umax", "smin", "smax", "cmp", "mrgh", "mrgl", "splat", "dup", "iota",
    ]
  ),
  (["e8", "e16"], ["usadd", "ssadd", "ussub", "sssub", "avg"]),
  (["e16", "e32"], ["mul", "shli", "shri", "sari", "packs", "packus"]),
  (["e8"], ["perm", "msk"]),
  (["e16"], ["madd", "mulhrs"]),
  (["e32"], ["shlv", "shrv", "sarv"]),
]

/// The widths of an op, by its name.
private let widthsByName: [String: [String]] = Dictionary(
  uniqueKeysWithValues: widths.flatMap { row in row.ops.map { ("\($0)_vec", row.widths) } })

/// Ops with a constant, a relation, a class or a type that there is not: each alone is a fault.
private let outOfRange = [
  "shli_vec v128,e16,d,a,$0x10", "shri_vec v128,e16,d,a,$0x10", "sari_vec v128,e16,d,a,$0x10",
  "shli_vec v128,e32,d,a,$0x20", "shri_vec v128,e32,d,a,$0x20", "sari_vec v128,e32,d,a,$0x20",
  "shli_vec v128,e8,d,a,$0x1", "shri_vec v128,e8,d,a,$0x1", "sari_vec v128,e8,d,a,$0x1",
  "splat_vec v128,e8,d,a,$0x10", "splat_vec v128,e16,d,a,$0x8", "splat_vec v128,e32,d,a,$0x4",
  "fadd_lanes_v128 d,a,b,$0x1", "fma_lanes_v256 D,A,B,C,$0x4", "lane_f32_v128 s,a,$0x4",
  "lane_f32_v256 s,A,$0x8", "lane_f64_v128 f,a,$0x2", "lane_f64_v256 f,A,$0x4",
  "fcmp_vec d,a,b,$0x8", "fround_vec d,a,$0x4", "float_mode $0x2",
  "extract2_v128 d,a,b,$0x4", "extract2_v128 d,a,b,$0x80", "extract2_v128 d,a,b,$0x7f",
  "qemu_ld_v128 d,w,beq,0", "qemu_st_v128 d,w,beq,0", "qemu_ld_v256 D,w,beq,0",
]

/// The classes that values of each type are told by.
private let classes: [(type: String, global: String, classes: [FloatClass])] = [
  ("f32", "s", [.nan, .extreme]), ("f64", "f", [.nan, .extreme]),
  ("v128", "a", [.nan, .nanOrLeast, .clearSingle, .clearDouble]),
  ("v256", "A", [.clearSingle, .clearDouble]),
]

/// Vectors of singles, with those classes of which an element is.
private let classRows: [(operand: String, classes: [FloatClass])] = [
  ("3f800000" + "7f800000" + "ff800000" + "00000000", []),
  ("00000001" + "007fffff" + "807fffff" + "80000000", []),
  ("00800001" + "80800001" + "7f7fffff" + "ff7fffff", []),
  ("7fc00000" + "00000000" + "00000000" + "00000000", [.nan, .nanOrLeast]),
  ("00000000" + "ff800001" + "00000000" + "00000000", [.nan, .nanOrLeast]),
  ("00000000" + "00000000" + "7f800001" + "00000000", [.nan, .nanOrLeast]),
  ("00000000" + "00000000" + "00000000" + "ffffffff", [.nan, .nanOrLeast]),
  ("00800000" + "00000000" + "00000000" + "00000000", [.nanOrLeast]),
  ("3f800000" + "80800000" + "3f800000" + "3f800000", [.nanOrLeast]),
  ("3f800000" + "3f800000" + "00800000" + "3f800000", [.nanOrLeast]),
  ("3f800000" + "3f800000" + "3f800000" + "80800000", [.nanOrLeast]),
]

/// Ops on least denormals (1) and the least normal number, under either status for vectors: with
/// denormals as they are, and with those that come in or go out replaced by zeros.
private let denormalRows: [(text: String, a: String, b: String, exact: String, flushed: String)] = [
  ("fadd_vec d,a,b", "00000001", "80000003", "80000002", "00000000"),
  ("fsub_vec d,a,b", "00800001", "00800000", "00000001", "00000000"),
  ("fmul_vec d,a,b", "00800000", "bf000000", "80400000", "80000000"),
  ("fdiv_vec d,a,b", "3f800000", "00400000", "7f000000", "7f800000"),
  ("fmax_vec d,a,b", "00000001", "80000000", "00000001", "80000000"),
  ("fcmp_vec d,a,b,$0x0", "00000001", "80000000", "00000000", "ffffffff"),
  ("fround_vec d,a,$0x2", "00000001", "00000000", "3f800000", "00000000"),
]

@Suite("Vector ops")
struct VectorOpTests {
  @Test("Each op gives what the manuals say")
  func values() throws {
    #expect(rows.count > 150)
    try VectorSample.withMachine { block, env in
      for row in rows {
        let got = try row.got(block, env)
        #expect(got == row.result, "\(row.text) of \(row.operands)")
      }
    }
  }

  @Test("Each op has a row for each width, relation and rounding")
  func coverage() {
    let names = Set(rows.map { String($0.name) })
    let missing = Opcode.allCases.filter(\.isVector).flatMap { opcode in
      opcode.info.flags.contains(.untyped)
        ? [opcode.name] : ["v128", "v256"].map { "\(opcode)_\($0)" }
    }.filter { !names.contains($0) }
    #expect(missing == [])
    for logic in ["and_v128", "or_v128", "xor_v128", "andc_v128", "extract2_v128", "xor_v256"] {
      #expect(names.contains(logic))
    }
    let found = Dictionary(grouping: rows, by: { String($0.name) })
      .mapValues { Set($0.compactMap(\.width)) }
    for opcode in Opcode.allCases where opcode.hasElements {
      #expect(found[opcode.name] == widthsByName[opcode.name].map { Set($0) }, "\(opcode)")
    }
    let texts = Set(rows.map(\.text))
    for width in ["e8", "e16", "e32"] {
      for condition in ["eq", "gt", "gtu"] {
        #expect(texts.contains("cmp_vec v128,\(width),d,a,b,\(condition)"))
      }
    }
    #expect((0..<8).allSatisfy { texts.contains("fcmp_vec d,a,b,$0x\($0)") })
    #expect((0..<4).allSatisfy { texts.contains("fround_vec d,a,$0x\($0)") })
  }

  @Test("What is printed is what was parsed")
  func roundTrip() throws {
    try VectorSample.withMachine { block, _ in
      for row in rows {
        try block.parse(" \(row.text)\n ret_ptr w")
        #expect(block.text() == " \(row.text)\n ret_ptr w\n")
      }
    }
  }

  @Test("The verifier allows each op its widths, and no others")
  func verifiesWidths() throws {
    try VectorSample.withMachine { block, _ in
      for row in rows {
        guard let allowed = widthsByName[String(row.name)] else { continue }
        for width in ["e8", "e16", "e32"] where width == row.width || !allowed.contains(width) {
          try block.parse(" \(row.text(ofWidth: width))\n ret_ptr w")
          let expected: [VerificationProblem.Cause] =
            allowed.contains(width) ? [] : [.constantRange]
          #expect(block.verify().map(\.cause) == expected, "\(row.text(ofWidth: width))")
        }
      }
    }
  }

  @Test("The verifier finds constants and relations that there are not, and wrong types")
  func verifiesConstants() throws {
    try VectorSample.withMachine { block, _ in
      for text in outOfRange {
        try block.parse(" \(text)\n ret_ptr w")
        #expect(block.verify().map(\.cause) == [.constantRange], "\(text)")
      }
      for condition in Condition.allCases {
        try block.parse(" cmp_vec v128,e16,d,a,b,\(condition.name)\n ret_ptr w")
        let isThere = [.eq, .gt, .gtu].contains(condition)
        #expect(block.verify().map(\.cause) == (isThere ? [] : [.constantRange]), "\(condition)")
      }
      for opcode in Opcode.allCases where opcode.isVector {
        // `coverage` tells of ops without a row.
        guard let row = rows.first(where: { $0.name.hasPrefix(opcode.name) }) else { continue }
        try block.parse(" \(row.text)\n ret_ptr w")
        block.ops[0].type = .i64
        #expect(block.verify().map(\.cause).contains(.type(.i64)), "\(opcode)")
      }
    }
  }

  @Test("The verifier allows each type its classes")
  func verifiesClasses() throws {
    try VectorSample.withMachine { block, _ in
      for row in classes {
        for wanted in FloatClass.allCases {
          let text = " brclass_\(row.type) \(row.global),\(wanted),$L0\n ret_ptr w\n"
          try block.parse(text + " set_label $L0\n ret_ptr v")
          let expected: [VerificationProblem.Cause] =
            row.classes.contains(wanted) ? [] : [.constantRange]
          #expect(block.verify().map(\.cause) == expected, "\(text)")
          #expect(block.text().hasPrefix(text))
        }
      }
    }
  }

  @Test("A branch is taken if an element is of the class")
  func branches() throws {
    try VectorSample.withMachine { block, env in
      VectorSample.write(env, "v", "00000001")
      for row in classRows {
        for wanted in [FloatClass.nan, .nanOrLeast] {
          try block.parse(
            " brclass_v128 a,\(wanted),$L0\n ret_ptr w\n set_label $L0\n ret_ptr v")
          VectorSample.write(env, "a", row.operand)
          var memory = MemoryWindow(start: 0, bytes: [])
          var interpreter = Interpreter(block, env: env)
          let expected: UInt32 = row.classes.contains(wanted) ? 1 : 0
          #expect(
            interpreter.run(memory: &memory) == .ret_ptr(target: expected),
            "\(row.operand) \(wanted)")
        }
      }
    }
  }

  @Test("A branch is taken if the bit below the sign is clear in a lane")
  func clearBits() throws {
    try VectorSample.withMachine { block, env in
      VectorSample.write(env, "v", "00000001")
      for (type, name, words) in [("v128", "a", 4), ("v256", "A", 8)] {
        for lanes in FloatLanes.allCases {
          let step = lanes == .singles ? 1 : 2
          let wanted = lanes == .singles ? FloatClass.clearSingle : .clearDouble
          try block.parse(
            " brclass_\(type) \(name),\(wanted),$L0\n ret_ptr w\n set_label $L0\n ret_ptr v")
          for clear in -1..<words {
            // Word 0 is the leftmost: of each double the first has the sign.
            let texts = (0..<words).map { $0 == clear ? "bfffffff" : "40000000" }
            VectorSample.write(env, name, texts.joined())
            var memory = MemoryWindow(start: 0, bytes: [])
            var interpreter = Interpreter(block, env: env)
            let isTaken = clear >= 0 && clear % step == 0
            #expect(interpreter.run(memory: &memory) == .ret_ptr(target: isTaken ? 1 : 0))
          }
        }
      }
    }
  }

  @Test("The status for vectors says what becomes of denormals")
  func denormals() throws {
    try VectorSample.withMachine { block, env in
      let place = VectorSample.floatStatus
      for row in denormalRows {
        for (status, expected) in [(UInt32(0x1f80), row.exact), (0x9fc0, row.flushed)] {
          try block.parse(" float_mode $0x1\n \(row.text)\n ret_ptr w")
          #expect(block.verify() == [])
          VectorSample.write(env, "a", String(repeating: row.a, count: 4))
          VectorSample.write(env, "b", String(repeating: row.b, count: 4))
          env.storeBytes(of: 0x1f80, toByteOffset: place, as: UInt32.self)
          env.storeBytes(of: status, toByteOffset: place + 4, as: UInt32.self)
          var memory = MemoryWindow(start: 0, bytes: [])
          var interpreter = Interpreter(block, env: env, floatStatus: place)
          #expect(interpreter.run(memory: &memory) == .ret_ptr(target: 0))
          let got = VectorSample.read(env, "d")
          #expect(got == String(repeating: expected, count: 4), "\(row.text) \(status)")
          // Its flags are nobody's, and the scalar status has nothing to do with it.
          #expect(env.load(fromByteOffset: place, as: UInt32.self) == 0x1f80)
        }
      }
    }
  }

  @Test("Loads and stores of 128 bits, in env and in the guest's memory")
  func memory() throws {
    try VectorSample.withMachine { block, env in
      // a lies at 32, d at 0; the guest's first byte is the most significant. There are no others.
      try block.parse(" qemu_ld_v128 b,w,leo,0\n ret_ptr w")
      #expect(block.verify().map(\.cause) == [.constantRange])
      try block.parse(
        """
         ld_v128 tmp0,env,$0x20
         st_v128 tmp0,env,$0x0
         qemu_ld_v128 b,w,beo,0,$0x1000
         qemu_st_v128 a,w,beo,0,$0x1010
         ret_ptr w
        """)
      #expect(block.verify() == [])
      VectorSample.write(env, "a", "000102030405060708090a0b0c0d0e0f")
      var memory = MemoryWindow(
        start: 0x1000, bytes: (0..<16).map { 0x10 + $0 } + Array(repeating: 0, count: 16))
      var interpreter = Interpreter(block, env: env)
      #expect(interpreter.run(memory: &memory) == .ret_ptr(target: 0))
      #expect(VectorSample.read(env, "d") == "000102030405060708090a0b0c0d0e0f")
      #expect(VectorSample.read(env, "b") == "101112131415161718191a1b1c1d1e1f")
      #expect(memory.bytes == (0..<16).map { 0x10 + $0 } + (0..<16).map { $0 })
    }
  }

  @Test("Of 256 bits in the guest's memory the low half comes first")
  func wideMemory() throws {
    try VectorSample.withMachine { block, env in
      try block.parse(
        """
         qemu_ld_v256 D,w,beo,0,$0x1000
         qemu_st_v256 A,w,beo,0,$0x1020
         ret_ptr w
        """)
      #expect(block.verify() == [])
      VectorSample.write(
        env, "A", "101112131415161718191a1b1c1d1e1f000102030405060708090a0b0c0d0e0f")
      var memory = MemoryWindow(
        start: 0x1000, bytes: (0..<32).map { 0x40 + $0 } + Array(repeating: 0, count: 32))
      var interpreter = Interpreter(block, env: env)
      #expect(interpreter.run(memory: &memory) == .ret_ptr(target: 0))
      #expect(
        VectorSample.read(env, "D")
          == "505152535455565758595a5b5c5d5e5f404142434445464748494a4b4c4d4e4f")
      #expect(memory.bytes == (0..<32).map { 0x40 + $0 } + (0..<32).map { $0 })
    }
  }
}
