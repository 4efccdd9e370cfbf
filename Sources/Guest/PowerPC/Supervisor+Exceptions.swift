/// Programming Environments Manual, chapter 6: exceptions.
extension Supervisor {
  /// Takes an exception: saves where execution stood and goes to the vector.
  ///
  /// - Parameters:
  ///   - nip: what SRR0 takes: the instruction that caused it, or the one to go on with.
  ///   - dar: the address that DAR takes; nil leaves it.
  ///   - dsisr: what DSISR takes; nil leaves it, but for alignment it is made from the instruction.
  ///   - srr1: bits of SRR1 besides those of MSR and of a program exception's reason.
  public func takeException(
    _ exception: PowerPCException, nip: UInt32, dar: UInt32? = nil, dsisr: UInt32? = nil,
    srr1: UInt32 = 0
  ) {
    onException?(exception, exception == .systemCall ? nip &- 4 : nip, srr1)
    let old = state.pointee.msr
    if exception == .machineCheck && old & MSR.ME == 0 {
      isCheckstopped = true
      isHalted = true
      state.pointee.exitRequest = 1
      log?("Machine check while not allowed. Entering checkstop state")
      return
    }
    state.pointee.srr0 = nip
    state.pointee.srr1 = old & MSR.saved | exception.rawValue & 0xffff_0000 | srr1
    if let dar { state.pointee.dar = dar }
    if let dsisr {
      state.pointee.dsisr = dsisr
    } else if exception == .alignment {
      state.pointee.dsisr = alignmentStatus(at: nip)
    }
    enter(exception, from: old)
  }

  /// The machine state at a vector: nothing is enabled or translated.
  private func enter(_ exception: PowerPCException, from old: UInt32) {
    var new = old & MSR.kept
    if old & MSR.ILE != 0 { new |= MSR.LE }
    if exception == .machineCheck { new &= ~MSR.ME }
    let misses: [PowerPCException] = [
      .instructionTranslationMiss, .dataLoadTranslationMiss, .dataStoreTranslationMiss,
    ]
    if misses.contains(exception) { new |= MSR.TGPR }
    state.pointee.nip = exception.vector | (old & MSR.IP != 0 ? Self.highVectors : 0)
    isHalted = false
    setMachineState(new)
  }

  /// DSISR after an alignment exception: the instruction's opcode and registers.
  private func alignmentStatus(at address: UInt32) -> UInt32 {
    guard case .page(let physical, _, _, _, _) = translate(address, .fetch, isProbe: true),
      let word = surroundings.physicalWord(physical | address & 0xffc)
    else { return 0 }
    return Self.alignmentStatus(of: word)
  }

  /// DSISR bits 15-31 for an instruction (Programming Environments Manual, 6.4.6).
  static func alignmentStatus(of word: UInt32) -> UInt32 {
    let registers = word >> 16 & 0x3ff
    if word >> 26 == 31 {
      return (word >> 1 & 3) << 15 | (word >> 6 & 1) << 14 | (word >> 7 & 15) << 10 | registers
    }
    return (word >> 26 & 1) << 14 | (word >> 27 & 15) << 10 | registers
  }

  /// Takes the exception with which translated code ended (`RunExit.exception`).
  ///
  /// A fetch that found no word finds out here why; if the word is there by now, nothing happens,
  /// and the block that raised it is to be given up.
  public func raise(_ number: UInt32) {
    let exception = PowerPCException(rawValue: number)
    let nip = state.pointee.nip
    guard exception == .instructionStorage else {
      takeException(exception, nip: nip, srr1: missBits)
      missBits = 0
      return
    }
    if case .fault(let reason, let bits) = translate(nip, .fetch) {
      takeFault(reason, bits: bits, at: nip, .fetch)
    }
  }

  /// Notes the exception that `translate` found for an access of translated code, which leaves
  /// with it: `raise` takes it then.
  public func noteFault(_ exception: PowerPCException, bits: UInt32, at address: UInt32) {
    if exception == .dataStorage {
      state.pointee.dar = address
      state.pointee.dsisr = bits
    } else {
      missBits = bits
    }
    state.pointee.exitPayload = exception.rawValue
  }

  /// Notes the alignment exception of an access, to be raised with the number in env.
  public func noteMisaligned(_ address: UInt32) {
    state.pointee.dar = address
    state.pointee.exitPayload = PowerPCException.alignment.rawValue
  }

  /// Takes the exception that `translate` found for an access by the instruction at the program
  /// counter.
  public func takeFault(
    _ exception: PowerPCException, bits: UInt32, at address: UInt32, _ access: Access
  ) {
    let nip = state.pointee.nip
    switch exception {
    case .dataStorage: takeException(exception, nip: nip, dar: address, dsisr: bits)
    default: takeException(exception, nip: nip, srr1: bits)
    }
  }
}
