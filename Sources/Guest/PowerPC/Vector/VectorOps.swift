import IR

/// The shapes that vector instructions have as ops: what stands as `ops:` in the tables.

/// VD is a function of VA and VB.
func pairs(_ function: @escaping @Sendable (V128, V128) -> V128) -> VectorOps<VX> {
  { cpu, i in cpu[i.VD] = function(cpu[i.VA], cpu[i.VB]) }
}

/// Each element of VD is what an op makes of those of VA and VB.
func elements(_ opcode: Opcode, _ e: VectorElement) -> VectorOps<VX> {
  pairs { a, b in a.elements(opcode, b, e) }
}

/// VD is a function of VB and UIMM.
func unary(_ function: @escaping @Sendable (V128, Int) -> V128) -> VectorOps<VX> {
  { cpu, i in cpu[i.VD] = function(cpu[i.VB], i.UIMM) }
}

/// VD is a function of VA, VB and VC.
func triple(_ function: @escaping @Sendable (V128, V128, V128) -> V128) -> VectorOps<VA> {
  { cpu, i in cpu[i.VD] = function(cpu[i.VA], cpu[i.VB], cpu[i.VC]) }
}

/// VD is a function of VA and VB that may saturate: the result, and what is not zero if it did.
func saturating(
  _ function: @escaping @Sendable (V128, V128) -> (result: V128, lost: V128)
) -> VectorOps<VX> {
  { cpu, i in cpu.saturate(i.VD, function(cpu[i.VA], cpu[i.VB])) }
}

/// VD is a function of VA, VB and VC that may saturate.
func saturatingTriple(
  _ function: @escaping @Sendable (V128, V128, V128) -> (result: V128, lost: V128)
) -> VectorOps<VA> {
  { cpu, i in cpu.saturate(i.VD, function(cpu[i.VA], cpu[i.VB], cpu[i.VC])) }
}

extension Cpu {
  /// Assigns a result that may have saturated; SAT collects what is not zero if it did.
  fileprivate func saturate(_ target: VR, _ value: (result: V128, lost: V128)) {
    let before = V128(ir, ir.read(Globals.saturation))
    ir.write(Globals.saturation, (before | value.lost).temp)
    self[target] = value.result
  }
}

/// Bytes and halfwords: an op that saturates, and the one that does not.
func saturating(_ opcode: Opcode, _ modulo: Opcode, _ e: VectorElement) -> VectorOps<VX> {
  saturating { a, b in
    let result = a.elements(opcode, b, e)
    return (result, result ^ a.elements(modulo, b, e))
  }
}

/// Words: there are no ops that saturate.
extension V128 {
  /// The sum, modulo.
  func add(_ b: V128) -> V128 { elements(.add_vec, b, .e32) }
  /// The difference, modulo.
  func subtract(_ b: V128) -> V128 { elements(.sub_vec, b, .e32) }
  private var signs: V128 { shiftedRightSigned(31, .e32) }

  /// The carry out of the sum: 0 or 1.
  func carry(adding b: V128) -> V128 { compare(.gtu, ~b, .e32).shiftedRight(31, .e32) }

  /// The carry out of the difference: 0 where there is a borrow.
  func carry(subtracting b: V128) -> V128 {
    b.compare(.gtu, self, .e32).add(builder.v128(1, .e32))
  }

  /// The sum, or all ones where there is a carry.
  func addingUnsigned(_ b: V128) -> (result: V128, lost: V128) {
    let result = elements(.umin_vec, ~b, .e32).add(b)
    return (result, result ^ add(b))
  }

  /// The difference, or zero where it is below that.
  func subtractingUnsigned(_ b: V128) -> (result: V128, lost: V128) {
    let result = elements(.umax_vec, b, .e32).subtract(b)
    return (result, result ^ subtract(b))
  }

  /// The sum, or the limit on the side of its sign.
  func addingSigned(_ b: V128) -> (result: V128, lost: V128) {
    let sum = add(b)
    return limited(sum, ((self ^ sum) & (b ^ sum)).signs)
  }

  /// The difference, or the limit on the side of its sign.
  func subtractingSigned(_ b: V128) -> (result: V128, lost: V128) {
    let difference = subtract(b)
    return limited(difference, ((self ^ b) & (self ^ difference)).signs)
  }

  /// The limit on the side of each word's sign.
  var limit: V128 { signs ^ builder.v128(0x7fff_ffff, .e32) }

  private func limited(_ result: V128, _ overflow: V128) -> (result: V128, lost: V128) {
    (limit.chosen(by: overflow, else: result), overflow)
  }

  /// Half the sum of words plus one, without the carry being lost.
  func average(_ b: V128, signed: Bool) -> V128 {
    let half =
      signed ? (self ^ b).shiftedRightSigned(1, .e32) : (self ^ b).shiftedRight(1, .e32)
    return (self | b).subtract(half)
  }

  /// Half the sum of signed bytes or halfwords plus one: that of unsigned ones, moved by half their
  /// range.
  func averageSigned(_ b: V128, _ e: VectorElement) -> V128 {
    let bias = builder.v128(1 << UInt64(8 * e.bytes - 1), e)
    return (self ^ bias).elements(.avg_vec, b ^ bias, e) ^ bias
  }

  // MARK: Halves of elements

  /// The even parts of elements (those to the left), or the odd ones, as elements.
  func part(odd: Bool, signed: Bool, _ whole: VectorElement) -> V128 {
    let bits = 4 * whole.bytes
    let source = odd ? shiftedLeft(bits, whole) : self
    if !odd || signed {
      return signed ? source.shiftedRightSigned(bits, whole) : source.shiftedRight(bits, whole)
    }
    return self & builder.v128(1 << UInt64(bits) - 1, whole)
  }

  /// The products of even or odd parts: of signed halfwords, the sum with that of zero and the other.
  func multipliedParts(_ b: V128, odd: Bool, signed: Bool, _ whole: VectorElement) -> V128 {
    if signed && whole == .e32 {
      let low = builder.v128(0xffff, .e32)
      return (odd ? self & low : andNot(low)).elements(.madd_vec, b, .e16)
    }
    return part(odd: odd, signed: signed, whole).elements(
      .mul_vec, b.part(odd: odd, signed: signed, whole), whole)
  }

  /// To each word the sum of the products of its bytes, those of `self` signed or not.
  func multipliedBytes(_ b: V128, signed: Bool) -> V128 {
    func products(odd: Bool) -> V128 {
      part(odd: odd, signed: signed, .e16)
        .elements(.madd_vec, b.part(odd: odd, signed: false, .e16), .e16)
    }
    return products(odd: false).add(products(odd: true))
  }

  /// To each word the sum of the products of its unsigned halfwords.
  func multipliedHalfwords(_ b: V128) -> V128 {
    multipliedParts(b, odd: false, signed: false, .e32)
      .add(multipliedParts(b, odd: true, signed: false, .e32))
  }

  /// To each word the sum of its bytes.
  func summedBytes(signed: Bool) -> V128 {
    part(odd: false, signed: signed, .e16)
      .elements(.add_vec, part(odd: true, signed: signed, .e16), .e16).summedHalfwords
  }

  /// To each word the sum of its signed halfwords.
  var summedHalfwords: V128 { elements(.madd_vec, builder.v128(1, .e16), .e16) }

  // MARK: Shifts

  /// Words shifted by the last five bits of those of `b`.
  func shifted(_ opcode: Opcode, by b: V128) -> V128 {
    elements(opcode, b & builder.v128(31, .e32), .e32)
  }

  /// Words rotated left; a shift by 32 gives zero.
  func rotatedWords(by b: V128) -> V128 {
    let count = b & builder.v128(31, .e32)
    return elements(.shlv_vec, count, .e32)
      | elements(.shrv_vec, builder.v128(32, .e32).subtract(count), .e32)
  }

  /// Halfwords shifted by the last four bits of those of `b`: each as the half of a word.
  func shiftedHalfwords(_ opcode: Opcode, by b: V128) -> V128 {
    let low = builder.v128(0xffff, .e32)
    let count = b & builder.v128(15, .e16)
    let isLeft = opcode == .shlv_vec, signed = opcode == .sarv_vec
    let right = isLeft ? self : part(odd: true, signed: signed, .e32)
    let odd = right.elements(opcode, count & low, .e32)
    let even = andNot(low).elements(opcode, count.shiftedRight(16, .e32), .e32)
    return odd.chosen(by: low, else: even)
  }

  /// Halfwords rotated left: each as a word of itself, twice.
  func rotatedHalfwords(by b: V128) -> V128 {
    let low = builder.v128(0xffff, .e32)
    let count = b & builder.v128(15, .e16)
    func rotated(_ twice: V128, _ count: V128) -> V128 { twice.elements(.shlv_vec, count, .e32) }
    let right = part(odd: true, signed: false, .e32)
    let odd = rotated(right | right.shiftedLeft(16, .e32), count & low).shiftedRight(16, .e32)
    let left = andNot(low)
    let even = rotated(left | left.shiftedRight(16, .e32), count.shiftedRight(16, .e32))
    return odd | even.andNot(low)
  }

  /// Bytes shifted by the last three bits of those of `b`: each as the half of a halfword.
  func shiftedBytes(_ opcode: Opcode, by b: V128) -> V128 {
    let low = builder.v128(0xff, .e16)
    let count = b & builder.v128(7, .e8)
    let right =
      opcode == .shlv_vec ? self : part(odd: true, signed: opcode == .sarv_vec, .e16)
    let odd = right.shiftedHalfwords(opcode, by: count & low)
    let even = andNot(low).shiftedHalfwords(opcode, by: count.shiftedRight(8, .e16))
    return odd.chosen(by: low, else: even)
  }

  /// Bytes rotated left.
  func rotatedBytes(by b: V128) -> V128 {
    let rest = builder.v128(8, .e8).elements(.sub_vec, b & builder.v128(7, .e8), .e8)
    return shiftedBytes(.shlv_vec, by: b) | shiftedBytes(.shrv_vec, by: rest)
  }

  /// All bits shifted left, or right, by the last three bits of `b`.
  func shiftedBits(by b: V128, left: Bool) -> V128 {
    let zero = builder.v128(0)
    let count = b.splat(3, .e32) & builder.v128(7, .e32)
    let rest = builder.v128(32, .e32).subtract(count)
    if left {
      return elements(.shlv_vec, count, .e32)
        | concatenated(zero, from: 96).elements(.shrv_vec, rest, .e32)
    }
    return elements(.shrv_vec, count, .e32)
      | zero.concatenated(self, from: 32).elements(.shlv_vec, rest, .e32)
  }

  /// All bytes shifted left, or right, by the number in bits 121 to 124 of `b`.
  func shiftedOctets(by b: V128, left: Bool) -> V128 {
    let zero = builder.v128(0), numbers = builder.numbers(.e8)
    let count = (b.shiftedRight(3, .e16) & builder.v128(15, .e8)).splat(15, .e8)
    if left { return permuted(zero, numbers.elements(.add_vec, count, .e8)) }
    let first = builder.v128(16, .e8).elements(.sub_vec, count, .e8)
    return zero.permuted(self, numbers.elements(.add_vec, first, .e8))
  }

  // MARK: Packing

  /// The low halves of the elements of `self` and `b`.
  func packedModulo(_ b: V128, _ e: VectorElement) -> V128 {
    let low = builder.v128(1 << UInt64(4 * e.bytes) - 1, e)
    return (self & low).elements(.packus_vec, b & low, e)
  }

  /// The elements as ones of half their width, saturated: from signed ones to `lowest` up to
  /// `greatest`, or from unsigned ones.
  func packedSaturating(_ b: V128, _ e: VectorElement, signed: Bool, toSigned: Bool)
    -> (result: V128, lost: V128)
  {
    let bits = UInt64(4 * e.bytes - (toSigned ? 1 : 0))
    let greatest = builder.v128(1 << bits - 1, e)
    let lowest = toSigned ? ~greatest : builder.v128(0)
    func limit(_ x: V128) -> V128 {
      if !signed { return x.elements(.umin_vec, greatest, e) }
      return x.elements(.smin_vec, greatest, e).elements(.smax_vec, lowest, e)
    }
    let left = limit(self), right = limit(b)
    let result = left.elements(toSigned ? .packs_vec : .packus_vec, right, e)
    return (result, (left ^ self) | (right ^ b))
  }

  /// Pixels of 32 bits as ones of 16: one bit, three times the upper five of eight.
  func packedPixels(_ b: V128) -> V128 {
    let left = shiftedRight(16, .e32).elements(.packus_vec, b.shiftedRight(16, .e32), .e32)
    let right = packedModulo(b, .e32)
    let red = left.shiftedRight(3, .e16).shiftedLeft(10, .e16)
    let green = right.shiftedRight(11, .e16).shiftedLeft(5, .e16)
    let blue = right.shiftedLeft(8, .e16).shiftedRight(11, .e16)
    return red | green | blue
  }

  /// Pixels of 16 bits, of the left or right half, as ones of 32: the bit eight times, three times
  /// five bits in eight.
  func unpackedPixels(left: Bool) -> V128 {
    func color(_ first: Int) -> V128 { shiftedLeft(11 - first, .e16).shiftedRight(11, .e16) }
    let upper = shiftedRightSigned(15, .e16).shiftedLeft(8, .e16) | color(10)
    let lower = color(5).shiftedLeft(8, .e16) | color(0)
    return upper.elements(left ? .mrgh_vec : .mrgl_vec, lower, .e16)
  }

  /// The signed elements of the left or right half as ones of twice their width.
  func unpacked(left: Bool, _ e: VectorElement) -> V128 {
    let whole: VectorElement = e == .e8 ? .e16 : .e32
    return elements(left ? .mrgh_vec : .mrgl_vec, self, e)
      .shiftedRightSigned(8 * e.bytes, whole)
  }
}

/// Each element of VD is all ones where those of VA and VB compare so.
func comparing(_ relation: Condition, _ e: VectorElement) -> VectorOps<VXR> {
  comparison { _, a, b in a.compare(relation, b, e) }
}

/// A comparison. Rc: 8 if the relation holds everywhere, 2 if it holds nowhere, else 0.
func comparison(_ function: @escaping @Sendable (Cpu, V128, V128) -> V128) -> VectorOps<VXR> {
  { cpu, i in
    let result = function(cpu, cpu[i.VA], cpu[i.VB])
    cpu[i.VD] = result
    guard i.Rc else { return }
    let mask = result.mask
    func image(_ field: UInt32) -> I64 { cpu.ir.i64(ConditionField.image(field)) }
    let some = mask.select(.eq, 0, image(2), image(0))
    cpu.setFieldImage(6, mask.select(.eq, 0xffff, image(8), some))
  }
}
