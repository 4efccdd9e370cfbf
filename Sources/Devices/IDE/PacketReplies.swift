/// Answers about the drive and its medium.
extension ATAPICDROM {
  // MARK: The drive

  /// INQUIRY: the standard data, or the vital product pages 0x00, which there are, and 0x83,
  /// which drive it is.
  func inquire(_ packet: [UInt8]) {
    let allocation = packet.number(3, 2)
    guard packet[1] & 1 == 0 else {
      let page: [UInt8]
      switch packet[2] {
      case 0x00: page = [0x00, 0x83]
      case 0x83:
        let name = Self.padded("QEMU", 8) + Self.padded(model, 40) + Self.padded(serial, 20)
        // ASCII, of the type that begins with the vendor's name.
        page = [0x02, 0x01, 0x00, UInt8(name.count)] + name
      default: return check(.invalidField)
      }
      return reply([0x05, packet[2], 0x00, UInt8(page.count)] + page, allocation: allocation)
    }
    guard packet[2] == 0 else { return check(.invalidField) }
    // CD-ROM, removable, no SCSI version, ATAPI of the first transport, 31 bytes more.
    let head: [UInt8] = [0x05, 0x80, 0x00, 0x21, 31, 0, 0, 0]
    reply(
      head + Self.padded("QEMU", 8) + Self.padded(model, 16) + Self.padded("2.5+", 4),
      allocation: allocation)
  }

  /// Text, filled with blanks or cut.
  private static func padded(_ text: String, _ count: Int) -> [UInt8] {
    let bytes = Array(text.utf8.prefix(count))
    return bytes + [UInt8](repeating: 0x20, count: count - bytes.count)
  }

  /// MODE SENSE (10): pages 0x01, error recovery, and 0x2a, capabilities, or all.
  func modeSense(_ packet: [UInt8]) {
    let (control, page) = (packet[2] >> 6, packet[2] & 0x3f)
    guard control != 3 else { return check(.savedNotSupported) }
    let isChangeable = control == 1
    let pages: [UInt8: [UInt8]] = [
      0x01: [0x01, 0x06, 0, isChangeable ? 0 : 5, 0, 0, 0, 0],
      0x2a: isChangeable ? [0x2a, 0x14] + [UInt8](repeating: 0, count: 20) : capabilities,
    ]
    let data: [UInt8]
    if page == 0x3f {
      data = (pages[0x01] ?? []) + (pages[0x2a] ?? [])
    } else if let found = pages[page] {
      data = found
    } else {
      return check(.invalidField)
    }
    let kind: UInt8 = isTrayOpen ? 0x71 : hasMedium ? 0x01 : 0x70
    let head = [UInt8].bigEndian(data.count + 6, 2) + [kind, 0, 0, 0, 0, 0]
    reply(head + data, allocation: packet.number(7, 2))
  }

  /// Page 0x2a.
  private var capabilities: [UInt8] {
    var page: [UInt8] = [0x2a, 0x14]
    page += [0x3b, 0x00]  // Reads CD-R, CD-RW, DVD-ROM, DVD-R, DVD-RAM; writes nothing.
    page += [0x71, 0x60]  // Plays audio, mode 2 forms 1 and 2, multisession; ISRC, UPC.
    page += [UInt8(0x29) | (isLocked ? 2 : 0), 0x00]  // A tray that can be locked and ejects.
    page += .bigEndian(704, 2)  // Kilobytes a second at most,
    page += [0, 2]  // volume levels,
    page += .bigEndian(512, 2)  // kilobytes of buffer,
    page += .bigEndian(704, 2) + [0, 0, 0, 0, 0, 0]  // kilobytes a second now.
    return page
  }

  /// The profiles of GET CONFIGURATION.
  private enum Profile {
    static let cd = 0x0008
    static let dvd = 0x0010
  }

  /// Blocks above which a medium is a DVD: an 80-minute CD has 360,000 at most.
  private static let largestCD: UInt64 = 360_000

  /// GET CONFIGURATION: profiles, core, removable medium.
  func getConfiguration(_ packet: [UInt8]) {
    let kind = packet[1] & 3
    guard kind != 3 else { return check(.invalidField) }
    let first = packet.number(2, 2)
    let profile = !hasMedium ? 0 : blockCount > Self.largestCD ? Profile.dvd : Profile.cd
    let profiles = [Profile.dvd, Profile.cd].flatMap { row -> [UInt8] in
      .bigEndian(row, 2) + [row == profile ? 1 : 0, 0]
    }
    let features: [(code: Int, flags: UInt8, data: [UInt8])] = [
      (0x0000, 0x03, profiles),
      (0x0001, 0x0b, [0, 0, 0, 2, 1, 0, 0, 0]),  // ATAPI.
      (0x0003, 0x03, [0x29, 0, 0, 0]),  // A tray that can be locked and ejects.
    ]
    let chosen = features.filter { kind == 2 ? $0.code == first : $0.code >= first }
    let body = chosen.flatMap { row -> [UInt8] in
      .bigEndian(row.code, 2) + [row.flags, UInt8(row.data.count)] + row.data
    }
    let head = [UInt8].bigEndian(body.count + 4, 4) + [0, 0] + .bigEndian(profile, 2)
    reply(head + body, allocation: packet.number(7, 2))
  }

  /// GET EVENT STATUS NOTIFICATION: the class of media events.
  func getEventStatus(_ packet: [UInt8]) {
    // Without the immediate bit the drive would have to wait for an event.
    guard packet[1] & 1 != 0 else { return check(.invalidField) }
    let mediaClass: UInt8 = 4
    guard packet[4] & 1 << mediaClass != 0 else {
      return reply([0, 0, 0x80, 1 << mediaClass], allocation: packet.number(7, 2))
    }
    let event = mediumEvent
    mediumEvent = .none
    let status: UInt8 = (isTrayOpen ? 1 : 0) | (hasMedium ? 2 : 0)
    reply(
      [0, 4, mediaClass, 1 << mediaClass, event.rawValue, status, 0, 0],
      allocation: packet.number(7, 2))
  }

  // MARK: The medium

  /// READ TOC: formats 0, the tracks, and 1, the sessions: one data track.
  func readTOC(_ packet: [UInt8]) {
    let isMinutes = packet[1] & 2 != 0
    let format = packet[2] & 0xf != 0 ? packet[2] & 0xf : packet[9] >> 6
    let allocation = packet.number(7, 2)
    switch format {
    case 0:
      let track = packet[6]
      guard track <= 1 || track == Self.leadOut else { return check(.invalidField) }
      var entries: [UInt8] = []
      if track <= 1 { entries += [0, 0x14, 1, 0] + Self.address(0, isMinutes) }
      entries += [0, 0x16, Self.leadOut, 0] + Self.address(blockCount, isMinutes)
      reply([UInt8].bigEndian(entries.count + 2, 2) + [1, 1] + entries, allocation: allocation)
    case 1:
      reply([0, 10, 1, 1, 0, 0x14, 1, 0] + Self.address(0, isMinutes), allocation: allocation)
    default: check(.invalidField)
    }
  }

  /// The number of the lead-out, where the data end.
  private static let leadOut: UInt8 = 0xaa

  /// A block's address: a number, or minute, second and frame.
  private static func address(_ block: UInt64, _ isMinutes: Bool) -> [UInt8] {
    guard isMinutes else { return .bigEndian(min(block, 0xffff_ffff), 4) }
    let frames = block + 150
    return [0, frames / 75 / 60, frames / 75 % 60, frames % 75].map {
      UInt8(truncatingIfNeeded: $0)
    }
  }

  /// READ DISC INFORMATION: a complete disc with one session and one track.
  func readDiscInformation(_ packet: [UInt8]) {
    guard packet[1] & 7 == 0 else { return check(.invalidField) }
    var bytes = [UInt8](repeating: 0, count: 34)
    bytes[1] = 32
    bytes[2] = 0x0e
    for n in 3...6 { bytes[n] = 1 }
    bytes[7] = 0x20
    reply(bytes, allocation: packet.number(7, 2))
  }
}
