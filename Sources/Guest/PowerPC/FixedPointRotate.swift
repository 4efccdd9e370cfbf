import IR

/// Power ISA, Book I, 3.3.14: fixed-point rotate and shift instructions.
let fixedPointRotate: [Instruction] = [
  Instruction(
    "rlwimi[.]", "Rotate Left Word Immediate then Mask Insert", .M(20),
    "RA, RS, SH, MB, ME"
  ) { cpu, i in
    let result = inserted(cpu[i.RS], i, into: cpu[i.RA])
    cpu[i.RA] = result
    cpu.record(i.Rc, result)
  },

  Instruction(
    "rlwinm[.]", "Rotate Left Word Immediate then AND with Mask", .M(21),
    "RA, RS, SH, MB, ME"
  ) { cpu, i in
    let result = rotated(cpu[i.RS], i)
    cpu[i.RA] = result
    cpu.record(i.Rc, result)
  },

  Instruction("rlwnm[.]", "Rotate Left Word then AND with Mask", .M(23), "RA, RS, RB, MB, ME") {
    cpu, i in
    let word = cpu[i.RS].rotatedLeft(cpu[i.RB])
    let result = i.mask == 0xffff_ffff ? word : word & i.mask
    cpu[i.RA] = result
    cpu.record(i.Rc, result)
  },

  // Counts have six bits, and so have the host's shifts of 64-bit numbers.
  Instruction("slw[.]", "Shift Left Word", .X(31, 24), "RA, RS, RB") { cpu, i in
    let result = cpu[i.RS].zeroExtended.shiftedLeft(cpu[i.RB].zeroExtended).low
    cpu[i.RA] = result
    cpu.record(i.Rc, result)
  },

  Instruction("srw[.]", "Shift Right Word", .X(31, 536), "RA, RS, RB") { cpu, i in
    let result = cpu[i.RS].zeroExtended.shiftedRight(cpu[i.RB].zeroExtended).low
    cpu[i.RA] = result
    cpu.record(i.Rc, result)
  },

  Instruction("sraw[.]", "Shift Right Algebraic Word", .X(31, 792), "RA, RS, RB") { cpu, i in
    let word = cpu[i.RS].signExtended, count = cpu[i.RB].zeroExtended
    let shifted = word.shiftedRightSigned(count), result = shifted.low
    cpu.CA = (shifted.shiftedLeft(count).test(.ne, word) & word.shiftedRight(63)).low
    cpu[i.RA] = result
    cpu.record(i.Rc, result)
  },

  Instruction("srawi[.]", "Shift Right Algebraic Word Immediate", .X(31, 824), "RA, RS, SH") {
    cpu, i in
    let word = cpu[i.RS], result = word.shiftedRightSigned(i.SH)
    let lost = 1 << i.SH - 1
    cpu.CA = lost == 0 ? cpu.constant(0) : word.test(.tstne, lost) & word.shiftedRight(31)
    cpu[i.RA] = result
    cpu.record(i.Rc, result)
  },
]

extension M {
  /// `MASK(MB, ME)`: ones from bit MB to bit ME, around the end if ME is before MB.
  fileprivate var mask: Int {
    let from = 0xffff_ffff >> MB
    let to = 0xffff_ffff << (31 - ME) & 0xffff_ffff
    return MB <= ME ? from & to : from | to
  }
  /// The mask's lowest bit, counted from the least significant, when it does not wrap.
  fileprivate var lowest: Int { 31 - ME }
  /// The number of ones, when it does not wrap.
  fileprivate var length: Int { ME - MB + 1 }
}

/// A word rotated left by SH and masked, as the cheapest op that does it.
private func rotated(_ word: I32, _ i: M) -> I32 {
  let mask = i.mask
  guard i.MB <= i.ME, mask != 0xffff_ffff else {
    let rotated = word.rotatedLeft(i.SH)
    return mask == 0xffff_ffff ? rotated : rotated & mask
  }
  if i.SH == 0 { return word & mask }
  if i.SH <= i.lowest {
    // Nothing that the rotation brings in from the top is under the mask.
    let shifted = word << i.SH
    return i.MB == 0 && i.SH == i.lowest ? shifted : shifted & mask
  }
  if i.MB > 31 - i.SH {
    // Only what it brings in from the top is.
    let distance = 32 - i.SH
    if i.ME < 31 { return word.shiftedRight(distance) & mask }
    return i.length == i.SH
      ? word.shiftedRight(distance) : word.extract(at: distance, length: i.length)
  }
  return word.rotatedLeft(i.SH) & mask
}

/// `target` with a word, rotated left by SH, in place of the bits under the mask.
private func inserted(_ word: I32, _ i: M, into target: I32) -> I32 {
  let mask = i.mask
  if mask == 0xffff_ffff { return word.rotatedLeft(i.SH) }
  guard i.MB <= i.ME else {
    return word.rotatedLeft(i.SH) & mask | target & (mask ^ 0xffff_ffff)
  }
  let rotation = (i.SH - i.lowest) & 31
  let field = i.length <= rotation ? word.shiftedRight(32 - rotation) : word.rotatedLeft(rotation)
  return target.deposit(field, at: i.lowest, length: i.length)
}
