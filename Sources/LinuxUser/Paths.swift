import CSys
import Glibc
import Memory

/// Names of files as the guest sees them: `-L` first for lookups, and the files of /proc that
/// tell of the guest instead of us.
extension SystemCall {
  /// AT_FDCWD.
  static let currentDirectory = -100

  /// The host address of a name for a call that looks up something that is there. Names are
  /// passed in place unless `-L` or /proc ask for another.
  func lookup(_ address: UInt32) throws(Errno) -> Int {
    let direct = try source(address)
    guard let name = try absoluteName(address) else { return direct }
    if ProcessFiles.isExecutable(name, process) { return process.keepPath(process.executablePath) }
    guard let inside = process.inSysroot(name) else { return direct }
    return process.keepPath(inside)
  }

  /// The name at an address if it is absolute and may stand for another file.
  func absoluteName(_ address: UInt32) throws(Errno) -> String? {
    guard address != 0, copy.readByte(address) == UInt8(ascii: "/") else { return nil }
    if process.options.sysroot.isEmpty {
      // Without -L only /proc is of interest.
      guard let start = copy.readBytes(address, 5), start == Array("/proc".utf8) else {
        return nil
      }
    }
    return try string(address)
  }
}

extension LinuxProcess {
  /// Keeps a name in host memory until the next call; its address.
  func keepPath(_ path: String) -> Int {
    let bytes = Array(path.utf8.prefix(Self.pathCapacity - 1)) + [0]
    let buffer = current.pathBuffer
    buffer.copyMemory(from: bytes, byteCount: bytes.count)
    return Int(bitPattern: buffer)
  }

  /// Bytes for a kept name.
  static let pathCapacity = 8192
}

/// Files of /proc whose contents are the guest's.
enum ProcessFiles {
  /// Whether a name is that of the running program: /proc/self/exe or /proc/PID/exe.
  static func isExecutable(_ name: String, _ process: LinuxProcess) -> Bool {
    ownEntry(name, process) == "exe"
  }

  /// Whether a name is that of our own memory, as the whole process's or a thread's.
  static func isMemory(_ name: String, _ process: LinuxProcess) -> Bool {
    guard let entry = ownEntry(name, process) else { return false }
    return entry == "mem" || entry.hasPrefix("task/") && entry.hasSuffix("/mem")
  }

  /// The part behind "/proc/self/" or "/proc/PID/" with our own number.
  static func ownEntry(_ name: String, _ process: LinuxProcess) -> Substring? {
    guard name.hasPrefix("/proc/") else { return nil }
    for prefix in ["/proc/self/", "/proc/\(process.number)/", "/proc/thread-self/"]
    where name.hasPrefix(prefix) {
      return name.dropFirst(prefix.count)
    }
    return nil
  }

  /// The contents of a file that shows the guest, nil for every other file.
  static func contents(_ name: String, _ process: LinuxProcess) -> [UInt8]? {
    if name == "/proc/cpuinfo" { return Array(processorInformation.utf8) }
    switch ownEntry(name, process) {
    case "cmdline":
      let strings = process.argumentStrings
      return GuestCopy(process.space).readBytes(strings.lowerBound, strings.count)
    case "auxv":
      var words = StructureWriter()
      for word in process.auxiliaryVector { words.word(word) }
      return words.bytes
    case "maps": return Array(maps(process).utf8)
    default: return nil
    }
  }

  private static let processorInformation = """
    processor\t: 0
    cpu\t\t: 750
    clock\t\t: 1000.000000MHz
    revision\t: 3.1 (pvr 0008 0301)

    platform\t: PowerMac

    """

  /// One line for each range: addresses, access, then the heap and the stack named.
  private static func maps(_ process: LinuxProcess) -> String {
    var result = ""
    for (start, end, flags) in process.space.ranges() {
      let access =
        (flags.contains(.readable) ? "r" : "-") + (flags.contains(.writable) ? "w" : "-")
        + (flags.contains(.executable) ? "x" : "-") + (flags.contains(.shared) ? "s" : "p")
      var line = "\(hex(UInt64(start)))-\(hex(end)) \(access) 00000000 00:00 0"
      if process.stackRange.contains(start) { line += "                          [stack]" }
      if start == process.space.heapStart { line += "                          [heap]" }
      result += line + "\n"
    }
    return result
  }

  private static func hex(_ value: UInt64) -> String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: max(0, 8 - digits.count)) + digits
  }

  /// An anonymous file with some contents, at its beginning; the descriptor.
  static func open(_ contents: [UInt8], closesOnExec: Bool) throws(Errno) -> Int {
    let descriptor = memfd_create("guest-proc", closesOnExec ? MFD_CLOEXEC : 0)
    guard descriptor >= 0 else { throw Errno(csys_errno()) }
    _ = contents.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
    lseek(descriptor, 0, SEEK_SET)
    return Int(descriptor)
  }
}
