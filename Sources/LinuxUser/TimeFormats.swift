import Glibc
import Memory

/// The two widths of times: the old calls' 32-bit seconds, and time64's.
enum TimeFormat {
  case word, doubleword

  /// Bytes of a timespec or timeval.
  var size: UInt32 { self == .word ? 8 : 16 }

  /// Reads a timespec. Of a time64 nanosecond count only the low word matters.
  func timespec(_ call: SystemCall, _ address: UInt32) throws(Errno) -> timespec {
    let fields = try call.read(address, Int(size))
    switch self {
    case .word: return Glibc.timespec(tv_sec: fields.signed(0), tv_nsec: fields.signed(4))
    case .doubleword:
      let seconds = Int(bitPattern: UInt(fields.doubleword(0)))
      return Glibc.timespec(tv_sec: seconds, tv_nsec: fields.signed(12))
    }
  }

  /// Reads a timespec that may be absent.
  func optional(_ call: SystemCall, _ address: UInt32) throws(Errno) -> timespec? {
    address == 0 ? nil : try timespec(call, address)
  }

  /// Appends two numbers: seconds, and nano- or microseconds.
  func append(_ seconds: Int, _ fraction: Int, _ result: inout StructureWriter) {
    if self == .word {
      result.word(seconds)
      result.word(fraction)
    } else {
      result.doubleword(seconds)
      result.doubleword(fraction)
    }
  }

  /// Stores a timespec.
  func store(_ time: timespec, _ call: SystemCall, _ address: UInt32) throws(Errno) {
    var result = StructureWriter(capacity: 16)
    append(time.tv_sec, time.tv_nsec, &result)
    try call.write(address, result)
  }
}

/// A pair of timespecs (itimerspec: the interval, then the value).
struct TimerTimes: BitwiseCopyable {
  var interval = timespec()
  var value = timespec()

  init() {}

  init(_ format: TimeFormat, _ call: SystemCall, _ address: UInt32) throws(Errno) {
    interval = try format.timespec(call, address)
    value = try format.timespec(call, address &+ format.size)
  }

  func store(_ format: TimeFormat, _ call: SystemCall, _ address: UInt32) throws(Errno) {
    var result = StructureWriter()
    format.append(interval.tv_sec, interval.tv_nsec, &result)
    format.append(value.tv_sec, value.tv_nsec, &result)
    try call.write(address, result)
  }
}

/// Calls with a host timespec for an optional one of the guest's; its address is 0 without.
func withTimespec<R>(
  _ time: timespec?, _ body: (Int, UnsafeMutablePointer<timespec>?) throws(Errno) -> R
) throws(Errno) -> R {
  guard let time else { return try body(0, nil) }
  return try withHostStructure(time) { (address, place) throws(Errno) in
    try body(address, place)
  }
}
