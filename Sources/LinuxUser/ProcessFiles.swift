import CSys
import Glibc
import Memory

/// Files of /proc whose contents are the guest's: proc(5).
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
    if name == "/proc/cpuinfo" { return Array(processors(process.options).utf8) }
    switch ownEntry(name, process) {
    case "cmdline": return memory(process.argumentStrings, process)
    case "environ": return memory(process.environmentStrings, process)
    case "auxv":
      var words = StructureWriter()
      for word in process.auxiliaryVector { words.word(word) }
      return words.bytes
    case "maps": return Array(ProcessMaps(process).text.utf8)
    case "stat": return ProcessStatistics(process).line(name).map { Array($0.utf8) }
    case "statm": return ProcessStatistics(process).sizes(name).map { Array($0.utf8) }
    default: return nil
    }
  }

  private static func memory(_ range: Range<UInt32>, _ process: LinuxProcess) -> [UInt8]? {
    GuestCopy(process.space).readBytes(range.lowerBound, range.count)
  }

  /// /proc/cpuinfo as `show_cpuinfo` of arch/powerpc/kernel/setup-common.c prints it, with the
  /// host's number of processors.
  private static func processors(_ options: LinuxOptions) -> String {
    let version = options.processorVersion
    let (part, revision) = (version >> 16, version & 0xffff)
    let hasVectors = options.hardwareCapabilities & LinuxOptions.hasVectors != 0
    let one = """
      cpu\t\t: \(options.processorName)\(hasVectors ? ", altivec supported" : "")
      clock\t\t: 1000.000000MHz
      revision\t: \(revision >> 8).\(revision & 0xff) (pvr \(half(part)) \(half(revision)))
      bogomips\t: 50.00


      """
    let all = (0..<sysconf(Int32(_SC_NPROCESSORS_ONLN))).map { "processor\t: \($0)\n" + one }
    return all.joined() + "timebase\t: 25000000\nplatform\t: PowerMac\n"
  }

  private static func half(_ value: UInt32) -> String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: 4 - digits.count) + digits
  }

  /// What a file of the host's holds; nil if it cannot be read.
  static func hostText(_ name: String) -> String? {
    let descriptor = Glibc.open(name, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    while true {
      let count = read(descriptor, &buffer, buffer.count)
      if count <= 0 { return count < 0 ? nil : String(decoding: bytes, as: UTF8.self) }
      bytes += buffer[..<count]
    }
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
