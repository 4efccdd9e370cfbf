import IR

/// Floating point by the host's own instructions, while no exception is enabled and rounding is to
/// nearest (`BlockKey.exactFloat` is 0).
///
/// The host's flags are kept, and stand for XX, OX, UX and ZX until somebody asks; FR, FI and FPRF
/// follow from a record of the last operation (`FloatRecord`). What the host does in another way
/// leaves for the functions of ours: results that are NaNs; results so small that the host, which
/// looks for tininess after rounding, may say otherwise than the manual; and in single precision,
/// which is reached by way of double precision, results halfway between two singles.
///
/// So a flag that the host raises is always one that the guest's rules raise too, even where the
/// operation is done again.
struct HostForm: Sendable {
  /// Computes, in double precision, from FRA (or the only operand), and further ones.
  let compute: @Sendable (Cpu, F64, F64, F64) -> F64
  /// Whether the result is rounded to single precision.
  var isSingle = false
  /// Whether the double result may already have been rounded.
  var roundsTwice = true
  /// What results the host is not trusted with.
  var suspects = FloatClass.nanOrSmall
  /// Whether the result is negated at last.
  var negates = false
  /// Whether the host must have fused multiply-add.
  var fuses = false

  /// The operations that have one.
  static let forms: [HelperNumber: HostForm] = {
    var list: [HelperNumber: HostForm] = [:]
    let sums: [(HelperNumber, HelperNumber, Opcode)] = [
      (.fadd, .fadds, .fadd), (.fsub, .fsubs, .fsub), (.fmul, .fmuls, .fmul),
      (.fdiv, .fdivs, .fdiv),
    ]
    for (double, single, opcode) in sums {
      var form = HostForm { cpu, a, b, _ in cpu.float(opcode, a, b) }
      if opcode == .fadd || opcode == .fsub { form.suspects = .nan }
      list[double] = form
      list[single] = form.single
    }
    for (double, single, subtracts, negates) in products {
      var form = HostForm { cpu, a, c, b in
        F64(
          cpu.ir,
          cpu.ir.emit3(.fma, .f64, a.temp, c.temp, subtracts ? b.negated.temp : b.temp))
      }
      form.negates = negates
      form.fuses = true
      list[double] = form
      list[single] = form.single
    }
    var root = HostForm { cpu, b, _, _ in
      F64(cpu.ir, cpu.ir.emit1(.fsqrt, .f64, result: .f64, b.temp))
    }
    root.suspects = .nan
    list[.fsqrt] = root
    list[.fsqrts] = root.single
    var round = HostForm { _, b, _, _ in b }.single
    round.roundsTwice = false
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

extension Cpu {
  /// Whether the host's instructions do floating point.
  var isFloatNative: Bool { context.pointee.key & BlockKey.exactFloat == 0 }

  /// An op of two floating-point operands.
  func float(_ opcode: Opcode, _ a: F64, _ b: F64) -> F64 {
    F64(ir, ir.emit2(opcode, .f64, result: .f64, a.temp, b.temp))
  }

  /// Has the host do an operation, if it can.
  /// - Returns: whether it can.
  func floatByHost(
    _ target: FPR, _ helper: HelperNumber, _ a: FPR, _ b: FPR?, _ c: FPR?
  ) -> Bool {
    guard isFloatNative, let form = HostForm.forms[helper], fuses(form) else {
      return helper == .fctiwz && isFloatNative && truncateByHost(target, a)
    }
    use(.scalar)
    let operands = [a, b, c].compactMap { $0.map { self[$0] } }
    let first = operands[0]
    let software = { self.float(target, by: helper, operands) }
    var result = form.compute(
      self, first, operands.count > 1 ? operands[1] : first,
      operands.count > 2 ? operands[2] : first)
    if form.isSingle {
      if form.fuses {
        leave(from: result, .tie, software)
      } else if form.roundsTwice {
        let label = ir.newLabel()
        ir.brtie(result.temp, first.temp, operands[operands.count - 1].temp, to: label)
        cold(label, software)
      }
      let single = ir.emit1(.cvt_f64_f32, .f32, result: .f32, result.temp)
      leave(fromSingle: single, .nanOrSmall, software)
      result = F64(ir, ir.emit1(.cvt_f32_f64, .f64, result: .f64, single))
    } else {
      leave(from: result, form.suspects, software)
    }
    self[target] = form.negates ? result.negated : result
    note(helper, operands)
    return true
  }

  private func fuses(_ form: HostForm) -> Bool { !form.fuses || context.pointee.fuses }

  /// `fctiwz`: what is no number or does not fit has the host's "integer indefinite".
  private func truncateByHost(_ target: FPR, _ source: FPR) -> Bool {
    use(.scalar)
    let operand = self[source]
    let integer = I32(ir, ir.emit1(.cvt_f64_i32, .i32, result: .i32, operand.temp))
    let indefinite = ir.newLabel()
    ir.brcond(.i32, .eq, integer.temp, constant(Int(Int32.min)).temp, to: indefinite)
    cold(indefinite) {
      // It keeps FPRF, which must be there.
      foldStatus()
      float(target, by: .fctiwz, [operand])
    }
    self[target] = integer.signExtended.asFloat
    let record = I64(ir, ir.read(Globals.lastFloat))
    ir.write(Globals.lastFloat, (record | Int(FloatRecord.converted)).temp)
    ir.write(Globals.lastFloatD, operand.temp)
    return true
  }

  // MARK: Leaving the host's way

  private func leave(from value: F64, _ suspects: FloatClass, _ body: () -> Void) {
    leave(.f64, value.temp, suspects, body)
  }

  private func leave(fromSingle value: TempIndex, _ suspects: FloatClass, _ body: () -> Void) {
    leave(.f32, value, suspects, body)
  }

  private func leave(
    _ type: ValueType, _ value: TempIndex, _ suspects: FloatClass, _ body: () -> Void
  ) {
    let label = ir.newLabel()
    ir.brclass(type, suspects, value, to: label)
    cold(label, body)
  }

  /// In a cold part: the operation by the function of ours; the next instruction follows.
  private func float(_ target: FPR, by helper: HelperNumber, _ operands: [F64]) {
    let bits = operands.map(\.bits)
    let result = callWide(
      helper, bits[0], bits.count > 1 ? bits[1] : nil, bits.count > 2 ? bits[2] : nil)
    self[target] = result.asFloat
    ir.write(Globals.lastFloat, ir.i64(0).temp)
    ir.commit()
    chain(to: address &+ 4)
  }

  // MARK: What follows later

  /// Notes the last operation and its operands.
  private func note(_ helper: HelperNumber, _ operands: [F64]) {
    ir.write(Globals.lastFloat, ir.i64(UInt64(helper.rawValue)).temp)
    for (n, operand) in operands.enumerated() {
      ir.write(Globals.lastFloatA + TempIndex(n), operand.temp)
    }
  }

  /// FPCC is what a comparison has found: LT GT EQ and unordered as 8 4 2 1.
  func noteRelation(_ relation: I32) {
    guard isFloatNative else {
      setState(\.storedFPSCR, state(\.storedFPSCR).deposit(relation, at: 31 - 19, length: 4))
      return
    }
    let record = I64(ir, ir.read(Globals.lastFloat))
    let field = (relation | Int(FloatRecord.compared)).zeroExtended
    ir.write(
      Globals.lastFloat,
      record.deposit(
        field, at: FloatRecord.relationOffset, length: FloatRecord.relationLength
      ).temp)
  }

  /// The FPSCR is about to be replaced.
  func forgetStatus() {
    guard isFloatNative else { return }
    ir.write(Globals.lastFloat, ir.i64(0).temp)
    ir.commit()
  }

  /// Puts the FPSCR together before an instruction reads or changes it.
  func foldStatus() {
    guard isFloatNative else { return }
    ir.commit()
    _ = ir.call(HelperNumber.foldStatus.rawValue, result: nil)
    ir.write(Globals.lastFloat, ir.i64(0).temp)
    ir.commit()
  }
}
