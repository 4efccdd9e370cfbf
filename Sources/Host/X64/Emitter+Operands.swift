import RegisterAllocation

/// Mnemonics on an operand that may be a register, a field of env or a constant.
extension Emitter {
  @inline(__always) private func value(_ s: Operand) -> Int32 {
    Int32(truncatingIfNeeded: block.temps[Int(s.payload)].value)
  }

  /// `d = s`.
  func mov(_ w: Width, _ d: GPR, _ s: Operand) {
    switch s.kind {
    case .register: if d.rawValue != s.register { x.mov(w, d, .number(s.register)) }
    case .memory: x.mov(w, d, env(s.offset))
    default: x.mov(w, d, imm: value(s))
    }
  }
  func add(_ w: Width, _ d: GPR, _ s: Operand) {
    switch s.kind {
    case .register: x.add(w, d, GPR.number(s.register))
    case .memory: x.add(w, d, env(s.offset))
    default: x.add(w, d, imm: value(s))
    }
  }
  func adc(_ w: Width, _ d: GPR, _ s: Operand) {
    switch s.kind {
    case .register: x.adc(w, d, GPR.number(s.register))
    case .memory: x.adc(w, d, env(s.offset))
    default: x.adc(w, d, imm: value(s))
    }
  }
  func sub(_ w: Width, _ d: GPR, _ s: Operand) {
    switch s.kind {
    case .register: x.sub(w, d, GPR.number(s.register))
    case .memory: x.sub(w, d, env(s.offset))
    default: x.sub(w, d, imm: value(s))
    }
  }
  func sbb(_ w: Width, _ d: GPR, _ s: Operand) {
    switch s.kind {
    case .register: x.sbb(w, d, GPR.number(s.register))
    case .memory: x.sbb(w, d, env(s.offset))
    default: x.sbb(w, d, imm: value(s))
    }
  }
  func and(_ w: Width, _ d: GPR, _ s: Operand) {
    switch s.kind {
    case .register: x.and(w, d, GPR.number(s.register))
    case .memory: x.and(w, d, env(s.offset))
    default: x.and(w, d, imm: value(s))
    }
  }
  func or(_ w: Width, _ d: GPR, _ s: Operand) {
    switch s.kind {
    case .register: x.or(w, d, GPR.number(s.register))
    case .memory: x.or(w, d, env(s.offset))
    default: x.or(w, d, imm: value(s))
    }
  }
  func xor(_ w: Width, _ d: GPR, _ s: Operand) {
    switch s.kind {
    case .register: x.xor(w, d, GPR.number(s.register))
    case .memory: x.xor(w, d, env(s.offset))
    default: x.xor(w, d, imm: value(s))
    }
  }
  func imul(_ w: Width, _ d: GPR, _ s: Operand) {
    switch s.kind {
    case .register: x.imul(w, d, GPR.number(s.register))
    case .memory: x.imul(w, d, env(s.offset))
    default: x.imul(w, d, d, imm: value(s))
    }
  }

  /// Sets the flags for a comparison of operands, the first not a constant.
  func compare(_ w: Width, _ a: Operand, _ b: Operand) {
    if a.kind == .memory {
      if b.kind == .register { return x.cmp(w, env(a.offset), GPR.number(b.register)) }
      return x.cmp(w, env(a.offset), imm: value(b))
    }
    let r = GPR.number(a.register)
    switch b.kind {
    case .register: x.cmp(w, r, GPR.number(b.register))
    case .memory: x.cmp(w, r, env(b.offset))
    default: value(b) == 0 ? x.test(w, r, r) : x.cmp(w, r, imm: value(b))
    }
  }

  /// Sets the zero flag (a single bit: the carry flag) for `a & b`, and says which.
  ///
  /// - Returns: the condition under which the bits meet.
  func testBits(_ w: Width, _ a: Operand, _ b: Operand) -> HostCondition {
    if b.kind == .register {
      a.kind == .memory
        ? x.test(w, env(a.offset), GPR.number(b.register))
        : x.test(w, GPR.number(a.register), GPR.number(b.register))
      return .ne
    }
    let mask = block.temps[Int(b.payload)].value
    if a.kind == .memory { return testMemory(w, a.offset, mask) }
    if mask <= 0x7fff_ffff {
      // A narrower test reads the same bits with a shorter constant.
      x.test(
        mask <= 0xff && a.register < 4 ? .byte : .dword, .number(a.register),
        imm: Int32(truncatingIfNeeded: mask))
      return .ne
    }
    if mask.nonzeroBitCount == 1 {
      x.bt(w, .number(a.register), imm: UInt8(mask.trailingZeroBitCount))
      return .b
    }
    x.test(w, .number(a.register), imm: Int32(truncatingIfNeeded: mask))
    return .ne
  }

  /// Tests a field of env by its one byte, where the mask is within a byte.
  private func testMemory(_ w: Width, _ offset: Int, _ mask: UInt64) -> HostCondition {
    let byte = mask.trailingZeroBitCount >> 3
    if mask != 0, mask >> UInt64(8 * byte) <= 0xff {
      x.test(
        .byte, env(offset + byte), imm: Int32(Int8(truncatingIfNeeded: mask >> UInt64(8 * byte))))
    } else {
      x.test(w, env(offset), imm: Int32(truncatingIfNeeded: mask))
    }
    return .ne
  }
}
