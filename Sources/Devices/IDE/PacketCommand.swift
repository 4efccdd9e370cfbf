/// A packet command of a CD-ROM drive: what it needs, and what it does with its packet.
struct PacketCommand: Sendable {
  /// The standard's name.
  let name: String
  /// Whether it fails without a medium.
  var needsMedium = false
  /// Whether it is done even when the medium has changed.
  var isAlwaysAnswered = false
  /// Whether it leaves what the last command had to tell.
  var keepsSense = false
  /// Given the packet.
  let perform: @Sendable (ATAPICDROM, [UInt8]) -> Void

  /// The commands by operation code; those that are not here are illegal.
  static let table: [UInt8: PacketCommand] = [
    0x00: PacketCommand(name: "TEST UNIT READY", needsMedium: true) { drive, _ in
      drive.finish()
    },
    0x03: PacketCommand(name: "REQUEST SENSE", isAlwaysAnswered: true, keepsSense: true) {
      $0.requestSense($1)
    },
    0x12: PacketCommand(name: "INQUIRY", isAlwaysAnswered: true) { $0.inquire($1) },
    0x1b: PacketCommand(name: "START STOP UNIT") { $0.startStop($1) },
    0x1e: PacketCommand(name: "PREVENT ALLOW MEDIUM REMOVAL") { drive, packet in
      drive.isLocked = packet[4] & 1 != 0
      drive.finish()
    },
    0x25: PacketCommand(name: "READ CAPACITY", needsMedium: true) { drive, _ in
      drive.readCapacity()
    },
    0x28: PacketCommand(name: "READ (10)", needsMedium: true) { drive, packet in
      drive.read(UInt64(packet.number(2, 4)), count: packet.number(7, 2))
    },
    0x2b: PacketCommand(name: "SEEK (10)", needsMedium: true) { drive, packet in
      UInt64(packet.number(2, 4)) < drive.blockCount ? drive.finish() : drive.check(.outOfRange)
    },
    0x43: PacketCommand(name: "READ TOC", needsMedium: true) { $0.readTOC($1) },
    0x46: PacketCommand(name: "GET CONFIGURATION", isAlwaysAnswered: true) {
      $0.getConfiguration($1)
    },
    0x4a: PacketCommand(name: "GET EVENT STATUS NOTIFICATION", isAlwaysAnswered: true) {
      $0.getEventStatus($1)
    },
    0x51: PacketCommand(name: "READ DISC INFORMATION", needsMedium: true) {
      $0.readDiscInformation($1)
    },
    0x5a: PacketCommand(name: "MODE SENSE (10)") { $0.modeSense($1) },
    0xa8: PacketCommand(name: "READ (12)", needsMedium: true) { drive, packet in
      drive.read(UInt64(packet.number(2, 4)), count: packet.number(6, 4))
    },
    // There are images of the data only, none of what else is on a DVD.
    0xad: PacketCommand(name: "READ DVD STRUCTURE", needsMedium: true) { drive, _ in
      drive.check(.incompatibleMedium)
    },
    0xbb: PacketCommand(name: "SET CD SPEED") { drive, _ in drive.finish() },
    0xbd: PacketCommand(name: "MECHANISM STATUS") { drive, packet in
      drive.reply([0, 0, 0, 0, 0, 1, 0, 0], allocation: packet.number(8, 2))
    },
    0xbe: PacketCommand(name: "READ CD", needsMedium: true) { $0.readCD($1) },
  ]
}

extension Array where Element == UInt8 {
  /// A big-endian number of some bytes of a packet.
  func number(_ first: Int, _ count: Int) -> Int {
    self[first..<first + count].reduce(0) { $0 << 8 | Int($1) }
  }

  /// The bytes of a big-endian number.
  static func bigEndian(_ number: some BinaryInteger, _ count: Int) -> [UInt8] {
    (0..<count).reversed().map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
  }
}

extension ATAPICDROM {
  /// REQUEST SENSE: the fixed format, 18 bytes; what was told is forgotten.
  func requestSense(_ packet: [UInt8]) {
    let told = sense
    sense = .none
    var bytes = [UInt8](repeating: 0, count: 18)
    bytes[0] = 0xf0
    bytes[2] = told.key
    bytes[7] = 10
    bytes[12] = told.code
    bytes[13] = told.qualifier
    reply(bytes, allocation: Int(packet[4]))
  }

  /// START STOP UNIT: bit 1 opens or closes the tray, bit 0 says which.
  func startStop(_ packet: [UInt8]) {
    let (isEject, isStart) = (packet[4] & 2 != 0, packet[4] & 1 != 0)
    guard isEject else { return finish() }
    if !isStart, isLocked, !isTrayOpen { return check(.removalPrevented) }
    moveTray(isOpen: !isStart)
    finish()
  }

  /// READ CAPACITY: the last block, and bytes of a block.
  func readCapacity() {
    let last = min(blockCount &- 1, 0xffff_ffff)
    reply([UInt8].bigEndian(last, 4) + .bigEndian(Self.blockSize, 4), allocation: 8)
  }

  /// READ CD: the user data of a data track, or nothing of it.
  func readCD(_ packet: [UInt8]) {
    let count = packet.number(6, 3)
    guard count > 0 else { return finish() }
    switch packet[9] & 0xf8 {
    case 0x00: finish()
    case 0x10: read(UInt64(packet.number(2, 4)), count: count)
    default: check(.invalidField)
    }
  }
}
