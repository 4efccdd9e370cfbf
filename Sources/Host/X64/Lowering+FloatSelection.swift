import IR
import RegisterAllocation

/// Selection by the sign of a number, under the scalar status: there a denormal is no zero. What
/// the comparison says of NaNs and denormals (IE, DE) is nobody's.
extension Lowering {
  static func floatSelection(_ features: Features) -> [Lowering] {
    let scratch: RegisterSet = 3 << (16 + 14)
    let x = C(0xffff_0000 & ~scratch), xm = C(0xffff_0000 & ~scratch, .memory)
    return [
      Lowering(.fsel, [.f64], [x], [xm, x, x], clobbers: scratch) { e, o in
        e.x.xorps(.xmm15, .xmm15)
        let number = o.input(0)
        number.kind == .memory
          ? e.x.cmpsd(.xmm15, e.env(number.offset), imm: 2)
          : e.x.cmpsd(.xmm15, o.vector(0), imm: 2)
        if e.features.contains(.avx) {
          return e.x.vblendvpd(o.xd, o.vector(2), o.vector(1), .xmm15)
        }
        e.x.movaps(.xmm14, .xmm15)
        e.x.andnps(.xmm14, o.vector(2))
        e.x.andps(.xmm15, o.vector(1))
        e.x.orps(.xmm15, .xmm14)
        e.x.movaps(o.xd, .xmm15)
      }
    ]
  }
}
