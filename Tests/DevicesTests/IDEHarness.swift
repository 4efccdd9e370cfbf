import Testing

@testable import Devices
@testable import Machine

/// A medium in memory that can be made to fail.
final class MemoryStorage: Storage {
  var bytes: [UInt8]
  var isReadOnly = false
  /// Sectors that cannot be read or written.
  var bad: Set<UInt64> = []
  var flushFails = false
  var flushes = 0
  /// Calls so far, to see how they are put together.
  var reads = 0

  init(sectors: Int) { bytes = [UInt8](repeating: 0, count: 512 * sectors) }

  /// Every sector has its number in the first four bytes, big-endian, and then one byte over and
  /// over that changes from sector to sector.
  func fill() { bytes = Array(Self.pattern.prefix(bytes.count)) }

  /// Made once: a test for each row of a table has no time to make its own.
  private static let pattern: [UInt8] = (0..<49_216).flatMap { sector in
    [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: sector >> $0) }
      + [UInt8](repeating: UInt8(truncatingIfNeeded: sector &* 37 &+ sector >> 8), count: 508)
  }

  func sector(_ n: Int, count: Int = 1) -> [UInt8] { Array(bytes[512 * n..<512 * (n + count)]) }

  var sectorCount: UInt64 { UInt64(bytes.count / 512) }

  private func isGood(_ sector: UInt64, _ count: Int) -> Bool {
    sector + UInt64(count) <= sectorCount
      && !bad.contains { $0 >= sector && $0 < sector + UInt64(count) }
  }

  func read(_ sector: UInt64, count: Int, into: UnsafeMutableRawBufferPointer) -> Bool {
    reads += 1
    guard isGood(sector, count), into.count == 512 * count else { return false }
    let start = Int(sector) * 512
    bytes.withUnsafeBytes {
      into.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[start..<start + into.count]))
    }
    return true
  }

  func write(_ sector: UInt64, count: Int, from: UnsafeRawBufferPointer) -> Bool {
    guard !isReadOnly, isGood(sector, count), from.count == 512 * count else { return false }
    bytes.replaceSubrange(Int(sector) * 512..<Int(sector) * 512 + from.count, with: from)
    return true
  }

  func flush() -> Bool {
    flushes += 1
    return !flushFails
  }
}

/// A channel with disk and CD-ROM and a driver for it.
final class IDEDriver {
  let line = InterruptLine("INTRQ")
  let disk = MemoryStorage(sectors: 49_216)
  let disc = MemoryStorage(sectors: 4 * 700)
  let memory = try! PhysicalMemory(size: 0x40000)
  let bus = Bus("memory")
  let time = ManualClock()
  let drive: ATADisk
  let cdrom: ATAPICDROM
  let dma: DBDMA
  let channel: IDEChannel
  static let features: UInt32 = 1, count: UInt32 = 2, low: UInt32 = 3, mid: UInt32 = 4
  static let high: UInt32 = 5, device: UInt32 = 6, command: UInt32 = 7, control: UInt32 = 0x16

  init(hasDisc: Bool = true) {
    try! bus.map(Window("ram", memory), at: 0)
    disk.fill()
    disc.fill()
    drive = ATADisk(storage: disk)
    cdrom = ATAPICDROM(medium: hasDisc ? disc : nil)
    dma = DBDMA(bus: bus, clock: time.clock)
    channel = IDEChannel(
      unit0: drive, unit1: cdrom, interrupt: line, dma: dma.channels[0x16])
  }

  subscript(register: UInt32) -> UInt8 {
    get { UInt8(truncatingIfNeeded: channel.read(register << 4, 1) ?? 0xff) }
    set { _ = channel.write(register << 4, 1, UInt64(newValue)) }
  }

  /// Status without taking the interrupt back, and with.
  var alternateStatus: UInt8 { self[Self.control] }
  func acknowledge() -> UInt8 { self[Self.command] }

  /// Writes the registers of a command with a 28-bit address, and the command.
  func command(_ code: UInt8, lba: Int = 0, count: Int = 1, features: UInt8 = 0, unit: UInt8 = 0) {
    self[Self.device] = 0xe0 | unit << 4 | UInt8(lba >> 24 & 0xf)
    self[Self.features] = features
    self[Self.count] = UInt8(truncatingIfNeeded: count)
    self[Self.low] = UInt8(truncatingIfNeeded: lba)
    self[Self.mid] = UInt8(truncatingIfNeeded: lba >> 8)
    self[Self.high] = UInt8(truncatingIfNeeded: lba >> 16)
    self[Self.command] = code
  }

  /// The same with a 48-bit address.
  func extendedCommand(_ code: UInt8, lba: Int, count: Int) {
    self[Self.device] = 0xe0
    for (register, value) in [
      (Self.count, count >> 8), (Self.count, count), (Self.low, lba >> 24), (Self.low, lba),
      (Self.mid, lba >> 32), (Self.mid, lba >> 8), (Self.high, lba >> 40), (Self.high, lba >> 16),
    ] { self[register] = UInt8(truncatingIfNeeded: value) }
    self[Self.command] = code
  }

  /// Reads words while the unit has data, taking interrupts back.
  func readData(limit: Int = 1 << 20) -> [UInt8] {
    var bytes: [UInt8] = []
    while alternateStatus & 8 != 0, bytes.count < limit {
      let word = UInt16(truncatingIfNeeded: channel.read(0, 2) ?? 0)
      bytes += [UInt8(truncatingIfNeeded: word), UInt8(word >> 8)]
    }
    return bytes
  }

  func writeData(_ bytes: [UInt8]) {
    for n in stride(from: 0, to: bytes.count, by: 2) {
      _ = channel.write(0, 2, UInt64(bytes[n]) | UInt64(bytes[n + 1]) << 8)
    }
  }

  /// Starts a DMA program of pieces of memory; the last is followed by STOP.
  func startDMA(isInput: Bool, _ pieces: [(address: UInt32, count: Int)]) {
    let registers = Registers(dma.window, width: 4)
    registers.setLittle(0xb00, 0xf800_0000)
    for (n, piece) in pieces.enumerated() {
      let isLast = n == pieces.count - 1
      let operation: UInt32 = isInput ? (isLast ? 3 : 2) : (isLast ? 1 : 0)
      put(n, operation << 28 | UInt32(piece.count), piece.address)
    }
    put(pieces.count, 0x7000_0000, 0)
    registers.setLittle(0xb0c, 0x100)
    registers.setLittle(0xb00, 0x8000_8000)
  }

  private func put(_ n: Int, _ operation: UInt32, _ address: UInt32) {
    let place = UInt64(0x100 + 16 * n)
    bus.write(place, 4, UInt64(operation.byteSwapped))
    bus.write(place + 4, 4, UInt64(address.byteSwapped))
  }

  var dmaStatus: UInt32 { Registers(dma.window, width: 4).little(0xb04) }

  /// Sends a packet to the CD-ROM; the answer by PIO, and the status at the end.
  func packet(_ bytes: [UInt8], limit: Int = 0xfffe, features: UInt8 = 0) -> [UInt8] {
    command(0xa0, lba: limit << 8, features: features, unit: 1)
    writeData(bytes + [UInt8](repeating: 0, count: 12 - bytes.count))
    return features & 1 == 0 ? readData() : []
  }

  /// Sense key and code of the last failure.
  func sense() -> [UInt8] {
    let bytes = packet([3, 0, 0, 0, 18])
    return bytes.count == 18 ? [bytes[2], bytes[12]] : []
  }
}
