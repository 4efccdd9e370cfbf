import IR

/// Comparisons that are made by way of a difference, and addresses that are sums.
///
/// A guest that keeps the outcome of a comparison as the difference of its extended operands
/// tests that difference; here the test becomes the comparison itself. Each row of the table is a
/// theorem about 32-bit a and b, with d = a - b in 64 bits (sign-extended operands for the first
/// column, zero-extended for the second), which the tests enumerate at a smaller width.
extension ForwardPass {
  /// Which property of a difference is tested.
  enum Property: Int {
    /// Bit 62 is set: d < 0.
    case negative
    /// d > 0.
    case positive
    /// The low 32 bits are zero: d == 0.
    case zero
  }

  /// The comparison that a property of a difference stands for: signed, unsigned.
  static let comparisons: [(property: Property, signed: Condition, unsigned: Condition)] = [
    (.negative, .lt, .ltu),
    (.positive, .gt, .gtu),
    (.zero, .eq, .eq),
  ]

  /// A difference of extended 32-bit operands.
  private struct Difference {
    var a, b: TempIndex
    var isSigned: Bool
  }

  /// What a temp is the difference of, when its operands still hold.
  private mutating func difference(_ temp: TempIndex) -> Difference? {
    guard let op = definition(temp) else { return nil }
    switch op.pointee.opcode {
    case .ext_i32_i64, .extu_i32_i64:
      let isSigned = op.pointee.opcode == .ext_i32_i64
      return Difference(a: op.pointee.input(0), b: newConstant(.i32, 0), isSigned: isSigned)
    case .sub:
      guard op.pointee.type == .i64, let a = definition(op.pointee.input(0)),
        let b = definition(op.pointee.input(1)), a.pointee.opcode == b.pointee.opcode
      else { return nil }
      return extended(a, b.pointee.input(0))
    case .add:
      guard op.pointee.type == .i64, let a = definition(op.pointee.input(0)),
        let k = constant(op.pointee.input(1))
      else { return nil }
      return constantDifference(a, 0 &- k)
    default: return nil
    }
  }

  private func extended(_ a: UnsafeMutablePointer<Op>, _ b: TempIndex) -> Difference? {
    switch a.pointee.opcode {
    case .ext_i32_i64: Difference(a: a.pointee.input(0), b: b, isSigned: true)
    case .extu_i32_i64: Difference(a: a.pointee.input(0), b: b, isSigned: false)
    default: nil
    }
  }

  /// The difference of an extended operand and a constant that is an extended 32-bit one.
  private mutating func constantDifference(
    _ a: UnsafeMutablePointer<Op>, _ k: UInt64
  ) -> Difference? {
    let isSigned = a.pointee.opcode == .ext_i32_i64
    let isExtended =
      isSigned ? Int64(bitPattern: k) == Int64(Int32(truncatingIfNeeded: k)) : k <= 0xffff_ffff
    guard isExtended else { return nil }
    return extended(a, newConstant(.i32, k))
  }

  /// Which property of which temp a comparison tests, and whether it wants it false.
  private func tested(
    _ type: ValueType, _ condition: Condition, _ a: TempIndex, _ b: TempIndex
  ) -> (TempIndex, Property, inverted: Bool)? {
    guard let k = constant(b) else { return nil }
    if type == .i64 {
      switch condition {
      case .tstne where k == 1 << 62: return (a, .negative, false)
      case .tsteq where k == 1 << 62: return (a, .negative, true)
      case .gt where k == 0: return (a, .positive, false)
      case .le where k == 0: return (a, .positive, true)
      default: return nil
      }
    }
    guard k == 0, condition == .eq || condition == .ne, let low = definition(a),
      low.pointee.opcode == .extrl_i64_i32
    else { return nil }
    return (low.pointee.input(0), .zero, condition == .ne)
  }

  /// A branch on a property of a difference becomes a branch on the comparison.
  mutating func fuseBranch(_ op: inout Op) {
    guard let (temp, property, inverted) = tested(op.type, op.condition, op.input(0), op.input(1))
    else { return }
    if let comparison = definition(temp), comparison.pointee.opcode == .fcmp {
      return fuseFloatBranch(&op, comparison, property, inverted)
    }
    guard let found = difference(temp) else { return }
    let row = Self.comparisons[property.rawValue]
    let condition = found.isSigned ? row.signed : row.unsigned
    op.type = .i32
    op.condition = inverted ? condition.inverted : condition
    op.setInput(0, current(found.a))
    op.setInput(1, current(found.b))
    if constant(op.input(0)) != nil && constant(op.input(1)) == nil {
      let a = op.input(0)
      op.setInput(0, op.input(1))
      op.setInput(1, a)
      op.condition = op.condition.swapped
    }
  }

  /// Likewise for the outcome of a floating-point comparison.
  private func fuseFloatBranch(
    _ op: inout Op, _ comparison: UnsafeMutablePointer<Op>, _ property: Property, _ inverted: Bool
  ) {
    let relation: FloatRelation =
      switch property {
      case .negative: inverted ? .ge : .lt
      case .positive: inverted ? .le : .gt
      case .zero: inverted ? .ne : .eq
      }
    let label = op.constant
    op = Op(
      .brfcmp, comparison.pointee.type, outputs: 0, inputs: 2, constant: label,
      constant2: relation.rawValue)
    op.setInput(0, current(comparison.pointee.input(0)))
    op.setInput(1, current(comparison.pointee.input(1)))
  }

  /// A bit that is a property of a difference becomes the comparison's outcome.
  mutating func fuseBit(_ op: inout Op) -> Bool {
    var property: (TempIndex, Property, inverted: Bool)?
    if op.opcode == .setcond {
      property = op.type == .i32 ? tested(.i32, op.condition, op.input(0), op.input(1)) : nil
    } else if op.opcode == .extrl_i64_i32, let inner = definition(op.input(0)) {
      if inner.pointee.opcode == .extract && inner.pointee.constant == 62
        && inner.pointee.constant2 == 1
      {
        property = (inner.pointee.input(0), .negative, false)
      } else if inner.pointee.opcode == .setcond && inner.pointee.type == .i64 {
        property = tested(
          .i64, inner.pointee.condition, inner.pointee.input(0), inner.pointee.input(1))
      }
    }
    guard let (temp, kind, inverted) = property, let found = difference(temp) else { return false }
    let row = Self.comparisons[kind.rawValue]
    let condition = found.isSigned ? row.signed : row.unsigned
    var made = Op(
      .setcond, .i32, outputs: 1, inputs: 2, condition: inverted ? condition.inverted : condition)
    made.arguments[unchecked: 0] = op.output(0)
    made.setInput(0, current(found.a))
    made.setInput(1, current(found.b))
    op = made
    return true
  }

  /// A guest address that is a sum takes its parts into the access.
  mutating func fuseAddress(_ op: inout Op, operand: Int) {
    guard constant(op.input(operand + 1)) == 0 else { return }
    var base = op.input(operand)
    var displacement = op.constant2
    if let sum = definition(base), sum.pointee.opcode == .add,
      let k = constant(sum.pointee.input(1)),
      Int32(bitPattern: displacement &+ UInt32(truncatingIfNeeded: k)).magnitude <= reach
    {
      base = sum.pointee.input(0)
      displacement = displacement &+ UInt32(truncatingIfNeeded: k)
      op.setInput(operand, base)
      op.constant2 = displacement
    }
    guard passes.contains(.indexes), let sum = definition(base), sum.pointee.opcode == .add,
      constant(sum.pointee.input(1)) == nil
    else { return }
    op.setInput(operand, sum.pointee.input(0))
    op.setInput(operand + 1, sum.pointee.input(1))
  }
}
