// MARK: SHL, SHR, SAR, ROL, ROR, RCL, RCR

extension Assembler {
  /// SHL: d ← d shifted left by the count, which is masked to 5 bits (6 for `.qword`).
  public mutating func shl(_ w: Width, _ d: GPR, imm: UInt8) { shift(4, w, d, imm) }

  /// SHL of memory.
  public mutating func shl(_ w: Width, _ d: Address, imm: UInt8) { shift(4, w, d, imm) }

  /// SHL by cl.
  public mutating func shl(_ w: Width, _ d: GPR, _ count: ShiftCount) {
    encodeDigit(Encoding(0xd2), w, 4, d)
  }

  /// SHL of memory by cl.
  public mutating func shl(_ w: Width, _ d: Address, _ count: ShiftCount) {
    encodeDigit(Encoding(0xd2), w, 4, d)
  }

  /// SHR: d ← d shifted right, zero-filled.
  public mutating func shr(_ w: Width, _ d: GPR, imm: UInt8) { shift(5, w, d, imm) }

  /// SHR of memory.
  public mutating func shr(_ w: Width, _ d: Address, imm: UInt8) { shift(5, w, d, imm) }

  /// SHR by cl.
  public mutating func shr(_ w: Width, _ d: GPR, _ count: ShiftCount) {
    encodeDigit(Encoding(0xd2), w, 5, d)
  }

  /// SHR of memory by cl.
  public mutating func shr(_ w: Width, _ d: Address, _ count: ShiftCount) {
    encodeDigit(Encoding(0xd2), w, 5, d)
  }

  /// SAR: d ← d shifted right, sign-filled.
  public mutating func sar(_ w: Width, _ d: GPR, imm: UInt8) { shift(7, w, d, imm) }

  /// SAR of memory.
  public mutating func sar(_ w: Width, _ d: Address, imm: UInt8) { shift(7, w, d, imm) }

  /// SAR by cl.
  public mutating func sar(_ w: Width, _ d: GPR, _ count: ShiftCount) {
    encodeDigit(Encoding(0xd2), w, 7, d)
  }

  /// SAR of memory by cl.
  public mutating func sar(_ w: Width, _ d: Address, _ count: ShiftCount) {
    encodeDigit(Encoding(0xd2), w, 7, d)
  }

  /// ROL: d ← d rotated left.
  public mutating func rol(_ w: Width, _ d: GPR, imm: UInt8) { shift(0, w, d, imm) }

  /// ROL of memory.
  public mutating func rol(_ w: Width, _ d: Address, imm: UInt8) { shift(0, w, d, imm) }

  /// ROL by cl.
  public mutating func rol(_ w: Width, _ d: GPR, _ count: ShiftCount) {
    encodeDigit(Encoding(0xd2), w, 0, d)
  }

  /// ROL of memory by cl.
  public mutating func rol(_ w: Width, _ d: Address, _ count: ShiftCount) {
    encodeDigit(Encoding(0xd2), w, 0, d)
  }

  /// ROR: d ← d rotated right.
  public mutating func ror(_ w: Width, _ d: GPR, imm: UInt8) { shift(1, w, d, imm) }

  /// ROR of memory.
  public mutating func ror(_ w: Width, _ d: Address, imm: UInt8) { shift(1, w, d, imm) }

  /// ROR by cl.
  public mutating func ror(_ w: Width, _ d: GPR, _ count: ShiftCount) {
    encodeDigit(Encoding(0xd2), w, 1, d)
  }

  /// ROR of memory by cl.
  public mutating func ror(_ w: Width, _ d: Address, _ count: ShiftCount) {
    encodeDigit(Encoding(0xd2), w, 1, d)
  }

  /// RCL by one: d and CF rotated left.
  public mutating func rcl(_ w: Width, _ d: GPR) { encodeDigit(Encoding(0xd0), w, 2, d) }

  /// RCL of memory by one.
  public mutating func rcl(_ w: Width, _ d: Address) { encodeDigit(Encoding(0xd0), w, 2, d) }

  /// RCR by one: CF and d rotated right.
  public mutating func rcr(_ w: Width, _ d: GPR) { encodeDigit(Encoding(0xd0), w, 3, d) }

  /// RCR of memory by one.
  public mutating func rcr(_ w: Width, _ d: Address) { encodeDigit(Encoding(0xd0), w, 3, d) }

  private mutating func shift(_ digit: UInt8, _ w: Width, _ d: GPR, _ count: UInt8) {
    if count == 1 {
      encodeDigit(Encoding(0xd0), w, digit, d)
    } else {
      encodeDigit(Encoding(0xc0), w, digit, d, .byte(count))
    }
  }

  private mutating func shift(_ digit: UInt8, _ w: Width, _ d: Address, _ count: UInt8) {
    if count == 1 {
      encodeDigit(Encoding(0xd0), w, digit, d)
    } else {
      encodeDigit(Encoding(0xc0), w, digit, d, .byte(count))
    }
  }
}

// MARK: SHLD, SHRD

extension Assembler {
  /// SHLD: d ← d shifted left, filled with the high bits of s. Not for `.byte`.
  public mutating func shld(_ w: Width, _ d: GPR, _ s: GPR, imm: UInt8) {
    encode(Encoding(0x0f, 0xa4), w, s.rawValue, d.rawValue, .byte(imm))
  }

  /// SHLD by cl.
  public mutating func shld(_ w: Width, _ d: GPR, _ s: GPR, _ count: ShiftCount) {
    encode(Encoding(0x0f, 0xa5), w, s.rawValue, d.rawValue)
  }

  /// SHLD of memory.
  public mutating func shld(_ w: Width, _ d: Address, _ s: GPR, imm: UInt8) {
    encode(Encoding(0x0f, 0xa4), w, s.rawValue, d, .byte(imm))
  }

  /// SHLD of memory by cl.
  public mutating func shld(_ w: Width, _ d: Address, _ s: GPR, _ count: ShiftCount) {
    encode(Encoding(0x0f, 0xa5), w, s.rawValue, d)
  }

  /// SHRD: d ← d shifted right, filled with the low bits of s. Not for `.byte`.
  public mutating func shrd(_ w: Width, _ d: GPR, _ s: GPR, imm: UInt8) {
    encode(Encoding(0x0f, 0xac), w, s.rawValue, d.rawValue, .byte(imm))
  }

  /// SHRD by cl.
  public mutating func shrd(_ w: Width, _ d: GPR, _ s: GPR, _ count: ShiftCount) {
    encode(Encoding(0x0f, 0xad), w, s.rawValue, d.rawValue)
  }

  /// SHRD of memory.
  public mutating func shrd(_ w: Width, _ d: Address, _ s: GPR, imm: UInt8) {
    encode(Encoding(0x0f, 0xac), w, s.rawValue, d, .byte(imm))
  }

  /// SHRD of memory by cl.
  public mutating func shrd(_ w: Width, _ d: Address, _ s: GPR, _ count: ShiftCount) {
    encode(Encoding(0x0f, 0xad), w, s.rawValue, d)
  }
}

// MARK: BT, BTS, BTR, BTC

extension Assembler {
  /// BT: CF ← bit imm of d. Not for `.byte`.
  public mutating func bt(_ w: Width, _ d: GPR, imm: UInt8) {
    encode(.bitTest, w, 4, d.rawValue, .byte(imm))
  }

  /// BT of memory; imm is masked to the width.
  public mutating func bt(_ w: Width, _ d: Address, imm: UInt8) {
    encode(.bitTest, w, 4, d, .byte(imm))
  }

  /// BTS: CF ← bit imm of d, which becomes 1. Not for `.byte`.
  public mutating func bts(_ w: Width, _ d: GPR, imm: UInt8) {
    encode(.bitTest, w, 5, d.rawValue, .byte(imm))
  }

  /// BTS of memory; imm is masked to the width.
  public mutating func bts(_ w: Width, _ d: Address, imm: UInt8) {
    encode(.bitTest, w, 5, d, .byte(imm))
  }

  /// BTR: CF ← bit imm of d, which becomes 0. Not for `.byte`.
  public mutating func btr(_ w: Width, _ d: GPR, imm: UInt8) {
    encode(.bitTest, w, 6, d.rawValue, .byte(imm))
  }

  /// BTR of memory; imm is masked to the width.
  public mutating func btr(_ w: Width, _ d: Address, imm: UInt8) {
    encode(.bitTest, w, 6, d, .byte(imm))
  }

  /// BTC: CF ← bit imm of d, which is inverted. Not for `.byte`.
  public mutating func btc(_ w: Width, _ d: GPR, imm: UInt8) {
    encode(.bitTest, w, 7, d.rawValue, .byte(imm))
  }

  /// BTC of memory; imm is masked to the width.
  public mutating func btc(_ w: Width, _ d: Address, imm: UInt8) {
    encode(.bitTest, w, 7, d, .byte(imm))
  }
}

// MARK: BSF, BSR, LZCNT, TZCNT, POPCNT

extension Assembler {
  /// BSF: d ← number of the lowest one bit of s; ZF = (s = 0), and d then undefined.
  public mutating func bsf(_ w: Width, _ d: GPR, _ s: GPR) {
    encode(.bsf, w, d.rawValue, s.rawValue)
  }

  /// BSF of memory.
  public mutating func bsf(_ w: Width, _ d: GPR, _ s: Address) { encode(.bsf, w, d.rawValue, s) }

  /// BSR: d ← number of the highest one bit of s; ZF = (s = 0), and d then undefined.
  public mutating func bsr(_ w: Width, _ d: GPR, _ s: GPR) {
    encode(.bsr, w, d.rawValue, s.rawValue)
  }

  /// BSR of memory.
  public mutating func bsr(_ w: Width, _ d: GPR, _ s: Address) { encode(.bsr, w, d.rawValue, s) }

  /// LZCNT: d ← number of leading zeros of s; CF = (s = 0), ZF = (d = 0).
  public mutating func lzcnt(_ w: Width, _ d: GPR, _ s: GPR) {
    encode(.lzcnt, w, d.rawValue, s.rawValue)
  }

  /// LZCNT of memory.
  public mutating func lzcnt(_ w: Width, _ d: GPR, _ s: Address) {
    encode(.lzcnt, w, d.rawValue, s)
  }

  /// TZCNT: d ← number of trailing zeros of s; CF = (s = 0), ZF = (d = 0).
  public mutating func tzcnt(_ w: Width, _ d: GPR, _ s: GPR) {
    encode(.tzcnt, w, d.rawValue, s.rawValue)
  }

  /// TZCNT of memory.
  public mutating func tzcnt(_ w: Width, _ d: GPR, _ s: Address) {
    encode(.tzcnt, w, d.rawValue, s)
  }

  /// POPCNT: d ← number of one bits of s; ZF = (s = 0).
  public mutating func popcnt(_ w: Width, _ d: GPR, _ s: GPR) {
    encode(.popcnt, w, d.rawValue, s.rawValue)
  }

  /// POPCNT of memory.
  public mutating func popcnt(_ w: Width, _ d: GPR, _ s: Address) {
    encode(.popcnt, w, d.rawValue, s)
  }
}

extension Encoding {
  /// BT, BTS, BTR, BTC with an immediate.
  fileprivate static let bitTest = Encoding(0x0f, 0xba)
  fileprivate static let bsf = Encoding(0x0f, 0xbc)
  fileprivate static let bsr = Encoding(0x0f, 0xbd)
  fileprivate static let tzcnt = Encoding(prefix: 0xf3, 0x0f, 0xbc)
  fileprivate static let lzcnt = Encoding(prefix: 0xf3, 0x0f, 0xbd)
  fileprivate static let popcnt = Encoding(prefix: 0xf3, 0x0f, 0xb8)
}
