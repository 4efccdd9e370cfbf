import CSys
import Glibc

/// /proc/PID/status: the host's, with the guest's memory and signals: proc(5).
enum ProcessStatus {
  /// The text for the process or a thread of it; nil if the host has none.
  static func text(_ path: String, _ process: LinuxProcess, _ thread: LinuxThread) -> String? {
    let signals = thread.signals
    var values = sizes(ProcessSizes(process))
    values["Threads:"] = "\(process.threads.count)"
    values["SigBlk:"] = hex(signals.blocked)
    values["SigIgn:"] = hex(signals.ignored)
    values["SigCgt:"] = hex(signals.caught)
    return replace(path, values) { name, value in
      switch name {
      case "SigPnd:": hex(value | signals.queued(forThread: true))
      case "ShdPnd:": hex(value | signals.queued(forThread: false))
      default: nil
      }
    }
  }

  /// The text for another guest.
  static func text(_ path: String, _ guest: GuestBeside) -> String? {
    replace(path, sizes(guest.sizes)) { _, _ in nil }
  }

  private static func sizes(_ sizes: ProcessSizes) -> [Substring: String] {
    let numbers: [(Substring, UInt64)] = [
      ("VmPeak:", sizes.all), ("VmSize:", sizes.all), ("VmLck:", sizes.locked),
      ("VmHWM:", sizes.resident), ("VmRSS:", sizes.resident), ("RssAnon:", sizes.anonymous),
      ("RssFile:", sizes.file), ("RssShmem:", sizes.shared), ("VmData:", sizes.data),
      ("VmStk:", sizes.stack), ("VmExe:", sizes.text), ("VmLib:", sizes.libraries),
      ("VmSwap:", sizes.swapped),
    ]
    return Dictionary(uniqueKeysWithValues: numbers.map { ($0.0, pad($0.1)) })
  }

  /// Replaces values by name, or by what a function makes of one that is a hexadecimal number.
  /// Lines that only other architectures have go.
  private static func replace(
    _ path: String, _ values: [Substring: String], _ change: (Substring, UInt64) -> String?
  ) -> String? {
    guard let host = HostFile.text(path) else { return nil }
    return host.split(separator: "\n").compactMap { line in
      let name = line.prefix { $0 != "\t" }
      if name.hasPrefix("x86_") || name == "untag_mask:" { return nil }
      if let value = values[name] { return "\(name)\t\(value)\n" }
      let number = UInt64(line.dropFirst(name.count + 1), radix: 16)
      if let number, let value = change(name, number) { return "\(name)\t\(value)\n" }
      return line + "\n"
    }.joined()
  }

  private static func pad(_ size: UInt64) -> String {
    let digits = "\(size)"
    return String(repeating: " ", count: max(0, 8 - digits.count)) + digits + " kB"
  }

  private static func hex(_ set: UInt64) -> String {
    let digits = String(set, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}

extension SignalState {
  /// The signals whose actions are such.
  private func numbers(where isMember: (SignalAction) -> Bool) -> UInt64 {
    (1...Signal.count).reduce(0) { isMember(actions[Int($1)]) ? $0 | Signal.bit($1) : $0 }
  }

  /// What is ignored.
  var ignored: UInt64 { numbers(where: \.isIgnored) }
  /// What a function of the guest's is called for.
  var caught: UInt64 { numbers(where: \.isCaught) }

  /// What left the host's queue and waits here: for the thread (SI_TKILL is -6), or for the process.
  func queued(forThread: Bool) -> UInt64 {
    queue.reduce(0) { ($1.code == -6) == forThread ? $0 | Signal.bit($1.signal) : $0 }
  }
}
