import EngineSupport
import Testing
import Translation

@testable import GuestPowerPC

/// Faults in the middle of a block.
@Suite("Faults")
struct FaultTests {
  /// Every declared instruction that loads or stores, and its forms.
  private static let accesses: [TestAssembler.Form] = {
    let names = ["lwarx", "stwcx."]
    let sections =
      fixedPointLoads + fixedPointStores + fixedPointMultiple + floatingPointLoads
      + floatingPointStores + synchronization.filter { names.contains($0.mnemonic) }
    let mnemonics = Set(sections.map(\.mnemonic))
    return TestAssembler.forms.filter {
      mnemonics.contains(InstructionSet.powerPC.instructions[$0.index].mnemonic)
        || $0.mnemonic == "dcbz"
    }
  }()

  /// Operands by name: the access is at r25, or r25 + r26, and goes to or from r27 or f27.
  private static func word(_ form: TestAssembler.Form) -> UInt32 {
    form.operands.reduce(form.opcode) { word, operand in
      let value =
        switch operand.name {
        case "RA": 25
        case "RB": 26
        case "NB": 8
        case "D": -8
        default: 27
        }
      return operand.inserting(value, in: word)!
    }
  }

  private static let before =
    "addi r20, r20, 1; addi r5, r5, 1; addic r21, r21, -1; cmpi cr3, 0, r20, 0"
  /// Overwrites what `before` wrote.
  private static let after =
    "addi r20, r20, 100; addi r5, r5, 100; addic r21, r22, 0; cmpi cr3, 0, r22, 0; addi r25, r0, 7"

  /// Where an access may fault: nowhere at all, and across the end of mapped memory.
  private static let places: [(name: String, address: UInt32)] = [
    ("nowhere", GuestProgram.nowhere + 0x100),
    ("end of memory", GuestProgram.data + UInt32(GuestProgram.dataSize) + 4),
    ("guest address 0", 0), ("top", 0xffff_fff0),
  ]

  @Test("The state at a fault is exact for every load and store", arguments: [true, false])
  func everyAccess(_ atZero: Bool) throws {
    try GuestProgram.alone {
      let program = try GuestProgram(atZero: atZero)
      var failures: [String] = []
      for form in Self.accesses {
        for place in Self.places {
          if let failure = try Self.failure(program, form, place) { failures.append(failure) }
        }
      }
      #expect(Self.accesses.count > 45)
      #expect(failures.isEmpty, "\(failures.joined(separator: "\n"))")
    }
  }

  private static func failure(
    _ program: GuestProgram, _ form: TestAssembler.Form, _ place: (name: String, address: UInt32)
  ) throws -> String? {
    let access = GuestProgram.code + 16
    program.assemble(before)
    program.set(access, word(form))
    program.assemble(after, at: access + 4)
    program.changed(GuestProgram.code..<GuestProgram.code + 0x100)
    let isMultiple = form.mnemonic == "lmw" || form.mnemonic == "stmw"
    if isMultiple {
      // The first of its accesses faults, before any register has changed.
      program.set(access, form.opcode | 27 << 21 | 25 << 16 | 0xfff8)
    }
    var registers = program.registers
    for n in 0..<32 {
      registers.gpr[n] = UInt32(n) * 0x0101_0101
      registers.fpr[n] = UInt64(n) << 52 | 0x1000_0000
    }
    registers.gpr[25] = place.address &+ 4
    registers.gpr[26] = .max - 3
    registers.gpr[27] = 0xdead_beef
    registers.packedCR = 0
    registers.packedXER = 8
    registers.reserveValid = form.mnemonic == "stwcx." ? 1 : 0
    registers.reserveAddress = place.address
    let original = registers
    program.registers = registers
    let ending = try program.run(from: GuestProgram.code)
    let text = "\(form.mnemonic) at \(place.name)"
    switch ending {
    case .fault, .exception(PowerPCException.dataStorage.rawValue): break
    default: return "\(text): \(ending)"
    }
    registers = program.registers
    if program.nip != access { return "\(text): nip \(program.nip &- GuestProgram.code)" }
    for n in 0..<32 where registers.gpr[n] != original.gpr[n] &+ change(n) {
      return "\(text): r\(n) is \(String(registers.gpr[n], radix: 16))"
    }
    for n in 0..<32 where registers.fpr[n] != original.fpr[n] { return "\(text): f\(n)" }
    if registers.packedXER != 0x2000_0008 { return "\(text): XER" }
    return registers.packedCR == 0x0004_0000 ? nil : "\(text): CR"
  }

  /// What the instructions before the access add to a register.
  private static func change(_ register: Int) -> UInt32 {
    switch register {
    case 5, 20: 1
    case 21: .max
    default: 0
    }
  }

  @Test("An access across the end of memory names the first byte that is not there")
  func crossing() throws {
    try GuestProgram.alone {
      let program = try GuestProgram()
      let end = GuestProgram.data + UInt32(GuestProgram.dataSize)
      for (line, isWrite) in [
        ("lwz r4, -2(r3)", false), ("stw r4, -2(r3)", true),
        ("lfd f1, -2(r3)", false), ("stfd f1, -2(r3)", true), ("sth r4, -1(r3)", true),
      ] {
        program.assemble(line)
        program.changed(GuestProgram.code..<GuestProgram.code + 4)
        program.set(end - 4, 0x1122_3344)
        program[gpr: 3] = end
        #expect(
          try program.run(from: GuestProgram.code) == .fault(address: end, isWrite: isWrite))
        #expect(program.word(end - 4) == 0x1122_3344, "nothing is stored in part")
      }
    }
  }

  @Test("Of two words that are stored together the one at fault is named")
  func pairs() throws {
    try GuestProgram.alone {
      let program = try GuestProgram()
      let end = GuestProgram.data + UInt32(GuestProgram.dataSize)
      program.assemble("addi r5, r5, 1; stw r4, 8(r3); stw r5, 12(r3); addi r5, r5, 1")
      program.changed(GuestProgram.code..<GuestProgram.code + 20)
      program[gpr: 4] = 0x1122_3344
      for (address, nip) in [(end, 4), (end - 4, 8)] as [(UInt32, UInt32)] {
        program[gpr: 3] = address - 8
        program[gpr: 5] = 7
        program.set(end - 4, 0)
        #expect(
          try program.run(from: GuestProgram.code) == .fault(address: end, isWrite: true))
        #expect(program.nip == GuestProgram.code + nip && program[gpr: 5] == 8)
        #expect(program.word(end - 4) == (nip == 8 ? 0x1122_3344 : 0))
      }
      // An address that the block knows, and that is no multiple of eight.
      let middle = GuestProgram.data + 4
      program.assemble(
        "addis r3, 0, \(Int(Int16(truncatingIfNeeded: middle >> 16))); ori r3, r3, \(middle & 0xffff);"
          + "stw r4, 8(r3); stw r5, 12(r3); addi r5, r5, 1", at: GuestProgram.code + 0x80)
      #expect(try program.run(from: GuestProgram.code + 0x80) == GuestProgram.ended)
      #expect(program.word(middle + 8) == 0x1122_3344 && program.word(middle + 12) == 8)
      program[gpr: 5] = 8
      program[gpr: 3] = end - 16
      #expect(try program.run(from: GuestProgram.code) == GuestProgram.ended)
      #expect(program.word(end - 8) == 0x1122_3344 && program.word(end - 4) == 9)
    }
  }

  /// The second store finds the address and the value of the reservation, but not it.
  @Test("A conditional store without a reservation stores nothing")
  func withoutReservation() throws {
    try GuestProgram.alone {
      let program = try GuestProgram()
      program.assemble(
        "lwarx r5, r0, r3; stwcx. r5, r0, r3; mfcr r7; isync; stwcx. r6, r0, r3; mfcr r8")
      program.set(GuestProgram.data, 7)
      program[gpr: 3] = GuestProgram.data
      program[gpr: 6] = 9
      #expect(try program.run() == GuestProgram.ended)
      #expect(program.word(GuestProgram.data) == 7)
      #expect(program[gpr: 7] == 0x2000_0000 && program[gpr: 8] == 0)
    }
  }
}
