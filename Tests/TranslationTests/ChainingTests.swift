import EngineSupport
import Testing
import Translation

/// Jumps between blocks: linked, unlinked, by table, and through the return stack.
@Suite("Chaining")
struct ChainingTests {
  @Test("A loop runs without coming back to the runtime")
  func loop() throws {
    try GuestProgram.alone {
      let program = try GuestProgram()
      program.assemble("start:; addi r4, r4, 1; b next; next:; addi r5, r5, 2; bc 16, 0, start")
      program.registers.ctr = 100_000
      let ending = try program.run()
      #expect(ending == GuestProgram.ended && program[gpr: 4] == 100_000)
      #expect(program[gpr: 5] == 200_000 && program.nip == GuestProgram.code + 16)
      let counters = program.translator.counters
      #expect(counters.linkExits + counters.lookups < 8, "\(counters)")
    }
  }

  @Test("One changed block is translated anew, and those that jump to it find it")
  func invalidation() throws {
    try GuestProgram.alone {
      let program = try GuestProgram()
      // The target of the backward jump is a block of its own, at a distance.
      let far = GuestProgram.code + 0x7000
      program.assemble("addi r4, r4, 1; b \(0x7000 - 4)")
      program.assemble("addi r5, r5, 1; bc 16, 0, -28676", at: far)
      for round in UInt32(1)...20 {
        program.registers.ctr = 50
        program[gpr: 5] = 0
        #expect(try program.run(from: GuestProgram.code) == GuestProgram.ended)
        #expect(program[gpr: 5] == 50 * round && program[gpr: 4] == 50 * round)
        let before = program.translator.counters
        program.assemble("addi r5, r5, \(round + 1)", at: far)
        program.changed(far..<far + 4)
        let after = program.translator.counters
        #expect(after.invalidations > before.invalidations && after.flushes == 0)
        program.changed(far + 0x400..<far + 0x800)
        #expect(program.translator.counters.invalidations == after.invalidations)
      }
    }
  }

  @Test("Computed jumps and calls reach what the table says")
  func computed() throws {
    try GuestProgram.alone {
      let program = try GuestProgram()
      // r3 counts down; r6 chooses one of eight targets, 16 bytes apart.
      let labels = program.assemble(
        """
        start:; rlwinm r6, r3, 4, 25, 27; add r6, r6, r7; mtspr 9, r6; bcctrl 20, 0
        addi r3, r3, -1; cmpi cr0, 0, r3, 0; bc 4, 2, start; tw 31, r0, r0; table:
        """)
      let table = labels["table"]!
      for n in 0..<8 {
        program.assemble("addi r4, r4, \(1 << n); bclr 20, 0", at: table + UInt32(16 * n))
      }
      program[gpr: 3] = 8_000
      program[gpr: 7] = table
      #expect(try program.run() == GuestProgram.ended)
      #expect(program[gpr: 4] == 1_000 * 255)
      let counters = program.translator.counters
      #expect(counters.linkExits + counters.lookups < 60, "\(counters)")
    }
  }

  /// Depth beyond what the return stack holds, and back.
  private static let recursion = """
    bl recurse; tw 31, r0, r0
    recurse:; mfspr r0, 8; stwu r1, -16(r1); stw r0, 8(r1); addi r4, r4, 1
    addi r3, r3, -1; cmpi cr0, 0, r3, 0; bc 12, 2, done; bl recurse
    done:; lwz r0, 8(r1); addi r1, r1, 16; mtspr 8, r0; addi r5, r5, 1; bclr 20, 0
    """

  @Test("Deep recursion comes back", arguments: [10, 60_000, 70_000, 400_000])
  func recursion(_ depth: UInt32) throws {
    try GuestProgram.alone {
      let program = try GuestProgram()
      program.assemble(Self.recursion)
      for _ in 0..<2 {
        program[gpr: 1] = GuestProgram.data + UInt32(GuestProgram.dataSize)
        program[gpr: 3] = depth
        program[gpr: 4] = 0
        program[gpr: 5] = 0
        #expect(try program.run(from: GuestProgram.code) == GuestProgram.ended)
        #expect(program[gpr: 4] == depth && program[gpr: 5] == depth)
        #expect(program[gpr: 1] == GuestProgram.data + UInt32(GuestProgram.dataSize))
      }
    }
  }

  @Test("Endless recursion ends where the guest's stack does")
  func endlessRecursion() throws {
    try GuestProgram.alone {
      let program = try GuestProgram()
      let labels = program.assemble(Self.recursion)
      program[gpr: 1] = GuestProgram.data + UInt32(GuestProgram.dataSize)
      let ending = try program.run()
      #expect(ending == .fault(address: GuestProgram.data - 16, isWrite: true))
      #expect(program.nip == labels["recurse"]! + 4 && program[gpr: 1] == GuestProgram.data)
      #expect(program[gpr: 4] == UInt32(GuestProgram.dataSize / 16))
    }
  }

  @Test("Returns to another place than the call's are right")
  func unpairedReturns() throws {
    try GuestProgram.alone {
      let program = try GuestProgram()
      // The callee returns past the next instruction, now and then; and LR is used as a pointer.
      program.assemble(
        """
        start:; bl callee; addi r4, r4, 1; addi r5, r5, 1; bc 16, 0, start; tw 31, r0, r0
        callee:; mfspr r6, 8; addi r7, r7, 1; rlwinm r8, r7, 2, 29, 29; add r6, r6, r8
        mtspr 8, r6; bclr 20, 0
        """)
      program.registers.ctr = 10_000
      #expect(try program.run() == GuestProgram.ended)
      #expect(program[gpr: 4] == 5_000 && program[gpr: 5] == 10_000)
    }
  }

  @Test("Setting and clearing XER.SO changes the key of the blocks that follow")
  func summaryOverflow() throws {
    try GuestProgram.alone {
      let program = try GuestProgram()
      // Each turn: a comparison without SO, an overflow, one with it; SO bits are added up.
      program.assemble(
        """
        start:; cmpi cr5, 0, r3, 0; mfcr r10; rlwinm r10, r10, 24, 31, 31; add r4, r4, r10
        addo r11, r9, r9; cmpi cr5, 0, r3, 0; mfcr r10; rlwinm r10, r10, 24, 31, 31
        add r5, r5, r10; mtspr 1, r8; bc 16, 0, start
        """)
      program[gpr: 9] = 0x7fff_ffff
      program.registers.ctr = 1_000
      #expect(try program.run() == GuestProgram.ended)
      #expect(program[gpr: 4] == 0 && program[gpr: 5] == 1_000)
      #expect(program.registers.packedXER == 0)
    }
  }
}
