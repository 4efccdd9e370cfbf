import IR

/// Floating point by the host's own instructions, in every rounding mode, while no exception is
/// enabled (`BlockKey.exactFloat` is 0).
///
/// The host's flags are kept, and stand for XX, OX, UX and ZX until somebody asks; FR, FI and FPRF
/// follow from a record of the last operation (`FloatRecord`). What the host does in another way
/// leaves for the functions of ours: results that are NaNs; results so small that the host, which
/// looks for tininess after rounding, may say otherwise than the manual; and in single precision
/// operands that are no singles.
///
/// So a flag that the host raises is always one that the guest's rules raise too, even where the
/// operation is done again.
struct HostForm: Sendable {
  /// Computes, in either precision, from FRA (or the only operand), and further ones.
  let compute: @Sendable (Builder, ValueType, Operands) -> TempIndex
  /// Whether the result is rounded to single precision.
  var isSingle = false
  /// Whether it is computed in single precision from singles; else it is rounded to it.
  var takesSingles = true
  /// What results the host is not trusted with; nil for NaNs alone.
  var suspects: SuspectResult? = .product
  /// Whether the result is negated at last.
  var negates = false
  /// Whether the host must have fused multiply-add.
  var fuses = false

  /// The operands in the order of the helper for the operation; those that there are not are the
  /// first.
  struct Operands: Sendable {
    var first, second, third: TempIndex
  }

  /// The operations that have one.
  static let forms: [HelperNumber: HostForm] = {
    var list: [HelperNumber: HostForm] = [:]
    let sums: [(HelperNumber, HelperNumber, Opcode)] = [
      (.fadd, .fadds, .fadd), (.fsub, .fsubs, .fsub), (.fmul, .fmuls, .fmul),
      (.fdiv, .fdivs, .fdiv),
    ]
    for (double, single, opcode) in sums {
      var form = HostForm { ir, type, x in
        ir.emit2(opcode, type, result: type, x.first, x.second)
      }
      if opcode == .fadd || opcode == .fsub { form.suspects = .sum }
      list[double] = form
      list[single] = form.single
    }
    for (double, single, subtracts, negates) in products {
      var form = HostForm { ir, type, x in
        ir.emit3(subtracts ? .fms : .fma, type, x.first, x.second, x.third)
      }
      form.negates = negates
      form.fuses = true
      list[double] = form
      list[single] = form.single
    }
    var root = HostForm { ir, type, x in ir.emit1(.fsqrt, type, result: type, x.first) }
    root.suspects = nil
    list[.fsqrt] = root
    list[.fsqrts] = root.single
    // As QEMU computes them: a quotient, and the quotient of a root.
    var reciprocal = HostForm { ir, type, x in
      ir.emit2(.fdiv, type, result: type, ir.one(type), x.first)
    }
    list[.fres] = reciprocal.single
    let reciprocalRoot = HostForm { ir, type, x in
      let root = ir.emit1(.fsqrt, type, result: type, x.first)
      return ir.emit2(.fdiv, type, result: type, ir.one(type), root)
    }
    list[.frsqrte] = reciprocalRoot
    var round = HostForm { _, _, x in x.first }.single
    round.takesSingles = false
    round.suspects = .rounded
    list[.frsp] = round
    return list
  }()

  /// Multiply-add: double, single, whether FRB is subtracted, whether the result is negated.
  private static let products: [(HelperNumber, HelperNumber, Bool, Bool)] = [
    (.fmadd, .fmadds, false, false), (.fmsub, .fmsubs, true, false),
    (.fnmadd, .fnmadds, false, true), (.fnmsub, .fnmsubs, true, true),
  ]

  private var single: HostForm {
    var form = self
    form.isSingle = true
    return form
  }
}

extension Builder {
  /// One, in a floating-point type.
  fileprivate func one(_ type: ValueType) -> TempIndex {
    block.constant(type, type == .f32 ? 0x3f80_0000 : 0x3ff0_0000_0000_0000)
  }
}

extension HostForm.Operands {
  fileprivate init(_ temps: [TempIndex]) {
    first = temps[0]
    second = temps.count > 1 ? temps[1] : first
    third = temps.count > 2 ? temps[2] : first
  }
}

extension Cpu {
  /// Whether the host's instructions do floating point.
  var isFloatNative: Bool { context.pointee.key & BlockKey.exactFloat == 0 }

  /// Has the host do an operation, if it can.
  /// - Returns: whether it can.
  func floatByHost(
    _ target: FPR, _ helper: HelperNumber, _ a: FPR, _ b: FPR?, _ c: FPR?
  ) -> Bool {
    guard isFloatNative, let form = HostForm.forms[helper], fuses(form) else {
      return isFloatNative && convertByHost(target, helper, a)
    }
    use(.scalar)
    let registers = [a, b, c].compactMap { $0 }
    if form.isSingle && context.pointee.holdsSingles {
      form.takesSingles
        ? compute(target, helper, form, registers) : round(target, helper, form, a)
      return true
    }
    // Who is used in double precision once is so again.
    for register in registers { settle(register) }
    // The target takes the result before anybody has looked at that: a host register less.
    let before = !form.isSingle && registers.contains(target) ? copy(of: target) : nil
    let operands = registers.map { $0 == target ? before ?? self[$0] : self[$0] }
    let software = { self.float(target, by: helper, operands) }
    if form.isSingle {
      let single =
        form.takesSingles
        ? computeSingle(form, registers.map { narrow($0, software) }, software)
        : round(form, operands[0], software)
      let result = form.negates ? ir.emit1(.fneg, .f32, result: .f32, single) : single
      assign(target, single: result)
    } else {
      let temps = HostForm.Operands(operands.map(\.temp))
      let result = F64(ir, form.compute(ir, .f64, temps))
      self[target] = form.negates ? result.negated : result
      ir.commit()
      leave(form, .f64, self[target].temp, temps, software)
    }
    note(helper, operands)
    return true
  }

  // MARK: Singles that stay singles

  /// Computes in single precision from registers that are held as singles then, to one that is.
  private func compute(_ target: FPR, _ helper: HelperNumber, _ form: HostForm, _ registers: [FPR])
  {
    for register in registers where !isHeld(register) {
      holdNarrowed(register) { self.float(target, by: helper, registers.map { self[$0] }) }
    }
    let isNumber = context.pointee.maybeNaN >> UInt32(target.number) & 1 == 0
    let before =
      registers.contains(target) ? ir.emit1(.mov, .f32, result: .f32, single(target)) : 0
    startHolding(target, isNumber: true)
    let singles = registers.map { $0 == target ? before : single($0) }
    let operands = HostForm.Operands(singles)
    let result = form.compute(ir, .f32, operands)
    let final = form.negates ? ir.emit1(.fneg, .f32, result: .f32, result) : result
    ir.write(single(target), final)
    ir.commit()
    leave(form, .f32, single(target), operands, replacing: target) {
      self.float(
        target, by: helper,
        registers.map {
          $0 == target ? self.widened(before, isNumber: isNumber) : self[$0]
        })
    }
    note(helper, singles: singles)
  }

  /// A register that is the single that it holds from here on. The host leaves where that is none, as
  /// operands of single-precision operations should be.
  private func holdNarrowed(_ register: FPR, _ software: () -> Void) {
    let label = ir.newLabel()
    let single = ir.brnarrow(self[register].temp, to: label)
    cold(label, software)
    hold(register, single, isNumber: true)
    ir.commit()
  }

  /// Rounds a double, whatever it is, to a register that is held as a single.
  private func round(_ target: FPR, _ helper: HelperNumber, _ form: HostForm, _ source: FPR) {
    let operand = self[source]
    let single = round(form, operand) { self.float(target, by: helper, [operand]) }
    note(helper, [operand])
    ir.commit()
    hold(target, single, isNumber: true)
  }

  // MARK: Singles that become doubles at once

  /// What a register holds now.
  func copy(of register: FPR) -> F64 {
    F64(ir, ir.emit1(.mov, .f64, result: .f64, self[register].temp))
  }

  /// Operands that are singles make a result that is rounded once.
  private func computeSingle(_ form: HostForm, _ singles: [TempIndex], _ software: () -> Void)
    -> TempIndex
  {
    let operands = HostForm.Operands(singles)
    let single = form.compute(ir, .f32, operands)
    leave(form, .f32, single, operands, software)
    return single
  }

  /// A double, rounded to single.
  private func round(_ form: HostForm, _ operand: F64, _ software: () -> Void) -> TempIndex {
    let single = ir.emit1(.cvt_f64_f32, .f32, result: .f32, operand.temp)
    leave(form, .f32, single, HostForm.Operands([operand.temp]), software)
    return single
  }

  /// A register as the single that it is, which is known from here on. The host leaves where it is
  /// none, as the operands of a single-precision operation should be.
  private func narrow(_ register: FPR, _ software: () -> Void) -> TempIndex {
    let known = context.pointee.singles[register.number]
    if known != 0 { return known }
    let label = ir.newLabel()
    let single = ir.brnarrow(self[register].temp, to: label)
    cold(label, software)
    context.pointee.singles[register.number] = single
    return single
  }

  /// A register becomes a single, which is known in that form as well from here on.
  func assign(_ target: FPR, single: TempIndex) {
    self[target] = F64(ir, ir.emit1(.cvt_f32_f64, .f64, result: .f64, single))
    context.pointee.singles[target.number] = single
  }

  private func fuses(_ form: HostForm) -> Bool { !form.fuses || context.pointee.fuses }

  /// `fctiwz` and `fctiw`: what is no number or does not fit has the host's "integer indefinite".
  private func convertByHost(_ target: FPR, _ helper: HelperNumber, _ source: FPR) -> Bool {
    guard helper == .fctiwz || helper == .fctiw else { return false }
    use(.scalar)
    let operand = self[source], record = word(Globals.lastFloat)
    let inSoftware = {
      // It keeps FPRF, which must be there.
      self.foldStatus()
      self.float(target, by: helper, [operand])
    }
    var noted = record & ~Int(FloatRecord.rounded) | Int(FloatRecord.converted)
    if helper == .fctiw {
      // One rounding mode of before is all that a record holds.
      let roundsOtherwise = ir.newLabel()
      let mask = constant(Int(FloatRecord.roundsOtherwise))
      ir.brcond(.i32, .tstne, record.temp, mask.temp, to: roundsOtherwise)
      cold(roundsOtherwise, inSoftware)
      noted = record | Int(FloatRecord.converted | FloatRecord.rounded)
    }
    let opcode: Opcode = helper == .fctiw ? .cvtr_f64_i32 : .cvt_f64_i32
    let integer = I32(ir, ir.emit1(opcode, .i32, result: .i32, operand.temp))
    let indefinite = ir.newLabel()
    ir.brcond(.i32, .eq, integer.temp, constant(Int(Int32.min)).temp, to: indefinite)
    cold(indefinite, inSoftware)
    self[target] = integer.signExtended.asFloat
    ir.write(Globals.lastFloat, noted.temp)
    ir.write(Globals.lastFloatD, operand.temp)
    return true
  }

  // MARK: Leaving the host's way

  /// Leaves with a result that the form does not trust the host with.
  private func leave(
    _ form: HostForm, _ type: ValueType, _ result: TempIndex, _ operands: HostForm.Operands,
    replacing target: FPR? = nil, _ body: () -> Void
  ) {
    let label = ir.newLabel()
    if let suspect = form.suspects {
      ir.brextreme(type, suspect, result, operands.first, operands.second, to: label)
    } else {
      ir.brclass(type, .nan, result, to: label)
    }
    cold(label, replacing: target, body)
  }

  /// In a cold part: the operation by the function of ours; the next instruction follows.
  private func float(_ target: FPR, by helper: HelperNumber, _ operands: [F64]) {
    let bits = operands.map(\.bits)
    let result = callWide(
      helper, bits[0], bits.count > 1 ? bits[1] : nil, bits.count > 2 ? bits[2] : nil)
    self[target] = result.asFloat
    ir.write(Globals.lastFloat, ir.i32(0).temp)
    for record in Globals.records where record != Globals.lastFloat { ir.discard(record) }
    ir.commit()
    chain(to: address &+ 4)
  }

  // MARK: What is known along the line

  /// Several ways lead here: nothing is known any more.
  func forgetFloats() {
    // Who comes here from elsewhere comes with doubles.
    assert(context.pointee.held == 0)
    context.pointee.floatMode = context.pointee.mixesFloatModes ? nil : .scalar
    context.pointee.singles = .init(repeating: 0)
    context.pointee.stored.clear()
    context.pointee.unordered = 0xff
    context.pointee.relations = 0
  }

  /// Sees to it that a floating-point status holds.
  func use(_ mode: FloatMode) {
    if mode == .scalar { context.pointee.hasFloats = true }
    if context.pointee.floatMode == mode { return }
    if !context.pointee.mixesFloatModes { context.pointee.changesFloatMode = true }
    ir.effect(.float_mode, constant: mode.rawValue)
    context.pointee.floatMode = mode
  }

  // MARK: What follows later

  /// Notes the last operation and its operands.
  func note(_ helper: HelperNumber, _ operands: [F64]) {
    ir.write(Globals.lastFloat, constant(Int(FloatRecord(helper).rawValue)).temp)
    for n in 0..<3 {
      let global = Globals.lastFloatA + TempIndex(n)
      if n < operands.count { ir.write(global, operands[n].temp) } else { ir.discard(global) }
    }
  }

  /// Notes the last operation and its operands, which are singles.
  func note(_ helper: HelperNumber, singles: [TempIndex]) {
    let record = FloatRecord(helper).rawValue | FloatRecord.isOfSingles
    ir.write(Globals.lastFloat, constant(Int(record)).temp)
    for n in 0..<3 {
      let global = Globals.lastSingleA + TempIndex(n)
      if n < singles.count { ir.write(global, singles[n]) } else { ir.discard(global) }
    }
  }

  /// FPCC is what a comparison of numbers has found: a difference below, above or equal to zero.
  /// That a comparison came is in the record already.
  func noteRelation(_ difference: I64) {
    guard isFloatNative else {
      let less = difference.test(.lt, 0).low << 3, greater = difference.test(.gt, 0).low << 2
      let relation = less | greater | difference.test(.eq, 0).low << 1
      setState(\.storedFPSCR, state(\.storedFPSCR).deposit(relation, at: 31 - 19, length: 4))
      return
    }
    ir.write(Globals.lastFloatRelation, difference.temp)
  }

  /// The FPSCR is about to be replaced.
  func forgetStatus() {
    guard isFloatNative else { return }
    ir.write(Globals.lastFloat, ir.i32(0).temp)
    ir.commit()
  }

  /// The FPSCR for an instruction that reads it alone.
  func readStatus() -> I64 {
    guard isFloatNative else { return state(\.storedFPSCR).zeroExtended }
    use(.scalar)
    ir.commit()
    let status = I64(ir, ir.call(HelperNumber.readStatus.rawValue, result: .i64))
    ir.write(Globals.lastFloat, ir.i32(0).temp)
    return status
  }

  /// Puts the FPSCR together before an instruction changes it, or part of it.
  func foldStatus() {
    guard isFloatNative else { return }
    use(.scalar)
    ir.commit()
    _ = ir.call(HelperNumber.foldStatus.rawValue, result: nil)
    ir.write(Globals.lastFloat, ir.i32(0).temp)
    ir.commit()
  }
}
