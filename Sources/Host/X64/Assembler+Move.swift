// MARK: MOV

extension Assembler {
  /// MOV: d ← s. `.dword` clears the upper half of d.
  public mutating func mov(_ w: Width, _ d: GPR, _ s: GPR) { encodeSized(Encoding(0x88), w, s, d) }

  /// MOV from memory.
  public mutating func mov(_ w: Width, _ d: GPR, _ s: Address) {
    encodeSized(Encoding(0x8a), w, d, s)
  }

  /// MOV to memory.
  public mutating func mov(_ w: Width, _ d: Address, _ s: GPR) {
    encodeSized(Encoding(0x88), w, s, d)
  }

  /// MOV of an immediate to memory, sign-extended for `.qword`.
  public mutating func mov(_ w: Width, _ d: Address, imm: Int32) {
    encodeDigit(Encoding(0xc6), w, 0, d, .full(w, imm))
  }

  /// MOV of an immediate, sign-extended for `.qword`. Keeps the flags.
  public mutating func mov(_ w: Width, _ d: GPR, imm: Int32) {
    if w == .qword && imm < 0 {
      encodeDigit(Encoding(0xc6), w, 0, d, .full(w, imm))
    } else {
      let rex = w == .byte ? byteRegisterREX(d.rawValue) : 0
      let opcode = Encoding(w == .byte ? 0xb0 : 0xb8)
      encode(opcode, w == .qword ? .dword : w, plus: d, rex: rex, .full(w, imm))
    }
  }

  /// d ← value, all 64 bits, by the shortest instruction: XOR (which changes the flags, and is left
  /// out if `preservingFlags`), MOV r32, MOV sign-extended, LEA relative to the code, MOV imm64.
  public mutating func movi(_ d: GPR, _ value: UInt64, preservingFlags: Bool) {
    if value == 0 && !preservingFlags {
      xor(.dword, d, d)
    } else if value == UInt64(UInt32(truncatingIfNeeded: value)) {
      mov(.dword, d, imm: Int32(truncatingIfNeeded: value))
    } else if value == UInt64(bitPattern: Int64(Int32(truncatingIfNeeded: value))) {
      mov(.qword, d, imm: Int32(truncatingIfNeeded: value))
    } else if reaches(UInt(value)) {
      lea(.qword, d, Address(near: UInt(value)))
    } else {
      movabs(d, value)
    }
  }

  /// MOV of a 64-bit immediate, always ten bytes.
  public mutating func movabs(_ d: GPR, _ value: UInt64) {
    guard hasRoom() else { return }
    encode(Encoding(0xb8), .qword, plus: d)
    UnsafeMutableRawPointer(cursor).storeBytes(of: value, as: UInt64.self)
    cursor += 8
  }
}

// MARK: MOVZX, MOVSX, MOVSXD, LEA, MOVBE, BSWAP

extension Assembler {
  /// MOVZX: d ← the low `from` bits of s, zero-extended. `from` is `.byte` or `.word`.
  public mutating func movzx(_ w: Width, _ d: GPR, _ from: Width, _ s: GPR) {
    encodeExtend(0xb6, w, d, from, s)
  }

  /// MOVZX from memory.
  public mutating func movzx(_ w: Width, _ d: GPR, _ from: Width, _ s: Address) {
    encode(Encoding(0x0f, 0xb6).sized(from), w, d.rawValue, s)
  }

  /// MOVSX: d ← the low `from` bits of s, sign-extended. `from` is `.byte` or `.word`.
  public mutating func movsx(_ w: Width, _ d: GPR, _ from: Width, _ s: GPR) {
    encodeExtend(0xbe, w, d, from, s)
  }

  /// MOVSX from memory.
  public mutating func movsx(_ w: Width, _ d: GPR, _ from: Width, _ s: Address) {
    encode(Encoding(0x0f, 0xbe).sized(from), w, d.rawValue, s)
  }

  /// MOVSXD: d, 64 bits ← s, 32 bits, sign-extended.
  public mutating func movsxd(_ d: GPR, _ s: GPR) {
    encode(Encoding(0x63), .qword, d.rawValue, s.rawValue)
  }

  /// MOVSXD from memory.
  public mutating func movsxd(_ d: GPR, _ s: Address) {
    encode(Encoding(0x63), .qword, d.rawValue, s)
  }

  /// LEA: d ← the effective address of m. `w` is `.dword` or `.qword`.
  public mutating func lea(_ w: Width, _ d: GPR, _ m: Address) {
    encode(Encoding(0x8d), w, d.rawValue, m)
  }

  /// MOVBE: d ← s with its bytes reversed. Not for `.byte`.
  public mutating func movbe(_ w: Width, _ d: GPR, _ s: Address) {
    encode(Encoding(0x0f, 0x38, 0xf0), w, d.rawValue, s)
  }

  /// MOVBE to memory. Not for `.byte`.
  public mutating func movbe(_ w: Width, _ d: Address, _ s: GPR) {
    encode(Encoding(0x0f, 0x38, 0xf1), w, s.rawValue, d)
  }

  /// BSWAP: reverses the bytes of d. `w` is `.dword` or `.qword`.
  public mutating func bswap(_ w: Width, _ d: GPR) { encode(Encoding(0x0f, 0xc8), w, plus: d) }

  private mutating func encodeExtend(
    _ opcode: UInt8, _ w: Width, _ d: GPR, _ from: Width, _ s: GPR
  ) {
    let rex = from == .byte ? byteRegisterREX(s.rawValue) : 0
    encode(Encoding(0x0f, opcode).sized(from), w, d.rawValue, s.rawValue, rex: rex)
  }
}

// MARK: CMOVcc, SETcc

extension Assembler {
  /// CMOVcc: d ← s if `c`. `.dword` always clears the upper half of d. Not for `.byte`.
  public mutating func cmovcc(_ w: Width, _ c: HostCondition, _ d: GPR, _ s: GPR) {
    encode(Encoding(0x0f, 0x40).or(c.rawValue), w, d.rawValue, s.rawValue)
  }

  /// CMOVcc from memory, which is read in any case. Not for `.byte`.
  public mutating func cmovcc(_ w: Width, _ c: HostCondition, _ d: GPR, _ s: Address) {
    encode(Encoding(0x0f, 0x40).or(c.rawValue), w, d.rawValue, s)
  }

  /// SETcc: the low byte of d ← 1 if `c`, else 0.
  public mutating func setcc(_ c: HostCondition, _ d: GPR) {
    let rex = byteRegisterREX(d.rawValue)
    encode(Encoding(0x0f, 0x90).or(c.rawValue), .byte, 0, d.rawValue, rex: rex)
  }

  /// SETcc to a byte of memory.
  public mutating func setcc(_ c: HostCondition, _ d: Address) {
    encode(Encoding(0x0f, 0x90).or(c.rawValue), .byte, 0, d)
  }
}

// MARK: PUSH, POP

extension Assembler {
  /// PUSH of 64 bits.
  public mutating func push(_ s: GPR) { encode(Encoding(0x50), .dword, plus: s) }

  /// PUSH of 64 bits of memory.
  public mutating func push(_ s: Address) { encode(Encoding(0xff), .dword, 6, s) }

  /// PUSH of an immediate, sign-extended to 64 bits.
  public mutating func push(imm: Int32) {
    if Assembler.isByte(imm, .dword) {
      encode(Encoding(0x6a), .dword, .byte(UInt8(truncatingIfNeeded: imm)))
    } else {
      encode(Encoding(0x68), .dword, .full(.dword, imm))
    }
  }

  /// POP of 64 bits.
  public mutating func pop(_ d: GPR) { encode(Encoding(0x58), .dword, plus: d) }

  /// POP of 64 bits to memory.
  public mutating func pop(_ d: Address) { encode(Encoding(0x8f), .dword, 0, d) }
}

// MARK: XCHG, CMPXCHG, XADD

extension Assembler {
  /// XCHG: exchanges a and b.
  public mutating func xchg(_ w: Width, _ a: GPR, _ b: GPR) {
    // 90 with eax, eax is NOP, which does not clear the upper half.
    let isNoOperation = w == .dword && a == .rax && b == .rax
    if w != .byte && !isNoOperation && (a == .rax || b == .rax) {
      encode(Encoding(0x90), w, plus: a == .rax ? b : a)
    } else {
      encodeSized(Encoding(0x86), w, b, a)
    }
  }

  /// XCHG with memory, atomic.
  public mutating func xchg(_ w: Width, _ a: Address, _ b: GPR) {
    encodeSized(Encoding(0x86), w, b, a)
  }

  /// CMPXCHG: if al, ax, eax or rax = d, ZF ← 1 and d ← s, else ZF ← 0 and the accumulator ← d.
  public mutating func cmpxchg(_ w: Width, _ d: GPR, _ s: GPR) {
    encodeSized(Encoding(0x0f, 0xb0), w, s, d)
  }

  /// CMPXCHG of memory, atomic with `lock`.
  public mutating func cmpxchg(_ w: Width, _ d: Address, _ s: GPR, lock: Bool = false) {
    encodeSized(Encoding(prefix: lock ? 0xf0 : 0, 0x0f, 0xb0), w, s, d)
  }

  /// XADD: d, s ← d + s, d.
  public mutating func xadd(_ w: Width, _ d: GPR, _ s: GPR) {
    encodeSized(Encoding(0x0f, 0xc0), w, s, d)
  }

  /// XADD to memory, atomic with `lock`.
  public mutating func xadd(_ w: Width, _ d: Address, _ s: GPR, lock: Bool = false) {
    encodeSized(Encoding(prefix: lock ? 0xf0 : 0, 0x0f, 0xc0), w, s, d)
  }

  /// CMPXCHG16B: if rdx:rax = m, ZF ← 1 and m ← rcx:rbx, else ZF ← 0 and rdx:rax ← m. Atomic with
  /// `lock`; m is 16-byte aligned.
  public mutating func cmpxchg16b(_ m: Address, lock: Bool = false) {
    encode(Encoding(prefix: lock ? 0xf0 : 0, 0x0f, 0xc7), .qword, 1, m)
  }
}
