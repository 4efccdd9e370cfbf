/// Rows of the moves and of the packed instructions: mandatory prefix, escape bytes, opcode.
extension Encoding {
  static let loadScalarSingle = Encoding(prefix: 0xf3, 0x0f, 0x10)
  static let storeScalarSingle = Encoding(prefix: 0xf3, 0x0f, 0x11)
  static let loadScalarDouble = Encoding(prefix: 0xf2, 0x0f, 0x10)
  static let storeScalarDouble = Encoding(prefix: 0xf2, 0x0f, 0x11)
  static let loadInteger = Encoding(prefix: 0x66, 0x0f, 0x6e)
  static let storeInteger = Encoding(prefix: 0x66, 0x0f, 0x7e)
  static let loadQuadword = Encoding(prefix: 0xf3, 0x0f, 0x7e)
  static let storeQuadword = Encoding(prefix: 0x66, 0x0f, 0xd6)
  static let movapsLoad = Encoding(0x0f, 0x28)
  static let movapsStore = Encoding(0x0f, 0x29)
  static let movupsLoad = Encoding(0x0f, 0x10)
  static let movupsStore = Encoding(0x0f, 0x11)
  static let movdqaLoad = Encoding(prefix: 0x66, 0x0f, 0x6f)
  static let movdqaStore = Encoding(prefix: 0x66, 0x0f, 0x7f)
  static let movdquLoad = Encoding(prefix: 0xf3, 0x0f, 0x6f)
  static let movdquStore = Encoding(prefix: 0xf3, 0x0f, 0x7f)
  static let cmpsd = Encoding(prefix: 0xf2, 0x0f, 0xc2)
  static let andps = Encoding(0x0f, 0x54)
  static let andnps = Encoding(0x0f, 0x55)
  static let orps = Encoding(0x0f, 0x56)
  static let xorps = Encoding(0x0f, 0x57)
  static let andpd = Encoding(prefix: 0x66, 0x0f, 0x54)
  static let xorpd = Encoding(prefix: 0x66, 0x0f, 0x57)
  static let pand = Encoding(prefix: 0x66, 0x0f, 0xdb)
  static let pandn = Encoding(prefix: 0x66, 0x0f, 0xdf)
  static let por = Encoding(prefix: 0x66, 0x0f, 0xeb)
  static let pxor = Encoding(prefix: 0x66, 0x0f, 0xef)
  static let pshufb = Encoding(prefix: 0x66, 0x0f, 0x38, 0x00)
  static let pshufd = Encoding(prefix: 0x66, 0x0f, 0x70)
}

// MARK: Moves

extension Assembler {
  /// MOVSS: the low single of d ← that of s; the upper bits of d stay.
  public mutating func movss(_ d: XMM, _ s: XMM) { vector(.loadScalarSingle, d, s) }

  /// MOVSS from memory; the upper bits of d become 0.
  public mutating func movss(_ d: XMM, _ s: Address) { vector(.loadScalarSingle, d, s) }

  /// MOVSS to memory.
  public mutating func movss(_ d: Address, _ s: XMM) { vector(.storeScalarSingle, s, d) }

  /// MOVSD: the low double of d ← that of s; the upper bits of d stay.
  public mutating func movsd(_ d: XMM, _ s: XMM) { vector(.loadScalarDouble, d, s) }

  /// MOVSD from memory; the upper bits of d become 0.
  public mutating func movsd(_ d: XMM, _ s: Address) { vector(.loadScalarDouble, d, s) }

  /// MOVSD to memory.
  public mutating func movsd(_ d: Address, _ s: XMM) { vector(.storeScalarDouble, s, d) }

  /// MOVD: d ← s, 32 bits; the upper bits of d become 0.
  public mutating func movd(_ d: XMM, _ s: GPR) {
    encode(.loadInteger, .dword, d.rawValue, s.rawValue)
  }

  /// MOVD: d ← the low 32 bits of s.
  public mutating func movd(_ d: GPR, _ s: XMM) {
    encode(.storeInteger, .dword, s.rawValue, d.rawValue)
  }

  /// MOVD from memory; the upper bits of d become 0.
  public mutating func movd(_ d: XMM, _ s: Address) { vector(.loadInteger, d, s) }

  /// MOVD to memory.
  public mutating func movd(_ d: Address, _ s: XMM) { vector(.storeInteger, s, d) }

  /// MOVQ: d ← s, 64 bits; the upper bits of d become 0.
  public mutating func movq(_ d: XMM, _ s: GPR) {
    encode(.loadInteger, .qword, d.rawValue, s.rawValue)
  }

  /// MOVQ: d ← the low 64 bits of s.
  public mutating func movq(_ d: GPR, _ s: XMM) {
    encode(.storeInteger, .qword, s.rawValue, d.rawValue)
  }

  /// MOVQ between vector registers; the upper bits of d become 0.
  public mutating func movq(_ d: XMM, _ s: XMM) { vector(.loadQuadword, d, s) }

  /// MOVQ from memory; the upper bits of d become 0.
  public mutating func movq(_ d: XMM, _ s: Address) { vector(.loadQuadword, d, s) }

  /// MOVQ to memory.
  public mutating func movq(_ d: Address, _ s: XMM) { vector(.storeQuadword, s, d) }

  /// MOVAPS: d ← s, 128 bits.
  public mutating func movaps(_ d: XMM, _ s: XMM) { vector(.movapsLoad, d, s) }

  /// MOVAPS from memory, aligned.
  public mutating func movaps(_ d: XMM, _ s: Address) { vector(.movapsLoad, d, s) }

  /// MOVAPS to memory, aligned.
  public mutating func movaps(_ d: Address, _ s: XMM) { vector(.movapsStore, s, d) }

  /// MOVUPS: d ← s, 128 bits.
  public mutating func movups(_ d: XMM, _ s: XMM) { vector(.movupsLoad, d, s) }

  /// MOVUPS from memory, unaligned.
  public mutating func movups(_ d: XMM, _ s: Address) { vector(.movupsLoad, d, s) }

  /// MOVUPS to memory, unaligned.
  public mutating func movups(_ d: Address, _ s: XMM) { vector(.movupsStore, s, d) }

  /// MOVDQA: d ← s, 128 bits.
  public mutating func movdqa(_ d: XMM, _ s: XMM) { vector(.movdqaLoad, d, s) }

  /// MOVDQA from memory, aligned.
  public mutating func movdqa(_ d: XMM, _ s: Address) { vector(.movdqaLoad, d, s) }

  /// MOVDQA to memory, aligned.
  public mutating func movdqa(_ d: Address, _ s: XMM) { vector(.movdqaStore, s, d) }

  /// MOVDQU: d ← s, 128 bits.
  public mutating func movdqu(_ d: XMM, _ s: XMM) { vector(.movdquLoad, d, s) }

  /// MOVDQU from memory, unaligned.
  public mutating func movdqu(_ d: XMM, _ s: Address) { vector(.movdquLoad, d, s) }

  /// MOVDQU to memory, unaligned.
  public mutating func movdqu(_ d: Address, _ s: XMM) { vector(.movdquStore, s, d) }
}

// MARK: Bitwise logic and shuffles of 128 bits

extension Assembler {
  /// ANDPS: d ← d and s.
  public mutating func andps(_ d: XMM, _ s: XMM) { vector(.andps, d, s) }

  /// ANDPS with a source in memory, aligned.
  public mutating func andps(_ d: XMM, _ s: Address) { vector(.andps, d, s) }

  /// ANDNPS: d ← (not d) and s.
  public mutating func andnps(_ d: XMM, _ s: XMM) { vector(.andnps, d, s) }

  /// ANDNPS with a source in memory, aligned.
  public mutating func andnps(_ d: XMM, _ s: Address) { vector(.andnps, d, s) }

  /// ORPS: d ← d or s.
  public mutating func orps(_ d: XMM, _ s: XMM) { vector(.orps, d, s) }

  /// ORPS with a source in memory, aligned.
  public mutating func orps(_ d: XMM, _ s: Address) { vector(.orps, d, s) }

  /// XORPS: d ← d xor s.
  public mutating func xorps(_ d: XMM, _ s: XMM) { vector(.xorps, d, s) }

  /// XORPS with a source in memory, aligned.
  public mutating func xorps(_ d: XMM, _ s: Address) { vector(.xorps, d, s) }

  /// ANDPD: d ← d and s.
  public mutating func andpd(_ d: XMM, _ s: XMM) { vector(.andpd, d, s) }

  /// ANDPD with a source in memory, aligned.
  public mutating func andpd(_ d: XMM, _ s: Address) { vector(.andpd, d, s) }

  /// XORPD: d ← d xor s.
  public mutating func xorpd(_ d: XMM, _ s: XMM) { vector(.xorpd, d, s) }

  /// XORPD with a source in memory, aligned.
  public mutating func xorpd(_ d: XMM, _ s: Address) { vector(.xorpd, d, s) }

  /// PAND: d ← d and s.
  public mutating func pand(_ d: XMM, _ s: XMM) { vector(.pand, d, s) }

  /// PAND with a source in memory, aligned.
  public mutating func pand(_ d: XMM, _ s: Address) { vector(.pand, d, s) }

  /// PANDN: d ← (not d) and s.
  public mutating func pandn(_ d: XMM, _ s: XMM) { vector(.pandn, d, s) }

  /// PANDN with a source in memory, aligned.
  public mutating func pandn(_ d: XMM, _ s: Address) { vector(.pandn, d, s) }

  /// POR: d ← d or s.
  public mutating func por(_ d: XMM, _ s: XMM) { vector(.por, d, s) }

  /// POR with a source in memory, aligned.
  public mutating func por(_ d: XMM, _ s: Address) { vector(.por, d, s) }

  /// PXOR: d ← d xor s.
  public mutating func pxor(_ d: XMM, _ s: XMM) { vector(.pxor, d, s) }

  /// PXOR with a source in memory, aligned.
  public mutating func pxor(_ d: XMM, _ s: Address) { vector(.pxor, d, s) }

  /// CMPSD: d ← all ones where the doubles compare as the number says (0 equal, 1 less, 2 less or
  /// equal ...), else zero.
  public mutating func cmpsd(_ d: XMM, _ s: XMM, imm: UInt8) { vector(.cmpsd, d, s, .byte(imm)) }

  /// CMPSD with a double in memory.
  public mutating func cmpsd(_ d: XMM, _ s: Address, imm: UInt8) {
    vector(.cmpsd, d, s, .byte(imm))
  }

  /// PCMPEQD: each word of d ← all ones where it equals that of s, else zero.
  public mutating func pcmpeqd(_ d: XMM, _ s: XMM) { vector(.vpcmpeqd, d, s) }

  /// PSRLW, PSLLD and so on, `e /n ib`: each element of d shifted by a constant.
  mutating func packedShift(_ e: Encoding, _ n: UInt8, _ d: XMM, imm: UInt8) {
    encode(e, .dword, n, d.rawValue, .byte(imm))
  }

  /// PUNPCKLQDQ: the high quadword of d ← the low one of s.
  public mutating func punpcklqdq(_ d: XMM, _ s: XMM) { vector(.vpunpcklqdq, d, s) }

  /// VPSHUFB by one of the upper registers: d ← the bytes of s whose numbers m holds. By AVX-512BW
  /// and AVX-512VL.
  public mutating func vpshufb(_ d: XMM, _ s: XMM, _ m: UpperXMM) { vpshufb(.pshufb, d, s, m) }

  /// The same in the width of the encoding: of 256 bits, in either half.
  mutating func vpshufb(_ e: Encoding, _ d: XMM, _ s: XMM, _ m: UpperXMM) {
    encodeEVEX(e, .dword, d.rawValue, s.rawValue, m.rawValue)
  }

  /// VBROADCASTI32X4: both halves of d, of 256 bits, ← 16 bytes of memory near the code. By
  /// AVX-512VL.
  public mutating func vbroadcasti32x4(_ d: UpperXMM, near s: Address) {
    encodeEVEX(.vbroadcasti32x4.wide, .dword, d, near: s)
  }

  /// VZEROUPPER: the upper halves of the low sixteen registers become zero.
  public mutating func vzeroupper() { encode(.vzeroupper) }

  /// PSHUFB: byte i of d ← byte s[i] mod 16 of d, or 0 where the top bit of s[i] is set.
  public mutating func pshufb(_ d: XMM, _ s: XMM) { vector(.pshufb, d, s) }

  /// PSHUFB with a selector in memory, aligned.
  public mutating func pshufb(_ d: XMM, _ s: Address) { vector(.pshufb, d, s) }

  /// PSHUFD: word i of d ← word number (bits 2i to 2i + 1 of imm) of s.
  public mutating func pshufd(_ d: XMM, _ s: XMM, imm: UInt8) { vector(.pshufd, d, s, .byte(imm)) }

  /// PSHUFD of memory, aligned.
  public mutating func pshufd(_ d: XMM, _ s: Address, imm: UInt8) {
    vector(.pshufd, d, s, .byte(imm))
  }
}
