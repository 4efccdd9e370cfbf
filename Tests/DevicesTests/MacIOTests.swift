import Devices
import Machine
import Testing

extension DeviceTests {
  @Test("KeyLargo's pins answer as QEMU's do with the PMU holding pin 1 high")
  func gpioRecorded() throws {
    let line = InterruptLine("extint1")
    let gpio = KeyLargoGPIO(interrupts: [1: line])
    gpio.setInput(1, true)
    let bus = try testBus([(0, gpio.window)])
    try expectReplay(Recorded.gpio, on: bus)
    #expect(!line.level)
    gpio.setInput(1, false)
    #expect(line.level)
    #expect(bus.read(9, 1) == 0)
    gpio.setInput(1, true)
    #expect(!line.level)
    #expect(bus.read(9, 1) == 2)
  }

  @Test("KeyLargo's timer runs at 18.432 MHz and has 64 bits")
  func timer() throws {
    let time = TestTime()
    let timer = KeyLargoTimer(clock: time.clock)
    let bus = try testBus([(0, timer.window)])
    func word(_ offset: UInt64) -> UInt32 {
      UInt32(truncatingIfNeeded: bus.read(offset, 4) ?? 0).byteSwapped
    }
    time.now = 1_000_000_000
    #expect(word(0x38) == 18_432_000)
    #expect(word(0x3c) == 0)
    time.now = 1_000_000_000 * 1000
    let expected: UInt64 = 18_432_000_000
    #expect(word(0x38) == UInt32(truncatingIfNeeded: expected))
    #expect(word(0x3c) == UInt32(expected >> 32))
    #expect(word(0x34) == 0)
    bus.write(0x38, 4, 0)
    #expect(word(0x3c) == 4)
  }
}
