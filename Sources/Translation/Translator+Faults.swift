import IR
import RegisterAllocation

/// The guest's state where translated code has faulted.
extension Translator {
  /// The program counter of a fault: that of the guest instruction whose code was running.
  /// - Returns: where to go on, as an offset, if the fault is one of an attempt, which the guest knows
  ///   nothing of.
  func recoverFault(_ pc: UnsafeMutablePointer<UInt32>, _ runner: Runner) -> UInt32? {
    let offset = UInt32(truncatingIfNeeded: runner.fault.pointee.hostPC &- buffer.executable)
    guard let number = table.block(atCode: offset) else { return nil }
    let instruction = table.instruction(atCode: offset, in: number)
    pc.pointee = instruction.address
    widen(instruction.singles, runner.env)
    table.forEachRecovery(atCode: offset, in: number) { recover($0, runner) }
    return table.endOfAttempt(atCode: offset, in: number)
  }

  /// Puts doubles in the place of the singles that stood for them: in the double's field where they share
  /// a home, which has been stored there.
  private func widen(_ singles: UInt32, _ env: UnsafeMutableRawPointer) {
    guard let forms = layout.singleForms else { return }
    for n in 0..<forms.count where singles >> UInt32(n) & 1 != 0 {
      let wide = forms.wide + TempIndex(n)
      let field = env + guest.names.globals[Int(wide) - 1].offset
      let hasHome = allocator.hasHome(wide)
      let single =
        hasHome ? field : env + guest.names.globals[Int(forms.narrow) + n - 1].offset
      field.storeBytes(
        of: Opcode.extended(single.load(as: UInt32.self)), as: UInt64.self)
    }
  }

  /// Stores what a register held, or a constant, when translated code faulted.
  private func recover(_ recovery: CodeRecovery, _ runner: Runner) {
    let value =
      recovery.register == noRegister
      ? recovery.constant : runner.fault.pointee.value(of: recovery.register)
    let place = runner.env + Int(recovery.field)
    if recovery.size == 8 {
      place.storeBytes(of: value, as: UInt64.self)
    } else {
      place.storeBytes(of: UInt32(truncatingIfNeeded: value), as: UInt32.self)
    }
  }
}
