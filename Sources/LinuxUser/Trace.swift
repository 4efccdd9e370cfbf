import Glibc
import Memory

/// `-strace`: a line for each call, in QEMU's form: `PID write(1,0x100100fc,3) = 3`; the number is the
/// thread's. Where there are several threads, a line is printed when its call returns.
extension LinuxProcess {
  /// Prints a call before it is made.
  func traceStart(_ call: SystemCall, _ row: SystemCallRow?) {
    let arguments = row.map { TraceText.arguments(call, $0) } ?? TraceText.unknown(call)
    let name = row.map { "\($0.name)" } ?? SystemCallNames.name(call.number)
    let thread = current
    let text = "\(lock.isShared ? thread.number : getpid()) \(name)(\(arguments))"
    // A call that does not return prints its line alone; clone may begin a thread.
    let isLast = call.number == 1 || call.number == 234
    if lock.isShared && !isLast || call.number == 120 {
      thread.tracedCall = text
    } else {
      traceOutput(isLast ? text + "\n" : text)
    }
  }

  /// Prints the result.
  func traceEnd(_ call: SystemCall, _ row: SystemCallRow?, _ result: Int) {
    let thread = current
    if status(of: thread) != nil || thread.hasEnded { return }
    traceOutput(thread.tracedCall + TraceText.result(call.number, result) + "\n")
    thread.tracedCall = ""
  }
}

/// The texts of arguments and results.
enum TraceText {
  /// Calls whose result is an address.
  private static let addresses: Set<Int> = [45, 90, 163, 192, 397]

  static func result(_ number: Int, _ result: Int) -> String {
    if result == SystemCallResult.registersSet {
      return " = -1 errno=513 (Successful exit from sigreturn)"
    }
    if result == -Int(Errno.restart.rawValue) { return " = ? (to be restarted)" }
    if result < 0, result >= -4095 {
      return " = -1 errno=\(-result) (\(String(cString: strerror(Int32(-result)))))"
    }
    if addresses.contains(number) { return " = " + hex(UInt32(truncatingIfNeeded: result)) }
    return " = \(Int32(truncatingIfNeeded: result))"
  }

  static func hex(_ value: UInt32) -> String {
    let digits = String(value, radix: 16)
    return "0x" + String(repeating: "0", count: 8 - digits.count) + digits
  }

  /// A call that is not in the table: all six numbers.
  static func unknown(_ call: SystemCall) -> String {
    (0..<6).map { String(call.signed($0)) }.joined(separator: ",")
  }

  static func arguments(_ call: SystemCall, _ row: SystemCallRow) -> String {
    var texts: [String] = []
    var index = 0
    for position in 0..<row.arguments.utf8CodeUnitCount where index < 6 {
      let kind = Character(UnicodeScalar(row.arguments.utf8Start[position]))
      if kind == "o", opensOnly(call, row, position) { break }
      if kind == "l" {
        index += index & 1
        texts.append(String(call.pair(min(index, 4))))
        index += 2
      } else {
        texts.append(text(call, kind, call[index]))
        index += 1
      }
    }
    return texts.joined(separator: ",")
  }

  /// Whether an argument is the mode of an `open` that does not create (O_CREAT).
  private static func opensOnly(
    _ call: SystemCall, _ row: SystemCallRow, _ position: Int
  ) -> Bool {
    position > 0 && row.arguments.utf8Start[position - 1] == UInt8(ascii: "O")
      && call[position - 1] & 0o100 == 0
  }

  private static func text(_ call: SystemCall, _ kind: Character, _ value: UInt32) -> String {
    switch kind {
    case "d", "f": String(Int32(bitPattern: value))
    case "u": String(value)
    case "s", "p": string(call, value)
    case "D": Int32(bitPattern: value) == -100 ? "AT_FDCWD" : String(Int32(bitPattern: value))
    case "o": "0" + String(value, radix: 8)
    case "O": openFlags(value)
    case "P": flags(value, [(1, "PROT_READ"), (2, "PROT_WRITE"), (4, "PROT_EXEC")], "PROT_NONE")
    case "M": flags(value, mapFlags, "0")
    case "A": flags(value, [(4, "R_OK"), (2, "W_OK"), (1, "X_OK")], "F_OK")
    case "I": IOControl.row(value).map { "\($0.name)" } ?? hex(value)
    default: symbol(kind, value) ?? (value == 0 ? "NULL" : hex(value))
    }
  }

  private static let symbols: [Character: [String]] = [
    "W": ["SEEK_SET", "SEEK_CUR", "SEEK_END"],
    "H": ["SIG_BLOCK", "SIG_UNBLOCK", "SIG_SETMASK"],
    "C": [
      "CLOCK_REALTIME", "CLOCK_MONOTONIC", "CLOCK_PROCESS_CPUTIME_ID",
      "CLOCK_THREAD_CPUTIME_ID", "CLOCK_MONOTONIC_RAW", "CLOCK_REALTIME_COARSE",
      "CLOCK_MONOTONIC_COARSE", "CLOCK_BOOTTIME",
    ],
    "S": [
      "0", "SIGHUP", "SIGINT", "SIGQUIT", "SIGILL", "SIGTRAP", "SIGABRT", "SIGBUS", "SIGFPE",
      "SIGKILL", "SIGUSR1", "SIGSEGV", "SIGUSR2", "SIGPIPE", "SIGALRM", "SIGTERM", "SIGSTKFLT",
      "SIGCHLD", "SIGCONT", "SIGSTOP", "SIGTSTP", "SIGTTIN", "SIGTTOU", "SIGURG", "SIGXCPU",
      "SIGXFSZ", "SIGVTALRM", "SIGPROF", "SIGWINCH", "SIGIO", "SIGPWR", "SIGSYS",
    ],
  ]

  /// The name of a value, its number where there is none; nil for a kind without names.
  private static func symbol(_ kind: Character, _ value: UInt32) -> String? {
    guard let names = symbols[kind] else { return nil }
    return value < UInt32(names.count) ? names[Int(value)] : String(Int32(bitPattern: value))
  }

  private static let mapFlags: [(UInt32, String)] = [
    (1, "MAP_SHARED"), (2, "MAP_PRIVATE"), (0x10, "MAP_FIXED"), (0x20, "MAP_ANONYMOUS"),
    (0x40, "MAP_NORESERVE"), (0x80, "MAP_LOCKED"), (0x100, "MAP_GROWSDOWN"),
    (0x800, "MAP_DENYWRITE"), (0x1000, "MAP_EXECUTABLE"), (0x8000, "MAP_POPULATE"),
    (0x1_0000, "MAP_NONBLOCK"), (0x2_0000, "MAP_STACK"), (0x4_0000, "MAP_HUGETLB"),
    (0x10_0000, "MAP_FIXED_NOREPLACE"),
  ]

  private static let openFlagNames: [(UInt32, String)] = [
    (0o100, "O_CREAT"), (0o200, "O_EXCL"), (0o400, "O_NOCTTY"), (0o1000, "O_TRUNC"),
    (0o2000, "O_APPEND"), (0o4000, "O_NONBLOCK"), (0o10000, "O_DSYNC"), (0o20000, "O_ASYNC"),
    (0o40000, "O_DIRECTORY"), (0o100000, "O_NOFOLLOW"), (0o200000, "O_LARGEFILE"),
    (0o400000, "O_DIRECT"), (0o1000000, "O_NOATIME"), (0o2000000, "O_CLOEXEC"),
    (0o10000000, "O_PATH"),
  ]

  private static func openFlags(_ value: UInt32) -> String {
    let access = ["O_RDONLY", "O_WRONLY", "O_RDWR", "O_ACCMODE"][Int(value & 3)]
    let others = value & ~3
    return others == 0 ? access : access + "|" + flags(others, openFlagNames, "0")
  }

  /// Names of bits joined by "|", what has no name as a number.
  private static func flags(
    _ value: UInt32, _ names: [(UInt32, String)], _ none: String
  ) -> String {
    var rest = value
    var texts: [String] = []
    for (bit, name) in names where value & bit != 0 {
      texts.append(name)
      rest &= ~bit
    }
    if rest != 0 { texts.append("0x" + String(rest, radix: 16)) }
    return texts.isEmpty ? none : texts.joined(separator: "|")
  }

  private static func string(_ call: SystemCall, _ address: UInt32) -> String {
    guard address != 0 else { return "NULL" }
    guard case .success(let bytes) = call.copy.readCString(address) else { return hex(address) }
    return "\"" + String(decoding: bytes, as: UTF8.self) + "\""
  }
}
