import IR
import RegisterAllocation

/// Scalar floating point.
extension Lowering {
  static func floatingPoint(_ features: Features) -> [Lowering] {
    let floats: [ValueType] = [.f32, .f64]
    // Where exponents are looked at by integers (`branchOnShiftedExponent`).
    let integer = features.contains(.avx) ? 0 : GPR.rcx.set
    return [
      Lowering(.fsqrt, floats, [C.x], [C.x]) { e, o in
        o.isSingle ? e.x.sqrtss(o.xd, o.vector(0)) : e.x.sqrtsd(o.xd, o.vector(0))
      },
      Lowering(.brclass, floats, [], [C(0xffff_0000 & ~scratch)], clobbers: integer | scratch) {
        e, o in
        e.branchOnClass(o)
      },
      Lowering(
        .brextreme, floats, [],
        [C(0xffff_0000 & ~scratch)]
          + Array(repeating: C(0xffff_0000 & ~scratch, .memory), count: 2),
        clobbers: integer | scratch
      ) { e, o in e.branchOnExtreme(o) },
      Lowering(
        .brnarrow, [.f32], [C(0xffff_0000 & ~scratch, isEarly: true)], [C(0xffff_0000 & ~scratch)],
        clobbers: GPR.rcx.set | scratch
      ) { e, o in e.narrow(o) },
      Lowering(.fcmp, [.f64], [C.newR], [C.x, C.x]) { e, o in e.compareFloat(o) },
      Lowering(.brfcmp, [.f64], [], [C.x, C.xm]) { e, o in e.branchOnRelation(o) },
      Lowering(.cvt_f32_f64, [.f64], [C.x], [C.x]) { e, o in e.widen(o.xd, o.vector(0)) },
      Lowering(.ext_f32_f64, [.f64], [C.x], [C.x], clobbers: GPR.rcx.set) { e, o in
        e.extend(o.xd, o.vector(0))
      },
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
    Lowering(.fma, [.f32, .f64], [C.x], [C.x, C.x, C.xm]) { e, o in
      e.fuse(o, .fmadd213, .fmadd231)
    },
    Lowering(.fms, [.f32, .f64], [C.x], [C.x, C.x, C.xm]) { e, o in
      e.fuse(o, .fmsub213, .fmsub231)
    },
  ]
}

extension OpInPlace {
  /// Whether the op is in single precision.
  var isSingle: Bool { op.pointee.type == .f32 }
}

extension Emitter {
  /// By the form that overwrites the operand which is where the result goes; else a copy of the first.
  fileprivate func fuse(_ o: OpInPlace, _ form213: Encoding, _ form231: Encoding) {
    let width: Width = o.isSingle ? .dword : .qword
    let (a, b) = (o.vector(0), o.vector(1))
    if o.input(2).kind == .memory {
      let c = env(o.input(2).offset)
      if o.xd == b { return x.vectorVEX(form213, o.xd, a, c, width) }
      if o.xd != a { x.movaps(o.xd, a) }
      return x.vectorVEX(form213, o.xd, b, c, width)
    }
    let c = o.vector(2)
    if o.xd == b { return x.vectorVEX(form213, o.xd, a, c, width) }
    if o.xd == c { return x.vectorVEX(form231, o.xd, a, b, width) }
    if o.xd != a { x.movaps(o.xd, a) }
    x.vectorVEX(form213, o.xd, b, c, width)
  }

  /// Compares as the class wants it, and branches.
  func branchOnClass(_ o: OpInPlace) {
    let value = o.vector(0)
    switch FloatClass(rawValue: o.op.pointee.constant2) {
    case .nan:
      o.isSingle ? x.ucomiss(value, value) : x.ucomisd(value, value)
      branch(o, .p)
    default: branchOnExponent(o)
    }
  }

  private func branchOnExponent(_ o: OpInPlace, isSum: Bool = false) {
    guard features.contains(.avx) else { return branchOnShiftedExponent(o, isSum: isSum) }
    // Zero: none of these bits of the exponent is set. Carry: all are.
    let exponent = stubs.constant(o.isSingle ? .singleHighExponent : .doubleHighExponent)
    x.vectorVEX(.vptest, o.vector(0), .xmm0, exponent)
    branch(o, isSum ? .b : .be)
  }

  /// By integers: 0 and the greatest of the exponent without its lowest bit are 1 and 0 when one is
  /// added.
  private func branchOnShiftedExponent(_ o: OpInPlace, isSum: Bool) {
    let greatest: Int32 = o.isSingle ? 0x7f : 0x3ff
    if o.isSingle {
      x.movd(.rcx, o.vector(0))
    } else {
      x.movq(.rcx, o.vector(0))
    }
    x.shr(o.isSingle ? .dword : .qword, .rcx, imm: o.isSingle ? 24 : 53)
    x.add(.dword, .rcx, imm: 1)
    x.and(.dword, .rcx, imm: greatest)
    if isSum { return branch(o, .e) }
    x.cmp(.dword, .rcx, imm: 1)
    branch(o, .be)
  }

  /// The cold part begins with the look at the operands, and comes back from there.
  func branchOnExtreme(_ o: OpInPlace) {
    let suspect = o.op.pointee.suspect ?? .product
    branchOnExponent(o, isSum: suspect == .sum)
    labels[Int(o.op.pointee.constant)].exemption = Exemption(
      suspect: suspect, isSingle: o.isSingle, result: o.vector(0),
      operands: (o.input(1), o.input(2)), resume: x.currentAddress)
  }

  /// Goes back behind the branch if the result comes of an operand that is zero, or infinite.
  func resume(_ check: Exemption) {
    check.suspect == .sum ? resumeIfInfinite(check) : resumeIfZero(check)
  }

  /// If the result is no NaN, and the exponent of an operand is the greatest.
  private func resumeIfInfinite(_ check: Exemption) {
    let width: Width = check.isSingle ? .dword : .qword
    check.isSingle
      ? x.ucomiss(check.result, check.result) : x.ucomisd(check.result, check.result)
    let isNaN = x.jccShort(.p)
    let kept = env(layout.spillSlots &- 8)
    x.mov(.qword, kept, .rcx)
    for operand in [check.operands.0, check.operands.1] {
      if operand.kind == .memory {
        x.mov(width, .rcx, env(operand.offset))
      } else {
        let operand = XMM.number(operand.register)
        check.isSingle ? x.movd(.rcx, operand) : x.movq(.rcx, operand)
      }
      x.add(width, .rcx, .rcx)
      x.shr(width, .rcx, imm: check.isSingle ? 24 : 53)
      x.cmp(.dword, .rcx, imm: check.isSingle ? 0xff : 0x7ff)
      x.mov(.qword, .rcx, kept)
      x.patch(x.jcc(.e), to: check.resume)
    }
    x.bind(isNaN)
  }

  /// If the result is zero, and so is an operand.
  private func resumeIfZero(_ check: Exemption) {
    x.xorps(.xmm15, .xmm15)
    check.isSingle ? x.ucomiss(check.result, .xmm15) : x.ucomisd(check.result, .xmm15)
    let isNaN = x.jccShort(.p), isOther = x.jccShort(.ne)
    for operand in [check.operands.0, check.operands.1] {
      let isMemory = operand.kind == .memory
      if check.isSingle && check.suspect != .rounded {
        isMemory
          ? x.ucomiss(.xmm15, env(operand.offset)) : x.ucomiss(.xmm15, .number(operand.register))
      } else {
        isMemory
          ? x.ucomisd(.xmm15, env(operand.offset)) : x.ucomisd(.xmm15, .number(operand.register))
      }
      let isNaN = x.jccShort(.p)
      x.patch(x.jcc(.e), to: check.resume)
      x.bind(isNaN)
    }
    x.bind(isNaN)
    x.bind(isOther)
  }

  /// Narrows, and branches where widening does not give back the operand. The flags stay as they are
  /// but for those that are nobody's (IE and DE, of NaNs and denormals).
  func narrow(_ o: OpInPlace) {
    let wide = o.vector(0)
    if features.contains(.avx512f) {
      x.vcvtsd2ssQuietly(o.xd, wide)
      compareWidened(o.xd, wide)
    } else {
      narrowByBits(o.xd, wide)
      compareWidened(o.xd, wide)
      let isSame = x.jccShort(.e)
      let status = env(layout.spillSlots &- 8)
      x.stmxcsr(status)
      x.cvtsd2ss(o.xd, wide)
      x.ldmxcsr(status)
      compareWidened(o.xd, wide)
      x.bind(isSame)
    }
    branch(o, .ne)
  }

  /// Widens. By AVX that does not wait for what the register has held.
  func widen(_ wide: XMM, _ single: XMM) {
    features.contains(.avx)
      ? x.vectorVEX(.cvtss2sd, wide, single, single) : x.cvtss2sd(wide, single)
  }

  /// Widens; what the host's conversion would make quiet keeps its bits.
  func extend(_ wide: XMM, _ single: XMM) {
    x.ucomiss(single, single)
    let isNumber = x.jccShort(.np)
    x.movd(.rcx, single)
    x.movsxd(.rcx, .rcx)
    x.shl(.qword, .rcx, imm: 29)
    for bit: UInt8 in 60...62 { x.bts(.qword, .rcx, imm: bit) }
    x.movq(wide, .rcx)
    let isDone = x.jmpShort()
    x.bind(isNumber)
    widen(wide, single)
    x.bind(isDone)
  }

  /// What is the single of every double that is one, but for denormals.
  private func narrowByBits(_ single: XMM, _ wide: XMM) {
    x.movq(.rcx, wide)
    x.shr(.qword, .rcx, imm: 32)
    x.and(.dword, .rcx, imm: Int32(bitPattern: 0xc000_0000))
    x.movd(.xmm15, .rcx)
    x.movq(.rcx, wide)
    x.shr(.qword, .rcx, imm: 29)
    x.and(.dword, .rcx, imm: 0x3fff_ffff)
    x.movd(single, .rcx)
    x.orps(single, .xmm15)
  }

  /// Whether the bits of a double and of a single, widened, are the same (ZF).
  private func compareWidened(_ single: XMM, _ wide: XMM) {
    if features.contains(.avx) {
      x.vectorVEX(.cvtss2sd, .xmm15, single, single)
    } else {
      x.cvtss2sd(.xmm15, single)
    }
    x.xorps(.xmm15, wide)
    x.movq(.rcx, .xmm15)
    x.test(.qword, .rcx, .rcx)
  }

  /// Greater as 1, less as -1. The flags stay as they are, for a branch on the relation.
  func compareFloat(_ o: OpInPlace) {
    x.mov(.dword, o.d, imm: 0)
    compareDoubles(o)
    x.setcc(.a, o.d)
    x.cmovcc(.qword, .b, o.d, stubs.constant(.ones))
  }

  /// The condition that the relation is after the host's comparison.
  func branchOnRelation(_ o: OpInPlace) {
    compareDoubles(o)
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
