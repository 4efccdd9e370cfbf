import IR
import RegisterAllocation

/// Floating-point numbers in guest memory. By AVX their bytes change places within the vector register;
/// by way of a general one that takes twice as long.
extension Lowering {
  private static let scratch: RegisterSet = 1 << (16 + 15)
  private static let value = C(0xffff_0000 & ~scratch)

  static func floatMemory(_ features: Features) -> [Lowering] {
    let swaps = features.contains(.avx)
    let general = swaps ? C.anyGeneral : C.anyGeneral & ~GPR.rcx.set
    let address = C(general, .anyConstant), index = C(general, .zero)
    return [
      Lowering(
        .qemu_ld, [.f32, .f64], [C.x], [address, index], clobbers: swaps ? 0 : GPR.rcx.set
      ) { e, o in e.loadFloat(o, from: e.guestAddress(o, 0)) },
      Lowering(
        .qemu_st, [.f32, .f64], [], [value, address, index],
        clobbers: swaps ? scratch : GPR.rcx.set
      ) { e, o in e.storeFloat(o, at: e.guestAddress(o, 1), by: .rcx) },
    ]
  }

  /// rcx becomes the host address.
  static func pagedFloatMemory(_ features: Features) -> [Lowering] {
    let swaps = features.contains(.avx)
    let general = C.anyGeneral & ~(GPR.rcx.set | GPR.pageTable.set)
    let storing = swaps ? general : general & ~GPR.rax.set
    return [
      Lowering(
        .qemu_ld, [.f32, .f64], [C.x], [C(general), C(0, .zero)], clobbers: GPR.rcx.set
      ) { e, o in e.loadPaged(o) { e.loadFloat(o, from: $0) } },
      Lowering(
        .qemu_st, [.f32, .f64], [], [value, C(storing), C(0, .zero)],
        clobbers: GPR.rcx.set | (swaps ? scratch : GPR.rax.set)
      ) { e, o in e.storePaged(o) { e.storeFloat(o, at: $0, by: .rax) } },
    ]
  }
}

extension Emitter {
  /// d becomes the bytes of s in the order that guest memory wants, or those of guest memory in ours.
  func exchangeBytes(_ d: XMM, _ s: XMM, _ order: Stubs.ByteOrder, isWide: Bool = false) {
    let encoding = isWide ? Encoding.pshufb.wide : .pshufb
    if features.contains(.avx512bw) {
      x.vpshufb(encoding, d, s, order.register)
    } else {
      x.vectorVEX(encoding, d, s, stubs.constant(order))
    }
  }

  /// Loads from a host address.
  func loadFloat(_ o: OpInPlace, from place: Address) {
    let isLittleEndian = o.op.pointee.memory.isLittleEndian
    if isLittleEndian || features.contains(.avx) {
      o.isSingle ? x.movss(o.xd, place) : x.movsd(o.xd, place)
      if !isLittleEndian { exchangeBytes(o.xd, o.xd, o.isSingle ? .single : .double) }
    } else {
      let width: Width = o.isSingle ? .dword : .qword
      x.mov(width, .rcx, place)
      x.bswap(width, .rcx)
      o.isSingle ? x.movd(o.xd, .rcx) : x.movq(o.xd, .rcx)
    }
  }

  /// Stores to a host address.
  /// - Parameter general: what the number passes through if vectors cannot be swapped.
  func storeFloat(_ o: OpInPlace, at place: Address, by general: GPR) {
    let value = o.vector(0)
    if o.op.pointee.memory.isLittleEndian {
      o.isSingle ? x.movss(place, value) : x.movsd(place, value)
    } else if features.contains(.avx) {
      exchangeBytes(.xmm15, value, o.isSingle ? .single : .double)
      o.isSingle ? x.movss(place, .xmm15) : x.movsd(place, .xmm15)
    } else {
      let width: Width = o.isSingle ? .dword : .qword
      o.isSingle ? x.movd(general, value) : x.movq(general, value)
      x.bswap(width, general)
      x.mov(width, place, general)
    }
  }
}
