import Testing

@testable import Devices
@testable import Machine

/// CUDA through its VIA, as OpenBIOS and Linux drive it.
final class CUDATests {
  let time = ManualClock()
  let line = InterruptLine("CUDA")
  let keyboard = ADBKeyboard()
  let mouse = ADBMouse()
  var events: [String] = []
  /// What the clock shows next, in seconds since 1904.
  var times: [UInt32] = []
  private(set) lazy var cuda = CUDA(
    clock: time.clock, interrupt: line, adb: ADBBus(devices: [keyboard, mouse]),
    time: { [unowned self] in
      Int64(times.count > 1 ? times.removeFirst() : times.first ?? 0) - 2_082_844_800
    }, powerOff: { [unowned self] in events.append("off") },
    restart: { [unowned self] in events.append("restart") })
  private(set) lazy var registers = Registers(cuda.window)
  static let b: UInt64 = 0, sr: UInt64 = 0x1400, acr: UInt64 = 0x1600, ifr: UInt64 = 0x1a00

  @Test("Every read of a whole boot yields what it does in QEMU")
  func trace() throws {
    let trace = try Access.trace("cuda.txt")
    let answers = trace.filter { !$0.isWrite && $0.offset == 0x7400 }.map { $0.value }
    for n in answers.indices.dropLast(6) where Array(answers[n..<n + 3]) == [1, 0, 3] {
      times.append(answers[n + 3..<n + 7].reduce(0) { $0 << 8 | UInt32($1) })
    }
    #expect(times.count == 3, "OpenBIOS asks once, Linux twice")
    for (n, access) in trace.enumerated().dropFirst() {
      let offset = access.offset - 0x6000
      if access.isWrite {
        registers[offset] = access.value
      } else if offset == Self.ifr {
        let limit = time.nanoseconds + 1_000_000
        while access.value & 4 != 0, registers[offset] & 4 == 0 {
          time.advance(1000)
          try #require(time.nanoseconds < limit, "line \(n + 1): no shift register interrupt")
        }
      } else if offset != VIATests.t1Low {
        #expect(registers[offset] == access.value, "line \(n + 1): \(String(offset, radix: 16))")
      }
    }
  }

  // MARK: A driver

  func awaitShift() throws {
    let limit = time.nanoseconds + 1_000_000
    while registers[Self.ifr] & 4 == 0 {
      time.advance(1000)
      try #require(time.nanoseconds < limit, "no shift register interrupt")
    }
  }

  func start() {
    registers[Self.b] = 0x30
    time.advance(1_000_000)
    _ = registers[Self.sr]
  }

  /// Sends a packet and reads the answer.
  func transact(_ packet: [UInt8]) throws -> [UInt8] {
    registers[Self.acr] = 0x1c
    var lines: UInt64 = 0x10
    for (n, byte) in packet.enumerated() {
      registers[Self.sr] = UInt64(byte)
      if n > 0 { lines ^= 0x10 }
      registers[Self.b] = lines
      try awaitShift()
    }
    registers[Self.acr] = 0x0c
    _ = registers[Self.sr]
    registers[Self.b] = 0x30
    try awaitShift()
    return try receive()
  }

  /// Reads the packet that TREQ announces.
  func receive() throws -> [UInt8] {
    registers[Self.acr] = 0x0c
    var bytes: [UInt8] = []
    _ = registers[Self.sr]
    try #require(registers[Self.b] & 8 == 0, "no packet")
    var lines: UInt64 = 0x10
    repeat {
      registers[Self.b] = lines
      try awaitShift()
      bytes.append(UInt8(registers[Self.sr]))
      lines ^= 0x10
    } while registers[Self.b] & 8 == 0
    registers[Self.b] = 0x30
    try awaitShift()
    _ = registers[Self.sr]
    return bytes
  }

  @Test(
    "Commands and answers",
    arguments: [
      ([1, 9, 0x12, 0x34, 0x56, 0x78], [1, 0, 9]), ([1, 3], [1, 0, 3, 0x12, 0x34, 0x56, 0x78]),
      ([1, 9, 1], [2, 5, 1, 9]), ([1, 0x55], [2, 2, 1, 0x55]), ([7, 1], [2, 2, 7, 1]),
      ([1, 0x0c, 0, 0x13, 0xab], [1, 0, 0x0c]), ([1, 7, 0, 0x13], [1, 0, 7, 0xab]),
      ([1, 2, 1, 0x13], [1, 0, 2, 0xab]), ([1, 2, 0, 0x13], [1, 0, 2, 0]),
      ([1, 0x14, 30], [1, 0, 0x14]), ([1, 0x16], [1, 0, 0x16, 30]),
      ([1, 0x19, 0, 4], [1, 0, 0x19]), ([1, 0x1a], [1, 0, 0x1a, 0, 4]),
      ([0, 0x2f], [0, 0, 2, 1]), ([0, 0x21], [0, 0, 0x21]), ([0, 0x4f], [0, 2, 0x4f]),
    ] as [([UInt8], [UInt8])])
  func command(_ packet: [UInt8], _ answer: [UInt8]) throws {
    start()
    // What later rows ask for has been set before.
    for setUp: [UInt8] in [
      [1, 9, 0x12, 0x34, 0x56, 0x78], [1, 0x0c, 0, 0x13, 0xab], [1, 0x14, 30], [1, 0x19, 0, 4],
    ] { _ = try transact(setUp) }
    #expect(try transact(packet) == answer)
  }

  @Test("Power-off and restart reach the board")
  func power() throws {
    start()
    #expect(try transact([1, 0x0a]) == [1, 0, 0x0a])
    #expect(try transact([1, 0x11]) == [1, 0, 0x11])
    #expect(events == ["off", "restart"])
  }

  @Test("A key comes by itself while polling is on, and the bus sleeps without keys")
  func polling() throws {
    start()
    registers[0x1c00] = 0x84
    keyboard.key(0, isDown: true)
    #expect(time.clock.deadline == nil)
    _ = try transact([1, 1, 1])
    pass()
    #expect(line.level)
    #expect(try receive() == [0, 0x40, 0x2c, 0x00, 0xff])
    keyboard.key(0, isDown: false)
    mouse.move(right: 5, down: -3)
    pass()
    #expect(try receive() == [0, 0x40, 0x3c, 0xfd, 0x85])
    pass()
    #expect(try receive() == [0, 0x40, 0x2c, 0x80, 0xff])
    pass()
    #expect(time.clock.deadline == nil && !line.level)
  }

  /// Enough for a poll and for its interrupt.
  func pass() {
    time.advance(20_000_000)
    time.advance(50_000)
  }

  @Test("An answer that the host leaves early is gone")
  func abort() throws {
    start()
    registers[Self.acr] = 0x1c
    registers[Self.sr] = 1
    registers[Self.b] = 0x10
    registers[Self.sr] = 3
    registers[Self.b] = 0x00
    registers[Self.b] = 0x30
    registers[Self.acr] = 0x0c
    #expect(registers[Self.b] & 8 == 0)
    registers[Self.b] = 0x10
    registers[Self.b] = 0x30
    #expect(registers[Self.b] & 8 == 8)
    #expect(try transact([1, 0x1a]) == [1, 0, 0x1a, 0xff, 0xff])
  }

  @Test("Random accesses, keys and movements")
  func random() {
    registers.hammer(5, below: 0x2000) { generator in
      let number = generator.next()
      // The lines that matter, more often than chance would have it.
      if number % 2 == 0 { registers[Self.b] = number >> 8 & 0x30 }
      if number % 16 == 1 { registers[Self.sr] = number >> 8 & 1 }
      if number % 32 == 3 { keyboard.key(UInt8(number >> 8 & 0xff), isDown: number >> 16 & 1 == 0) }
      if number % 32 == 5 {
        mouse.move(right: Int(truncatingIfNeeded: generator.next()), down: Int.min)
        mouse.press(first: number >> 8 & 1 == 0, second: number >> 9 & 1 == 0)
      }
      time.advance(Int64(number >> 32 & 0xfff))
    }
    cuda.reset()
    #expect(!line.level)
  }
}
