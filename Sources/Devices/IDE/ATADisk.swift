import Machine

/// A hard disk: commands of ATA-5 with the 48-bit addresses of ATA-6.
///
/// Its settings are those of the guest's driver; the medium is a `Storage`.
public final class ATADisk: ATAUnit {
  let storage: any Storage
  /// What IDENTIFY DEVICE tells: at most 20 and 40 characters.
  let serial: String
  let model: String
  /// The translation of cylinder, head and sector in force; set by INITIALIZE DEVICE PARAMETERS.
  var heads: UInt64 = 16
  var sectorsPerTrack: UInt64 = 63
  /// Sectors of a block of READ and WRITE MULTIPLE; 0 before SET MULTIPLE MODE.
  var multiple = ATADisk.maximumMultiple
  var isWriteCacheEnabled = true
  var isSMARTEnabled = true
  /// The transfer modes chosen, as the numbers of SET FEATURES: multiword and ultra DMA.
  var multiwordMode: UInt8?
  var ultraMode: UInt8? = 5
  private var transfer = Transfer.none
  /// The sector that comes next, and how many are still to be fetched or stored.
  private var next: UInt64 = 0
  private var remaining = 0
  /// Sectors that go with one data request.
  private var block = 1
  /// The end of the sectors that are in the buffer.
  private var filled = 0
  /// The place in the buffer of a DMA transfer.
  private var dmaPosition = 0

  /// What the command under way does with data.
  private enum Transfer {
    case none, identify, pioIn, pioOut, dmaIn, dmaOut
  }

  /// The most sectors that SET MULTIPLE MODE takes.
  static let maximumMultiple = 16

  /// - Parameters:
  ///   - storage: its medium.
  ///   - serial: the serial number; QEMU's first disk has `QM00001`.
  ///   - model: the name of the model.
  public init(
    storage: any Storage, serial: String = "QM00001", model: String = "QEMU HARDDISK"
  ) {
    self.storage = storage
    self.serial = serial
    self.model = model
    super.init()
  }

  override var isPresent: Bool { true }
  override var signature: (mid: UInt8, high: UInt8) { (0, 0) }
  override var resetStatus: (power: UInt8, soft: UInt8) { (Status.idle, Status.idle) }

  override func perform(_ command: UInt8) {
    guard let row = ATACommand.table[command] else { return fail(Failure.aborted) }
    row.perform(self)
  }

  override func resetSettings() {
    heads = 16
    sectorsPerTrack = 63
    multiple = Self.maximumMultiple
    isWriteCacheEnabled = true
    isSMARTEnabled = true
    multiwordMode = nil
    ultraMode = 5
  }

  override func cancel() {
    transfer = .none
    remaining = 0
    filled = 0
    dmaPosition = 0
  }

  // MARK: Addresses

  /// Bits of Device/Head: LBA, and the upper address bits or the head.
  private static let lbaBit: UInt8 = 0x40
  private static let headBits: UInt8 = 0x0f

  /// The first sector and the number of sectors that the registers ask for; nil if the medium has
  /// not got them all, which has then been told.
  private func extent(isExtended: Bool) -> (first: UInt64, count: Int)? {
    let count = self.count(isExtended: isExtended)
    guard let first = address(isExtended: isExtended) else {
      fail(Failure.idNotFound)
      return nil
    }
    guard first &+ UInt64(count) <= storage.sectorCount else {
      failMedium(Failure.idNotFound, at: max(first, storage.sectorCount))
      return nil
    }
    return (first, count)
  }

  private func count(isExtended: Bool) -> Int {
    if isExtended {
      let count = Int(previous.count) << 8 | Int(registers.count)
      return count == 0 ? 65_536 : count
    }
    return registers.count == 0 ? 256 : Int(registers.count)
  }

  private func address(isExtended: Bool) -> UInt64? {
    let low = UInt64(registers.low) | UInt64(registers.mid) << 8 | UInt64(registers.high) << 16
    if isExtended {
      let high = UInt64(previous.low) | UInt64(previous.mid) << 8 | UInt64(previous.high) << 16
      return high << 24 | low
    }
    let top = UInt64(device & Self.headBits)
    if device & Self.lbaBit != 0 { return top << 24 | low }
    guard registers.low != 0, registers.low <= sectorsPerTrack, top < heads else { return nil }
    return (low >> 8 * heads + top) * sectorsPerTrack + UInt64(registers.low) - 1
  }

  /// Puts a sector's address in the registers: where a transfer has ended or failed.
  private func show(_ sector: UInt64, isExtended: Bool) {
    if !isExtended, device & Self.lbaBit == 0, heads > 0, sectorsPerTrack > 0 {
      let track = sector / sectorsPerTrack
      let cylinder = track / heads
      registers.low = UInt8(truncatingIfNeeded: sector % sectorsPerTrack + 1)
      registers.mid = UInt8(truncatingIfNeeded: cylinder)
      registers.high = UInt8(truncatingIfNeeded: cylinder >> 8)
      device = device & ~Self.headBits | UInt8(truncatingIfNeeded: track % heads) & Self.headBits
      return
    }
    registers.low = UInt8(truncatingIfNeeded: sector)
    registers.mid = UInt8(truncatingIfNeeded: sector >> 8)
    registers.high = UInt8(truncatingIfNeeded: sector >> 16)
    if isExtended {
      previous.low = UInt8(truncatingIfNeeded: sector >> 24)
      previous.mid = UInt8(truncatingIfNeeded: sector >> 32)
      previous.high = UInt8(truncatingIfNeeded: sector >> 40)
    } else {
      device = device & ~Self.headBits | UInt8(truncatingIfNeeded: sector >> 24) & Self.headBits
    }
  }

  /// Whether the command under way has a 48-bit address.
  private var isExtendedCommand = false

  /// The command has failed at a sector.
  private func failMedium(_ failure: UInt8, at sector: UInt64) {
    show(sector, isExtended: isExtendedCommand)
    fail(failure)
  }

  // MARK: Beginning

  /// Prepares a transfer; false if it cannot be, which has then been told.
  private func begin(_ transfer: Transfer, isExtended: Bool) -> Bool {
    isExtendedCommand = isExtended
    guard let extent = extent(isExtended: isExtended) else { return false }
    endTransfer()
    error = 0
    self.transfer = transfer
    next = extent.first
    remaining = extent.count
    return true
  }

  /// READ SECTORS and READ MULTIPLE.
  func readPIO(block: Int, isExtended: Bool) {
    guard begin(.pioIn, isExtended: isExtended) else { return }
    self.block = block
    windowEnded()
  }

  /// WRITE SECTORS and WRITE MULTIPLE; the first data request comes without an interrupt.
  func writePIO(block: Int, isExtended: Bool) {
    guard !storage.isReadOnly else { return fail(Failure.aborted) }
    guard begin(.pioOut, isExtended: isExtended) else { return }
    self.block = block
    openWindow(0, min(block, remaining) * sectorSize, isOut: true)
  }

  /// READ DMA and WRITE DMA.
  func startDMA(isWrite: Bool, isExtended: Bool) {
    if isWrite, storage.isReadOnly { return fail(Failure.aborted) }
    guard begin(isWrite ? .dmaOut : .dmaIn, isExtended: isExtended) else { return }
    status = Status.idle | Status.dataRequest
    onDMAReady?()
  }

  /// SEEK: only whether there is such a sector.
  func seek() {
    registers.count = 1
    isExtendedCommand = false
    if extent(isExtended: false) != nil { succeed() }
  }

  /// READ VERIFY SECTORS: reads, and throws away.
  func verify(isExtended: Bool) {
    guard begin(.none, isExtended: isExtended) else { return }
    while remaining > 0 {
      guard fetch() else { return }
    }
    finishTransfer()
  }

  /// A sector that the unit makes itself, such as IDENTIFY DEVICE's.
  func giveSector(_ words: [UInt16]) {
    endTransfer()
    error = 0
    transfer = .identify
    for (n, word) in words.prefix(sectorSize / 2).enumerated() {
      buffer.storeBytes(of: word.littleEndian, toByteOffset: 2 * n, as: UInt16.self)
    }
    openWindow(0, sectorSize, isOut: false)
    raise()
  }

  // MARK: Going on

  override func windowEnded() {
    switch transfer {
    case .pioIn: continueReading()
    case .pioOut: continueWriting()
    default:
      endTransfer()
      status = Status.idle
    }
  }

  private func continueReading() {
    if position >= filled {
      if remaining == 0 { return finishReading() }
      guard fetch() else { return }
      position = 0
    }
    openWindow(position, min(position + block * sectorSize, filled), isOut: false)
    raise()
  }

  /// The host has read the last sector: there is no interrupt for that.
  private func finishReading() {
    showEnd()
    endTransfer()
    status = Status.idle
  }

  /// The registers after a transfer: the sector that would come next, and none left.
  private func showEnd() {
    show(next, isExtended: isExtendedCommand)
    registers.count = 0
  }

  private func continueWriting() {
    guard store(limit / sectorSize) else { return }
    if remaining == 0 { return finishTransfer() }
    openWindow(0, min(block, remaining) * sectorSize, isOut: true)
    raise()
  }

  private func finishTransfer() {
    if transfer == .pioOut || transfer == .dmaOut, !isWriteCacheEnabled, !storage.flush() {
      return failMedium(Failure.uncorrectable, at: next &- 1)
    }
    showEnd()
    endTransfer()
    succeed()
  }

  /// Fills the buffer with the next sectors; where the host cannot read that many, with as many
  /// as it can.
  private func fetch() -> Bool {
    let whole = min(remaining, Self.bufferSize / sectorSize)
    for count in [whole, min(block, whole), 1] where read(count) {
      next += UInt64(count)
      remaining -= count
      filled = count * sectorSize
      return true
    }
    failMedium(Failure.uncorrectable, at: next)
    return false
  }

  private func read(_ count: Int) -> Bool {
    TraceEvent.ideSectorRead("sector=\(next) nsectors=\(count)")
    return storage.read(
      next, count: count,
      into: UnsafeMutableRawBufferPointer(start: buffer, count: count * sectorSize))
  }

  /// Writes the sectors at the beginning of the buffer.
  private func store(_ count: Int) -> Bool {
    TraceEvent.ideSectorWrite("sector=\(next) nsectors=\(count)")
    let bytes = UnsafeRawBufferPointer(start: buffer, count: count * sectorSize)
    guard storage.write(next, count: count, from: bytes) else {
      failMedium(Failure.uncorrectable, at: next)
      return false
    }
    next += UInt64(count)
    remaining -= count
    return true
  }

  // MARK: DMA

  override func transfer(
    isInput: Bool, on bus: Bus, address: UInt64, count: Int
  ) -> Int? {
    switch (transfer, isInput) {
    case (.dmaIn, true): give(bus, address, count)
    case (.dmaOut, false): take(bus, address, count)
    default: 0
    }
  }

  private func give(_ bus: Bus, _ address: UInt64, _ count: Int) -> Int? {
    var done = 0
    while done < count, transfer == .dmaIn {
      if dmaPosition >= filled {
        guard remaining > 0, fetch() else { return done }
        dmaPosition = 0
      }
      let n = min(count - done, filled - dmaPosition)
      let bytes = [UInt8](UnsafeRawBufferPointer(start: buffer + dmaPosition, count: n))
      dmaPosition += n
      let isLast = dmaPosition >= filled && remaining == 0
      guard bus.write(address &+ UInt64(done), bytes) else { return nil }
      done += n
      if isLast, transfer == .dmaIn { finishTransfer() }
    }
    return done
  }

  private func take(_ bus: Bus, _ address: UInt64, _ count: Int) -> Int? {
    var done = 0
    while done < count, transfer == .dmaOut {
      let wanted = min(remaining * sectorSize, Self.bufferSize)
      let n = min(count - done, wanted - dmaPosition)
      guard n > 0, let bytes = bus.read(address &+ UInt64(done), count: n) else { return nil }
      // What was read may have been registers, and those may have been ours.
      guard transfer == .dmaOut, dmaPosition + n <= wanted else { return done }
      bytes.withUnsafeBytes {
        (buffer + dmaPosition).copyMemory(from: $0.baseAddress!, byteCount: n)
      }
      dmaPosition += n
      done += n
      if dmaPosition == wanted {
        dmaPosition = 0
        guard store(wanted / sectorSize) else { return done }
        if remaining == 0 { finishTransfer() }
      }
    }
    return done
  }
}
