import Devices
import Machine
import Testing

/// Tests that run one after the other: trace events and where they go are the process's.
@Suite(.serialized) struct DeviceTests {}

/// A clock that tests move.
final class TestTime {
  var now: Int64 = 0
  lazy var clock = Clock { [unowned self] in now }

  func advance(_ nanoseconds: Int64) {
    now += nanoseconds
    clock.runTimers()
  }
}

/// Numbers that look random and are the same in every run (xorshift64).
struct TestRandom {
  var state: UInt64 = 0x9e37_79b9_7f4a_7c15
  mutating func next() -> UInt64 {
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
    return state
  }
  mutating func below(_ bound: UInt64) -> UInt64 { next() % bound }
}

/// Replays accesses that were recorded from QEMU, and expects the same answers.
func expectReplay(
  _ text: String, on bus: Bus, from base: UInt64 = 0, input: (Int, Bool) -> Void = { _, _ in }
) throws {
  var differences: [String] = []
  for line in text.split(separator: "\n") where !line.hasPrefix("#") {
    for access in line.split(separator: " ") {
      let parts = access.dropFirst().split(whereSeparator: { $0 == "." || $0 == "=" })
      let numbers = try parts.map { try #require(UInt64($0, radix: 16)) }
      switch access.first {
      case "i": input(Int(numbers[0]), numbers[1] == 1)
      case "w": bus.write(base + numbers[0], Int(numbers[1]), numbers[2])
      default:
        let value = bus.read(base + numbers[0], Int(numbers[1])) ?? 0
        if value != numbers[2] { differences.append("\(access), not \(String(value, radix: 16))") }
      }
    }
  }
  #expect(differences.isEmpty, "\(differences)")
}

/// A bus with windows on it.
func testBus(_ windows: [(UInt64, Window)]) throws -> Bus {
  let bus = Bus("test")
  for (base, window) in windows { try bus.map(window, at: base) }
  return bus
}
