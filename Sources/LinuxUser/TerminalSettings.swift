/// `struct termios` of the kernel, which differs on PowerPC (asm/termbits.h) in its layout, its
/// flag bits and the order of its control characters.
struct TerminalSettings: Equatable {
  /// c_iflag, c_oflag, c_cflag, c_lflag with the host's bits.
  var flags: InlineArray<4, UInt32> = [0, 0, 0, 0]
  /// c_cc with the host's indices.
  var characters = [UInt8](repeating: 0, count: 19)
  /// c_line.
  var line: UInt8 = 0

  static let guestSize = 44
  static let hostSize = 36

  /// A field of a flag word: values of the guest's under a mask with those of the host's.
  private struct Field {
    let guestMask, hostMask: UInt32
    let values: [(guest: UInt32, host: UInt32)]

    /// A single bit.
    static func bit(_ guest: UInt32, _ host: UInt32) -> Field {
      Field(guestMask: guest, hostMask: host, values: [(guest, host)])
    }

    /// A number of some bits' width, at another position.
    static func moved(_ guestMask: UInt32, _ hostMask: UInt32) -> Field {
      let guestUnit = guestMask & (0 &- guestMask)
      let hostUnit = hostMask & (0 &- hostMask)
      return Field(
        guestMask: guestMask, hostMask: hostMask,
        values: (0...hostMask / hostUnit).map { ($0 * guestUnit, $0 * hostUnit) })
    }
  }

  /// The fields that differ, for each of the four flag words; all other bits are alike.
  private static let fields: [[Field]] = [
    // IXON IXOFF IUCLC
    [.bit(0x0200, 0x0400), .bit(0x0400, 0x1000), .bit(0x1000, 0x0200)],
    // ONLCR OLCUC, then NLDLY TABDLY CRDLY FFDLY BSDLY VTDLY
    [
      .bit(0x2, 0x4), .bit(0x4, 0x2), .moved(0x300, 0x100), .moved(0xc00, 0x1800),
      .moved(0x3000, 0x600), .moved(0x4000, 0x8000), .moved(0x8000, 0x2000),
      .moved(0x1_0000, 0x4000),
    ],
    // CBAUD, CSIZE CSTOPB CREAD PARENB PARODD HUPCL CLOCAL
    [
      speed, .moved(0x300, 0x30), .bit(0x400, 0x40), .bit(0x800, 0x80), .bit(0x1000, 0x100),
      .bit(0x2000, 0x200), .bit(0x4000, 0x400), .bit(0x8000, 0x800),
    ],
    // ISIG ICANON XCASE ECHO ECHOE ECHOK ECHONL NOFLSH TOSTOP ECHOCTL ECHOPRT ECHOKE FLUSHO
    // PENDIN IEXTEN EXTPROC
    [
      .bit(0x80, 0x1), .bit(0x100, 0x2), .bit(0x4000, 0x4), .bit(0x8, 0x8), .bit(0x2, 0x10),
      .bit(0x4, 0x20), .bit(0x10, 0x40), .bit(0x8000_0000, 0x80), .bit(0x40_0000, 0x100),
      .bit(0x40, 0x200), .bit(0x20, 0x400), .bit(0x1, 0x800), .bit(0x80_0000, 0x1000),
      .bit(0x2000_0000, 0x4000), .bit(0x400, 0x8000), .bit(0x1000_0000, 0x1_0000),
    ],
  ]

  /// B0 to B38400 are 0 to 15 on both sides; B57600 to B4000000 are 0x10 to 0x1e on PowerPC and
  /// 0x1001 to 0x100f on x86-64. BOTHER is 0x1f and 0x1000.
  private static let speed = Field(
    guestMask: 0xff, hostMask: 0x100f,
    values: (0...15).map { ($0, $0) } + (0...14).map { (0x10 + $0, 0x1001 + $0) }
      + [(0x1f, 0x1000)])

  /// Bits that have the same place on both sides: the low ones of c_iflag with IXANY, IMAXBEL and
  /// IUTF8, and OPOST, OCRNL, ONOCR, ONLRET, OFILL, OFDEL of c_oflag; CMSPAR and CRTSCTS.
  private static let common: [UInt32] = [0x69ff, 0xf9, 0xc000_0000, 0]

  /// Host index of each control character, in PowerPC's order VINTR VQUIT VERASE VKILL VEOF VMIN
  /// VEOL VTIME VEOL2 VSWTC VWERASE VREPRINT VSUSP VSTART VSTOP VLNEXT VDISCARD.
  private static let hostIndex = [0, 1, 2, 3, 4, 6, 11, 5, 16, 7, 14, 12, 10, 8, 9, 15, 13]

  /// Reads the guest's structure: four words, c_cc[19], c_line, two speeds.
  init(guest: StructureReader) {
    for word in 0..<4 {
      let bits = guest.word(4 * word)
      flags[word] = bits & Self.common[word]
      for field in Self.fields[word] {
        let value = field.values.first { $0.guest == bits & field.guestMask }
        flags[word] |= value?.host ?? 0
      }
    }
    for (index, place) in Self.hostIndex.enumerated() {
      characters[place] = guest.bytes[16 + index]
    }
    line = guest.bytes[35]
  }

  /// Reads the host's structure: four words, c_line, c_cc[19].
  init(host: UnsafeRawPointer) {
    for word in 0..<4 { flags[word] = host.load(fromByteOffset: 4 * word, as: UInt32.self) }
    line = host.load(fromByteOffset: 16, as: UInt8.self)
    for index in 0..<19 {
      characters[index] = host.load(fromByteOffset: 17 + index, as: UInt8.self)
    }
  }

  /// Stores the host's structure.
  func store(in host: UnsafeMutableRawPointer) {
    for word in 0..<4 { host.storeBytes(of: flags[word], toByteOffset: 4 * word, as: UInt32.self) }
    host.storeBytes(of: line, toByteOffset: 16, as: UInt8.self)
    for index in 0..<19 {
      host.storeBytes(of: characters[index], toByteOffset: 17 + index, as: UInt8.self)
    }
  }

  /// The guest's structure.
  var structure: StructureWriter {
    var result = StructureWriter()
    for word in 0..<4 {
      var bits = flags[word] & Self.common[word]
      for field in Self.fields[word] {
        let value = field.values.first { $0.host == flags[word] & field.hostMask }
        bits |= value?.guest ?? 0
      }
      result.word(bits)
    }
    for place in Self.hostIndex { result.byte(characters[place]) }
    result.pad(to: 35)
    result.byte(line)
    // The speeds of the kernel's structure repeat c_cflag's code.
    let code = Self.speed.values.first { $0.host == flags[2] & 0x100f }?.guest ?? 0
    result.word(code)
    result.word(code)
    return result
  }

  /// Equal settings.
  static func == (a: TerminalSettings, b: TerminalSettings) -> Bool {
    (0..<4).allSatisfy { a.flags[$0] == b.flags[$0] } && a.characters == b.characters
      && a.line == b.line
  }
}
