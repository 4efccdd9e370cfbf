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
      return Vector(high: state.pointee.vr[number], low: state.pointee.vr[number &+ 1])
    }
    nonmutating set {
      let number = 2 &* register.number
      state.pointee.vr[number] = newValue.high
      state.pointee.vr[number &+ 1] = newValue.low
    }
  }

  @inline(__always) var VA: Vector { self[i.VA] }
  @inline(__always) var VB: Vector { self[i.VB] }
  @inline(__always) var VC: Vector { self[i.VC] }

  /// Assigns the target.
  @inline(__always) func setVD(_ value: Vector) { self[i.VD] = value }

  /// Sets VSCR[SAT].
  @inline(__always) func setSAT() { state.pointee.vscr |= VSCR.SAT }
  /// VSCR[NJ].
  @inline(__always) var NJ: Bool { state.pointee.vscr & VSCR.NJ != 0 }
}

/// How translated code calls an instruction's own function: env, the instruction's word; what
/// comparisons return goes to CR field 6.
typealias SoftwareFunction = @convention(c) (UnsafeMutableRawPointer, UInt64) -> UInt64

extension Instruction {
  /// A vector instruction that is a call of a function of its own.
  static func vector<F: Form>(
    _ mnemonic: String, _ title: String, _ encoding: Encoding<F>,
    _ operands: String = "VD, VA, VB", _ function: @escaping SoftwareFunction
  ) -> Instruction {
    Instruction(mnemonic, title, encoding, operands, software: function) { (cpu, i: F) in
      cpu.callSoftware(i.word)
    }
  }

  /// A comparison: a function that returns what Rc puts into CR field 6.
  static func comparison(
    _ mnemonic: String, _ title: String, _ encoding: Encoding<VXR>,
    _ function: @escaping SoftwareFunction
  ) -> Instruction {
    Instruction(mnemonic, title, encoding, "VD, VA, VB", software: function) { (cpu, i: VXR) in
      if i.Rc { cpu.setField(6, cpu.softwareResult(i.word)) } else { cpu.callSoftware(i.word) }
    }
  }
}

extension Cpu {
  /// Calls the instruction's own function for its effect.
  fileprivate func callSoftware(_ word: UInt32) {
    _ = ir.call(context.pointee.software, result: nil, ir.i64(UInt64(word)).temp)
  }

  /// Calls the instruction's own function for its effect and its result.
  fileprivate func softwareResult(_ word: UInt32) -> I32 {
    I32(ir, ir.call(context.pointee.software, result: .i32, ir.i64(UInt64(word)).temp))
  }
}
