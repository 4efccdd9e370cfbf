import IR

/// Power ISA, Book I, 4.6.8 and 4.6.10: floating-point compare and status instructions.
let floatingPointStatus: [Instruction] = [
  Instruction("fcmpu", "Floating Compare Unordered", .X(63, 0), "BF, FRA, FRB") { cpu, i in
    cpu.compareFloat(i, .fcmpu)
  },

  Instruction("fcmpo", "Floating Compare Ordered", .X(63, 32), "BF, FRA, FRB") { cpu, i in
    cpu.compareFloat(i, .fcmpo)
  },

  Instruction("mffs[.]", "Move From FPSCR", .X(63, 583), "FRT") { cpu, i in
    cpu[i.FRT] = cpu.readStatus().asFloat
    cpu.recordFloat(i.Rc)
  },

  Instruction("mcrfs", "Move to Condition Register from FPSCR", .X(63, 64), "BF, BFA") { cpu, i in
    cpu.foldStatus()
    cpu.setField(i.BF, cpu.call(.mcrfs, cpu.constant(i.BFA)))
  },

  Instruction("mtfsfi[.]", "Move To FPSCR Field Immediate", .X(63, 134), "BF, U") { cpu, i in
    if !i.Rc, i.BF == 7, cpu.setModes(UInt32(i.U)) { return }
    cpu.changeStatus(i.Rc, .mtfsfi, cpu.ir.i64(UInt64(i.BF)), cpu.ir.i64(UInt64(i.U)))
  },

  Instruction("mtfsf[.]", "Move To FPSCR Fields", .XFL(63, 711), "FLM, FRB") { cpu, i in
    if cpu.replaceStatus(i) { return }
    cpu.changeStatus(
      i.Rc, i.FLM == 0xff ? .mtfsfAll : .mtfsf, cpu.ir.i64(UInt64(i.FLM)), cpu[i.FRB].bits)
  },

  Instruction("mtfsb0[.]", "Move To FPSCR Bit 0", .X(63, 70), "BT") { cpu, i in
    if !i.Rc, cpu.keepMode(i.BT, is: 0) { return }
    cpu.changeStatus(i.Rc, .mtfsb0, cpu.ir.i64(UInt64(i.BT)))
  },

  Instruction("mtfsb1[.]", "Move To FPSCR Bit 1", .X(63, 38), "BT") { cpu, i in
    if !i.Rc, cpu.keepMode(i.BT, is: 1) { return }
    cpu.changeStatus(i.Rc, .mtfsb1, cpu.ir.i64(UInt64(i.BT)))
  },
]

extension Cpu {
  /// Compares: numbers here, NaNs, which set more of the FPSCR, by a helper.
  fileprivate func compareFloat(_ i: X, _ helper: HelperNumber) {
    let a = self[i.FRA], b = self[i.FRB]
    use(.scalar)
    // Before the comparison, whose flags a branch may still use. A cold part may see it too: what it
    // finds replaces the relation.
    if isFloatNative {
      ir.write(Globals.lastFloat, (word(Globals.lastFloat) | Int(FloatRecord.compared)).temp)
      ir.commit()
    }
    let unordered = ir.newLabel()
    ir.brfcmp(.unordered, a.temp, b.temp, to: unordered)
    cold(unordered) {
      foldStatus()
      _ = callWide(helper, a.bits, b.bits)
      setField(i.BF, constant(1))
      leaveOrRaise()
    }
    let difference = I64(ir, ir.emit2(.fcmp, .f64, result: .i64, a.temp, b.temp))
    noteRelation(difference)
    setRelation(i.BF, difference)
  }

  /// After the work of a cold part: goes on at the next instruction, in other code if the modes may
  /// have changed; or raises what the helper found.
  private func leaveOrRaise(changesModes: Bool = false) {
    let verdict = state(\.floatVerdict)
    ir.commit()
    let label = ir.newLabel()
    ir.brcond(.i32, .eq, verdict.temp, constant(0).temp, to: label)
    setState(\.floatVerdict, constant(0))
    if isSystem { ignoreFloatingPoint() }
    leave(.exception, at: address, payload: PowerPCException.floatingPoint.rawValue)
    ir.setLabel(label)
    if changesModes { leave(.lookup, at: address &+ 4) } else { chain(to: address &+ 4) }
  }

  /// `mtfsfi 7,U` that leaves floating point to the host: XE is 0. The last operation was rounded as
  /// it was until now, which its record says from here on.
  /// - Returns: false if it is not of that kind.
  fileprivate func setModes(_ modes: UInt32) -> Bool {
    guard isFloatNative, modes & FPSCR.exactModes == 0 else { return false }
    let status = state(\.storedFPSCR)
    let different = ir.newLabel()
    ir.brcond(.i32, .ne, (status & 15).temp, constant(Int(modes)).temp, to: different)
    cold(different) {
      use(.scalar)
      let status = state(\.storedFPSCR), record = word(Globals.lastFloat)
      let before = (status & Int(FPSCR.RN)) << FloatRecord.roundingOffset
      let changed = record | before | Int(FloatRecord.roundsOtherwise)
      let isNoted = record & Int(FloatRecord.roundsOtherwise)
      ir.write(Globals.lastFloat, isNoted.select(.eq, 0, changed, record).temp)
      setState(\.storedFPSCR, status & ~15 | Int(modes))
      ir.effect(.float_round, constant: MXCSR.rounding(modes & FPSCR.RN))
      continueBehind()
    }
    return true
  }

  /// `mtfsb0` and `mtfsb1` of a mode, which most often is as it should be already.
  fileprivate func keepMode(_ bit: Int, is value: Int) -> Bool {
    let mask = 0x8000_0000 >> bit
    guard isFloatNative, mask <= 15 else { return false }
    let different = ir.newLabel()
    ir.brcond(
      .i32, value == 0 ? .tstne : .tsteq, state(\.storedFPSCR).temp, constant(mask).temp,
      to: different)
    cold(different) {
      foldStatus()
      _ = callWide(value == 0 ? .mtfsb0 : .mtfsb1, ir.i64(UInt64(bit)))
      leaveOrRaise(changesModes: true)
    }
    return true
  }

  /// `mtfsf` of all fields, of a register that leaves floating point to the host. What it replaces need
  /// not be put together first. The host's status stays as it is where the rounding mode does and XX
  /// is set, which is all that the host's flags say; most often no operation was invalid.
  fileprivate func replaceStatus(_ i: XFL) -> Bool {
    guard isFloatNative, !i.Rc, i.FLM == 0xff else { return false }
    use(.scalar)
    let bits = self[i.FRB].bits.low
    let exact = ir.newLabel()
    ir.brcond(.i32, .tstne, bits.temp, constant(Int(FPSCR.exactModes)).temp, to: exact)
    cold(exact) {
      forgetStatus()
      _ = callWide(.mtfsfAll, ir.i64(0xff), self[i.FRB].bits)
      leaveOrRaise(changesModes: true)
    }
    let wanted = state(\.storedFPSCR) & Int(FPSCR.RN) | Int(FPSCR.XX)
    let difference = (bits ^ wanted) & Int(FPSCR.RN | FPSCR.XX | FPSCR.invalidOperations)
    let changing = ir.newLabel()
    ir.brcond(.i32, .ne, difference.temp, constant(0).temp, to: changing)
    cold(changing) {
      let isInvalid = (bits & Int(FPSCR.invalidOperations)).test(.ne, 0)
      setStatus(bits & Int(FPSCR.writable) | isInvalid << 29)
      let rounding = (constant(0) - bits) & Int(FPSCR.RN)
      let status = rounding << Int(MXCSR.roundingOffset) | Int(MXCSR.initial)
      ir.effect1(.float_status, .i32, status.temp)
      continueBehind()
    }
    setStatus(bits & Int(FPSCR.writable))
    return true
  }

  /// The status as a whole, which no operation has changed since.
  private func setStatus(_ status: I32) {
    setState(\.storedFPSCR, status)
    ir.write(Globals.lastFloat, constant(0).temp)
  }

  /// Calls a helper that changes the FPSCR alone.
  fileprivate func changeStatus(_ rc: Bool, _ helper: HelperNumber, _ a: I64, _ b: I64? = nil) {
    // What is replaced as a whole need not be put together first.
    helper == .mtfsfAll ? forgetStatus() : foldStatus()
    _ = callWide(helper, a, b)
    recordFloat(rc)
    ir.commit()
    raiseFloatingPoint { _ in }
    leaveForNewModes()
  }

  /// Other code follows if floating point is now the host's, or is not any more.
  private func leaveForNewModes() {
    let modes = state(\.storedFPSCR) & Int(FPSCR.exactModes)
    let changed = ir.newLabel()
    ir.brcond(.i32, isFloatNative ? .ne : .eq, modes.temp, constant(0).temp, to: changed)
    cold(changed) { leave(.lookup, at: address &+ 4) }
  }

  /// While MSR[FE0] and MSR[FE1] are zero, goes on at the next instruction.
  private func ignoreFloatingPoint(record rc: Bool = false) {
    ir.commit()
    let label = ir.newLabel()
    let modes = constant(Int(MSR.FE0 | MSR.FE1))
    ir.brcond(.i32, .tstne, state(\.msr).temp, modes.temp, to: label)
    recordFloat(rc)
    ir.commit()
    chain(to: address &+ 4)
    ir.setLabel(label)
  }

  /// Calls a helper of 64-bit operands and result.
  func callWide(_ helper: HelperNumber, _ a: I64, _ b: I64? = nil, _ c: I64? = nil) -> I64 {
    let number = helper.rawValue
    guard let b else { return I64(ir, ir.call(number, result: .i64, a.temp)) }
    guard let c else { return I64(ir, ir.call(number, result: .i64, a.temp, b.temp)) }
    return I64(ir, ir.call(number, result: .i64, a.temp, b.temp, c.temp))
  }

  /// Raises the exception that the last helper found to be enabled, after `finishing`.
  func raiseFloatingPoint(record rc: Bool = false, _ finishing: (I32) -> Void) {
    let verdict = state(\.floatVerdict)
    let label = ir.newLabel()
    ir.brcond(.i32, .ne, verdict.temp, constant(0).temp, to: label)
    cold(label) {
      finishing(verdict)
      setState(\.floatVerdict, constant(0))
      ignoreFloatingPoint(record: rc)
      leave(.exception, at: address, payload: PowerPCException.floatingPoint.rawValue)
    }
  }
}
