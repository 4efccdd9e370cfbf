import Devices
import Machine
import Testing

/// A USB controller at 0x80080000 with memory at 0.
private final class OHCIBench {
  let bridge: UniNorthBridge
  let time = TestTime()
  let bus = Bus("test")
  let memory: PhysicalMemory
  let ohci: OHCI

  init() throws {
    bridge = try UniNorthBridge(.main)
    memory = try PhysicalMemory(size: 0x10000)
    ohci = OHCI(dma: bus, clock: time.clock)
    try bridge.bus.add(ohci, slot: 13)
    ohci.configuration.write(0x10, 4, 0x8008_0000)
    ohci.configuration.write(0x04, 2, 6)
    try bus.map(bridge.memoryWindow, at: 0x8000_0000)
    try bus.map(Window("ram", memory), at: 0)
  }
}

extension DeviceTests {
  @Test("The USB controller's registers answer as QEMU's do")
  func ohciRecorded() throws {
    let bench = try OHCIBench()
    try expectReplay(RecordedControllers.ohci, on: bench.bus, from: 0x8008_0000)
  }

  @Test("Frames of the USB controller: number in memory, start of frame, overflow, suspend")
  func ohciFrames() throws {
    let bench = try OHCIBench()
    func write(_ offset: UInt64, _ value: UInt32) {
      bench.bus.write(0x8008_0000 + offset, 4, UInt64(value.byteSwapped))
    }
    func read(_ offset: UInt64) -> UInt32 {
      UInt32(truncatingIfNeeded: bench.bus.read(0x8008_0000 + offset, 4) ?? 0).byteSwapped
    }
    write(0x18, 0x1000)
    write(0x10, 0x8000_0004)
    write(0x04, 0x80)
    bench.time.advance(500_000)
    #expect(read(0x38) == 11999 - 6000)
    #expect(!bench.ohci.configuration.interrupt.level)
    bench.time.advance(500_000)
    #expect(bench.ohci.configuration.interrupt.level)
    #expect(read(0x0c) == 0x04)
    #expect(read(0x3c) == 1)
    #expect(bench.memory.bytes(at: 0x1080, count: 4) == [1, 0, 0, 0])
    write(0x0c, 0x04)
    #expect(!bench.ohci.configuration.interrupt.level)
    for _ in 0..<0x7fff { bench.time.advance(1_000_000) }
    #expect(read(0x3c) == 0x8000)
    #expect(read(0x0c) == 0x24)
    write(0x04, 0xc0)
    bench.time.advance(5_000_000)
    #expect(read(0x3c) == 0x8000)
  }
}
