/// The tags of vectors.
public protocol VectorTag: ValueTag {}

/// The tag of vectors of 128 bits.
public enum V128Tag: VectorTag { @inlinable public static var type: ValueType { .v128 } }
/// The tag of vectors of 256 bits.
public enum V256Tag: VectorTag { @inlinable public static var type: ValueType { .v256 } }
/// A vector of 128 bits under construction.
public typealias V128 = Value<V128Tag>

extension Value where Tag == V128Tag {
  // MARK: Bits

  private func op(_ opcode: Opcode, _ b: V128, _ constant: UInt32 = 0) -> V128 {
    V128(
      builder,
      builder.emit2(opcode, .v128, result: .v128, temp, b.temp, constant: constant))
  }

  private func op(_ opcode: Opcode, _ constant: UInt32 = 0, _ constant2: UInt32 = 0) -> V128 {
    V128(
      builder,
      builder.emit1(
        opcode, .v128, result: .v128, temp, constant: constant, constant2: constant2))
  }

  /// The bits that are set in both.
  public static func & (a: V128, b: V128) -> V128 { a.op(.and, b) }
  /// The bits that are set in either.
  public static func | (a: V128, b: V128) -> V128 { a.op(.or, b) }
  /// All bits inverted.
  public static prefix func ~ (a: V128) -> V128 { a ^ a.builder.v128(.max) }
  /// `a & ~b`.
  public func andNot(_ b: V128) -> V128 { op(.andc, b) }
  /// `~(a | b)`.
  public func nor(_ b: V128) -> V128 { ~(self | b) }

  /// 128 bits of `self` and `low`, concatenated, from bit `offset` of `low` up: a multiple of 8.
  public func concatenated(_ low: V128, from offset: Int) -> V128 {
    low.op(.extract2, self, UInt32(truncatingIfNeeded: offset))
  }

  /// The low half.
  public var low: I64 {
    I64(builder, builder.emit1(.extrl_v128_i64, .v128, result: .i64, temp))
  }
  /// The high half: the elements to the left.
  public var high: I64 {
    I64(builder, builder.emit1(.extrh_v128_i64, .v128, result: .i64, temp))
  }
  /// The uppermost bits of the bytes, those of the last byte lowest.
  public var mask: I32 {
    I32(builder, builder.emit1(.msk_vec, .v128, result: .i32, temp))
  }

  // MARK: Elements

  /// An op of two vectors, element by element.
  public func elements(_ opcode: Opcode, _ b: V128, _ e: VectorElement) -> V128 {
    op(opcode, b, e.rawValue)
  }

  /// All ones where the elements compare so, else zeros. The relation is eq, gt or gtu.
  public func compare(_ relation: Condition, _ b: V128, _ e: VectorElement) -> V128 {
    V128(
      builder,
      builder.emit2(
        .cmp_vec, .v128, result: .v128, temp, b.temp, condition: relation, constant: e.rawValue))
  }

  /// Every element shifted left by a constant less than its width.
  public func shiftedLeft(_ n: Int, _ e: VectorElement) -> V128 { shift(.shli_vec, n, e) }
  /// Every element shifted right, zeros coming in.
  public func shiftedRight(_ n: Int, _ e: VectorElement) -> V128 { shift(.shri_vec, n, e) }
  /// Every element shifted right, the sign coming in.
  public func shiftedRightSigned(_ n: Int, _ e: VectorElement) -> V128 { shift(.sari_vec, n, e) }

  private func shift(_ opcode: Opcode, _ n: Int, _ e: VectorElement) -> V128 {
    op(opcode, e.rawValue, UInt32(truncatingIfNeeded: n))
  }

  /// Every element becomes the one of a number, counted from the left.
  public func splat(_ number: Int, _ e: VectorElement) -> V128 {
    op(.splat_vec, e.rawValue, UInt32(truncatingIfNeeded: number))
  }

  /// The bytes of `self` and `b`, concatenated, that the low five bits of the bytes of `control`
  /// name, counted from the left.
  public func permuted(_ b: V128, _ control: V128) -> V128 {
    V128(builder, builder.emit3(.perm_vec, .v128, temp, b.temp, control.temp))
  }

  /// The bits of `self` where those of `mask` are set, else those of `other`.
  public func chosen(by mask: V128, else other: V128) -> V128 {
    (self & mask) | other.andNot(mask)
  }

  // MARK: Singles

  /// An op of two vectors of singles.
  public func singles(_ opcode: Opcode, _ b: V128) -> V128 { op(opcode, b) }
  /// An op of one vector of singles, with a constant for `fround_vec`.
  public func singles(_ opcode: Opcode, _ constant: UInt32 = 0) -> V128 { op(opcode, constant) }
  /// `self * b + c`, rounded once.
  public func multiplied(_ b: V128, plus c: V128) -> V128 {
    V128(builder, builder.emit3(.fma_vec, .v128, temp, b.temp, c.temp))
  }
  /// All ones where singles compare so, else zeros.
  public func relation(_ relation: VectorRelation, _ b: V128) -> V128 {
    op(.fcmp_vec, b, relation.rawValue)
  }
}

/// Scalar operations side by side.
extension Value where Tag: VectorTag {
  /// The bits that differ.
  public static func ^ (a: Self, b: Self) -> Self { a.lanes(.xor, b) }

  /// The single in a lane, counted from the right.
  public func single(_ lane: Int) -> F32 {
    F32(builder, number(.lane_f32, .f32, lane))
  }

  /// The double in a lane.
  public func double(_ lane: Int) -> F64 {
    F64(builder, number(.lane_f64, .f64, lane))
  }

  private func number(_ opcode: Opcode, _ type: ValueType, _ lane: Int) -> TempIndex {
    builder.emit1(
      opcode, Tag.type, result: type, temp, constant: UInt32(truncatingIfNeeded: lane))
  }

  private func lanes(_ opcode: Opcode, _ b: Self, _ constant: UInt32 = 0) -> Self {
    Self(
      builder,
      builder.emit2(opcode, Tag.type, result: Tag.type, temp, b.temp, constant: constant))
  }

  /// `fadd_lanes`, `fsub_lanes` or `fmul_lanes`.
  public func lanes(_ opcode: Opcode, _ b: Self, _ lanes: FloatLanes) -> Self {
    self.lanes(opcode, b, lanes.rawValue)
  }

  /// `self * b + c`, rounded once.
  public func multipliedLanes(_ b: Self, plus c: Self, _ lanes: FloatLanes) -> Self {
    Self(
      builder,
      builder.emit3(.fma_lanes, Tag.type, temp, b.temp, c.temp, constant: lanes.rawValue))
  }

  /// The bits that stay where numbers are ordinary (`ordinary_lanes`).
  public func kept(whereOrdinary numbers: Self) -> Self { lanes(.ordinary_lanes, numbers) }
}

extension Value where Tag: FloatTag {
  /// A vector of nothing else.
  public func inAllLanes<V: VectorTag>(_: V.Type = V.self) -> Value<V> {
    let opcode: Opcode = Tag.type == .f32 ? .dup_f32 : .dup_f64
    return Value<V>(builder, builder.emit1(opcode, V.type, result: V.type, temp))
  }
}

extension Value where Tag: IntegerTag {
  /// A vector whose every element is the low bits of a word.
  public func duplicated(_ e: VectorElement) -> V128 where Tag == I32Tag {
    V128(
      builder, builder.emit1(.dup_vec, .v128, result: .v128, temp, constant: e.rawValue))
  }

  /// A vector of two halves: `self` is the one to the left.
  public func concatenated(_ low: I64) -> V128 where Tag == I64Tag {
    V128(
      builder, builder.emit2(.concat_i64_v128, .v128, result: .v128, low.temp, temp))
  }
}

extension Builder {
  /// A constant of 64 bits, twice.
  public func v128(_ value: UInt64) -> V128 { vector(value) }

  /// A constant of 64 bits, as often as there is room.
  public func vector<V: VectorTag>(_ value: UInt64, _: V.Type = V.self) -> Value<V> {
    Value<V>(self, block.constant(V.type, value))
  }

  /// A constant of an element, as often as there is room.
  public func v128(_ value: UInt64, _ e: VectorElement) -> V128 {
    let bits = UInt64(8 * e.bytes)
    var all = value & (1 << bits - 1)
    for shift in [8, 16, 32] where UInt64(shift) >= bits { all |= all << UInt64(shift) }
    return v128(all)
  }

  /// The elements' own numbers, counted from the left.
  public func numbers(_ e: VectorElement) -> V128 {
    V128(self, define0(.iota_vec, .v128, constant: e.rawValue))
  }

  private func define0(_ opcode: Opcode, _ type: ValueType, constant: UInt32) -> TempIndex {
    var op = Op(opcode, type, outputs: 1, inputs: 0, constant: constant)
    let out = define(type)
    op.arguments[unchecked: 0] = out
    append(op)
    return out
  }
}
