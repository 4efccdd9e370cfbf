import IR
import RegisterAllocation

/// Scalar floating point.
extension Lowering {
  static func floatingPoint(_ features: Features) -> [Lowering] {
    let floats: [ValueType] = [.f32, .f64]
    return [
      Lowering(.fsqrt, floats, [C.x], [C.x]) { e, o in
        o.isSingle ? e.x.sqrtss(o.xd, o.vector(0)) : e.x.sqrtsd(o.xd, o.vector(0))
      },
      Lowering(.brclass, floats, [], [C(0xffff_0000 & ~scratch)], clobbers: GPR.rcx.set | scratch) {
        e, o in
        e.branchOnClass(o)
      },
      Lowering(
        .brtie, [.f64], [], Array(repeating: C(0xffff_0000 & ~scratch), count: 3),
        clobbers: GPR.rcx.set | scratch
      ) { e, o in e.branchOnTie(o) },
      Lowering(
        .fcmp, floats, [C(C.anyGeneral & ~GPR.rcx.set, isEarly: true)], [C.x, C.x],
        clobbers: GPR.rcx.set
      ) { e, o in
        e.compareFloat(o)
      },
      Lowering(.cvt_f32_f64, [.f64], [C.x], [C.x]) { e, o in e.x.cvtss2sd(o.xd, o.vector(0)) },
      Lowering(.cvt_f64_f32, [.f32], [C.x], [C.x]) { e, o in e.x.cvtsd2ss(o.xd, o.vector(0)) },
      Lowering(.cvt_i32_f64, [.f64], [C.x], [C.r]) { e, o in
        e.x.cvtsi2sd(.dword, o.xd, o.register(0))
      },
      Lowering(.cvt_i64_f64, [.f64], [C.x], [C.r]) { e, o in
        e.x.cvtsi2sd(.qword, o.xd, o.register(0))
      },
      Lowering(.cvt_f64_i32, [.i32], [C.r], [C.x]) { e, o in e.x.cvttsd2si(.dword, o.d, o.vector(0))
      },
      Lowering(.cvt_f64_i64, [.i64], [C.r], [C.x]) { e, o in e.x.cvttsd2si(.qword, o.d, o.vector(0))
      },
      Lowering(.fbits_i32, [.i32], [C.r], [C.x]) { e, o in e.x.movd(o.d, o.vector(0)) },
      Lowering(.fbits_i64, [.i64], [C.r], [C.xm]) { e, o in
        let a = o.input(0)
        a.kind == .memory ? e.x.mov(.qword, o.d, e.env(a.offset)) : e.x.movq(o.d, o.vector(0))
      },
      Lowering(.ibits_f32, [.f32], [C.x], [C.r]) { e, o in e.x.movd(o.xd, o.register(0)) },
      Lowering(.ibits_f64, [.f64], [C.x], [C.r]) { e, o in e.x.movq(o.xd, o.register(0)) },
    ] + (features.contains(.fma) ? fused : [])
      + (features.contains(.avx) ? threeOperands : twoOperands)
  }

  /// Sums, differences, products and quotients that overwrite their first operand.
  private static let twoOperands: [Lowering] = [
    Lowering(.fadd, [.f32, .f64], [C.sameX], [C.x, C.x]) { e, o in
      o.isSingle ? e.x.addss(o.xd, o.vector(1)) : e.x.addsd(o.xd, o.vector(1))
    },
    Lowering(.fsub, [.f32, .f64], [C.sameX], [C.x, C.x]) { e, o in
      o.isSingle ? e.x.subss(o.xd, o.vector(1)) : e.x.subsd(o.xd, o.vector(1))
    },
    Lowering(.fmul, [.f32, .f64], [C.sameX], [C.x, C.x]) { e, o in
      o.isSingle ? e.x.mulss(o.xd, o.vector(1)) : e.x.mulsd(o.xd, o.vector(1))
    },
    Lowering(.fdiv, [.f32, .f64], [C.sameX], [C.x, C.x]) { e, o in
      o.isSingle ? e.x.divss(o.xd, o.vector(1)) : e.x.divsd(o.xd, o.vector(1))
    },
    Lowering(.fneg, [.f32, .f64], [C.sameX], [C.x]) { e, o in
      e.x.xorps(o.xd, e.stubs.constant(o.isSingle ? .singleSign : .doubleSign))
    },
    Lowering(.fabs, [.f32, .f64], [C.sameX], [C.x]) { e, o in
      e.x.andps(o.xd, e.stubs.constant(o.isSingle ? .singleMagnitude : .doubleMagnitude))
    },
  ]

  /// Those that do not, by AVX; the second operand may be in memory.
  private static let threeOperands: [Lowering] = [
    threeOperands(.fadd, .addss, .addsd), threeOperands(.fsub, .subss, .subsd),
    threeOperands(.fmul, .mulss, .mulsd), threeOperands(.fdiv, .divss, .divsd),
    Lowering(.fneg, [.f32, .f64], [C.x], [C.x]) { e, o in
      let sign = e.stubs.constant(o.isSingle ? .singleSign : .doubleSign)
      e.x.vectorVEX(.xorps, o.xd, o.vector(0), sign)
    },
    Lowering(.fabs, [.f32, .f64], [C.x], [C.x]) { e, o in
      let magnitude = e.stubs.constant(o.isSingle ? .singleMagnitude : .doubleMagnitude)
      e.x.vectorVEX(.andps, o.xd, o.vector(0), magnitude)
    },
  ]

  private static func threeOperands(_ opcode: Opcode, _ single: Encoding, _ double: Encoding)
    -> Lowering
  {
    Lowering(opcode, [.f32, .f64], [C.x], [C.x, C.xm]) { e, o in
      e.packed(o.isSingle ? single : double, o.xd, o.vector(0), o.input(1))
    }
  }

  private static let scratch: RegisterSet = 1 << (16 + 15)

  private static let fused: [Lowering] = [
    Lowering(.fma, [.f32, .f64], [C.sameX], [C.x, C.x, C.x]) { e, o in
      o.isSingle
        ? e.x.vfmadd213ss(o.xd, o.vector(1), o.vector(2))
        : e.x.vfmadd213sd(o.xd, o.vector(1), o.vector(2))
    }
  ]
}

extension OpInPlace {
  /// Whether the op is in single precision.
  var isSingle: Bool { op.pointee.type == .f32 }
}

extension Emitter {
  /// Compares as the class wants it, and branches.
  func branchOnClass(_ o: OpInPlace) {
    let value = o.vector(0)
    switch FloatClass(rawValue: o.op.pointee.constant2) {
    case .nan:
      o.isSingle ? x.ucomiss(value, value) : x.ucomisd(value, value)
      branch(o, .p)
    case .nanOrSmall:
      // Unordered is "below or equal" too.
      let magnitude = stubs.constant(o.isSingle ? .singleMagnitude : .doubleMagnitude)
      if features.contains(.avx) {
        x.vectorVEX(.andps, .xmm15, value, magnitude)
      } else {
        x.movaps(.xmm15, value)
        x.andps(.xmm15, magnitude)
      }
      o.isSingle
        ? x.ucomiss(.xmm15, stubs.constant(.leastSingle))
        : x.ucomisd(.xmm15, stubs.constant(.leastDouble))
      branch(o, .be)
    default:
      x.movd(.rcx, value)
      x.and(.dword, .rcx, imm: 0x1fff_ffff)
      x.cmp(.dword, .rcx, imm: 0x1000_0000)
      branch(o, .e)
    }
  }

  /// First whether the operands are singles, which they nearly always are.
  func branchOnTie(_ o: OpInPlace) {
    x.movaps(.xmm15, o.vector(1))
    x.orps(.xmm15, o.vector(2))
    x.movd(.rcx, .xmm15)
    x.test(.dword, .rcx, imm: 0x1fff_ffff)
    let areSingles = x.jccShort(.e)
    x.movd(.rcx, o.vector(0))
    x.and(.dword, .rcx, imm: 0x1fff_ffff)
    x.cmp(.dword, .rcx, imm: 0x1000_0000)
    branch(o, .e)
    x.bind(areSingles)
  }

  /// 8 less, 4 greater, 2 equal, 1 unordered.
  func compareFloat(_ o: OpInPlace) {
    o.isSingle ? x.ucomiss(o.vector(0), o.vector(1)) : x.ucomisd(o.vector(0), o.vector(1))
    x.mov(.dword, o.d, imm: 1)
    let unordered = x.jccShort(.p)
    x.mov(.dword, o.d, imm: 2)
    x.mov(.dword, .rcx, imm: 4)
    x.cmovcc(.dword, .a, o.d, .rcx)
    x.mov(.dword, .rcx, imm: 8)
    x.cmovcc(.dword, .b, o.d, .rcx)
    x.bind(unordered)
  }
}
