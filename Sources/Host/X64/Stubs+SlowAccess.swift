import IR
import RegisterAllocation

extension Stubs {
  /// The general registers by number, as they lie in memory; rsp's place holds nothing.
  private static let saved: [GPR] = [
    .rax, .rcx, .rdx, .rbx, .rsp, .rbp, .rsi, .rdi, .r8, .r9, .r10, .r11, .r12, .r13, .r14, .r15,
  ]
  private static let vectorBytes: Int32 = 256

  /// Saves every register, has the access made, and goes back behind the number; or leaves.
  ///
  /// What the function does may empty the return stack, so nothing of this stub's lies there
  /// while it runs.
  mutating func writeSlowAccess(_ function: UInt, _ paging: EnvironmentLayout.Paging) {
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
    callFunction(function)
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
