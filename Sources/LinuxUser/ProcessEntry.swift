import CSys
import Glibc
import Memory

/// A file of a directory of /proc that tells of one process or thread, or /proc/cpuinfo: proc(5).
///
/// By whatever name it is reached (relative, below a descriptor, by links, by numbers), the host's
/// kernel says which one it is.
struct ProcessEntry {
  /// Whose it is.
  enum Owner {
    /// No process's.
    case machine
    /// The process's, or one of its threads'.
    case own(LinuxThread?)
    /// Another guest's, with the number of its process.
    case guest(Int32)
  }

  /// The host's name, without links.
  let path: String
  /// The last part of the name.
  let file: Substring
  let owner: Owner

  /// Last parts of names that are looked at.
  private static let files = [
    "auxv", "cmdline", "cpuinfo", "environ", "exe", "maps", "mem", "smaps", "smaps_rollup",
    "stat", "statm", "status",
  ].map { Array($0.utf8) }

  /// The file that the bytes of a name lead to from a directory, if it is such a one.
  static func find(
    _ name: [UInt8], from directory: Int = SystemCall.currentDirectory, _ process: LinuxProcess
  ) -> ProcessEntry? {
    let last = name.lastIndex(of: UInt8(ascii: "/")).map { name[($0 + 1)...] } ?? name[...]
    guard files.contains(where: { $0.count == last.count && $0.elementsEqual(last) }) else {
      return nil
    }
    guard let path = canonical(name, directory) else { return nil }
    return ProcessEntry(path, process)
  }

  /// The name without links of a file of /proc, wherever that is mounted.
  private static func canonical(_ name: [UInt8], _ directory: Int) -> String? {
    let flags = Int(FileFlags.pathOnly) | Int(O_NOFOLLOW | O_CLOEXEC)
    let opened = try? (name + [0]).withErrnoPointer { (address) throws(Errno) in
      try hostCall(SYS_openat, directory, address, flags)
    }
    guard let opened else { return nil }
    defer { close(Int32(opened)) }
    // PROC_SUPER_MAGIC in the first doubleword of struct statfs.
    let system = try? withHostBytes(120) { (address, bytes) throws(Errno) in
      try hostCall(SYS_fstatfs, opened, address)
      return bytes.load(as: Int.self)
    }
    guard system == 0x9fa0 else { return nil }
    return HostFile.link("/proc/self/fd/\(opened)")
  }

  private init?(_ path: String, _ process: LinuxProcess) {
    var parts = path.split(separator: "/")
    guard let file = parts.popLast() else { return nil }
    (self.path, self.file) = (path, file)
    guard let number = parts.popLast().flatMap({ Int32($0) }) else {
      guard file == "cpuinfo" else { return nil }
      owner = .machine
      return
    }
    let isTask = parts.last == "task"
    let whole = isTask ? parts.dropLast().last.flatMap { Int32($0) } ?? number : number
    let thread = process.thread(number)
    if whole == process.number || thread != nil {
      owner = .own(isTask || whole != process.number ? thread : nil)
    } else if Self.isGuest(whole) {
      owner = .guest(whole)
    } else {
      return nil
    }
  }

  /// Whether a process of the host's runs a guest: it executes the same file as this one.
  private static func isGuest(_ number: Int32) -> Bool {
    var (own, other) = (stat(), stat())
    return stat("/proc/self/exe", &own) == 0 && stat("/proc/\(number)/exe", &other) == 0
      && own.st_dev == other.st_dev && own.st_ino == other.st_ino
  }

  /// The program's file, if this is the link to it.
  func executable(_ process: LinuxProcess) -> String? {
    guard file == "exe" else { return nil }
    switch owner {
    case .machine: return nil
    case .own: return process.executablePath
    case .guest(let number): return GuestBeside(number)?.executable
    }
  }

  /// Whether this is memory that is not the guest's to see.
  var isMemory: Bool {
    if case .own = owner { return file == "mem" }
    return false
  }
}

extension LinuxProcess {
  /// The thread with a number.
  func thread(_ number: Int32) -> LinuxThread? {
    current.number == number ? current : threads.first { $0.number == number }
  }
}

/// What files of the host's hold.
enum HostFile {
  /// The text; nil if it cannot be read.
  static func text(_ name: String) -> String? {
    let descriptor = Glibc.open(name, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 14)
    while true {
      let count = read(descriptor, &buffer, buffer.count)
      if count <= 0 { return count < 0 ? nil : String(decoding: bytes, as: UTF8.self) }
      bytes += buffer[..<count]
    }
  }

  /// A number of eight digits or more, as addresses are shown.
  static func hexadecimal(_ value: UInt64) -> String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: max(0, 8 - digits.count)) + digits
  }

  /// Where a link leads.
  static func link(_ name: String) -> String? {
    var buffer = [CChar](repeating: 0, count: 4096)
    let count = readlink(name, &buffer, buffer.count)
    guard count > 0 else { return nil }
    return String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
