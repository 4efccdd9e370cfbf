// MARK: BMI1 and BMI2: no flags where nothing else is said; `w` is `.dword` or `.qword`

extension Assembler {
  /// SHLX: d ← s shifted left by the count, masked as by SHL.
  public mutating func shlx(_ w: Width, _ d: GPR, _ s: GPR, _ count: GPR) {
    encodeVEX(.shlx, w, d.rawValue, count.rawValue, s.rawValue)
  }

  /// SHLX of memory.
  public mutating func shlx(_ w: Width, _ d: GPR, _ s: Address, _ count: GPR) {
    encodeVEX(.shlx, w, d.rawValue, count.rawValue, s)
  }

  /// SHRX: d ← s shifted right, zero-filled.
  public mutating func shrx(_ w: Width, _ d: GPR, _ s: GPR, _ count: GPR) {
    encodeVEX(.shrx, w, d.rawValue, count.rawValue, s.rawValue)
  }

  /// SHRX of memory.
  public mutating func shrx(_ w: Width, _ d: GPR, _ s: Address, _ count: GPR) {
    encodeVEX(.shrx, w, d.rawValue, count.rawValue, s)
  }

  /// SARX: d ← s shifted right, sign-filled.
  public mutating func sarx(_ w: Width, _ d: GPR, _ s: GPR, _ count: GPR) {
    encodeVEX(.sarx, w, d.rawValue, count.rawValue, s.rawValue)
  }

  /// SARX of memory.
  public mutating func sarx(_ w: Width, _ d: GPR, _ s: Address, _ count: GPR) {
    encodeVEX(.sarx, w, d.rawValue, count.rawValue, s)
  }

  /// BEXTR: d ← bit field of s; control: position in bits 0 to 7, length in bits 8 to 15. Sets the
  /// flags.
  public mutating func bextr(_ w: Width, _ d: GPR, _ s: GPR, _ control: GPR) {
    encodeVEX(.bextr, w, d.rawValue, control.rawValue, s.rawValue)
  }

  /// BEXTR of memory.
  public mutating func bextr(_ w: Width, _ d: GPR, _ s: Address, _ control: GPR) {
    encodeVEX(.bextr, w, d.rawValue, control.rawValue, s)
  }

  /// RORX: d ← s rotated right.
  public mutating func rorx(_ w: Width, _ d: GPR, _ s: GPR, imm: UInt8) {
    encodeVEX(.rorx, w, d.rawValue, 0, s.rawValue, .byte(imm))
  }

  /// RORX of memory.
  public mutating func rorx(_ w: Width, _ d: GPR, _ s: Address, imm: UInt8) {
    encodeVEX(.rorx, w, d.rawValue, 0, s, .byte(imm))
  }

  /// ANDN: d ← (not a) and b. Sets the flags.
  public mutating func andn(_ w: Width, _ d: GPR, _ a: GPR, _ b: GPR) {
    encodeVEX(.andn, w, d.rawValue, a.rawValue, b.rawValue)
  }

  /// ANDN with b in memory.
  public mutating func andn(_ w: Width, _ d: GPR, _ a: GPR, _ b: Address) {
    encodeVEX(.andn, w, d.rawValue, a.rawValue, b)
  }

  /// PDEP: d ← the low bits of s deposited where mask has ones.
  public mutating func pdep(_ w: Width, _ d: GPR, _ s: GPR, _ mask: GPR) {
    encodeVEX(.pdep, w, d.rawValue, s.rawValue, mask.rawValue)
  }

  /// PDEP with the mask in memory.
  public mutating func pdep(_ w: Width, _ d: GPR, _ s: GPR, _ mask: Address) {
    encodeVEX(.pdep, w, d.rawValue, s.rawValue, mask)
  }

  /// PEXT: d ← the bits of s where mask has ones, gathered in the low bits.
  public mutating func pext(_ w: Width, _ d: GPR, _ s: GPR, _ mask: GPR) {
    encodeVEX(.pext, w, d.rawValue, s.rawValue, mask.rawValue)
  }

  /// PEXT with the mask in memory.
  public mutating func pext(_ w: Width, _ d: GPR, _ s: GPR, _ mask: Address) {
    encodeVEX(.pext, w, d.rawValue, s.rawValue, mask)
  }

  /// BLSR: d ← s without its lowest one bit. Sets the flags.
  public mutating func blsr(_ w: Width, _ d: GPR, _ s: GPR) {
    encodeVEX(.lowestBit, w, 1, d.rawValue, s.rawValue)
  }

  /// BLSR of memory.
  public mutating func blsr(_ w: Width, _ d: GPR, _ s: Address) {
    encodeVEX(.lowestBit, w, 1, d.rawValue, s)
  }

  /// BLSMSK: d ← ones up to and including the lowest one bit of s. Sets the flags.
  public mutating func blsmsk(_ w: Width, _ d: GPR, _ s: GPR) {
    encodeVEX(.lowestBit, w, 2, d.rawValue, s.rawValue)
  }

  /// BLSMSK of memory.
  public mutating func blsmsk(_ w: Width, _ d: GPR, _ s: Address) {
    encodeVEX(.lowestBit, w, 2, d.rawValue, s)
  }

  /// BLSI: d ← the lowest one bit of s alone. Sets the flags.
  public mutating func blsi(_ w: Width, _ d: GPR, _ s: GPR) {
    encodeVEX(.lowestBit, w, 3, d.rawValue, s.rawValue)
  }

  /// BLSI of memory.
  public mutating func blsi(_ w: Width, _ d: GPR, _ s: Address) {
    encodeVEX(.lowestBit, w, 3, d.rawValue, s)
  }
}

extension Encoding {
  fileprivate static let andn = Encoding(0x0f, 0x38, 0xf2)
  fileprivate static let bextr = Encoding(0x0f, 0x38, 0xf7)
  fileprivate static let shlx = Encoding(prefix: 0x66, 0x0f, 0x38, 0xf7)
  fileprivate static let shrx = Encoding(prefix: 0xf2, 0x0f, 0x38, 0xf7)
  fileprivate static let sarx = Encoding(prefix: 0xf3, 0x0f, 0x38, 0xf7)
  fileprivate static let rorx = Encoding(prefix: 0xf2, 0x0f, 0x3a, 0xf0)
  fileprivate static let pdep = Encoding(prefix: 0xf2, 0x0f, 0x38, 0xf5)
  fileprivate static let pext = Encoding(prefix: 0xf3, 0x0f, 0x38, 0xf5)
  /// BLSR, BLSMSK, BLSI.
  fileprivate static let lowestBit = Encoding(0x0f, 0x38, 0xf3)
}
