import Devices
import Machine
import Testing

/// An NE2000 at PCI I/O address 0x1000, as a driver sees it.
private final class NE2000Bench {
  static let address: [UInt8] = [0x52, 0x54, 0x00, 0x12, 0x34, 0x56]
  let grackle: Grackle
  let nic: NE2000
  let bus: Bus
  var sent: [[UInt8]] = []

  init() throws {
    grackle = try Grackle(interrupts: [])
    var take: ([UInt8]) -> Void = { _ in }
    nic = NE2000(address: Self.address) { take($0) }
    try grackle.bus.add(nic, slot: 2)
    nic.configuration.write(0x10, 4, 0x1000)
    nic.configuration.write(0x04, 2, 7)
    bus = try testBus([(0xfe00_0000, grackle.ioWindow)])
    take = { [unowned self] in sent.append($0) }
  }

  func write(_ port: UInt64, _ value: UInt64) { bus.write(0xfe00_1000 + port, 1, value) }
  func read(_ port: UInt64) -> UInt64 { bus.read(0xfe00_1000 + port, 1) ?? 0xeee }

  /// The initialisation of the data sheet's section 11: ring from page 0x46 to 0x80.
  func start(receive: UInt64 = 0x04) {
    let sequence: [(UInt64, UInt64)] = [
      (0x0, 0x21), (0xe, 0x49), (0xa, 0), (0xb, 0), (0xc, receive), (0x1, 0x46), (0x2, 0x80),
      (0x3, 0x46), (0x7, 0xff), (0xf, 0x03), (0x0, 0x61),
    ]
    for (port, value) in sequence { write(port, value) }
    for (n, byte) in Self.address.enumerated() { write(UInt64(1 + n), UInt64(byte)) }
    write(0x7, 0x47)
    write(0x0, 0x22)
  }

  func transfer(_ command: UInt64, _ address: UInt64, _ count: UInt64) {
    for (port, value) in [
      (8, address & 0xff), (9, address >> 8), (0xa, count & 0xff), (0xb, count >> 8), (0, command),
    ] as [(UInt64, UInt64)] { write(port, value) }
  }

  /// Reads memory by words.
  func memory(_ address: UInt64, _ count: Int) -> [UInt8] {
    transfer(0x0a, address, UInt64(count))
    return (0..<count / 2).flatMap { _ -> [UInt8] in
      let word = bus.read(0xfe00_1010, 2) ?? 0
      return [UInt8(word >> 8), UInt8(word & 0xff)]
    }
  }
}

private func frame(to: [UInt8], count: Int) -> [UInt8] {
  to + (6..<count).map { UInt8(truncatingIfNeeded: $0) }
}

private let broadcast = [UInt8](repeating: 0xff, count: 6)

extension DeviceTests {
  @Test("NE2000 answers as QEMU's does")
  func ne2000Recorded() throws {
    let bench = try NE2000Bench()
    try expectReplay(RecordedControllers.ne2000, on: bench.bus, from: 0xfe00_1000)
  }

  @Test("A frame written to the buffer is sent, with an interrupt")
  func ne2000Transmit() throws {
    let bench = try NE2000Bench()
    bench.start()
    let bytes = frame(to: broadcast, count: 60)
    bench.transfer(0x12, 0x4000, 60)
    for n in stride(from: 0, to: 60, by: 2) {
      bench.bus.write(0xfe00_1010, 2, UInt64(bytes[n]) << 8 | UInt64(bytes[n + 1]))
    }
    for (port, value) in [(4, 0x40), (5, 60), (6, 0), (0, 0x26)] as [(UInt64, UInt64)] {
      bench.write(port, value)
    }
    #expect(bench.sent == [bytes])
    #expect(bench.nic.configuration.interrupt.level)
    bench.write(7, 0x02)
    #expect(!bench.nic.configuration.interrupt.level)
  }

  @Test("Frames lie in the ring behind their header, around its end, until it is full")
  func ne2000Receive() throws {
    let bench = try NE2000Bench()
    #expect(!bench.nic.receive(frame(to: broadcast, count: 60)))
    bench.start()
    #expect(bench.nic.receive(frame(to: broadcast, count: 42)))
    #expect(bench.nic.configuration.interrupt.level)
    // Status: received, multicast; next page 0x48; 60 bytes and the checksum.
    #expect(bench.memory(0x4700, 4) == [0x21, 0x48, 64, 0])
    #expect(
      bench.memory(0x4704, 60) == frame(to: broadcast, count: 42) + [UInt8](repeating: 0, count: 18)
    )
    #expect(bench.nic.receive(frame(to: NE2000Bench.address, count: 1514)))
    #expect(bench.memory(0x4800, 4) == [0x01, 0x4e, 0xee, 0x05])
    // Six pages each: the ring of 58 pages, of which 8 are used or kept, holds eight more and no
    // ninth; the eighth only after the earlier ones were acknowledged, so that it is told.
    var taken = 0
    while bench.nic.receive(frame(to: NE2000Bench.address, count: 1514)) { taken += 1 }
    #expect(taken == 7)
    var hasRoom = 0
    bench.nic.onRoom = { hasRoom += 1 }
    bench.write(7, 0x01)
    #expect(hasRoom == 1 && !bench.nic.configuration.interrupt.level)
    #expect(bench.nic.receive(frame(to: NE2000Bench.address, count: 1514)))
    #expect(bench.nic.configuration.interrupt.level)
    bench.write(7, 0x01)
    #expect(!bench.nic.receive(frame(to: NE2000Bench.address, count: 1514)))
    bench.write(3, 0x7d)
    #expect(hasRoom == 2)
    bench.write(0, 0x62)
    #expect(bench.read(7) == 0x7e)
    bench.write(0, 0x22)
    // Over the end of the ring: two pages at its end, then four from its start.
    let last = frame(to: NE2000Bench.address, count: 1514)
    #expect(bench.nic.receive(last))
    #expect(bench.memory(0x7e00, 4) == [0x01, 0x4a, 0xee, 0x05])
    #expect(bench.memory(0x4600, 4) == Array(last[508..<512]))
  }

  @Test(
    "The address filter",
    arguments: [
      // RCR, destination, whether it is received.
      (0x00, NE2000Bench.address, true), (0x00, [0x52, 0x54, 0, 0x12, 0x34, 0x57], false),
      (0x00, broadcast, false), (0x04, broadcast, true), (0x04, [1, 0, 0x5e, 0, 0, 1], false),
      (0x08, [1, 0, 0x5e, 0, 0, 1], true), (0x08, [1, 0, 0x5e, 0, 0, 2], false),
      (0x10, [2, 2, 2, 2, 2, 2], true),
    ] as [(UInt64, [UInt8], Bool)])
  func ne2000Filter(receive: UInt64, destination: [UInt8], isReceived: Bool) throws {
    let bench = try NE2000Bench()
    bench.start(receive: receive)
    // The hash of 01:00:5e:00:00:01, the group of all hosts, by zlib's CRC-32.
    let allHostsHash = 31
    bench.write(0, 0x62)
    bench.write(8 + UInt64(allHostsHash >> 3), 1 << UInt64(allHostsHash & 7))
    bench.write(0, 0x22)
    #expect(bench.nic.receive(frame(to: destination, count: 60)))
    #expect((bench.read(7) & 1 == 1) == isReceived)
  }
}
