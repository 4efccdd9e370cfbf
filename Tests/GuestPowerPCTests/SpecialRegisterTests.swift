import Testing

@testable import GuestPowerPC

@Suite("Special-purpose registers")
struct SpecialRegisterTests {
  @Test("No family has two registers of one number")
  func numbers() {
    for family in ProcessorFamily.allCases {
      let numbers = SpecialRegister.all(of: family).map(\.number)
      #expect(Set(numbers).count == numbers.count, "\(family)")
      #expect(numbers.allSatisfy { 0...1023 ~= $0 })
    }
  }

  /// Names of registers that tell the families apart (user's manuals, chapter 2).
  @Test(
    "What each processor has",
    arguments: [
      ("603", "IMISS RPA HID0 HID1 IABR", "DABR PIR L2CR THRM1 PMC1 VRSAVE IBAT4U SPRG4"),
      ("604", "DABR PIR MMCR0 PMC2 SDAR", "IMISS L2CR HID1 PMC3 MMCR1 VRSAVE"),
      ("604e", "MMCR1 PMC4 HID1 PIR", "IMISS L2CR THRM1 VRSAVE"),
      ("750", "L2CR ICTC THRM3 UPMC4 USIAR MMCR1 DABR", "IMISS PIR VRSAVE IBAT4U MSSCR0"),
      ("750fx", "IBAT7L DBAT4U HID2", "IMISS PIR VRSAVE"),
      ("755", "IMISS HASH2 HID2 IBAT7L SPRG7 L2PM", "PIR VRSAVE"),
      ("7400", "VRSAVE MSSCR0 MSSCR1 PIR MMCR2 BAMR UBAMR THRM1", "IBAT4U L3CR ICTRL IMISS SPRG4"),
      ("7410", "L2PM MSSCR0 VRSAVE", "L3CR IBAT4U"),
      ("7450", "TLBMISS PTEHI L3CR ICTRL LDSTCR MSSSR0 PMC6 UPMC5", "THRM1 IBAT4U SPRG4 BAMR"),
      ("7455", "IBAT7U SPRG7 L3CR ICTRL", "THRM1 BAMR MSSCR1"),
    ])
  func presence(name: String, present: String, absent: String) {
    let names = Set(
      SpecialRegister.all(of: Processor.named(name)!.family).map { "\($0.name)" })
    let common = "XER LR CTR DSISR DAR DEC SDR1 SRR0 SRR1 TBL TBU SPRG0 SPRG3 EAR PVR IBAT0U DBAT3L"
    for register in (common + " " + present).split(separator: " ") {
      #expect(names.contains(String(register)), "\(register)")
    }
    for register in absent.split(separator: " ") {
      #expect(!names.contains(String(register)), "\(register)")
    }
  }

  @Test("A user's copy reads the register 16 above it")
  func copies() {
    for family in ProcessorFamily.allCases {
      let registers = SpecialRegister.all(of: family)
      for copy in registers where copy.kind == .userCopy {
        let original = registers.first { $0.number == copy.number + 16 }
        #expect("U\(original?.name ?? "")" == "\(copy.name)")
      }
    }
  }

  /// `qemu-system-ppc -cpu help`, version 7.2: a sample of names, versions, aliases.
  @Test(
    "Models",
    arguments: [
      ("750", 0x0008_0301, .powerPC750), ("g3", 0x0008_0301, .powerPC750),
      ("7400", 0x000c_0209, .powerPC7400), ("7400_v1.0", 0x000c_0100, .powerPC7400),
      ("G4", 0x000c_0209, .powerPC7400), ("7410", 0x800c_1104, .powerPC7410),
      ("603", 0x0003_0100, .powerPC603), ("603e", 0x0006_0401, .powerPC603),
      ("604", 0x0004_0103, .powerPC604), ("604e", 0x0009_0204, .powerPC604e),
      ("mach5", 0x000a_0101, .powerPC604e), ("740", 0x0008_0301, .powerPC750),
      ("755", 0x0008_3208, .powerPC755), ("745", 0x0008_3208, .powerPC755),
      ("750fx", 0x7000_0203, .powerPC750CX), ("750l", 0x0008_8302, .powerPC750),
      ("7450", 0x8000_0201, .powerPC7450), ("7441", 0x8000_0203, .powerPC7450),
      ("7445", 0x8001_0302, .powerPC7455), ("7447", 0x8002_0101, .powerPC7455),
      ("7447a", 0x8003_0102, .powerPC7455), ("7448", 0x8004_0201, .powerPC7455),
      ("apollo7", 0x8002_0102, .powerPC7455),
    ] as [(String, UInt32, ProcessorFamily)])
  func models(name: String, version: UInt32, family: ProcessorFamily) {
    let processor = Processor.named(name)
    #expect(processor?.version == version && processor?.family == family)
  }

  @Test("The list of models has QEMU's lines")
  func list() {
    let lines = Processor.list.split(separator: "\n")
    for line in [
      "PowerPC 750_v3.1         PVR 00080301", "PowerPC 750              (alias for 750_v3.1)",
      "PowerPC 7447a_v1.2       PVR 80030102", "PowerPC conan/doyle      (alias for 750p)",
    ] {
      #expect(lines.contains { $0 == line })
    }
    #expect(Set(Processor.all.map(\.name)).count == Processor.all.count)
  }

  @Test("Accesses to registers that are not there are reported as QEMU does")
  func report() {
    let machine = SupervisorMachine()
    machine.supervisor.report(register: 999, isWrite: false, at: 0x1000)
    machine.supervisor.report(register: 10, isWrite: true, at: 0xfff0_0100)
    machine.supervisor.report(register: 287, isWrite: true, at: 0xfff0_2004)
    #expect(
      machine.messages == [
        "Trying to read invalid spr 999 (0x3e7) at 00001000",
        "Trying to write invalid spr 10 (0x00a) at fff00100",
        "Trying to write privileged spr 287 (0x11f) at fff02004",
      ])
  }
}
