import CSys

/// The ops of vectors.
extension Interpreter {
  /// Runs an op that has a vector among its results or operands; false if there is no such op.
  func computeVector(_ op: Op) -> Bool {
    switch op.opcode {
    case .lane_f32: takeLane(op, UInt32.self)
    case .lane_f64: takeLane(op, UInt64.self)
    default:
      for half in 0..<max(op.type.vectors, 1) where !computeVector(op, half) { return false }
    }
    return true
  }

  private func takeLane<T: FixedWidthInteger>(_ op: Op, _: T.Type) {
    let number = Int(op.constant), count = 128 / T.bitWidth
    assign(op.output(0), UInt64(wide(op.input(0), number / count).lane(number % count, T.self)))
  }

  private func computeVector(_ op: Op, _ half: Int) -> Bool {
    let inputs = op.inputCount
    let none = VectorBits(low: 0, high: 0)
    let a = inputs > 0 ? wide(op.input(0), half) : none
    let b = inputs > 1 ? wide(op.input(1), half) : none
    let c = inputs > 2 ? wide(op.input(2), half) : none
    switch op.opcode {
    case .mov: assign(op.output(0), wide: a, half)
    case .msk_vec:
      var mask: UInt64 = 0
      for n in 0..<16 { mask |= UInt64(a.bytes[n] >> 7) << UInt64(n) }
      assign(op.output(0), mask)
    case .dup_f32:
      let both = a.low << 32 | a.low & 0xffff_ffff
      assign(op.output(0), wide: VectorBits(low: both, high: both), half)
    case .dup_f64: assign(op.output(0), wide: VectorBits(low: a.low, high: a.low), half)
    case .extrl_v128_i64: assign(op.output(0), a.low)
    case .extrh_v128_i64: assign(op.output(0), a.high)
    default:
      guard let result = op.evaluate(a, b, c) ?? float(op, a, b, c) ?? lanes(op, a, b, c) else {
        return false
      }
      assign(op.output(0), wide: result, half)
    }
    return true
  }

  /// The ops of four singles, by the host's own instructions.
  private func float(_ op: Op, _ a: VectorBits, _ b: VectorBits, _ c: VectorBits) -> VectorBits? {
    guard let number = Self.packed[op.opcode] else { return nil }
    var status: UInt32 = 0x1f80
    if let floatStatus { status = env.load(fromByteOffset: floatStatus + 4, as: UInt32.self) }
    var operands = (a, b, c), result = a
    withUnsafeBytes(of: &operands) { operands in
      withUnsafeMutableBytes(of: &result) {
        csys_packed(number, Int32(op.constant), operands.baseAddress!, $0.baseAddress!, status)
      }
    }
    return result
  }

  /// Scalar operations side by side.
  private func lanes(_ op: Op, _ a: VectorBits, _ b: VectorBits, _ c: VectorBits) -> VectorBits? {
    guard let lanes = FloatLanes(rawValue: op.constant), let scalar = Self.scalars[op.opcode] else {
      return nil
    }
    func computed<T: FixedWidthInteger>(_: T.Type) -> VectorBits {
      var result = a
      for n in 0..<lanes.count {
        let operands = [a, b, c].map { UInt64($0.lane(n, T.self)) }
        let value = rounded(
          scalar, lanes == .singles, operands[0], operands[1], operands[2], floatStatus)
        result.setLane(n, T(truncatingIfNeeded: value))
      }
      return result
    }
    return lanes == .singles ? computed(UInt32.self) : computed(UInt64.self)
  }

  private static let scalars: [Opcode: Opcode] = [
    .fadd_lanes: .fadd, .fsub_lanes: .fsub, .fmul_lanes: .fmul, .fma_lanes: .fma,
  ]

  /// The numbers that `csys_packed` knows them by.
  private static let packed: [Opcode: Int32] = [
    .fadd_vec: 0, .fsub_vec: 1, .fmul_vec: 2, .fdiv_vec: 3, .fmin_vec: 4, .fmax_vec: 5,
    .fsqrt_vec: 6, .cvt_i32_f32_vec: 7, .cvt_f32_i32_vec: 8, .fma_vec: 9, .fcmp_vec: 10,
    .fround_vec: 11,
  ]

  /// Whether an element of a vector belongs to a class.
  func holds(_ wanted: FloatClass, inElementsOf temp: TempIndex) -> Bool {
    (0..<block.temps[Int(temp)].type.vectors).contains { half in
      let bits = wide(temp, half)
      if wanted == .clearDouble {
        return (0..<2).contains { wanted.holds(bits.lane($0, UInt64.self), .f64) }
      }
      return (0..<4).contains { wanted.holds(UInt64(bits.lane($0, UInt32.self)), .f32) }
    }
  }
}
