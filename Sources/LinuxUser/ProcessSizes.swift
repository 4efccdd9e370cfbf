import Memory

/// How much memory a guest's process has, in kB, as fs/proc/task_mmu.c reckons it.
struct ProcessSizes {
  /// All that is mapped; what is in memory of it, by kinds; what is locked and what is swapped out.
  private(set) var all: UInt64 = 0
  private(set) var anonymous: UInt64 = 0, file: UInt64 = 0, shared: UInt64 = 0
  private(set) var locked: UInt64 = 0, swapped: UInt64 = 0
  /// Private data that may be written, the stack, executable pages that may not be written.
  private(set) var data: UInt64 = 0, stack: UInt64 = 0, code: UInt64 = 0
  /// The program's own code.
  private(set) var text: UInt64 = 0

  /// What is in memory.
  var resident: UInt64 { anonymous + file + shared }
  /// The code of libraries.
  var libraries: UInt64 { code - min(text, code) }

  /// The sizes of this process.
  init(_ process: LinuxProcess) {
    let maps = ProcessMaps(process, countsPages: true)
    let layout = process.layout
    text = (Page.roundUp(UInt64(layout.code.end)) - UInt64(layout.code.start & ~Page.mask)) >> 10
    for area in maps.areas {
      let size = (area.end - area.start) >> 10
      let isStack = (area.start..<area.end).contains(UInt64(process.entry.stackPointer))
      let flags = area.flags
      all += size
      if isStack { stack += size }
      if !isStack, flags.contains(.writable), !flags.contains(.shared) { data += size }
      if !isStack, flags.contains(.executable), !flags.contains(.writable) { code += size }
      add(maps.counts(area), area.file)
    }
  }

  /// The sizes of another guest, as far as the host's mappings tell them.
  init(_ mappings: [HostMapping]) {
    for mapping in mappings where mapping.access != "---p" {
      let size = (mapping.range.upperBound - mapping.range.lowerBound) >> 10
      all += size
      if mapping.flags.contains("wr"), !mapping.flags.contains("sh") { data += size }
      add(mapping.numbers, mapping.file)
    }
  }

  private mutating func add(
    _ numbers: [(name: Substring, value: UInt64)], _ source: HostMapping.File
  ) {
    func number(_ name: String) -> UInt64 { numbers.first { $0.name == name }?.value ?? 0 }
    let own = number("Anonymous"), rest = number("Rss") - min(own, number("Rss"))
    if source.isSharedMemory {
      shared += number("Rss")
    } else {
      (anonymous, file) = (anonymous + own, file + rest)
    }
    locked += number("Locked")
    swapped += number("Swap")
  }
}
