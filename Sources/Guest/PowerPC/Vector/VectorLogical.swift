import IR

/// AltiVec PEM, 4.2.1.4: vector integer compare.
let vectorIntegerCompare: [Instruction] = [
  .comparison(
    "vcmpequb[.]", "Vector Compare Equal To Unsigned Byte", .VXR(6), ops: comparing(.eq, .e8)
  ) {
    comparing($0, $1) { (a: UInt8, b) in a == b }
  },
  .comparison(
    "vcmpequh[.]", "Vector Compare Equal To Unsigned Halfword", .VXR(70), ops: comparing(.eq, .e16)
  ) {
    comparing($0, $1) { (a: UInt16, b) in a == b }
  },
  .comparison(
    "vcmpequw[.]", "Vector Compare Equal To Unsigned Word", .VXR(134), ops: comparing(.eq, .e32)
  ) {
    comparing($0, $1) { (a: UInt32, b) in a == b }
  },
  .comparison(
    "vcmpgtub[.]", "Vector Compare Greater Than Unsigned Byte", .VXR(518), ops: comparing(.gtu, .e8)
  ) {
    comparing($0, $1) { (a: UInt8, b) in a > b }
  },
  .comparison(
    "vcmpgtuh[.]", "Vector Compare Greater Than Unsigned Halfword", .VXR(582),
    ops: comparing(.gtu, .e16)
  ) {
    comparing($0, $1) { (a: UInt16, b) in a > b }
  },
  .comparison(
    "vcmpgtuw[.]", "Vector Compare Greater Than Unsigned Word", .VXR(646),
    ops: comparing(.gtu, .e32)
  ) {
    comparing($0, $1) { (a: UInt32, b) in a > b }
  },
  .comparison(
    "vcmpgtsb[.]", "Vector Compare Greater Than Signed Byte", .VXR(774), ops: comparing(.gt, .e8)
  ) {
    comparing($0, $1) { (a: Int8, b) in a > b }
  },
  .comparison(
    "vcmpgtsh[.]", "Vector Compare Greater Than Signed Halfword", .VXR(838),
    ops: comparing(.gt, .e16)
  ) {
    comparing($0, $1) { (a: Int16, b) in a > b }
  },
  .comparison(
    "vcmpgtsw[.]", "Vector Compare Greater Than Signed Word", .VXR(902), ops: comparing(.gt, .e32)
  ) {
    comparing($0, $1) { (a: Int32, b) in a > b }
  },
]

/// AltiVec PEM, 4.2.1.5: vector logical.
let vectorLogical: [Instruction] = [
  .vector("vand", "Vector Logical AND", .VX(1028), ops: pairs { $0 & $1 }) {
    lanes($0, $1) { (a: UInt64, b) in a & b }
  },
  .vector("vandc", "Vector Logical AND with Complement", .VX(1092), ops: pairs { $0.andNot($1) }) {
    lanes($0, $1) { (a: UInt64, b) in a & ~b }
  },
  .vector("vor", "Vector Logical OR", .VX(1156), ops: pairs { $0 | $1 }) {
    lanes($0, $1) { (a: UInt64, b) in a | b }
  },
  .vector("vxor", "Vector Logical XOR", .VX(1220), ops: pairs { $0 ^ $1 }) {
    lanes($0, $1) { (a: UInt64, b) in a ^ b }
  },
  .vector("vnor", "Vector Logical NOR", .VX(1284), ops: pairs { $0.nor($1) }) {
    lanes($0, $1) { (a: UInt64, b) in ~(a | b) }
  },
]

/// AltiVec PEM, 4.2.1.6: vector integer rotate and shift.
let vectorShift: [Instruction] = [
  .vector("vrlb", "Vector Rotate Left Byte", .VX(4), ops: pairs { $0.rotatedBytes(by: $1) }) {
    lanes($0, $1) { (a: UInt8, b) in a &<< b | a &>> (0 &- b) }
  },
  .vector(
    "vrlh", "Vector Rotate Left Halfword", .VX(68), ops: pairs { $0.rotatedHalfwords(by: $1) }
  ) {
    lanes($0, $1) { (a: UInt16, b) in a &<< b | a &>> (0 &- b) }
  },
  .vector(
    "vrlw", "Vector Rotate Left Word", .VX(132), ops: pairs { $0.rotatedWords(by: $1) }
  ) {
    lanes($0, $1) { (a: UInt32, b) in a &<< b | a &>> (0 &- b) }
  },
  .vector(
    "vslb", "Vector Shift Left Byte", .VX(260), ops: pairs { $0.shiftedBytes(.shlv_vec, by: $1) }
  ) {
    lanes($0, $1) { (a: UInt8, b) in a &<< b }
  },
  .vector(
    "vslh", "Vector Shift Left Halfword", .VX(324),
    ops: pairs { $0.shiftedHalfwords(.shlv_vec, by: $1) }
  ) {
    lanes($0, $1) { (a: UInt16, b) in a &<< b }
  },
  .vector(
    "vslw", "Vector Shift Left Word", .VX(388), ops: pairs { $0.shifted(.shlv_vec, by: $1) }
  ) {
    lanes($0, $1) { (a: UInt32, b) in a &<< b }
  },
  .vector(
    "vsrb", "Vector Shift Right Byte", .VX(516), ops: pairs { $0.shiftedBytes(.shrv_vec, by: $1) }
  ) {
    lanes($0, $1) { (a: UInt8, b) in a &>> b }
  },
  .vector(
    "vsrh", "Vector Shift Right Halfword", .VX(580),
    ops: pairs { $0.shiftedHalfwords(.shrv_vec, by: $1) }
  ) {
    lanes($0, $1) { (a: UInt16, b) in a &>> b }
  },
  .vector(
    "vsrw", "Vector Shift Right Word", .VX(644), ops: pairs { $0.shifted(.shrv_vec, by: $1) }
  ) {
    lanes($0, $1) { (a: UInt32, b) in a &>> b }
  },
  .vector(
    "vsrab", "Vector Shift Right Algebraic Byte", .VX(772),
    ops: pairs { $0.shiftedBytes(.sarv_vec, by: $1) }
  ) {
    lanes($0, $1) { (a: Int8, b) in a &>> b }
  },
  .vector(
    "vsrah", "Vector Shift Right Algebraic Halfword", .VX(836),
    ops: pairs { $0.shiftedHalfwords(.sarv_vec, by: $1) }
  ) {
    lanes($0, $1) { (a: Int16, b) in a &>> b }
  },
  .vector(
    "vsraw", "Vector Shift Right Algebraic Word", .VX(900),
    ops: pairs { $0.shifted(.sarv_vec, by: $1) }
  ) {
    lanes($0, $1) { (a: Int32, b) in a &>> b }
  },
  .vector(
    "vsl", "Vector Shift Left", .VX(452), ops: pairs { $0.shiftedBits(by: $1, left: true) }
  ) { shifting($0, $1) { a, b in a &<< (b & 7) } },
  .vector(
    "vsr", "Vector Shift Right", .VX(708), ops: pairs { $0.shiftedBits(by: $1, left: false) }
  ) { shifting($0, $1) { a, b in a &>> (b & 7) } },
  .vector(
    "vslo", "Vector Shift Left by Octet", .VX(1036),
    ops: pairs { $0.shiftedOctets(by: $1, left: true) }
  ) {
    shifting($0, $1) { a, b in a &<< (b & 0x78) }
  },
  .vector(
    "vsro", "Vector Shift Right by Octet", .VX(1100),
    ops: pairs { $0.shiftedOctets(by: $1, left: false) }
  ) {
    shifting($0, $1) { a, b in a &>> (b & 0x78) }
  },
  .vector(
    "vsldoi", "Vector Shift Left Double by Octet Immediate", .VA(44), "VD, VA, VB, SHB",
    ops: { cpu, i in
      let a = cpu[i.VA]
      cpu[i.VD] = i.SHB == 0 ? a : a.concatenated(cpu[i.VB], from: 128 - 8 * i.SHB)
    }
  ) {
    shiftLeftDouble($0, $1)
  },
]

/// VD is VA, shifted by a part of the last byte of VB.
@inline(__always)
private func shifting(
  _ env: UnsafeMutableRawPointer, _ word: UInt64, _ function: (UInt128, UInt128) -> UInt128
) -> UInt64 {
  let unit = VectorUnit(env, word)
  unit.setVD(Vector(bits: function(unit.VA.bits, UInt128(unit.VB.low & 0xff))))
  return 0
}

/// VD is what begins at byte `SHB` of VA and VB, concatenated.
@inline(__always)
private func shiftLeftDouble(_ env: UnsafeMutableRawPointer, _ word: UInt64) -> UInt64 {
  let unit = VectorUnit(env, word)
  let shift = UInt128(8 &* unit.i.SHB)
  let left = unit.VA.bits &<< shift
  unit.setVD(Vector(bits: shift == 0 ? left : left | unit.VB.bits &>> (128 &- shift)))
  return 0
}
