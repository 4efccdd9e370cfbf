import IR

/// Programming Environments Manual, 2.3.6 and 4.4: the machine state, segment registers and the
/// return from exceptions. In user mode they are privileged.
let supervisorInstructions: [Instruction] = [
  Instruction("mfmsr", "Move From Machine State Register", .X(31, 83), "RT") { cpu, i in
    cpu.privileged { cpu[i.RT] = cpu.state(\.msr) }
  },

  Instruction("mtmsr", "Move To Machine State Register", .X(31, 146), "RS") { cpu, i in
    cpu.privileged { cpu.setMachineState(cpu[i.RS]) }
  },

  Instruction("mfsr", "Move From Segment Register", .X(31, 595), "RT, SR") { cpu, i in
    cpu.privileged { cpu[i.RT] = cpu.segmentRegister(cpu.constant(i.SR)) }
  },

  Instruction("mfsrin", "Move From Segment Register Indirect", .X(31, 659), "RT, RB") { cpu, i in
    cpu.privileged { cpu[i.RT] = cpu.segmentRegister(cpu[i.RB].shiftedRight(28)) }
  },

  Instruction("mtsr", "Move To Segment Register", .X(31, 210), "SR, RS") { cpu, i in
    cpu.privileged { cpu.setSegmentRegister(cpu.constant(i.SR), cpu[i.RS]) }
  },

  Instruction("mtsrin", "Move To Segment Register Indirect", .X(31, 242), "RS, RB") { cpu, i in
    cpu.privileged { cpu.setSegmentRegister(cpu[i.RB].shiftedRight(28), cpu[i.RS]) }
  },

  Instruction("rfi", "Return From Interrupt", .XL(19, 50)) { cpu, _ in
    cpu.privileged {
      cpu.leave(to: cpu.call(.returnFromInterrupt))
      cpu.context.pointee.ended = true
    }
  },
]

/// Programming Environments Manual, 4.4.2: translation lookaside buffers.
let tableInstructions: [Instruction] = [
  Instruction("tlbie", "TLB Invalidate Entry", .X(31, 306), "RB") { cpu, i in
    cpu.privileged { cpu.perform(.invalidatePage, cpu[i.RB]) }
  },

  Instruction("tlbia", "TLB Invalidate All", .X(31, 370), feature: .tlbInvalidateAll) { cpu, _ in
    cpu.privileged { cpu.perform(.invalidateAll) }
  },

  Instruction("tlbsync", "TLB Synchronize", .X(31, 566), "") { cpu, _ in cpu.privileged {} },

  Instruction("tlbld", "Load Data TLB Entry", .X(31, 978), "RB", feature: .softwareTLB) { cpu, i in
    cpu.privileged { cpu.perform(.loadDataTranslation, cpu[i.RB]) }
  },

  Instruction("tlbli", "Load Instruction TLB Entry", .X(31, 1010), "RB", feature: .softwareTLB) {
    cpu, i in
    cpu.privileged { cpu.perform(.loadInstructionTranslation, cpu[i.RB]) }
  },
]

/// Programming Environments Manual, 4.3.4: no device answers, so they are a load and a store.
let externalControl: [Instruction] = [
  Instruction(
    "eciwx", "External Control In Word Indexed", .X(31, 310), "RT, RA, RB",
    feature: .externalControl
  ) { cpu, i in
    let address = cpu[orZero: i.RA] + cpu[i.RB]
    cpu.requireExternalAccess(address, DataFault.externalControl)
    cpu[i.RT] = cpu.load(4, at: address)
  },

  Instruction(
    "ecowx", "External Control Out Word Indexed", .X(31, 438), "RS, RA, RB",
    feature: .externalControl
  ) { cpu, i in
    let address = cpu[orZero: i.RA] + cpu[i.RB]
    cpu.requireExternalAccess(address, DataFault.externalControl | DataFault.store)
    cpu.store(4, cpu[i.RS], at: address)
  },
]

extension Cpu {
  /// Checks what holds for an instruction in system mode before it does anything: whether its
  /// facility is there and its operand aligned; and notes whether it is traced.
  ///
  /// - Returns: false if it is not to be executed.
  func prepare(_ instruction: UnsafeMutablePointer<Instruction>, _ word: UInt32) -> Bool {
    let key = context.pointee.key
    if instruction.pointee.facility == .floatingPoint, key & BlockKey.floatingPoint == 0 {
      raise(.floatingPointUnavailable)
      return false
    }
    if instruction.pointee.facility == .vector, key & BlockKey.vector == 0 {
      raise(.vectorUnavailable)
      return false
    }
    let traced = instruction.pointee.isBranch ? BlockKey.branchTrace : 0
    context.pointee.isTraced = key & (BlockKey.singleStep | traced) != 0
    if instruction.pointee.alignment > 1 {
      requireAlignment(operandAddress(word), instruction.pointee.alignment)
    }
    return true
  }

  /// `(RA|0) + (RB)` of opcode 31, `(RA|0) + D` of the others.
  private func operandAddress(_ word: UInt32) -> I32 {
    let i = X(word)
    return self[orZero: i.RA] + (word >> 26 == 31 ? self[i.RB] : constant(D(word).D))
  }

  /// `mtmsr`: in line as long as only EE, RI and ME change, which Linux does all the time.
  fileprivate func setMachineState(_ value: I32) {
    let changed = (state(\.msr) ^ value) & Int(~MSR.inert)
    let helped = ir.newLabel()
    ir.brcond(.i32, .ne, changed.temp, constant(0).temp, to: helped)
    cold(helped) {
      let next = call(.writeMachineState, value, constant(Int(address &+ 4)))
      let raised = ir.newLabel()
      ir.brcond(.i32, .ne, next.temp, constant(Int(address &+ 4)).temp, to: raised)
      leave(.lookup, at: address &+ 4)
      ir.setLabel(raised)
      leave(to: next)
    }
    setState(\.msr, value)
    let enabled = value.extractSigned(at: MSR.EE.trailingZeroBitCount, length: 1)
    let pending = enabled & state(\.pendingInterrupts)
    let interrupted = ir.newLabel()
    ir.brcond(.i32, .ne, pending.temp, constant(0).temp, to: interrupted)
    cold(interrupted) {
      leave(context.pointee.isTraced ? .lookup : .request, at: address &+ 4)
    }
  }

  /// Leaves to where a helper says.
  fileprivate func leave(to next: I32) {
    countInstructions()
    ir.write(Globals.nip, next.temp)
    ir.commit()
    ir.effect(.exit_tb, constant: ExitKind.lookup.rawValue, constant2: 0)
  }

  /// `isync`: goes on in line unless something has changed that translation may rely on.
  func synchronizeContext() {
    ir.commit()
    let changed = ir.newLabel()
    ir.brcond(.i32, .ne, state(\.contextChanged).temp, constant(0).temp, to: changed)
    cold(changed) {
      perform(.synchronizeContext)
      leave(.lookup, at: address &+ 4)
    }
  }

  /// The place of a segment register in the state, relative to env.
  private func place(_ number: I32) -> I64 { I64(ir, Block.env) + (number << 2).zeroExtended }
  private var firstSegment: UInt32 {
    UInt32(bitPattern: Int32(PowerPCState.offset(\.sr)))
  }

  fileprivate func segmentRegister(_ number: I32) -> I32 {
    I32(ir, ir.emit1(.ld, .i32, result: .i32, place(number).temp, constant: firstSegment))
  }

  /// Assigns a segment register; what that means for translations comes with the next
  /// context-synchronizing instruction.
  fileprivate func setSegmentRegister(_ number: I32, _ value: I32) {
    let place = place(number)
    let old = I32(ir, ir.emit1(.ld, .i32, result: .i32, place.temp, constant: firstSegment))
    setState(\.contextChanged, state(\.contextChanged) | (old ^ value))
    ir.effect2(.st, .i32, value.temp, place.temp, constant: firstSegment)
  }

  /// Raises a data storage exception while EAR[E] is 0.
  fileprivate func requireExternalAccess(_ address: I32, _ reason: UInt32) {
    ir.commit()
    let label = ir.newLabel()
    ir.brcond(.i32, .ge, specialWord(SPR.EAR).temp, constant(0).temp, to: label)
    cold(label) {
      setState(\.dar, address)
      setSpecialWord(SPR.DSISR, constant(Int(reason)))
      leave(.exception, at: self.address, payload: PowerPCException.dataStorage.rawValue)
    }
  }
}
