/// Floating-point and vector instructions. A mnemonic is a row below; the methods say which form
/// of operands it takes. The methods of a family are `vector` (legacy SSE) and `vectorVEX`.
///
/// Rows: mandatory prefix, escape bytes, opcode.
extension Encoding {
  static let addss = Encoding(prefix: 0xf3, 0x0f, 0x58)
  static let addsd = Encoding(prefix: 0xf2, 0x0f, 0x58)
  static let mulss = Encoding(prefix: 0xf3, 0x0f, 0x59)
  static let mulsd = Encoding(prefix: 0xf2, 0x0f, 0x59)
  static let subss = Encoding(prefix: 0xf3, 0x0f, 0x5c)
  static let subsd = Encoding(prefix: 0xf2, 0x0f, 0x5c)
  static let minss = Encoding(prefix: 0xf3, 0x0f, 0x5d)
  static let minsd = Encoding(prefix: 0xf2, 0x0f, 0x5d)
  static let divss = Encoding(prefix: 0xf3, 0x0f, 0x5e)
  static let divsd = Encoding(prefix: 0xf2, 0x0f, 0x5e)
  static let maxss = Encoding(prefix: 0xf3, 0x0f, 0x5f)
  static let maxsd = Encoding(prefix: 0xf2, 0x0f, 0x5f)
  static let sqrtss = Encoding(prefix: 0xf3, 0x0f, 0x51)
  static let sqrtsd = Encoding(prefix: 0xf2, 0x0f, 0x51)
  static let ucomiss = Encoding(0x0f, 0x2e)
  static let ucomisd = Encoding(prefix: 0x66, 0x0f, 0x2e)
  static let comisd = Encoding(prefix: 0x66, 0x0f, 0x2f)
  static let roundss = Encoding(prefix: 0x66, 0x0f, 0x3a, 0x0a)
  static let roundsd = Encoding(prefix: 0x66, 0x0f, 0x3a, 0x0b)
  static let cvtss2sd = Encoding(prefix: 0xf3, 0x0f, 0x5a)
  static let cvtsd2ss = Encoding(prefix: 0xf2, 0x0f, 0x5a)
  static let cvtsi2ss = Encoding(prefix: 0xf3, 0x0f, 0x2a)
  static let cvtsi2sd = Encoding(prefix: 0xf2, 0x0f, 0x2a)
  static let cvttsd2si = Encoding(prefix: 0xf2, 0x0f, 0x2c)
  static let cvtsd2si = Encoding(prefix: 0xf2, 0x0f, 0x2d)
}

// MARK: Scalar arithmetic: ADD, SUB, MUL, DIV, SQRT, MIN, MAX

extension Assembler {
  /// ADDSS: d ← d + s, scalar single.
  public mutating func addss(_ d: XMM, _ s: XMM) { vector(.addss, d, s) }

  /// ADDSS with a source in memory.
  public mutating func addss(_ d: XMM, _ s: Address) { vector(.addss, d, s) }

  /// ADDSD: d ← d + s, scalar double.
  public mutating func addsd(_ d: XMM, _ s: XMM) { vector(.addsd, d, s) }

  /// ADDSD with a source in memory.
  public mutating func addsd(_ d: XMM, _ s: Address) { vector(.addsd, d, s) }

  /// MULSS: d ← d × s, scalar single.
  public mutating func mulss(_ d: XMM, _ s: XMM) { vector(.mulss, d, s) }

  /// MULSS with a source in memory.
  public mutating func mulss(_ d: XMM, _ s: Address) { vector(.mulss, d, s) }

  /// MULSD: d ← d × s, scalar double.
  public mutating func mulsd(_ d: XMM, _ s: XMM) { vector(.mulsd, d, s) }

  /// MULSD with a source in memory.
  public mutating func mulsd(_ d: XMM, _ s: Address) { vector(.mulsd, d, s) }

  /// SUBSS: d ← d − s, scalar single.
  public mutating func subss(_ d: XMM, _ s: XMM) { vector(.subss, d, s) }

  /// SUBSS with a source in memory.
  public mutating func subss(_ d: XMM, _ s: Address) { vector(.subss, d, s) }

  /// SUBSD: d ← d − s, scalar double.
  public mutating func subsd(_ d: XMM, _ s: XMM) { vector(.subsd, d, s) }

  /// SUBSD with a source in memory.
  public mutating func subsd(_ d: XMM, _ s: Address) { vector(.subsd, d, s) }

  /// MINSS: d ← d if d < s, else s, scalar single.
  public mutating func minss(_ d: XMM, _ s: XMM) { vector(.minss, d, s) }

  /// MINSS with a source in memory.
  public mutating func minss(_ d: XMM, _ s: Address) { vector(.minss, d, s) }

  /// MINSD: d ← d if d < s, else s, scalar double.
  public mutating func minsd(_ d: XMM, _ s: XMM) { vector(.minsd, d, s) }

  /// MINSD with a source in memory.
  public mutating func minsd(_ d: XMM, _ s: Address) { vector(.minsd, d, s) }

  /// DIVSS: d ← d ÷ s, scalar single.
  public mutating func divss(_ d: XMM, _ s: XMM) { vector(.divss, d, s) }

  /// DIVSS with a source in memory.
  public mutating func divss(_ d: XMM, _ s: Address) { vector(.divss, d, s) }

  /// DIVSD: d ← d ÷ s, scalar double.
  public mutating func divsd(_ d: XMM, _ s: XMM) { vector(.divsd, d, s) }

  /// DIVSD with a source in memory.
  public mutating func divsd(_ d: XMM, _ s: Address) { vector(.divsd, d, s) }

  /// MAXSS: d ← d if d > s, else s, scalar single.
  public mutating func maxss(_ d: XMM, _ s: XMM) { vector(.maxss, d, s) }

  /// MAXSS with a source in memory.
  public mutating func maxss(_ d: XMM, _ s: Address) { vector(.maxss, d, s) }

  /// MAXSD: d ← d if d > s, else s, scalar double.
  public mutating func maxsd(_ d: XMM, _ s: XMM) { vector(.maxsd, d, s) }

  /// MAXSD with a source in memory.
  public mutating func maxsd(_ d: XMM, _ s: Address) { vector(.maxsd, d, s) }

  /// SQRTSS: d ← √s, scalar single.
  public mutating func sqrtss(_ d: XMM, _ s: XMM) { vector(.sqrtss, d, s) }

  /// SQRTSS with a source in memory.
  public mutating func sqrtss(_ d: XMM, _ s: Address) { vector(.sqrtss, d, s) }

  /// SQRTSD: d ← √s, scalar double.
  public mutating func sqrtsd(_ d: XMM, _ s: XMM) { vector(.sqrtsd, d, s) }

  /// SQRTSD with a source in memory.
  public mutating func sqrtsd(_ d: XMM, _ s: Address) { vector(.sqrtsd, d, s) }
}

// MARK: Scalar compare, round and convert

extension Assembler {
  /// UCOMISS: ZF, PF, CF ← a compared with b, single; invalid only for a signalling NaN.
  public mutating func ucomiss(_ a: XMM, _ b: XMM) { vector(.ucomiss, a, b) }

  /// UCOMISS with memory.
  public mutating func ucomiss(_ a: XMM, _ b: Address) { vector(.ucomiss, a, b) }

  /// UCOMISD: ZF, PF, CF ← a compared with b, double; invalid only for a signalling NaN.
  public mutating func ucomisd(_ a: XMM, _ b: XMM) { vector(.ucomisd, a, b) }

  /// UCOMISD with memory.
  public mutating func ucomisd(_ a: XMM, _ b: Address) { vector(.ucomisd, a, b) }

  /// COMISD: as UCOMISD, invalid for every NaN.
  public mutating func comisd(_ a: XMM, _ b: XMM) { vector(.comisd, a, b) }

  /// COMISD with memory.
  public mutating func comisd(_ a: XMM, _ b: Address) { vector(.comisd, a, b) }

  /// ROUNDSS: d ← s rounded to an integer.
  /// imm: mode in bits 0 to 1, 4: mode of MXCSR, 8: inexact not reported.
  public mutating func roundss(_ d: XMM, _ s: XMM, imm: UInt8) {
    vector(.roundss, d, s, .byte(imm))
  }

  /// ROUNDSS of memory.
  public mutating func roundss(_ d: XMM, _ s: Address, imm: UInt8) {
    vector(.roundss, d, s, .byte(imm))
  }

  /// ROUNDSD: d ← s rounded to an integer.
  /// imm: mode in bits 0 to 1, 4: mode of MXCSR, 8: inexact not reported.
  public mutating func roundsd(_ d: XMM, _ s: XMM, imm: UInt8) {
    vector(.roundsd, d, s, .byte(imm))
  }

  /// ROUNDSD of memory.
  public mutating func roundsd(_ d: XMM, _ s: Address, imm: UInt8) {
    vector(.roundsd, d, s, .byte(imm))
  }

  /// CVTSS2SD: d, double ← s, single.
  public mutating func cvtss2sd(_ d: XMM, _ s: XMM) { vector(.cvtss2sd, d, s) }

  /// CVTSS2SD of memory.
  public mutating func cvtss2sd(_ d: XMM, _ s: Address) { vector(.cvtss2sd, d, s) }

  /// VCVTSD2SS {rn-sae}: d ← s rounded to the nearest single, without flags; by AVX-512F.
  public mutating func vcvtsd2ssQuietly(_ d: XMM, _ s: XMM) {
    encodeQuietly(.cvtsd2ss, .qword, d.rawValue, s.rawValue, s.rawValue)
  }

  /// CVTSD2SS: d, single ← s, double, rounded.
  public mutating func cvtsd2ss(_ d: XMM, _ s: XMM) { vector(.cvtsd2ss, d, s) }

  /// CVTSD2SS of memory.
  public mutating func cvtsd2ss(_ d: XMM, _ s: Address) { vector(.cvtsd2ss, d, s) }

  /// CVTSI2SS: d, single ← s, a signed integer of width `.dword` or `.qword`.
  public mutating func cvtsi2ss(_ w: Width, _ d: XMM, _ s: GPR) {
    encode(.cvtsi2ss, w, d.rawValue, s.rawValue)
  }

  /// CVTSI2SS of memory.
  public mutating func cvtsi2ss(_ w: Width, _ d: XMM, _ s: Address) {
    encode(.cvtsi2ss, w, d.rawValue, s)
  }

  /// CVTSI2SD: d, double ← s, a signed integer of width `.dword` or `.qword`.
  public mutating func cvtsi2sd(_ w: Width, _ d: XMM, _ s: GPR) {
    encode(.cvtsi2sd, w, d.rawValue, s.rawValue)
  }

  /// CVTSI2SD of memory.
  public mutating func cvtsi2sd(_ w: Width, _ d: XMM, _ s: Address) {
    encode(.cvtsi2sd, w, d.rawValue, s)
  }

  /// CVTTSD2SI: d, a signed integer of width `.dword` or `.qword` ← s, double, truncated.
  public mutating func cvttsd2si(_ w: Width, _ d: GPR, _ s: XMM) {
    encode(.cvttsd2si, w, d.rawValue, s.rawValue)
  }

  /// CVTTSD2SI of memory.
  public mutating func cvttsd2si(_ w: Width, _ d: GPR, _ s: Address) {
    encode(.cvttsd2si, w, d.rawValue, s)
  }

  /// CVTSD2SI: d, a signed integer of width `.dword` or `.qword` ← s, double, rounded.
  public mutating func cvtsd2si(_ w: Width, _ d: GPR, _ s: XMM) {
    encode(.cvtsd2si, w, d.rawValue, s.rawValue)
  }

  /// CVTSD2SI of memory.
  public mutating func cvtsd2si(_ w: Width, _ d: GPR, _ s: Address) {
    encode(.cvtsd2si, w, d.rawValue, s)
  }
}

// MARK: Forms

extension Assembler {
  /// `e /r` on vector registers.
  mutating func vector(_ e: Encoding, _ d: XMM, _ s: XMM, _ immediate: Immediate = .none) {
    encode(e, .dword, d.rawValue, s.rawValue, immediate)
  }

  /// `e /r` on a vector register and memory.
  mutating func vector(_ e: Encoding, _ d: XMM, _ s: Address, _ immediate: Immediate = .none) {
    encode(e, .dword, d.rawValue, s, immediate)
  }

  /// `VEX.e /r` of three vector registers. `w` is `.qword` where W is 1.
  mutating func vectorVEX(_ e: Encoding, _ d: XMM, _ a: XMM, _ b: XMM, _ w: Width = .dword) {
    encodeVEX(e, w, d.rawValue, a.rawValue, b.rawValue)
  }

  /// `VEX.e /r` of two vector registers and memory.
  mutating func vectorVEX(_ e: Encoding, _ d: XMM, _ a: XMM, _ b: Address, _ w: Width = .dword) {
    encodeVEX(e, w, d.rawValue, a.rawValue, b)
  }
}
