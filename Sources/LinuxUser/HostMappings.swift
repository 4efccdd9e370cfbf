import Glibc
import Memory

/// Mappings of the host's in a guest's window of addresses, as /proc/PID/smaps lists them.
struct HostMapping {
  /// The file behind a range; inode 0 without one.
  struct File: Equatable {
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

    /// Whether its pages count as shared memory (tmpfs).
    var isSharedMemory: Bool {
      ["/memfd:", "/SYSV", "/dev/zero", "/dev/shm/"].contains { name.hasPrefix($0) }
    }
  }

  /// Guest addresses.
  let range: Range<UInt64>
  /// "r", "w", "x", "s" or "p", or "-".
  let access: Substring
  let file: File
  /// Sizes in kB and what else follows, in order.
  var numbers: [(name: Substring, value: UInt64)] = []
  /// VmFlags.
  var flags: [Substring] = []

  /// The first line of a mapping; nil if it is not in the window of 4 GiB that starts at `base`.
  private init?(_ line: Substring, _ base: UInt64?) {
    let fields = line.split(separator: " ", maxSplits: 5)
    guard fields.count >= 5 else { return nil }
    let bounds = fields[0].split(separator: "-").compactMap { UInt64($0, radix: 16) }
    guard bounds.count == 2, let offset = UInt64(fields[2], radix: 16) else { return nil }
    if let base {
      guard bounds[0] >= base, bounds[0] - base < 1 << 32 else { return nil }
    }
    range = bounds[0] - (base ?? 0)..<bounds[1] - (base ?? 0)
    access = fields[1]
    if fields[4] == "0" {
      file = File()
    } else {
      let name = fields.count == 6 ? fields[5].drop { $0 == " " } : ""
      file = File(offset: offset, device: fields[3], inode: fields[4], name: name)
    }
  }

  /// Those of a process, in order.
  /// - Parameters:
  ///   - source: the name of a file like `maps` or `smaps`.
  ///   - base: the host's address of guest address 0; nil for all mappings, by the host's addresses.
  static func list(_ source: String, base: UInt?) -> [HostMapping] {
    guard let text = HostFile.text(source) else { return [] }
    var result: [HostMapping] = []
    var isInside = false
    for line in text.split(separator: "\n") {
      // "Rss:     4 kB" follows; names of files may have colons too.
      let word = line.prefix { $0 != " " }
      guard word.last == ":" else {
        let mapping = HostMapping(line, base.map { UInt64($0) })
        isInside = mapping != nil
        if let mapping { result.append(mapping) }
        continue
      }
      guard isInside else { continue }
      let values = line.dropFirst(word.count).split(separator: " ")
      if word == "VmFlags:" {
        result[result.count - 1].flags = values
      } else if let value = values.first.flatMap({ UInt64($0) }) {
        result[result.count - 1].numbers.append((word.dropLast(), value))
      }
    }
    return result
  }

  /// A number, 0 if there is none.
  subscript(_ name: String) -> UInt64 { numbers.first { $0.name == name }?.value ?? 0 }
}

/// Which pages are in memory: /proc/self/pagemap.
final class PageMap {
  private let descriptor: Int32

  init() { descriptor = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC) }

  deinit { if descriptor >= 0 { close(descriptor) } }

  /// How many pages of a range of the host's addresses are in memory.
  func residentPages(_ range: Range<UInt64>) -> UInt64 {
    var (place, result) = (range.lowerBound >> 12, UInt64(0))
    var entries = [UInt64](repeating: 0, count: 2048)
    let end = range.upperBound >> 12
    while place < end {
      let wanted = min(Int(end - place), entries.count)
      let count = pread(descriptor, &entries, 8 * wanted, Int(place) * 8) / 8
      if count <= 0 { return result }
      for entry in entries[..<count] where entry >> 63 != 0 { result += 1 }
      place += UInt64(count)
    }
    return result
  }
}
