/// What IDENTIFY DEVICE and IDENTIFY PACKET DEVICE answer: 256 words.
struct ATAIdentity {
  private(set) var words = [UInt16](repeating: 0, count: 256)

  subscript(n: Int) -> UInt16 {
    get { words[n] }
    set { words[n] = newValue }
  }

  /// Text is stored two characters to a word, the first one in the upper half, filled with blanks.
  mutating func set(_ range: ClosedRange<Int>, _ text: String) {
    var characters = Array(text.utf8.prefix(2 * range.count))
    characters += [UInt8](repeating: 0x20, count: 2 * range.count - characters.count)
    for (n, word) in range.enumerated() {
      words[word] = UInt16(characters[2 * n]) << 8 | UInt16(characters[2 * n + 1])
    }
  }

  /// A number over several words, the lowest first.
  mutating func set(_ range: ClosedRange<Int>, _ number: UInt64) {
    for (n, word) in range.enumerated() {
      words[word] = UInt16(truncatingIfNeeded: number >> UInt64(16 * n))
    }
  }

  /// What disk and CD-ROM have in common; the revision is that which QEMU tells.
  init(serial: String, model: String) {
    set(10...19, serial)
    words[20] = 3  // A dual-ported buffer,
    words[21] = 512  // of this many sectors.
    words[22] = 4
    set(23...26, "2.5+")
    set(27...46, model)
    words[48] = 1  // The data register takes 32 bits.
    words[53] = 7  // Words 54 to 58, 64 to 70 and 88 are valid.
    words[62] = 0x0007  // Single word DMA modes 0 to 2.
    words[63] = 0x0007  // Multiword DMA modes 0 to 2.
    words[64] = 0x0003  // PIO modes 3 and 4.
    words[88] = 0x003f  // Ultra DMA modes 0 to 5.
  }

  /// Says which DMA mode has been chosen.
  mutating func setModes(multiword: UInt8?, ultra: UInt8?) {
    if let multiword { words[63] |= 1 << (8 + UInt16(multiword & 7)) }
    if let ultra { words[88] |= 1 << (8 + UInt16(ultra & 7)) }
  }
}

extension ATADisk {
  /// The default translation: 16 heads, 63 sectors.
  private var defaultCylinders: UInt64 { min(max(storage.sectorCount / (16 * 63), 2), 16_383) }

  /// IDENTIFY DEVICE.
  var identity: [UInt16] {
    var identity = ATAIdentity(serial: serial, model: model)
    identity[0] = 0x0040  // Not removable.
    identity.set(1...1, defaultCylinders)
    identity[3] = 16
    identity[4] = 63 * 512
    identity[5] = 512
    identity[6] = 63
    identity[47] = 0x8000 | UInt16(Self.maximumMultiple)
    identity[49] = 0x0b00  // IORDY, LBA, DMA.
    identity[51] = 0x0200  // PIO mode 2 without flow control.
    identity[52] = 0x0200
    setTranslation(&identity)
    identity[59] = 0x0100 | UInt16(truncatingIfNeeded: multiple)
    identity.set(60...61, min(storage.sectorCount, 0xfff_ffff))
    for word in 65...68 { identity[word] = 120 }  // Nanoseconds of a cycle.
    identity[80] = 0x00f0  // ATA-4 to ATA-7,
    identity[81] = 0x0016  // of which ATA-6 T13/1410D.
    identity[82] = 0x4021  // SMART, write cache, NOP.
    identity[83] = 0x7400  // 48-bit addresses, FLUSH CACHE, FLUSH CACHE EXT.
    identity[84] = 0x4000
    identity[85] = 0x4000 | (isWriteCacheEnabled ? 0x20 : 0) | (isSMARTEnabled ? 0x01 : 0)
    identity[86] = 0x3400
    identity[87] = 0x4000
    identity[93] = 0x6001  // The diagnostic has passed; an 80-conductor cable.
    identity.set(100...103, storage.sectorCount)
    identity[106] = 0x6000
    identity.setModes(multiword: multiwordMode, ultra: ultraMode)
    return identity.words
  }

  /// Words 54 to 58: the translation in force and what can be reached with it.
  private func setTranslation(_ identity: inout ATAIdentity) {
    let cylinders = min(storage.sectorCount / (heads * sectorsPerTrack), 65_535)
    identity.set(54...54, cylinders)
    identity.set(55...55, heads)
    identity.set(56...56, sectorsPerTrack)
    identity.set(57...58, cylinders * heads * sectorsPerTrack)
  }
}
