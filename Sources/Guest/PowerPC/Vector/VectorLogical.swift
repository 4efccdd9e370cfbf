import IR

/// AltiVec PEM, 4.2.1.4: vector integer compare.
let vectorIntegerCompare: [Instruction] = [
  .comparison("vcmpequb[.]", "Vector Compare Equal To Unsigned Byte", .VXR(6)) {
    comparing($0, $1) { (a: UInt8, b) in a == b }
  },
  .comparison("vcmpequh[.]", "Vector Compare Equal To Unsigned Halfword", .VXR(70)) {
    comparing($0, $1) { (a: UInt16, b) in a == b }
  },
  .comparison("vcmpequw[.]", "Vector Compare Equal To Unsigned Word", .VXR(134)) {
    comparing($0, $1) { (a: UInt32, b) in a == b }
  },
  .comparison("vcmpgtub[.]", "Vector Compare Greater Than Unsigned Byte", .VXR(518)) {
    comparing($0, $1) { (a: UInt8, b) in a > b }
  },
  .comparison("vcmpgtuh[.]", "Vector Compare Greater Than Unsigned Halfword", .VXR(582)) {
    comparing($0, $1) { (a: UInt16, b) in a > b }
  },
  .comparison("vcmpgtuw[.]", "Vector Compare Greater Than Unsigned Word", .VXR(646)) {
    comparing($0, $1) { (a: UInt32, b) in a > b }
  },
  .comparison("vcmpgtsb[.]", "Vector Compare Greater Than Signed Byte", .VXR(774)) {
    comparing($0, $1) { (a: Int8, b) in a > b }
  },
  .comparison("vcmpgtsh[.]", "Vector Compare Greater Than Signed Halfword", .VXR(838)) {
    comparing($0, $1) { (a: Int16, b) in a > b }
  },
  .comparison("vcmpgtsw[.]", "Vector Compare Greater Than Signed Word", .VXR(902)) {
    comparing($0, $1) { (a: Int32, b) in a > b }
  },
]

/// AltiVec PEM, 4.2.1.5: vector logical.
let vectorLogical: [Instruction] = [
  Instruction("vand", "Vector Logical AND", .VX(1028), "VD, VA, VB") { cpu, i in
    cpu.combine(i) { a, b in a & b }
  },
  Instruction("vandc", "Vector Logical AND with Complement", .VX(1092), "VD, VA, VB") { cpu, i in
    cpu.combine(i) { a, b in a.andNot(b) }
  },
  Instruction("vor", "Vector Logical OR", .VX(1156), "VD, VA, VB") { cpu, i in
    cpu.combine(i) { a, b in a | b }
  },
  Instruction("vxor", "Vector Logical XOR", .VX(1220), "VD, VA, VB") { cpu, i in
    cpu.combine(i) { a, b in a ^ b }
  },
  Instruction("vnor", "Vector Logical NOR", .VX(1284), "VD, VA, VB") { cpu, i in
    cpu.combine(i) { a, b in a.nor(b) }
  },
]

/// AltiVec PEM, 4.2.1.6: vector integer rotate and shift.
let vectorShift: [Instruction] = [
  .vector("vrlb", "Vector Rotate Left Byte", .VX(4)) {
    lanes($0, $1) { (a: UInt8, b) in a &<< b | a &>> (0 &- b) }
  },
  .vector("vrlh", "Vector Rotate Left Halfword", .VX(68)) {
    lanes($0, $1) { (a: UInt16, b) in a &<< b | a &>> (0 &- b) }
  },
  .vector("vrlw", "Vector Rotate Left Word", .VX(132)) {
    lanes($0, $1) { (a: UInt32, b) in a &<< b | a &>> (0 &- b) }
  },
  .vector("vslb", "Vector Shift Left Byte", .VX(260)) {
    lanes($0, $1) { (a: UInt8, b) in a &<< b }
  },
  .vector("vslh", "Vector Shift Left Halfword", .VX(324)) {
    lanes($0, $1) { (a: UInt16, b) in a &<< b }
  },
  .vector("vslw", "Vector Shift Left Word", .VX(388)) {
    lanes($0, $1) { (a: UInt32, b) in a &<< b }
  },
  .vector("vsrb", "Vector Shift Right Byte", .VX(516)) {
    lanes($0, $1) { (a: UInt8, b) in a &>> b }
  },
  .vector("vsrh", "Vector Shift Right Halfword", .VX(580)) {
    lanes($0, $1) { (a: UInt16, b) in a &>> b }
  },
  .vector("vsrw", "Vector Shift Right Word", .VX(644)) {
    lanes($0, $1) { (a: UInt32, b) in a &>> b }
  },
  .vector("vsrab", "Vector Shift Right Algebraic Byte", .VX(772)) {
    lanes($0, $1) { (a: Int8, b) in a &>> b }
  },
  .vector("vsrah", "Vector Shift Right Algebraic Halfword", .VX(836)) {
    lanes($0, $1) { (a: Int16, b) in a &>> b }
  },
  .vector("vsraw", "Vector Shift Right Algebraic Word", .VX(900)) {
    lanes($0, $1) { (a: Int32, b) in a &>> b }
  },
  .vector("vsl", "Vector Shift Left", .VX(452)) { shifting($0, $1) { a, b in a &<< (b & 7) } },
  .vector("vsr", "Vector Shift Right", .VX(708)) { shifting($0, $1) { a, b in a &>> (b & 7) } },
  .vector("vslo", "Vector Shift Left by Octet", .VX(1036)) {
    shifting($0, $1) { a, b in a &<< (b & 0x78) }
  },
  .vector("vsro", "Vector Shift Right by Octet", .VX(1100)) {
    shifting($0, $1) { a, b in a &>> (b & 0x78) }
  },
  .vector("vsldoi", "Vector Shift Left Double by Octet Immediate", .VA(44), "VD, VA, VB, SHB") {
    shiftLeftDouble($0, $1)
  },
]

extension Cpu {
  /// A vector register: its most significant half and the other.
  subscript(register: VR) -> (high: I64, low: I64) {
    get { (half(2 * register.number), half(2 * register.number + 1)) }
    nonmutating set {
      setHalf(2 * register.number, newValue.high)
      setHalf(2 * register.number + 1, newValue.low)
    }
  }

  private func half(_ number: Int) -> I64 {
    I64(ir, ir.emit1(.ld, .i64, result: .i64, Block.env, constant: offset(ofHalf: number)))
  }

  private func setHalf(_ number: Int, _ value: I64) {
    ir.effect2(.st, .i64, value.temp, Block.env, constant: offset(ofHalf: number))
  }

  private func offset(ofHalf number: Int) -> UInt32 {
    UInt32(truncatingIfNeeded: PowerPCState.offset(\.vr) + 8 * number)
  }

  /// VD becomes a function of VA and VB, bit by bit.
  fileprivate func combine(_ i: VX, _ function: (I64, I64) -> I64) {
    let a = self[i.VA], b = self[i.VB]
    self[i.VD] = (function(a.high, b.high), function(a.low, b.low))
  }
}

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
