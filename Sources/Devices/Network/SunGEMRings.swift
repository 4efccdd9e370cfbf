import Machine

/// The two rings of descriptors: sixteen bytes each, a control or status word and a buffer address,
/// little-endian.
extension SunGEM {
  /// Fields of a transmit descriptor's control word.
  private enum Transmit {
    static let bufferSize: UInt64 = 0x7fff
    static let checksumStart: UInt64 = 15
    static let checksumPlace: UInt64 = 21
    static let checksumEnable: UInt64 = 1 << 29
    static let endOfFrame: UInt64 = 1 << 30
    static let startOfFrame: UInt64 = 1 << 31
    static let interruptMe: UInt64 = 1 << 32
  }

  /// Fields of a receive descriptor's status word.
  private enum Receive {
    static let bufferSize: UInt64 = 16
    static let owned: UInt64 = 1 << 31
    static let hashValue: UInt64 = 44
    static let hashPass: UInt64 = 1 << 60
  }

  /// Bits of the MAC's receive configuration register.
  private enum MACReceive {
    static let enable: UInt32 = 1 << 0
    static let stripChecksum: UInt32 = 1 << 2
    static let promiscuous: UInt32 = 1 << 3
    static let promiscuousGroup: UInt32 = 1 << 4
    static let hashFilter: UInt32 = 1 << 5
  }

  private static let descriptorSize: UInt64 = 16
  /// The longest frame; what is longer is dropped.
  private static let longestFrame = 9022

  private func base(_ low: UInt32) -> UInt64 { UInt64(self[low + 4]) << 32 | UInt64(self[low]) }

  /// The two words of a descriptor; nil if it cannot be read.
  private func descriptor(_ address: UInt64) -> (UInt64, UInt64)? {
    guard configuration.isBusMaster,
      let first = dma.read(address, 8), let second = dma.read(address &+ 8, 8)
    else { return nil }
    return (first.byteSwapped, second.byteSwapped)
  }

  // MARK: Transmitting

  /// Sends what lies between the completion and the kick register.
  func kickTransmit() {
    TraceEvent.sungemTxKick("TX Kick...")
    guard self[Offset.txConfiguration] & 1 == 1, self[Offset.macTxConfiguration] & 1 == 1 else {
      TraceEvent.sungemTxDisabled("TX not enabled")
      return
    }
    let mask = ringMask(Offset.txConfiguration)
    let kick = self[Offset.txKick] & mask
    var index = self[Offset.txCompletion] & mask
    TraceEvent.sungemTxProcess("TX processing comp=\(index), kick=\(kick) out of \(mask + 1)")
    while index != kick {
      let place = base(Offset.txBaseLow) &+ UInt64(index) &* Self.descriptorSize
      guard let (control, buffer) = descriptor(place) else { return }
      TraceEvent.sungemTxDesc("TX desc \(index): 0x\(control.hex()) 0x\(buffer.hex())")
      gather(control, buffer)
      index = (index + 1) & mask
      setTransmitCompletion(index)
      if control & Transmit.interruptMe != 0 { raise(Status.txInterruptMe) }
      raise(Status.txDone)
    }
    raise(Status.txAll)
  }

  /// Adds a descriptor's bytes to the frame, and sends it at its end.
  private func gather(_ control: UInt64, _ buffer: UInt64) {
    if control & Transmit.startOfFrame != 0 {
      if !gathered.isEmpty { TraceEvent.sungemTxUnfinished("TX packet started without finishing") }
      gathered = []
      checksum = nil
      if control & Transmit.checksumEnable != 0 {
        checksum = (
          Int(control >> Transmit.checksumStart & 0x3f),
          Int(control >> Transmit.checksumPlace & 0xff)
        )
      }
    }
    let count = Int(control & Transmit.bufferSize)
    if gathered.count + count > Self.longestFrame {
      TraceEvent.sungemTxOverflow("TX packet queue overflow")
    } else if let bytes = dma.read(buffer, count: count) {
      gathered += bytes
    }
    guard control & Transmit.endOfFrame != 0 else { return }
    TraceEvent.sungemTxFinished("TX completing \(gathered.count) bytes packet")
    if let checksum { insert(checksum) }
    if !gathered.isEmpty { send(gathered) }
    gathered = []
  }

  /// Puts the Internet checksum of the frame from `start` on at `place`.
  private func insert(_ checksum: (start: Int, place: Int)) {
    guard checksum.start < gathered.count, checksum.place + 2 <= gathered.count else {
      TraceEvent.sungemTxChecksumOob("TX checksum out of packet bounds")
      return
    }
    TraceEvent.sungemTxChecksum(
      "TX checksumming from byte \(checksum.start), inserting at \(checksum.place)")
    let sum = ~InternetChecksum.sum(gathered[checksum.start...])
    let value = sum == 0 ? 0xffff : sum
    gathered[checksum.place] = UInt8(value >> 8)
    gathered[checksum.place + 1] = UInt8(value & 0xff)
  }

  // MARK: Receiving

  /// Whether the receiver is on and has a descriptor.
  var canReceive: Bool {
    let isOn =
      self[Offset.macRxConfiguration] & MACReceive.enable != 0
      && self[Offset.rxConfiguration] & 1 == 1
    let mask = ringMask(Offset.rxConfiguration)
    return isOn && !isFull(kick: self[Offset.rxKick], done: self[Offset.rxCompletion], mask)
  }

  /// Whether there is no descriptor for a frame: the last one before the kick register's is kept.
  /// Drivers let it wrap as far as the completion register, when all are free.
  private func isFull(kick: UInt32, done: UInt32, _ mask: UInt32) -> Bool {
    (done &+ 1) & mask == kick & mask
  }

  /// A frame has come, without its checksum.
  /// - Returns: false if the receiver is off or out of descriptors: it may be offered again when
  ///   `onRoom` is called. Frames for other stations are taken and dropped.
  @discardableResult
  public func receive(_ frame: [UInt8]) -> Bool {
    let configuration = self[Offset.macRxConfiguration]
    guard configuration & MACReceive.enable != 0 else {
      TraceEvent.sungemRxMacDisabled("Check RX MAC disabled")
      return refuse()
    }
    guard self[Offset.rxConfiguration] & 1 == 1 else {
      TraceEvent.sungemRxTxdmaDisabled("Check RX TXDMA disabled")
      return refuse()
    }
    let mask = ringMask(Offset.rxConfiguration)
    let (kick, done) = (self[Offset.rxKick] & mask, self[Offset.rxCompletion] & mask)
    let hasRoom = !isFull(kick: kick, done: done, mask)
    TraceEvent.sungemRxCheck("Check RX \(hasRoom ? 1 : 0) (kick=\(kick), done=\(done))")
    guard hasRoom else {
      TraceEvent.sungemRxRingfull("RX ring full")
      raise(Status.rxNoBuffer)
      return refuse()
    }
    TraceEvent.sungemRxPacket("RX got \(frame.count) bytes packet")
    guard frame.count >= 6, frame.count <= Self.longestFrame, let flags = filter(frame) else {
      TraceEvent.sungemRxUnmatched("No match, dropping packet")
      return true
    }
    let padding = [UInt8](repeating: 0, count: max(0, 60 - frame.count))
    TraceEvent.sungemRxProcess("RX processing done=\(done), kick=\(kick) out of \(mask + 1)")
    store(frame + padding, flags, at: done)
    self[Offset.rxCompletion] = (done + 1) & mask
    raise(Status.rxDone)
    return true
  }

  /// The status bits that the address filter gives a frame; nil if it is not for this station.
  private func filter(_ frame: [UInt8]) -> UInt64? {
    let configuration = self[Offset.macRxConfiguration]
    if configuration & MACReceive.promiscuous != 0 { return 0 }
    let words = (0..<3).map { UInt32(frame[4 - 2 * $0]) << 8 | UInt32(frame[5 - 2 * $0]) }
    if words.allSatisfy({ $0 == 0xffff }) { return 0 }
    guard frame[0] & 1 == 1 else {
      let own = (0..<3).map { self[Offset.stationAddress + 4 * UInt32($0)] & 0xffff }
      return words == own ? 0 : nil
    }
    if configuration & MACReceive.promiscuousGroup != 0 { return 0 }
    guard configuration & MACReceive.hashFilter != 0 else { return nil }
    let hash = EthernetChecksum.littleEndian(frame[0..<6]) >> 24
    let row = self[Offset.hash + 4 * (hash >> 4)]
    guard row >> (15 - hash & 0xf) & 1 == 1 else { return nil }
    return Receive.hashPass | UInt64(hash) << Receive.hashValue
  }

  /// Writes a frame to the buffer of a descriptor, and its status.
  private func store(_ frame: [UInt8], _ flags: UInt64, at index: UInt32) {
    let place = base(Offset.rxBaseLow) &+ UInt64(index) &* Self.descriptorSize
    guard let (status, buffer) = descriptor(place) else { return }
    TraceEvent.sungemRxDesc("RX desc: 0x\(status.hex()) 0x\(buffer.hex())")
    var bytes = frame
    if self[Offset.macRxConfiguration] & MACReceive.stripChecksum == 0 {
      let sum = ~EthernetChecksum.littleEndian(frame)
      bytes += (0..<4).map { UInt8(truncatingIfNeeded: sum >> UInt32(8 * $0)) }
    }
    let room = Int(status >> Receive.bufferSize & 0x7fff)
    guard status & Receive.owned != 0, bytes.count <= room else {
      TraceEvent.sungemRxBadFrameSize("RX bad frame size \(bytes.count), dropped")
      return
    }
    // First Byte Offset, and Checksum Start: bytes, as drivers have it.
    let firstByte = UInt64(self[Offset.rxConfiguration] >> 10 & 7)
    let start = min(frame.count, Int(self[Offset.rxConfiguration] >> 13 & 0x7f))
    dma.write(buffer &+ firstByte, bytes)
    let checksum = UInt64(~InternetChecksum.sum(frame[start...]))
    let result = checksum | UInt64(bytes.count) << Receive.bufferSize | flags
    dma.write(place, 8, result.byteSwapped)
  }
}

/// The checksum of the Internet protocols (RFC 1071).
enum InternetChecksum {
  /// The sum of big-endian half-words with carries added at the low end; an odd byte is a high one.
  static func sum(_ bytes: ArraySlice<UInt8>) -> UInt16 {
    var sum: UInt32 = 0
    var isHigh = true
    for byte in bytes {
      sum &+= isHigh ? UInt32(byte) << 8 : UInt32(byte)
      isHigh.toggle()
    }
    while sum >> 16 != 0 { sum = sum & 0xffff &+ sum >> 16 }
    return UInt16(sum)
  }
}
