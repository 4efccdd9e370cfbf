import EngineSupport
import Machine
import Testing

@testable import Boards
@testable import GuestPowerPC

/// Single findings about memory as the processor sees it.
@Suite("System memory", .serialized)
struct SystemMemoryTests {
  /// Runs a program in a machine until it sleeps or its time is over.
  private func run(
    _ wild: WildMachine, _ lines: [String], prepare: (Supervisor) -> Void = { _ in }
  ) throws {
    try wild.machine.reset()
    wild.mapCards()
    let words = lines.map { TestAssembler.assemble($0)! } + [0x4800_0000]
    for (n, word) in words.enumerated() {
      wild.machine.bus.write(0x4000 + 4 * UInt64(n), 4, UInt64(word))
    }
    let supervisor = wild.machine.emulator.supervisor
    supervisor.state.pointee.nip = 0x4000
    supervisor.setMachineState(0x1000)
    prepare(supervisor)
    // What was prepared may have left an exit request.
    for _ in 0..<2 { try wild.run(microseconds: 20_000) }
  }

  @Test("A segment register written without a context synchronization spoils no address space")
  func unsynchronizedSegment() throws {
    try HostProcess.lock.withLock { _ in
      let wild = try WildMachine(.g3beige, power: .cuda)
      let bus = wild.machine.bus
      // Names 3 and 7 of the page 0x30000000: the groups 3 and 7 of the table at 0x10000.
      let program = [
        "mtsr 3, r7", "lwz r10, 0(r4)", "mtsr 3, r3", "isync", "lwz r11, 0(r4)", "mtsr 3, r7",
        "stw r5, 4(r4)", "mtsr 3, r3", "isync", "stw r6, 4(r4)", "lwz r12, 4(r4)",
      ]
      try run(wild, program) { supervisor in
        for (name, place) in [(3, 0x2_0000), (7, 0x2_1000)] as [(UInt64, UInt64)] {
          bus.write(0x1_0000 + name << 6, 4, 0x8000_0000 | name << 7)
          bus.write(0x1_0004 + name << 6, 4, place | 2)
          bus.write(place, 4, name)
        }
        for n in 0..<16 { supervisor.state.pointee.sr[n] = UInt32(n) }
        supervisor.state.pointee.gpr[3] = 3
        supervisor.state.pointee.gpr[7] = 7
        supervisor.state.pointee.gpr[4] = 0x3000_0000
        supervisor.state.pointee.gpr[5] = 55
        supervisor.state.pointee.gpr[6] = 66
        supervisor.write(0x0001_0000, to: 25)
        supervisor.write(2, to: 528)
        supervisor.write(2, to: 529)
        supervisor.state.pointee.contextChanged = 1
        supervisor.setMachineState(0x1030)
      }
      let state = wild.machine.emulator.state
      #expect(state.pointee.gpr[11] == 3)
      #expect(state.pointee.gpr[12] == 66)
      #expect(bus.read(0x2_0004, 4) == 66)
    }
  }

  @Test("Memory that a device cuts within a page is memory up to there")
  func cutPage() throws {
    try HostProcess.lock.withLock { _ in
      let wild = try WildMachine(.g3beige, power: .cuda)
      let program = [
        "stw r5, 0(r4)", "lwz r6, 0(r4)", "lwz r7, 0(r8)", "mtspr 9, r4", "bcctr 20, 0",
      ]
      try run(wild, program) { supervisor in
        wild.machine.parts.vga?.configuration.write(0x10, 4, 0xf000_0000)
        let state = supervisor.state
        state.pointee.gpr[4] = 0xf000_0600
        // An endless loop.
        state.pointee.gpr[5] = 0x4800_0000
        state.pointee.gpr[8] = 0xf000_050c
      }
      let state = wild.machine.emulator.state
      #expect(state.pointee.gpr[6] == 0x4800_0000)
      #expect(state.pointee.nip == 0xf000_0600)
    }
  }

  @Test("A processor that is checkstopped takes no interrupts")
  func checkstop() throws {
    try HostProcess.lock.withLock { _ in
      let wild = try WildMachine(.g3beige, power: .cuda)
      // Machine checks are off and interrupts on; nothing can be fetched at 0x7000_0000.
      try run(wild, ["mtmsr r3", "mtspr 9, r4", "bcctr 20, 0"]) { supervisor in
        supervisor.state.pointee.gpr[3] = 0x8000
        supervisor.state.pointee.gpr[4] = 0x7000_0000
      }
      let supervisor = wild.machine.emulator.supervisor
      #expect(supervisor.isCheckstopped && supervisor.isHalted)
      supervisor.setLine(.external, true)
      for _ in 0..<2 { try wild.run(microseconds: 5_000) }
      #expect(supervisor.isHalted && supervisor.state.pointee.nip == 0x7000_0000)
    }
  }

  @Test("Windows that move under a running block leave its registers right")
  func flushedBlock() throws {
    try HostProcess.lock.withLock { _ in
      let wild = try WildMachine(.g3beige, power: .cuda)
      // The base address of the display moves; then a load whose sum of address and displacement
      // passes 4 GiB.
      let program = [
        "stw r4, 0(r3)", "stw r6, 0(r5)", "lwz r10, 0(r7)", "addi r8, r8, 1", "lwz r9, 16(r7)",
        "addi r8, r8, 1",
      ]
      try run(wild, program) { supervisor in
        let state = supervisor.state
        wild.machine.bus.write(0x4, 4, 77)
        state.pointee.gpr[3] = 0xfec0_0000
        state.pointee.gpr[4] = 0x1070_0080
        state.pointee.gpr[5] = 0xfee0_0000
        state.pointee.gpr[6] = 0x0000_0090
        state.pointee.gpr[7] = 0xffff_fff4
        state.pointee.gpr[8] = 0
      }
      let state = wild.machine.emulator.state
      let base: UInt32? = wild.machine.parts.vga?.configuration.read(0x10, 4)
      #expect(base == 0x9000_0008)
      #expect(state.pointee.gpr[9] == 77)
      #expect(state.pointee.gpr[8] == 2)
      #expect(state.pointee.nip == 0x4000 + 4 * UInt32(program.count))
    }
  }
}
