/// A command of a disk.
struct ATACommand: Sendable {
  /// The standard's name.
  let name: String
  /// What it does.
  let perform: @Sendable (ATADisk) -> Void

  private init(_ name: String, _ perform: @escaping @Sendable (ATADisk) -> Void) {
    self.name = name
    self.perform = perform
  }

  /// A command that only has to be acknowledged.
  private static func accepted(_ name: String) -> ATACommand { ATACommand(name) { $0.succeed() } }

  /// The commands by code; those that are not here are aborted.
  static let table: [UInt8: ATACommand] = ranges.merging(transfers) { $1 }.merging(others) { $1 }

  /// Commands of old that have sixteen codes each.
  private static let ranges: [UInt8: ATACommand] = {
    var rows: [UInt8: ATACommand] = [:]
    for code in UInt8(0x10)...0x1f { rows[code] = accepted("RECALIBRATE") }
    for code in UInt8(0x70)...0x7f { rows[code] = ATACommand("SEEK") { $0.seek() } }
    return rows
  }()

  private static let transfers: [UInt8: ATACommand] = [
    0x20: ATACommand("READ SECTORS") { $0.readPIO(block: 1, isExtended: false) },
    0x21: ATACommand("READ SECTORS") { $0.readPIO(block: 1, isExtended: false) },
    0x24: ATACommand("READ SECTORS EXT") { $0.readPIO(block: 1, isExtended: true) },
    0x25: ATACommand("READ DMA EXT") { $0.startDMA(isWrite: false, isExtended: true) },
    0x29: ATACommand("READ MULTIPLE EXT") { disk in
      disk.withMultiple { disk.readPIO(block: $0, isExtended: true) }
    },
    0x30: ATACommand("WRITE SECTORS") { $0.writePIO(block: 1, isExtended: false) },
    0x31: ATACommand("WRITE SECTORS") { $0.writePIO(block: 1, isExtended: false) },
    0x34: ATACommand("WRITE SECTORS EXT") { $0.writePIO(block: 1, isExtended: true) },
    0x35: ATACommand("WRITE DMA EXT") { $0.startDMA(isWrite: true, isExtended: true) },
    0x39: ATACommand("WRITE MULTIPLE EXT") { disk in
      disk.withMultiple { disk.writePIO(block: $0, isExtended: true) }
    },
    0x40: ATACommand("READ VERIFY SECTORS") { $0.verify(isExtended: false) },
    0x41: ATACommand("READ VERIFY SECTORS") { $0.verify(isExtended: false) },
    0x42: ATACommand("READ VERIFY SECTORS EXT") { $0.verify(isExtended: true) },
    0xc4: ATACommand("READ MULTIPLE") { disk in
      disk.withMultiple { disk.readPIO(block: $0, isExtended: false) }
    },
    0xc5: ATACommand("WRITE MULTIPLE") { disk in
      disk.withMultiple { disk.writePIO(block: $0, isExtended: false) }
    },
    0xc8: ATACommand("READ DMA") { $0.startDMA(isWrite: false, isExtended: false) },
    0xc9: ATACommand("READ DMA") { $0.startDMA(isWrite: false, isExtended: false) },
    0xca: ATACommand("WRITE DMA") { $0.startDMA(isWrite: true, isExtended: false) },
    0xcb: ATACommand("WRITE DMA") { $0.startDMA(isWrite: true, isExtended: false) },
  ]

  private static let others: [UInt8: ATACommand] = [
    0x27: ATACommand("READ NATIVE MAX ADDRESS EXT") { $0.readNativeMaximum(isExtended: true) },
    0x91: ATACommand("INITIALIZE DEVICE PARAMETERS") { $0.setTranslation() },
    0x94: accepted("STANDBY IMMEDIATE"),
    0x95: accepted("IDLE IMMEDIATE"),
    0x96: accepted("STANDBY"),
    0x97: accepted("IDLE"),
    0x98: ATACommand("CHECK POWER MODE") { $0.checkPowerMode() },
    0x99: accepted("SLEEP"),
    0xb0: ATACommand("SMART") { $0.smart() },
    0xc6: ATACommand("SET MULTIPLE MODE") { $0.setMultiple() },
    0xe0: accepted("STANDBY IMMEDIATE"),
    0xe1: accepted("IDLE IMMEDIATE"),
    0xe2: accepted("STANDBY"),
    0xe3: accepted("IDLE"),
    0xe5: ATACommand("CHECK POWER MODE") { $0.checkPowerMode() },
    0xe6: accepted("SLEEP"),
    0xe7: ATACommand("FLUSH CACHE") { $0.flush() },
    0xea: ATACommand("FLUSH CACHE EXT") { $0.flush() },
    0xec: ATACommand("IDENTIFY DEVICE") { $0.giveSector($0.identity) },
    0xef: ATACommand("SET FEATURES") { $0.setFeatures() },
    0xf8: ATACommand("READ NATIVE MAX ADDRESS") { $0.readNativeMaximum(isExtended: false) },
  ]
}

/// Commands that are more than a line.
extension ATADisk {
  /// READ and WRITE MULTIPLE are aborted before SET MULTIPLE MODE.
  func withMultiple(_ body: (Int) -> Void) {
    multiple == 0 ? fail(Failure.aborted) : body(multiple)
  }

  /// SET MULTIPLE MODE: a power of two up to the maximum, or 0 for none.
  func setMultiple() {
    let count = Int(registers.count)
    guard count <= Self.maximumMultiple, count & (count - 1) == 0 else {
      return fail(Failure.aborted)
    }
    multiple = count
    succeed()
  }

  func flush() {
    storage.flush() ? succeed() : fail(Failure.uncorrectable)
  }

  /// INITIALIZE DEVICE PARAMETERS: sectors per track, and the highest head.
  func setTranslation() {
    guard registers.count > 0 else { return fail(Failure.aborted) }
    sectorsPerTrack = UInt64(registers.count)
    heads = UInt64(device & 0xf) + 1
    succeed()
  }

  /// CHECK POWER MODE: active or idle.
  func checkPowerMode() {
    registers.count = 0xff
    succeed()
  }

  /// READ NATIVE MAX ADDRESS: the last sector.
  func readNativeMaximum(isExtended: Bool) {
    let limit: UInt64 = isExtended ? 0xffff_ffff_ffff : 0xfff_ffff
    let last = min(storage.sectorCount &- 1, limit)
    registers.low = UInt8(truncatingIfNeeded: last)
    registers.mid = UInt8(truncatingIfNeeded: last >> 8)
    registers.high = UInt8(truncatingIfNeeded: last >> 16)
    if isExtended {
      previous.low = UInt8(truncatingIfNeeded: last >> 24)
      previous.mid = UInt8(truncatingIfNeeded: last >> 32)
      previous.high = UInt8(truncatingIfNeeded: last >> 40)
    } else {
      device = device & 0xf0 | UInt8(truncatingIfNeeded: last >> 24) & 0xf
    }
    succeed()
  }

  /// SET FEATURES by the Features register; the ones that change nothing here are acknowledged.
  func setFeatures() {
    switch registers.features {
    case 0x02: isWriteCacheEnabled = true
    case 0x82:
      guard storage.flush() else { return fail(Failure.uncorrectable) }
      isWriteCacheEnabled = false
    case 0x03:
      guard setTransferMode(registers.count) else { return fail(Failure.aborted) }
    // Power management, acoustic management, read look-ahead, defaults at soft reset.
    case 0x05, 0x85, 0x42, 0xc2, 0x55, 0xaa, 0x66, 0xcc: break
    default: return fail(Failure.aborted)
    }
    succeed()
  }

  /// The kind of the mode is in bits 7 to 3, its number in bits 2 to 0.
  private func setTransferMode(_ mode: UInt8) -> Bool {
    let number = mode & 7
    switch mode >> 3 {
    case 0, 1:
      multiwordMode = nil
      ultraMode = nil
      return number <= 4
    case 2: return number <= 2
    case 4:
      guard number <= 2 else { return false }
      multiwordMode = number
      ultraMode = nil
      return true
    case 8:
      guard number <= 5 else { return false }
      ultraMode = number
      multiwordMode = nil
      return true
    default: return false
    }
  }
}
