/// The eight operations that share their encodings; the raw value is the manual's `/digit` and bits
/// 3 to 5 of the opcodes.
enum ArithmeticOperation: UInt8 {
  case add, or, adc, sbb, and, sub, xor, cmp
}

// MARK: ADD, OR, ADC, SBB, AND, SUB, XOR, CMP

extension Assembler {
  /// ADD: d ← d + s.
  public mutating func add(_ w: Width, _ d: GPR, _ s: GPR) { arithmetic(.add, w, d, s) }

  /// ADD with a source in memory.
  public mutating func add(_ w: Width, _ d: GPR, _ s: Address) { arithmetic(.add, w, d, s) }

  /// ADD to memory.
  public mutating func add(_ w: Width, _ d: Address, _ s: GPR) { arithmetic(.add, w, d, s) }

  /// ADD with an immediate, sign-extended for `.qword`.
  public mutating func add(_ w: Width, _ d: GPR, imm: Int32) { arithmetic(.add, w, d, imm) }

  /// ADD to memory with an immediate.
  public mutating func add(_ w: Width, _ d: Address, imm: Int32) { arithmetic(.add, w, d, imm) }

  /// ADC: d ← d + s + CF.
  public mutating func adc(_ w: Width, _ d: GPR, _ s: GPR) { arithmetic(.adc, w, d, s) }

  /// ADC with a source in memory.
  public mutating func adc(_ w: Width, _ d: GPR, _ s: Address) { arithmetic(.adc, w, d, s) }

  /// ADC to memory.
  public mutating func adc(_ w: Width, _ d: Address, _ s: GPR) { arithmetic(.adc, w, d, s) }

  /// ADC with an immediate, sign-extended for `.qword`.
  public mutating func adc(_ w: Width, _ d: GPR, imm: Int32) { arithmetic(.adc, w, d, imm) }

  /// ADC to memory with an immediate.
  public mutating func adc(_ w: Width, _ d: Address, imm: Int32) { arithmetic(.adc, w, d, imm) }

  /// SUB: d ← d − s.
  public mutating func sub(_ w: Width, _ d: GPR, _ s: GPR) { arithmetic(.sub, w, d, s) }

  /// SUB with a source in memory.
  public mutating func sub(_ w: Width, _ d: GPR, _ s: Address) { arithmetic(.sub, w, d, s) }

  /// SUB to memory.
  public mutating func sub(_ w: Width, _ d: Address, _ s: GPR) { arithmetic(.sub, w, d, s) }

  /// SUB with an immediate, sign-extended for `.qword`.
  public mutating func sub(_ w: Width, _ d: GPR, imm: Int32) { arithmetic(.sub, w, d, imm) }

  /// SUB to memory with an immediate.
  public mutating func sub(_ w: Width, _ d: Address, imm: Int32) { arithmetic(.sub, w, d, imm) }

  /// SBB: d ← d − s − CF.
  public mutating func sbb(_ w: Width, _ d: GPR, _ s: GPR) { arithmetic(.sbb, w, d, s) }

  /// SBB with a source in memory.
  public mutating func sbb(_ w: Width, _ d: GPR, _ s: Address) { arithmetic(.sbb, w, d, s) }

  /// SBB to memory.
  public mutating func sbb(_ w: Width, _ d: Address, _ s: GPR) { arithmetic(.sbb, w, d, s) }

  /// SBB with an immediate, sign-extended for `.qword`.
  public mutating func sbb(_ w: Width, _ d: GPR, imm: Int32) { arithmetic(.sbb, w, d, imm) }

  /// SBB to memory with an immediate.
  public mutating func sbb(_ w: Width, _ d: Address, imm: Int32) { arithmetic(.sbb, w, d, imm) }

  /// AND: d ← d and s; CF = OF = 0.
  public mutating func and(_ w: Width, _ d: GPR, _ s: GPR) { arithmetic(.and, w, d, s) }

  /// AND with a source in memory.
  public mutating func and(_ w: Width, _ d: GPR, _ s: Address) { arithmetic(.and, w, d, s) }

  /// AND to memory.
  public mutating func and(_ w: Width, _ d: Address, _ s: GPR) { arithmetic(.and, w, d, s) }

  /// AND with an immediate, sign-extended for `.qword`.
  public mutating func and(_ w: Width, _ d: GPR, imm: Int32) { arithmetic(.and, w, d, imm) }

  /// AND to memory with an immediate.
  public mutating func and(_ w: Width, _ d: Address, imm: Int32) { arithmetic(.and, w, d, imm) }

  /// OR: d ← d or s; CF = OF = 0.
  public mutating func or(_ w: Width, _ d: GPR, _ s: GPR) { arithmetic(.or, w, d, s) }

  /// OR with a source in memory.
  public mutating func or(_ w: Width, _ d: GPR, _ s: Address) { arithmetic(.or, w, d, s) }

  /// OR to memory, atomic with `lock`.
  public mutating func or(_ w: Width, _ d: Address, _ s: GPR, lock: Bool = false) {
    arithmetic(.or, w, d, s, prefix: lock ? 0xf0 : 0)
  }

  /// OR with an immediate, sign-extended for `.qword`.
  public mutating func or(_ w: Width, _ d: GPR, imm: Int32) { arithmetic(.or, w, d, imm) }

  /// OR to memory with an immediate.
  public mutating func or(_ w: Width, _ d: Address, imm: Int32) { arithmetic(.or, w, d, imm) }

  /// XOR: d ← d xor s; CF = OF = 0.
  public mutating func xor(_ w: Width, _ d: GPR, _ s: GPR) { arithmetic(.xor, w, d, s) }

  /// XOR with a source in memory.
  public mutating func xor(_ w: Width, _ d: GPR, _ s: Address) { arithmetic(.xor, w, d, s) }

  /// XOR to memory.
  public mutating func xor(_ w: Width, _ d: Address, _ s: GPR) { arithmetic(.xor, w, d, s) }

  /// XOR with an immediate, sign-extended for `.qword`.
  public mutating func xor(_ w: Width, _ d: GPR, imm: Int32) { arithmetic(.xor, w, d, imm) }

  /// XOR to memory with an immediate.
  public mutating func xor(_ w: Width, _ d: Address, imm: Int32) { arithmetic(.xor, w, d, imm) }

  /// CMP: the flags of d − s.
  public mutating func cmp(_ w: Width, _ d: GPR, _ s: GPR) { arithmetic(.cmp, w, d, s) }

  /// CMP with a source in memory.
  public mutating func cmp(_ w: Width, _ d: GPR, _ s: Address) { arithmetic(.cmp, w, d, s) }

  /// CMP of memory.
  public mutating func cmp(_ w: Width, _ d: Address, _ s: GPR) { arithmetic(.cmp, w, d, s) }

  /// CMP with an immediate, sign-extended for `.qword`.
  public mutating func cmp(_ w: Width, _ d: GPR, imm: Int32) { arithmetic(.cmp, w, d, imm) }

  /// CMP of memory with an immediate.
  public mutating func cmp(_ w: Width, _ d: Address, imm: Int32) { arithmetic(.cmp, w, d, imm) }

  private mutating func arithmetic(
    _ operation: ArithmeticOperation, _ w: Width, _ d: GPR, _ s: GPR
  ) {
    encodeSized(Encoding(operation.rawValue &<< 3), w, s, d)
  }

  private mutating func arithmetic(
    _ operation: ArithmeticOperation, _ w: Width, _ d: GPR, _ s: Address
  ) {
    encodeSized(Encoding(operation.rawValue &<< 3 | 2), w, d, s)
  }

  private mutating func arithmetic(
    _ operation: ArithmeticOperation, _ w: Width, _ d: Address, _ s: GPR, prefix: UInt8 = 0
  ) {
    encodeSized(Encoding(prefix: prefix, operation.rawValue &<< 3), w, s, d)
  }

  private mutating func arithmetic(
    _ operation: ArithmeticOperation, _ w: Width, _ d: GPR, _ value: Int32
  ) {
    if w != .byte && Assembler.isByte(value, w) {
      encode(
        Encoding(0x83), w, operation.rawValue, d.rawValue, .byte(UInt8(truncatingIfNeeded: value)))
    } else if d == .rax {
      encode(Encoding(operation.rawValue &<< 3 | 4).sized(w), w, .full(w, value))
    } else {
      encodeDigit(Encoding(0x80), w, operation.rawValue, d, .full(w, value))
    }
  }

  private mutating func arithmetic(
    _ operation: ArithmeticOperation, _ w: Width, _ d: Address, _ value: Int32
  ) {
    if w != .byte && Assembler.isByte(value, w) {
      encode(Encoding(0x83), w, operation.rawValue, d, .byte(UInt8(truncatingIfNeeded: value)))
    } else {
      encodeDigit(Encoding(0x80), w, operation.rawValue, d, .full(w, value))
    }
  }

  /// Whether an immediate for width `w` may be written as one byte, sign-extended.
  static func isByte(_ value: Int32, _ w: Width) -> Bool {
    let operand = w == .word ? Int32(Int16(truncatingIfNeeded: value)) : value
    return operand == Int32(Int8(truncatingIfNeeded: operand))
  }
}

// MARK: TEST, INC, DEC, NEG, NOT

extension Assembler {
  /// TEST: the flags of a and b; CF = OF = 0.
  public mutating func test(_ w: Width, _ a: GPR, _ b: GPR) { encodeSized(Encoding(0x84), w, b, a) }

  /// TEST of memory with a register.
  public mutating func test(_ w: Width, _ a: Address, _ b: GPR) {
    encodeSized(Encoding(0x84), w, b, a)
  }

  /// TEST with an immediate, sign-extended for `.qword`.
  public mutating func test(_ w: Width, _ a: GPR, imm: Int32) {
    if a == .rax {
      encode(Encoding(0xa8).sized(w), w, .full(w, imm))
    } else {
      encodeDigit(Encoding(0xf6), w, 0, a, .full(w, imm))
    }
  }

  /// TEST of memory with an immediate.
  public mutating func test(_ w: Width, _ a: Address, imm: Int32) {
    encodeDigit(Encoding(0xf6), w, 0, a, .full(w, imm))
  }

  /// INC: d ← d + 1; CF stays.
  public mutating func inc(_ w: Width, _ d: GPR) { encodeDigit(Encoding(0xfe), w, 0, d) }

  /// INC of memory.
  public mutating func inc(_ w: Width, _ d: Address) { encodeDigit(Encoding(0xfe), w, 0, d) }

  /// DEC: d ← d − 1; CF stays.
  public mutating func dec(_ w: Width, _ d: GPR) { encodeDigit(Encoding(0xfe), w, 1, d) }

  /// DEC of memory.
  public mutating func dec(_ w: Width, _ d: Address) { encodeDigit(Encoding(0xfe), w, 1, d) }

  /// NEG: d ← −d; CF = (d ≠ 0).
  public mutating func neg(_ w: Width, _ d: GPR) { encodeDigit(Encoding(0xf6), w, 3, d) }

  /// NEG of memory.
  public mutating func neg(_ w: Width, _ d: Address) { encodeDigit(Encoding(0xf6), w, 3, d) }

  /// NOT: d ← not d; no flags.
  public mutating func not(_ w: Width, _ d: GPR) { encodeDigit(Encoding(0xf6), w, 2, d) }

  /// NOT of memory.
  public mutating func not(_ w: Width, _ d: Address) { encodeDigit(Encoding(0xf6), w, 2, d) }
}
