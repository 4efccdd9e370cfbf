import IR
import RegisterAllocation

/// Scalar operations side by side, under the scalar status, in 128 bits or 256.
extension Lowering {
  private static let types: [ValueType] = [.v128, .v256]
  private static let scratch: RegisterSet = 1 << (16 + 15)
  private static let x = C(0xffff_0000 & ~scratch)
  private static let sameX = C(0xffff_0000 & ~scratch, alias: 0)

  static func lanes(_ features: Features) -> [Lowering] {
    [
      lanes(.fadd_lanes, .vaddps, .vaddpd), lanes(.fsub_lanes, .vsubps, .vsubpd),
      lanes(.fmul_lanes, .vmulps, .vmulpd),
      Lowering(.fma_lanes, types, [C.sameX], [C.x, C.x, C.x]) { e, o in
        e.x.vectorVEX(o.sized(.vfmadd213ps), o.xd, o.vector(1), o.vector(2), o.laneWidth)
      },
      features.contains(.avx512bw) ? ordinaryAtOnce : ordinary,
      Lowering(.xor, [.v256], [C.x], [C.x, C.x]) { e, o in
        e.x.vectorVEX(.vpxor.wide, o.xd, o.vector(0), o.vector(1))
      },
      Lowering(.zeroupper, [.i32], [], []) { e, _ in e.x.vzeroupper() },
    ] + copies
  }

  private static func lanes(_ opcode: Opcode, _ single: Encoding, _ double: Encoding) -> Lowering {
    Lowering(opcode, types, [C.x], [C.x, C.x]) { e, o in
      let encoding = o.laneWidth == .dword ? single : double
      e.x.vectorVEX(o.sized(encoding), o.xd, o.vector(0), o.vector(1))
    }
  }

  /// a and (b xor 2b).
  private static let ordinary = Lowering(
    .ordinary_lanes, types, [x], [x, x], clobbers: scratch
  ) { e, o in
    e.x.vectorVEX(o.sized(.vpaddd), .xmm15, o.vector(1), o.vector(1))
    e.x.vectorVEX(o.sized(.vpxor), .xmm15, .xmm15, o.vector(1))
    e.x.vectorVEX(o.sized(.vpand), o.xd, o.vector(0), .xmm15)
  }

  /// The function: bits 5 and 6, where a is set and the others differ.
  private static let ordinaryAtOnce = Lowering(
    .ordinary_lanes, types, [sameX], [x, x], clobbers: scratch
  ) { e, o in
    e.x.vectorVEX(o.sized(.vpaddd), .xmm15, o.vector(1), o.vector(1))
    e.x.vpternlogd(o.sized(.vpternlogd), o.xd, o.vector(1), .xmm15, function: 0x60)
  }

  /// Between one number and all lanes.
  private static let copies: [Lowering] = [
    Lowering(.dup_f32, [.v128], [C.x], [C.x]) { e, o in
      e.x.vectorVEX(.pshufd, o.xd, o.vector(0), imm: 0)
    },
    Lowering(.dup_f64, [.v128], [C.x], [C.x]) { e, o in
      e.x.vectorVEX(.pshufd, o.xd, o.vector(0), imm: 0x44)
    },
    Lowering(.dup_f32, [.v256], [C.x], [C.x]) { e, o in
      e.x.vectorVEX(.vbroadcastss.wide, o.xd, o.vector(0))
    },
    Lowering(.dup_f64, [.v256], [C.x], [C.x]) { e, o in
      e.x.vectorVEX(.vbroadcastsd.wide, o.xd, o.vector(0))
    },
    Lowering(.lane_f32, types, [C.x], [C.x]) { e, o in
      let number = UInt8(truncatingIfNeeded: o.op.pointee.constant)
      e.x.vectorVEX(.pshufd, o.xd, e.half(o, number / 4), imm: number % 4 * 0x55)
    },
    Lowering(.lane_f64, types, [C.x], [C.x]) { e, o in
      let number = UInt8(truncatingIfNeeded: o.op.pointee.constant)
      e.x.vectorVEX(.pshufd, o.xd, e.half(o, number / 2), imm: number % 2 == 0 ? 0x44 : 0xee)
    },
  ]
}

extension Emitter {
  /// A register of which the low 128 bits are a half of the operand: the operand's, or the result's.
  fileprivate func half(_ o: OpInPlace, _ number: UInt8) -> XMM {
    guard number == 1 else { return o.vector(0) }
    x.vextractf128(o.xd, o.vector(0), half: 1)
    return o.xd
  }
}

extension OpInPlace {
  /// Whether the op is one of 256 bits.
  var isWide: Bool { op.pointee.type == .v256 }

  /// The encoding for the op's vectors.
  func sized(_ encoding: Encoding) -> Encoding { isWide ? encoding.wide : encoding }

  /// The width of the op's lanes.
  fileprivate var laneWidth: Width {
    op.pointee.constant == FloatLanes.singles.rawValue ? .dword : .qword
  }
}
