import Machine

/// What `info mtree` prints.
enum MemoryTree {
  /// An address space: its names, its bus.
  typealias Space = (names: [String], bus: Bus)

  /// The windows of every bus, and of the buses behind windows.
  static func text(_ spaces: [Space]) -> String {
    var text = ""
    var seen: [Bus] = []
    for (names, bus) in spaces {
      for name in names { text += "address-space: \(name)\n" }
      text += tree(bus) + "\n"
      collect(bus, &seen)
    }
    for bus in seen {
      text += "memory-region: \(bus.name)\n" + tree(bus) + "\n"
    }
    return text
  }

  /// The buses behind windows, each once.
  private static func collect(_ bus: Bus, _ seen: inout [Bus]) {
    for mapping in bus.mappings {
      guard case .bus(let inner, _) = mapping.window.content,
        !seen.contains(where: { $0 === inner })
      else { continue }
      seen.append(inner)
      collect(inner, &seen)
    }
  }

  private static func tree(_ bus: Bus) -> String {
    var text = "  \(range(0, bus.size &- 1)) (prio 0, i/o): \(bus.name)\n"
    for mapping in bus.mappings {
      let place = range(mapping.base, mapping.last)
      text += "    \(place) (prio \(mapping.priority), \(mapping.window.kind)): "
      if case .bus(let inner, let from) = mapping.window.content {
        let part = range(from, from &+ mapping.window.size &- 1)
        text += "alias \(mapping.window.name) @\(inner.name) \(part)\n"
      } else {
        text += mapping.window.name + "\n"
      }
    }
    return text
  }

  /// What answers at each address.
  static func flatText(_ spaces: [Space]) -> String {
    var text = ""
    for (index, (names, bus)) in spaces.enumerated() {
      text += "FlatView #\(index)\n"
      for name in names { text += " AS \"\(name)\", root: \(bus.name)\n" }
      text += " Root memory region: \(bus.name)\n"
      if bus.ranges.isEmpty { text += "  No rendered FlatView\n" }
      for run in bus.ranges { text += line(run, bus) }
      text += "\n"
    }
    return text
  }

  private static func line(_ run: FlatRange, _ bus: Bus) -> String {
    let priority = priority(run.window, bus) ?? 0
    let start = run.offset == 0 ? "" : " @" + MemoryFormat.hexadecimal(run.offset, digits: 16)
    return
      "  \(range(run.base, run.last)) (prio \(priority), \(run.window.kind)): "
      + "\(run.window.name)\(start)\n"
  }

  private static func priority(_ window: Window, _ bus: Bus) -> Int? {
    for mapping in bus.mappings {
      if mapping.window === window { return mapping.priority }
      if case .bus(let inner, _) = mapping.window.content,
        let found = priority(window, inner)
      {
        return found
      }
    }
    return nil
  }

  private static func range(_ first: UInt64, _ last: UInt64) -> String {
    MemoryFormat.hexadecimal(first, digits: 16) + "-" + MemoryFormat.hexadecimal(last, digits: 16)
  }
}
