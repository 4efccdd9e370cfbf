import IR
import RegisterAllocation

/// Guest accesses of 16 bytes, and vectors of singles.
extension Lowering {
  private static let scratch: RegisterSet = 1 << (16 + 15)
  private static let value = C(0xffff_0000 & ~scratch)

  static let vectorMemory: [Lowering] = [
    Lowering(.qemu_ld, [.v128, .v256], [C.x], [C.address, C.index]) { e, o in
      e.loadVector(o, from: e.guestAddress(o, 0))
    },
    Lowering(
      .qemu_st, [.v128, .v256], [], [value, C.address, C.index], clobbers: scratch
    ) { e, o in
      e.storeVector(o, at: e.guestAddress(o, 1))
    },
  ]

  static let pagedVectorMemory: [Lowering] = {
    let address = C(C.anyGeneral & ~(GPR.rcx.set | GPR.pageTable.set)), index = C(0, .zero)
    return [
      Lowering(.qemu_ld, [.v128], [C.x], [address, index], clobbers: GPR.rcx.set) { e, o in
        e.loadPaged(o) { e.loadVector(o, from: $0) }
      },
      Lowering(
        .qemu_st, [.v128], [], [value, address, index], clobbers: GPR.rcx.set | scratch
      ) { e, o in e.storePaged(o) { e.storeVector(o, at: $0) } },
    ]
  }()

  /// Four singles at once, under the status for vectors.
  static let vectorSingles: [Lowering] = [
    singles(.fadd_vec, .vaddps), singles(.fsub_vec, .vsubps), singles(.fmul_vec, .vmulps),
    singles(.fdiv_vec, .vdivps), singles(.fmin_vec, .vminps), singles(.fmax_vec, .vmaxps),
    single(.fsqrt_vec, .vsqrtps), single(.cvt_i32_f32_vec, .vcvtdq2ps),
    single(.cvt_f32_i32_vec, .vcvttps2dq),
    Lowering(.fma_vec, [.v128], [C.sameX], [C.x, C.x, C.xm]) { e, o in
      e.packed(.vfmadd213ps, o.xd, o.vector(1), o.input(2))
    },
    Lowering(.fcmp_vec, [.v128], [C.x], [C.x, C.x]) { e, o in
      let relation = UInt8(truncatingIfNeeded: o.op.pointee.constant)
      e.x.vectorVEX(.vcmpps, o.xd, o.vector(0), o.vector(1), imm: relation)
    },
    // Bit 3: an inexact result is no exception.
    Lowering(.fround_vec, [.v128], [C.x], [C.x]) { e, o in
      let mode = UInt8(truncatingIfNeeded: o.op.pointee.constant)
      e.x.vectorVEX(.vroundps, o.xd, o.vector(0), imm: 8 | mode)
    },
  ]

  private static func singles(_ opcode: Opcode, _ encoding: Encoding) -> Lowering {
    Lowering(opcode, [.v128], [C.x], [C.x, C.xm]) { e, o in
      e.packed(encoding, o.xd, o.vector(0), o.input(1))
    }
  }

  private static func single(_ opcode: Opcode, _ encoding: Encoding) -> Lowering {
    Lowering(opcode, [.v128], [C.x], [C.x]) { e, o in e.x.vectorVEX(encoding, o.xd, o.vector(0)) }
  }

  static let vectorBranches: [Lowering] = {
    let scratch: RegisterSet = 3 << (16 + 14)
    return [
      Lowering(.brclass, [.v128, .v256], [], [C(0xffff_0000 & ~scratch)], clobbers: scratch) {
        e, o in e.branchOnElements(o)
      },
      Lowering(.float_round, [.i32], [], []) { e, o in e.setRounding(o.op.pointee.constant) },
      Lowering(.float_status, [.i32], [], [C.r]) { e, o in e.setFloatStatus(o.register(0)) },
      Lowering(.float_mode, [.i32], [], []) { e, o in e.goOver(to: o.op.pointee.constant) },
    ]
  }()
}

extension Emitter {
  func loadVector(_ o: OpInPlace, from m: Address) {
    load(o.op.pointee.type, o.xd, m)
    exchangeBytes(o.xd, o.xd, .vector, isWide: o.isWide)
  }

  func storeVector(_ o: OpInPlace, at m: Address) {
    exchangeBytes(.xmm15, o.vector(0), .vector, isWide: o.isWide)
    store(o.op.pointee.type, m, .xmm15)
  }

  /// Branches if an element is of the class.
  func branchOnElements(_ o: OpInPlace) {
    let value = o.vector(0)
    switch FloatClass(rawValue: o.op.pointee.constant2) {
    case .clearSingle: return branchUnlessSet(o, .highestOfSingles)
    case .clearDouble: return branchUnlessSet(o, .highestOfDoubles)
    case .nanOrLeast:
      x.vectorVEX(.vpand, .xmm15, value, stubs.constant(.magnitudes))
      x.vectorVEX(.vpcmpeqd, .xmm14, .xmm15, stubs.constant(.leastSingles))
      x.vectorVEX(.vcmpps, .xmm15, value, value, imm: 3)
      x.vectorVEX(.vpor, .xmm15, .xmm15, .xmm14)
    default: x.vectorVEX(.vcmpps, .xmm15, value, value, imm: 3)
    }
    x.vectorVEX(.vptest, .xmm15, .xmm15)
    branch(o, .ne)
  }

  /// VPTEST clears CF if one of the bits is clear.
  private func branchUnlessSet(_ o: OpInPlace, _ bits: Stubs.VectorConstant) {
    x.vectorVEX(o.sized(.vptest), o.vector(0), stubs.constant(bits))
    branch(o, .ae)
  }

  /// Sets RC of the scalar status, which must be the one that holds.
  func setRounding(_ mode: UInt32) {
    guard let status = layout.floatStatus else { return }
    x.stmxcsr(env(status))
    x.and(.dword, env(status), imm: ~0x6000)
    if mode != 0 { x.or(.dword, env(status), imm: Int32(mode << 13)) }
    x.ldmxcsr(env(status))
  }

  /// Replaces the scalar status, which must be the one that holds.
  func setFloatStatus(_ value: GPR) {
    guard let status = layout.floatStatus else { return }
    x.mov(.dword, env(status), value)
    x.ldmxcsr(env(status))
  }

  /// Sees to it that translated code runs under a floating-point status.
  func goOver(to mode: UInt32) {
    guard let field = layout.floatMode else { return }
    x.cmp(.dword, env(field), imm: Int32(4 * mode))
    let isThere = x.jccShort(.e)
    x.call(to: stubs.modes[Int(mode)])
    x.bind(isThere)
  }
}
