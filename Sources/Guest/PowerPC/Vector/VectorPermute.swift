import IR

/// AltiVec PEM, 4.2.5.1 and 4.2.5.2: vector pack and unpack.
let vectorPack: [Instruction] = [
  .vector(
    "vpkuhum", "Vector Pack Unsigned Halfword Unsigned Modulo", .VX(14),
    ops: pairs { $0.packedModulo($1, .e16) }
  ) {
    packing($0, $1) { (a: UInt16, _) in UInt8(truncatingIfNeeded: a) }
  },
  .vector(
    "vpkuwum", "Vector Pack Unsigned Word Unsigned Modulo", .VX(78),
    ops: pairs { $0.packedModulo($1, .e32) }
  ) {
    packing($0, $1) { (a: UInt32, _) in UInt16(truncatingIfNeeded: a) }
  },
  .vector(
    "vpkuhus", "Vector Pack Unsigned Halfword Unsigned Saturate", .VX(142),
    ops: saturating { $0.packedSaturating($1, .e16, signed: false, toSigned: false) }
  ) {
    packing($0, $1) { (a: UInt16, unit) in saturate(Int64(a), unit, as: UInt8.self) }
  },
  .vector(
    "vpkuwus", "Vector Pack Unsigned Word Unsigned Saturate", .VX(206),
    ops: saturating { $0.packedSaturating($1, .e32, signed: false, toSigned: false) }
  ) {
    packing($0, $1) { (a: UInt32, unit) in saturate(Int64(a), unit, as: UInt16.self) }
  },
  .vector(
    "vpkshus", "Vector Pack Signed Halfword Unsigned Saturate", .VX(270),
    ops: saturating { $0.packedSaturating($1, .e16, signed: true, toSigned: false) }
  ) {
    packing($0, $1) { (a: Int16, unit) in saturate(Int64(a), unit, as: UInt8.self) }
  },
  .vector(
    "vpkswus", "Vector Pack Signed Word Unsigned Saturate", .VX(334),
    ops: saturating { $0.packedSaturating($1, .e32, signed: true, toSigned: false) }
  ) {
    packing($0, $1) { (a: Int32, unit) in saturate(Int64(a), unit, as: UInt16.self) }
  },
  .vector(
    "vpkshss", "Vector Pack Signed Halfword Signed Saturate", .VX(398),
    ops: saturating { $0.packedSaturating($1, .e16, signed: true, toSigned: true) }
  ) {
    packing($0, $1) { (a: Int16, unit) in saturate(Int64(a), unit, as: Int8.self) }
  },
  .vector(
    "vpkswss", "Vector Pack Signed Word Signed Saturate", .VX(462),
    ops: saturating { $0.packedSaturating($1, .e32, signed: true, toSigned: true) }
  ) {
    packing($0, $1) { (a: Int32, unit) in saturate(Int64(a), unit, as: Int16.self) }
  },
  .vector("vpkpx", "Vector Pack Pixel32", .VX(782), ops: pairs { $0.packedPixels($1) }) {
    packing($0, $1) { (a: UInt32, _) in pixel16(a) }
  },
  .vector(
    "vupkhsb", "Vector Unpack High Signed Byte", .VX(526), "VD, VB",
    ops: unary { b, _ in b.unpacked(left: true, .e8) }
  ) {
    unpacking($0, $1, half: 0) { (b: Int8) in Int16(b) }
  },
  .vector(
    "vupkhsh", "Vector Unpack High Signed Halfword", .VX(590), "VD, VB",
    ops: unary { b, _ in b.unpacked(left: true, .e16) }
  ) {
    unpacking($0, $1, half: 0) { (b: Int16) in Int32(b) }
  },
  .vector(
    "vupkhpx", "Vector Unpack High Pixel16", .VX(846), "VD, VB",
    ops: unary { b, _ in b.unpackedPixels(left: true) }
  ) {
    unpacking($0, $1, half: 0) { (b: UInt16) in pixel32(b) }
  },
  .vector(
    "vupklsb", "Vector Unpack Low Signed Byte", .VX(654), "VD, VB",
    ops: unary { b, _ in b.unpacked(left: false, .e8) }
  ) {
    unpacking($0, $1, half: 1) { (b: Int8) in Int16(b) }
  },
  .vector(
    "vupklsh", "Vector Unpack Low Signed Halfword", .VX(718), "VD, VB",
    ops: unary { b, _ in b.unpacked(left: false, .e16) }
  ) {
    unpacking($0, $1, half: 1) { (b: Int16) in Int32(b) }
  },
  .vector(
    "vupklpx", "Vector Unpack Low Pixel16", .VX(974), "VD, VB",
    ops: unary { b, _ in b.unpackedPixels(left: false) }
  ) {
    unpacking($0, $1, half: 1) { (b: UInt16) in pixel32(b) }
  },
]

/// AltiVec PEM, 4.2.5.3 to 4.2.5.6: vector merge, splat, permute and select.
let vectorPermute: [Instruction] = [
  .vector(
    "vmrghb", "Vector Merge High Byte", .VX(12), ops: elements(.mrgh_vec, .e8)
  ) { merging($0, $1, UInt8.self, half: 0) },
  .vector(
    "vmrghh", "Vector Merge High Halfword", .VX(76), ops: elements(.mrgh_vec, .e16)
  ) {
    merging($0, $1, UInt16.self, half: 0)
  },
  .vector(
    "vmrghw", "Vector Merge High Word", .VX(140), ops: elements(.mrgh_vec, .e32)
  ) { merging($0, $1, UInt32.self, half: 0) },
  .vector(
    "vmrglb", "Vector Merge Low Byte", .VX(268), ops: elements(.mrgl_vec, .e8)
  ) { merging($0, $1, UInt8.self, half: 1) },
  .vector(
    "vmrglh", "Vector Merge Low Halfword", .VX(332), ops: elements(.mrgl_vec, .e16)
  ) {
    merging($0, $1, UInt16.self, half: 1)
  },
  .vector(
    "vmrglw", "Vector Merge Low Word", .VX(396), ops: elements(.mrgl_vec, .e32)
  ) { merging($0, $1, UInt32.self, half: 1) },
  .vector(
    "vspltb", "Vector Splat Byte", .VX(524), "VD, VB, UIMM", ops: unary { $0.splat($1 & 15, .e8) }
  ) { splat($0, $1, UInt8.self) },
  .vector(
    "vsplth", "Vector Splat Halfword", .VX(588), "VD, VB, UIMM",
    ops: unary { $0.splat($1 & 7, .e16) }
  ) {
    splat($0, $1, UInt16.self)
  },
  .vector(
    "vspltw", "Vector Splat Word", .VX(652), "VD, VB, UIMM", ops: unary { $0.splat($1 & 3, .e32) }
  ) { splat($0, $1, UInt32.self) },
  Instruction("vspltisb", "Vector Splat Immediate Signed Byte", .VX(780), "VD, SIMM") { cpu, i in
    cpu.splat(Int8(i.SIMM), i.VD)
  },
  Instruction("vspltish", "Vector Splat Immediate Signed Halfword", .VX(844), "VD, SIMM") {
    cpu, i in
    cpu.splat(Int16(i.SIMM), i.VD)
  },
  Instruction("vspltisw", "Vector Splat Immediate Signed Word", .VX(908), "VD, SIMM") { cpu, i in
    cpu.splat(Int32(i.SIMM), i.VD)
  },
  .vector(
    "vperm", "Vector Permute", .VA(43), "VD, VA, VB, VC",
    ops: triple { a, b, c in a.permuted(b, c) }
  ) { permute($0, $1) },
  .vector(
    "vsel", "Vector Select", .VA(42), "VD, VA, VB, VC",
    ops: triple { a, b, c in b.chosen(by: c, else: a) }
  ) {
    triples($0, $1) { (a: UInt64, b, c, _) in a & ~c | b & c }
  },
]

extension Cpu {
  /// Every element of a register becomes a number.
  fileprivate func splat<Element: FixedWidthInteger>(_ number: Element, _ target: VR) {
    let value = Vector { _ in number }
    self[target] =
      context.pointee.hasVectors
      ? ir.v128(value.low) : ir.i64(value.high).concatenated(ir.i64(value.low))
  }
}

/// A pixel of 32 bits as one of 16: one bit, three times the upper five of eight.
private func pixel16(_ pixel: UInt32) -> UInt16 {
  UInt16(truncatingIfNeeded: pixel &>> 9 & 0xfc00 | pixel &>> 6 & 0x3e0 | pixel &>> 3 & 0x1f)
}

/// A pixel of 16 bits as one of 32: the bit eight times, three times five bits in eight.
private func pixel32(_ pixel: UInt16) -> UInt32 {
  let bits = UInt32(pixel)
  let first: UInt32 = bits &>> 15 == 0 ? 0 : 0xff00_0000
  return first | (bits &>> 10 & 31) &<< 16 | (bits &>> 5 & 31) &<< 8 | bits & 31
}

/// VD is the elements of one half of VA and VB by turns.
@inline(__always)
private func merging<Element: FixedWidthInteger>(
  _ env: UnsafeMutableRawPointer, _ word: UInt64, _: Element.Type, half: Int
) -> UInt64 {
  let first = half &* (64 / Element.bitWidth)
  return selecting(env, word) { VA, VB, n -> Element in
    (n & 1 == 0 ? VA : VB).element(first &+ n &>> 1)
  }
}

/// Every element of VD is that of VB whose number is UIMM, modulo the number of elements.
@inline(__always)
private func splat<Element: FixedWidthInteger>(
  _ env: UnsafeMutableRawPointer, _ word: UInt64, _: Element.Type
) -> UInt64 {
  let unit = VectorUnit(env, word)
  let number = unit.i.UIMM & (128 / Element.bitWidth &- 1)
  let element = unit.VB.element(number, as: Element.self)
  unit.setVD(Vector { _ in element })
  return 0
}

/// Each byte of VD is that of VA and VB, concatenated, which the last five bits of that of VC name.
@inline(__always)
private func permute(_ env: UnsafeMutableRawPointer, _ word: UInt64) -> UInt64 {
  let unit = VectorUnit(env, word)
  let VA = unit.VA, VB = unit.VB, VC = unit.VC
  unit.setVD(
    Vector { n in
      let number = Int(VC.element(n, as: UInt8.self))
      return (number & 16 == 0 ? VA : VB).element(number & 15, as: UInt8.self)
    })
  return 0
}
