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
      case 5 where random.below(50) == 0: _ = vga.image()
      case 6: _ = pci.description
      default:
        configuration.write(
          Int(random.below(256)), 1 << Int(random.below(3)),
          UInt32(truncatingIfNeeded: random.next()))
      }
    }, time: time, kept: [grackle, uniNorth, heathrow] + devices)
}

extension DeviceTests {
  @Test("Random accesses, events and time never stop a device")
  func random() throws {
    let isLong = ProcessInfo.processInfo.environment["LYREBIRD_LONG"] == "1"
    var answered = 0
    for bench in try benches() {
      var random = TestRandom()
      for _ in 0..<(isLong ? 1_000_000 : 10_000) {
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
