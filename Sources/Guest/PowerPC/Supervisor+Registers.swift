/// What registers do besides keeping a value.
extension Supervisor {
  /// `mtspr` to a register that is not plain storage; the value has no bits that do not exist.
  func write(_ value: UInt32, to number: Int) {
    switch number {
    case SPR.TBL:
      let upper = surroundings.timeBase & 0xffff_ffff_0000_0000
      surroundings.timeBase = upper | UInt64(value)
    case SPR.TBU:
      let lower = surroundings.timeBase & 0xffff_ffff
      surroundings.timeBase = UInt64(value) << 32 | lower
    case SPR.DEC: setDecrementer(value)
    default:
      let old = state.special(number)
      state.pointee.spr[number] = value
      if old != value { changed(number, to: value) }
    }
  }

  /// Setting the decrementer's sign is a passage below zero like any other.
  private func setDecrementer(_ value: UInt32) {
    let old = surroundings.decrementer
    surroundings.decrementer = value
    if (value & ~old) >> 31 != 0 { setLine(.decrementer, true) }
  }

  private func changed(_ number: Int, to value: UInt32) {
    switch number {
    case SPR.SDR1:
      state.pointee.contextChanged = 1
      surroundings.translationsChanged(.all)
    case SPR.IBAT0U..<SPR.DBAT0U, SPR.IBAT4U..<SPR.DBAT4U:
      state.pointee.contextChanged = 1
      surroundings.translationsChanged(.blockAddress)
    case SPR.DBAT0U..<SPR.DBAT0U + 8, SPR.DBAT4U..<SPR.DBAT4U + 8:
      surroundings.translationsChanged(.blockAddress)
    case SPR.IABR, SPR.DABR: surroundings.breakpointsChanged()
    case SPR.HID2 where family == .powerPC755: surroundings.translationsChanged(.all)
    case SPR.HID0 where ProcessorFamilies.f7450.contains(ProcessorFamilies(family)):
      surroundings.translationsChanged(.blockAddress)
      if value & 0x0100_0000 != 0 {
        reportOnce("HID0[STEN]: the 7450's table search by software does not exist")
      }
    default: break
    }
  }

  /// Says that an access to a register failed: there is none, or not for such an access.
  func report(register number: Int, isWrite: Bool, at address: UInt32) {
    let exists = SpecialRegister.all(of: family).contains { $0.number == number }
    let hexadecimal = String(number, radix: 16)
    let digits = String(repeating: "0", count: 3 - hexadecimal.utf8.count) + hexadecimal
    log?(
      "Trying to \(isWrite ? "write" : "read") \(exists ? "privileged" : "invalid") spr \(number) (0x\(digits)) at "
        + ExceptionText.word(address))
  }

  // MARK: Machine state

  /// Gives MSR a value: `mtmsr`, and the part of exceptions and of `rfi` that is the same.
  func setMachineState(_ wanted: UInt32) {
    let old = state.pointee.msr
    let new = wanted & traits.machineState
    state.pointee.msr = new
    if (old ^ new) & MSR.TGPR != 0 { exchangeTemporaryRegisters() }
    if new & ~old & MSR.LE != 0 {
      reportOnce("MSR[LE]: little-endian mode does not exist; data stay big-endian")
    }
    if (old ^ new) & MSR.context != 0 || state.pointee.contextChanged != 0 {
      state.pointee.contextChanged = 0
      surroundings.modeChanged()
    }
    let saves = traits.powerSaving == 0 || state.pointee.hid0 & traits.powerSaving != 0
    if new & ~old & MSR.POW != 0 && saves {
      isHalted = true
      state.pointee.exitRequest = 1
    }
    requestIfDeliverable()
  }

  private func exchangeTemporaryRegisters() {
    for n in 0..<4 {
      (state.pointee.gpr[n], temporaryRegisters[n]) = (temporaryRegisters[n], state.pointee.gpr[n])
    }
  }

  /// `rfi`: brings back what SRR1 keeps; TGPR and POW become 0.
  /// - Returns: where execution goes on.
  func returnFromInterrupt() -> UInt32 {
    let kept = state.pointee.msr & ~(MSR.saved | MSR.POW | MSR.TGPR)
    return moveToMachineState(
      kept | state.pointee.srr1 & MSR.saved, next: state.pointee.srr0 & ~3)
  }

  /// SRR1 bit 15 of a program exception: SRR0 is not the instruction that caused it.
  private static let behindCause: UInt32 = 0x1_0000

  /// `mtmsr`, before the instruction at `next`.
  ///
  /// A floating-point exception that MSR[FE0] and MSR[FE1] have held back comes now, behind its cause
  /// (Power ISA, Book III, 6.5.9).
  /// - Returns: where execution goes on.
  func moveToMachineState(_ value: UInt32, next: UInt32) -> UInt32 {
    setMachineState(value)
    let isEnabled = state.pointee.msr & (MSR.FE0 | MSR.FE1) != 0
    guard isEnabled, state.pointee.fpscr & FPSCR.FEX != 0 else { return next }
    takeException(.floatingPoint, nip: next, srr1: Self.behindCause)
    return state.pointee.nip
  }

  /// A context-synchronizing instruction after a change.
  func synchronizeContext() {
    state.pointee.contextChanged = 0
    surroundings.modeChanged()
  }
}
