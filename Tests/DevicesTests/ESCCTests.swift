import Testing

@testable import Devices
@testable import Machine

/// The serial controller against Zilog's UM010903 and QEMU's trace of a boot.
struct ESCCTests {
  let portA = RecordingPort()
  let portB = RecordingPort()
  let lineA = InterruptLine("A")
  let lineB = InterruptLine("B")
  let escc: ESCC
  let registers: Registers
  static let controlB: UInt64 = 0x00, dataB: UInt64 = 0x10
  static let controlA: UInt64 = 0x20, dataA: UInt64 = 0x30

  init() {
    escc = ESCC(portA: portA, portB: portB, interruptA: lineA, interruptB: lineB)
    registers = Registers(escc.window)
  }

  func write(_ control: UInt64, _ register: UInt64, _ value: UInt64) {
    registers[control] = register < 8 ? register : register - 8 | 0x08
    registers[control] = value
  }

  func read(_ control: UInt64, _ register: UInt64) -> UInt64 {
    registers[control] = register < 8 ? register : register - 8 | 0x08
    return registers[control]
  }

  @Test("Every read of OpenBIOS's and Linux's console yields what it does in QEMU")
  func trace() throws {
    var expected: [UInt8] = []
    for (n, access) in try Access.trace("escc.txt").enumerated() {
      if access.isWrite {
        registers[access.offset] = access.value
        if access.offset == Self.dataA { expected.append(UInt8(access.value)) }
      } else {
        let value = registers[access.offset]
        #expect(value == access.value, "line \(n + 1)")
      }
    }
    #expect(portA.sent == expected && expected.count > 100)
  }

  @Test("The legacy window has the same registers in the order B control, A control, B, A data")
  func legacy() {
    let legacy = Registers(escc.legacyWindow)
    for control: UInt64 in [0, 2] {
      legacy[control] = 5
      legacy[control] = 0xea
    }
    legacy[4] = 0x42
    legacy[6] = 0x41
    #expect(portA.sent == [0x41] && portB.sent == [0x42])
  }

  @Test("Bytes wait at the far end while the FIFO of three is full; RR0 and INT follow it")
  func receive() {
    portA.type("hello")
    #expect(portA.waiting.count == 5)
    write(Self.controlA, 1, 0x10)
    write(Self.controlA, 9, 0x08)
    write(Self.controlA, 3, 0xc1)
    #expect(portA.waiting.count == 2 && lineA.level)
    #expect(read(Self.controlA, 0) & 1 == 1)
    #expect(read(Self.controlA, 3) == 0x20)
    #expect(read(Self.controlB, 3) == 0)
    #expect(read(Self.controlB, 2) & 0x0e == 0x0c)
    var text: [UInt64] = []
    while read(Self.controlA, 0) & 1 == 1 { text.append(registers[Self.dataA]) }
    #expect(text == Array("hello".utf8).map(UInt64.init))
    #expect(!lineA.level && !lineB.level && read(Self.controlA, 3) == 0)
  }

  @Test("A byte sent makes a transmit interrupt; command 5 takes it back, MIE masks it")
  func transmit() {
    write(Self.controlB, 5, 0x68)
    write(Self.controlB, 1, 0x02)
    registers[Self.dataB] = 0x55
    #expect(!lineB.level && read(Self.controlA, 3) == 0x02)
    write(Self.controlA, 9, 0x08)
    #expect(lineB.level && !lineA.level && read(Self.controlB, 2) & 0x0e == 0)
    registers[Self.controlB] = 0x28
    #expect(!lineB.level && portB.sent == [0x55])
  }

  @Test("The first-character mode interrupts once until command 4 arms it again")
  func firstCharacter() {
    write(Self.controlA, 9, 0x08)
    write(Self.controlA, 1, 0x08)
    write(Self.controlA, 3, 0xc1)
    portA.type("a")
    #expect(lineA.level)
    #expect(registers[Self.dataA] == 0x61 && !lineA.level)
    portA.type("b")
    #expect(!lineA.level && registers[Self.dataA] == 0x62)
    registers[Self.controlA] = 0x20
    portA.type("c")
    #expect(lineA.level)
  }

  @Test("An overrun is a special condition until error reset")
  func overrun() {
    write(Self.controlA, 9, 0x08)
    write(Self.controlA, 1, 0x18)
    write(Self.controlA, 3, 0xc1)
    portA.onReceive?([1, 2, 3, 4])
    #expect(read(Self.controlA, 1) == 0x27 && lineA.level)
    #expect(read(Self.controlB, 2) & 0x0e == 0x0e)
    registers[Self.controlA] = 0x30
    #expect(read(Self.controlA, 1) == 0x07 && !lineA.level)
    #expect((0..<3).map { _ in registers[Self.dataA] } == [1, 2, 4])
  }

  @Test("A change of CTS that WR15 watches latches RR0 and interrupts until command 2")
  func external() {
    write(Self.controlA, 9, 0x18)
    write(Self.controlA, 2, 0xff)
    write(Self.controlA, 15, 0x20)
    write(Self.controlA, 1, 0x01)
    escc.channelA.setModemInputs(clearToSend: true, carrierDetect: false)
    #expect(lineA.level && read(Self.controlA, 3) == 0x08)
    #expect(read(Self.controlB, 2) == 0xdf, "status 101 in bits 4 to 6")
    escc.channelA.setModemInputs(clearToSend: false, carrierDetect: false)
    #expect(read(Self.controlA, 0) == 0x64)
    registers[Self.controlA] = 0x10
    #expect(!lineA.level && read(Self.controlA, 0) == 0x44)
  }

  @Test("Local loopback receives what is sent, and nothing leaves")
  func loopback() {
    write(Self.controlA, 14, 0x10)
    write(Self.controlA, 3, 0xc1)
    write(Self.controlA, 5, 0x68)
    registers[Self.dataA] = 0x5a
    #expect(registers[Self.dataA] == 0x5a && portA.sent.isEmpty)
  }

  @Test("Random accesses and input")
  func random() {
    registers.hammer(1, below: 0x40) { generator in
      if generator.next() % 16 == 0 { portA.type("x") }
      if generator.next() % 64 == 0 { portB.onReceive?([1, 2, 3, 4, 5]) }
    }
    escc.reset()
    #expect(!lineA.level && !lineB.level && registers[Self.controlA] & 1 == 0)
  }
}
