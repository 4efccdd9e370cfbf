import EngineSupport
import Foundation
import HostX64
import Machine
import Testing
import Translation

@testable import Boards
@testable import GuestPowerPC

/// The emulator with its page tables against a processor that translates each address anew.
@Suite("Paged engines", .serialized)
struct PagedEngineTests {
  private static let processor = Processor.named("750")!

  /// What a program leaves: exceptions, registers, memory.
  private struct Ending: Equatable {
    var exceptions: [String] = []
    var registers: [UInt64] = []
    var memory: [UInt8] = []

    init(_ exceptions: [String], _ state: PowerPCState, _ memory: [UInt8]) {
      self.exceptions = exceptions
      self.memory = memory
      for n in 0..<32 { registers.append(UInt64(state.gpr[n])) }
      for n in 0..<32 { registers.append(state.fpr[n]) }
      for n in 0..<16 { registers.append(UInt64(state.sr[n])) }
      registers += [
        state.packedCR, state.packedXER, state.lr, state.ctr, state.fpscr, state.msr, state.dar,
        state.dsisr, state.srr0, state.srr1,
      ].map(UInt64.init)
    }

    /// How it differs from another.
    func differences(_ other: Self) -> String {
      var list: [String] = []
      for n in 0..<max(exceptions.count, other.exceptions.count) {
        let a = n < exceptions.count ? exceptions[n] : "none"
        let b = n < other.exceptions.count ? other.exceptions[n] : "none"
        if a != b {
          list.append("exception \(n): \(b), not \(a)")
          break
        }
      }
      for n in registers.indices where registers[n] != other.registers[n] {
        list.append("register \(n): \(hex(other.registers[n])) not \(hex(registers[n]))")
      }
      for n in memory.indices where memory[n] != other.memory[n] {
        list.append("\(hex(UInt64(n))): \(hex(UInt64(other.memory[n])))")
      }
      return list.prefix(12).joined(separator: ", ")
    }
  }

  private static func log(_ supervisor: Supervisor, _ add: @escaping (String) -> Void) {
    supervisor.onException = { exception, nip, bits in
      add("\(exception) at \(hex(UInt64(nip))) \(hex(UInt64(bits)))")
    }
  }

  private func reference(_ program: PagedProgram) -> Ending? {
    let processor = ReferenceProcessor(memorySize: PagedProgram.memorySize, Self.processor)
    for (address, word) in program.words { processor.setPhysicalWord(address, word) }
    program.start(processor.supervisor)
    var exceptions: [String] = []
    Self.log(processor.supervisor) { exceptions.append($0) }
    guard processor.run(limit: 3_000) else { return nil }
    return Ending(exceptions, processor.state.pointee, processor.memory)
  }

  /// An emulator that is used for one program after the other.
  private final class Machine {
    let emulator: SystemEmulator
    let ram: PhysicalMemory
    private let bus = Bus("system")

    init(_ techniques: Techniques) throws {
      HostProcess.prepareThread()
      ram = try PhysicalMemory(size: PagedProgram.memorySize)
      try bus.map(Window("ram", ram), at: 0)
      emulator = try SystemEmulator(
        processor: PagedEngineTests.processor,
        host: X64Host(features: .detect(), guestMemory: .paged), bus: bus,
        clock: Clock(source: { 0 }), timeBaseFrequency: 16_600_000, codeBufferSize: 4 << 20,
        techniques: techniques)
    }

    func run(_ program: PagedProgram) throws -> Ending {
      emulator.reset()
      memset(ram.start, 0, ram.size)
      for (address, word) in program.words { bus.write(UInt64(address), 4, UInt64(word)) }
      program.start(emulator.supervisor)
      var exceptions: [String] = []
      PagedEngineTests.log(emulator.supervisor) { exceptions.append($0) }
      for _ in 0..<200 where !emulator.isIdle {
        WildWatch.shared.start(emulator.exitRequest, microseconds: 5_000)
        try emulator.run()
        WildWatch.shared.stop()
      }
      return Ending(
        exceptions, emulator.state.pointee, ram.bytes(at: 0, count: PagedProgram.memorySize))
    }
  }

  @Test("Programs with paging end as on a processor that translates each address anew")
  func randomPrograms() throws {
    try HostProcess.lock.withLock { _ in
      let machine = try Machine(Techniques())
      var reports: [String] = []
      var ended = 0
      let seeds = onlySeed.map { $0...$0 } ?? 0...(isLong ? 20_000 : 300)
      for seed in seeds where reports.count < 10 {
        WildWatch.shared.seed.store(seed, ordering: .releasing)
        let program = PagedProgram(seed: seed)
        guard let expected = reference(program) else { continue }
        ended += 1
        let found = try machine.run(program)
        if found == expected { continue }
        let text = program.code.map { Disassembler.text(of: $0, at: 0, in: .powerPC) }
        reports.append(
          "seed \(seed): \(expected.differences(found))\n\(text.joined(separator: "; "))")
      }
      #expect(reports.isEmpty, "\(reports.joined(separator: "\n"))")
      #expect(ended > 200 || onlySeed != nil)
    }
  }
}

/// A number in hexadecimal.
func hex(_ value: UInt64) -> String { String(value, radix: 16) }
