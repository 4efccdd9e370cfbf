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
      Lowering(.fcmp, [.f64], [C.newR], [C.x, C.x]) { e, o in e.compareFloat(o) },
      Lowering(.brfcmp, [.f64], [], [C.x, C.xm]) { e, o in e.branchOnRelation(o) },
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
      Lowering(.cvtr_f64_i32, [.i32], [C.r], [C.x]) { e, o in e.x.cvtsd2si(.dword, o.d, o.vector(0))
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
    case .extreme:
      if features.contains(.avx) {
        // Zero: none of these bits of the exponent is set. Carry: all are.
        let exponent = stubs.constant(o.isSingle ? .singleHighExponent : .doubleHighExponent)
        x.vectorVEX(.vptest, value, .xmm0, exponent)
        branch(o, .be)
      } else {
        branchOnExponent(o)
      }
    default:
      x.movd(.rcx, value)
      x.and(.dword, .rcx, imm: 0x1fff_ffff)
      x.cmp(.dword, .rcx, imm: 0x1000_0000)
      branch(o, .e)
    }
  }

  /// By integers: 0 and the greatest of the exponent without its lowest bit are 1 and 0 when one is
  /// added.
  private func branchOnExponent(_ o: OpInPlace) {
    let greatest: Int32 = o.isSingle ? 0x7f : 0x3ff
    if o.isSingle {
      x.movd(.rcx, o.vector(0))
    } else {
      x.movq(.rcx, o.vector(0))
    }
    x.shr(o.isSingle ? .dword : .qword, .rcx, imm: o.isSingle ? 24 : 53)
    x.add(.dword, .rcx, imm: 1)
    x.and(.dword, .rcx, imm: greatest)
    x.cmp(.dword, .rcx, imm: 1)
    branch(o, .be)
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

  /// Greater as 1 less the carry, which says less.
  func compareFloat(_ o: OpInPlace) {
    x.mov(.dword, o.d, imm: 0)
    x.ucomisd(o.vector(0), o.vector(1))
    x.setcc(.a, o.d)
    x.sbb(.qword, o.d, imm: 0)
  }

  /// The condition that the relation is after the host's comparison.
  func branchOnRelation(_ o: OpInPlace) {
    let b = o.input(1)
    if b.kind == .memory {
      x.ucomisd(o.vector(0), env(b.offset))
    } else {
      x.ucomisd(o.vector(0), o.vector(1))
    }
    let condition: HostCondition =
      switch FloatRelation(rawValue: o.op.pointee.constant2) {
      case .lt: .b
      case .ge: .ae
      case .gt: .a
      case .le: .be
      case .eq: .e
      case .ne: .ne
      default: .p
      }
    branch(o, condition)
  }
}
