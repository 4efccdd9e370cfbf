import Machine

/// A CD and DVD-ROM drive: the packet interface of ATA/ATAPI-5 with the commands of MMC-3.
public final class ATAPICDROM: ATAUnit {
  /// What is in the tray, in sectors of 512 bytes; nil if nothing.
  private(set) var medium: (any Storage)?
  let serial: String
  let model: String
  /// The transfer modes chosen, as the numbers of SET FEATURES: multiword and ultra DMA.
  var multiwordMode: UInt8?
  var ultraMode: UInt8? = 5
  /// What REQUEST SENSE tells next.
  var sense = Sense.none
  /// The guest forbids to open the tray.
  var isLocked = false
  /// The guest has opened the tray.
  private(set) var isTrayOpen = false
  /// What GET EVENT STATUS tells next about the medium.
  var mediumEvent = MediumEvent.none
  /// The medium has changed, and the next command has to say so.
  private var isChanged = false
  private var phase = Phase.idle
  private var isDMA = false
  /// The most bytes of one data request.
  private var byteLimit = 0
  /// The end of the bytes in the buffer.
  private var filled = 0
  /// The place in the buffer of a DMA transfer.
  private var dmaPosition = 0
  /// Blocks that are still to be read from the medium.
  private var nextBlock: UInt64 = 0
  private var remaining = 0

  private enum Phase {
    case idle, packet, identify, reply
  }

  /// A medium's coming and going.
  enum MediumEvent: UInt8 {
    case none = 0
    case ejectRequest = 1
    case new = 2
    case removal = 3
  }

  /// Sense key, additional sense code and qualifier.
  struct Sense: Equatable {
    var key: UInt8
    var code: UInt8
    var qualifier: UInt8 = 0

    static let none = Sense(key: 0, code: 0)
    static let noMedium = Sense(key: 2, code: 0x3a)
    static let readError = Sense(key: 3, code: 0x11)
    static let invalidCommand = Sense(key: 5, code: 0x20)
    static let outOfRange = Sense(key: 5, code: 0x21)
    static let invalidField = Sense(key: 5, code: 0x24)
    static let savedNotSupported = Sense(key: 5, code: 0x39)
    static let removalPrevented = Sense(key: 5, code: 0x53, qualifier: 2)
    static let mediumChanged = Sense(key: 6, code: 0x28)
    static let incompatibleMedium = Sense(key: 5, code: 0x30)
  }

  /// Bytes of a block, and the sectors of `Storage` that are one.
  static let blockSize = 2048
  static let sectorsPerBlock = blockSize / sectorSize
  /// Bytes of a command packet.
  static let packetSize = 12

  /// - Parameters:
  ///   - medium: what is in the tray, or nil.
  ///   - serial: the serial number; QEMU's first CD-ROM has `QM00003`.
  ///   - model: the name of the model.
  public init(
    medium: (any Storage)?, serial: String = "QM00003", model: String = "QEMU DVD-ROM"
  ) {
    self.medium = medium
    self.serial = serial
    self.model = model
    super.init()
  }

  override var isPresent: Bool { true }
  override var signature: (mid: UInt8, high: UInt8) { (0x14, 0xeb) }
  override var resetStatus: (power: UInt8, soft: UInt8) { (Status.idle, 0) }

  override func resetSettings() {
    multiwordMode = nil
    ultraMode = 5
    sense = .none
    isLocked = false
    isTrayOpen = false
    mediumEvent = .none
    isChanged = false
  }

  override func cancel() {
    phase = .idle
    filled = 0
    dmaPosition = 0
    remaining = 0
  }

  // MARK: The host's side

  /// Puts another medium into the tray, or takes it out with nil.
  public func change(_ medium: (any Storage)?) {
    self.medium = medium
    isTrayOpen = false
    isChanged = medium != nil
    mediumEvent = medium == nil ? .removal : .new
  }

  /// The tray goes in or out, because the guest wants so.
  func moveTray(isOpen: Bool) {
    guard isOpen != isTrayOpen else { return }
    isTrayOpen = isOpen
    isChanged = !isOpen && medium != nil
    mediumEvent = isOpen ? .removal : .new
  }

  /// Asks the guest to let the medium go, as the button at the drive does.
  public func requestEject() { mediumEvent = .ejectRequest }

  // MARK: Commands of the channel

  /// The commands that a packet device takes.
  private enum Command {
    static let deviceReset: UInt8 = 0x08
    static let packet: UInt8 = 0xa0
    static let identifyPacketDevice: UInt8 = 0xa1
    static let identifyDevice: UInt8 = 0xec
    static let setFeatures: UInt8 = 0xef
    static let acknowledged: Set<UInt8> = [
      0x94, 0x95, 0x96, 0x97, 0x99, 0xe0, 0xe1, 0xe2, 0xe3, 0xe6, 0xe7, 0xea,
    ]
    static let checkPowerMode: Set<UInt8> = [0x98, 0xe5]
  }

  /// Bits of the interrupt reason, in Sector Count: command or data, and the direction.
  private enum Reason {
    static let command: UInt8 = 1
    static let toHost: UInt8 = 2
  }

  override func perform(_ command: UInt8) {
    switch command {
    case Command.deviceReset:
      endTransfer()
      setSignature()
      status = resetStatus.soft
    case Command.packet: beginPacket()
    case Command.identifyPacketDevice: identify()
    case Command.identifyDevice:
      setSignature()
      fail(Failure.aborted)
    case Command.setFeatures: setFeatures()
    case _ where Command.acknowledged.contains(command): succeed()
    case _ where Command.checkPowerMode.contains(command):
      registers.count = 0xff
      succeed()
    default: fail(Failure.aborted)
    }
  }

  /// SET FEATURES: the transfer mode counts, the rest is acknowledged.
  private func setFeatures() {
    let number = registers.count & 7
    switch (registers.features, registers.count >> 3) {
    case (0x03, 0...2): (multiwordMode, ultraMode) = (nil, nil)
    case (0x03, 4) where number <= 2: (multiwordMode, ultraMode) = (number, nil)
    case (0x03, 8) where number <= 5: (multiwordMode, ultraMode) = (nil, number)
    case (0x03, _): return fail(Failure.aborted)
    case (0x66, _), (0xcc, _): break
    default: return fail(Failure.aborted)
    }
    succeed()
  }

  private func identify() {
    endTransfer()
    error = 0
    for (n, word) in identity.enumerated() {
      buffer.storeBytes(of: word.littleEndian, toByteOffset: 2 * n, as: UInt16.self)
    }
    phase = .identify
    openWindow(0, 2 * identity.count, isOut: false)
    raise()
  }

  // MARK: Packets

  private func beginPacket() {
    endTransfer()
    error = 0
    isDMA = registers.features & 1 != 0
    let asked = Int(registers.mid) | Int(registers.high) << 8
    // An odd limit would split a word.
    byteLimit = asked & ~1
    phase = .packet
    registers.count = Reason.command
    openWindow(0, Self.packetSize, isOut: true)
  }

  override func windowEnded() {
    switch phase {
    case .packet: executePacket()
    case .reply: continueReply()
    default:
      endTransfer()
      status = Status.idle
    }
  }

  private func executePacket() {
    let packet = [UInt8](UnsafeRawBufferPointer(start: buffer, count: Self.packetSize))
    endTransfer()
    TraceEvent.atapiPacket(
      "IDEState: \(traceName); limit=\(HexText.plain(byteLimit)) packet: "
        + packet.map { HexText.digits($0) + " " }.joined())
    TraceEvent.atapiCommand("IDEState: \(traceName); cmd: \(HexText.byte(packet[0]))")
    guard let row = PacketCommand.table[packet[0]] else { return check(.invalidCommand) }
    if isChanged, !row.isAlwaysAnswered {
      isChanged = false
      return check(.mediumChanged)
    }
    if row.needsMedium, !hasMedium { return check(.noMedium) }
    if !row.keepsSense { sense = .none }
    row.perform(self, packet)
  }

  var hasMedium: Bool { medium != nil && !isTrayOpen }

  /// Blocks of the medium.
  var blockCount: UInt64 {
    hasMedium ? (medium?.sectorCount ?? 0) / UInt64(Self.sectorsPerBlock) : 0
  }

  /// The command has failed: CHECK CONDITION.
  func check(_ sense: Sense) {
    TraceEvent.atapiError(
      "IDEState: \(traceName); sense=\(HexText.plain(sense.key)) asc=\(HexText.plain(sense.code))")
    self.sense = sense
    endTransfer()
    error = sense.key << 4
    registers.count = Reason.toHost | Reason.command
    status = Status.ready | Status.error
    raise()
  }

  /// The command has been done and has no data, or no more.
  func finish() {
    endTransfer()
    error = 0
    registers.count = Reason.toHost | Reason.command
    status = Status.idle
    raise()
  }

  // MARK: Data

  /// Answers with bytes, at most as many as the host has room for.
  func reply(_ bytes: [UInt8], allocation: Int) {
    let count = min(bytes.count, max(allocation, 0), Self.bufferSize)
    guard count > 0 else { return finish() }
    bytes.withUnsafeBytes {
      buffer.copyMemory(from: $0.baseAddress!, byteCount: count)
    }
    filled = count
    remaining = 0
    startReply()
  }

  /// Answers with blocks of the medium.
  func read(_ first: UInt64, count: Int) {
    guard first + UInt64(count) <= blockCount else { return check(.outOfRange) }
    guard count > 0 else { return finish() }
    TraceEvent.atapiRead(
      "IDEState: \(traceName); read \(isDMA ? "dma" : "pio"): LBA=\(first) nb_sectors=\(count)")
    nextBlock = first
    remaining = count
    filled = 0
    guard fetch() else { return }
    startReply()
  }

  private func startReply() {
    phase = .reply
    position = 0
    dmaPosition = 0
    guard isDMA else {
      // Data have been asked for, but not one byte at a time.
      return byteLimit == 0 ? fail(Failure.aborted) : continueReply()
    }
    status = Status.idle | Status.dataRequest
    onDMAReady?()
  }

  /// Fills the buffer with the next blocks; false if the medium fails, which has then been told.
  private func fetch() -> Bool {
    let whole = min(remaining, Self.bufferSize / Self.blockSize)
    for count in [whole, 1] where readMedium(count) {
      nextBlock += UInt64(count)
      remaining -= count
      filled = count * Self.blockSize
      return true
    }
    check(.readError)
    return false
  }

  private func readMedium(_ count: Int) -> Bool {
    guard let medium, hasMedium else { return false }
    return medium.read(
      nextBlock * UInt64(Self.sectorsPerBlock), count: count * Self.sectorsPerBlock,
      into: UnsafeMutableRawBufferPointer(start: buffer, count: count * Self.blockSize))
  }

  /// Opens the data register for the next part of the answer, or ends it.
  private func continueReply() {
    if position >= filled {
      guard remaining > 0 else { return finish() }
      guard fetch() else { return }
      position = 0
    }
    let size = min(byteLimit, filled - position)
    TraceEvent.atapiReply(
      "IDEState \(traceName); reply: tx_size=\(filled - position) elem_tx_size=0 "
        + "index=\(position)")
    registers.mid = UInt8(truncatingIfNeeded: size)
    registers.high = UInt8(truncatingIfNeeded: size >> 8)
    registers.count = Reason.toHost
    openWindow(position, position + size, isOut: false)
    raise()
  }

  override func transfer(isInput: Bool, on bus: Bus, address: UInt64, count: Int) -> Int? {
    guard isInput else { return 0 }
    var done = 0
    while done < count, isDMA, phase == .reply {
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
      if isLast, isDMA, phase == .reply { finish() }
    }
    return done
  }

  /// IDENTIFY PACKET DEVICE.
  private var identity: [UInt16] {
    var identity = ATAIdentity(serial: serial, model: model)
    identity[0] = 0x85c0  // CD-ROM, removable, packets of 12 bytes, taken at once.
    identity[49] = 0x0300  // LBA, DMA.
    identity[65] = 180  // Nanoseconds of a cycle: multiword DMA, the same recommended,
    identity[66] = 180
    identity[67] = 300  // PIO without flow control,
    identity[68] = 180  // and with it.
    identity[71] = 30  // Nanoseconds from packet and from SERVICE to the bus being free.
    identity[72] = 30
    identity[80] = 0x001e  // ATA-1 to ATA-4.
    identity.setModes(multiword: multiwordMode, ultra: ultraMode)
    return identity.words
  }
}
