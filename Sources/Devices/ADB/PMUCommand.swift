import Machine

/// A command of the PMU: its code, the bytes that go with it, and what it does.
///
/// The lengths are part of the protocol: where none is given, a length byte is sent first.
struct PMUCommand: Sendable {
  /// QEMU's name where it has the command.
  let name: String
  /// The bytes after the code, nil if counted.
  let parameters: Int?
  /// The bytes of the answer, nil if counted.
  let answer: Int?
  /// Given the parameters; the answer.
  let perform: @Sendable (PMU, [UInt8]) -> [UInt8]

  init(
    _ name: String, _ parameters: Int?, _ answer: Int?,
    perform: @escaping @Sendable (PMU, [UInt8]) -> [UInt8]
  ) {
    self.name = name
    self.parameters = parameters
    self.answer = answer
    self.perform = perform
  }

  /// A command about hardware that no machine here has: it is taken and answered with zeros.
  static func ignored(_ name: String, _ parameters: Int?, _ answer: Int?) -> PMUCommand {
    PMUCommand(name, parameters, answer) { _, _ in [UInt8](repeating: 0, count: answer ?? 0) }
  }

  /// The commands by code.
  static let table: [UInt8: PMUCommand] = [
    0x10: .ignored("POWER CONTROL 0", 1, 0),
    0x11: .ignored("POWER CONTROL", 1, 0),
    0x20: PMUCommand("ADB COMMAND", nil, 0) { $0.adbCommand($1) },
    0x21: PMUCommand("ADB POLL OFF", 0, 0) { pmu, _ in
      pmu.polledDevices = 0
      return []
    },
    0x30: PMUCommand("SET RTC", 4, 0) { pmu, data in
      _ = pmu.clock.set(data)
      return []
    },
    0x33: .ignored("WRITE NVRAM", 3, 0),
    0x38: PMUCommand("GET RTC", 0, 4) { pmu, _ in pmu.clock.bytes },
    0x3b: .ignored("READ NVRAM", 2, 1),
    0x40: .ignored("SET VOLUME BUTTON", 1, 0),
    0x41: .ignored("BACKLIGHT BRIGHTNESS", 1, 0),
    0x48: .ignored("GET VOLUME BUTTON", 0, 1),
    0x49: .ignored("GET BACKLIGHT BRIGHTNESS", 0, 1),
    0x4c: .ignored("EJECT PC CARD", 1, 0),
    0x6b: .ignored("BATTERY STATE", 0, 8),
    0x6f: .ignored("SMART BATTERY STATE", nil, nil),
    0x70: PMUCommand("SET INT MASK", 1, 0) { pmu, data in
      pmu.setInterruptMask(data.first ?? 0)
      return []
    },
    0x78: PMUCommand("INT ACK", 0, nil) { pmu, _ in pmu.acknowledgeInterrupt() },
    0x7d: .ignored("CPU SPEED", 5, 1),
    0x7e: PMUCommand("SHUTDOWN", 4, 1) { pmu, data in
      if data == Array("MATT".utf8) { pmu.powerOff() }
      return [0]
    },
    0x7f: .ignored("SLEEP", 4, 1),
    0x8f: PMUCommand("POWER EVENTS", nil, nil) { $0.powerEvents($1) },
    0x9a: PMUCommand("I2C", nil, nil) { _, _ in [0xff] },
    0xd0: PMUCommand("RESET", 0, 0) { pmu, _ in
      pmu.restart()
      return []
    },
    0xd9: .ignored("GET BRIGHTNESS BUTTON", 1, 1),
    0xdc: .ignored("GET COVER", 0, 1),
    0xdf: .ignored("SYSTEM READY", nil, nil),
    0xe2: .ignored("DOWNLOAD STATUS", 0, 1),
    0xe8: .ignored("READ PMU RAM", 3, nil),
    0xea: PMUCommand("GET VERSION", 0, 1) { _, _ in [1] },
  ]

  /// The bytes that go with a code; for one that is not in the table: parameters are counted, an
  /// answer comes, counted, if bit 3 is set.
  static func lengths(of code: UInt8) -> (parameters: Int?, answer: Int?) {
    if let row = table[code] { return (row.parameters, row.answer) }
    return (nil, code & 8 == 0 ? 0 : nil)
  }

  /// Does a command; one that is not in the table has an empty answer.
  static func perform(_ code: UInt8, _ pmu: PMU, _ data: [UInt8]) -> [UInt8] {
    guard let row = table[code] else {
      TraceEvent.pmuDispatchUnknown("Unknown PMU command \(HexText.byte(code))!")
      return []
    }
    TraceEvent.pmuDispatch("handling command \(row.name)")
    return row.perform(pmu, data)
  }
}

extension PMU {
  /// The first parameter of an ADB command that sets polling instead.
  private static let setPolling: (UInt8, UInt8) = (0x00, 0x86)

  /// ADB COMMAND: the command byte, flags, the number of bytes to be listened to, those bytes.
  /// Its answer comes with an interrupt.
  func adbCommand(_ data: [UInt8]) -> [UInt8] {
    guard data.count >= 2 else { return [] }
    if data.count >= 4, data[0] == Self.setPolling.0, data[1] == Self.setPolling.1 {
      let mask = UInt16(data[2]) << 8 | UInt16(data[3])
      TraceEvent.pmuSetPolling("ADB set autopoll, mask=\(HexText.plain(mask))")
      polledDevices = mask
      return []
    }
    guard let adb else {
      TraceEvent.pmuNoBus("ADB request on a machine without ADB")
      finishADB([0])
      return []
    }
    let count = data.count > 2 ? Int(data[2]) : 0
    let bytes = Array(data.dropFirst(3).prefix(count))
    TraceEvent.pmuADBRequest(
      "ADB request: len=\(data.count), cmd=\(HexText.byte(data[0])), "
        + "pflags=\(HexText.byte(data[1])), adblen=\(count)")
    let reply = adb.request([data[0]] + bytes)
    TraceEvent.pmuADBReply("ADB reply is \(reply.map { $0.count } ?? -2) bytes")
    if let reply, !reply.isEmpty {
      finishADB([1, UInt8(truncatingIfNeeded: reply.count)] + reply)
    } else {
      finishADB([0])
    }
    return []
  }

  /// POWER EVENTS: getting (0, 3), setting and clearing what may switch the machine on or wake it.
  func powerEvents(_ data: [UInt8]) -> [UInt8] {
    data.first == 0 || data.first == 3 ? [0, 0] : []
  }
}
