import Testing

@testable import Devices
@testable import Machine

/// The 6522's timers and flags after its data sheet.
struct VIATests {
  let time = ManualClock()
  let line = InterruptLine("VIA")
  let via: VIA
  let registers: Registers
  static let t1Low: UInt64 = 0x800, t1High: UInt64 = 0xa00, t1LatchLow: UInt64 = 0xc00
  static let t1LatchHigh: UInt64 = 0xe00, t2Low: UInt64 = 0x1000, t2High: UInt64 = 0x1200
  static let control: UInt64 = 0x1600, flags: UInt64 = 0x1a00, enable: UInt64 = 0x1c00

  init() {
    via = VIA(clock: time.clock, interrupt: line, inputPinsB: 0x08)
    registers = Registers(Window("via", size: 0x2000, via, sizes: 1...1))
  }

  /// Lets whole counts of 6 / 4.7 MHz pass, from the beginning.
  func go(to counts: Int64) {
    time.advance((counts * 6_000_000_000 / 4_700_000 + 1) - time.nanoseconds)
  }

  @Test("T1 one-shot: the flag comes N + 2 counts after the start, once")
  func oneShot() {
    registers[Self.t1Low] = 0x34
    registers[Self.t1High] = 0x12
    #expect(registers[Self.t1High] << 8 | registers[Self.t1Low] == 0x1234)
    go(to: 0x1235)
    #expect(registers[Self.flags] == 0)
    go(to: 0x1236)
    #expect(registers[Self.flags] == 0x40)
    #expect(registers[Self.t1High] == 0xff, "it counts on through zero")
    registers[Self.flags] = 0x40
    go(to: 0x30000)
    #expect(registers[Self.flags] == 0)
  }

  @Test("T1 continuous: a flag every N + 2 counts from the latch; the line follows IER")
  func continuous() {
    registers[Self.control] = 0x40
    registers[Self.t1Low] = 98
    registers[Self.t1High] = 0
    registers[Self.enable] = 0xc0
    #expect(registers[Self.enable] == 0xc0)
    for round in 1...5 {
      go(to: Int64(100 * round - 1))
      #expect(!line.level)
      go(to: Int64(100 * round))
      #expect(line.level && registers[Self.flags] == 0xc0)
      _ = registers[Self.t1Low]
      #expect(!line.level)
    }
    registers[Self.t1LatchLow] = 198
    go(to: 1_000_000)
    #expect(line.level)
    registers[Self.enable] = 0x40
    #expect(!line.level && registers[Self.flags] == 0x40)
    #expect(time.clock.deadline == nil, "nobody waits, nothing wakes the machine")
  }

  @Test("T1 at 783.3 kHz: 65537 counts take 83.66 ms")
  func frequency() {
    registers[Self.enable] = 0xc0
    registers[Self.t1Low] = 0xff
    registers[Self.t1High] = 0xff
    #expect(time.clock.deadline == 83_664_256, "0xffff + 2 counts of 6 / 4.7 us, rounded up")
  }

  @Test("T2 is one-shot and cleared by reading its low byte")
  func timer2() {
    registers[Self.enable] = 0xa0
    registers[Self.t2Low] = 8
    registers[Self.t2High] = 0
    go(to: 9)
    #expect(!line.level)
    go(to: 10)
    #expect(line.level && registers[Self.flags] == 0xa0)
    _ = registers[Self.t2Low]
    #expect(!line.level)
  }

  @Test("The shift register's flag comes when the device says, and goes with each access")
  func shift() {
    registers[Self.enable] = 0x84
    via.completeShift(in: 1000)
    time.advance(999)
    #expect(!line.level)
    time.advance(1)
    #expect(line.level)
    registers[0x1400] = 0x5a
    #expect(!line.level && via.shiftRegister == 0x5a)
  }

  @Test("Random accesses")
  func random() {
    registers.hammer(3, below: 0x2000) { generator in
      time.advance(Int64(generator.next() % 200_000))
      if generator.next() % 8 == 0 { via.completeShift(in: 20_000) }
    }
    // Years later.
    time.advance(Int64.max / 4)
    registers.hammer(4, below: 0x2000) { _ in time.advance(1000) }
  }
}
