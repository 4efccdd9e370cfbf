// MARK: CALL, JMP, Jcc, RET

extension Assembler {
  /// CALL of `target`, an address of execution within reach.
  public mutating func call(to target: UInt) { relative(Encoding(0xe8), to: target) }

  /// CALL of a target that is known later.
  public mutating func call() -> Fixup { relative(Encoding(0xe8)) }

  /// CALL through a register.
  public mutating func call(_ target: GPR) { encode(Encoding(0xff), .dword, 2, target.rawValue) }

  /// CALL through memory.
  public mutating func call(_ target: Address) { encode(Encoding(0xff), .dword, 2, target) }

  /// JMP to `target`, an address of execution within reach; of two bytes if it is near.
  public mutating func jmp(to target: UInt) {
    if isShort(target) {
      relative8(Encoding(0xeb), to: target)
    } else {
      relative(Encoding(0xe9), to: target)
    }
  }

  /// JMP, of five bytes, to a target that is known later.
  public mutating func jmp() -> Fixup { relative(Encoding(0xe9)) }

  /// JMP, of two bytes, to a target that is known later and lies within 127 bytes.
  public mutating func jmpShort() -> Fixup { relative8(Encoding(0xeb)) }

  /// JMP through a register.
  public mutating func jmp(_ target: GPR) { encode(Encoding(0xff), .dword, 4, target.rawValue) }

  /// JMP through memory.
  public mutating func jmp(_ target: Address) { encode(Encoding(0xff), .dword, 4, target) }

  /// Jcc to `target`, an address of execution within reach; of two bytes if it is near.
  public mutating func jcc(_ c: HostCondition, to target: UInt) {
    if isShort(target) {
      relative8(Encoding(0x70).or(c.rawValue), to: target)
    } else {
      relative(Encoding(0x0f, 0x80).or(c.rawValue), to: target)
    }
  }

  /// Jcc, of six bytes, to a target that is known later.
  public mutating func jcc(_ c: HostCondition) -> Fixup {
    relative(Encoding(0x0f, 0x80).or(c.rawValue))
  }

  /// Jcc, of two bytes, to a target that is known later and lies within 127 bytes.
  public mutating func jccShort(_ c: HostCondition) -> Fixup {
    relative8(Encoding(0x70).or(c.rawValue))
  }

  /// RET, near.
  public mutating func ret() { encode(Encoding(0xc3)) }

  /// RET, near, which also removes `imm` bytes of arguments.
  public mutating func ret(imm: UInt16) {
    encode(Encoding(0xc2), .dword, .full(.word, Int32(imm)))
  }

  /// Whether `target` is within the reach of a two-byte jump that is written next.
  private func isShort(_ target: UInt) -> Bool {
    let distance = Int(bitPattern: target &- (currentAddress &+ 2))
    return distance == Int(Int8(truncatingIfNeeded: distance))
  }

  private mutating func relative(_ e: Encoding, to target: UInt) {
    let fixup = relative(e)
    patch(fixup, to: target)
  }

  private mutating func relative8(_ e: Encoding, to target: UInt) {
    let fixup = relative8(e)
    patch(fixup, to: target)
  }

  /// The instruction with a 32-bit relative operand, which reaches the next instruction.
  private mutating func relative(_ e: Encoding) -> Fixup {
    guard hasRoom() else { return Fixup(offset: 0, size: 0) }
    encode(e, .dword, .full(.dword, 0))
    return Fixup(offset: UInt32(truncatingIfNeeded: offset &- 4), size: 4)
  }

  /// The instruction with an 8-bit relative operand, which reaches the next instruction.
  private mutating func relative8(_ e: Encoding) -> Fixup {
    guard hasRoom() else { return Fixup(offset: 0, size: 0) }
    encode(e, .dword, .byte(0))
    return Fixup(offset: UInt32(truncatingIfNeeded: offset &- 1), size: 1)
  }
}

// MARK: NOP, UD2, INT3

extension Assembler {
  /// No-operations of `count` bytes in all, as few and as long as the manual recommends.
  public mutating func nop(_ count: Int = 1) {
    var rest = count
    while rest > 0 {
      guard hasRoom() else { return }
      let size = min(rest, 9)
      UnsafeMutableRawPointer(cursor).storeBytes(of: Assembler.nop(size), as: UInt64.self)
      cursor[8] = 0
      cursor += size
      rest &-= size
    }
  }

  /// The first eight bytes of the no-operation of `size` bytes; the ninth is 0.
  private static func nop(_ size: Int) -> UInt64 {
    switch size {
    case 1: 0x90
    case 2: 0x9066
    case 3: 0x00_1f0f
    case 4: 0x0040_1f0f
    case 5: 0x00_0044_1f0f
    case 6: 0x0000_441f_0f66
    case 7: 0x00_0000_0080_1f0f
    case 8: 0x0000_0000_0084_1f0f
    default: 0x0000_0000_841f_0f66
    }
  }

  /// UD2: raises the invalid-opcode exception.
  public mutating func ud2() { encode(Encoding(0x0f, 0x0b)) }

  /// INT3: raises the breakpoint exception.
  public mutating func int3() { encode(Encoding(0xcc)) }
}

// MARK: Flags

extension Assembler {
  /// STC: CF ← 1.
  public mutating func stc() { encode(Encoding(0xf9)) }

  /// CLC: CF ← 0.
  public mutating func clc() { encode(Encoding(0xf8)) }

  /// CMC: CF ← not CF.
  public mutating func cmc() { encode(Encoding(0xf5)) }

  /// LAHF: ah ← SF, ZF, 0, AF, 0, PF, 1, CF.
  public mutating func lahf() { encode(Encoding(0x9f)) }

  /// SAHF: SF, ZF, AF, PF, CF ← ah.
  public mutating func sahf() { encode(Encoding(0x9e)) }
}

// MARK: Memory order, strings, control registers

extension Assembler {
  /// MFENCE: all earlier loads and stores before all later ones.
  public mutating func mfence() { encode(Encoding(0x0f, 0xae), .dword, .byte(0xf0)) }

  /// LFENCE: all earlier loads, and instructions, before all later ones.
  public mutating func lfence() { encode(Encoding(0x0f, 0xae), .dword, .byte(0xe8)) }

  /// SFENCE: all earlier stores before all later ones.
  public mutating func sfence() { encode(Encoding(0x0f, 0xae), .dword, .byte(0xf8)) }

  /// REP MOVSB: rcx bytes from [rsi] to [rdi].
  public mutating func repMovsb() { encode(Encoding(prefix: 0xf3, 0xa4)) }

  /// LDMXCSR: MXCSR ← m, 32 bits.
  public mutating func ldmxcsr(_ m: Address) { encode(Encoding(0x0f, 0xae), .dword, 2, m) }

  /// STMXCSR: m, 32 bits ← MXCSR.
  public mutating func stmxcsr(_ m: Address) { encode(Encoding(0x0f, 0xae), .dword, 3, m) }
}
