import IR

/// Power ISA, Book I, 2.5 and 2.6: condition register logical and move instructions.
let conditionRegisterLogical: [Instruction] = [
  Instruction("crand", "Condition Register AND", .XL(19, 257), "BT, BA, BB") { cpu, i in
    cpu.setBit(i.BT, cpu.bit(i.BA) & cpu.bit(i.BB))
  },

  Instruction("cror", "Condition Register OR", .XL(19, 449), "BT, BA, BB") { cpu, i in
    if cpu.joinEqual(i.BT, i.BA, i.BB) { return }
    cpu.setBit(i.BT, cpu.bit(i.BA) | cpu.bit(i.BB))
  },

  Instruction("crxor", "Condition Register XOR", .XL(19, 193), "BT, BA, BB") { cpu, i in
    cpu.setBit(i.BT, i.BA == i.BB ? cpu.constant(0) : cpu.bit(i.BA) ^ cpu.bit(i.BB))
  },

  Instruction("crnand", "Condition Register NAND", .XL(19, 225), "BT, BA, BB") { cpu, i in
    cpu.setBit(i.BT, (cpu.bit(i.BA) & cpu.bit(i.BB)) ^ 1)
  },

  Instruction("crnor", "Condition Register NOR", .XL(19, 33), "BT, BA, BB") { cpu, i in
    cpu.setBit(i.BT, (cpu.bit(i.BA) | cpu.bit(i.BB)) ^ 1)
  },

  Instruction("creqv", "Condition Register Equivalent", .XL(19, 289), "BT, BA, BB") { cpu, i in
    cpu.setBit(i.BT, i.BA == i.BB ? cpu.constant(1) : cpu.bit(i.BA) ^ cpu.bit(i.BB) ^ 1)
  },

  Instruction("crandc", "Condition Register AND with Complement", .XL(19, 129), "BT, BA, BB") {
    cpu, i in
    cpu.setBit(i.BT, cpu.bit(i.BA) & (cpu.bit(i.BB) ^ 1))
  },

  Instruction("crorc", "Condition Register OR with Complement", .XL(19, 417), "BT, BA, BB") {
    cpu, i in
    cpu.setBit(i.BT, cpu.bit(i.BA) | (cpu.bit(i.BB) ^ 1))
  },

  Instruction("mcrf", "Move Condition Register Field", .XL(19, 0), "BF, BFA") { cpu, i in
    cpu.setFieldImage(i.BF, cpu.fieldImage(i.BFA))
  },
]

extension Cpu {
  /// The image of a CR field.
  func fieldImage(_ field: Int) -> I64 { I64(ir, ir.read(Globals.cr + TempIndex(field))) }

  func setFieldImage(_ field: Int, _ image: I64) {
    ir.write(Globals.cr + TempIndex(field), image.temp)
    context.pointee.unordered |= 1 << UInt8(field)
    context.pointee.relations &= ~(1 << UInt8(field))
  }

  /// Sets a CR field from a comparison of numbers, which says 1, 0 or -1: SO is clear.
  func setRelation(_ field: Int, _ relation: I64) {
    setFieldImage(field, relation)
    context.pointee.unordered &= ~(1 << UInt8(field))
    context.pointee.relations |= 1 << UInt8(field)
  }

  /// Sets a CR field from a comparison, with SO as it stands.
  func compare(_ field: Int, _ a: I32, _ b: I32, signed: Bool) {
    let difference =
      signed ? a.signExtended - b.signExtended : a.zeroExtended - b.zeroExtended
    setFieldImage(field, withSummary(difference))
  }

  /// Sets CR field 0 from a result when the instruction's `Rc` bit is 1.
  func record(_ rc: Bool, _ result: I32) {
    if rc { setFieldImage(0, withSummary(result.signExtended)) }
  }

  /// The image of a difference with SO as it stands.
  private func withSummary(_ image: I64) -> I64 { SO ? summarized(image) : image }

  /// The image of a difference with SO set. Bit 63 keeps GT clear where the difference is zero.
  func summarized(_ image: I64) -> I64 {
    image ^ (1 << ConditionField.overflowBit) | image.test(.eq, 0) << 63
  }

  /// The image of a difference with SO set if a bit is 1.
  func summarized(_ image: I64, if bit: I64) -> I64 {
    image ^ bit << Int(ConditionField.overflowBit) | (image.test(.eq, 0) & bit) << 63
  }

  /// A bit of the condition register, 0 or 1.
  func bit(_ number: Int) -> I32 {
    let image = fieldImage(number >> 2)
    switch number & 3 {
    case 0: return image.extract(at: ConditionField.lessBit, length: 1).low
    case 1: return image.test(.gt, 0).low
    case 2: return image.low.test(.eq, 0)
    default:
      if context.pointee.unordered >> UInt8(number >> 2) & 1 == 0 { return constant(0) }
      return (image ^ image.shiftedRight(1)).extract(at: ConditionField.overflowBit, length: 1).low
    }
  }

  /// The four bits of a CR field.
  func field(_ field: Int) -> I32 {
    bit(4 * field) << 3 | bit(4 * field + 1) << 2 | bit(4 * field + 2) << 1 | bit(4 * field + 3)
  }

  /// Sets a CR field from its four bits; higher bits of `value` must be zero.
  func setField(_ field: Int, _ value: I32) {
    if let known = value.constant {
      setFieldImage(field, ir.i64(ConditionField.image(UInt32(known))))
      return
    }
    let address = I64(ir, Block.env) + (value << 3).zeroExtended
    let images = PowerPCState.offset(\.fieldImages)
    setFieldImage(
      field,
      I64(
        ir,
        ir.emit1(.ld, .i64, result: .i64, address.temp, constant: UInt32(bitPattern: Int32(images)))
      ))
  }

  /// Sets one bit of the condition register to 0 or 1.
  func setBit(_ number: Int, _ value: I32) {
    if number & 3 == 2 { return setEqual(number >> 2, value) }
    let shift = 3 - number & 3
    setField(number >> 2, field(number >> 2).deposit(value, at: shift, length: 1))
  }

  /// Sets EQ alone to 0 or 1: what `cror` does behind comparisons of floating-point numbers, `crset`
  /// and `crclr` before calls with variable arguments.
  ///
  /// EQ is the low word. An image of zero is the one whose GT would change with it: it is not
  /// above zero only as long as it is zero.
  private func setEqual(_ field: Int, _ value: I32) {
    let image = fieldImage(field)
    let highBit = image.test(.ne, 0) << 32
    let equal = image & ir.i64(0xffff_ffff_0000_0000) | highBit
    let unequal = image | 1 | image.test(.eq, 0) << 63
    let chosen =
      value.constant.map { $0 == 0 ? unequal : equal } ?? value.select(.ne, 0, equal, unequal)
    let isOrdered = context.pointee.unordered >> UInt8(field) & 1 == 0
    setFieldImage(field, chosen)
    if isOrdered { context.pointee.unordered &= ~(1 << UInt8(field)) }
  }

  /// What `cror` does behind a comparison of numbers: "equal" becomes "less or equal", or "greater or
  /// equal". The images 1, 0 and -1 have EQ in the low word, and all else is said by the high one.
  /// - Returns: false if it does something else.
  fileprivate func joinEqual(_ to: Int, _ a: Int, _ b: Int) -> Bool {
    let field = to >> 2, other = a == to ? b : a
    guard to & 3 == 2, a == to || b == to, other == to - 1 || other == to - 2,
      context.pointee.relations >> UInt8(field) & 1 != 0
    else { return false }
    let relation = fieldImage(field)
    let image = relation.select(other == to - 1 ? .lt : .gt, 0, relation, relation << 32)
    setFieldImage(field, image)
    context.pointee.unordered &= ~(1 << UInt8(field))
    return true
  }
}
