import Testing

@testable import GuestPowerPC

/// Instructions in system mode, on every engine: lines as in `.cases` files. MSR is 40 (hexadecimal)
/// at the start unless a line says otherwise. Expected values are the manuals'.
@Suite("System mode")
struct SupervisorInstructionTests {
  private static func check(_ name: String, _ engines: [Engine], _ lines: [String]) {
    let processor = Processor.named(name)!
    var disagreements: [String] = []
    for line in lines {
      guard let instruction = InstructionCase(line) else {
        disagreements.append("cannot read \(line)")
        continue
      }
      disagreements += engines.compactMap { instruction.disagreement($0, system: processor) }
    }
    #expect(disagreements.isEmpty, "\(disagreements.joined(separator: "\n"))")
  }
  private static let g4 = Engine.system(Processor.named("7400")!)
  private static let g1 = Engine.system(Processor.named("603e")!)

  @Test("Machine state")
  func machineState() {
    Self.check(
      "7400", Self.g4,
      [
        "mfmsr r3 | msr=2042 | r3=2042",
        "mtmsr r3; mfmsr r4 | r3=9042 | msr=9042 r4=9042",
        "mtmsr r3; mfmsr r4 | r3=8201207a | msr=2012072 r4=2012072",
        "mtmsr r3; mfmsr r4 | r3=4040 | msr=4040 nip=20000804 signal=ILL",
        "fabs f1, f2 | | nip=20000800 signal=FPU",
        "lfd f1, 0(r4) | r4=30000000 | nip=20000800 signal=FPU",
        "mtmsr r3; fabs f1, f2 | r3=2040 f2=8000000000000001 | msr=2040 f1=1",
        "mtmsr r3; addi r4, r4, 1; mtmsr r4 | r3=8040 r4=3f | msr=40 r4=40",
        "mtmsr r3; addi r4, r4, 1 | r3=8040 pending=8 | msr=8040 nip=20000804 signal=request",
        "mtmsr r3; addi r4, r4, 1 | r3=1040 pending=8 | msr=1040 r4=1",
        "mtmsr r3 | r3=48040 spr1008=400000 | msr=48040 nip=20000804 signal=request",
        "mtmsr r3 | r3=48040 | msr=48040",
        "mfmsr r3 | msr=4000 | nip=20000800 signal=ILL",
        "mtmsr r3 | msr=4000 | nip=20000800 signal=ILL",
      ])
  }

  @Test("Vector instructions need MSR[VEC], data stream hints do not")
  func vectors() {
    Self.check(
      "7400", Self.g4,
      [
        "vaddubm v1, v2, v3", "lvx v1, r3, r4", "stvx v1, r3, r4", "mfvscr v1", "mtvscr v1",
        "vor v1, v2, v3", "vcmpequb. v1, v2, v3", "lvsl v1, r3, r4", "vsel v1, v2, v3, v4",
      ].map { $0 + " | | nip=20000800 signal=VPU" })
    Self.check(
      "7400", Self.g4,
      [
        "dssall 0; dst r3, r4, 1; dststt r3, r4, 2 | r3=50000000 |",
        "mtspr 256, r3; mfspr r4, 256 | r3=12345678 | r4=12345678",
        "mtmsr r3; vspltisb v1, -1 | r3=2000040 | msr=2000040 v1=ffffffffffffffffffffffffffffffff",
        "vspltisb v1, -1 | msr=2000040 | v1=ffffffffffffffffffffffffffffffff",
        // VSCR after a reset; its reserved bits.
        "mfvscr v1 | msr=2000040 v1=5 | v1=10000",
        "mtvscr v1; mfvscr v2 | msr=2000040 v1=ffffffff | v2=10001 vscr=10001",
        "lvx v1, r0, r4 | msr=2000040 r4=50000008 | nip=20000800 signal=SEGV",
        "stvx v1, r0, r4 | msr=2000040 r4=50000008 | nip=20000800 signal=SEGV",
        "rfi; vspltisb v1, 1 | spr26=20000804 spr27=40 msr=2000040 | msr=40 nip=20000804 signal=VPU",
      ])
    Self.check(
      "603e", Self.g1,
      [
        "dssall 0 | | nip=20000800 signal=ILL",
        "vaddubm v1, v2, v3 | msr=2000040 | nip=20000800 signal=ILL",
      ])
  }

  @Test("Segment registers and isync")
  func segments() {
    Self.check(
      "7400", Self.g4,
      [
        "mtsr 5, r3; mfsr r4, 5 | r3=20000123 | sr5=20000123 r4=20000123 changed=1",
        "mtsr 15, r3; mtsr 0, r3 | r3=7 | sr15=7 sr0=7 changed=1",
        "mtsrin r3, r4; mfsrin r5, r4 | r3=7 r4=c1234567 | sr12=7 r5=7 changed=1",
        "mtsrin r3, r4; mfsr r5, 15 | r3=80000000 r4=ffffffff | sr15=80000000 r5=80000000 changed=1",
        "mtsr 5, r3 | r3=7 sr5=7 |",
        "mtsr 5, r3; isync; addi r4, r4, 1 | r3=7 | sr5=7 r4=1",
        "isync; addi r4, r4, 1 | changed=1 | r4=1 changed=0",
        "mfsr r3, 1 | msr=4000 | nip=20000800 signal=ILL",
        "mtsrin r3, r4 | msr=4000 | nip=20000800 signal=ILL",
      ])
  }

  @Test("Return from exceptions")
  func returning() {
    Self.check(
      "7400", Self.g4,
      [
        "rfi; addi r3, r3, 1; addi r4, r4, 1 | spr26=2000080b spr27=2072 | msr=2072 r4=1",
        "rfi; mfmsr r3 | spr26=20000804 spr27=4000 | msr=4000 nip=20000804 signal=ILL",
        "rfi | msr=4000 | nip=20000800 signal=ILL",
        "rfi | pending=8 spr26=20000804 spr27=8040 | msr=8040",
      ])
  }

  @Test("Special-purpose registers")
  func specialRegisters() {
    Self.check(
      "7400", Self.g4,
      [
        "mtspr 272, r3; mfspr r4, 272 | r3=5 | spr272=5 r4=5",
        "mtspr 26, r3; mtspr 27, r4 | r3=fffffffd r4=2 | spr26=fffffffd spr27=2",
        "mtspr 19, r3; mfspr r4, 19 | r3=5 | dar=5 r4=5",
        "mtspr 528, r3; mfspr r4, 528 | r3=f0000ffe | spr528=f0000ffe r4=f0000ffe changed=1",
        "mtspr 1008, r3 | r3=ffffffff | spr1008=fffff3ff",
        "mtspr 1017, r3 | r3=ffffffff | spr1017=fffffffe",
        "mtspr 22, r3; mfspr r4, 22 | r3=64 | spr22=64 r4=64",
        "mtspr 284, r3; mtspr 285, r5; mftb r4, 268; mftb r6, 269 | r3=9abcdef0 r5=9 | r4=9abcdef0 r6=9",
        "mfspr r3, 287 | | r3=c0209",
        "mtspr 953, r3; mfspr r4, 937 | r3=7 | r4=7",
        "mtspr 8, r3; mfspr r4, 8 | msr=4000 r3=8 | lr=8 r4=8",
        "mfspr r3, 1 | msr=4000 xer=e0000011 | r3=e0000011",
        "mtspr 1, r3; mfspr r4, 1 | r3=a0000011 | xer=a0000011 r4=a0000011",
        "mfspr r3, 272 | msr=4000 | nip=20000800 signal=ILL",
        "mtspr 268, r3 | msr=4000 | nip=20000800 signal=ILL",
        "mfspr r3, 999 | r3=5 |",
        "mtspr 981, r3 | r3=5 |",
        "mfspr r3, 0 | r3=5 | nip=20000800 signal=ILL",
      ])
  }

  @Test("Alignment")
  func alignment() {
    Self.check(
      "7400", Self.g4,
      [
        "lmw r30, 0(r4) | r4=30000002 | dar=30000002 nip=20000800 signal=BUS",
        "stmw r30, 1(r4) | r4=30000000 | dar=30000001 nip=20000800 signal=BUS",
        "lmw r30, -4(r4) | r4=30000004 m30000000=0102030405060708 | r30=1020304 r31=5060708",
        "lfd f1, 2(r4) | msr=2000 r4=30000000 | dar=30000002 nip=20000800 signal=BUS",
        "lfd f1, 4(r4) | msr=2000 r4=30000000 m30000004=0102030405060708 | f1=102030405060708",
        "stfsux f1, r4, r5 | msr=2000 r4=30000000 r5=3 | dar=30000003 nip=20000800 signal=BUS",
        "lwarx r3, r4, r5 | r4=30000000 r5=1 | dar=30000001 nip=20000800 signal=BUS",
        "stwcx. r3, r4, r5 | r4=30000000 r5=1 | dar=30000001 nip=20000800 signal=BUS",
        "eciwx r3, r4, r5 | r4=30000000 r5=1 | dar=30000001 nip=20000800 signal=BUS",
        "lwz r3, 1(r4) | r4=30000000 m30000000=0102030405 | r3=2030405",
      ])
  }

  @Test("Reservations, external control, strings")
  func accesses() {
    let word = "r4=30000000 r5=9 m30000000=00000005"
    Self.check(
      "7400", Self.g4,
      [
        "lwarx r3, r0, r4; stwcx. r5, r0, r4 | \(word) | r3=5 m30000000=00000009 cr=20000000",
        "lwarx r3, r0, r4; stwcx. r5, r4, r6 | \(word) r6=1c | r3=5 m3000001c=00000009 cr=20000000",
        "lwarx r3, r0, r4; stwcx. r5, r4, r6 | \(word) r6=20 | r3=5",
        "stwcx. r5, r0, r4 | \(word) xer=80000000 | cr=10000000",
        "lwarx r3, r0, r4; stwcx. r5, r0, r4; stwcx. r3, r0, r4 | \(word) | r3=5 m30000000=00000009",
        "eciwx r3, r0, r4 | \(word) | dar=30000000 spr18=100000 nip=20000800 signal=SEGV",
        "ecowx r3, r0, r4 | \(word) | dar=30000000 spr18=2100000 nip=20000800 signal=SEGV",
        "eciwx r3, r0, r4 | \(word) spr282=80000000 | r3=5",
        "ecowx r5, r0, r4 | \(word) spr282=80000000 | m30000000=00000009",
        "stswi r5, r4, 6; lswi r10, r4, 5 | r4=f000003 r5=1020304 r6=5060708 | r10=1020304 r11=5000000",
        "lswx r10, r4, r5 | r4=f000003 xer=80000006 r10=7 r11=7 r12=7 | r10=0 r11=0",
        "lswi r10, r4, 5 | r4=40000000 | dar=40000000 nip=20000800 signal=BUS",
        "lswi r10, r4, 5 | r4=40000000 msr=10 | dar=40000000 spr18=40000000 nip=20000800 signal=SEGV",
        "stswi r10, r4, 5 | r4=40000000 msr=10 | dar=40000000 spr18=42000000 nip=20000800 signal=SEGV",
        "dcbi r0, r4 | \(word) |",
        "dcbi r0, r4 | \(word) msr=4000 | nip=20000800 signal=ILL",
      ])
  }

  @Test("Trace exceptions")
  func trace() {
    Self.check(
      "7400", Self.g4,
      [
        "addi r3, r3, 1 | msr=440 | r3=1 nip=20000804 signal=TRACE",
        "b 8 | msr=440 | nip=20000808 signal=TRACE",
        "bl 4 | msr=440 | lr=20000804 nip=20000804 signal=TRACE",
        "bclr 20, 0 | msr=440 lr=20000823 | nip=20000820 signal=TRACE",
        "mtspr 1, r3 | msr=440 r3=80000000 | xer=80000000 nip=20000804 signal=TRACE",
        "mtmsr r3 | msr=440 r3=8440 pending=8 | msr=8440 nip=20000804 signal=TRACE",
        "sc | msr=440 | nip=20000804 signal=SYSCALL",
        "rfi | msr=440 spr26=20000808 spr27=40 | msr=40 nip=20000808",
        "addi r3, r3, 1; b 8 | msr=240 | r3=1 nip=2000080c signal=TRACE",
        "bc 12, 2, 8; addi r3, r3, 1 | msr=240 | nip=20000804 signal=TRACE",
        "bcctrl 20, 0 | msr=240 ctr=20000820 | lr=20000804 nip=20000820 signal=TRACE",
      ])
  }

  /// FE0 and FE1 zero: the instruction ends as an enabled exception has it, and no more.
  @Test("Floating-point exceptions that MSR ignores")
  func ignoredExceptions() {
    let operands = "fpscr=10 f1=7 f2=3ff0000000000000"
    Self.check(
      "7400", Self.g4,
      [
        "fdiv f1, f2, f3; addi r3, r3, 1 | msr=2000 \(operands) | fpscr=c4000010 r3=1",
        "fdiv. f1, f2, f3; addi r3, r3, 1 | msr=2000 \(operands) | fpscr=c4000010 cr=c000000 r3=1",
        "fdiv f1, f2, f3 | msr=2900 \(operands) | fpscr=c4000010 nip=20000800 signal=FPE",
        "fdiv f1, f2, f3 | msr=2100 \(operands) | fpscr=c4000010 nip=20000800 signal=FPE",
      ])
  }

  @Test("The 603's temporary registers")
  func temporaryRegisters() {
    Self.check(
      "603e", Self.g1,
      [
        "mtmsr r3; addi r1, r1, 5 | r0=9 r1=1 r2=2 r3=20040 r4=4 | msr=20040 r0=0 r1=5 r2=0 r3=0",
        "rfi; addi r1, r1, 5 | r1=1 spr26=20000804 spr27=60040 | msr=40 r1=6",
        "mfspr r3, 980 | spr980=7 | r3=7",
        "mfspr r3, 256 | r3=5 |",
      ])
  }

  @Test("Invalidations reach the machine")
  func invalidations() {
    let words = ["tlbie r3", "tlbsync", "mtspr 25, r4", "mtspr 537, r4", "mtspr 537, r4"]
      .map { TestAssembler.assemble($0)! }
    for (processor, engines, last) in [
      ("7400", Self.g4, ("tlbia", TranslationChange.all)),
      ("603e", Self.g1, ("tlbld r3", .page(0x1234_5678))),
    ] {
      for engine in engines {
        let machine = InstructionMachine(system: Processor.named(processor)!)
        machine.words = words + [TestAssembler.assemble(last.0)!]
        machine.set("r3", "12345678")
        machine.set("r4", "10000")
        machine.surroundings?.forget()
        _ = engine.run(machine)
        #expect(
          machine.surroundings?.changes == [.page(0x1234_5678), .all, .blockAddress, last.1],
          "\(engine.name)")
      }
    }
  }
}
