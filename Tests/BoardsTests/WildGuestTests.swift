import EngineSupport
import Foundation
import Machine
import Testing

@testable import Boards
@testable import GuestPowerPC

/// Whether the long runs are wanted.
let isLong = ProcessInfo.processInfo.environment["LYREBIRD_LONG"] != nil
/// A seed to be run alone.
let onlySeed = ProcessInfo.processInfo.environment["LYREBIRD_SEED"].flatMap { UInt64($0) }

/// Guests that do anything at all.
@Suite("Wild guests", .serialized)
struct WildGuestTests {
  struct Kind: Sendable, CustomTestStringConvertible {
    let board: Board
    let power: MacMachine.Configuration.Power
    let processor: String
    var testDescription: String { "\(board.name), \(processor)" }
  }

  static let kinds: [Kind] = [
    Kind(board: .g3beige, power: .cuda, processor: "750"),
    Kind(board: .mac99, power: .pmu, processor: "7400"),
    Kind(board: .mac99, power: .pmuWithADB, processor: "7455"),
    Kind(board: .g3beige, power: .cuda, processor: "603e"),
    Kind(board: .mac99, power: .cuda, processor: "755"),
  ]

  @Test("Random code in supervisor mode reaches nothing but its machine", arguments: kinds)
  func randomCode(_ kind: Kind) throws {
    try HostProcess.lock.withLock { _ in
      let wild = try WildMachine(kind.board, power: kind.power, processor: kind.processor)
      let seeds = onlySeed.map { $0...$0 } ?? 0...(isLong ? 800 : 12)
      for seed in seeds {
        WildWatch.shared.seed.store(seed, ordering: .releasing)
        var random = WildRandom(state: seed)
        try run(wild, &random)
        if seed % 16 == 3 {
          let problems = wild.problems()
          #expect(problems.isEmpty, "seed \(seed): \(problems.prefix(4))")
        }
      }
    }
  }

  /// A guest from its reset to its end: a few thousand instructions at most, mostly.
  private func run(_ wild: WildMachine, _ random: inout WildRandom) throws {
    try wild.machine.reset()
    wild.mapCards()
    let state = wild.machine.emulator.state
    load(wild, &random)
    for _ in 0..<(isLong ? 12 : 6) {
      try wild.run(microseconds: 400)
      switch random.below(8) {
      case 0: wild.machine.emulator.supervisor.setLine(.external, random.below(2) == 0)
      case 1: wild.machine.parts.lines[random.pick(Signal.allCases)]?.set(random.below(2) == 0)
      case 2: state.pointee.nip = 0x4000 + 4 * random.word(below: 0x1000)
      case 3 where random.below(4) == 0: try wild.machine.reset()
      default: wild.advance(Int64(random.below(3_000_000)))
      }
      if wild.machine.emulator.supervisor.isCheckstopped { break }
    }
  }

  /// Vectors, code, page tables and registers.
  private func load(_ wild: WildMachine, _ random: inout WildRandom) {
    let bus = wild.machine.bus
    for vector in stride(from: 0x100 as UInt64, through: 0x2f00, by: 0x100) {
      let isWild = random.below(4) == 0
      for n in 0..<UInt64(8) {
        let word =
          !isWild && n < 4
          ? WildProgram.skippingHandler[Int(n)] : isWild ? WildProgram.word(&random) : 0x4c00_0064
        bus.write(vector + 4 * n, 4, UInt64(word))
      }
    }
    for n in 0..<UInt64(0x200) { bus.write(0x4000 + 4 * n, 4, UInt64(WildProgram.word(&random))) }
    let emulator = wild.machine.emulator
    let state = emulator.state
    for n in 0..<32 {
      state.pointee.gpr[n] = WildProgram.value(&random)
      state.pointee.fpr[n] = random.next()
    }
    state.pointee.lr = 0x4000 + random.word(below: 0x800)
    state.pointee.ctr = random.below(3) == 0 ? WildProgram.address(&random) : random.word(below: 9)
    for n in 0..<16 {
      state.pointee.sr[n] = random.below(8) == 0 ? random.word() : random.word(below: 4)
    }
    state.pointee.nip = 0x4000
    let supervisor = emulator.supervisor
    supervisor.write(0x0001_0000, to: 25)
    for number in 528..<544 {
      let physical = random.pick(
        [0, 0x8080_0000, 0xf000_0000, 0xfff0_0000, 0x8200_0000] as [UInt32])
      let upper = WildProgram.address(&random) & 0xfffe_0000 | random.pick([3, 0x1f, 0x7f, 0])

      supervisor.write(number & 1 == 0 ? upper : physical | random.word(below: 4), to: number)
    }
    fillTable(bus, state, &random)
    supervisor.setMachineState(random.pick([0x1000, 0x1032, 0x9032, 0xb032, 0x1030, 0x3002, 0]))
  }

  /// Entries of a page table of 64 KiB, of which many are found: for pages that programs use.
  private func fillTable(
    _ bus: Bus, _ state: UnsafeMutablePointer<PowerPCState>, _ random: inout WildRandom
  ) {
    for n in 0..<160 {
      let effective = n < 16 ? UInt32(n) << 12 : WildProgram.address(&random)
      let segment = state.pointee.sr[Int(effective >> 28)]
      let secondary = random.below(4) == 0
      let hash = (segment & 0x7ffff) ^ (effective >> 12 & 0xffff)
      let group = (secondary ? ~hash : hash) << 6 & 0xffc0
      let first =
        0x8000_0000 | (segment & 0xff_ffff) << 7 | effective >> 22 & 0x3f | (secondary ? 0x40 : 0)
      let target = n < 16 || random.below(2) == 0 ? effective : WildProgram.address(&random)
      let second =
        target & 0xffff_f000 | random.word(below: 0x200) & 0x1f8 | random.pick([0, 1, 2, 2, 3])
      let place = UInt64(0x1_0000 | group | random.word(below: 8) << 3)
      bus.write(place, 4, UInt64(first))
      bus.write(place + 4, 4, UInt64(second))
    }
  }
}
