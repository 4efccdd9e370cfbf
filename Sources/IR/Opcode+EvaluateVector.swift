/// The executable definition of the pure ops of 128 bits that compute with integers.
extension Op {
  /// What a vector op makes of its operands; nil for an op of another kind.
  func evaluate(_ a: VectorBits, _ b: VectorBits, _ c: VectorBits) -> VectorBits? {
    switch opcode {
    case .and: return VectorBits(low: a.low & b.low, high: a.high & b.high)
    case .or: return VectorBits(low: a.low | b.low, high: a.high | b.high)
    case .xor: return VectorBits(low: a.low ^ b.low, high: a.high ^ b.high)
    case .andc: return VectorBits(low: a.low & ~b.low, high: a.high & ~b.high)
    case .extract2: return VectorBits(bits: a.bits, b.bits, from: constant)
    case .ordinary_lanes: return a.keeping(b)
    case .concat_i64_v128: return VectorBits(low: a.low, high: b.low)
    case .perm_vec: return permuted(a, b, c)
    case .madd_vec: return multipliedPairs(a, b)
    case .mulhrs_vec: return multipliedFractions(a, b)
    case .packs_vec, .packus_vec: return packed(a, b)
    default: break
    }
    switch VectorElement(rawValue: constant) {
    case .e8: return lanes(a, b, SIMD16<UInt8>.self, SIMD16<Int8>.self)
    case .e16: return lanes(a, b, SIMD8<UInt16>.self, SIMD8<Int16>.self)
    case .e32: return lanes(a, b, SIMD4<UInt32>.self, SIMD4<Int32>.self)
    case nil: return nil
    }
  }

  /// The ops that treat element by element.
  private func lanes<U: SIMD, S: SIMD>(_ a: VectorBits, _ b: VectorBits, _: U.Type, _: S.Type)
    -> VectorBits?
  where
    U.Scalar: FixedWidthInteger & UnsignedInteger, S.Scalar: FixedWidthInteger & SignedInteger
  {
    let x = a.elements(U.self), y = b.elements(U.self)
    let sx = a.elements(S.self), sy = b.elements(S.self)
    func unsigned(_ f: (U.Scalar, U.Scalar) -> U.Scalar) -> VectorBits {
      var r = x
      for n in x.indices { r[n] = f(x[n], y[n]) }
      return VectorBits(r)
    }
    func signed(_ f: (S.Scalar, S.Scalar) -> S.Scalar) -> VectorBits {
      var r = sx
      for n in sx.indices { r[n] = f(sx[n], sy[n]) }
      return VectorBits(r)
    }
    let count = U.Scalar(truncatingIfNeeded: constant2)
    switch opcode {
    case .add_vec: return unsigned { $0 &+ $1 }
    case .sub_vec: return unsigned { $0 &- $1 }
    case .mul_vec: return unsigned { $0 &* $1 }
    case .usadd_vec: return unsigned { $0.saturated($0.addingReportingOverflow($1), .max) }
    case .ussub_vec: return unsigned { $0.saturated($0.subtractingReportingOverflow($1), .min) }
    case .ssadd_vec:
      return signed { $0.saturated($0.addingReportingOverflow($1), $0 < 0 ? .min : .max) }
    case .sssub_vec:
      return signed { $0.saturated($0.subtractingReportingOverflow($1), $0 < 0 ? .min : .max) }
    case .umin_vec: return unsigned(min)
    case .umax_vec: return unsigned(max)
    case .smin_vec: return signed(min)
    case .smax_vec: return signed(max)
    case .avg_vec: return unsigned { ($0 | $1) &- ($0 ^ $1) / 2 }
    case .cmp_vec:
      let width = U.Scalar.bitWidth
      return unsigned { condition.holds(UInt64($0), UInt64($1), width: width) ? .max : 0 }
    case .shli_vec: return unsigned { a, _ in a << count }
    case .shri_vec: return unsigned { a, _ in a >> count }
    case .sari_vec: return signed { a, _ in a >> count }
    case .shlv_vec: return unsigned { $0 << $1 }
    case .shrv_vec: return unsigned { $0 >> $1 }
    case .sarv_vec: return signed { $0 >> U.Scalar(truncatingIfNeeded: $1) }
    case .dup_vec:
      return VectorBits(U(repeating: U.Scalar(truncatingIfNeeded: a.low)))
    case .splat_vec:
      return VectorBits(U(repeating: x[x.scalarCount - 1 - Int(constant2) % x.scalarCount]))
    case .iota_vec:
      var r = x
      for n in x.indices { r[n] = U.Scalar(truncatingIfNeeded: x.scalarCount - 1 - n) }
      return VectorBits(r)
    case .mrgh_vec, .mrgl_vec:
      var r = x
      let first = opcode == .mrgh_vec ? x.scalarCount / 2 : 0
      for n in 0..<x.scalarCount / 2 { (r[2 * n], r[2 * n + 1]) = (y[first + n], x[first + n]) }
      return VectorBits(r)
    default: return nil
    }
  }

  /// Each byte: that of a and b, concatenated, which the low five bits of c name from the left.
  private func permuted(_ a: VectorBits, _ b: VectorBits, _ c: VectorBits) -> VectorBits {
    let x = a.bytes, y = b.bytes
    var r = c
    for n in 0..<16 {
      let number = Int(c.bytes[n])
      r.bytes[n] = number & 16 == 0 ? x[15 - number & 15] : y[15 - number & 15]
    }
    return r
  }

  /// Each word: the sum of the products of its two signed halfwords.
  private func multipliedPairs(_ a: VectorBits, _ b: VectorBits) -> VectorBits {
    let x = a.elements(SIMD8<Int16>.self), y = b.elements(SIMD8<Int16>.self)
    var r = SIMD4<Int32>()
    for n in 0..<4 {
      r[n] = Int32(x[2 * n]) * Int32(y[2 * n]) &+ Int32(x[2 * n + 1]) * Int32(y[2 * n + 1])
    }
    return VectorBits(r)
  }

  /// Each halfword: the product of two signed ones, rounded to its upper 17 bits, of which the
  /// highest is lost: that of fractions of 15 bits.
  private func multipliedFractions(_ a: VectorBits, _ b: VectorBits) -> VectorBits {
    let x = a.elements(SIMD8<Int16>.self), y = b.elements(SIMD8<Int16>.self)
    var r = SIMD8<Int16>()
    for n in 0..<8 {
      r[n] = Int16(truncatingIfNeeded: (Int32(x[n]) * Int32(y[n]) + 0x4000) >> 15)
    }
    return VectorBits(r)
  }

  /// The signed elements of a (to the left) and b as ones of half their width, saturated.
  private func packed(_ a: VectorBits, _ b: VectorBits) -> VectorBits {
    let isSigned = opcode == .packs_vec
    if constant == VectorElement.e16.rawValue {
      let x = a.elements(SIMD8<Int16>.self), y = b.elements(SIMD8<Int16>.self)
      var r = SIMD16<UInt8>()
      for n in 0..<16 {
        let value = n < 8 ? y[n] : x[n - 8]
        r[n] = isSigned ? UInt8(bitPattern: Int8(clamping: value)) : UInt8(clamping: value)
      }
      return VectorBits(r)
    }
    let x = a.elements(SIMD4<Int32>.self), y = b.elements(SIMD4<Int32>.self)
    var r = SIMD8<UInt16>()
    for n in 0..<8 {
      let value = n < 4 ? y[n] : x[n - 4]
      r[n] = isSigned ? UInt16(bitPattern: Int16(clamping: value)) : UInt16(clamping: value)
    }
    return VectorBits(r)
  }
}

extension VectorBits {
  /// The bits that are set here and differ from the next in words of another.
  fileprivate func keeping(_ other: VectorBits) -> VectorBits {
    let x = elements(SIMD4<UInt32>.self), y = other.elements(SIMD4<UInt32>.self)
    return VectorBits(x & (y ^ (y &+ y)))
  }

  /// All bits as a number.
  fileprivate var bits: UInt128 { UInt128(high) << 64 | UInt128(low) }

  /// 128 bits of `high` and `low`, from bit `offset` of `low` up.
  fileprivate init(bits low: UInt128, _ high: UInt128, from offset: UInt32) {
    let offset = UInt128(offset)
    let result = offset == 0 ? low : low >> offset | high << (128 - offset)
    self.init(
      low: UInt64(truncatingIfNeeded: result), high: UInt64(truncatingIfNeeded: result >> 64))
  }
}

extension FixedWidthInteger {
  /// A sum or difference, or a limit where it does not fit.
  fileprivate func saturated(
    _ result: (partialValue: Self, overflow: Bool), _ limit: Self
  ) -> Self {
    result.overflow ? limit : result.partialValue
  }
}
