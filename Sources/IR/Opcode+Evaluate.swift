extension Opcode {
  /// The value of a pure op with one or two integer operands, of `width` bits each.
  ///
  /// Operands and result are zero-extended from `width`, which may be any number up to 64: the
  /// rule tests enumerate ops at eight bits. Shift and rotate counts are taken modulo the width.
  @inlinable public func evaluate(_ a: UInt64, _ b: UInt64, width: Int) -> UInt64 {
    let mask: UInt64 = width == 64 ? ~0 : (1 &<< UInt64(width)) &- 1
    return unmasked(a, b, width: width) & mask
  }

  @inlinable func unmasked(_ a: UInt64, _ b: UInt64, width: Int) -> UInt64 {
    let count = b & UInt64(width &- 1)
    switch self {
    case .mov, .extu_i32_i64, .extrl_i64_i32, .fbits_i32, .fbits_i64, .ibits_f32, .ibits_f64:
      return a
    case .add: return a &+ b
    case .sub: return a &- b
    case .neg: return 0 &- a
    case .mul: return a &* b
    case .and: return a & b
    case .or: return a | b
    case .xor: return a ^ b
    case .not: return ~a
    case .andc: return a & ~b
    case .orc: return a | ~b
    case .eqv: return ~(a ^ b)
    case .nand: return ~(a & b)
    case .nor: return ~(a | b)
    case .shl: return a &<< count
    case .shr: return a &>> count
    case .sar: return UInt64(bitPattern: Self.signed(a, width) &>> Int64(bitPattern: count))
    case .rotl: return Self.rotate(a, left: count, width)
    case .rotr: return Self.rotate(a, left: (UInt64(width) &- count) & UInt64(width &- 1), width)
    default: return unmaskedRare(a, b, width: width)
    }
  }

  @usableFromInline func unmaskedRare(_ a: UInt64, _ b: UInt64, width: Int) -> UInt64 {
    switch self {
    case .muluh: return Self.highUnsigned(a, b, width)
    case .mulsh: return Self.highSigned(a, b, width)
    case .divs: return UInt64(bitPattern: Self.divide(a, b, width).quotient)
    case .rems: return UInt64(bitPattern: Self.divide(a, b, width).remainder)
    case .divu: return b == 0 ? 0 : a / b
    case .remu: return b == 0 ? 0 : a % b
    case .clz: return a == 0 ? b : UInt64(a.leadingZeroBitCount &- (64 &- width))
    case .ctz: return a == 0 ? b : UInt64(a.trailingZeroBitCount)
    case .ctpop: return UInt64(a.nonzeroBitCount)
    case .ext_i32_i64: return UInt64(bitPattern: Self.signed(a, 32))
    case .extrh_i64_i32: return a &>> 32
    case .bswap16: return UInt64(UInt16(truncatingIfNeeded: a).byteSwapped)
    case .bswap32: return UInt64(UInt32(truncatingIfNeeded: a).byteSwapped)
    case .bswap64: return a.byteSwapped
    case .fneg: return a ^ 1 &<< UInt64(width &- 1)
    case .fabs: return a & ~(1 &<< UInt64(width &- 1))
    default: return evaluateFloat(a, b, width: width)
    }
  }

  /// The floating-point ops, in the host's round-to-nearest arithmetic.
  private func evaluateFloat(_ a: UInt64, _ b: UInt64, width: Int) -> UInt64 {
    let x = Double(bitPattern: a)
    switch self {
    case .fadd, .fsub, .fmul, .fdiv, .fsqrt, .fcmp:
      guard width == 64 else { return evaluateSingle(a, b) }
      let y = Double(bitPattern: b)
      switch self {
      case .fadd: return (x + y).bitPattern
      case .fsub: return (x - y).bitPattern
      case .fmul: return (x * y).bitPattern
      case .fdiv: return (x / y).bitPattern
      case .fsqrt: return x.squareRoot().bitPattern
      default: return x > y ? 1 : x == y ? 0 : .max
      }
    case .ext_f32_f64: return Opcode.extended(UInt32(truncatingIfNeeded: a))
    case .cvt_f32_f64: return Double(Float(bitPattern: UInt32(truncatingIfNeeded: a))).bitPattern
    case .cvt_f64_f32: return UInt64(Float(x).bitPattern)
    case .cvt_i32_f64: return Double(Int32(truncatingIfNeeded: a)).bitPattern
    case .cvt_i64_f64: return Double(Int64(bitPattern: a)).bitPattern
    case .cvt_f64_i32:
      return UInt64(UInt32(bitPattern: Int32(exactly: x.rounded(.towardZero)) ?? .min))
    case .cvtr_f64_i32:
      return UInt64(UInt32(bitPattern: Int32(exactly: x.rounded(.toNearestOrEven)) ?? .min))
    case .cvt_f64_i64: return UInt64(bitPattern: Int64(exactly: x.rounded(.towardZero)) ?? .min)
    default: return 0
    }
  }

  private func evaluateSingle(_ a: UInt64, _ b: UInt64) -> UInt64 {
    let x = Float(bitPattern: UInt32(truncatingIfNeeded: a))
    let y = Float(bitPattern: UInt32(truncatingIfNeeded: b))
    switch self {
    case .fadd: return UInt64((x + y).bitPattern)
    case .fsub: return UInt64((x - y).bitPattern)
    case .fmul: return UInt64((x * y).bitPattern)
    case .fdiv: return UInt64((x / y).bitPattern)
    default: return UInt64(x.squareRoot().bitPattern)
    }
  }

  // MARK: Parts

  @inlinable static func signed(_ a: UInt64, _ width: Int) -> Int64 {
    let shift = Int64(64 &- width)
    return (Int64(bitPattern: a) &<< shift) &>> shift
  }

  @inlinable static func rotate(_ a: UInt64, left count: UInt64, _ width: Int) -> UInt64 {
    count == 0 ? a : a &<< count | a &>> (UInt64(width) &- count)
  }

  private static func highUnsigned(_ a: UInt64, _ b: UInt64, _ width: Int) -> UInt64 {
    if width == 64 { return a.multipliedFullWidth(by: b).high }
    return (a &* b) &>> UInt64(width)
  }

  private static func highSigned(_ a: UInt64, _ b: UInt64, _ width: Int) -> UInt64 {
    if width == 64 {
      return UInt64(
        bitPattern: Int64(bitPattern: a).multipliedFullWidth(by: Int64(bitPattern: b)).high)
    }
    return UInt64(bitPattern: (signed(a, width) &* signed(b, width)) &>> Int64(width))
  }

  /// Signed division; 0 where the quotient does not exist or does not fit.
  private static func divide(
    _ a: UInt64, _ b: UInt64, _ width: Int
  ) -> (quotient: Int64, remainder: Int64) {
    let x = signed(a, width)
    let y = signed(b, width)
    if y == 0 || (y == -1 && x == Int64.min &>> Int64(64 &- width)) { return (0, 0) }
    return (x / y, x % y)
  }
}

extension Op {
  /// The results of a pure op that is not a carry op, from zero-extended operands.
  ///
  /// - Parameter a: the operands, in order; those that the op lacks are ignored.
  @inlinable public func evaluate(
    _ a: UInt64, _ b: UInt64, _ c: UInt64 = 0, _ d: UInt64 = 0, width: Int
  ) -> (UInt64, UInt64) {
    let mask: UInt64 = width == 64 ? ~0 : (1 &<< UInt64(width)) &- 1
    switch opcode {
    case .setcond: return (condition.holds(a, b, width: width) ? 1 : 0, 0)
    case .negsetcond: return (condition.holds(a, b, width: width) ? mask : 0, 0)
    case .movcond: return (condition.holds(a, b, width: width) ? c : d, 0)
    case .deposit, .extract, .sextract, .extract2, .mulu2, .muls2, .divs2, .divu2, .fma, .fms,
      .fsel,
      .bswap16, .bswap32:
      return evaluateRare(a, b, c, width: width)
    default: return (opcode.evaluate(a, b, width: width), 0)
    }
  }

  @usableFromInline func evaluateRare(
    _ a: UInt64, _ b: UInt64, _ c: UInt64, width: Int
  ) -> (UInt64, UInt64) {
    let mask: UInt64 = width == 64 ? ~0 : (1 &<< UInt64(width)) &- 1
    let offset = UInt64(constant)
    let field: UInt64 = constant2 >= 64 ? ~0 : (1 &<< UInt64(constant2)) &- 1
    switch opcode {
    case .deposit: return (a & ~(field &<< offset) | (b & field) &<< offset, 0)
    case .extract: return (a &>> offset & field, 0)
    case .sextract:
      return (UInt64(bitPattern: Opcode.signed(a &>> offset, Int(constant2))) & mask, 0)
    case .extract2:
      let high = offset == 0 ? 0 : b &<< (UInt64(width) &- offset)
      return ((a &>> offset | high) & mask, 0)
    case .mulu2: return (a &* b & mask, Opcode.muluh.evaluate(a, b, width: width))
    case .muls2: return (a &* b & mask, Opcode.mulsh.evaluate(a, b, width: width))
    case .bswap16, .bswap32: return (swapped(a, width: width), 0)
    case .fma: return (fused(a, b, c, width: width), 0)
    case .fms: return (fused(a, b, Opcode.negated(c, width: width), width: width), 0)
    case .fsel: return (Double(bitPattern: a) >= 0 ? b : c, 0)
    default: return divideDouble(a, b, c, width: width)
    }
  }

  /// Byte swap of a narrow value, whose constant says how the result is extended (bit 2: sign).
  private func swapped(_ a: UInt64, width: Int) -> UInt64 {
    let bits = opcode == .bswap16 ? 16 : 32
    let result = opcode.evaluate(a, 0, width: 64)
    guard constant & 4 != 0, bits < width else { return result }
    return UInt64(bitPattern: Opcode.signed(result, bits)) & (width == 64 ? ~0 : 0xffff_ffff)
  }

  private func fused(_ a: UInt64, _ b: UInt64, _ c: UInt64, width: Int) -> UInt64 {
    if width == 64 {
      return Double(bitPattern: c)
        .addingProduct(Double(bitPattern: a), Double(bitPattern: b)).bitPattern
    }
    let x = Float(bitPattern: UInt32(truncatingIfNeeded: a))
    let y = Float(bitPattern: UInt32(truncatingIfNeeded: b))
    return UInt64(Float(bitPattern: UInt32(truncatingIfNeeded: c)).addingProduct(x, y).bitPattern)
  }

  /// `divs2`, `divu2`: low, high, divisor to quotient, remainder; (0, 0) where x86 would fault.
  private func divideDouble(
    _ low: UInt64, _ high: UInt64, _ divisor: UInt64, width: Int
  ) -> (UInt64, UInt64) {
    let mask: UInt64 = width == 64 ? ~0 : (1 &<< UInt64(width)) &- 1
    if opcode == .divu2 {
      guard divisor != 0, high < divisor else { return (0, 0) }
      if width == 64 {
        let r = divisor.dividingFullWidth((high, low))
        return (r.quotient, r.remainder)
      }
      let dividend = high &<< UInt64(width) | low
      return (dividend / divisor & mask, dividend % divisor & mask)
    }
    let y = Int128(Opcode.signed(divisor, width))
    let x = Int128(Opcode.signed(high, width)) &<< Int128(width) | Int128(low)
    guard y != 0, y != -1 || x != Int128.min else { return (0, 0) }
    let quotient = UInt64(truncatingIfNeeded: x / y) & mask
    guard Int128(Opcode.signed(quotient, width)) == x / y else { return (0, 0) }
    return (quotient, UInt64(truncatingIfNeeded: x % y) & mask)
  }
}

/// The carry ops: results and the carry that they make.
extension Opcode {
  /// - Parameter carry: the carry (for `sub` ops the borrow) that comes in: 0 or 1.
  /// - Returns: the result and the carry or borrow out.
  @inlinable public func evaluateCarry(
    _ a: UInt64, _ b: UInt64, carry: UInt64, width: Int
  ) -> (UInt64, UInt64) {
    let mask: UInt64 = width == 64 ? ~0 : (1 &<< UInt64(width)) &- 1
    let isSubtract = rawValue >= Opcode.subbo.rawValue && rawValue <= Opcode.subbio.rawValue
    let given: UInt64 =
      switch self {
      case .addc1o, .subb1o: 1
      case .addco, .subbo: 0
      default: carry
      }
    if isSubtract {
      let result = (a &- b &- given) & mask
      return (result, a < b || (a == b && given != 0) ? 1 : 0)
    }
    let result = (a &+ b &+ given) & mask
    return (result, result < a || (result == a && given != 0) ? 1 : 0)
  }
}

extension Opcode {
  /// The double that a single is, as bits: NaNs keep theirs.
  public static func extended(_ bits: UInt32) -> UInt64 {
    guard bits & 0x7fff_ffff > 0x7f80_0000 else {
      return Double(Float(bitPattern: bits)).bitPattern
    }
    return UInt64(bits & 0x8000_0000) << 32 | 0x7ff0_0000_0000_0000
      | UInt64(bits & 0x007f_ffff) << 29
  }

  /// A number negated, as bits; a NaN as it is.
  static func negated(_ bits: UInt64, width: Int) -> UInt64 {
    let isSingle = width == 32
    let value =
      isSingle
      ? Double(Float(bitPattern: UInt32(truncatingIfNeeded: bits))) : Double(bitPattern: bits)
    return value.isNaN ? bits : bits ^ 1 << (isSingle ? 31 : 63)
  }
}
