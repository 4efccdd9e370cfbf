import Devices
import Machine
import Testing

extension DeviceTests {
  @Test("Heathrow answers as QEMU's does")
  func heathrowRecorded() throws {
    let pic = HeathrowPIC(output: InterruptLine("INT"))
    let bus = try testBus([(0, pic.window)])
    try expectReplay(Recorded.heathrow, on: bus, input: pic.setInput)
  }

  @Test("Heathrow's output: an edge until it is cleared, a level while it lasts, only if unmasked")
  func heathrowOutput() throws {
    let output = InterruptLine("INT")
    let pic = HeathrowPIC(output: output)
    let bus = try testBus([(0, pic.window)])
    func write(_ offset: UInt64, _ value: UInt32) {
      bus.write(offset, 4, UInt64(value.byteSwapped))
    }
    // CUDA's input 18 is an edge, PCI's 23 a level, 40 of the other bank an edge.
    pic.setInput(18, true)
    #expect(!output.level)
    write(0x24, 1 << 18)
    #expect(output.level)
    pic.setInput(18, false)
    #expect(output.level)
    write(0x28, 1 << 18)
    #expect(!output.level)
    write(0x24, 1 << 23)
    pic.setInput(23, true)
    #expect(output.level)
    write(0x28, 1 << 23)
    #expect(output.level)
    pic.setInput(23, false)
    #expect(!output.level)
    write(0x14, 1 << 8)
    pic.setInput(40, true)
    #expect(output.level)
    write(0x14, 0)
    #expect(!output.level)
    write(0x14, 1 << 8)
    pic.reset()
    #expect(!output.level)
  }

  @Test("OpenPIC answers as QEMU's does")
  func openPICRecorded() throws {
    let pic = OpenPIC(outputs: [InterruptLine("INT")], clock: TestTime().clock)
    let bus = try testBus([(0, pic.window)])
    try expectReplay(Recorded.openPIC, on: bus, input: pic.setInput)
  }
}

/// An OpenPIC with helpers for its little-endian registers.
private final class OpenPICBench {
  let time = TestTime()
  let output = InterruptLine("INT")
  let pic: OpenPIC
  let bus: Bus

  init() throws {
    pic = OpenPIC(outputs: [output], clock: time.clock)
    bus = try testBus([(0, pic.window)])
  }

  func write(_ offset: UInt64, _ value: UInt32) { bus.write(offset, 4, UInt64(value.byteSwapped)) }
  func read(_ offset: UInt64) -> UInt32 {
    UInt32(truncatingIfNeeded: bus.read(offset, 4) ?? 0).byteSwapped
  }
}

extension DeviceTests {
  @Test("OpenPIC's output follows priorities, masks, acknowledge and end of interrupt")
  func openPICOutput() throws {
    let bench = try OpenPICBench()
    let pic = bench.pic
    bench.write(0x10000 + 0x20 * 37, 0x0048_0025)
    bench.write(0x10010 + 0x20 * 37, 1)
    pic.setInput(37, true)
    // The current task priority is 15 after reset.
    #expect(!bench.output.level)
    bench.write(0x20080, 0)
    #expect(bench.output.level)
    #expect(bench.read(0x200a0) == 0x25)
    #expect(!bench.output.level)
    // A second acknowledge yields the spurious vector: nothing above what is being served.
    #expect(bench.read(0x200a0) == 0xff)
    bench.write(0x200b0, 0)
    #expect(bench.output.level)
    pic.setInput(37, false)
    #expect(!bench.output.level)
    // The processor's own registers show at the start as well.
    pic.setInput(37, true)
    #expect(bench.read(0xa0) == 0x25)
  }

  @Test("A timer of OpenPIC: counts down, toggles bit 31, interrupts each time, can be inhibited")
  func openPICTimer() throws {
    let bench = try OpenPICBench()
    bench.write(0x20080, 0)
    bench.write(0x1120, 0x0005_0042)
    bench.write(0x1130, 1)
    // 4160 counts at 4.16 MHz: one millisecond.
    bench.write(0x1110, 4160)
    #expect(bench.read(0x1100) == 4160)
    bench.time.advance(500_000)
    #expect(bench.read(0x1100) == 2080)
    #expect(!bench.output.level)
    bench.time.advance(500_000)
    #expect(bench.read(0x1100) == 0x8000_0000 | 4160)
    #expect(bench.read(0x1120) == 0x4005_0042)
    #expect(bench.read(0x200a0) == 0x42)
    #expect(bench.read(0x1120) == 0x0005_0042)
    bench.write(0x200b0, 0)
    bench.time.advance(1_000_000)
    #expect(bench.output.level)
    #expect(bench.read(0x1100) == 4160)
    #expect(bench.read(0x200a0) == 0x42)
    bench.write(0x200b0, 0)
    bench.write(0x1110, 0x8000_0000 | 4160)
    bench.time.advance(5_000_000)
    #expect(!bench.output.level)
  }
}
