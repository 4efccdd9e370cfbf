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
    assembler.and(.dword, .rcx, imm: Int32(15 << r.operation))
    assembler.cmp(.dword, .rcx, imm: Int32(6 << r.operation))
    let isOther = assembler.jcc(.ne)
    writeMultiplyAdd(r)
    let outcome = assembler.currentAddress
    leaving.append(writeOutcome(r))
    assembler.bind(isOther)
    writeOperations(r, behind: outcome)
    for jump in leaving { assembler.bind(jump) }
  }

  /// Does the operation that ecx says, other than a fused one. Goes on behind where there is none.
  private mutating func writeOperations(_ r: EnvironmentLayout.FloatRecord, behind outcome: UInt) {
    for (number, operation) in [
      (1, Encoding.addsd), (3, .mulsd), (2, .subsd), (4, .divsd), (5, .sqrtsd),
    ] {
      assembler.cmp(.dword, .rcx, imm: Int32(number << r.operation))
      let isOther = assembler.jcc(.ne)
      for (result, rounding) in Self.results {
        assembler.encodeQuietly(
          operation, .qword, result.rawValue, 0, number == 5 ? 0 : 1, rounding: rounding)
      }
      assembler.jmp(to: outcome)
      assembler.bind(isOther)
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
  /// - Returns: the jump for extreme results, of which there may be more to say.
  private mutating func writeOutcome(_ r: EnvironmentLayout.FloatRecord) -> Fixup {
    assembler.vectorVEX(.vptest, .xmm0, constant(.doubleHighExponent))
    let isExtreme = assembler.jcc(.be)
    assembler.vectorVEX(.vpcmpeqq, .xmm3, .xmm3, .xmm4)
    assembler.vectorVEX(.vpcmpeqq, .xmm5, .xmm5, .xmm0)
    assembler.vectorVEX(.vpandn, .xmm3, .xmm3, constant(.inexact))
    assembler.vectorVEX(.vpandn, .xmm5, .xmm5, constant(.increased))
    assembler.vectorVEX(.vpor, .xmm3, .xmm3, .xmm5)
    assembler.movd(.rcx, .xmm3)
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
    assembler.mov(.dword, .rdx, imm: Int32(1 << r.relations))
    assembler.cmp(.qword, env(r.relation), imm: 0)
    assembler.cmovcc(.dword, .g, .rdx, constant(.greater))
    assembler.cmovcc(.dword, .l, .rdx, constant(.less))
    writeStatus(r)
    return isExtreme
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
