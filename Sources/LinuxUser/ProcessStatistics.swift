import Memory

/// /proc/PID/stat and /proc/PID/statm: the host's, with the guest's addresses and sizes: proc(5).
enum ProcessStatistics {
  /// The fields of a line of `stat` behind the command, whose first is number 3.
  private struct Fields {
    let start: Substring
    var fields: [Substring]

    init?(_ path: String) {
      guard let host = HostFile.text(path), let end = host.lastIndex(of: ")") else { return nil }
      start = host[...end]
      fields = host[host.index(after: end)...].split { $0 == " " || $0 == "\n" }
    }

    func number(_ number: Int) -> UInt64 {
      number - 3 < fields.count ? UInt64(fields[number - 3]) ?? 0 : 0
    }

    mutating func set(_ first: Int, _ values: UInt64...) {
      for (index, value) in values.enumerated() where first - 3 + index < fields.count {
        fields[first - 3 + index] = "\(value)"
      }
    }

    mutating func set(_ sizes: ProcessSizes) {
      set(23, sizes.all << 10, sizes.resident >> 2, UInt64(UInt32.max))
      set(29, 0, 0)
    }

    var line: String { start + " " + fields.joined(separator: " ") + "\n" }
  }

  /// The line of `stat`; nil if the host has none of that name.
  static func line(_ path: String, _ process: LinuxProcess, _ thread: LinuxThread) -> String? {
    guard var fields = Fields(path) else { return nil }
    let (space, layout, signals) = (process.space, process.layout, thread.signals)
    let (arguments, environment) = (process.argumentStrings, process.environmentStrings)
    func word(_ value: UInt32) -> UInt64 { UInt64(value) }
    fields.set(20, UInt64(process.threads.count))
    fields.set(ProcessSizes(process))
    fields.set(
      26, word(layout.code.start), word(layout.code.end), word(process.entry.stackPointer))
    // The low words of sets, without signal 32.
    let queued = signals.queued(forThread: true)
    let sets = [fields.number(31) | queued, signals.blocked, signals.ignored, signals.caught]
    for (index, set) in sets.enumerated() { fields.set(31 + index, set & 0x7fff_ffff) }
    fields.set(
      45, word(layout.data.start), word(layout.data.end), word(space.heapStart),
      word(arguments.lowerBound), word(arguments.upperBound), word(environment.lowerBound),
      word(environment.upperBound))
    return fields.line
  }

  /// The line of another guest's.
  static func line(_ path: String, _ guest: GuestBeside) -> String? {
    guard var fields = Fields(path) else { return nil }
    fields.set(guest.sizes)
    for number in [26, 27, 28, 48, 49, 50, 51] {
      fields.set(number, fields.number(number) &- guest.base)
    }
    if guest.base != 0 { fields.set(45, 0, 0) }
    fields.set(47, 0)
    return fields.line
  }

  /// The numbers of pages of `statm`: size, resident, shared, text, library, data, dirty.
  static func pages(_ sizes: ProcessSizes) -> String {
    let (shared, data) = (sizes.file + sizes.shared, sizes.data + sizes.stack)
    let numbers = [sizes.all, sizes.resident, shared, sizes.text, 0, data, 0]
    return numbers.map { "\($0 >> 2)" }.joined(separator: " ") + "\n"
  }
}
