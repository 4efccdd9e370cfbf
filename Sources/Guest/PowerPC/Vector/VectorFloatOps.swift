import IR

/// Vector floating point as ops, under a status of the host for it alone: rounding to nearest, and
/// in non-Java mode with denormal operands and results as zeros, as the manual wants it.
///
/// What the host does in another way leaves for the instruction's own function: NaNs, whose choice
/// and sign are its business; and results of the least normal magnitude, for the host looks for
/// tininess after rounding.
extension Cpu {
  /// VD becomes what the host computes, unless an element is one that it is not trusted with.
  fileprivate func single(
    _ i: some VectorFields, _ suspects: FloatClass?, _ compute: () -> V128
  ) {
    use(.vector)
    let result = compute()
    if let suspects { leave(i, result, suspects) }
    self[i.VD] = result
  }

  private func leave(_ i: some VectorFields, _ result: V128, _ suspects: FloatClass) {
    let label = ir.newLabel()
    ir.brclass(.v128, suspects, result.temp, to: label)
    cold(label) {
      callSoftware(i.word)
      chain(to: address &+ 4)
    }
  }
}

/// VA and VB, to a sum or difference: one so small is exact.
func singleSum(_ opcode: Opcode) -> VectorOps<VX> {
  { cpu, i in cpu.single(i, .nan) { cpu[i.VA].singles(opcode, cpu[i.VB]) } }
}

/// VA and VB, to the greater or lesser. The host takes the second of two zeros, and of a number and
/// a NaN: both orders are asked.
func singleLimit(_ opcode: Opcode) -> VectorOps<VX> {
  { cpu, i in
    let a = cpu[i.VA], b = cpu[i.VB]
    cpu.single(i, .nan) {
      let one = a.singles(opcode, b), other = b.singles(opcode, a)
      let limit = opcode == .fmax_vec ? one & other : one | other
      return limit | a.relation(.unordered, b)
    }
  }
}

/// `VA * VC + VB`, or `-(VA * VC - VB)`.
func singleProduct(negated: Bool) -> VectorOps<VA> {
  { cpu, i in
    cpu.single(i, .nanOrLeast) {
      let sign = cpu.ir.v128(0x8000_0000, .e32)
      let addend = negated ? cpu[i.VB] ^ sign : cpu[i.VB]
      let result = cpu[i.VA].multiplied(cpu[i.VC], plus: addend)
      return negated ? result ^ sign : result
    }
  }
}

/// A function of VB.
func single(_ suspects: FloatClass?, _ function: @escaping @Sendable (Cpu, V128) -> V128)
  -> VectorOps<VX>
{
  { cpu, i in cpu.single(i, suspects) { function(cpu, cpu[i.VB]) } }
}

/// 1 as a single.
private let one: UInt64 = 0x3f80_0000

/// `1 / VB`.
let singleReciprocal = single(.nanOrLeast) { cpu, b in
  cpu.ir.v128(one, .e32).singles(.fdiv_vec, b)
}

/// `1 / sqrt(VB)`, rounded twice.
let singleReciprocalRoot = single(.nanOrLeast) { cpu, b in
  cpu.ir.v128(one, .e32).singles(.fdiv_vec, b.singles(.fsqrt_vec))
}

/// To an integer: 0 nearest, 1 down, 2 up, 3 toward zero.
func singleRounded(_ mode: UInt32) -> VectorOps<VX> {
  single(nil) { _, b in b.singles(.fround_vec, mode) }
}

/// A comparison of singles.
func singleRelation(_ relation: VectorRelation, swapped: Bool = false) -> VectorOps<VXR> {
  comparison { cpu, a, b in
    cpu.use(.vector)
    return swapped ? b.relation(relation, a) : a.relation(relation, b)
  }
}

/// 2 to the power of -31 to 31, as single.
private func power(_ exponent: Int) -> UInt64 { UInt64(127 + exponent) << 23 }

/// Integers divided by 2 to the power of UIMM: unsigned ones by halves, whose sum is rounded once.
func fromFixedPoint(signed: Bool) -> VectorOps<VX> {
  { cpu, i in
    cpu.single(i, nil) {
      let b = cpu[i.VB], scale = cpu.ir.v128(power(-i.UIMM), .e32)
      if signed { return b.singles(.cvt_i32_f32_vec).singles(.fmul_vec, scale) }
      let high = b.shiftedRight(16, .e32).singles(.cvt_i32_f32_vec)
      let low = (b & cpu.ir.v128(0xffff, .e32)).singles(.cvt_i32_f32_vec)
      return high.multiplied(cpu.ir.v128(power(16), .e32), plus: low).singles(.fmul_vec, scale)
    }
  }
}

/// Numbers times 2 to the power of UIMM as signed words. What does not fit has the host's "integer
/// indefinite", the lowest one: right for numbers below it, and the others are put right.
let toSignedFixedPoint: VectorOps<VX> = { cpu, i in
  cpu.use(.vector)
  let value = cpu[i.VB].singles(.fmul_vec, cpu.ir.v128(power(i.UIMM), .e32))
  let integer = value.singles(.cvt_f32_i32_vec)
  let limit = cpu.ir.v128(power(31), .e32)
  let above = limit.relation(.le, value)
  let below = value.relation(.lt, cpu.ir.v128(power(31) | 1 << 31, .e32))
  let before = V128(cpu.ir, cpu.ir.read(Globals.saturation))
  cpu.ir.write(Globals.saturation, (before | above | below).temp)
  cpu[i.VD] = (integer ^ above).andNot(value.relation(.unordered, value))
}

/// The same as unsigned words: numbers from 2^31 up by way of the rest above that.
let toUnsignedFixedPoint: VectorOps<VX> = { cpu, i in
  cpu.use(.vector)
  let value = cpu[i.VB].singles(.fmul_vec, cpu.ir.v128(power(i.UIMM), .e32))
  let half = cpu.ir.v128(power(31), .e32), zero = cpu.ir.v128(0)
  let isUpper = half.relation(.le, value)
  let integer = value.singles(.fsub_vec, half & isUpper).singles(.cvt_f32_i32_vec)
  let result = integer ^ (isUpper & cpu.ir.v128(1 << 31, .e32))
  let above = cpu.ir.v128(power(32), .e32).relation(.le, value)
  let below = value.relation(.le, cpu.ir.v128(power(0) | 1 << 31, .e32))
  let before = V128(cpu.ir, cpu.ir.read(Globals.saturation))
  cpu.ir.write(Globals.saturation, (before | above | below).temp)
  cpu[i.VD] = (result | above) & zero.relation(.le, value)
}

/// Bit 0 of an element says that VA's is above VB's, bit 1 that it is below the negative of it; or
/// that there is a NaN. Rc: 2 if no bit is set.
let recordedBounds: VectorOps<VXR> = { cpu, i in
  cpu.use(.vector)
  let a = cpu[i.VA], b = cpu[i.VB], first = cpu.ir.v128(0x8000_0000, .e32)
  let isAbove = a.relation(.nle, b) & first
  let isBelow = (b ^ first).relation(.nle, a) & cpu.ir.v128(0x4000_0000, .e32)
  let result = isAbove | isBelow
  cpu[i.VD] = result
  guard i.Rc else { return }
  let isInside = result.compare(.eq, cpu.ir.v128(0), .e32).mask
  func image(_ field: UInt32) -> I64 { cpu.ir.i64(ConditionField.image(field)) }
  cpu.setFieldImage(6, isInside.select(.eq, 0xffff, image(2), image(0)))
}
