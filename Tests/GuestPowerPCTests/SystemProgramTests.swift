import Foundation
import Testing

@testable import GuestPowerPC

/// Random code in supervisor and problem state.
@Suite("System programs")
struct SystemProgramTests {
  private static let models = ["7400", "603e"].map { Processor.named($0)! }
  private static let engines = models.map(Engine.system)
  private static let states: [UInt32] = [0x40, 0x2042, 0x6040, 0xa942, 0x2440, 0x2240, 0x6440]

  /// A random program in which special-purpose registers are the supervisor's.
  private static func program(_ seed: UInt64, _ processor: Processor) -> RandomProgram {
    var program = RandomProgram(seed: seed)
    var generator = SeededGenerator(state: seed)
    // Interrupts and sleep come at block heads, which differ from engine to engine.
    let numbers = SpecialRegister.all(of: processor.family).map(\.number)
      .filter { ![SPR.DEC, SPR.HID0].contains($0) }
    let special = Operand.named("SPR")!
    for (n, word) in program.words.enumerated() {
      let mnemonic = InstructionSet.powerPC.decode(word)?.mnemonic
      guard mnemonic == "mfspr" || mnemonic == "mtspr" else { continue }
      let number = numbers.randomElement(using: &generator)!
      program.words[n] = special.inserting(number, in: word)!
    }
    return program
  }

  private static func result(
    _ program: RandomProgram, _ seed: UInt64, _ processor: Processor, _ engine: Engine
  ) -> (outcome: Outcome, state: FinalState, special: [UInt32]) {
    let machine = InstructionMachine(system: processor)
    program.load(machine)
    machine.state.pointee.msr = states[Int(seed % UInt64(states.count))]
    machine.state.pointee.srr0 = Layout.start + 4 * UInt32(seed % 24)
    machine.state.pointee.srr1 = 0x2042
    let outcome = engine.run(machine)
    let state = machine.state
    var special = [state.pointee.msr, state.pointee.dar, state.pointee.contextChanged]
    for n in 0..<16 { special.append(state.pointee.sr[n]) }
    for n in 0..<1024 { special.append(state.pointee.spr[n]) }
    return (outcome, FinalState(machine), special)
  }

  @Test("Random programs end in the same state on every engine")
  func randomPrograms() {
    var reports: [String] = []
    let count: UInt64 = ProcessInfo.processInfo.environment["LYREBIRD_LONG"] == nil ? 1_500 : 40_000
    for seed in 0..<count where reports.count < 10 {
      let which = Int(seed & 1)
      let program = Self.program(seed, Self.models[which])
      let engines = Self.engines[which]
      let expected = Self.result(program, seed, Self.models[which], engines[0])
      if expected.outcome.signal == "no end" { continue }
      for engine in engines.dropFirst() {
        let other = Self.result(program, seed, Self.models[which], engine)
        if other == expected { continue }
        var differences = expected.state.differences(other.state)
        for (n, word) in other.special.enumerated() where word != expected.special[n] {
          differences.append("special \(n)=\(hex(UInt64(word)))")
        }
        let words = program.words.map { Disassembler.text(of: $0, at: 0, in: .powerPC) }
        reports.append(
          "seed \(seed), \(engine.name): \(other.outcome) not \(expected.outcome) \(differences)\n"
            + words.joined(separator: "; "))
      }
    }
    #expect(reports.isEmpty, "\(reports.joined(separator: "\n"))")
  }

  /// Registers and addresses at random: nothing may trap, and ranges must contain the address.
  @Test("Address translation and exceptions take any state")
  func anyState() {
    var generator = SeededGenerator(state: 9)
    for name in ["603e", "604", "750", "755", "7400", "7455"] {
      let machine = SupervisorMachine(name)
      for _ in 0..<2_000 {
        let number = Int.random(in: 0..<1024, using: &generator)
        let value = UInt32.random(in: 0 ... .max, using: &generator)
        machine.supervisor.write(value, to: number)
        machine.state.pointee.sr[number & 15] = value & generator.next32
        machine.supervisor.setMachineState(generator.next32)
        machine.surroundings.setPhysicalWord(TestSurroundings.base | value & 0xff_fffc, value)
        if number & 31 == 0 { machine.supervisor.loadTranslation(value, isFetch: value & 1 == 0) }
        for access in [Access.fetch, .load, .store] {
          let address = generator.next32
          switch machine.supervisor.translate(address, access) {
          case .page(let physical, let range, _, _, _):
            #expect(range.contains(address) && physical & 0xfff == 0)
          case .fault(let exception, let bits):
            machine.supervisor.takeFault(exception, bits: bits, at: address, access)
            #expect(machine.state.pointee.nip & 0xf_ffff == exception.vector)
          }
        }
      }
    }
  }
}

extension SeededGenerator {
  fileprivate var next32: UInt32 {
    mutating get { UInt32(truncatingIfNeeded: next()) }
  }
}
