import IR

/// Which bits of a value may be one, and what follows from it.
extension ForwardPass {
  /// The bits of a pure op's result that may be one.
  func possibleBits(_ op: Op) -> UInt64 {
    let all: UInt64 = op.type == .i32 ? 0xffff_ffff : ~0
    let a = facts[Int(op.input(0))].maybe
    let second = op.inputCount > 1 ? op.input(1) : 0
    let b = op.inputCount > 1 ? facts[Int(second)].maybe : 0
    switch op.opcode {
    case .and: return a & b
    case .or, .xor: return a | b
    case .andc: return a & ~(constant(second) ?? 0)
    case .shl:
      guard let k = constant(second) else { return all }
      return a &<< (k & UInt64(op.type.bits &- 1)) & all
    case .shr:
      guard let k = constant(second) else { return below(a) }
      return a &>> (k & UInt64(op.type.bits &- 1))
    case .add:
      // One more bit than the wider operand may be set.
      let wide = below(a | b)
      return (wide &<< 1 | 1) & all
    case .extract: return a &>> UInt64(op.constant) & field(op.constant2)
    case .deposit:
      let mask = field(op.constant2)
      return (a & ~(mask &<< UInt64(op.constant)) | (b & mask) &<< UInt64(op.constant)) & all
    case .setcond: return 1
    case .extu_i32_i64, .extrl_i64_i32: return a & 0xffff_ffff
    case .extrh_i64_i32: return a &>> 32
    case .ext_i32_i64: return a & 0x8000_0000 == 0 ? a & 0xffff_ffff : ~0
    case .bswap16: return op.constant & 4 != 0 ? all : 0xffff
    case .movcond: return facts[Int(op.input(2))].maybe | facts[Int(op.input(3))].maybe
    case .clz, .ctz, .ctpop:
      let most = UInt64(op.type.bits) &* 2 &- 1
      return op.opcode == .ctpop ? most : most | b
    default: return all
    }
  }

  /// Every bit up to the highest of a mask.
  private func below(_ mask: UInt64) -> UInt64 {
    mask == 0 ? 0 : ~0 &>> UInt64(mask.leadingZeroBitCount)
  }

  private func field(_ length: UInt32) -> UInt64 {
    length >= 64 ? ~0 : (1 &<< UInt64(length)) &- 1
  }

  /// Drops or narrows an op that only touches bits which are zero anyway.
  mutating func useKnownBits(_ op: inout Op) -> Bool {
    let a = facts[Int(op.input(0))].maybe
    switch op.opcode {
    case .and:
      guard let mask = constant(op.input(1)) else { return false }
      if a & mask == 0 { return becomes(0, op) }
      if a & ~mask == 0 {
        replace(op, by: op.input(0))
        return true
      }
    case .or:
      guard let mask = constant(op.input(1)), hasOnes(op.input(0), mask) else { return false }
      replace(op, by: op.input(0))
      return true
    case .extract:
      if op.constant == 0 && a & ~field(op.constant2) == 0 {
        replace(op, by: op.input(0))
        return true
      }
    case .sextract:
      // The sign is known to be zero.
      if a &>> UInt64(op.constant + op.constant2 - 1) & 1 == 0 {
        op.opcode = .extract
        return useKnownBits(&op)
      }
    case .ext_i32_i64: if a & 0x8000_0000 == 0 { op.opcode = .extu_i32_i64 }
    case .shr, .shl: if a == 0 { return becomes(0, op) }
    default: break
    }
    return false
  }

  /// Whether bits of a temp are ones because it has been made so.
  private func hasOnes(_ temp: TempIndex, _ mask: UInt64) -> Bool {
    let position = facts[Int(temp)].definition
    guard position >= 0, position < count else { return false }
    let op = out + Int(position)
    guard op.pointee.outputCount == 1, op.pointee.output(0) == temp else { return false }
    switch op.pointee.opcode {
    case .or: return constant(op.pointee.input(1)).map { $0 & mask == mask } ?? false
    case .mov:
      let source = op.pointee.input(0)
      return facts[Int(source)].definition < position && hasOnes(source, mask)
    default: return false
    }
  }

  private mutating func becomes(_ value: UInt64, _ op: Op) -> Bool {
    replace(op, by: newConstant(block.temps[Int(op.output(0))].type, value))
    return true
  }
}
