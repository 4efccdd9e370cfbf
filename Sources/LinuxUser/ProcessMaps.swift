import Glibc
import Memory

/// /proc/self/maps and smaps as `show_map_vma` and `show_smap` of fs/proc/task_mmu.c print them: the
/// guest's ranges and their protection from the page flags, the files behind them and what is in
/// memory from the host's own.
struct ProcessMaps {
  /// A range of guest addresses with one protection and one file.
  struct Area {
    let start: UInt64
    var end: UInt64
    let flags: PageFlags
    let file: HostMapping.File
  }

  /// In order.
  let areas: [Area]
  private let process: LinuxProcess
  private let mappings: [HostMapping]

  /// - Parameter countsPages: whether it is to be known what is in memory.
  init(_ process: LinuxProcess, countsPages: Bool = false) {
    self.process = process
    let source = countsPages ? "/proc/self/smaps" : "/proc/self/maps"
    mappings = HostMapping.list(source, base: process.space.base)
    areas = Self.areas(process, mappings)
  }

  /// `maps`.
  var text: String { areas.map(header).joined() }

  /// `smaps`.
  var details: String {
    areas.map { area in header(area) + Self.text(counts(area)) + flags(area) }.joined()
  }

  /// `smaps_rollup`: all together.
  var rollup: String {
    guard let first = areas.first, let last = areas.last else { return "" }
    var sums: [Substring: UInt64] = [:]
    for area in areas {
      let numbers = counts(area)
      for (name, value) in numbers { sums[name, default: 0] += value }
      for (name, value) in shares(numbers, area.file) { sums[name, default: 0] += value }
    }
    // The names that the host has here, in its order.
    let host = HostMapping.list("/proc/self/smaps_rollup", base: nil).last?.numbers ?? []
    let bounds =
      "\(HostFile.hexadecimal(first.start))-\(HostFile.hexadecimal(last.end)) ---p 00000000 00:00 0 "
    return Self.pad(bounds, "[rollup]") + Self.text(host.map { ($0.name, sums[$0.name] ?? 0) })
  }

  /// An area's share of memory by kinds, which only the sum of all tells.
  private func shares(
    _ numbers: [(name: Substring, value: UInt64)], _ file: HostMapping.File
  ) -> [(Substring, UInt64)] {
    func number(_ name: String) -> UInt64 { numbers.first { $0.name == name }?.value ?? 0 }
    let share = number("Pss")
    if file.isSharedMemory { return [("Pss_Shmem", share)] }
    let own = min(number("Anonymous"), share)
    return [("Pss_Anon", own), ("Pss_File", share - own)]
  }

  // MARK: Areas

  /// The guest's ranges, cut where the host's file changes and nowhere else.
  private static func areas(_ process: LinuxProcess, _ mappings: [HostMapping]) -> [Area] {
    var result: [Area] = []
    for (start, end, flags) in process.space.ranges() {
      var (place, visible) = (UInt64(start), flags)
      visible.subtract([.anonymous, .rewritten])
      while place < end {
        let piece = mappings.first { $0.range.contains(place) }
        let next = min(piece?.range.upperBound ?? end, end)
        let file =
          piece.map { $0.file.advanced(by: place - $0.range.lowerBound) } ?? HostMapping.File()
        let area = Area(start: place, end: next, flags: visible, file: file)
        if !extend(&result, area, process) { result.append(area) }
        place = next
      }
    }
    return result
  }

  /// Makes the last area longer where another is its continuation.
  private static func extend(_ areas: inout [Area], _ area: Area, _ process: LinuxProcess) -> Bool {
    guard let last = areas.last, last.end == area.start, last.flags == area.flags,
      last.file.advanced(by: last.end - last.start) == area.file,
      name(last, process) == name(area, process)
    else { return false }
    areas[areas.count - 1].end = area.end
    return true
  }

  private static func name(_ area: Area, _ process: LinuxProcess) -> Substring {
    if area.file.inode != "0" { return area.file.name }
    let space = process.space
    if area.start <= space.heapEnd, area.end >= space.heapStart { return "[heap]" }
    let stack = process.entry.stackPointer
    if area.start <= stack, area.end >= stack { return "[stack]" }
    return area.start == VirtualObject.page(space) ? "[vdso]" : ""
  }

  // MARK: What is in memory

  /// The numbers of an area: the host's sums. Where a mapping of the host's is more than the area,
  /// its part by the pages that are in memory.
  func counts(_ area: Area) -> [(name: Substring, value: UInt64)] {
    var result: [(name: Substring, value: UInt64)] = []
    for mapping in mappings where mapping.range.overlaps(area.start..<area.end) {
      let part = mapping.range.clamped(to: area.start..<area.end)
      let (some, all) = part == mapping.range ? (1, 1) : weights(part, mapping.range)
      for (index, number) in mapping.numbers.enumerated() {
        let value =
          Self.isOfOne(number.name)
          ? number.value : (number.value * some / max(all, 1)) & (some == all ? ~0 : ~3)
        if index >= result.count {
          result.append((number.name, value))
        } else if !Self.isOfOne(number.name) {
          result[index].value += value
        }
      }
    }
    if let place = result.firstIndex(where: { $0.name == "Size" }) {
      result[place].value = (area.end - area.start) >> 10
    }
    return result
  }

  /// How much of a mapping a part is.
  private func weights(_ part: Range<UInt64>, _ whole: Range<UInt64>) -> (UInt64, UInt64) {
    let base = UInt64(process.space.base)
    func resident(_ range: Range<UInt64>) -> UInt64 {
      PageMap().residentPages(range.lowerBound + base..<range.upperBound + base)
    }
    let all = resident(whole)
    return all > 0 ? (resident(part), all) : (0, 1)
  }

  /// Numbers that are not summed.
  private static func isOfOne(_ name: Substring) -> Bool {
    ["Size", "KernelPageSize", "MMUPageSize", "THPeligible"].contains(name)
  }

  // MARK: Text

  /// Addresses, access, offset, device, inode; a name from column 49 on.
  private func header(_ area: Area) -> String {
    let flags = area.flags
    let access =
      (flags.contains(.readable) ? "r" : "-") + (flags.contains(.writable) ? "w" : "-")
      + (flags.contains(.executable) ? "x" : "-") + (flags.contains(.shared) ? "s" : "p")
    let file = area.file
    let text =
      "\(HostFile.hexadecimal(area.start))-\(HostFile.hexadecimal(area.end)) \(access) \(HostFile.hexadecimal(file.offset)) "
      + "\(file.device) \(file.inode) "
    return Self.pad(text, Self.name(area, process))
  }

  private static func pad(_ text: String, _ name: Substring) -> String {
    if name.isEmpty { return text + "\n" }
    return text + String(repeating: " ", count: max(1, 49 - text.utf8.count)) + name + "\n"
  }

  private static func text(_ numbers: [(name: Substring, value: UInt64)]) -> String {
    numbers.map { number in
      let name = number.name + ":", value = "\(number.value)"
      let isPlain = number.name == "THPeligible"
      let start = name + String(repeating: " ", count: max(0, 16 - name.count))
      let space = String(repeating: " ", count: max(0, 8 - value.count))
      return start + space + value + (isPlain ? "\n" : " kB\n")
    }.joined()
  }

  /// VmFlags: the guest's access, the rest as the host has it.
  private func flags(_ area: Area) -> String {
    let host = mappings.first { $0.range.contains(area.start) }?.flags ?? []
    if host.isEmpty { return "" }
    let access: [(PageFlags, Substring)] = [
      (.readable, "rd"), (.writable, "wr"), (.executable, "ex"), (.shared, "sh"),
    ]
    let own = access.compactMap { area.flags.contains($0.0) ? $0.1 : nil }
    let rest = host.filter { flag in !access.contains { $0.1 == flag } }
    return "VmFlags: " + (own + rest).joined(separator: " ") + " \n"
  }
}
