import Memory

/// Another process that runs a guest, as far as the host's /proc tells, since it has told the kernel
/// where its program is (`LinuxProcess.describeToHost`).
///
/// What it has mapped without access looks like nothing, pages of code like pages that cannot be
/// written, and nothing can be executed.
struct GuestBeside {
  /// The host's address of its address 0.
  let base: UInt64
  private let number: Int32
  /// An address in the program's code.
  private let code: UInt64

  init?(_ number: Int32) {
    self.number = number
    guard let line = HostFile.text("/proc/\(number)/stat"), let end = line.lastIndex(of: ")")
    else { return nil }
    let fields = line[line.index(after: end)...].split(separator: " ").map { UInt64($0) ?? 0 }
    // The code's start is field 26, the data's bounds 45 and 46; the first here is field 3.
    guard fields.count > 43 else { return nil }
    let start = fields[23]
    base = start < 1 << 32 ? 0 : fields[42]
    guard base == 0 || fields[43] == base,
      (UInt64(UserAddressSpace.lowest)..<1 << 32).contains(start &- base)
    else { return nil }
    code = start - base
  }

  /// The program's file.
  var executable: String? {
    HostMapping.list("/proc/\(number)/maps", base: UInt(base)).first { $0.range.contains(code) }
      .flatMap { $0.file.name.isEmpty ? nil : String($0.file.name) }
  }

  /// How much memory it has.
  var sizes: ProcessSizes {
    ProcessSizes(HostMapping.list("/proc/\(number)/smaps", base: UInt(base)))
  }

  /// A file like `maps` or `smaps` without what is the host's.
  func maps(_ path: String) -> String? {
    guard let text = HostFile.text(path) else { return nil }
    var isShown = false
    return text.split(separator: "\n").compactMap { line in
      // The lines behind the first of a mapping begin with a name and a colon.
      if line.prefix(while: { $0 != " " }).last == ":" { return isShown ? line + "\n" : nil }
      let first = header(line)
      isShown = first != nil
      return first
    }.joined()
  }

  /// The first line of a mapping with the guest's addresses; nil if it is the host's.
  private func header(_ line: Substring) -> String? {
    let fields = line.split(separator: " ", maxSplits: 5)
    let bounds = (fields.first ?? "").split(separator: "-").compactMap { UInt64($0, radix: 16) }
    guard fields.count >= 5, bounds.count == 2, bounds[0] >= base, bounds[0] - base < 1 << 32,
      fields[1] != "---p" || fields[4] != "0"
    else { return nil }
    let places = bounds.map { HostFile.hexadecimal($0 - base) }
    return places[0] + "-" + places[1] + line.dropFirst(fields[0].count) + "\n"
  }
}
