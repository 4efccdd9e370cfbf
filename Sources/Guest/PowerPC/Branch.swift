import IR

/// Power ISA, Book I, 2.4: branch instructions.
let branchInstructions: [Instruction] = [
  Instruction("b[l][a]", "Branch", .I(18), "LI") { cpu, i in
    let target = UInt32(truncatingIfNeeded: i.LI) &+ (i.AA ? 0 : cpu.address)
    i.LK ? cpu.callTarget(target) : cpu.jump(to: target)
  },

  Instruction("bc[l][a]", "Branch Conditional", .B(16), "BO, BI, BD") { cpu, i in
    let target = UInt32(truncatingIfNeeded: i.BD) &+ (i.AA ? 0 : cpu.address)
    cpu.branchConditional(i.BO, i.BI, target, link: i.LK)
  },

  Instruction("bclr[l]", "Branch Conditional to Link Register", .XL(19, 16), "BO, BI") { cpu, i in
    let target = cpu.branchTarget(cpu.LR, link: i.LK)
    cpu.skipUnless(i.BO, i.BI)
    i.LK ? cpu.callComputed(target) : cpu.return(to: target)
  },

  Instruction(
    "bcctr[l]", "Branch Conditional to Count Register", .XL(19, 528), "BO, BI",
    invalid: { $0.BO & 4 == 0 }
  ) { cpu, i in
    let target = cpu.branchTarget(cpu.CTR, link: i.LK)
    cpu.skipUnless(i.BO, i.BI)
    i.LK ? cpu.callComputed(target) : cpu.jumpComputed(target)
  },

  Instruction("sc", "System Call", .SC(17)) { cpu, _ in
    cpu.leave(.exception, at: cpu.address &+ 4, payload: PowerPCException.systemCall.rawValue)
    cpu.context.pointee.ended = true
  },
]

/// A bit of BO, counted as the manual counts: 0 is the most significant of five.
private func option(_ bo: Int, _ number: Int) -> Bool { bo >> (4 - number) & 1 != 0 }

extension Cpu {
  /// The address of the instruction under translation.
  var address: UInt32 { context.pointee.address }

  /// Jumps for certain. Translation follows a jump forward; but where an earlier branch leads to
  /// code that the jump skips, that comes first, and the jump stays one within the block.
  func jump(to target: UInt32) {
    let target = target & ~3
    ir.commit()
    if context.pointee.chains && target > address && isNear(target) {
      if !skipsAwaited(target) {
        context.pointee.next = target
        return
      }
      if let label = awaited(target) {
        ir.effect(.br, constant: label)
        context.pointee.ended = true
        return
      }
    }
    chain(to: target)
    context.pointee.ended = true
  }

  /// A chained exit to an address.
  func chain(to target: UInt32) {
    guard context.pointee.chains else { return leave(.lookup, at: target) }
    settle()
    countInstructions()
    guard isNear(target) else {
      return ir.effect1(.goto_ptr, .i32, constant(Int(target)).temp)
    }
    let slot = context.pointee.slot
    context.pointee.slot = slot &+ 1
    ir.effect(.goto_tb, constant: slot, constant2: target)
  }

  /// Whether an address is one that direct jumps of this block may lead to, and the block cover.
  func isNear(_ target: UInt32) -> Bool {
    target >= context.pointee.first && target <= context.pointee.last
  }

  /// Whether a call here can be paired with its return, which comes back into the block.
  private var pairsReturn: Bool { context.pointee.pairsReturns && isNear(address &+ 4) }

  /// Calls a known address: the return is paired with the host's.
  func callTarget(_ target: UInt32) {
    let target = target & ~3
    guard isNear(target) else { return callComputed(constant(Int(target))) }
    LR = constant(Int(address &+ 4))
    ir.commit()
    if target == address &+ 4 { return }
    guard pairsReturn else {
      chain(to: target)
      context.pointee.ended = true
      return
    }
    let slot = context.pointee.slot
    context.pointee.slot = slot &+ 1
    ir.callBlock(slot: slot, target: target, returningTo: address &+ 4)
    forgetFloats()
  }

  /// Calls a computed address; the return is paired with the host's.
  func callComputed(_ target: I32) {
    let aligned = (target & ~3).copied()
    LR = constant(Int(address &+ 4))
    ir.commit()
    if pairsReturn {
      ir.effect2(.call_ptr, .i32, aligned.temp, constant(Int(address &+ 4)).temp)
      forgetFloats()
    } else {
      leave(for: aligned)
    }
  }

  /// A branch target in a register, and with `link` the link register set, which it is whether
  /// or not the branch is taken.
  func branchTarget(_ register: I32, link: Bool) -> I32 {
    guard link else { return register }
    let target = register.copied()
    LR = constant(Int(address &+ 4))
    return target
  }

  /// Leaves for a computed address.
  func jumpComputed(_ target: I32) {
    ir.commit()
    leave(for: target & ~3)
  }

  /// Ends the block with a jump to a computed address.
  private func leave(for target: I32) {
    countInstructions()
    if context.pointee.isTraced {
      ir.write(Globals.nip, target.temp)
      ir.commit()
      ir.effect(
        .exit_tb, constant: ExitKind.exception.rawValue,
        constant2: PowerPCException.trace.rawValue)
    } else {
      ir.effect1(.goto_ptr, .i32, target.temp)
    }
    context.pointee.ended = true
  }

  /// Leaves for the address in LR, which most often is the one that a call pushed.
  func `return`(to target: I32) {
    guard context.pointee.pairsReturns else { return jumpComputed(target) }
    ir.commit()
    // Its low two bits count for nothing; they are taken away where it is not what a call has pushed.
    ir.effect1(.ret_ptr, .i32, target.temp)
    context.pointee.ended = true
  }

  /// A label for an address: one within the block if translation will come there, else that of a
  /// cold part that leaves for it.
  private func label(for target: UInt32) -> UInt32 {
    if context.pointee.pairedStore != 0 { return labelOutOfPair(to: target & ~3) }
    if context.pointee.held != 0 {
      // The line goes on with its singles: who leaves it makes doubles of them.
      let label = ir.newLabel()
      cold(label) { chain(to: target & ~3) }
      return label
    }
    if let label = awaited(target & ~3) { return label }
    let label = ir.newLabel()
    ir.cold(label) { chain(to: target & ~3) }
    return label
  }

  /// The label of a cold part that leaves a loop.
  private func labelBehindLoop() -> UInt32 {
    let label = ir.newLabel(), next = address &+ 4
    cold(label) { leaveLoop(to: next) }
    return label
  }

  /// A cold part that leaves a loop is more than a jump, so that it stores what nobody in the loop looks
  /// at.
  func leaveLoop(to target: UInt32) {
    ir.effect(.insn_start, constant: context.pointee.start)
    chain(to: target)
  }

  /// A conditional branch to a known address.
  func branchConditional(_ bo: Int, _ bi: Int, _ target: UInt32, link: Bool) {
    if option(bo, 0) && option(bo, 2) || link { settle() }
    if option(bo, 0) && option(bo, 2) { return link ? callTarget(target) : jump(to: target) }
    if link {
      // The link register is set whether or not the branch is taken.
      LR = constant(Int(address &+ 4))
    }
    context.pointee.branches &+= 1
    let counts = !option(bo, 2)
    let count = counts ? CTR - 1 : CTR
    if counts { CTR = count }
    ir.commit()
    // Once more around the loop: what leaves is the branch that is not taken.
    let repeats = !link && repeatsLoop(target & ~3)
    let label = repeats ? labelBehindLoop() : label(for: target)
    if repeats { context.pointee.next = target & ~3 }
    if counts && !option(bo, 0) {
      let isZero = option(bo, 3)
      let counted = CTR.test(isZero ? .eq : .ne, 0)
      let wanted = option(bo, 1) ? self.bit(bi) : self.bit(bi) ^ 1
      brcond(repeats ? .eq : .ne, counted & wanted, 0, to: label)
    } else if counts {
      brcond(option(bo, 3) != repeats ? .eq : .ne, CTR, 0, to: label)
    } else {
      branch(onBit: bi, is: option(bo, 1) != repeats, to: label)
    }
    if !link && !repeats { endLoop(target & ~3) }
  }

  /// Behind the last branch to the start of a loop that was repeated the block ends, so that what leaves
  /// the loop before are ways out, which store for themselves, and not places in the block.
  private func endLoop(_ target: UInt32) {
    guard context.pointee.iterations > 1, target == context.pointee.start else { return }
    abandonForwardBranches()
    chain(to: address &+ 4)
    context.pointee.ended = true
  }

  /// For branches to registers: unless the condition holds, leaves for the next instruction.
  func skipUnless(_ bo: Int, _ bi: Int) {
    let next = address &+ 4
    let counts = !option(bo, 2)
    if counts || !option(bo, 0) { context.pointee.branches &+= 1 }
    if counts { CTR = CTR - 1 }
    ir.commit()
    if counts { brcond(option(bo, 3) ? .ne : .eq, CTR, 0, to: label(for: next)) }
    if !option(bo, 0) { branch(onBit: bi, is: !option(bo, 1), to: label(for: next)) }
  }

  private func brcond(_ condition: Condition, _ a: I32, _ k: Int, to label: UInt32) {
    ir.brcond(.i32, condition, a.temp, constant(k).temp, to: label)
  }

  /// Leaves for a label when a bit of the condition register has a value.
  private func branch(onBit number: Int, is wanted: Bool, to label: UInt32) {
    let image = fieldImage(number >> 2)
    switch number & 3 {
    case 0:
      let mask = ir.i64(1 << UInt64(ConditionField.lessBit))
      ir.brcond(.i64, wanted ? .tstne : .tsteq, image.temp, mask.temp, to: label)
    case 1: ir.brcond(.i64, wanted ? .gt : .le, image.temp, ir.i64(0).temp, to: label)
    case 2: brcond(wanted ? .eq : .ne, image.low, 0, to: label)
    default:
      let mask = ir.i64(1 << UInt64(ConditionField.overflowBit))
      let mixed = image ^ image.shiftedRight(1)
      ir.brcond(.i64, wanted ? .tstne : .tsteq, mixed.temp, mask.temp, to: label)
    }
  }
}

extension I32 {
  /// A copy that later writes of the global it may be cannot change.
  func copied() -> I32 { I32(builder, builder.emit1(.mov, .i32, result: .i32, temp)) }
}
