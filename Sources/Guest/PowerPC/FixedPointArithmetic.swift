import IR

/// Power ISA, Book I, 3.3.9: fixed-point arithmetic instructions.
let fixedPointArithmetic: [Instruction] = fixedPointSums + fixedPointProducts

private let fixedPointSums: [Instruction] = [
  Instruction("addi", "Add Immediate", .D(14), "RT, RA, SI") { cpu, i in
    cpu[i.RT] = cpu[orZero: i.RA] + cpu.SI(i)
  },

  Instruction("addis", "Add Immediate Shifted", .D(15), "RT, RA, SI") { cpu, i in
    cpu[i.RT] = cpu[orZero: i.RA] + cpu.SI(i) << 16
  },

  Instruction("add[o][.]", "Add", .XO(31, 266), "RT, RA, RB") { cpu, i in
    let a = cpu[i.RA], b = cpu[i.RB], sum = a + b
    cpu[i.RT] = sum
    cpu.record(i.Rc, sum)
    if i.OE { cpu.overflow(true, sumOverflows(a, b, sum), record: i.Rc) }
  },

  Instruction("subf[o][.]", "Subtract From", .XO(31, 40), "RT, RA, RB") { cpu, i in
    let a = cpu[i.RA], b = cpu[i.RB], difference = b - a
    cpu[i.RT] = difference
    cpu.record(i.Rc, difference)
    if i.OE { cpu.overflow(true, differenceOverflows(b, a, difference), record: i.Rc) }
  },

  Instruction("addic", "Add Immediate Carrying", .D(12), "RT, RA, SI") { cpu, i in
    let sum = cpu[i.RA].addingMakingCarry(cpu.SI(i))
    cpu.CA = cpu.carry
    cpu[i.RT] = sum
  },

  Instruction("addic.", "Add Immediate Carrying and Record", .D(13), "RT, RA, SI") { cpu, i in
    let sum = cpu[i.RA].addingMakingCarry(cpu.SI(i))
    cpu.CA = cpu.carry
    cpu[i.RT] = sum
    cpu.record(true, sum)
  },

  Instruction("subfic", "Subtract From Immediate Carrying", .D(8), "RT, RA, SI") { cpu, i in
    let difference = cpu.SI(i).subtractingMakingBorrow(cpu[i.RA])
    cpu.CA = cpu.noBorrow
    cpu[i.RT] = difference
  },

  Instruction("addc[o][.]", "Add Carrying", .XO(31, 10), "RT, RA, RB") { cpu, i in
    let a = cpu[i.RA], b = cpu[i.RB], sum = a.addingMakingCarry(b)
    cpu.CA = cpu.carry
    cpu[i.RT] = sum
    cpu.record(i.Rc, sum)
    if i.OE { cpu.overflow(true, sumOverflows(a, b, sum), record: i.Rc) }
  },

  Instruction("subfc[o][.]", "Subtract From Carrying", .XO(31, 8), "RT, RA, RB") { cpu, i in
    let a = cpu[i.RA], b = cpu[i.RB], difference = b.subtractingMakingBorrow(a)
    cpu.CA = cpu.noBorrow
    cpu[i.RT] = difference
    cpu.record(i.Rc, difference)
    if i.OE { cpu.overflow(true, differenceOverflows(b, a, difference), record: i.Rc) }
  },

  Instruction("adde[o][.]", "Add Extended", .XO(31, 138), "RT, RA, RB") { cpu, i in
    cpu.addExtended(i, cpu[i.RA], cpu[i.RB])
  },

  Instruction("addme[o][.]", "Add to Minus One Extended", .XO(31, 234), "RT, RA") { cpu, i in
    cpu.addExtended(i, cpu[i.RA], cpu.constant(-1))
  },

  Instruction("addze[o][.]", "Add to Zero Extended", .XO(31, 202), "RT, RA") { cpu, i in
    cpu.addCarryAlone(i, cpu[i.RA])
  },

  Instruction("subfe[o][.]", "Subtract From Extended", .XO(31, 136), "RT, RA, RB") { cpu, i in
    let a = cpu[i.RA], b = cpu[i.RB]
    cpu.useBorrow()
    let difference = b.subtractingWithBorrow(a)
    cpu.CA = cpu.noBorrow
    cpu[i.RT] = difference
    cpu.record(i.Rc, difference)
    if i.OE { cpu.overflow(true, differenceOverflows(b, a, difference), record: i.Rc) }
  },

  Instruction("subfme[o][.]", "Subtract From Minus One Extended", .XO(31, 232), "RT, RA") {
    cpu, i in
    cpu.addExtended(i, ~cpu[i.RA], cpu.constant(-1))
  },

  Instruction("subfze[o][.]", "Subtract From Zero Extended", .XO(31, 200), "RT, RA") { cpu, i in
    cpu.addCarryAlone(i, ~cpu[i.RA])
  },

  Instruction("neg[o][.]", "Negate", .XO(31, 104), "RT, RA") { cpu, i in
    let a = cpu[i.RA], negated = -a
    cpu[i.RT] = negated
    cpu.record(i.Rc, negated)
    if i.OE { cpu.overflow(true, a.test(.eq, mostNegative), record: i.Rc) }
  },
]

private let fixedPointProducts: [Instruction] = [
  Instruction("mulli", "Multiply Low Immediate", .D(7), "RT, RA, SI") { cpu, i in
    cpu[i.RT] = cpu[i.RA] * cpu.SI(i)
  },

  Instruction("mullw[o][.]", "Multiply Low Word", .XO(31, 235), "RT, RA, RB") { cpu, i in
    let a = cpu[i.RA], b = cpu[i.RB], product = a * b
    cpu[i.RT] = product
    cpu.record(i.Rc, product)
    if i.OE {
      let signs = product.shiftedRightSigned(31)
      let overflows = a.multipliedHighSigned(b).test(.ne, signs)
      cpu.overflow(true, overflows, record: i.Rc)
    }
  },

  Instruction("mulhw[.]", "Multiply High Word", .XO(31, 75), "RT, RA, RB") { cpu, i in
    let product = cpu[i.RA].multipliedHighSigned(cpu[i.RB])
    cpu[i.RT] = product
    cpu.record(i.Rc, product)
  },

  Instruction("mulhwu[.]", "Multiply High Word Unsigned", .XO(31, 11), "RT, RA, RB") { cpu, i in
    let product = cpu[i.RA].multipliedHighUnsigned(cpu[i.RB])
    cpu[i.RT] = product
    cpu.record(i.Rc, product)
  },

  // Where the ISA leaves the quotient undefined it is the dividend, as with QEMU.
  Instruction("divw[o][.]", "Divide Word", .XO(31, 491), "RT, RA, RB") { cpu, i in
    let a = cpu[i.RA], b = cpu[i.RB]
    // Zero or -1: the divisors with which the host may fault.
    cpu.finishSpecial(i, if: (b + 1, .leu, 1)) {
      let tooLarge = a.test(.eq, mostNegative) & b.test(.eq, -1)
      return (b.select(.eq, -1, -a, a), tooLarge | b.test(.eq, 0))
    }
    cpu.finish(i, quotient: a.dividedSigned(by: b))
  },

  Instruction("divwu[o][.]", "Divide Word Unsigned", .XO(31, 459), "RT, RA, RB") { cpu, i in
    let a = cpu[i.RA], b = cpu[i.RB]
    cpu.finishSpecial(i, if: (b, .eq, 0)) { (a, cpu.constant(1)) }
    cpu.finish(i, quotient: a.dividedUnsigned(by: b))
  },
]

private let mostNegative = -0x8000_0000

/// 1 when a sum of signed numbers does not fit: the operands have one sign, the sum the other.
private func sumOverflows(_ a: I32, _ b: I32, _ sum: I32) -> I32 {
  ((a ^ sum) & (b ^ sum)).shiftedRight(31)
}

/// 1 when `a - b` does not fit: the operands differ in sign, and the difference from `a`.
private func differenceOverflows(_ a: I32, _ b: I32, _ difference: I32) -> I32 {
  ((a ^ b) & (a ^ difference)).shiftedRight(31)
}

extension Cpu {
  /// The carry out of the op just appended; nothing may come between them.
  var carry: I32 { constant(0).addingCarry(constant(0)) }

  /// 1 unless the subtraction just appended borrowed: CA as `subf` and its kin define it.
  var noBorrow: I32 { constant(1).subtractingBorrow(constant(0)) }

  /// Makes the hidden carry equal to CA for the op that is appended next.
  func useCarry() { _ = CA.addingMakingCarry(constant(-1)) }

  /// Makes the hidden borrow the opposite of CA for the op that is appended next.
  func useBorrow() { _ = CA.subtractingMakingBorrow(constant(1)) }

  /// `RT <- a + b + CA`, with carry out.
  fileprivate func addExtended(_ i: XO, _ a: I32, _ b: I32) {
    useCarry()
    let sum = a.addingWithCarry(b)
    CA = carry
    finish(i, a, b, sum)
  }

  /// `RT <- a + CA`, with carry out.
  fileprivate func addCarryAlone(_ i: XO, _ a: I32) {
    let sum = a.addingMakingCarry(CA)
    CA = carry
    finish(i, a, constant(0), sum)
  }

  /// A division's rare divisors, in a cold part that finishes the instruction: when `test` holds,
  /// `RT` and OV are what `results` makes.
  fileprivate func finishSpecial(
    _ i: XO, if test: (value: I32, condition: Condition, bound: Int),
    results: () -> (quotient: I32, overflow: I32)
  ) {
    let label = ir.newLabel()
    ir.brcond(.i32, test.condition, test.value.temp, constant(test.bound).temp, to: label)
    cold(label) {
      let (quotient, overflow) = results()
      self[i.RT] = quotient
      record(i.Rc, quotient)
      if i.OE { endSettingOverflow(overflow, record: i.Rc) } else { continueBehind() }
    }
  }

  /// The common end of a division, which never overflows.
  fileprivate func finish(_ i: XO, quotient: I32) {
    self[i.RT] = quotient
    record(i.Rc, quotient)
    if i.OE { OV = constant(0) }
  }

  private func finish(_ i: XO, _ a: I32, _ b: I32, _ sum: I32) {
    self[i.RT] = sum
    record(i.Rc, sum)
    if i.OE { overflow(true, sumOverflows(a, b, sum), record: i.Rc) }
  }
}

extension I32 {
  /// The difference; the borrow out of it is the hidden flag.
  fileprivate func subtractingMakingBorrow(_ b: I32) -> I32 { pair(.subbo, b) }
  /// The difference less the hidden borrow, which it also makes anew.
  fileprivate func subtractingWithBorrow(_ b: I32) -> I32 { pair(.subbio, b) }
  /// The difference less the hidden borrow, which ends here.
  fileprivate func subtractingBorrow(_ b: I32) -> I32 { pair(.subbi, b) }

  private func pair(_ opcode: Opcode, _ b: I32) -> I32 {
    I32(builder, builder.emit2(opcode, .i32, result: .i32, temp, b.temp))
  }
}
