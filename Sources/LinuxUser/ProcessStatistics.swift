import Memory

/// /proc/self/stat and /proc/self/statm: the host's, with the guest's addresses and sizes: proc(5).
struct ProcessStatistics {
  private let process: LinuxProcess

  init(_ process: LinuxProcess) { self.process = process }

  /// Bytes that are mapped, of ranges that have some flags.
  private func size(_ flags: PageFlags = []) -> UInt64 {
    process.space.ranges().reduce(0) { sum, range in
      range.flags.isSuperset(of: flags) ? sum + range.end - UInt64(range.start) : sum
    }
  }

  /// The line of `stat`; nil if the host has none of that name.
  func line(_ name: String) -> String? {
    guard let host = ProcessFiles.hostText(name), let end = host.lastIndex(of: ")") else {
      return nil
    }
    var fields = host[host.index(after: end)...].split { $0 == " " || $0 == "\n" }
    // The first of them, the state, is field 3.
    func set(_ number: Int, _ value: some BinaryInteger) {
      if number - 3 < fields.count { fields[number - 3] = "\(value)" }
    }
    let (space, layout) = (process.space, process.layout)
    let (arguments, environment) = (process.argumentStrings, process.environmentStrings)
    set(20, process.threads.count)
    set(23, size())
    set(24, min(size() >> 12, fields.count > 21 ? UInt64(fields[21]) ?? 0 : 0))
    set(25, UInt32.max)
    for (index, value) in [layout.code.start, layout.code.end, process.entry.stackPointer, 0, 0]
      .enumerated()
    {
      set(26 + index, value)
    }
    for (index, value) in [
      layout.data.start, layout.data.end, space.heapStart, arguments.lowerBound,
      arguments.upperBound, environment.lowerBound, environment.upperBound,
    ].enumerated() {
      set(45 + index, value)
    }
    return host[...end] + " " + fields.joined(separator: " ") + "\n"
  }

  /// The numbers of pages of `statm`: size, resident, shared, text, library, data, dirty.
  func sizes(_ name: String) -> String? {
    guard let host = ProcessFiles.hostText(name) else { return nil }
    let fields = host.split { $0 == " " || $0 == "\n" }.compactMap { UInt64($0) }
    guard fields.count == 7 else { return nil }
    let all = size() >> 12
    let text = UInt64(process.layout.code.end &- process.layout.code.start &+ 4095) >> 12
    let (resident, shared) = (min(fields[1], all), min(fields[2], all))
    return "\(all) \(resident) \(shared) \(text) 0 \(size(.writable) >> 12) 0\n"
  }
}
