import Glibc

/// What the tabulator key may go on with.
struct Completion {
  private let monitor: Monitor

  init(_ monitor: Monitor) { self.monitor = monitor }

  /// - Parameter line: the line up to the cursor.
  /// - Returns: the part at the end that is completed, and what could stand there.
  func find(_ line: String) -> (part: String, candidates: [String]) {
    var words = line.split(whereSeparator: \.isWhitespace).map(String.init)
    if line.isEmpty || line.last!.isWhitespace { words.append("") }
    return find(words[...], in: MonitorCommand.all)
  }

  private func find(
    _ words: ArraySlice<String>, in table: [MonitorCommand]
  ) -> (part: String, candidates: [String]) {
    guard let first = words.first else { return ("", []) }
    if words.count == 1 { return (first, Self.matching(first, table.flatMap(\.names))) }
    guard let command = table.first(where: { $0.names.contains(first) }) else { return ("", []) }
    let rest = words.dropFirst()
    if !command.subcommands.isEmpty { return find(rest, in: command.subcommands) }
    if command.names[0] == "help" { return find(rest, in: table) }
    return complete(Array(rest), of: command)
  }

  private static func matching(_ part: String, _ names: [String]) -> [String] {
    names.filter { $0.hasPrefix(part) }
  }

  private func complete(
    _ words: [String], of command: MonitorCommand
  ) -> (part: String, candidates: [String]) {
    let kinds = command.arguments.filter { if case .option = $0.kind { false } else { true } }
    let plain = words.dropLast().filter { !$0.hasPrefix("-") }
    let part = words[words.count - 1]
    guard plain.count < kinds.count, !part.hasPrefix("-") else { return ("", []) }
    let argument = kinds[plain.count]
    switch (command.names[0], argument.kind) {
    case (_, .file): return (part, Self.files(part))
    case (_, .block):
      return (part, Self.matching(part, monitor.machine.blockDevices.map(\.name)))
    case (_, .flag): return (part, Self.matching(part, ["off", "on"]))
    case ("trace-event", .string), ("trace-events", .string):
      return (part, Self.matching(part, monitor.traceEvents.all.map(\.name)))
    case ("sendkey", .string):
      let key = part.split(separator: "-", omittingEmptySubsequences: false).last.map(String.init)
      return (key ?? "", Self.matching(key ?? "", KeyName.all))
    default: return ("", [])
    }
  }

  /// The files whose paths begin with a text; directories end in a slash.
  private static func files(_ part: String) -> [String] {
    let slash = part.lastIndex(of: "/")
    let folder = slash.map { String(part[...$0]) } ?? ""
    let beginning = slash.map { String(part[part.index(after: $0)...]) } ?? part
    guard let directory = opendir(folder.isEmpty ? "." : folder) else { return [] }
    defer { closedir(directory) }
    var found: [String] = []
    while let entry = readdir(directory) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      guard name != ".", name != "..", name.hasPrefix(beginning) else { continue }
      var status = stat()
      let isFolder = stat(folder + name, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
      found.append(folder + name + (isFolder ? "/" : ""))
    }
    return found
  }
}
