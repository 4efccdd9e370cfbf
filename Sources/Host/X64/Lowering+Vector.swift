import IR
import RegisterAllocation

/// Vectors, by AVX2: three operands, of which the last may be in memory.
extension Lowering {
  static let vectors: [Lowering] =
    elementwise + vectorLogic + vectorShifts + vectorPacking + vectorPermutations

  /// What rows may use besides their operands: `xmm14` and `xmm15`.
  private static let scratch: RegisterSet = 3 << (16 + 14)
  private static let x = C(0xffff_0000 & ~scratch)
  private static let xm = C(0xffff_0000 & ~scratch, .memory)
  private static let newX = C(0xffff_0000 & ~scratch, isEarly: true)

  /// A row whose every element width is one instruction, if it exists.
  private static func packed(_ opcode: Opcode, _ byWidth: Encoding?...) -> Lowering {
    Lowering(opcode, [.v128], [C.x], [C.x, C.xm]) { e, o in
      guard let encoding = byWidth[Int(o.op.pointee.constant)] else {
        preconditionFailure("no lowering for \(opcode) of this width")
      }
      e.packed(encoding, o.xd, o.vector(0), o.input(1))
    }
  }

  private static let elementwise: [Lowering] = [
    packed(.add_vec, .vpaddb, .vpaddw, .vpaddd),
    packed(.sub_vec, .vpsubb, .vpsubw, .vpsubd),
    packed(.mul_vec, nil, .vpmullw, .vpmulld),
    packed(.usadd_vec, .vpaddusb, .vpaddusw, nil),
    packed(.ssadd_vec, .vpaddsb, .vpaddsw, nil),
    packed(.ussub_vec, .vpsubusb, .vpsubusw, nil),
    packed(.sssub_vec, .vpsubsb, .vpsubsw, nil),
    packed(.umin_vec, .vpminub, .vpminuw, .vpminud),
    packed(.umax_vec, .vpmaxub, .vpmaxuw, .vpmaxud),
    packed(.smin_vec, .vpminsb, .vpminsw, .vpminsd),
    packed(.smax_vec, .vpmaxsb, .vpmaxsw, .vpmaxsd),
    packed(.avg_vec, .vpavgb, .vpavgw, nil),
    packed(.madd_vec, nil, .vpmaddwd, nil),
    packed(.mulhrs_vec, nil, .vpmulhrsw, nil),
    packed(.shlv_vec, nil, nil, .vpsllvd),
    packed(.shrv_vec, nil, nil, .vpsrlvd),
    packed(.sarv_vec, nil, nil, .vpsravd),
    Lowering(.cmp_vec, [.v128], [newX], [x, xm]) { e, o in e.compareElements(o) },
    Lowering(.msk_vec, [.v128], [C.r], [C.x]) { e, o in e.x.vpmovmskb(o.d, o.vector(0)) },
  ]

  private static let vectorLogic: [Lowering] = [
    Lowering(.and, [.v128], [C.x], [C.x, C.xm]) { e, o in
      e.packed(.vpand, o.xd, o.vector(0), o.input(1))
    },
    Lowering(.or, [.v128], [C.x], [C.x, C.xm]) { e, o in
      e.packed(.vpor, o.xd, o.vector(0), o.input(1))
    },
    Lowering(.xor, [.v128], [C.x], [C.x, C.xm]) { e, o in
      e.packed(.vpxor, o.xd, o.vector(0), o.input(1))
    },
    // The host inverts the first operand.
    Lowering(.andc, [.v128], [C.x], [C.xm, C.x]) { e, o in
      e.packed(.vpandn, o.xd, o.vector(1), o.input(0))
    },
  ]

  private static let vectorShifts: [Lowering] = [
    Lowering(.shli_vec, [.v128], [C.x], [C.x]) { e, o in e.shiftElements(6, o) },
    Lowering(.shri_vec, [.v128], [C.x], [C.x]) { e, o in e.shiftElements(2, o) },
    Lowering(.sari_vec, [.v128], [C.x], [C.x]) { e, o in e.shiftElements(4, o) },
    Lowering(.extract2, [.v128], [C.x], [C.x, C.x]) { e, o in
      let bytes = UInt8(truncatingIfNeeded: o.op.pointee.constant >> 3)
      e.x.vectorVEX(.vpalignr, o.xd, o.vector(1), o.vector(0), imm: bytes)
    },
  ]

  /// The host's first operand gives the low half, or the lower of two elements.
  private static func exchanged(_ opcode: Opcode, _ byWidth: Encoding?...) -> Lowering {
    Lowering(opcode, [.v128], [C.x], [C.xm, C.x]) { e, o in
      guard let encoding = byWidth[Int(o.op.pointee.constant)] else {
        preconditionFailure("no lowering for \(opcode) of this width")
      }
      e.packed(encoding, o.xd, o.vector(1), o.input(0))
    }
  }

  private static let vectorPacking: [Lowering] = [
    exchanged(.packs_vec, nil, .vpacksswb, .vpackssdw),
    exchanged(.packus_vec, nil, .vpackuswb, .vpackusdw),
    exchanged(.mrgh_vec, .vpunpckhbw, .vpunpckhwd, .vpunpckhdq),
    exchanged(.mrgl_vec, .vpunpcklbw, .vpunpcklwd, .vpunpckldq),
  ]

  private static let vectorPermutations: [Lowering] = [
    Lowering(.splat_vec, [.v128], [C.x], [C.x]) { e, o in e.splatElement(o) },
    Lowering(.dup_vec, [.v128], [C.x], [C.r]) { e, o in
      e.x.movd(o.xd, o.register(0))
      e.x.vectorVEX(Self.broadcasts[Int(o.op.pointee.constant)], o.xd, o.xd)
    },
    Lowering(.iota_vec, [.v128], [C.x], []) { e, o in
      let tables: [Stubs.VectorConstant] = [.numbers8, .numbers16, .numbers32]
      e.x.movups(o.xd, e.stubs.constant(tables[Int(o.op.pointee.constant)]))
    },
    Lowering(.perm_vec, [.v128], [newX], [x, x, x], clobbers: scratch) { e, o in e.permute(o) },
  ]

  static let broadcasts: [Encoding] = [.vpbroadcastb, .vpbroadcastw, .vpbroadcastd]

  /// Halves, on any host.
  static let halves: [Lowering] = [
    Lowering(
      .concat_i64_v128, [.v128], [C(0xffff_0000 & ~scratch)], [C.r, C.r], clobbers: scratch
    ) { e, o in
      e.x.movq(o.xd, o.register(0))
      e.x.movq(.xmm15, o.register(1))
      e.x.punpcklqdq(o.xd, .xmm15)
    },
    Lowering(.extrl_v128_i64, [.v128], [C.r], [C.xm]) { e, o in
      let a = o.input(0)
      a.kind == .memory ? e.x.mov(.qword, o.d, e.env(a.offset)) : e.x.movq(o.d, o.vector(0))
    },
    Lowering(.extrh_v128_i64, [.v128], [C.r], [xm], clobbers: scratch) { e, o in
      let a = o.input(0)
      if a.kind == .memory { return e.x.mov(.qword, o.d, e.env(a.offset + 8)) }
      e.x.pshufd(.xmm15, o.vector(0), imm: 0xee)
      e.x.movq(o.d, .xmm15)
    },
    Lowering(.ld, [.v128], [C.x], [C.base]) { e, o in e.x.movups(o.xd, e.field(o, 0)) },
    Lowering(.st, [.v128], [], [C.x, C.base]) { e, o in e.x.movups(e.field(o, 1), o.vector(0)) },
  ]
}

extension Emitter {
  /// An instruction whose last operand may be a field of env.
  func packed(_ encoding: Encoding, _ d: XMM, _ a: XMM, _ b: Operand) {
    if b.kind == .memory {
      x.vectorVEX(encoding, d, a, env(b.offset))
    } else {
      x.vectorVEX(encoding, d, a, .number(b.register))
    }
  }

  /// There is no unsigned comparison: the greater of both is b where a is not above b.
  func compareElements(_ o: OpInPlace) {
    let width = Int(o.op.pointee.constant)
    let equal: [Encoding] = [.vpcmpeqb, .vpcmpeqw, .vpcmpeqd]
    let greater: [Encoding] = [.vpcmpgtb, .vpcmpgtw, .vpcmpgtd]
    let maximum: [Encoding] = [.vpmaxub, .vpmaxuw, .vpmaxud]
    switch o.op.pointee.condition {
    case .eq: packed(equal[width], o.xd, o.vector(0), o.input(1))
    case .gt: packed(greater[width], o.xd, o.vector(0), o.input(1))
    default:
      packed(maximum[width], o.xd, o.vector(0), o.input(1))
      packed(equal[width], o.xd, o.xd, o.input(1))
      x.vectorVEX(.vpxor, o.xd, o.xd, stubs.constant(.ones))
    }
  }

  func shiftElements(_ n: UInt8, _ o: OpInPlace) {
    let encoding: Encoding =
      o.op.pointee.constant == VectorElement.e16.rawValue ? .vpshiftw : .vpshiftd
    x.shiftVEX(
      encoding, n, o.xd, o.vector(0), imm: UInt8(truncatingIfNeeded: o.op.pointee.constant2))
  }

  /// Brings the element to the right end, and copies it from there.
  func splatElement(_ o: OpInPlace) {
    let width = Int(o.op.pointee.constant)
    let place = UInt8(truncatingIfNeeded: 16 >> width - 1) - UInt8(o.op.pointee.constant2)
    if width == 2 { return x.vectorVEX(.pshufd, o.xd, o.vector(0), imm: place * 0x55) }
    var source = o.vector(0)
    if place != 0 {
      x.shiftVEX(.vpshiftq, 3, o.xd, source, imm: place << UInt8(width))
      source = o.xd
    }
    x.vectorVEX(Lowering.broadcasts[width], o.xd, source)
  }

  /// The host counts bytes from the right, and takes them from one register.
  func permute(_ o: OpInPlace) {
    let (a, b, control) = (o.vector(0), o.vector(1), o.vector(2))
    if a == b {
      x.vectorVEX(.vpandn, .xmm15, control, stubs.constant(.fourBits))
      return x.vectorVEX(.pshufb, o.xd, a, .xmm15)
    }
    x.vectorVEX(.vpandn, .xmm15, control, stubs.constant(.fiveBits))
    x.vectorVEX(.pshufb, .xmm14, a, .xmm15)
    x.vectorVEX(.pshufb, o.xd, b, .xmm15)
    // What is now bit 4 says that the byte is one of a.
    x.shiftVEX(.vpshiftw, 6, .xmm15, .xmm15, imm: 3)
    x.vpblendvb(o.xd, o.xd, .xmm14, .xmm15)
  }
}
