import Devices
import Machine
import Testing

extension DeviceTests {
  @Test("Grackle and mac-io behind it answer as QEMU's do")
  func grackleRecorded() throws {
    let grackle = try Grackle(interrupts: [])
    let macIO = MacIO(.oldworld)
    try grackle.bus.add(macIO, slot: 16)
    let bus = try testBus([
      (0xfec0_0000, grackle.addressWindow), (0xfee0_0000, grackle.dataWindow),
      (0xfe00_0000, grackle.ioWindow), (0x8000_0000, grackle.memoryWindow),
    ])
    try expectReplay(Recorded.grackle, on: bus, from: 0xfec0_0000)
    try expectReplay(Recorded.grackleIO, on: bus, from: 0xfe00_0000)
  }

  @Test("UniNorth's bridges and registers answer as QEMU's do")
  func uniNorthRecorded() throws {
    let bridge = try UniNorthBridge(.main)
    try bridge.bus.add(MacIO(.newworld), slot: 12)
    let bus = try testBus([
      (0xf280_0000, bridge.addressWindow), (0xf2c0_0000, bridge.dataWindow),
      (0xf800_0000, UniNorth().window),
    ])
    try expectReplay(Recorded.uniNorthRegisters, on: bus, from: 0xf800_0000)
    try expectReplay(Recorded.uniNorth, on: bus, from: 0xf280_0000)
  }
}

/// A device with a window in each space.
private final class TestDevice: PCIDevice {
  let name = "test"
  let configuration: PCIConfiguration
  let memory: PhysicalMemory

  init(pin: UInt8 = 1) throws {
    configuration = PCIConfiguration(
      "test", PCIIdentity(vendor: 0x1234, device: 1, classCode: 0x020000, interruptPin: pin))
    memory = try PhysicalMemory(size: 0x1000)
    configuration.setBaseAddress(0, .memory, Window("test.ram", memory))
    let handler = ClosureHandler(read: { offset, _ in UInt64(offset) }, write: { _, _, _ in true })
    configuration.setBaseAddress(1, .io, Window("test.io", size: 0x100, handler, .little))
  }

  func reset() { configuration.reset() }
}

extension DeviceTests {
  @Test("Base addresses are mapped and unmapped as command and address registers are written")
  func baseAddresses() throws {
    let grackle = try Grackle(interrupts: [])
    let device = try TestDevice()
    try grackle.bus.add(device, slot: 3)
    let bus = try testBus([
      (0x8000_0000, grackle.memoryWindow), (0xfe00_0000, grackle.ioWindow),
    ])
    let configuration = device.configuration
    configuration.write(0x10, 4, 0x8123_4567)
    #expect(configuration.read(0x10, 4) == 0x8123_4000)
    #expect(bus.read(0x8123_4000, 4) == nil)
    configuration.write(0x04, 2, 2)
    device.memory.write([1, 2, 3, 4], at: 0)
    #expect(bus.read(0x8123_4000, 4) == 0x0102_0304)
    configuration.write(0x10, 4, 0xffff_ffff)
    #expect(configuration.read(0x10, 4) == 0xffff_f000)
    #expect(bus.read(0x8123_4000, 4) == nil)
    configuration.write(0x10, 4, 0x9000_0000)
    #expect(bus.read(0x9000_0000, 4) == 0x0102_0304)
    configuration.write(0x04, 2, 1)
    #expect(bus.read(0x9000_0000, 4) == nil)
    configuration.write(0x14, 4, 0x1001)
    #expect(configuration.read(0x14, 4) == 0x1001)
    #expect(bus.read(0xfe00_1020, 1) == 0x20)
    #expect(configuration.baseAddresses[1]?.address == 0x1000)
    device.reset()
    #expect(bus.read(0xfe00_1020, 1) == 0xff)
  }

  @Test("Two devices at one address: the later one answers, and the first again when it goes")
  func conflictingBaseAddresses() throws {
    let grackle = try Grackle(interrupts: [])
    let (first, second) = (try TestDevice(), try TestDevice())
    try grackle.bus.add(first, slot: 3)
    try grackle.bus.add(second, slot: 4)
    #expect(throws: MachineError.overlap("test", "test")) {
      try grackle.bus.add(try TestDevice(), slot: 4)
    }
    first.memory.write([1], at: 0)
    second.memory.write([2], at: 0)
    for device in [first, second] {
      device.configuration.write(0x10, 4, 0x8000_0000)
      device.configuration.write(0x04, 2, 2)
    }
    #expect(grackle.bus.memory.read(0x8000_0000, 1) == 2)
    second.configuration.write(0x04, 2, 0)
    #expect(grackle.bus.memory.read(0x8000_0000, 1) == 1)
  }

  @Test(
    "Interrupt pins reach the wire of pin plus slot",
    arguments: [(2, 1, 2), (13, 1, 1), (15, 1, 3), (16, 2, 1), (16, 4, 3)] as [(Int, UInt8, Int)])
  func interruptRouting(slot: Int, pin: UInt8, wire: Int) throws {
    var wires = [false, false, false, false]
    let listeners = (0..<4).map { n in { level in wires[n] = level } }
    let grackle = try Grackle(interrupts: listeners)
    let device = try TestDevice(pin: pin)
    let other = try TestDevice(pin: pin)
    try grackle.bus.add(device, slot: slot)
    try grackle.bus.add(other, slot: slot ^ 4)
    var expected = [false, false, false, false]
    expected[wire] = true
    device.configuration.interrupt.set(true)
    other.configuration.interrupt.set(true)
    #expect(wires == expected)
    #expect(device.configuration.read(0x06, 2) & 8 == 8)
    device.configuration.interrupt.set(false)
    #expect(wires == expected)
    // Interrupt Disable, bit 10 of the command register.
    other.configuration.write(0x04, 2, 0x400)
    #expect(wires == [false, false, false, false])
    other.configuration.write(0x04, 2, 0)
    #expect(wires == expected)
  }

  @Test("info pci in QEMU's form")
  func description() throws {
    let grackle = try Grackle(interrupts: [])
    let macIO = MacIO(.oldworld)
    try grackle.bus.add(macIO, slot: 16)
    #expect(
      grackle.bus.description == [
        "  Bus  0, device   0, function 0:", "    Host bridge: PCI device 1057:0002",
        "      PCI subsystem 1af4:1100", "      id \"\"", "  Bus  0, device  16, function 0:",
        "    Class 65280: PCI device 106b:0010", "      PCI subsystem 1af4:1100",
        "      BAR0: 32 bit memory at 0xffffffffffffffff [0x0007fffe].", "      id \"\"",
      ])
    macIO.configuration.write(0x10, 4, 0x8000_0000)
    macIO.configuration.write(0x04, 2, 2)
    #expect(
      grackle.bus.description[7] == "      BAR0: 32 bit memory at 0x80000000 [0x8007ffff].")
    let device = try TestDevice()
    try grackle.bus.add(device, slot: 2)
    device.configuration.write(0x3c, 1, 23)
    device.configuration.write(0x14, 4, 0x1000)
    device.configuration.write(0x04, 2, 1)
    #expect(device.configuration.description[1] == "    Ethernet controller: PCI device 1234:0001")
    #expect(device.configuration.description[3] == "      IRQ 23, pin A")
    #expect(device.configuration.description[5] == "      BAR1: I/O at 0x1000 [0x10ff].")
  }

  @Test("Trace events have QEMU's form")
  func traceForms() throws {
    var told: [String] = []
    let output = TraceEvent.output
    TraceEvent.output = { told.append("\($0) \($1)") }
    defer { TraceEvent.output = output }
    let events = pciTraceEvents + heathrowTraceEvents
    events.forEach { $0.isEnabled = true }
    defer { events.forEach { $0.isEnabled = false } }
    let grackle = try Grackle(interrupts: [])
    let macIO = MacIO(.oldworld)
    try grackle.bus.add(macIO, slot: 16)
    let bus = try testBus([(0, grackle.addressWindow), (0x1000, grackle.dataWindow)])
    bus.write(0, 4, 0x0000_0080)
    #expect(bus.read(0x1000, 2) == 0x5710)
    bus.write(0, 4, 0x1080_0080)
    bus.write(0x1000, 4, 0x0000_0080)
    bus.write(0, 4, 0x0480_0080)
    bus.write(0x1000, 2, 0x0200)
    #expect(
      told == [
        "pci_cfg_read grackle 00:00.0 @0x0 -> 0x1057",
        "pci_cfg_write macio-oldworld 00:10.0 @0x10 <- 0x80000000",
        "pci_cfg_write macio-oldworld 00:10.0 @0x4 <- 0x2",
        "pci_update_mappings_add macio-oldworld 00:10.0 0,0x80000000+0x80000",
      ])
  }

  @Test("The firmware and Linux find the PCI devices of g3beige")
  func grackleBoot() throws {
    let grackle = try Grackle(interrupts: [])
    let macIO = MacIO(.oldworld)
    try grackle.bus.add(macIO, slot: 16)
    let bus = try testBus([
      (0xfec0_0000, grackle.addressWindow), (0xfee0_0000, grackle.dataWindow),
    ])
    try expectReplay(RecordedBoot.g3beige, on: bus)
    #expect(macIO.configuration.baseAddresses[0]?.address == 0x8000_0000)
  }

  @Test("The firmware and Linux find the PCI devices of mac99")
  func uniNorthBoot() throws {
    let bridge = try UniNorthBridge(.main)
    let macIO = MacIO(.newworld)
    let uniNorth = UniNorth()
    try bridge.bus.add(macIO, slot: 12)
    let bus = try testBus([
      (0xf280_0000, bridge.addressWindow), (0xf2c0_0000, bridge.dataWindow),
      (0xf800_0000, uniNorth.window),
    ])
    try expectReplay(RecordedBoot.mac99, on: bus)
    #expect(macIO.configuration.baseAddresses[0]?.address == 0x8000_0000)
  }
}
