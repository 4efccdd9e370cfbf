import Devices
import Foundation
import Machine
import Testing

/// A device on a bus of its own, and the events that can come to it.
struct RandomBench {
  let name: String
  let bus: Bus
  /// Addresses to try: start and size.
  let areas: [(UInt64, UInt64)]
  /// Something else that happens to the device.
  var event: (inout TestRandom) -> Void = { _ in }
  let time: TestTime
  /// What must outlive its windows.
  let kept: [AnyObject]
}

/// Benches of every device of this folder.
private func benches() throws -> [RandomBench] {
  let time = TestTime()
  let heathrow = HeathrowPIC(output: InterruptLine("INT"))
  let openPIC = OpenPIC(outputs: [InterruptLine("INT")], clock: time.clock)
  let gpio = KeyLargoGPIO(interrupts: [1: InterruptLine("extint1")])
  let firmware = FirmwareConfiguration()
  firmware.addFile("etc/x", [1, 2, 3])
  let timer = KeyLargoTimer(clock: time.clock)
  let nvram = MacNVRAM(shift: 1)
  return [
    RandomBench(
      name: "heathrow", bus: try testBus([(0, heathrow.window)]), areas: [(0, 0x1000)],
      event: { heathrow.setInput(Int($0.below(66)), $0.below(2) == 0) }, time: time,
      kept: [heathrow, openPIC, gpio, timer]),
    RandomBench(
      name: "openpic", bus: try testBus([(0, openPIC.window)]),
      areas: [(0, 0x100), (0x1000, 0x310), (0x10000, 0x2000), (0x20000, 0x1100)],
      event: { openPIC.setInput(Int($0.below(66)), $0.below(2) == 0) }, time: time,
      kept: [heathrow, openPIC, gpio, timer]),
    RandomBench(
      name: "keylargo", bus: try testBus([(0, gpio.window), (0x100, timer.window)]),
      areas: [(0, 0x1100)], event: { gpio.setInput(Int($0.below(40)), $0.below(2) == 0) },
      time: time, kept: [gpio, timer]),
    RandomBench(
      name: "firmware",
      bus: try testBus([
        (0, firmware.selectorWindow), (2, firmware.dataWindow), (0x4000, nvram.window),
      ]), areas: [(0, 4), (0x4000, 0x4000)], time: time, kept: [firmware, nvram]),
    try pciBench(time, isGrackle: true), try pciBench(time, isGrackle: false),
    try networkBench(time),
  ]
}

/// A host bridge with devices: random configuration, and accesses wherever that maps them.
private func pciBench(_ time: TestTime, isGrackle: Bool) throws -> RandomBench {
  let grackle = try Grackle(interrupts: [])
  let uniNorth = try UniNorthBridge(.main)
  let pci = isGrackle ? grackle.bus : uniNorth.bus
  let macIO = MacIO(.oldworld)
  let heathrow = HeathrowPIC(output: InterruptLine("INT"))
  try macIO.bus.map(heathrow.window, at: 0)
  try pci.add(macIO, slot: 16)
  let vga = try VGA()
  try vga.connect(to: pci, slot: 1)
  let bus = try testBus([
    (0xfec0_0000, isGrackle ? grackle.addressWindow : uniNorth.addressWindow),
    (0xfee0_0000, isGrackle ? grackle.dataWindow : uniNorth.dataWindow),
    (0x8000_0000, isGrackle ? grackle.memoryWindow : uniNorth.memoryWindow),
    (0xfe00_0000, isGrackle ? grackle.ioWindow : uniNorth.ioWindow),
    (0, Window("low", size: 0x10_0000, .bus(pci.memory, from: 0))),
  ])
  let devices: [any PCIDevice] = pci.devices
  return RandomBench(
    name: isGrackle ? "grackle" : "uninorth", bus: bus,
    areas: [
      (0xfec0_0000, 8), (0xfee0_0000, 8), (0x8000_0000, 0x20_0000), (0xfe00_0000, 0x400),
      (0xa_0000, 0x2_0000), (0x8100_0400, 0x220),
    ],
    event: { random in
      let device = devices[Int(random.below(UInt64(devices.count)))]
      let configuration = device.configuration
      switch random.below(8) {
      case 0: configuration.interrupt.set(random.below(2) == 0)
      case 1: configuration.write(0x04, 2, 7)
      case 2: configuration.write(0x10, 4, UInt32(0x8000_0000 + random.below(4) << 20))
      case 3: configuration.write(0x18, 4, 0x8100_0000)
      case 4 where random.below(50) == 0: device.reset()
      case 5 where (vga.mode.map { $0.width * $0.height } ?? 0) < 10_000:
        _ = vga.mode == nil ? (0, 0, []) : vga.image()
      case 6: _ = pci.description
      default:
        configuration.write(
          Int(random.below(256)), 1 << Int(random.below(3)),
          UInt32(truncatingIfNeeded: random.next()))
      }
    }, time: time, kept: [grackle, uniNorth, heathrow] + devices)
}

/// The network and USB controllers, with memory that they reach and drivers that start them.
private func networkBench(_ time: TestTime) throws -> RandomBench {
  let grackle = try Grackle(interrupts: [])
  let bus = Bus("test")
  let memory = try PhysicalMemory(size: 0x10000)
  let address: [UInt8] = [0x52, 0x54, 0, 0x12, 0x34, 0x56]
  let ne2000 = NE2000(address: address) { _ in }
  let gem = SunGEM(address: address, dma: bus) { _ in }
  let ohci = OHCI(dma: bus, clock: time.clock)
  let devices: [any PCIDevice] = [ne2000, gem, ohci]
  for (n, device) in devices.enumerated() {
    try grackle.bus.add(device, slot: 2 + n)
    let base: [UInt32] = [0x1000, 0x8020_0000, 0x8040_0000]
    device.configuration.write(0x10, 4, base[n])
    device.configuration.write(0x04, 2, 7)
  }
  try bus.map(grackle.memoryWindow, at: 0x8000_0000)
  try bus.map(grackle.ioWindow, at: 0xfe00_0000)
  try bus.map(Window("ram", memory), at: 0)
  return RandomBench(
    name: "network", bus: bus,
    areas: [
      (0xfe00_1000, 0x20), (0xfe00_1000, 1), (0, 0x10000), (0x8020_0000, 0x1020),
      (0x8020_2000, 0x10), (0x8020_4000, 0x10), (0x8020_4100, 8), (0x8020_6030, 8),
      (0x8020_6000, 0x220), (0x8020_9000, 0x60), (0x8040_0000, 0x100),
    ],
    event: { random in
      let count = Int(random.below(1600))
      let frame = (0..<count).map { UInt8($0 < 6 ? 0xff : $0 & 0xff) }
      switch random.below(6) {
      case 0: ne2000.receive(frame)
      case 1: gem.receive(frame)
      case 2 where random.below(50) == 0: devices.forEach { $0.reset() }
      case 3:
        // Rings in memory, both directions on.
        for (offset, value) in [
          (0x2008, 0), (0x200c, 0), (0x4004, 0x8000), (0x4008, 0), (0x2004, 1), (0x4000, 1),
          (0x6030, 1), (0x6034, 9), (0x4100, 16),
        ] as [(UInt64, UInt32)] {
          bus.write(0x8020_0000 + offset, 4, UInt64(value.byteSwapped))
        }
      case 4:
        for (port, value) in [(1, 0x46), (2, 0x80), (3, 0x46), (0, 0x22)] as [(UInt64, UInt64)] {
          bus.write(0xfe00_1000 + port, 1, value)
        }
      default:
        for (n, device) in devices.enumerated() {
          let base: [UInt32] = [0x1000, 0x8020_0000, 0x8040_0000]
          device.configuration.write(0x10, 4, base[n])
          device.configuration.write(0x04, 2, 7)
        }
      }
    }, time: time, kept: [grackle] + devices)
}

extension DeviceTests {
  @Test("Random accesses, events and time never stop a device")
  func random() throws {
    let isLong = ProcessInfo.processInfo.environment["LYREBIRD_LONG"] == "1"
    var answered = 0
    for bench in try benches() {
      var random = TestRandom()
      for _ in 0..<(isLong ? 50_000 : 10_000) {
        let (base, size) = bench.areas[Int(random.below(UInt64(bench.areas.count)))]
        let address = base + random.below(size)
        let width = 1 << Int(random.below(4))
        switch random.below(8) {
        case 0: bench.event(&random)
        case 1: bench.time.advance(Int64(random.below(1_000_000)))
        case 2, 3, 4: if bench.bus.read(address, width) != nil { answered += 1 }
        default:
          let value = random.below(4) == 0 ? random.below(256) : random.next()
          let masked = width == 8 ? value : value & (1 << UInt64(8 * width) - 1)
          bench.bus.write(address, width, masked)
        }
      }
    }
    #expect(answered > 1000)
  }
}
