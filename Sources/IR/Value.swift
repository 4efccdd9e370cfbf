/// A kind of value that handles are typed by.
public protocol ValueTag { static var type: ValueType { get } }
/// The tags of integers.
public protocol IntegerTag: ValueTag {}
/// The tags of scalar floating point.
public protocol FloatTag: ValueTag {}

/// The tag of 32-bit integers.
public enum I32Tag: IntegerTag { @inlinable public static var type: ValueType { .i32 } }
/// The tag of 64-bit integers.
public enum I64Tag: IntegerTag { @inlinable public static var type: ValueType { .i64 } }
/// The tag of single-precision numbers.
public enum F32Tag: FloatTag { @inlinable public static var type: ValueType { .f32 } }
/// The tag of double-precision numbers.
public enum F64Tag: FloatTag { @inlinable public static var type: ValueType { .f64 } }

/// A 32-bit integer under construction.
public typealias I32 = Value<I32Tag>
/// A 64-bit integer under construction.
public typealias I64 = Value<I64Tag>
/// A single-precision number under construction.
public typealias F32 = Value<F32Tag>
/// A double-precision number under construction.
public typealias F64 = Value<F64Tag>

/// A value under construction: a trivial handle that knows its builder, so that `a + b` appends
/// exactly an `add` and yields its result. Operations on constants are done at once.
public struct Value<Tag: ValueTag> {
  /// Where ops go.
  public let builder: Builder
  /// The temp that holds it.
  public let temp: TempIndex

  /// The value that a temp of the builder's block holds.
  @inlinable public init(_ builder: Builder, _ temp: TempIndex) {
    self.builder = builder
    self.temp = temp
  }

  /// The value if it is a constant.
  @inlinable public var constant: UInt64? { builder.block.constantValue(temp) }
}

extension Value where Tag: IntegerTag {
  @inlinable func op(_ opcode: Opcode) -> Self {
    if let a = constant { return make(opcode.evaluate(a, 0, width: Tag.type.bits)) }
    return Self(builder, builder.emit1(opcode, Tag.type, result: Tag.type, temp))
  }

  @inlinable func op(_ opcode: Opcode, _ b: Self) -> Self {
    if let x = constant, let y = b.constant {
      return make(opcode.evaluate(x, y, width: Tag.type.bits))
    }
    return Self(builder, builder.emit2(opcode, Tag.type, result: Tag.type, temp, b.temp))
  }

  @inlinable func op(_ opcode: Opcode, _ k: Int) -> Self {
    op(opcode, make(UInt64(bitPattern: Int64(k))))
  }

  @inlinable func make(_ value: UInt64) -> Self {
    Self(builder, builder.block.constant(Tag.type, value))
  }

  /// The sum; of zero and another value it is that value.
  @inlinable public static func + (a: Self, b: Self) -> Self {
    a.constant == 0 ? b : b.constant == 0 ? a : a.op(.add, b)
  }
  /// The difference.
  @inlinable public static func - (a: Self, b: Self) -> Self { a.op(.sub, b) }
  /// The low half of the product.
  @inlinable public static func * (a: Self, b: Self) -> Self { a.op(.mul, b) }
  /// The bits that are set in both.
  @inlinable public static func & (a: Self, b: Self) -> Self { a.op(.and, b) }
  /// The bits that are set in either; of a value and zero it is that value.
  @inlinable public static func | (a: Self, b: Self) -> Self { b.constant == 0 ? a : a.op(.or, b) }
  /// The bits that differ; of a value and zero it is that value.
  @inlinable public static func ^ (a: Self, b: Self) -> Self { b.constant == 0 ? a : a.op(.xor, b) }
  /// All bits inverted.
  @inlinable public static prefix func ~ (a: Self) -> Self { a.op(.not) }
  /// The negated number, modulo the width.
  @inlinable public static prefix func - (a: Self) -> Self { a.op(.neg) }

  /// The sum with a constant.
  @inlinable public static func + (a: Self, k: Int) -> Self { k == 0 ? a : a.op(.add, k) }
  /// The difference, as a sum with the negated constant.
  @inlinable public static func - (a: Self, k: Int) -> Self { k == 0 ? a : a.op(.add, -k) }
  /// The low half of the product with a constant.
  @inlinable public static func * (a: Self, k: Int) -> Self { a.op(.mul, k) }
  /// The bits that are set in a constant too.
  @inlinable public static func & (a: Self, k: Int) -> Self { a.op(.and, k) }
  /// The bits that are set in the value or in a constant.
  @inlinable public static func | (a: Self, k: Int) -> Self { a.op(.or, k) }
  /// The bits that differ from a constant's.
  @inlinable public static func ^ (a: Self, k: Int) -> Self { a.op(.xor, k) }
  /// Shifted left by a constant less than the width.
  @inlinable public static func << (a: Self, k: Int) -> Self { k == 0 ? a : a.op(.shl, k) }

  /// `a & ~b`.
  @inlinable public func andNot(_ b: Self) -> Self { op(.andc, b) }
  /// `a | ~b`.
  @inlinable public func orNot(_ b: Self) -> Self { op(.orc, b) }
  /// `~(a ^ b)`.
  @inlinable public func equivalent(_ b: Self) -> Self { op(.eqv, b) }
  /// `~(a & b)`.
  @inlinable public func nand(_ b: Self) -> Self { op(.nand, b) }
  /// `~(a | b)`.
  @inlinable public func nor(_ b: Self) -> Self { op(.nor, b) }

  /// Shifted left by a constant, or by a value that is less than the width.
  @inlinable public func shiftedLeft(_ n: Self) -> Self { op(.shl, n) }
  /// Shifted right, zeros coming in.
  @inlinable public func shiftedRight(_ n: Self) -> Self { op(.shr, n) }
  /// Shifted right by a constant, zeros coming in.
  @inlinable public func shiftedRight(_ n: Int) -> Self { n == 0 ? self : op(.shr, n) }
  /// Shifted right, the sign coming in.
  @inlinable public func shiftedRightSigned(_ n: Self) -> Self { op(.sar, n) }
  /// Shifted right by a constant, the sign coming in.
  @inlinable public func shiftedRightSigned(_ n: Int) -> Self { n == 0 ? self : op(.sar, n) }
  /// Rotated left by a constant.
  @inlinable public func rotatedLeft(_ n: Int) -> Self { n == 0 ? self : op(.rotl, n) }
  /// Rotated left by a value, modulo the width.
  @inlinable public func rotatedLeft(_ n: Self) -> Self { op(.rotl, n) }

  /// The high half of the unsigned product.
  @inlinable public func multipliedHighUnsigned(_ b: Self) -> Self { op(.muluh, b) }
  /// The high half of the signed product.
  @inlinable public func multipliedHighSigned(_ b: Self) -> Self { op(.mulsh, b) }
  /// Signed quotient; the divisor must not be zero, nor -1 with the most negative dividend.
  @inlinable public func dividedSigned(by b: Self) -> Self { op(.divs, b) }
  /// Unsigned quotient; the divisor must not be zero.
  @inlinable public func dividedUnsigned(by b: Self) -> Self { op(.divu, b) }

  /// Number of leading zero bits, or `ifZero` when there is no one.
  @inlinable public func leadingZeros(ifZero: Int) -> Self { op(.clz, ifZero) }

  /// 1 if the comparison holds, else 0.
  @inlinable public func test(_ condition: Condition, _ b: Self) -> Self {
    Self(
      builder,
      builder.emit2(
        .setcond, Tag.type, result: Tag.type, temp, b.temp, condition: condition))
  }
  /// 1 if the comparison with a constant holds, else 0.
  @inlinable public func test(_ condition: Condition, _ k: Int) -> Self {
    test(condition, make(UInt64(bitPattern: Int64(k))))
  }

  /// `self <condition> b ? x : y`.
  @inlinable public func select<T>(_ condition: Condition, _ b: Self, _ x: Value<T>, _ y: Value<T>)
    -> Value<T>
  {
    Value<T>(
      builder,
      builder.movcond(Tag.type, result: T.type, condition, temp, b.temp, x.temp, y.temp))
  }
  /// `self <condition> k ? x : y`.
  @inlinable public func select<T>(_ condition: Condition, _ k: Int, _ x: Value<T>, _ y: Value<T>)
    -> Value<T>
  {
    select(condition, make(UInt64(bitPattern: Int64(k))), x, y)
  }

  /// `length` bits of `field`, put in place of those from bit `offset` up.
  @inlinable public func deposit(_ field: Self, at offset: Int, length: Int) -> Self {
    Self(
      builder,
      builder.emit2(
        .deposit, Tag.type, result: Tag.type, temp, field.temp,
        constant: UInt32(truncatingIfNeeded: offset),
        constant2: UInt32(truncatingIfNeeded: length)))
  }
  /// `length` bits from bit `offset` up, zero-extended.
  @inlinable public func extract(at offset: Int, length: Int) -> Self {
    Self(
      builder,
      builder.emit1(
        .extract, Tag.type, result: Tag.type, temp, constant: UInt32(truncatingIfNeeded: offset),
        constant2: UInt32(truncatingIfNeeded: length)))
  }
  /// `length` bits from bit `offset` up, sign-extended.
  @inlinable public func extractSigned(at offset: Int, length: Int) -> Self {
    Self(
      builder,
      builder.emit1(
        .sextract, Tag.type, result: Tag.type, temp, constant: UInt32(truncatingIfNeeded: offset),
        constant2: UInt32(truncatingIfNeeded: length)))
  }

  // MARK: Carry chains

  /// The sum; the carry out of it is the hidden flag.
  @inlinable public func addingMakingCarry(_ b: Self) -> Self { op2(.addco, b) }
  /// The sum with the hidden carry, which it also makes anew.
  @inlinable public func addingWithCarry(_ b: Self) -> Self { op2(.addcio, b) }
  /// The sum with the hidden carry, which ends here.
  @inlinable public func addingCarry(_ b: Self) -> Self { op2(.addci, b) }
  @inlinable func op2(_ opcode: Opcode, _ b: Self) -> Self {
    Self(builder, builder.emit2(opcode, Tag.type, result: Tag.type, temp, b.temp))
  }
}

extension I32 {
  /// Sign-extended to 64 bits.
  @inlinable public var signExtended: I64 {
    I64(builder, builder.emit1(.ext_i32_i64, .i64, result: .i64, temp))
  }
  /// Zero-extended to 64 bits.
  @inlinable public var zeroExtended: I64 {
    I64(builder, builder.emit1(.extu_i32_i64, .i64, result: .i64, temp))
  }
  /// The bits as a single-precision number.
  @inlinable public var asFloat: F32 {
    F32(builder, builder.emit1(.ibits_f32, .f32, result: .f32, temp))
  }
}

extension I64 {
  /// The low 32 bits.
  @inlinable public var low: I32 {
    I32(builder, builder.emit1(.extrl_i64_i32, .i32, result: .i32, temp))
  }
  /// The high 32 bits.
  @inlinable public var high: I32 {
    I32(builder, builder.emit1(.extrh_i64_i32, .i32, result: .i32, temp))
  }
  /// The bits as a double-precision number.
  @inlinable public var asFloat: F64 {
    F64(builder, builder.emit1(.ibits_f64, .f64, result: .f64, temp))
  }
}

extension F64 {
  /// The bits as an integer.
  @inlinable public var bits: I64 {
    I64(builder, builder.emit1(.fbits_i64, .i64, result: .i64, temp))
  }

  /// `self` if a number is at least zero, of either sign; else, and for a NaN, `other`.
  @inlinable public func chosen(ifAtLeastZero number: F64, else other: F64) -> F64 {
    F64(builder, builder.emit3(.fsel, .f64, number.temp, temp, other.temp))
  }
}

extension F32 {
  /// The bits as an integer.
  @inlinable public var bits: I32 {
    I32(builder, builder.emit1(.fbits_i32, .i32, result: .i32, temp))
  }
}

extension Value where Tag: FloatTag {
  /// The negated number: only the sign bit changes.
  @inlinable public var negated: Self {
    Self(builder, builder.emit1(.fneg, Tag.type, result: Tag.type, temp))
  }
  /// The magnitude: only the sign bit changes.
  @inlinable public var magnitude: Self {
    Self(builder, builder.emit1(.fabs, Tag.type, result: Tag.type, temp))
  }
}

extension Builder {
  /// A 32-bit constant.
  @inlinable public func i32(_ value: Int) -> I32 {
    I32(self, block.constant(.i32, UInt64(bitPattern: Int64(value))))
  }
  /// A 64-bit constant.
  @inlinable public func i64(_ value: UInt64) -> I64 { I64(self, block.constant(.i64, value)) }
}
