import CSys
import Glibc
import Memory

/// Files of /proc whose contents are the guest's: proc(5).
enum ProcessFiles {
  /// The contents of a file that shows a guest, nil where the host's own does.
  static func contents(_ entry: ProcessEntry, _ process: LinuxProcess) -> [UInt8]? {
    switch entry.owner {
    case .machine:
      return entry.file == "cpuinfo" ? Array(processors(process.options).utf8) : nil
    case .own(let thread):
      let first = process.thread(process.number) ?? process.current
      return own(entry, process, thread ?? first)
    case .guest(let number):
      guard let guest = GuestBeside(number) else { return nil }
      return beside(entry, guest).map { Array($0.utf8) }
    }
  }

  private static func own(
    _ entry: ProcessEntry, _ process: LinuxProcess, _ thread: LinuxThread
  ) -> [UInt8]? {
    let text: String?
    switch entry.file {
    case "cmdline", "environ":
      if process.isDescribedToHost { return nil }
      let isArguments = entry.file == "cmdline"
      return memory(isArguments ? process.argumentStrings : process.environmentStrings, process)
    case "auxv":
      var words = StructureWriter()
      for word in process.auxiliaryVector { words.word(word) }
      return words.bytes
    case "maps": text = ProcessMaps(process).text
    case "smaps": text = ProcessMaps(process, countsPages: true).details
    case "smaps_rollup": text = ProcessMaps(process, countsPages: true).rollup
    case "stat": text = ProcessStatistics.line(entry.path, process, thread)
    case "statm": text = ProcessStatistics.pages(ProcessSizes(process))
    case "status": text = ProcessStatus.text(entry.path, process, thread)
    default: return nil
    }
    return text.map { Array($0.utf8) }
  }

  /// What the host's kernel does not tell as it is of another guest.
  private static func beside(_ entry: ProcessEntry, _ guest: GuestBeside) -> String? {
    switch entry.file {
    case "maps", "smaps": guest.maps(entry.path)
    case "stat": ProcessStatistics.line(entry.path, guest)
    case "statm": ProcessStatistics.pages(guest.sizes)
    case "status": ProcessStatus.text(entry.path, guest)
    default: nil
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

  /// Puts an anonymous file with some contents, at its beginning, in the place of an open one.
  static func replace(_ descriptor: Int, _ contents: [UInt8]) throws(Errno) {
    var flags = try Int32(hostCall(SYS_fcntl, descriptor, Int(F_GETFD)))
    flags = flags & FD_CLOEXEC != 0 ? O_CLOEXEC : 0
    let file = memfd_create("guest-proc", MFD_CLOEXEC)
    guard file >= 0 else { throw Errno(csys_errno()) }
    defer { close(file) }
    _ = contents.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
    // Nobody may write it.
    let readable = Glibc.open("/proc/self/fd/\(file)", O_RDONLY | O_CLOEXEC)
    guard readable >= 0 else { throw Errno(csys_errno()) }
    defer { close(readable) }
    try hostCall(SYS_dup3, Int(readable), descriptor, Int(flags))
  }
}
