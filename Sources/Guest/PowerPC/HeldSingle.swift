import IR

/// Floating-point registers that hold singles are kept as such within a block, in the host register
/// that is the home of the double: a single stands for it (`EnvironmentLayout.SingleForms`). Then
/// neither loads nor arithmetic widen what is overwritten before anybody looks.
///
/// The double is made where the block is left, on cold parts, before instructions that do not know of
/// this (`Instruction.keepsSingles`), and after a fault, by the runtime.
extension Cpu {
  /// Whether a register is held as a single.
  func isHeld(_ register: FPR) -> Bool {
    context.pointee.held >> UInt32(register.number) & 1 != 0
  }

  /// The single that stands for a register.
  func single(_ register: FPR) -> TempIndex { Globals.s + TempIndex(register.number) }

  /// A register's double.
  func wide(_ register: FPR) -> F64 { F64(ir, ir.read(Globals.f + TempIndex(register.number))) }

  /// The double of a register held as a single, which it stays.
  func widened(_ register: FPR) -> F64 {
    let isNumber = context.pointee.maybeNaN >> UInt32(register.number) & 1 == 0
    return widened(ir.read(single(register)), isNumber: isNumber)
  }

  /// The double of a single.
  func widened(_ single: TempIndex, isNumber: Bool) -> F64 {
    use(.scalar)
    return F64(
      ir, ir.emit1(isNumber ? .cvt_f32_f64 : .ext_f32_f64, .f64, result: .f64, single))
  }

  /// A register holds a single from here on.
  /// - Parameter isNumber: whether it cannot be a NaN.
  func hold(_ register: FPR, _ value: TempIndex, isNumber: Bool) {
    startHolding(register, isNumber: isNumber)
    ir.write(single(register), value)
  }

  /// A register is about to become a single: nobody looks at its double any more.
  func startHolding(_ register: FPR, isNumber: Bool) {
    let bit = UInt32(1) << UInt32(register.number)
    if !isHeld(register) { ir.discard(Globals.f + TempIndex(register.number)) }
    context.pointee.held |= bit
    context.pointee.maybeNaN = context.pointee.maybeNaN & ~bit | (isNumber ? 0 : bit)
    context.pointee.singles[register.number] = single(register)
  }

  /// What is known of a register as a single is so no more.
  func forgetSingle(_ register: FPR) {
    if isHeld(register) {
      ir.discard(single(register))
      context.pointee.held &= ~(UInt32(1) << UInt32(register.number))
    }
    context.pointee.singles[register.number] = 0
  }

  /// Every register is a double again.
  func settle() {
    var held = context.pointee.held
    while held != 0 {
      settle(FPR(held.trailingZeroBitCount))
      held &= held &- 1
    }
  }

  /// A register is a double again, if it is not.
  func settle(_ register: FPR) {
    guard isHeld(register) else { return }
    ir.write(Globals.f + TempIndex(register.number), widened(register).temp)
    ir.commit()
    forgetSingle(register)
  }
}
