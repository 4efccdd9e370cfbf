import Testing

@testable import GuestPowerPC

/// Programming Environments Manual, chapter 6, and the user's manuals' chapters 4.
@Suite("Exceptions")
struct ExceptionTests {
  /// Exception, vector, bits of SRR1 that it adds by itself.
  @Test(
    "Vectors, SRR0, SRR1 and MSR",
    arguments: [
      (.systemReset, 0x100, 0), (.machineCheck, 0x200, 0), (.dataStorage, 0x300, 0),
      (.instructionStorage, 0x400, 0), (.external, 0x500, 0), (.floatingPoint, 0x700, 0x0010_0000),
      (.illegal, 0x700, 0x0008_0000), (.privileged, 0x700, 0x0004_0000),
      (.trap, 0x700, 0x0002_0000),
      (.floatingPointUnavailable, 0x800, 0), (.decrementer, 0x900, 0), (.systemCall, 0xc00, 0),
      (.trace, 0xd00, 0), (.performanceMonitor, 0xf00, 0), (.vectorUnavailable, 0xf20, 0),
      (.instructionAddressBreakpoint, 0x1300, 0), (.systemManagement, 0x1400, 0),
      (.vectorAssist, 0x1600, 0), (.thermal, 0x1700, 0),
    ] as [(PowerPCException, UInt32, UInt32)])
  func entry(exception: PowerPCException, vector: UInt32, reason: UInt32) {
    // Everything that the 7400's MSR has but POW, LE and ILE; low vectors.
    let all: UInt32 = 0x0200_ff36
    for high in [0, MSR.IP] {
      for little in [0, MSR.ILE] {
        let machine = SupervisorMachine("7400")
        machine.state.pointee.msr = all | high | little
        machine.supervisor.takeException(exception, nip: 0x1234_5678)
        #expect(machine.state.pointee.nip == vector | (high == 0 ? 0 : 0xfff0_0000))
        #expect(machine.state.pointee.srr0 == 0x1234_5678)
        #expect(machine.state.pointee.srr1 == 0x0200_ff36 | high | reason)
        let enabled = exception == .machineCheck ? 0 : MSR.ME
        #expect(machine.state.pointee.msr == enabled | high | little | (little == 0 ? 0 : MSR.LE))
        #expect(machine.surroundings.modeChanges == 1)
      }
    }
  }

  @Test("DAR and DSISR, or SRR1, say what was wrong")
  func faults() {
    let machine = SupervisorMachine()
    machine.state.pointee.msr = MSR.DR | MSR.IR
    machine.state.pointee.nip = 0x1000
    machine.state.pointee.dsisr = 1
    machine.supervisor.raise(PowerPCException.instructionStorage.rawValue)
    #expect(machine.state.pointee.srr1 == 0x4000_0030)
    #expect(machine.state.pointee.nip == 0x400 && machine.state.pointee.dsisr == 1)
    machine.supervisor.takeFault(.dataStorage, bits: 0x4200_0000, at: 0x2004, .store)
    #expect(machine.state.pointee.dsisr == 0x4200_0000 && machine.state.pointee.dar == 0x2004)
    #expect(machine.state.pointee.srr0 == 0x400)
  }

  /// Words, DSISR bits 15-21 by the table in 6.4.6 as the manual writes them, and the registers.
  @Test(
    "DSISR of alignment exceptions",
    arguments: [
      // lwz r3, 0(r4); lmw; stmw; stfd f5, 0(r6); lfsu; lwarx; stwcx.; dcbz; eciwx; sthbrx.
      (0x8064_0000, 0b00_0_0000, 0x064), (0xbba4_0000, 0b00_0_0111, 0x3a4),
      (0xbfa4_0000, 0b00_1_0111, 0x3a4), (0xd8a6_0000, 0b00_0_1011, 0x0a6),
      (0xc4a6_0000, 0b00_1_1000, 0x0a6), (0x7c64_2828, 0b00_0_0000, 0x064),
      (0x7c64_292d, 0b10_0_0010, 0x064), (0x7c04_2fec, 0b10_1_1111, 0x004),
      (0x7c64_2a6c, 0b10_1_0100, 0x064), (0x7c64_2f2c, 0b10_0_1110, 0x064),
    ] as [(UInt32, UInt32, UInt32)])
  func alignment(word: UInt32, opcode: UInt32, registers: UInt32) {
    let status = opcode << 10 | registers
    let found = Supervisor.alignmentStatus(of: word)
    #expect(found == status, "\(hex(UInt64(word))): \(hex(UInt64(found)))")
    let machine = SupervisorMachine()
    machine.surroundings.setPhysicalWord(TestSurroundings.base, word)
    machine.state.pointee.dar = 5
    machine.state.pointee.nip = TestSurroundings.base
    machine.supervisor.raise(PowerPCException.alignment.rawValue)
    #expect(machine.state.pointee.dsisr == status && machine.state.pointee.dar == 5)
  }

  @Test("After a reset")
  func reset() {
    let machine = SupervisorMachine("7400")
    machine.state.pointee.gpr[3] = 1
    machine.state.pointee.spr[SPR.DBAT0U] = 3
    machine.supervisor.setLine(.external, true)
    machine.supervisor.reset()
    #expect(machine.state.pointee.nip == 0xfff0_0100)
    #expect(machine.state.pointee.msr == 0x40)
    #expect(machine.state.pointee.pvr == 0x000c_0209)
    #expect(machine.state.pointee.gpr[3] == 0 && machine.state.pointee.dbat(0).upper == 0)
    #expect(machine.state.pointee.pendingInterrupts == 0)
    #expect(machine.surroundings.decrementer == .max)
  }

  @Test("A machine check that is not allowed stops the processor")
  func checkstop() {
    let machine = SupervisorMachine()
    machine.supervisor.setLine(.machineCheck, true)
    #expect(machine.state.pointee.exitRequest == 1)
    #expect(machine.supervisor.deliverInterrupt())
    #expect(machine.supervisor.isCheckstopped && machine.supervisor.isHalted)
    #expect(machine.messages.count == 1)
  }

  @Test("Interrupts are taken in order, when MSR[EE] lets them")
  func interrupts() {
    let machine = SupervisorMachine()
    machine.state.pointee.nip = 0x3000
    machine.supervisor.setLine(.external, true)
    machine.supervisor.setLine(.decrementer, true)
    #expect(machine.state.pointee.pendingInterrupts != 0)
    #expect(machine.state.pointee.exitRequest == 0 && !machine.supervisor.deliverInterrupt())
    for vector in [0x500, 0x500, 0x900] as [UInt32] {
      if vector == 0x900 { machine.supervisor.setLine(.external, false) }
      machine.state.pointee.exitRequest = 0
      machine.supervisor.setMachineState(MSR.EE)
      #expect(machine.state.pointee.exitRequest == 1)
      #expect(machine.supervisor.deliverInterrupt())
      #expect(machine.state.pointee.nip == vector)
      #expect(machine.state.pointee.msr == 0 && machine.state.pointee.srr1 == MSR.EE)
    }
    // The decrementer's request ended when it was taken.
    #expect(machine.state.pointee.pendingInterrupts == 0)
    machine.supervisor.setMachineState(MSR.EE)
    #expect(!machine.supervisor.deliverInterrupt())
    machine.supervisor.setLine(.reset, true)
    machine.supervisor.setMachineState(0)
    #expect(machine.supervisor.deliverInterrupt() && machine.state.pointee.nip == 0x100)
  }

  @Test(
    "Writing the decrementer's sign is a passage below zero",
    arguments: [
      (0, 0x8000_0000, true), (0xffff_ffff, 0x8000_0000, false), (0xffff_ffff, 5, false),
      (3, 2, false),
    ] as [(UInt32, UInt32, Bool)])
  func decrementer(old: UInt32, new: UInt32, isPending: Bool) {
    let machine = SupervisorMachine()
    machine.surroundings.decrementer = old
    machine.supervisor.write(new, to: SPR.DEC)
    #expect(machine.surroundings.decrementer == new)
    #expect((machine.state.pointee.pendingInterrupts != 0) == isPending)
  }

  /// Model, HID0, whether MSR[POW] puts it to sleep: DOZE, NAP, SLEEP.
  @Test(
    "Sleep",
    arguments: [
      ("750", 0, false), ("750", 0x0080_0000, true), ("750", 0x0040_0000, true),
      ("603e", 0x0020_0000, true), ("7455", 0x0080_0000, false), ("7455", 0x0040_0000, true),
      ("604", 0, true),
    ] as [(String, UInt32, Bool)])
  func sleep(name: String, hid0: UInt32, sleeps: Bool) {
    let machine = SupervisorMachine(name)
    machine.state.pointee.hid0 = hid0
    machine.supervisor.setMachineState(MSR.POW | MSR.EE)
    #expect(machine.supervisor.isHalted == sleeps)
    #expect((machine.state.pointee.exitRequest == 1) == sleeps)
    machine.supervisor.setLine(.external, true)
    #expect(machine.supervisor.deliverInterrupt())
    #expect(!machine.supervisor.isHalted && machine.state.pointee.srr1 == MSR.EE)
  }

  @Test("rfi brings back what SRR1 keeps")
  func returning() {
    let machine = SupervisorMachine("7400")
    machine.state.pointee.msr = MSR.ILE
    machine.state.pointee.srr0 = 0x1003
    machine.state.pointee.srr1 = 0xffff_ffff & ~MSR.LE
    #expect(machine.supervisor.returnFromInterrupt() == 0x1000)
    #expect(machine.state.pointee.msr == 0x0201_ff76)
  }

  /// Power ISA, Book III, 6.5.9.
  @Test(
    "A floating-point exception that was held back comes when FE0 or FE1 is set",
    arguments: [0, MSR.FE0, MSR.FE1, MSR.FE0 | MSR.FE1] as [UInt32], [false, true])
  func heldBack(modes: UInt32, isPending: Bool) {
    let machine = SupervisorMachine()
    machine.state.pointee.fpscr = FPSCR.ZX | (isPending ? FPSCR.FEX | FPSCR.ZE : FPSCR.OE)
    let comes = isPending && modes != 0
    let next = machine.supervisor.moveToMachineState(MSR.FP | MSR.ME | modes, next: 0x2004)
    #expect(next == (comes ? 0x700 : 0x2004))
    #expect(machine.state.pointee.msr == (comes ? MSR.ME : MSR.FP | MSR.ME | modes))
    guard comes else { return }
    #expect(machine.state.pointee.srr0 == 0x2004)
    #expect(machine.state.pointee.srr1 == 0x11_0000 | MSR.FP | MSR.ME | modes)
    // And again, if the handler returns as if nothing had been.
    machine.state.pointee.srr1 &= 0xffff
    #expect(machine.supervisor.returnFromInterrupt() == 0x700)
    #expect(machine.state.pointee.srr0 == 0x2004)
  }

  /// Recorded from qemu-system-ppc 7.2 with a firmware of one instruction each.
  @Test(
    "The log's line",
    arguments: [
      (.dataStorage, 0, "DSI (2) error=00"), (.systemCall, 0, "SYSCALL (8) error=00"),
      (.illegal, 0, "HV_EMU (96) error=21"), (.privileged, 0, "PROGRAM (6) error=31"),
      (.trap, 0, "PROGRAM (6) error=40"), (.floatingPointUnavailable, 0, "FPU (7) error=00"),
      (.instructionStorage, 0x4000_0000, "ISI (3) error=40000000"),
      (.instructionStorage, 0x1000_0000, "ISI (3) error=10000000"),
      (.trace, 0, "TRACE (68) error=00"), (.decrementer, 0, "DECR (10) error=00"),
      (.dataLoadTranslationMiss, 0x0002_0000, "DLTLB (79) error=00"),
      (.dataStoreTranslationMiss, 0x0003_0000, "DSTLB (80) error=10000"),
      (.instructionTranslationMiss, 0x0006_0000, "IFTLB (78) error=40000"),
      (.vectorUnavailable, 0, "VPU (73) error=00"),
    ] as [(PowerPCException, UInt32, String)])
  func line(exception: PowerPCException, bits: UInt32, text: String) {
    #expect(
      ExceptionText.line(exception, at: 0xfff0_200c, error: bits)
        == "Raise exception at fff0200c => \(text)\n")
  }

  @Test("Observers learn where the instruction was, not where SRR0 points")
  func observer() {
    let machine = SupervisorMachine()
    var seen: [[UInt32]] = []
    machine.supervisor.onException = { seen.append([$0.vector, $1, $2]) }
    machine.supervisor.takeException(.systemCall, nip: 0x1004)
    machine.supervisor.takeException(.instructionStorage, nip: 0x2000, srr1: 0x4000_0000)
    #expect(seen == [[0xc00, 0x1000, 0], [0x400, 0x2000, 0x4000_0000]])
  }

  /// Lines of qemu-system-ppc 7.2 -cpu 603 for these registers.
  @Test("The monitor's table of translations")
  func translations() {
    let machine = SupervisorMachine("603")
    machine.state.pointee.sdr1 = 0x07e0_0003
    machine.state.pointee.spr[SPR.DBAT0U] = 0xd022_0e03
    machine.state.pointee.spr[SPR.DBAT0U + 1] = 0x5000_002a
    machine.state.pointee.sr[15] = 0x2000_040f
    var text = ""
    machine.supervisor.appendTranslations(to: &text)
    for part in [
      "HTAB base = 0x7e00000\nHTAB mask = 0x3ffff\n\nSegment registers:\n00 T=0 Ks=0 Kp=0 N=0 VSID",
      "15 T=0 Ks=0 Kp=1 N=0 VSID=0x00040f\n\nBATs:\ndata BAT0 BATu d0220e03 BATl 5000002a\n"
        + "\td0000000 00220000 07000000\ndata BAT1 BATu 00000000 BATl 00000000\n",
      "\n\nTLBs                       [EPN    EPN + SIZE]\n"
        + "data TLB 00/64 way:0 inval [00000000 00001000]\n",
      "\ndata TLB 32/64 way:1 inval [00000000 00001000]\n",
    ] {
      #expect(text.contains(part), "\(part)")
    }
    #expect(text.split(separator: "\n").count == 165)
  }

  /// `info registers` of qemu-system-ppc 7.2 -M g3beige -S.
  @Test("The registers after a reset, as the monitor prints them")
  func dump() {
    let machine = SupervisorMachine("750")
    var text: [UInt8] = []
    machine.supervisor.appendDump(includesFloatingPoint: false, to: &text)
    let registers = stride(from: 0, to: 32, by: 4).map {
      "GPR" + ($0 < 10 ? "0" : "") + String($0)
        + String(repeating: " 0000000000000000", count: 4) + "\n"
    }.joined()
    #expect(
      String(decoding: text, as: UTF8.self) == """
        NIP fff00100   LR 00000000 CTR 00000000 XER 00000000 CPU#0
        MSR 00000040 HID0 00000000  HF 6c000002 iidx 3 didx 3
        TB 00000000 00000000 DECR 4294967295

        """ + registers + """
          CR 00000000  [ -  -  -  -  -  -  -  -  ]             RES ffffffff
           SRR0 00000000  SRR1 00000000    PVR 00080301 VRSAVE 00000000
          SPRG0 00000000 SPRG1 00000000  SPRG2 00000000  SPRG3 00000000
          SPRG4 00000000 SPRG5 00000000  SPRG6 00000000  SPRG7 00000000
           SDR1 00000000   DAR 00000000  DSISR 00000000

          """)
    // What the sample in reference/qemu/samples/mon-g3.txt shows for this MSR.
    machine.state.pointee.msr = 0x2030
    text = []
    machine.supervisor.appendDump(includesFloatingPoint: true, to: &text)
    #expect(
      String(decoding: text, as: UTF8.self)
        .contains("MSR 00002030 HID0 00000000  HF 24002012 iidx 1 didx 1\n"))
  }
}
