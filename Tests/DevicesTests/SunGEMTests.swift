import Devices
import Machine
import Testing

/// A GEM at 0x82200000 with a megabyte of memory at 0, as a driver sees it.
final class SunGEMBench {
  static let address: [UInt8] = [0x52, 0x54, 0x00, 0x12, 0x34, 0x56]
  let bridge: UniNorthBridge
  let nic: SunGEM
  let bus = Bus("test")
  let memory: PhysicalMemory
  var sent: [[UInt8]] = []

  init() throws {
    bridge = try UniNorthBridge(.main)
    memory = try PhysicalMemory(size: 1 << 20)
    var take: ([UInt8]) -> Void = { _ in }
    nic = SunGEM(address: Self.address, dma: bus) { take($0) }
    try bridge.bus.add(nic, slot: 15)
    nic.configuration.write(0x10, 4, 0x8220_0000)
    nic.configuration.write(0x04, 2, 6)
    try bus.map(bridge.memoryWindow, at: 0x8000_0000)
    try bus.map(Window("ram", memory), at: 0)
    take = { [unowned self] in sent.append($0) }
  }

  func write(_ offset: UInt64, _ value: UInt32) {
    bus.write(0x8220_0000 + offset, 4, UInt64(value.byteSwapped))
  }
  func read(_ offset: UInt64) -> UInt32 {
    UInt32(truncatingIfNeeded: bus.read(0x8220_0000 + offset, 4) ?? 0).byteSwapped
  }

  func setDescriptor(_ base: UInt64, _ index: UInt64, _ first: UInt64, _ second: UInt64) {
    bus.write(base + 16 * index, 8, first.byteSwapped)
    bus.write(base + 16 * index + 8, 8, second.byteSwapped)
  }
  func status(_ base: UInt64, _ index: UInt64) -> UInt64 {
    (bus.read(base + 16 * index, 8) ?? 0).byteSwapped
  }

  /// The receiver on, with a ring of 32 at 0x4000, buffers of 1600 bytes, four of them given.
  func startReceiver(_ configuration: UInt32 = 0x5, ring: UInt32 = 0x1) {
    for n in 0..<32 as Range<UInt64> {
      setDescriptor(0x4000, n, 1600 << 16 | 1 << 31, 0x10000 + 0x800 * n)
    }
    write(0x4004, 0x4000)
    write(0x4000, ring)
    write(0x6034, configuration)
    write(0x4100, 4)
  }
}

private func frame(to: [UInt8], count: Int) -> [UInt8] {
  to + (6..<count).map { UInt8(truncatingIfNeeded: $0) }
}

private let broadcast = [UInt8](repeating: 0xff, count: 6)

extension DeviceTests {
  @Test("The GEM's registers and PHY answer as QEMU's do")
  func sunGEMRecorded() throws {
    let bench = try SunGEMBench()
    try expectReplay(RecordedControllers.sunGEM, on: bench.bus, from: 0x8220_0000)
  }

  @Test("Transmit descriptors: status and completion as QEMU's, and what is sent")
  func sunGEMTransmit() throws {
    let bench = try SunGEMBench()
    let bytes = frame(to: broadcast, count: 100)
    bench.memory.write(bytes, at: 0x2_0000)
    let ring: UInt64 = 0x1_0000
    bench.setDescriptor(ring, 0, 0x1_c000_0000 | 100, 0x2_0000)
    bench.setDescriptor(ring, 1, 0x8000_0000 | 50, 0x2_0000)
    bench.setDescriptor(ring, 2, 0x4000_0000 | 50, 0x2_0032)
    bench.setDescriptor(ring, 3, 0xc000_0000 | 64, 0x2_0000)
    bench.write(0x2008, 0x1_0000)
    bench.write(0x2004, 1)
    bench.write(0x2000, 1)
    #expect(bench.read(0x2100) == 0 && bench.read(0x1c) == 0)
    bench.write(0x6030, 1)
    bench.write(0x10, 0xffff_fffe)
    bench.write(0x2000, 1)
    #expect(bench.read(0x2100) == 1)
    #expect(bench.nic.configuration.interrupt.level)
    #expect([bench.read(0x1c), bench.read(0xc), bench.read(0xc)] == [0x80007, 0x80007, 0x80004])
    #expect(!bench.nic.configuration.interrupt.level)
    bench.write(0x2000, 3)
    #expect(bench.read(0x2100) == 3 && bench.read(0x1c) == 0x18_0006)
    bench.write(0x14, 0xffff_ffff)
    #expect(bench.read(0x1c) == 0x18_0004)
    bench.write(0x2000, 4)
    #expect(bench.read(0x1c) == 0x20_0006)
    #expect(bench.sent == [bytes, bytes, Array(bytes.prefix(64))])
  }

  @Test("The transmitter puts in Internet checksums")
  func sunGEMTransmitChecksum() throws {
    let bench = try SunGEMBench()
    // RFC 1071's example: the sum of 00 01 f2 03 f4 f5 f6 f7 is ddf2.
    let bytes = broadcast + [0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7, 0, 0]
    bench.memory.write(bytes, at: 0x2_0000)
    let control: UInt64 = 0xc000_0000 | 1 << 29 | 6 << 15 | 14 << 21 | 16
    bench.setDescriptor(0x1_0000, 0, control, 0x2_0000)
    bench.write(0x2008, 0x1_0000)
    bench.write(0x2004, 1)
    bench.write(0x6030, 1)
    bench.write(0x2000, 1)
    #expect(bench.sent == [Array(bytes.prefix(14)) + [0x22, 0x0d]])
  }

  @Test("Received frames: buffer, length, checksum, completion, and a full ring")
  func sunGEMReceive() throws {
    let bench = try SunGEMBench()
    #expect(!bench.nic.receive(frame(to: broadcast, count: 60)))
    // First byte offset 2, checksum from byte 14.
    bench.startReceiver(ring: 0x1 | 2 << 10 | 14 << 13)
    bench.write(0x10, 0xffff_ffef)
    var bytes = [UInt8](repeating: 0, count: 60)
    bytes.replaceSubrange(0..<6, with: broadcast)
    bytes.replaceSubrange(14..<22, with: [0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7])
    #expect(bench.nic.receive(bytes))
    #expect(bench.memory.bytes(at: 0x1_0002, count: 60) == bytes)
    #expect(bench.status(0x4000, 0) == 60 << 16 | 0x220d)
    #expect(bench.read(0x4104) == 1)
    #expect(bench.nic.configuration.interrupt.level)
    #expect(bench.read(0xc) & 0x10 == 0x10)
    #expect(!bench.nic.configuration.interrupt.level)
    for _ in 0..<2 { #expect(bench.nic.receive(bytes)) }
    var hasRoom = 0
    bench.nic.onRoom = { hasRoom += 1 }
    #expect(!bench.nic.receive(bytes))
    #expect(bench.read(0xc) & 0x20 == 0x20)
    // As Linux's driver gives descriptors back: up to the completion register, all are free.
    bench.write(0x4100, 3)
    #expect(hasRoom == 1)
    #expect(bench.nic.receive(bytes))
    // With its checksum kept the frame is four bytes longer: CRC-32 of 60 bytes, by zlib.
    bench.write(0x6034, 0x1)
    #expect(bench.nic.receive(frame(to: broadcast, count: 60)))
    #expect(bench.status(0x4000, 4) >> 16 & 0x7fff == 64)
    #expect(bench.memory.bytes(at: 0x1_2002 + 60, count: 4) == [0x8e, 0x3e, 0x5a, 0xff])
  }

  @Test(
    "The GEM's address filter",
    arguments: [
      (0x5, SunGEMBench.address, true), (0x5, [0x52, 0x54, 0, 0x12, 0x34, 0x57], false),
      (0x5, broadcast, true), (0x5, [1, 0, 0x5e, 0, 0, 1], false),
      (0x15, [1, 0, 0x5e, 0, 0, 2], true), (0x25, [1, 0, 0x5e, 0, 0, 1], true),
      (0x25, [1, 0, 0x5e, 0, 0, 2], false), (0xd, [2, 2, 2, 2, 2, 2], true),
    ] as [(UInt32, [UInt8], Bool)])
  func sunGEMFilter(configuration: UInt32, destination: [UInt8], isReceived: Bool) throws {
    let bench = try SunGEMBench()
    bench.startReceiver(configuration)
    // As Linux's driver fills it: the high eight bits of the CRC of 01:00:5e:00:00:01, by zlib.
    let hash: UInt32 = 0xd9
    bench.write(0x60c0 + 4 * UInt64(hash >> 4), 1 << (15 - hash & 0xf))
    #expect(bench.nic.receive(frame(to: destination, count: 60)))
    #expect((bench.read(0x4104) == 1) == isReceived)
  }
}
