import Glibc
import Memory

/// /proc/self/maps as `show_map_vma` of fs/proc/task_mmu.c prints it: the guest's ranges and their
/// protection from the page flags, the files behind them from the host's own /proc/self/maps.
struct ProcessMaps {
  /// The file behind a range; inode 0 without one.
  private struct File: Equatable {
    var offset: UInt64 = 0
    var device: Substring = "00:00"
    var inode: Substring = "0"
    var name: Substring = ""

    /// Of the bytes that begin `distance` bytes further.
    func advanced(by distance: UInt64) -> File {
      var result = self
      if inode != "0" { result.offset += distance }
      return result
    }
  }

  /// A range of guest addresses with one protection and one file.
  private struct Area {
    let start: UInt64
    var end: UInt64
    let flags: PageFlags
    let file: File
  }

  private let process: LinuxProcess

  init(_ process: LinuxProcess) { self.process = process }

  /// The whole file.
  var text: String { areas.map(line).joined() }

  /// The guest's ranges, cut where the host's file changes and nowhere else.
  private var areas: [Area] {
    let files = hostFiles
    var result: [Area] = []
    for (start, end, flags) in process.space.ranges() {
      var (place, visible) = (UInt64(start), flags)
      visible.subtract([.anonymous, .rewritten])
      while place < end {
        let piece = files.first { $0.range.contains(place) }
        let next = min(piece?.range.upperBound ?? end, end)
        let file = piece.map { $0.file.advanced(by: place - $0.range.lowerBound) } ?? File()
        let area = Area(start: place, end: next, flags: visible, file: file)
        if !extend(&result, area) { result.append(area) }
        place = next
      }
    }
    return result
  }

  /// Makes the last area longer where another is its continuation.
  private func extend(_ areas: inout [Area], _ area: Area) -> Bool {
    guard let last = areas.last, last.end == area.start, last.flags == area.flags,
      last.file.advanced(by: last.end - last.start) == area.file,
      name(last) == name(area)
    else { return false }
    areas[areas.count - 1].end = area.end
    return true
  }

  /// The host's mappings of the guest's memory, by guest address, in order.
  private var hostFiles: [(range: Range<UInt64>, file: File)] {
    guard let text = ProcessFiles.hostText("/proc/self/maps") else { return [] }
    let base = UInt64(process.space.base)
    return text.split(separator: "\n").compactMap { line in
      let fields = line.split(separator: " ", maxSplits: 5)
      let bounds = fields[0].split(separator: "-").compactMap { UInt64($0, radix: 16) }
      guard fields.count >= 5, bounds.count == 2, bounds[0] >= base,
        bounds[0] - base < 1 << 32, let offset = UInt64(fields[2], radix: 16)
      else { return nil }
      let range = bounds[0] - base..<bounds[1] - base
      if fields[4] == "0" { return (range, File()) }
      let name = fields.count == 6 ? fields[5].drop { $0 == " " } : ""
      return (range, File(offset: offset, device: fields[3], inode: fields[4], name: name))
    }
  }

  /// Addresses, access, offset, device, inode; a name from column 49 on.
  private func line(_ area: Area) -> String {
    let flags = area.flags
    let access =
      (flags.contains(.readable) ? "r" : "-") + (flags.contains(.writable) ? "w" : "-")
      + (flags.contains(.executable) ? "x" : "-") + (flags.contains(.shared) ? "s" : "p")
    let file = area.file
    let text =
      "\(hex(area.start))-\(hex(area.end)) \(access) \(hex(file.offset)) "
      + "\(file.device) \(file.inode) "
    let name = name(area)
    if name.isEmpty { return text + "\n" }
    return text + String(repeating: " ", count: max(1, 49 - text.utf8.count)) + name + "\n"
  }

  private func name(_ area: Area) -> Substring {
    if area.file.inode != "0" { return area.file.name }
    let space = process.space
    if area.start <= space.heapEnd, area.end >= space.heapStart { return "[heap]" }
    let stack = process.entry.stackPointer
    if area.start <= stack, area.end >= stack { return "[stack]" }
    return area.start == VirtualObject.page(space) ? "[vdso]" : ""
  }

  private func hex(_ value: UInt64) -> String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: max(0, 8 - digits.count)) + digits
  }
}
