import Devices
import EngineSupport
import Foundation
import Machine
import Testing

@testable import Boards

/// Everything on the boards' buses, by random accesses.
@Suite("Device accesses", .serialized)
struct DeviceAccessTests {
  @Test("Random accesses through a board's bus stop nothing", arguments: WildGuestTests.kinds)
  func randomAccesses(_ kind: WildGuestTests.Kind) throws {
    try HostProcess.lock.withLock { _ in
      let wild = try WildMachine(kind.board, power: kind.power, processor: kind.processor)
      let seeds = onlySeed.map { $0...$0 } ?? 0...(isLong ? 80 : 1)
      var answered = 0
      for seed in seeds {
        WildWatch.shared.seed.store(seed, ordering: .releasing)
        var random = WildRandom(state: seed)
        try wild.machine.reset()
        wild.mapCards()
        for _ in 0..<3_000 { try step(wild, &random, &answered) }
        let problems = wild.problems()
        #expect(problems.isEmpty, "seed \(seed): \(problems.prefix(4))")
      }
      #expect(answered > 1000)
    }
  }

  /// An access, or something that happens to the machine.
  private func step(
    _ wild: WildMachine, _ random: inout WildRandom, _ answered: inout Int
  ) throws {
    let bus = wild.machine.bus
    let width = 1 << Int(random.below(4))
    let mask: UInt64 = width == 8 ? .max : 1 << UInt64(8 * width) - 1
    switch random.below(64) {
    case 0: wild.advance(Int64(random.below(20_000_000)))
    case 1: wild.machine.parts.lines[random.pick(Signal.allCases)]?.set(random.below(2) == 0)
    case 2: configure(wild, &random)
    case 3: startDMA(wild, &random)
    case 4 where random.below(20) == 0: try wild.machine.reset()
    case 5 where random.below(4) == 0: wild.mapCards()
    case 6: _ = wild.machine.information(random.pick(["pci", "qtree", "pic", "irq", "via", "tlb"]))
    case 7: wild.machine.parts.keyboard.key(UInt8(random.below(128)), isDown: random.below(2) == 0)
    case 8 where random.below(8) == 0: _ = wild.machine.parts.vga?.image()
    case 9...34: if bus.read(address(wild, &random), width) != nil { answered += 1 }
    default:
      let value = random.below(3) == 0 ? random.below(256) : random.next()
      bus.write(address(wild, &random), width, value & mask)
    }
  }

  /// An address in or just beside a window.
  private func address(_ wild: WildMachine, _ random: inout WildRandom) -> UInt64 {
    let ranges = wild.machine.bus.ranges
    let range = ranges[Int(random.below(UInt64(ranges.count)))]
    switch random.below(16) {
    case 0: return range.base &- 1 - random.below(8) & 0xffff_ffff
    case 1: return range.last &- random.below(8)
    case 2: return UInt64(random.word())
    default:
      return range.base + random.below(random.below(2) == 0 ? range.size : min(range.size, 0x100))
    }
  }

  /// Configuration cycles: base addresses anywhere, commands, everything else.
  private func configure(_ wild: WildMachine, _ random: inout WildRandom) {
    let devices = random.pick(wild.machine.parts.buses).devices
    guard !devices.isEmpty else { return }
    let configuration = random.pick(devices).configuration
    switch random.below(4) {
    case 0: configuration.write(4, 2, random.word())
    case 1: configuration.write(0x10 + 4 * Int(random.below(6)), 4, random.word())
    case 2:
      let ranges = wild.machine.bus.ranges
      let range = ranges[Int(random.below(UInt64(ranges.count)))]
      configuration.write(
        0x10 + 4 * Int(random.below(6)), 4, UInt32(truncatingIfNeeded: range.base))
    default:
      configuration.write(Int(random.below(256)), 1 << Int(random.below(3)), random.word())
    }
  }

  /// A list of commands in memory that moves anything anywhere, and a channel that runs it.
  private func startDMA(_ wild: WildMachine, _ random: inout WildRandom) {
    let bus = wild.machine.bus
    let list = 0x2_0000 + 16 * random.below(256)
    for n in 0..<8 as Range<UInt64> {
      let command = UInt32(random.below(8)) << 28 | random.word() & 0x073f_0000
      let count = random.below(2) == 0 ? random.word() & 0xffff : random.word() & 0x1ff
      let words = [
        command | count,
        random.below(3) == 0
          ? UInt32(truncatingIfNeeded: address(wild, &random)) : random.word(below: 0x80_0000),
        random.below(2) == 0 ? UInt32(list) : random.word(),
        random.word(),
      ]
      for (k, word) in words.enumerated() {
        bus.write(list + 16 * n + 4 * UInt64(k), 4, UInt64(word.byteSwapped))
      }
    }
    let channel = random.pick(wild.machine.parts.dbdma.channels)
    let number = random.below(3) == 0 ? channel.number : random.pick(Parts.dmaChannels)
    let base = UInt64(WildMachine.macIO) + 0x8000 + UInt64(number) << 7
    bus.write(base, 4, UInt64((0x8000_0000 as UInt32).byteSwapped))
    bus.write(base + 0xc, 4, UInt64(UInt32(list).byteSwapped))
    bus.write(base, 4, UInt64((0x8000_8000 as UInt32).byteSwapped))
  }
}
