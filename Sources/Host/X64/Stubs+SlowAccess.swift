import IR
import RegisterAllocation

extension Stubs {
  /// The general registers by number, as they lie in memory; rsp's place holds nothing.
  private static let saved: [GPR] = [
    .rax, .rcx, .rdx, .rbx, .rsp, .rbp, .rsi, .rdi, .r8, .r9, .r10, .r11, .r12, .r13, .r14, .r15,
  ]
  private static let vectorBytes: Int32 = 256

  /// Writes `slowAccess` and `misaligned`.
  mutating func writeSlowAccesses(_ function: UInt, _ paging: EnvironmentLayout.Paging) {
    writeSlowAccess(function, paging)
    misaligned = (0...3).map { size in
      (0..<size).map { writeMisaligned(bytes: 1 << size, alignment: 1 << $0, paging) }
    }
  }

  /// Goes back, to a jump to the access, if what is at rcx lies within a page that has a word and
  /// is as aligned as it must be; else on to `slowAccess`, whose number stands behind that jump.
  ///
  /// Without a word, rcx holds a guest address and a displacement: less than 8 GiB, or negative.
  /// No word leads there. rax goes where `slowAccess` does not look yet.
  private mutating func writeMisaligned(
    bytes: Int32, alignment: Int32, _ paging: EnvironmentLayout.Paging
  ) -> UInt {
    assembler.align(to: 16)
    let address = assembler.currentAddress
    if alignment > 1 { assembler.test(.byte, .rcx, imm: alignment - 1) }
    let isRefused = alignment > 1 ? assembler.jccShort(.ne) : nil
    assembler.mov(.qword, env(paging.slowReturn), .rax)
    assembler.mov(.qword, .rax, .rcx)
    assembler.shr(.qword, .rax, imm: 33)
    assembler.sub(.dword, .rax, imm: 1)
    assembler.cmp(.dword, .rax, imm: 0x3fff)
    let hasNoWord = assembler.jccShort(.a)
    assembler.lea(.dword, .rax, Address(.rcx, bytes - 1))
    assembler.xor(.dword, .rax, .rcx)
    assembler.test(.dword, .rax, imm: ~0xfff)
    assembler.mov(.qword, .rax, env(paging.slowReturn))
    let crosses = assembler.jccShort(.ne)
    assembler.ret()
    assembler.bind(hasNoWord)
    assembler.mov(.qword, .rax, env(paging.slowReturn))
    assembler.bind(crosses)
    if let isRefused { assembler.bind(isRefused) }
    assembler.add(.qword, Address(.rsp), imm: Self.jumpSize)
    assembler.jmp(to: slowAccess)
    return address
  }

  /// Bytes of the jump to the access.
  private static let jumpSize: Int32 = 5

  /// Saves every register, has the access made, and goes back behind the number; or leaves.
  ///
  /// What the function does may empty the return stack, so nothing of this stub's lies there
  /// while it runs.
  private mutating func writeSlowAccess(_ function: UInt, _ paging: EnvironmentLayout.Paging) {
    assembler.align(to: 16)
    slowAccess = assembler.currentAddress
    assembler.pop(env(paging.slowReturn))
    assembler.mov(.qword, env(layout.returnStack), .rsp)
    assembler.mov(.qword, .rsp, env(layout.hostStack))
    for register in Self.saved.reversed() { assembler.push(register) }
    assembler.lea(.qword, .rsp, Address(.rsp, -Self.vectorBytes))
    for n in 0..<16 { assembler.movups(Address(.rsp, Int32(16 * n)), .number(UInt8(n))) }
    assembler.mov(.qword, .rdi, .rbp)
    assembler.lea(.qword, .rsi, Address(.rsp, Self.vectorBytes))
    assembler.mov(.qword, .rdx, env(paging.slowReturn))
    assembler.mov(.dword, .rdx, Address(.rdx))
    assembler.mov(.qword, .rcx, env(paging.slowContext))
    storeFloatStatus()
    callFunction(function)
    loadFloatStatus()
    for n in 0..<16 { assembler.movups(.number(UInt8(n)), Address(.rsp, Int32(16 * n))) }
    assembler.lea(.qword, .rsp, Address(.rsp, Self.vectorBytes))
    assembler.test(.dword, .rax, .rax)
    let raised = assembler.jcc(.ne)
    restoreRegisters()
    assembler.add(.qword, env(paging.slowReturn), imm: 4)
    assembler.jmp(env(paging.slowReturn))
    assembler.bind(raised)
    restoreRegisters()
    assembler.mov(.dword, env(layout.exitKind), imm: Int32(ExitKind.access.rawValue))
    writeLeave()
  }

  private mutating func restoreRegisters() {
    for register in Self.saved {
      if register == .rsp {
        assembler.lea(.qword, .rsp, Address(.rsp, 8))
      } else {
        assembler.pop(register)
      }
    }
    assembler.mov(.qword, .rsp, env(layout.returnStack))
  }
}
