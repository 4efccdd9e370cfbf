import CSys
import Glibc
import Memory

/// adjtimex(2) and clock_adjtime(2).
///
/// struct timex has 21 fields of a long or an int and 11 unused ints. The host has 8 bytes for each
/// of the 21, PowerPC's old form 4, and the form of time64 calls 8 with the ints in the first half.
enum ClockAdjustment {
  static let rows: [SystemCallRow] = [
    SystemCallRow(124, "adjtimex", "x", adjust),
    SystemCallRow(347, "clock_adjtime", "Cx", adjustClock),
    SystemCallRow(405, "clock_adjtime64", "Cx", adjustClock),
  ]

  private static let fieldCount = 21
  private static let hostSize = 208
  /// modes, status, shift, tai.
  private static let integers: Set<Int> = [0, 5, 14, 20]

  static func adjust(_ call: SystemCall) throws(Errno) -> Int {
    try adjust(call, call[0]) { (place) throws(Errno) in try hostCall(SYS_adjtimex, place) }
  }

  static func adjustClock(_ call: SystemCall) throws(Errno) -> Int {
    try adjust(call, call[1]) { (place) throws(Errno) in
      try hostCall(SYS_clock_adjtime, call.signed(0), place)
    }
  }

  private static func adjust(
    _ call: SystemCall, _ address: UInt32, _ body: (Int) throws(Errno) -> Int
  ) throws(Errno) -> Int {
    let isWide = call.number == 405
    let fields = try call.read(address, isWide ? hostSize : 128)
    return try withHostBytes(hostSize) { (place, bytes) throws(Errno) in
      for index in 0..<fieldCount {
        let isWord = !isWide || integers.contains(index)
        let offset = (isWide ? 8 : 4) * index
        let value =
          isWord ? fields.signed(offset) : Int(bitPattern: UInt(fields.doubleword(offset)))
        bytes.storeBytes(of: value, toByteOffset: 8 * index, as: Int.self)
      }
      let result = try body(place)
      var stored = StructureWriter(capacity: hostSize)
      for index in 0..<fieldCount {
        let value = bytes.load(fromByteOffset: 8 * index, as: Int.self)
        if isWide && !integers.contains(index) {
          stored.doubleword(value)
        } else {
          stored.word(value)
          if isWide { stored.pad(to: 8 * (index + 1)) }
        }
      }
      stored.pad(to: isWide ? hostSize : 128)
      try call.write(address, stored)
      return result
    }
  }
}
