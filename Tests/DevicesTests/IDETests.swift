import Testing

@testable import Devices
@testable import Machine

/// The IDE channel and its disk against ATA-5 and QEMU's trace of a boot.
struct IDETests {
  let driver = IDEDriver()
  typealias D = IDEDriver

  /// Taken out of the trace: the words 69 and 169 of the disk's identity, which tell of TRIM, and
  /// the commands that QEMU refuses and we do not: page 0x83 of INQUIRY in four bytes, and GET
  /// CONFIGURATION from features 0x20 and 0x28 on. Units that are busy in QEMU have done their
  /// work here, and DSC always comes with DRDY.
  @Test("Every read of a boot of Linux from disk yields what it does in QEMU")
  func trace() throws {
    let disk = IDEChannel(
      unit0: ATADisk(storage: MemoryStorage(sectors: 49_216)), unit1: nil,
      interrupt: InterruptLine("0"))
    let cdrom = IDEChannel(
      unit0: ATAPICDROM(medium: nil), unit1: nil, interrupt: InterruptLine("1"))
    for (n, access) in try Access.trace("ide.txt").enumerated() {
      if access.isDMA {
        // The program is not in the trace: everything goes to some memory.
        let channel = access.offset == 0x8b00 ? disk : cdrom
        for isInput in [true, false] {
          _ = channel.transfer(isInput: isInput, on: driver.bus, address: 0, count: 1 << 17)
        }
        continue
      }
      let channel = access.offset & 0x1000 == 0 ? disk : cdrom
      let offset = UInt32(access.offset & 0xfff)
      if access.isWrite {
        #expect(channel.write(offset, access.size, access.value))
      } else {
        var value = channel.read(offset, access.size)
        if [0x70, 0x80, 0x160].contains(offset) {
          if access.value & 0x80 != 0 { continue }
          if access.value == 0x40, value == 0x50 { value = 0x40 }
        }
        #expect(value == access.value, "line \(n + 1): \(String(offset, radix: 16))")
      }
    }
  }

  /// Status, error, count, cylinder low.
  typealias Outcome = (status: UInt8, error: UInt8, count: UInt8, low: UInt8)

  @Test(
    "Commands without data end as in QEMU",
    arguments: [
      (0x40, 10, 5, 0, 0x50, 0x00), (0x70, 100, 0, 0, 0x50, 0x00), (0x10, 0, 1, 0, 0x50, 0x00),
      (0xc6, 0, 3, 0, 0x51, 0x04), (0xc6, 0, 32, 0, 0x51, 0x04), (0xc6, 0, 8, 0, 0x50, 0x00),
      (0xef, 0, 0, 0x99, 0x51, 0x04), (0xef, 0, 0x22, 3, 0x50, 0x00),
      (0xef, 0, 0x50, 3, 0x51, 0x04), (0x00, 0, 1, 0, 0x51, 0x04), (0xff, 0, 1, 0, 0x51, 0x04),
      (0xa1, 0, 1, 0, 0x51, 0x04), (0xa0, 0, 1, 0, 0x51, 0x04), (0x08, 0, 1, 0, 0x51, 0x04),
      (0xb0, 0xc24f00, 0, 0xda, 0x50, 0x00), (0xb0, 0, 0, 0xda, 0x51, 0x04),
      (0xe7, 0, 1, 0, 0x50, 0x00), (0xe3, 0, 1, 0, 0x50, 0x00),
      // Not QEMU's, which aborts where ATA-5 has "ID not found".
      (0x20, 0xfff_ffff, 1, 0, 0x51, 0x10), (0x40, 49_215, 2, 0, 0x51, 0x10),
      (0xca, 49_216, 1, 0, 0x51, 0x10),
    ] as [(UInt8, Int, Int, UInt8, UInt8, UInt8)])
  func plain(
    _ code: UInt8, _ lba: Int, _ count: Int, _ features: UInt8, _ status: UInt8, _ error: UInt8
  ) {
    driver.command(code, lba: lba, count: count, features: features)
    #expect(driver.line.level)
    #expect(driver.acknowledge() | 0x10 == status && driver[D.features] == error)
    #expect(!driver.line.level)
  }

  @Test("READ SECTORS: an interrupt for each sector, data in the medium's order")
  func readSectors() {
    driver.command(0x20, lba: 5, count: 2)
    for n in 5...6 {
      #expect(driver.line.level && driver.acknowledge() == 0x58 && !driver.line.level)
      #expect(driver.readData(limit: 512) == driver.disk.sector(n))
    }
    #expect(!driver.line.level && driver.acknowledge() == 0x50)
    #expect(driver[D.low] == 7 && driver[D.count] == 0)
    driver.command(0x20, lba: 0, count: 0)
    #expect(driver.readData() == driver.disk.sector(0, count: 256))
    #expect(driver.disk.reads == 2, "one call for one command")
  }

  @Test(
    "Other ways of reading: code, address as 28 or 48 bits, count",
    arguments: [
      (0x24, true, 0x5000, 3), (0xc4, false, 16, 20), (0x29, true, 1, 33), (0x20, false, 49_215, 1),
      (0x24, true, 0, 600),
    ] as [(UInt8, Bool, Int, Int)])
  func reading(_ code: UInt8, _ isExtended: Bool, _ lba: Int, _ count: Int) {
    if isExtended {
      driver.extendedCommand(code, lba: lba, count: count)
    } else {
      driver.command(code, lba: lba, count: count)
    }
    #expect(driver.readData() == driver.disk.sector(lba, count: count))
    #expect(driver.acknowledge() == 0x50)
  }

  @Test("32-bit accesses of the data register move two words")
  func wide() {
    driver.command(0x20, lba: 9)
    let value = UInt32(truncatingIfNeeded: driver.channel.read(0, 4) ?? 0)
    #expect(value == 0x0900_0000, "the sector's number, big-endian, read as little-endian")
    #expect(driver.readData().count == 508)
  }

  @Test("Cylinder, head and sector by the translation in force")
  func translation() {
    // Cylinder 1, head 3, sector 1 of 16 heads and 63 sectors.
    driver[D.device] = 0xa3
    for (register, value) in [(D.count, 1), (D.low, 1), (D.mid, 1), (D.high, 0)]
      as [(UInt32, UInt8)]
    { driver[register] = value }
    driver[D.command] = 0x20
    #expect(driver.readData() == driver.disk.sector((16 + 3) * 63))
    #expect(driver[D.low] == 2 && driver[D.mid] == 1 && driver[D.device] == 0xa3)
    // 4 heads, 32 sectors.
    driver[D.device] = 0xa3
    driver[D.count] = 32
    driver[D.command] = 0x91
    driver[D.count] = 1
    driver[D.low] = 5
    driver[D.command] = 0x20
    #expect(driver.readData() == driver.disk.sector((4 + 3) * 32 + 4))
    driver[D.count] = 1
    driver[D.low] = 0
    driver[D.command] = 0x20
    #expect(driver.acknowledge() & 1 == 1 && driver[D.features] == 0x10, "there is no sector 0")
  }

  @Test(
    "Writing: code, count, data requests",
    arguments: [(0x30, 3, 3), (0xc5, 20, 2), (0x34, 2, 2), (0x39, 16, 1)]
      as [(UInt8, Int, Int)])
  func writing(_ code: UInt8, _ count: Int, _ requests: Int) {
    let bytes = (0..<512 * count).map { UInt8(truncatingIfNeeded: $0 &* 7) }
    if code < 0xc0 && code > 0x30 {
      driver.extendedCommand(code, lba: 7, count: count)
    } else {
      driver.command(code, lba: 7, count: count)
    }
    #expect(!driver.line.level && driver.alternateStatus == 0x58, "the first request is silent")
    let changes = driver.line.changes
    for n in stride(from: 0, to: bytes.count, by: 512) {
      driver.writeData(Array(bytes[n..<n + 512]))
      _ = driver.acknowledge()
    }
    #expect(driver.line.changes - changes == UInt64(2 * requests))
    #expect(driver.acknowledge() == 0x50 && driver.disk.sector(7, count: count) == bytes)
    #expect(driver.disk.flushes == 0)
  }

  @Test("Without the write cache every write is flushed; a failing flush is an error")
  func flushing() {
    driver.command(0xef, features: 0x82)
    let before = driver.disk.flushes
    driver.command(0x30, lba: 1)
    driver.writeData([UInt8](repeating: 1, count: 512))
    #expect(driver.disk.flushes == before + 1 && driver.acknowledge() == 0x50)
    driver.disk.flushFails = true
    driver.command(0xe7)
    #expect(driver.acknowledge() & 1 == 1 && driver[D.features] == 0x40)
  }

  @Test("A bad sector of the host is an uncorrectable error at its address")
  func bad() {
    driver.disk.bad = [12]
    driver.command(0x20, lba: 10, count: 5)
    #expect(driver.readData() == driver.disk.sector(10, count: 2))
    #expect(driver.acknowledge() & 1 == 1 && driver[D.features] == 0x40 && driver[D.low] == 12)
    driver.command(0x30, lba: 11, count: 2)
    driver.writeData([UInt8](repeating: 0xee, count: 1024))
    #expect(driver.acknowledge() & 1 == 1 && driver[D.features] == 0x40 && driver[D.low] == 12)
    #expect(driver.disk.sector(11) == [UInt8](repeating: 0xee, count: 512))
    driver.command(0xc8, lba: 10, count: 5)
    driver.startDMA(isInput: true, [(0x1000, 2560)])
    #expect(driver.acknowledge() & 1 == 1 && driver[D.features] == 0x40 && driver[D.low] == 12)
    driver.disk.isReadOnly = true
    driver.command(0xca, lba: 1)
    #expect(driver.acknowledge() & 1 == 1 && driver[D.features] == 0x04)
  }

  @Test(
    "DMA in either order of command and program, in pieces of any size", arguments: [true, false])
  func dma(_ isCommandFirst: Bool) {
    let pieces: [(address: UInt32, count: Int)] = [(0x1000, 700), (0x4000, 324), (0x8000, 3072)]
    if isCommandFirst { driver.command(0xc8, lba: 20, count: 8) }
    driver.startDMA(isInput: true, pieces)
    if !isCommandFirst {
      #expect(driver.dmaStatus == 0x8400)
      driver.command(0xc8, lba: 20, count: 8)
    }
    #expect(driver.line.level && driver.acknowledge() == 0x50 && driver.dmaStatus == 0x8000)
    let bytes = pieces.flatMap { driver.memory.bytes(at: Int($0.address), count: $0.count) }
    #expect(bytes == driver.disk.sector(20, count: 8))
    driver.extendedCommand(0x35, lba: 100, count: 8)
    driver.startDMA(isInput: false, pieces)
    #expect(driver.line.level && driver.acknowledge() == 0x50 && driver.dmaStatus == 0x8000)
    #expect(driver.disk.sector(100, count: 8) == driver.disk.sector(20, count: 8))
  }

  @Test("A long transfer by DMA: 300 sectors")
  func longDMA() {
    driver.extendedCommand(0x25, lba: 1000, count: 300)
    driver.startDMA(isInput: true, [(0x1000, 0xf000), (0x10000, 0xf000), (0x1f000, 0x7800)])
    #expect(driver.acknowledge() == 0x50)
    #expect(
      driver.memory.bytes(at: 0x1000, count: 300 * 512) == driver.disk.sector(1000, count: 300))
  }

  @Test("Signatures after power-on, soft reset, DEVICE RESET and the diagnostic")
  func signatures() {
    func signature(_ unit: UInt8) -> [UInt8] {
      driver[D.device] = 0xa0 | unit << 4
      return [D.count, D.low, D.mid, D.high].map { driver[$0] }
    }
    let (disk, cdrom): ([UInt8], [UInt8]) = ([1, 1, 0, 0], [1, 1, 0x14, 0xeb])
    #expect(signature(0) == disk && signature(1) == cdrom)
    driver.command(0x20, lba: 0x123456)
    driver[D.control] = 0x04
    driver[D.control] = 0x00
    #expect(driver.alternateStatus == 0x50 && !driver.line.level)
    #expect(signature(0) == disk && signature(1) == cdrom && driver.alternateStatus == 0)
    driver.command(0x90)
    #expect(driver.line.level && driver.acknowledge() == 0x50 && driver[D.features] == 1)
    driver.command(0x08, lba: 0xffffff, unit: 1)
    #expect(signature(1) == cdrom && driver.alternateStatus == 0)
    driver.command(0xec, unit: 1)
    #expect(driver.acknowledge() & 1 == 1 && driver[D.features] == 4 && signature(1) == cdrom)
  }

  @Test("No interrupt with nIEN; only the selected unit drives the line")
  func interrupts() {
    driver[D.control] = 0x02
    driver.command(0x40)
    #expect(!driver.line.level && driver.alternateStatus == 0x50)
    driver[D.control] = 0x00
    driver.command(0x40)
    #expect(driver.line.level)
    driver[D.device] = 0xb0
    #expect(!driver.line.level)
    driver[D.device] = 0xa0
    #expect(driver.line.level)
  }

  @Test("HOB shows what was written before last")
  func highOrder() {
    driver[D.mid] = 0x12
    driver[D.mid] = 0x34
    driver[D.control] = 0x80
    #expect(driver[D.mid] == 0x12)
    driver[D.low] = 0
    #expect(driver[D.mid] == 0x34, "a write takes HOB back")
  }

  @Test("READ NATIVE MAX ADDRESS is the last sector")
  func nativeMaximum() {
    driver.command(0xf8)
    #expect([D.low, D.mid, D.high].map { driver[$0] } == [0x3f, 0xc0, 0])
  }

  @Test("Random accesses, DMA into the channel's own registers")
  func random() throws {
    try driver.bus.map(driver.channel.window, at: 0x100000)
    try driver.bus.map(driver.dma.window, at: 0x200000)
    driver.disk.bad = [3, 77]
    let registers = Registers(driver.channel.window)
    let commands = Array(ATACommand.table.keys) + [0xa0, 0xa1, 0x90, 0x08]
    registers.hammer(8, below: 0x1000) { generator in
      let number = generator.next()
      switch number % 8 {
      case 0:
        driver[D.command] = commands[Int(number >> 8) % commands.count]
      case 1: driver[D.device] = UInt8(truncatingIfNeeded: number >> 8)
      case 2:
        let address = [UInt32(0x1000), 0x100000, 0x200b00, 0x200000][Int(number >> 8 & 3)]
        driver.startDMA(isInput: number >> 10 & 1 == 0, [(address, Int(number >> 16 & 0xfff))])
      case 3:
        for _ in 0..<300 { _ = driver.channel.read(0, 2) }
      case 4:
        for n in 0..<UInt64(300) { _ = driver.channel.write(0, 2, number &+ n) }
      case 5:
        driver[D.high] = 0
        driver[D.mid] = UInt8(truncatingIfNeeded: number >> 8)
      case 6 where number >> 8 % 16 == 0:
        driver.cdrom.change(number >> 16 & 1 == 0 ? nil : driver.disc)
      default: time(number)
      }
    }
    driver.channel.reset()
    #expect(!driver.line.level && driver.alternateStatus == 0x50)
  }

  private func time(_ number: UInt64) { driver.time.advance(Int64(number >> 48)) }
}
