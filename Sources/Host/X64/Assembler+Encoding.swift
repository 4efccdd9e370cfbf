/// The constant part of an instruction's encoding, as the Intel manual prints it: mandatory prefix,
/// escape bytes, opcode. A row of the instruction tables.
///
/// The same row serves the legacy and the VEX form, whose prefix and map fields say the same.
struct Encoding {
  /// Escape bytes and opcode, the first in the lowest bits.
  let bytes: UInt32
  /// The number of those bytes: 1 to 3.
  let length: UInt8
  /// The mandatory prefix (66, F2, F3) or LOCK (F0); 0 if there is none.
  let prefix: UInt8
  /// Whether the vectors are of 256 bits (VEX.L or EVEX.L'L); there is no legacy form of it.
  private(set) var isWide = false

  /// The same of vectors of 256 bits.
  @inline(__always)
  var wide: Encoding {
    var result = self
    result.isWide = true
    return result
  }

  /// An opcode of the one-byte map.
  @inline(__always)
  init(prefix: UInt8 = 0, _ opcode: UInt8) {
    bytes = UInt32(opcode)
    length = 1
    self.prefix = prefix
  }

  /// An opcode of the map that `escape` (0F) selects.
  @inline(__always)
  init(prefix: UInt8 = 0, _ escape: UInt8, _ opcode: UInt8) {
    bytes = UInt32(opcode) &<< 8 | UInt32(escape)
    length = 2
    self.prefix = prefix
  }

  /// An opcode of the map that `escape` and `map` (0F 38, 0F 3A) select.
  @inline(__always)
  init(prefix: UInt8 = 0, _ escape: UInt8, _ map: UInt8, _ opcode: UInt8) {
    let high = UInt32(opcode) &<< 16
    bytes = high | UInt32(map) &<< 8 | UInt32(escape)
    length = 3
    self.prefix = prefix
  }

  /// The encoding whose opcode has `bits` set as well: a register, a condition, a size bit.
  @inline(__always)
  func or(_ bits: UInt8) -> Encoding { Encoding(self, bits) }

  /// The encoding for width `w` of an opcode pair: bit 0 tells a byte from the other widths.
  @inline(__always)
  func sized(_ w: Width) -> Encoding { Encoding(self, w == .byte ? 0 : 1) }

  @inline(__always)
  private init(_ other: Encoding, _ bits: UInt8) {
    bytes = other.bytes | UInt32(bits) &<< (8 &* UInt32(other.length &- 1))
    length = other.length
    prefix = other.prefix
  }

  /// The opcode byte alone.
  @inline(__always)
  var opcode: UInt8 { UInt8(truncatingIfNeeded: bytes &>> (8 &* UInt32(length &- 1))) }

  /// Field `mmmmm` of a VEX prefix (Intel manual, volume 2, section 2.3).
  @inline(__always)
  var map: UInt8 { length == 2 ? 1 : bytes &>> 8 & 0xff == 0x38 ? 2 : 3 }

  /// Field `pp` of a VEX prefix.
  @inline(__always)
  var compressedPrefix: UInt8 {
    switch prefix {
    case 0x66: 1
    case 0xf3: 2
    case 0xf2: 3
    default: 0
    }
  }
}

/// An immediate operand as it is written: a value and its size of 0, 1, 2 or 4 bytes.
struct Immediate {
  let value: Int32
  let size: UInt8

  /// No immediate operand.
  @inline(__always)
  static var none: Immediate { Immediate(value: 0, size: 0) }

  /// One byte.
  @inline(__always)
  static func byte(_ value: UInt8) -> Immediate { Immediate(value: Int32(value), size: 1) }

  /// As wide as the operands, four bytes at most.
  @inline(__always)
  static func full(_ w: Width, _ value: Int32) -> Immediate {
    Immediate(value: value, size: w == .byte ? 1 : w == .word ? 2 : 4)
  }
}

/// `0x40`, the bare REX prefix, for `spl`, `bpl`, `sil` and `dil`, which without one are `ah` to
/// `bh`; 0 for other byte registers.
@inline(__always)
func byteRegisterREX(_ number: UInt8) -> UInt8 { number & 0xc == 4 ? 0x40 : 0 }

// MARK: Legacy encodings

extension Assembler {
  /// `e /r` with a register as the r/m operand. `rex` is 0x40 to force a REX prefix.
  mutating func encode(
    _ e: Encoding, _ w: Width, _ reg: UInt8, _ rm: UInt8, rex: UInt8 = 0,
    _ immediate: Immediate = .none
  ) {
    guard hasRoom() else { return }
    let p = put(cursor, e, w, rex | reg &>> 1 & 4 | rm &>> 3)
    p.pointee = 0xc0 | (reg & 7) &<< 3 | rm & 7
    cursor = put(p + 1, immediate)
  }

  /// `e /r` with memory as the r/m operand. `rex` is 0x40 to force a REX prefix.
  mutating func encode(
    _ e: Encoding, _ w: Width, _ reg: UInt8, _ m: Address, rex: UInt8 = 0,
    _ immediate: Immediate = .none
  ) {
    guard hasRoom() else { return }
    let bits = rex | reg &>> 1 & 4 | m.indexNumber &>> 2 & 2 | m.baseNumber &>> 3
    let p = put(putPrefixes(cursor, m), e, w, bits)
    cursor = put(putOperand(p, reg, m, immediateSize: immediate.size), immediate)
  }

  /// `e + r`: a register in the low bits of the opcode.
  mutating func encode(
    _ e: Encoding, _ w: Width, plus register: GPR, rex: UInt8 = 0, _ immediate: Immediate = .none
  ) {
    guard hasRoom() else { return }
    let opcode = e.or(register.rawValue & 7)
    cursor = put(put(cursor, opcode, w, rex | register.rawValue &>> 3), immediate)
  }

  /// `e` without operands in registers or memory.
  mutating func encode(_ e: Encoding, _ w: Width = .dword, _ immediate: Immediate = .none) {
    guard hasRoom() else { return }
    cursor = put(put(cursor, e, w, 0), immediate)
  }
}

// MARK: VEX encodings

extension Assembler {
  /// `VEX.e /r` with a register as the r/m operand. `w` is `.qword` where W is 1; `v` is the
  /// register in the field `vvvv`, 0 if there is none.
  mutating func encodeVEX(
    _ e: Encoding, _ w: Width, _ reg: UInt8, _ v: UInt8, _ rm: UInt8,
    _ immediate: Immediate = .none
  ) {
    guard hasRoom() else { return }
    let p = putVEX(cursor, e, w, reg, v, x: 0, b: rm &>> 3)
    p.pointee = 0xc0 | (reg & 7) &<< 3 | rm & 7
    cursor = put(p + 1, immediate)
  }

  /// `VEX.e /r` with memory as the r/m operand.
  mutating func encodeVEX(
    _ e: Encoding, _ w: Width, _ reg: UInt8, _ v: UInt8, _ m: Address,
    _ immediate: Immediate = .none
  ) {
    guard hasRoom() else { return }
    let p = putVEX(
      putPrefixes(cursor, m), e, w, reg, v, x: m.indexNumber &>> 3, b: m.baseNumber &>> 3)
    cursor = put(putOperand(p, reg, m, immediateSize: immediate.size), immediate)
  }
}

// MARK: EVEX encodings

/// How an EVEX instruction rounds by itself (Intel SDM, volume 1, 15.6.4: the bits L'L).
enum StaticRounding: UInt8 {
  case nearest, down, up, zero
}

extension Assembler {
  /// `EVEX.e /r` of three scalars in the low sixteen vector registers, rounding as it says and without
  /// exceptions ({rn-sae} and so on); `w` is `.qword` where W is 1.
  mutating func encodeQuietly(
    _ e: Encoding, _ w: Width, _ reg: UInt8, _ v: UInt8, _ rm: UInt8,
    rounding: StaticRounding = .nearest
  ) {
    guard hasRoom() else { return }
    let p = putEVEX(cursor, e, w, reg, v, rm, 0x18 | rounding.rawValue &<< 5)
    p.pointee = 0xc0 | (reg & 7) &<< 3 | rm & 7
    cursor = p + 1
  }
}

extension Assembler {
  /// `EVEX.e /r` of vector registers, by number: those of reg and rm of five bits, that of v of four.
  mutating func encodeEVEX(
    _ e: Encoding, _ w: Width, _ reg: UInt8, _ v: UInt8, _ rm: UInt8,
    _ immediate: Immediate = .none
  ) {
    guard hasRoom() else { return }
    let p = putEVEX(cursor, e, w, reg, v, rm, e.isWide ? 0x28 : 8)
    p.pointee = 0xc0 | (reg & 7) &<< 3 | rm & 7
    cursor = put(p + 1, immediate)
  }

  /// `EVEX.e /r` from memory near the code to one of the upper vector registers.
  mutating func encodeEVEX(_ e: Encoding, _ w: Width, _ reg: UpperXMM, near m: Address) {
    guard hasRoom() else { return }
    let p = putEVEX(cursor, e, w, reg.rawValue, 0, 0, e.isWide ? 0x28 : 8)
    cursor = putOperand(p, reg.rawValue, m, immediateSize: 0)
  }

  /// The EVEX prefix and the opcode (Intel SDM, volume 2, 2.7.1): registers by numbers of five bits, `v`
  /// of four; `last` is the byte before the opcode.
  @inline(__always)
  private func putEVEX(
    _ p: Place, _ e: Encoding, _ w: Width, _ reg: UInt8, _ v: UInt8, _ rm: UInt8, _ last: UInt8
  ) -> Place {
    let (r, high) = (~reg &>> 3 & 1, ~reg &>> 4 & 1), (b, x) = (~rm &>> 3 & 1, ~rm &>> 4 & 1)
    p[0] = 0x62
    p[1] = r &<< 7 | x &<< 6 | b &<< 5 | high &<< 4 | e.map
    p[2] = (w == .qword ? 0x80 : 0) | (v ^ 15) &<< 3 | 4 | e.compressedPrefix
    p[3] = last
    p[4] = e.opcode
    return p + 5
  }
}

// MARK: Parts of an instruction

/// Each function writes one part and returns its end. The place is passed on, and not kept in
/// `cursor`, so that it stays in a register.
extension Assembler {
  fileprivate typealias Place = UnsafeMutablePointer<UInt8>

  /// Prefixes, escape bytes and opcode. `rex` holds the bits R, X and B, and 0x40 if forced.
  @inline(__always)
  private func put(_ start: Place, _ e: Encoding, _ w: Width, _ rex: UInt8) -> Place {
    let bits = rex | (w == .qword ? 8 : 0)
    var p = start
    p.pointee = 0x66
    p += w == .word ? 1 : 0
    p.pointee = e.prefix
    p += e.prefix == 0 ? 0 : 1
    p.pointee = 0x40 | bits
    p += bits == 0 ? 0 : 1
    UnsafeMutableRawPointer(p).storeBytes(of: e.bytes, as: UInt32.self)
    return p + Int(e.length)
  }

  /// The VEX prefix, of two bytes where that is possible, and the opcode.
  @inline(__always)
  private func putVEX(
    _ p: Place, _ e: Encoding, _ w: Width, _ reg: UInt8, _ v: UInt8, x: UInt8, b: UInt8
  ) -> Place {
    let wide: UInt8 = w == .qword ? 0x80 : 0
    let inverted = (v ^ 15) &<< 3 | (e.isWide ? 4 : 0) | e.compressedPrefix
    let notR = (reg &>> 3 ^ 1) &<< 7
    let map = e.map
    if map == 1 && wide | x | b == 0 {
      p[0] = 0xc5
      p[1] = notR | inverted
      p[2] = e.opcode
      return p + 3
    }
    let notXB = (x ^ 1) &<< 6 | (b ^ 1) &<< 5
    p[0] = 0xc4
    p[1] = notR | notXB | map
    p[2] = wide | inverted
    p[3] = e.opcode
    return p + 4
  }

  /// The prefixes that belong to a memory operand.
  @inline(__always)
  private func putPrefixes(_ start: Place, _ m: Address) -> Place {
    var p = start
    p.pointee = 0x65
    p += Int(m.flags & Address.gsFlag)
    p.pointee = 0x67
    return p + Int(m.flags & Address.size32Flag) &>> 1
  }

  @inline(__always)
  private func put(_ p: Place, _ immediate: Immediate) -> Place {
    if immediate.size == 0 { return p }
    if immediate.size == 1 {
      p.pointee = UInt8(truncatingIfNeeded: immediate.value)
    } else {
      UnsafeMutableRawPointer(p).storeBytes(of: immediate.value, as: Int32.self)
    }
    return p + Int(immediate.size)
  }

  /// The ModRM byte, the SIB byte and the displacement of a memory operand.
  @inline(__always)
  private func putOperand(
    _ start: Place, _ reg: UInt8, _ m: Address, immediateSize: UInt8
  ) -> Place {
    let field = (reg & 7) &<< 3
    if m.flags & Address.noBaseFlag != 0 {
      return putOperandWithoutBase(start, field, m, immediateSize: immediateSize)
    }
    let base = m.baseNumber & 7
    let isShort = m.displacement == Int32(Int8(truncatingIfNeeded: m.displacement))
    let isAbsent = m.displacement == 0 && base != 5
    let mode: UInt8 = isAbsent ? 0 : isShort ? 0x40 : 0x80
    let hasSIB = m.indexNumber != 4 || base == 4
    start[0] = mode | field | (hasSIB ? 4 : base)
    start[1] = m.scaleBits &<< 6 | (m.indexNumber & 7) &<< 3 | base
    let p = start + (hasSIB ? 2 : 1)
    UnsafeMutableRawPointer(p).storeBytes(of: m.displacement, as: Int32.self)
    return p + (isAbsent ? 0 : isShort ? 1 : 4)
  }

  /// The operand `[index * scale + displacement]` or one relative to the end of the instruction.
  private func putOperandWithoutBase(
    _ start: Place, _ field: UInt8, _ m: Address, immediateSize: UInt8
  ) -> Place {
    var displacement = m.displacement
    var p = start
    if let target = m.nearTarget {
      p.pointee = field | 5
      p += 1
      let end = UInt(bitPattern: p) &+ runtimeOffset &+ 4 &+ UInt(immediateSize)
      let distance = Int(bitPattern: target &- end)
      displacement = Int32(truncatingIfNeeded: distance)
      precondition(distance == Int(displacement), "target out of reach")
    } else {
      p[0] = field | 4
      p[1] = m.scaleBits &<< 6 | (m.indexNumber & 7) &<< 3 | 5
      p += 2
    }
    UnsafeMutableRawPointer(p).storeBytes(of: displacement, as: Int32.self)
    return p + 4
  }
}
