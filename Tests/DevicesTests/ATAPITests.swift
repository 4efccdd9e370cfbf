import Testing

@testable import Devices
@testable import Machine

/// The CD-ROM drive's packet commands; answers are QEMU 7.2's with a disc of 700 blocks where the
/// standard lets it choose.
struct ATAPITests {
  let driver = IDEDriver()

  /// The bytes of a hexadecimal text.
  static func bytes(_ text: String) -> [UInt8] {
    let digits = text.filter { $0 != " " }.map { UInt8($0.hexDigitValue!) }
    return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
  }

  @Test(
    "Packets and answers",
    arguments: [
      ("00", ""), ("03 00 00 00 12", "f00000000000000a00000000000000000000"),
      (
        "12 00 00 00 24", "058000211f00000051454d552020202051454d55204456442d524f4d20202020322e352b"
      ),
      ("12 00 00 00 06", "058000211f00"), ("12 01 00 00 ff", "050000020083"),
      ("25", "000002bb00000800"),
      ("43 00 00 00 00 00 00 00 ff", "0012010100140100000000000016aa00000002bc"),
      ("43 02 00 00 00 00 00 00 ff", "0012010100140100000002000016aa0000000b19"),
      ("43 00 00 00 00 00 aa 00 ff", "000a01010016aa00000002bc"),
      ("43 00 01 00 00 00 00 00 ff", "000a01010014010000000000"),
      ("5a 00 01 00 00 00 00 00 80", "000e0100000000000106000500000000"),
      (
        "5a 00 2a 00 00 00 00 00 80",
        "001c0100000000002a143b007160290002c00002020002c0000000000000"
      ),
      ("4a 01 00 00 10 00 00 00 08", "0004041000020000"),
      ("4a 01 00 00 02 00 00 00 08", "00008010"),
      ("bd 00 00 00 00 00 00 00 00 08", "0000000000010000"),
      (
        "51 00 00 00 00 00 00 00 22",
        "00200e01010101200000000000000000000000000000000000000000000000000000"
      ),
      ("46 02 00 00 00 00 00 00 14", "0000001000000008000003080010000000080100"),
      ("46 00 00 28 00 00 00 00 10", "0000000400000008"),
      ("bb", ""), ("1b 00 00 00 01", ""), ("1e 00 00 00 01", ""), ("2b 00 00 00 02 80", ""),
      ("28 00 00 00 00 05 00 00 00", ""), ("be 00 00 00 00 05 00 00 01 00", ""),
    ] as [(String, String)])
  func answers(_ packet: String, _ answer: String) {
    #expect(driver.packet(Self.bytes(packet)) == Self.bytes(answer))
    #expect(driver[IDEDriver.count] & 7 == 3 && driver.acknowledge() == 0x50)
  }

  @Test(
    "Packets that fail, with sense key and code",
    arguments: [
      ("ff", 0x05, 0x20), ("12 01 80 00 ff", 0x05, 0x24),
      ("43 00 00 00 00 00 02 00 ff", 0x05, 0x24),
      ("5a 00 ea 00 00 00 00 00 80", 0x05, 0x39), ("5a 00 15 00 00 00 00 00 80", 0x05, 0x24),
      ("4a 00 00 00 10 00 00 00 08", 0x05, 0x24), ("2b 00 00 00 ff 00", 0x05, 0x21),
      ("28 00 00 00 02 bc 00 00 01", 0x05, 0x21), ("be 00 00 00 00 05 00 00 01 18", 0x05, 0x24),
      ("ad 00 00 00 00 00 00 00 00 ff", 0x05, 0x30),
      ("a8 ff ff ff ff ff ff ff ff ff", 0x05, 0x21),
    ] as [(String, UInt8, UInt8)])
  func failures(_ packet: String, _ key: UInt8, _ code: UInt8) {
    #expect(driver.packet(Self.bytes(packet)) == [])
    #expect(driver.acknowledge() == 0x41 && driver[IDEDriver.features] == key << 4)
    #expect(driver[IDEDriver.count] & 7 == 3)
    #expect(driver.sense() == [key, code] && driver.sense() == [0, 0])
  }

  @Test(
    "Blocks by PIO in parts of the byte count limit, and by DMA",
    arguments: [
      "28 00 00 00 00 05 00 00 48", "a8 00 00 00 00 05 00 00 00 48",
      "be 00 00 00 00 05 00 00 48 10",
    ])
  func reading(_ packet: String) {
    let expected = driver.disc.sector(20, count: 4 * 0x48)
    #expect(driver.packet(Self.bytes(packet)) == expected)
    let changes = driver.line.changes
    #expect(driver.packet(Self.bytes(packet), limit: 2049) == expected)
    #expect(driver.line.changes > changes)
    _ = driver.packet(Self.bytes(packet), features: 1)
    driver.startDMA(isInput: true, [(0x1000, 0x8000), (0x9000, 0xffff), (0x18fff, 0xc001)])
    #expect(driver.line.level && driver.acknowledge() == 0x50)
    #expect(driver.memory.bytes(at: 0x1000, count: expected.count) == expected)
  }

  @Test("A short answer by DMA leaves the channel waiting, as pata_macio expects")
  func shortDMA() {
    driver.startDMA(isInput: true, [(0x1000, 128)])
    _ = driver.packet(Self.bytes("5a 00 2a 00 00 00 00 00 80"), features: 1)
    #expect(driver.acknowledge() == 0x50 && driver.dmaStatus == 0x8400)
    #expect(driver.memory.bytes(at: 0x1000, count: 2) == [0, 0x1c])
  }

  @Test("The byte count limit is rounded down to words; none is refused")
  func limits() {
    driver.command(0xa0, lba: 7 << 8, unit: 1)
    driver.writeData(Self.bytes("12 00 00 00 24 00 00 00 00 00 00 00"))
    #expect(driver[IDEDriver.mid] == 6 && driver.readData().count == 36)
    #expect(driver.packet(Self.bytes("12 00 00 00 24"), limit: 0) == [])
    #expect(driver.acknowledge() == 0x41 && driver[IDEDriver.features] == 0x04)
  }

  @Test("No medium; a new one is announced once; the guest ejects and loads")
  func media() {
    driver.cdrom.change(nil)
    #expect(
      driver.packet([0]) == [] && driver.acknowledge() == 0x41 && driver.sense() == [2, 0x3a])
    #expect(driver.packet(Self.bytes("4a 01 00 00 10 00 00 00 08"))[4...5] == [3, 0])
    driver.cdrom.change(driver.disc)
    #expect(driver.packet([0]) == [] && driver.sense() == [6, 0x28])
    #expect(driver.packet([0]) == [] && driver.acknowledge() == 0x50)
    #expect(driver.packet(Self.bytes("4a 01 00 00 10 00 00 00 08"))[4...5] == [2, 2])
    _ = driver.packet(Self.bytes("1e 00 00 00 01"))
    #expect(driver.packet(Self.bytes("1b 00 00 00 02")) == [] && driver.sense() == [5, 0x53])
    _ = driver.packet(Self.bytes("1e 00 00 00 00"))
    #expect(driver.packet(Self.bytes("1b 00 00 00 02")) == [] && driver.acknowledge() == 0x50)
    #expect(driver.packet([0]) == [] && driver.sense() == [2, 0x3a])
    _ = driver.packet(Self.bytes("1b 00 00 00 03"))
    #expect(driver.packet([0]) == [] && driver.sense() == [6, 0x28])
    #expect(driver.packet([0]) == [] && driver.acknowledge() == 0x50)
  }

  @Test("A block that the host cannot read is a medium error")
  func bad() {
    driver.disc.bad = [4 * 9 + 1]
    #expect(driver.packet(Self.bytes("28 00 00 00 00 09 00 00 01")) == [])
    #expect(driver.acknowledge() == 0x41 && driver.sense() == [3, 0x11])
  }
}
