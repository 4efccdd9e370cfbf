import Machine
import Testing

/// A handler that answers with the offset and size it was asked for, and keeps what was written.
private final class Probe: AddressHandler {
  var reads: [[Int]] = []
  var writes: [[UInt64]] = []
  var bytes = [UInt8](repeating: 0, count: 16)

  /// Bytes 0x00, 0x01, ... as a little-endian number.
  func read(_ offset: UInt32, _ size: Int) -> UInt64? {
    reads.append([Int(offset), size])
    return (0..<size).reduce(0) { $0 | UInt64(offset + UInt32($1)) << UInt64(8 * $1) }
  }

  func write(_ offset: UInt32, _ size: Int, _ value: UInt64) -> Bool {
    writes.append([UInt64(offset), UInt64(size), value])
    return true
  }
}

private func bus(
  _ probe: Probe, _ order: ByteOrder, sizes: ClosedRange<Int>
) throws -> Bus {
  let bus = Bus("test")
  try bus.map(Window("probe", size: 16, probe, order, sizes: sizes), at: 0x100)
  return bus
}

@Test(
  "Reads of registers: split, widened, and in the window's byte order",
  arguments: [
    // Size, offset, sizes of the device: the value, and what the device saw.
    (4, 4, 1...4, 0x0405_0607, [[4, 4]]), (2, 6, 1...4, 0x0607, [[6, 2]]),
    (1, 3, 1...4, 0x03, [[3, 1]]),
    (4, 0, 1...1, 0x0001_0203, [[0, 1], [1, 1], [2, 1], [3, 1]]),
    (8, 0, 1...4, 0x0001_0203_0405_0607, [[0, 4], [4, 4]]), (1, 5, 4...4, 0x05, [[4, 4]]),
    (2, 10, 4...4, 0x0a0b, [[8, 4]]), (2, 3, 4...4, 0x0304, [[0, 4], [4, 4]]),
  ] as [(Int, UInt64, ClosedRange<Int>, UInt64, [[Int]])])
func registerReads(
  size: Int, offset: UInt64, sizes: ClosedRange<Int>, value: UInt64, seen: [[Int]]
) throws {
  // A little-endian device of bytes 0, 1, 2, ...: big-endian numbers of them on the bus.
  let probe = Probe()
  let bus = try bus(probe, .little, sizes: sizes)
  #expect(bus.read(0x100 + offset, size) == value)
  #expect(probe.reads == seen)
}

@Test("Writes of registers: split and in the window's byte order")
func registerWrites() throws {
  let probe = Probe()
  let little = try bus(probe, .little, sizes: 1...4)
  #expect(little.write(0x104, 4, 0x1122_3344))
  #expect(little.write(0x108, 8, 0x0102_0304_0506_0708))
  #expect(
    probe.writes == [[4, 4, 0x4433_2211], [8, 4, 0x0403_0201], [12, 4, 0x0807_0605]])
  let other = Probe()
  let big = try bus(other, .big, sizes: 1...2)
  #expect(big.write(0x102, 4, 0x1122_3344))
  #expect(other.writes == [[2, 2, 0x1122], [4, 2, 0x3344]])
}

@Test("Windows of one priority must not lie over each other; a higher one hides a lower one")
func overlap() throws {
  let bus = Bus("test")
  let low = try PhysicalMemory(size: 0x3000)
  let high = try PhysicalMemory(size: 0x1000)
  try bus.map(Window("low", low), at: 0x1000)
  #expect(throws: MachineError.overlap("low", "high")) {
    try bus.map(Window("high", high), at: 0x3fff)
  }
  let window = Window("high", high)
  try bus.map(window, at: 0x2000, priority: 1)
  #expect(bus.ranges.map(\.base) == [0x1000, 0x2000, 0x3000])
  #expect(bus.ranges.map(\.offset) == [0, 0, 0x2000])
  bus.write(0x2000, 4, 0x1234_5678)
  bus.write(0x3000, 4, 0x9abc_def0)
  #expect(high.word(at: 0) == 0x1234_5678)
  #expect(low.word(at: 0x2000) == 0x9abc_def0)
  bus.unmap(window)
  #expect(bus.ranges.count == 1)
  #expect(bus.read(0x2000, 4) == 0)
}

@Test("Buses behind windows: offsets, cut ends, and changes seen through")
func nestedBuses() throws {
  let outer = Bus("outer")
  let inner = Bus("inner")
  var changes = 0
  outer.onChange = { changes += 1 }
  try outer.map(Window("hole", size: 0x1000, .bus(inner, from: 0x8000_0000)), at: 0x4000)
  #expect(outer.ranges.isEmpty)
  let memory = try PhysicalMemory(size: 0x1000)
  let window = Window("ram", memory)
  try inner.map(window, at: 0x8000_0800)
  #expect(outer.ranges.map(\.base) == [0x4800])
  #expect(outer.ranges.map(\.size) == [0x800])
  outer.write(0x4804, 4, 0xcafe_f00d)
  #expect(memory.word(at: 4) == 0xcafe_f00d)
  #expect(outer.read(0x5000, 4) == nil)
  inner.unmap(window)
  #expect(outer.ranges.isEmpty)
  #expect(changes == 3)
}

@Test("What nothing answers is told; read-only memory swallows writes")
func unassigned() throws {
  let bus = Bus("test")
  var told: [[UInt64]] = []
  bus.onUnassigned = { told.append([$0, UInt64($1), $2 ? 1 : 0]) }
  let rom = try PhysicalMemory(size: 0x1000)
  rom.write([1, 2, 3, 4], at: 0)
  try bus.map(Window("rom", rom, isReadOnly: true), at: 0)
  #expect(bus.write(0, 4, 0xffff_ffff))
  #expect(bus.read(0, 4) == 0x0102_0304)
  #expect(bus.read(0x1000, 4) == nil)
  #expect(!bus.write(0x2000, 2, 0))
  #expect(told == [[0x1000, 4, 0], [0x2000, 2, 1]])
}

@Test("Accesses over the border of two windows, and block transfers")
func borders() throws {
  let bus = Bus("test")
  let (first, second) = (try PhysicalMemory(size: 0x1000), try PhysicalMemory(size: 0x1000))
  try bus.map(Window("first", first), at: 0)
  try bus.map(Window("second", second), at: 0x1000)
  var written: [Range<Int>] = []
  bus.onMemoryWritten = { written.append($1) }
  #expect(bus.write(0xffe, 4, 0x1122_3344))
  #expect(bus.read(0xffe, 4) == 0x1122_3344)
  #expect(first.bytes(at: 0xffe, count: 2) == [0x11, 0x22])
  #expect(second.bytes(at: 0, count: 2) == [0x33, 0x44])
  written = []
  #expect(bus.write(0xffc, [1, 2, 3, 4, 5, 6]))
  #expect(bus.read(0xffc, count: 6) == [1, 2, 3, 4, 5, 6])
  #expect(written == [0xffc..<0x1000, 0..<2])
  #expect(bus.read(0x1ffe, count: 4) == nil)
}

@Test("Timers run in the order of their deadlines, and may be armed again")
func clock() {
  nonisolated(unsafe) var now: Int64 = 0
  let clock = Clock { now }
  var order: [String] = []
  let late = Timer(clock) { order.append("late") }
  var again: Timer?
  var count = 0
  again = Timer(clock) {
    order.append("early")
    count += 1
    if count < 3 { again!.arm(in: 10) }
  }
  let never = Timer(clock) { order.append("never") }
  var deadlines: [Int64?] = []
  clock.onDeadline = { deadlines.append($0) }
  late.arm(at: 100)
  again!.arm(at: 50)
  never.arm(at: 70)
  never.cancel()
  #expect(deadlines.first == 100)
  #expect(clock.deadline == 50)
  now = 49
  clock.runTimers()
  #expect(order.isEmpty)
  now = 100
  clock.runTimers()
  #expect(order == ["early", "late"])
  #expect(again?.deadline == 110)
  now = 200
  clock.runTimers()
  #expect(order == ["early", "late", "early"])
  #expect(late.deadline == nil)
}

@Test("A line tells changes only, and tells a new listener its level if that is high")
func interruptLine() {
  var told: [Bool] = []
  let line = InterruptLine("INT") { told.append($0) }
  for level in [false, true, true, false] { line.set(level) }
  #expect(told == [true, false])
  #expect(line.changes == 2)
  line.set(true)
  var other: [Bool] = []
  line.connect { other.append($0) }
  #expect(other == [true])
}
