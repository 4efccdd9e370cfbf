import Devices
import Machine
import Testing

/// A VGA on Grackle's bus as the firmware places it.
private func bench() throws -> (VGA, Bus) {
  let grackle = try Grackle(interrupts: [])
  let vga = try VGA()
  try vga.connect(to: grackle.bus, slot: 1)
  vga.configuration.write(0x10, 4, 0x8000_0000)
  vga.configuration.write(0x18, 4, 0x8100_0000)
  vga.configuration.write(0x04, 2, 7)
  let bus = try testBus([
    (0x8000_0000, grackle.memoryWindow), (0xfe00_0000, grackle.ioWindow),
    (0x1_0000_0000, Window("low", size: 0x10_0000, .bus(grackle.bus.memory, from: 0))),
  ])
  // The bridge must outlive its windows.
  keptAlive.append(grackle)
  return (vga, bus)
}

nonisolated(unsafe) private var keptAlive: [Grackle] = []

private func setMode(_ bus: Bus, _ width: UInt16, _ height: UInt16, _ depth: UInt16) {
  for (number, value) in [(4, 0), (1, width), (2, height), (3, depth), (4, 0x41)]
    as [(UInt64, UInt16)]
  {
    bus.write(0x8100_0500 + 2 * number, 2, UInt64(value.byteSwapped))
  }
}

extension DeviceTests {
  @Test("VGA answers as QEMU's does")
  func vgaRecorded() throws {
    let (_, bus) = try bench()
    try expectReplay(Recorded.vga, on: bus)
  }

  @Test("The screen in each depth", arguments: [8, 15, 16, 24, 32] as [UInt16])
  func image(depth: UInt16) throws {
    let (vga, bus) = try bench()
    #expect(vga.mode == nil)
    #expect(vga.image().rgb.allSatisfy { $0 == 0 })
    setMode(bus, 16, 4, depth)
    // Palette entry 7: full red, some green, no blue.
    bus.write(0xfe00_03c8, 1, 7)
    for value in [0x3f, 0x20, 0] as [UInt64] { bus.write(0xfe00_03c9, 1, value) }
    let pixels: [UInt16: ([UInt8], [UInt8])] = [
      8: ([7], [0xff, 0x80, 0]), 15: ([0x7e, 0x00], [0xff, 0x84, 0]),
      16: ([0xfc, 0x00], [0xff, 0x82, 0]), 24: ([0xff, 0x80, 1], [0xff, 0x80, 1]),
      32: ([0, 0xff, 0x80, 1], [0xff, 0x80, 1]),
    ]
    let (bytes, color) = try #require(pixels[depth])
    let mode = try #require(vga.mode)
    #expect(mode.stride == 16 * bytes.count)
    bus.write(0x8000_0000 + UInt64(2 * mode.stride + 3 * bytes.count), bytes)
    let (width, height, rgb) = vga.image()
    #expect(width == 16 && height == 4 && rgb.count == 16 * 4 * 3)
    #expect(Array(rgb[(2 * 16 + 3) * 3..<(2 * 16 + 4) * 3]) == color)
    #expect(rgb.filter { $0 != 0 }.count == color.filter { $0 != 0 }.count)
  }

  @Test("A mode's start clears the screen unless told not to; the window at 0xa0000 is banked")
  func clearingAndBanks() throws {
    let (vga, bus) = try bench()
    setMode(bus, 640, 480, 32)
    bus.write(0x8000_0010, 4, 0x1234_5678)
    bus.write(0x8100_0508, 2, 0)
    bus.write(0x8100_0508, 2, 0xc100)
    #expect(vga.memory.word(at: 0x10) == 0x1234_5678)
    bus.write(0x8100_0508, 2, 0)
    bus.write(0x8100_0508, 2, 0x4100)
    #expect(vga.memory.word(at: 0x10) == 0)
    bus.write(0x8100_050a, 2, 0x0200)
    bus.write(0x1_000a_0004, 4, 0xcafe_f00d)
    #expect(vga.memory.word(at: 0x2_0004) == 0xcafe_f00d)
    #expect(bus.read(0x1_000a_0004, 4) == 0xcafe_f00d)
  }
}
