/// Rows of the packed instructions that vectors need, in their VEX forms: mandatory prefix, escape
/// bytes, opcode (Intel manual, volume 2). They are written by `vectorVEX` and `encodeVEX`.
extension Encoding {
  // Sums, differences, products
  static let vpaddb = Encoding(prefix: 0x66, 0x0f, 0xfc)
  static let vpaddw = Encoding(prefix: 0x66, 0x0f, 0xfd)
  static let vpaddd = Encoding(prefix: 0x66, 0x0f, 0xfe)
  static let vpsubb = Encoding(prefix: 0x66, 0x0f, 0xf8)
  static let vpsubw = Encoding(prefix: 0x66, 0x0f, 0xf9)
  static let vpsubd = Encoding(prefix: 0x66, 0x0f, 0xfa)
  static let vpaddusb = Encoding(prefix: 0x66, 0x0f, 0xdc)
  static let vpaddusw = Encoding(prefix: 0x66, 0x0f, 0xdd)
  static let vpaddsb = Encoding(prefix: 0x66, 0x0f, 0xec)
  static let vpaddsw = Encoding(prefix: 0x66, 0x0f, 0xed)
  static let vpsubusb = Encoding(prefix: 0x66, 0x0f, 0xd8)
  static let vpsubusw = Encoding(prefix: 0x66, 0x0f, 0xd9)
  static let vpsubsb = Encoding(prefix: 0x66, 0x0f, 0xe8)
  static let vpsubsw = Encoding(prefix: 0x66, 0x0f, 0xe9)
  static let vpavgb = Encoding(prefix: 0x66, 0x0f, 0xe0)
  static let vpavgw = Encoding(prefix: 0x66, 0x0f, 0xe3)
  static let vpmullw = Encoding(prefix: 0x66, 0x0f, 0xd5)
  static let vpmulld = Encoding(prefix: 0x66, 0x0f, 0x38, 0x40)
  static let vpmaddwd = Encoding(prefix: 0x66, 0x0f, 0xf5)
  static let vpmulhrsw = Encoding(prefix: 0x66, 0x0f, 0x38, 0x0b)
  // Minimum, maximum, comparison
  static let vpminub = Encoding(prefix: 0x66, 0x0f, 0xda)
  static let vpminuw = Encoding(prefix: 0x66, 0x0f, 0x38, 0x3a)
  static let vpminud = Encoding(prefix: 0x66, 0x0f, 0x38, 0x3b)
  static let vpmaxub = Encoding(prefix: 0x66, 0x0f, 0xde)
  static let vpmaxuw = Encoding(prefix: 0x66, 0x0f, 0x38, 0x3e)
  static let vpmaxud = Encoding(prefix: 0x66, 0x0f, 0x38, 0x3f)
  static let vpminsb = Encoding(prefix: 0x66, 0x0f, 0x38, 0x38)
  static let vpminsw = Encoding(prefix: 0x66, 0x0f, 0xea)
  static let vpminsd = Encoding(prefix: 0x66, 0x0f, 0x38, 0x39)
  static let vpmaxsb = Encoding(prefix: 0x66, 0x0f, 0x38, 0x3c)
  static let vpmaxsw = Encoding(prefix: 0x66, 0x0f, 0xee)
  static let vpmaxsd = Encoding(prefix: 0x66, 0x0f, 0x38, 0x3d)
  static let vpcmpeqb = Encoding(prefix: 0x66, 0x0f, 0x74)
  static let vpcmpeqw = Encoding(prefix: 0x66, 0x0f, 0x75)
  static let vpcmpeqd = Encoding(prefix: 0x66, 0x0f, 0x76)
  static let vpcmpeqq = Encoding(prefix: 0x66, 0x0f, 0x38, 0x29)
  static let vpcmpgtb = Encoding(prefix: 0x66, 0x0f, 0x64)
  static let vpcmpgtw = Encoding(prefix: 0x66, 0x0f, 0x65)
  static let vpcmpgtd = Encoding(prefix: 0x66, 0x0f, 0x66)
  static let vptest = Encoding(prefix: 0x66, 0x0f, 0x38, 0x17)
  static let vpmovmskb = Encoding(prefix: 0x66, 0x0f, 0xd7)
  // Logic and shifts
  static let vpand = Encoding(prefix: 0x66, 0x0f, 0xdb)
  static let vpandn = Encoding(prefix: 0x66, 0x0f, 0xdf)
  static let vpor = Encoding(prefix: 0x66, 0x0f, 0xeb)
  static let vpxor = Encoding(prefix: 0x66, 0x0f, 0xef)
  /// Shifts by an immediate; which one, the register field says.
  static let vpshiftw = Encoding(prefix: 0x66, 0x0f, 0x71)
  static let vpshiftd = Encoding(prefix: 0x66, 0x0f, 0x72)
  static let vpshiftq = Encoding(prefix: 0x66, 0x0f, 0x73)
  static let vpsllvd = Encoding(prefix: 0x66, 0x0f, 0x38, 0x47)
  static let vpsrlvd = Encoding(prefix: 0x66, 0x0f, 0x38, 0x45)
  static let vpsravd = Encoding(prefix: 0x66, 0x0f, 0x38, 0x46)
  // Moving elements
  static let vpacksswb = Encoding(prefix: 0x66, 0x0f, 0x63)
  static let vpackssdw = Encoding(prefix: 0x66, 0x0f, 0x6b)
  static let vpackuswb = Encoding(prefix: 0x66, 0x0f, 0x67)
  static let vpackusdw = Encoding(prefix: 0x66, 0x0f, 0x38, 0x2b)
  static let vpunpckhbw = Encoding(prefix: 0x66, 0x0f, 0x68)
  static let vpunpckhwd = Encoding(prefix: 0x66, 0x0f, 0x69)
  static let vpunpckhdq = Encoding(prefix: 0x66, 0x0f, 0x6a)
  static let vpunpcklbw = Encoding(prefix: 0x66, 0x0f, 0x60)
  static let vpunpcklwd = Encoding(prefix: 0x66, 0x0f, 0x61)
  static let vpunpckldq = Encoding(prefix: 0x66, 0x0f, 0x62)
  static let vpunpcklqdq = Encoding(prefix: 0x66, 0x0f, 0x6c)
  static let vpalignr = Encoding(prefix: 0x66, 0x0f, 0x3a, 0x0f)
  static let vpbroadcastb = Encoding(prefix: 0x66, 0x0f, 0x38, 0x78)
  static let vpbroadcastw = Encoding(prefix: 0x66, 0x0f, 0x38, 0x79)
  static let vpbroadcastd = Encoding(prefix: 0x66, 0x0f, 0x38, 0x58)
  static let vpblendvb = Encoding(prefix: 0x66, 0x0f, 0x3a, 0x4c)
  static let vblendvpd = Encoding(prefix: 0x66, 0x0f, 0x3a, 0x4b)
  static let vextractf128 = Encoding(prefix: 0x66, 0x0f, 0x3a, 0x19)
  static let vbroadcastss = Encoding(prefix: 0x66, 0x0f, 0x38, 0x18)
  static let vbroadcastsd = Encoding(prefix: 0x66, 0x0f, 0x38, 0x19)
  static let vbroadcasti32x4 = Encoding(prefix: 0x66, 0x0f, 0x38, 0x5a)
  static let vmovapsLoad = Encoding(0x0f, 0x28)
  static let vmovapsStore = Encoding(0x0f, 0x29)
  static let vmovupsLoad = Encoding(0x0f, 0x10)
  static let vmovupsStore = Encoding(0x0f, 0x11)
  // Any function of the bits of three operands, of which d is one, by AVX-512; vzeroupper
  static let vpternlogd = Encoding(prefix: 0x66, 0x0f, 0x3a, 0x25)
  static let vzeroupper = Encoding(0xc5, 0xf8, 0x77)
  // Singles
  static let vaddps = Encoding(0x0f, 0x58)
  static let vmulps = Encoding(0x0f, 0x59)
  static let vsubps = Encoding(0x0f, 0x5c)
  static let vminps = Encoding(0x0f, 0x5d)
  static let vdivps = Encoding(0x0f, 0x5e)
  static let vmaxps = Encoding(0x0f, 0x5f)
  static let vsqrtps = Encoding(0x0f, 0x51)
  static let vcmpps = Encoding(0x0f, 0xc2)
  static let vroundps = Encoding(prefix: 0x66, 0x0f, 0x3a, 0x08)
  static let vcvtdq2ps = Encoding(0x0f, 0x5b)
  static let vcvttps2dq = Encoding(prefix: 0xf3, 0x0f, 0x5b)
  static let vfmadd213ps = Encoding(prefix: 0x66, 0x0f, 0x38, 0xa8)
  // Doubles
  static let vaddpd = Encoding(prefix: 0x66, 0x0f, 0x58)
  static let vmulpd = Encoding(prefix: 0x66, 0x0f, 0x59)
  static let vsubpd = Encoding(prefix: 0x66, 0x0f, 0x5c)
}

extension Assembler {
  /// `VEX.e /r ib` of three vector registers.
  mutating func vectorVEX(_ e: Encoding, _ d: XMM, _ a: XMM, _ b: XMM, imm: UInt8) {
    encodeVEX(e, .dword, d.rawValue, a.rawValue, b.rawValue, .byte(imm))
  }

  /// `VEX.e /r` of two vector registers.
  mutating func vectorVEX(_ e: Encoding, _ d: XMM, _ s: XMM) {
    encodeVEX(e, .dword, d.rawValue, 0, s.rawValue)
  }

  /// `VEX.e /r` of a vector register and memory.
  mutating func vectorVEX(_ e: Encoding, _ r: XMM, _ m: Address) {
    encodeVEX(e, .dword, r.rawValue, 0, m)
  }

  /// `VEX.e /r ib` of two vector registers.
  mutating func vectorVEX(_ e: Encoding, _ d: XMM, _ s: XMM, imm: UInt8) {
    encodeVEX(e, .dword, d.rawValue, 0, s.rawValue, .byte(imm))
  }

  /// `VEX.e /n ib`: a shift of s by a constant.
  mutating func shiftVEX(_ e: Encoding, _ n: UInt8, _ d: XMM, _ s: XMM, imm: UInt8) {
    encodeVEX(e, .dword, n, d.rawValue, s.rawValue, .byte(imm))
  }

  /// VMOVAPS of 256 bits, in the shorter of its two forms.
  mutating func vmovapsWide(_ d: XMM, _ s: XMM) {
    if s.rawValue > 7 && d.rawValue < 8 { return vectorVEX(.vmovapsStore.wide, s, d) }
    vectorVEX(.vmovapsLoad.wide, d, s)
  }

  /// VEXTRACTF128: d ← a half of s.
  mutating func vextractf128(_ d: XMM, _ s: XMM, half: UInt8) {
    encodeVEX(.vextractf128.wide, .dword, s.rawValue, 0, d.rawValue, .byte(half))
  }

  /// VPTERNLOGD: each bit of d ← bit 4d + 2a + b of the function, by AVX-512VL.
  mutating func vpternlogd(_ e: Encoding, _ d: XMM, _ a: XMM, _ b: XMM, function: UInt8) {
    encodeEVEX(e, .dword, d.rawValue, a.rawValue, b.rawValue, .byte(function))
  }

  /// VPBLENDVB: the bytes of b where those of the mask have their uppermost bit set, else of a.
  mutating func vpblendvb(_ d: XMM, _ a: XMM, _ b: XMM, _ mask: XMM) {
    vectorVEX(.vpblendvb, d, a, b, imm: mask.rawValue << 4)
  }

  /// VBLENDVPD: the doubles of b where those of the mask have their sign set, else of a.
  mutating func vblendvpd(_ d: XMM, _ a: XMM, _ b: XMM, _ mask: XMM) {
    vectorVEX(.vblendvpd, d, a, b, imm: mask.rawValue << 4)
  }

  /// VPMOVMSKB: d ← the uppermost bits of the bytes.
  mutating func vpmovmskb(_ d: GPR, _ s: XMM) {
    encodeVEX(.vpmovmskb, .dword, d.rawValue, 0, s.rawValue)
  }
}
