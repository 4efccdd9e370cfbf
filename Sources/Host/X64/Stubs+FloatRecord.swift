import IR

/// The short way to the guest's floating-point status: without the host's flags, whose reading waits
/// until all floating point before it is done, and without a function of ours.
///
/// By AVX-512F, whose instructions can say how they round: an operation is inexact where what is
/// rounded up and down differs, and has increased the magnitude where it differs from what is rounded
/// toward zero.
extension Stubs {
  /// Where the results go. The operands are in xmm0, xmm1 and xmm2, so the last one is in place of the
  /// first operand.
  private static let results: [(XMM, StaticRounding)] = [
    (.xmm3, .up), (.xmm4, .down), (.xmm5, .zero), (.xmm0, .nearest),
  ]

  /// Returns with the status in eax, or goes on behind. rcx, rdx and xmm0 to xmm5 are free.
  mutating func writeShortWay(_ r: EnvironmentLayout.FloatRecord) {
    var leaving: [Fixup] = []
    assembler.mov(.dword, .rax, env(r.record))
    assembler.test(.dword, .rax, imm: Int32(bitPattern: r.unusual))
    leaving.append(assembler.jcc(.ne))
    assembler.mov(.dword, .rcx, env(r.status))
    assembler.and(.dword, .rcx, imm: Int32(bitPattern: r.modes))
    assembler.cmp(.dword, .rcx, imm: Int32(bitPattern: r.wantedModes))
    leaving.append(assembler.jcc(.ne))
    assembler.movsd(XMM.xmm0, env(r.operands.0))
    assembler.movsd(XMM.xmm1, env(r.operands.1))
    assembler.mov(.dword, .rcx, .rax)
    assembler.shr(.dword, .rcx, imm: UInt8(r.operation))
    assembler.and(.dword, .rcx, imm: 15)
    leaving.append(writeOperations(r))
    // The exponent less one: neither that of zero and denormals nor that of infinity and NaNs.
    assembler.movq(.rcx, .xmm0)
    assembler.shr(.qword, .rcx, imm: 52)
    assembler.and(.dword, .rcx, imm: 0x7ff)
    assembler.sub(.dword, .rcx, imm: 1)
    assembler.cmp(.dword, .rcx, imm: 0x7fe)
    leaving.append(assembler.jcc(.ae))
    writeOutcome(r)
    for jump in leaving { assembler.bind(jump) }
  }

  /// Does the operation of number ecx. Jumps where there is none.
  private mutating func writeOperations(_ r: EnvironmentLayout.FloatRecord) -> Fixup {
    var ends: [Fixup] = []
    for (number, operation) in [
      (6, Encoding.fmadd213), (1, .addsd), (3, .mulsd), (2, .subsd), (4, .divsd), (5, .sqrtsd),
    ] {
      assembler.cmp(.dword, .rcx, imm: Int32(number))
      let isOther = assembler.jcc(.ne)
      if number == 6 { writeMultiplyAdd(r) } else { writeOperation(operation, isRoot: number == 5) }
      ends.append(assembler.jmp())
      assembler.bind(isOther)
    }
    let none = assembler.jmp()
    for end in ends { assembler.bind(end) }
    return none
  }

  private mutating func writeOperation(_ operation: Encoding, isRoot: Bool) {
    for (result, rounding) in Self.results {
      assembler.encodeQuietly(
        operation, .qword, result.rawValue, 0, isRoot ? 0 : 1, rounding: rounding)
    }
  }

  private mutating func writeMultiplyAdd(_ r: EnvironmentLayout.FloatRecord) {
    assembler.movsd(XMM.xmm2, env(r.operands.2))
    assembler.test(.dword, .rax, imm: Int32(bitPattern: r.negatesAddend))
    let isAdded = assembler.jccShort(.e)
    assembler.xorps(.xmm2, constant(.doubleSign))
    assembler.bind(isAdded)
    for (result, rounding) in Self.results {
      if result != .xmm0 { assembler.movaps(result, .xmm0) }
      assembler.encodeQuietly(
        .fmadd213, .qword, result.rawValue, 1, 2, rounding: rounding)
    }
  }

  /// The status with what the results say.
  private mutating func writeOutcome(_ r: EnvironmentLayout.FloatRecord) {
    assembler.vectorVEX(.vpcmpeqq, .xmm3, .xmm3, .xmm4)
    assembler.vectorVEX(.vpcmpeqq, .xmm5, .xmm5, .xmm0)
    assembler.movq(.rcx, .xmm3)
    assembler.not(.dword, .rcx)
    assembler.and(.dword, .rcx, imm: Int32(bitPattern: r.inexact))
    assembler.movq(.rdx, .xmm5)
    assembler.not(.dword, .rdx)
    assembler.and(.dword, .rdx, imm: Int32(bitPattern: r.increased))
    assembler.or(.dword, .rcx, .rdx)
    assembler.test(.dword, .rax, imm: Int32(bitPattern: r.compared))
    let isCompared = assembler.jcc(.ne)
    // One more than the sign: "greater" or "less".
    assembler.movq(.rdx, .xmm0)
    assembler.shr(.qword, .rdx, imm: 63)
    assembler.shr(.dword, .rax, imm: UInt8(r.negatesResult.trailingZeroBitCount))
    assembler.xor(.dword, .rdx, .rax)
    assembler.and(.dword, .rdx, imm: 1)
    assembler.add(.dword, .rdx, imm: 1)
    assembler.shl(.dword, .rdx, imm: UInt8(r.relations) + 1)
    writeStatus(r)
    assembler.bind(isCompared)
    // k is 0, 1 and 2 for "equal", "greater" and "less"; 1 + k + k / 2 is 1, 2, 4.
    assembler.mov(.qword, .rdx, env(r.relation))
    assembler.mov(.dword, .rax, imm: 0)
    assembler.test(.qword, .rdx, .rdx)
    assembler.setcc(.ne, .rax)
    assembler.shr(.qword, .rdx, imm: 63)
    assembler.add(.dword, .rdx, .rax)
    assembler.mov(.dword, .rax, .rdx)
    assembler.shr(.dword, .rax, imm: 1)
    assembler.lea(.dword, .rdx, Address(base: .rax, index: .rdx, displacement: 1))
    assembler.shl(.dword, .rdx, imm: UInt8(r.relations))
    writeStatus(r)
  }

  /// ecx and edx hold what is new in the status, which is stored and returned.
  private mutating func writeStatus(_ r: EnvironmentLayout.FloatRecord) {
    assembler.mov(.dword, .rax, env(r.status))
    assembler.and(.dword, .rax, imm: Int32(bitPattern: ~r.replaced))
    assembler.or(.dword, .rax, .rcx)
    assembler.or(.dword, .rax, .rdx)
    assembler.mov(.dword, env(r.status), .rax)
    assembler.ret()
  }
}
