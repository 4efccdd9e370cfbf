import IR

/// A vector instruction at work: the registers that its word names.
///
/// What translated code calls is one C function per vector instruction, of env and the word; the
/// tables of instructions write it as a closure in the words of the manual, over the functions
/// below and in VectorFamilies.swift.
struct VectorUnit {
  let state: UnsafeMutablePointer<PowerPCState>
  let i: VX

  @inline(__always) init(_ env: UnsafeMutableRawPointer, _ word: UInt64) {
    state = stateOf(env)
    i = VX(UInt32(truncatingIfNeeded: word))
  }

  /// The contents of a register.
  @inline(__always) subscript(register: VR) -> Vector {
    get {
      let number = 2 &* register.number
      return Vector(high: state.pointee.vr[number &+ 1], low: state.pointee.vr[number])
    }
    nonmutating set {
      let number = 2 &* register.number
      state.pointee.vr[number &+ 1] = newValue.high
      state.pointee.vr[number] = newValue.low
    }
  }

  @inline(__always) var VA: Vector { self[i.VA] }
  @inline(__always) var VB: Vector { self[i.VB] }
  @inline(__always) var VC: Vector { self[i.VC] }

  /// Assigns the target.
  @inline(__always) func setVD(_ value: Vector) { self[i.VD] = value }

  /// Sets VSCR[SAT].
  @inline(__always) func setSAT() { state.pointee.storedVSCR |= VSCR.SAT }
  /// VSCR[NJ].
  @inline(__always) var NJ: Bool { state.pointee.storedVSCR & VSCR.NJ != 0 }
}

/// How translated code calls an instruction's own function: env, the instruction's word; what
/// comparisons return goes to CR field 6.
typealias SoftwareFunction = @convention(c) (UnsafeMutableRawPointer, UInt64) -> UInt64

/// How the host's vector ops do an instruction.
typealias VectorOps<F> = @Sendable (Cpu, F) -> Void

extension Instruction {
  /// A vector instruction: a function of its own, and the ops that do the same where the host has
  /// vectors and there are any.
  static func vector<F: Form>(
    _ mnemonic: String, _ title: String, _ encoding: Encoding<F>,
    _ operands: String = "VD, VA, VB", ops: VectorOps<F>? = nil,
    _ function: @escaping SoftwareFunction
  ) -> Instruction {
    Instruction(mnemonic, title, encoding, operands, software: function) { (cpu, i: F) in
      if let ops, cpu.context.pointee.hasVectors { ops(cpu, i) } else { cpu.callSoftware(i.word) }
    }
  }

  /// A comparison: a function that returns what Rc puts into CR field 6, and the ops.
  static func comparison(
    _ mnemonic: String, _ title: String, _ encoding: Encoding<VXR>,
    ops: @escaping VectorOps<VXR>, _ function: @escaping SoftwareFunction
  ) -> Instruction {
    Instruction(mnemonic, title, encoding, "VD, VA, VB", software: function) { (cpu, i: VXR) in
      if cpu.context.pointee.hasVectors {
        ops(cpu, i)
      } else if i.Rc {
        cpu.setField(6, cpu.softwareResult(i.word))
      } else {
        cpu.callSoftware(i.word)
      }
    }
  }
}

extension Cpu {
  /// Calls the instruction's own function for its effect.
  func callSoftware(_ word: UInt32) {
    _ = ir.call(context.pointee.software, result: nil, ir.i64(UInt64(word)).temp)
  }

  /// Calls the instruction's own function for its effect and its result.
  fileprivate func softwareResult(_ word: UInt32) -> I32 {
    I32(ir, ir.call(context.pointee.software, result: .i32, ir.i64(UInt64(word)).temp))
  }
}
