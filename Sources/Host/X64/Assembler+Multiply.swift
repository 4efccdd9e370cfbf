// MARK: MUL, IMUL, DIV, IDIV

extension Assembler {
  /// MUL: rdx:rax ← rax × s, unsigned (ax ← al × s for `.byte`).
  public mutating func mul(_ w: Width, _ s: GPR) { encodeDigit(Encoding(0xf6), w, 4, s) }

  /// MUL with a source in memory.
  public mutating func mul(_ w: Width, _ s: Address) { encodeDigit(Encoding(0xf6), w, 4, s) }

  /// IMUL: rdx:rax ← rax × s, signed (ax ← al × s for `.byte`).
  public mutating func imul(_ w: Width, _ s: GPR) { encodeDigit(Encoding(0xf6), w, 5, s) }

  /// IMUL with a source in memory.
  public mutating func imul(_ w: Width, _ s: Address) { encodeDigit(Encoding(0xf6), w, 5, s) }

  /// DIV: rax ← rdx:rax ÷ s, rdx ← remainder, unsigned; faults as the manual says.
  public mutating func div(_ w: Width, _ s: GPR) { encodeDigit(Encoding(0xf6), w, 6, s) }

  /// DIV with a source in memory.
  public mutating func div(_ w: Width, _ s: Address) { encodeDigit(Encoding(0xf6), w, 6, s) }

  /// IDIV: rax ← rdx:rax ÷ s, rdx ← remainder, signed; faults as the manual says.
  public mutating func idiv(_ w: Width, _ s: GPR) { encodeDigit(Encoding(0xf6), w, 7, s) }

  /// IDIV with a source in memory.
  public mutating func idiv(_ w: Width, _ s: Address) { encodeDigit(Encoding(0xf6), w, 7, s) }

  /// IMUL: d ← d × s, low half; CF = OF = overflow. Not for `.byte`.
  public mutating func imul(_ w: Width, _ d: GPR, _ s: GPR) {
    encode(.imul, w, d.rawValue, s.rawValue)
  }

  /// IMUL of two operands, the source in memory. Not for `.byte`.
  public mutating func imul(_ w: Width, _ d: GPR, _ s: Address) { encode(.imul, w, d.rawValue, s) }

  /// IMUL: d ← s × imm, low half. Not for `.byte`.
  public mutating func imul(_ w: Width, _ d: GPR, _ s: GPR, imm: Int32) {
    if Assembler.isByte(imm, w) {
      encode(Encoding(0x6b), w, d.rawValue, s.rawValue, .byte(UInt8(truncatingIfNeeded: imm)))
    } else {
      encode(Encoding(0x69), w, d.rawValue, s.rawValue, .full(w, imm))
    }
  }

  /// IMUL: d ← s × imm, the source in memory. Not for `.byte`.
  public mutating func imul(_ w: Width, _ d: GPR, _ s: Address, imm: Int32) {
    if Assembler.isByte(imm, w) {
      encode(Encoding(0x6b), w, d.rawValue, s, .byte(UInt8(truncatingIfNeeded: imm)))
    } else {
      encode(Encoding(0x69), w, d.rawValue, s, .full(w, imm))
    }
  }
}

// MARK: Sign extension of the accumulator

extension Assembler {
  /// CWDE: eax ← ax, sign-extended.
  public mutating func cwde() { encode(Encoding(0x98)) }

  /// CDQE: rax ← eax, sign-extended.
  public mutating func cdqe() { encode(Encoding(0x98), .qword) }

  /// CDQ: edx ← the sign of eax in every bit.
  public mutating func cdq() { encode(Encoding(0x99)) }

  /// CQO: rdx ← the sign of rax in every bit.
  public mutating func cqo() { encode(Encoding(0x99), .qword) }
}

// MARK: Operands of one width

extension Assembler {
  /// `e /r` for both sizes of opcode; both operands have width `w`.
  mutating func encodeSized(_ e: Encoding, _ w: Width, _ reg: GPR, _ rm: GPR) {
    let rex = w == .byte ? byteRegisterREX(reg.rawValue) | byteRegisterREX(rm.rawValue) : 0
    encode(e.sized(w), w, reg.rawValue, rm.rawValue, rex: rex)
  }

  /// `e /r` for both sizes of opcode, with memory.
  mutating func encodeSized(_ e: Encoding, _ w: Width, _ reg: GPR, _ m: Address) {
    let rex = w == .byte ? byteRegisterREX(reg.rawValue) : 0
    encode(e.sized(w), w, reg.rawValue, m, rex: rex)
  }

  /// `e /digit` for both sizes of opcode.
  mutating func encodeDigit(
    _ e: Encoding, _ w: Width, _ digit: UInt8, _ rm: GPR, _ immediate: Immediate = .none
  ) {
    let rex = w == .byte ? byteRegisterREX(rm.rawValue) : 0
    encode(e.sized(w), w, digit, rm.rawValue, rex: rex, immediate)
  }

  /// `e /digit` for both sizes of opcode, with memory.
  mutating func encodeDigit(
    _ e: Encoding, _ w: Width, _ digit: UInt8, _ m: Address, _ immediate: Immediate = .none
  ) {
    encode(e.sized(w), w, digit, m, immediate)
  }
}

extension Encoding {
  /// IMUL of two operands.
  fileprivate static let imul = Encoding(0x0f, 0xaf)

}
