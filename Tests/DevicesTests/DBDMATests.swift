import Testing

@testable import Devices
@testable import Machine

/// A device that gives bytes counting up and takes what it is given.
private final class Target: DBDMATarget {
  var available: [UInt8] = []
  var taken: [UInt8] = []
  var room = Int.max

  func transfer(isInput: Bool, on bus: Bus, address: UInt64, count: Int) -> Int? {
    if isInput {
      let bytes = Array(available.prefix(count))
      available.removeFirst(bytes.count)
      return bus.write(address, bytes) ? bytes.count : nil
    }
    let n = min(count, room)
    guard let bytes = bus.read(address, count: n) else { return nil }
    taken += bytes
    room -= n
    return n
  }
}

/// Channel programs after the CHRP book's chapter on DBDMA.
struct DBDMATests {
  let time = ManualClock()
  let line = InterruptLine("DMA")
  let memory = try! PhysicalMemory(size: 0x10000)
  let bus = Bus("memory")
  let dma: DBDMA
  let registers: Registers
  private let target = Target()
  static let channel: UInt64 = 0x16 * 0x80
  static let program: UInt64 = 0x1000

  init() {
    try! bus.map(Window("ram", memory), at: 0)
    dma = DBDMA(bus: bus, clock: time.clock, interrupts: [0x16: line])
    dma.channels[0x16].target = target
    registers = Registers(dma.window, width: 4)
  }

  /// Puts descriptors at the program's place: operation, count, address, operand.
  func load(_ commands: [(UInt16, UInt16, UInt32, UInt32)]) {
    for (n, command) in commands.enumerated() {
      let words = [
        UInt32(command.0) << 16 | UInt32(command.1), command.2, command.3, 0xffff_ffff,
      ]
      for (i, word) in words.enumerated() {
        bus.write(Self.program + UInt64(16 * n + 4 * i), 4, UInt64(word.byteSwapped))
      }
    }
  }

  func start() {
    control(0x8000, 0)
    registers.setLittle(Self.channel + 0x0c, UInt32(Self.program))
    control(0x8000, 0x8000)
  }

  func control(_ mask: UInt32, _ value: UInt32) {
    registers.setLittle(Self.channel, mask << 16 | value)
  }

  var status: UInt32 { registers.little(Self.channel + 4) }
  var pointer: UInt32 { registers.little(Self.channel + 0x0c) }

  /// Residual count and status as written back.
  func result(_ n: Int) -> (UInt16, UInt16) {
    let word = memory.word(at: Int(Self.program) + 16 * n + 12).byteSwapped
    return (UInt16(truncatingIfNeeded: word), UInt16(word >> 16))
  }

  @Test("Input in two commands, then STOP; the interrupt of the last one is a pulse")
  func input() {
    target.available = (0..<12).map { UInt8($0) }
    load([(0x2000, 8, 0x2000, 0), (0x3030, 4, 0x3000, 0), (0x7000, 0, 0, 0)])
    start()
    #expect(status == 0x8000 && pointer == 0x1020)
    #expect(memory.bytes(at: 0x2000, count: 8) == (0..<8).map { UInt8($0) })
    #expect(memory.bytes(at: 0x3000, count: 4) == [8, 9, 10, 11])
    #expect(result(0) == (0, 0x8400) && result(1) == (0, 0x8400) && result(2) == (0xffff, 0xffff))
    #expect(!line.level && line.changes == 2)
  }

  @Test("A device that is not ready keeps the channel active; flush tells what is left")
  func waiting() {
    for n in 0..<8 { memory.write([UInt8(n)], at: 0x2000 + n) }
    target.room = 5
    load([(0x1000, 8, 0x2000, 0), (0x7000, 0, 0, 0)])
    start()
    #expect(status == 0x8400 && target.taken == [0, 1, 2, 3, 4])
    control(0x2000, 0x2000)
    #expect(status == 0x8400 && result(0) == (3, 0xa400))
    target.room = 3
    dma.channels[0x16].resume()
    #expect(status == 0x8000 && target.taken == [0, 1, 2, 3, 4, 5, 6, 7])
  }

  @Test("WAKE goes on after STOP was replaced; clearing RUN stops")
  func wake() {
    load([(0x7000, 0, 0, 0)])
    start()
    #expect(status == 0x8000)
    load([(0x6000, 0, 0, 0), (0x7000, 0, 0, 0)])
    control(0x1000, 0x1000)
    #expect(status == 0x8000 && pointer == 0x1010)
    control(0x8000, 0)
    #expect(status == 0)
  }

  @Test("Quad commands move 4, 2 or 1 bytes between memory and the descriptor")
  func quads() {
    bus.write(0x2000, 4, 0x1122_3344)
    load([
      (0x5600, 4, 0x2000, 0), (0x4600, 4, 0x2010, 0xaabb_ccdd), (0x4600, 2, 0x2020, 0x1234),
      (0x4600, 1, 0x2030, 0x99), (0x7000, 0, 0, 0),
    ])
    start()
    #expect(memory.word(at: 0x1008) == 0x1122_3344)
    #expect(memory.word(at: 0x2010) == 0xddcc_bbaa)
    #expect(memory.word(at: 0x2020) == 0x3412_0000)
    #expect(memory.word(at: 0x2030) == 0x9900_0000)
    #expect(result(1) == (0xffff, 0x8400), "a quad command has no residual count")
  }

  @Test(
    "Conditions: never, if true, if false, always",
    arguments: [
      (0, 0x01, 0x1010, false), (1, 0x01, 0x2000, true), (1, 0x00, 0x1010, false),
      (2, 0x00, 0x2000, true), (2, 0x01, 0x1010, false), (3, 0x00, 0x2000, true),
    ] as [(UInt16, UInt32, UInt32, Bool)])
  func conditions(_ when: UInt16, _ bits: UInt32, _ next: UInt32, _ isTaken: Bool) {
    registers.setLittle(Self.channel + 0x10, 0x01_0001)
    registers.setLittle(Self.channel + 0x14, 0x01_0001)
    control(0xff, bits)
    load([(0x6000 | when << 4 | when << 2, 0, 0, 0x2000), (0x7000, 0, 0, 0)])
    bus.write(0x2000, 4, 0x0000_0070)
    start()
    #expect(pointer == next && (line.changes == 2) == isTaken)
    #expect(status == 0x8000 | bits | (isTaken ? 0x100 : 0))
  }

  @Test("A command waits while its wait condition holds")
  func waitCondition() {
    registers.setLittle(Self.channel + 0x18, 0x02_0002)
    control(0xff, 2)
    load([(0x6001, 0, 0, 0), (0x7000, 0, 0, 0)])
    start()
    #expect(status == 0x8402 && pointer == 0x1000)
    control(2, 0)
    #expect(status == 0x8000 && pointer == 0x1010)
  }

  @Test("Memory that does not answer, reserved commands and keys kill the channel")
  func dead() {
    for bad in [(0x3000, 4, 0x0f00_0000, 0), (0x8000, 0, 0, 0), (0x3700, 4, 0x2000, 0)]
      as [(UInt16, UInt16, UInt32, UInt32)]
    {
      target.available = [1, 2, 3, 4]
      load([bad])
      start()
      #expect(status == 0x8800)
    }
    control(0x8000, 0)
    registers.setLittle(Self.channel + 0x0c, 0x0f00_0000)
    control(0x8000, 0x8000)
    #expect(status == 0x8800)
  }

  @Test("A program that branches to itself does not stop the machine, and can be stopped")
  func endless() {
    load([(0x600c, 0, 0, 0x1000)])
    start()
    #expect(status & 0x8400 == 0x8400 && time.clock.deadline != nil)
    time.advance(1_000_000)
    #expect(time.clock.deadline != nil)
    control(0x8000, 0)
    #expect(time.clock.deadline == nil && status & 0x8400 == 0)
  }

  @Test("Random accesses, programs of noise that reach the registers themselves")
  func random() throws {
    var noise = Generator(state: 7)
    memory.write((0..<0x10000).map { _ in UInt8(truncatingIfNeeded: noise.next()) }, at: 0)
    try bus.map(dma.window, at: 0x20000)
    for channel in dma.channels { channel.target = target }
    registers.hammer(2, below: 0x1000) { generator in
      let channel = generator.next() % 32 * 0x80
      switch generator.next() % 16 {
      case 0: registers.setLittle(channel + 0xc, UInt32(generator.next() % 0x11000))
      case 1: registers.setLittle(channel, 0x8000_8000)
      case 2: registers.setLittle(channel, 0xf800_0000)
      case 3: time.advance(100_000)
      case 4: target.available = Array(repeating: 3, count: 100)
      default: break
      }
    }
    dma.reset()
    #expect(status == 0 && time.clock.deadline == nil)
  }
}
