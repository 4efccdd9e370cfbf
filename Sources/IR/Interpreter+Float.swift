import CSys

/// Floating-point ops that leave their mark in the host's status.
extension Interpreter {
  /// Does an op by the host's own instruction: the flags that it raises are added to the status
  /// that env keeps.
  func computeFloat(_ op: Op, _ a: UInt64, _ b: UInt64, _ c: UInt64, _ place: Int) {
    assign(op.output(0), rounded(op.opcode, op.type == .f32, a, b, c, place))
  }

  /// What the host makes of an op's operands.
  /// - Parameter place: the offset of the status in env, if it is there.
  func rounded(
    _ opcode: Opcode, _ isSingle: Bool, _ a: UInt64, _ b: UInt64, _ c: UInt64, _ place: Int?
  ) -> UInt64 {
    var status: UInt32 = 0x1f80
    if let place { status = env.load(fromByteOffset: place, as: UInt32.self) }
    let single: Int32 = isSingle ? 1 : 0
    let result =
      switch opcode {
      case .fadd: csys_fadd(single, a, b, &status)
      case .fsub: csys_fsub(single, a, b, &status)
      case .fmul: csys_fmul(single, a, b, &status)
      case .fdiv: csys_fdiv(single, a, b, &status)
      case .fsqrt: csys_fsqrt(single, a, &status)
      case .fma: csys_fma(single, a, b, c, &status)
      case .fms: csys_fma(single, a, b, Opcode.negated(c, width: isSingle ? 32 : 64), &status)
      case .cvt_f64_f32: csys_cvt_f64_f32(a, &status)
      case .cvt_i64_f64: csys_cvt_i64_f64(a, &status)
      case .cvt_f64_i32: csys_cvt_f64_i32(a, &status)
      case .cvtr_f64_i32: csys_cvtr_f64_i32(a, &status)
      default: csys_cvt_f64_i64(a, &status)
      }
    if let place { env.storeBytes(of: status, toByteOffset: place, as: UInt32.self) }
    return result
  }
}

extension Interpreter {
  /// Whether `brextreme` leaves.
  func isExtreme(_ op: Op) -> Bool {
    let result = input(op, 0), operands = [input(op, 1), input(op, 2)]
    guard FloatClass.extreme.holds(result, op.type) else { return false }
    let type: ValueType = op.suspect == .rounded ? .f64 : op.type
    if op.suspect == .sum {
      let comesOfInfinity = operands.contains { !isFinite($0, type) }
      return isHuge(result, type) && (FloatClass.nan.holds(result, type) || !comesOfInfinity)
    }
    let comesOfZero = operands.contains { isZero($0, type) }
    return !(isZero(result, op.type) && comesOfZero)
  }

  /// Does `brnarrow`.
  /// - Returns: whether there is such a single.
  func narrow(_ op: Op) -> Bool {
    let bits = input(op, 0)
    let single = Float(Double(bitPattern: bits))
    guard Double(single).bitPattern == bits else { return false }
    assign(op.output(0), UInt64(single.bitPattern))
    return true
  }

  /// Whether a number is zero, of either sign.
  private func isZero(_ bits: UInt64, _ type: ValueType) -> Bool {
    bits & (type == .f32 ? 0x7fff_ffff : ~(1 << 63)) == 0
  }

  private func isFinite(_ bits: UInt64, _ type: ValueType) -> Bool {
    type == .f32
      ? Float(bitPattern: UInt32(truncatingIfNeeded: bits)).isFinite
      : Double(bitPattern: bits).isFinite
  }

  /// Whether the exponent is one of the two greatest.
  private func isHuge(_ bits: UInt64, _ type: ValueType) -> Bool {
    type == .f32 ? bits >> 24 & 0x7f == 0x7f : bits >> 53 & 0x3ff == 0x3ff
  }
}

extension Interpreter {
  /// Sets RC of the status that env keeps (Intel SDM, volume 1, 10.2.3).
  func setRounding(_ mode: UInt32) {
    guard let floatStatus else { return }
    let status = env.load(fromByteOffset: floatStatus, as: UInt32.self)
    env.storeBytes(of: status & ~0x6000 | mode << 13, toByteOffset: floatStatus, as: UInt32.self)
  }

  /// Sets the status that env keeps.
  func setFloatStatus(_ status: UInt32) {
    guard let floatStatus else { return }
    env.storeBytes(of: status, toByteOffset: floatStatus, as: UInt32.self)
  }
}

extension Opcode {
  /// Whether the op rounds, and so may raise flags of the floating-point status.
  public var leavesFloatStatus: Bool {
    switch self {
    case .fadd, .fsub, .fmul, .fdiv, .fsqrt, .fma, .fms, .cvt_f64_f32, .cvt_i64_f64, .cvt_f64_i32,
      .cvt_f64_i64, .cvtr_f64_i32, .fadd_lanes, .fsub_lanes, .fmul_lanes, .fma_lanes:
      true
    default: false
    }
  }
}

extension FloatClass {
  /// Whether a value of a type, as bits, belongs to the class.
  public func holds(_ bits: UInt64, _ type: ValueType) -> Bool {
    let isSingle = type == .f32
    let magnitude = isSingle ? bits & 0x7fff_ffff : bits & ~(1 << 63)
    let infinity: UInt64 = isSingle ? 0x7f80_0000 : 0x7ff0_0000_0000_0000
    let leastNormal: UInt64 = isSingle ? 0x0080_0000 : 0x0010_0000_0000_0000
    return switch self {
    case .nan: magnitude > infinity
    case .extreme: magnitude < 2 * leastNormal || magnitude >= infinity - leastNormal
    case .nanOrLeast: magnitude > infinity || magnitude == leastNormal
    case .clearSingle: bits >> 30 & 1 == 0
    case .clearDouble: bits >> 62 & 1 == 0
    }
  }
}
