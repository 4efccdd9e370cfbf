import Testing

@testable import Devices
@testable import Machine

/// The PMU through its VIA, as OpenBIOS and Linux drive it.
final class PMUTests {
  let time = ManualClock()
  let line = InterruptLine("VIA")
  let attention = InterruptLine("PMU")
  let keyboard = ADBKeyboard()
  let mouse = ADBMouse()
  var events: [String] = []
  var times: [UInt32] = []

  func makePMU(hasADB: Bool) -> (PMU, Registers) {
    let pmu = PMU(
      clock: time.clock, interrupt: line, attention: attention,
      adb: hasADB ? ADBBus(devices: [keyboard, mouse]) : nil,
      time: { [unowned self] in
        Int64(times.count > 1 ? times.removeFirst() : times.first ?? 0) - 2_082_844_800
      }, powerOff: { [unowned self] in events.append("off") },
      restart: { [unowned self] in events.append("restart") })
    return (pmu, Registers(pmu.window))
  }

  @Test(
    "Every read of a whole boot yields what it does in QEMU",
    arguments: [("pmu.txt", false, 3), ("pmu-adb.txt", true, 3)])
  func trace(_ file: String, _ hasADB: Bool, _ clocks: Int) throws {
    let (pmu, registers) = makePMU(hasADB: hasADB)
    let trace = try Access.trace(file)
    times = Self.clockAnswers(trace)
    #expect(times.count == clocks)
    for (n, access) in trace.enumerated() {
      if access.isSecond {
        time.advance(1_000_000_000)
        continue
      }
      let offset = access.offset - 0x6000
      if access.isWrite {
        registers[offset] = access.value
      } else if offset == CUDATests.ifr {
        let limit = time.nanoseconds + 1_000_000
        while access.value & 4 != 0, registers[offset] & 4 == 0 {
          time.advance(1000)
          try #require(time.nanoseconds < limit, "line \(n + 1): no shift register interrupt")
        }
      } else {
        #expect(registers[offset] == access.value, "line \(n + 1): \(String(offset, radix: 16))")
      }
    }
    #expect(events == ["off"])
    pmu.reset()
    #expect(time.clock.deadline == nil)
  }

  /// The times that a trace was told: four bytes after command 0x38.
  static func clockAnswers(_ trace: [Access]) -> [UInt32] {
    let bytes = trace.filter { $0.offset == 0x7400 }
    var result: [UInt32] = []
    for n in bytes.indices where bytes[n].isWrite && bytes[n].value == 0x38 {
      // The command has no parameters: a parameter of this value is followed by writes.
      let answer = bytes[(n + 1)...].prefix { !$0.isWrite }.map { $0.value }
      // Each byte is seen twice: once read, once as the dummy read before the next.
      let told = stride(from: 1, to: answer.count, by: 2).map { answer[$0] }
      if told.count >= 4 { result.append(told.prefix(4).reduce(0) { $0 << 8 | UInt32($1) }) }
    }
    return result
  }

  // MARK: A driver

  func transact(_ registers: Registers, _ bytes: [UInt8], answer count: Int) -> [UInt8] {
    registers[CUDATests.acr] = 0x1c
    for byte in bytes {
      registers[CUDATests.sr] = UInt64(byte)
      turn(registers)
    }
    registers[CUDATests.acr] = 0x0c
    return (0..<count).map { _ in
      turn(registers)
      return UInt8(registers[CUDATests.sr])
    }
  }

  private func turn(_ registers: Registers) {
    registers[CUDATests.b] = 0x00
    #expect(registers[CUDATests.b] & 8 == 0)
    registers[CUDATests.b] = 0x10
    #expect(registers[CUDATests.b] & 8 == 8)
    time.advance(50_000)
  }

  @Test(
    "Commands and answers",
    arguments: [
      ([0x30, 0x12, 0x34, 0x56, 0x78], []), ([0x38], [0x12, 0x34, 0x56, 0x78]), ([0xea], [1]),
      ([0x8f, 1, 0], [2, 0, 0]), ([0x8f, 1, 4], [0]), ([0xdc], [0]), ([0xf8, 1, 7], [0]),
      ([0x41, 9], []), ([0x20, 3, 0x2f, 0, 0], []),
    ] as [([UInt8], [UInt8])])
  func command(_ packet: [UInt8], _ answer: [UInt8]) {
    let (pmu, registers) = makePMU(hasADB: true)
    _ = transact(registers, [0x30, 0x12, 0x34, 0x56, 0x78], answer: 0)
    #expect(transact(registers, packet, answer: answer.count) == answer)
    // Whatever it was, the next command is understood.
    #expect(transact(registers, [0xea], answer: 1) == [1])
    pmu.reset()
  }

  @Test("Keys come with an interrupt acknowledge; the line falls with it")
  func polling() {
    let (pmu, registers) = makePMU(hasADB: true)
    _ = transact(registers, [0x70, 0x10], answer: 0)
    _ = transact(registers, [0x20, 4, 0x00, 0x86, 0x00, 0x0c], answer: 0)
    #expect(time.clock.deadline == nil)
    keyboard.key(0x0b, isDown: true)
    time.advance(20_000_000)
    #expect(attention.level)
    #expect(transact(registers, [0x78], answer: 5) == [4, 0x14, 0x2c, 0x0b, 0xff])
    #expect(!attention.level)
    _ = transact(registers, [0x20, 3, 0x4f, 0, 0], answer: 0)
    #expect(attention.level)
    #expect(transact(registers, [0x78], answer: 3) == [2, 0x10, 0x00])
    pmu.reset()
  }

  @Test("Seconds are told only to those who ask")
  func seconds() {
    let (pmu, registers) = makePMU(hasADB: false)
    time.advance(3_000_000_000)
    #expect(!attention.level && time.clock.deadline == nil)
    _ = transact(registers, [0x70, 0x80], answer: 0)
    #expect(attention.level)
    #expect(transact(registers, [0x78], answer: 2) == [1, 0x80])
    #expect(!attention.level)
    time.advance(1_000_000_000)
    #expect(attention.level)
    pmu.reset()
  }

  @Test("Shutdown wants its magic word; reset does not")
  func power() {
    let (pmu, registers) = makePMU(hasADB: false)
    #expect(transact(registers, [0x7e, 0x4d, 0x41, 0x54, 0x00], answer: 1) == [0])
    #expect(events == [])
    #expect(transact(registers, [0x7e, 0x4d, 0x41, 0x54, 0x54], answer: 1) == [0])
    _ = transact(registers, [0xd0], answer: 0)
    #expect(events == ["off", "restart"])
    pmu.reset()
  }

  @Test("Random accesses and keys")
  func random() {
    let (pmu, registers) = makePMU(hasADB: true)
    registers.hammer(6, below: 0x2000) { generator in
      let number = generator.next()
      if number % 2 == 0 { registers[CUDATests.b] = number >> 8 & 0x10 }
      if number % 8 == 1 {
        registers[CUDATests.sr] = [0x20, 0x78, 0x70, 0x8f][Int(number >> 8 & 3)]
      }
      if number % 16 == 3 { keyboard.key(UInt8(number >> 8 & 0xff), isDown: true) }
      time.advance(Int64(number >> 32 & 0xffff))
    }
    pmu.reset()
    #expect(!line.level && !attention.level)
  }
}
