import Debugging
import LinuxUser
import Memory

/// The guest's memory map as `-d page` shows it.
enum MemoryMap {
  /// The table of ranges with equal protection, and where the parts of the program are.
  static func text(_ process: LinuxProcess) -> LogText {
    var text = LogText()
    text.put("guest_base  ")
    text.putHostAddress(process.space.base)
    text.put("\npage layout changed following binary load\nstart    end      size     prot\n")
    appendRanges(process.space, to: &text)
    let layout = process.layout
    for (name, address) in [
      ("start_brk", process.space.heapStart), ("end_code", layout.code.end),
      ("start_code", layout.code.start), ("start_data", layout.data.start),
      ("end_data", layout.data.end), ("start_stack", process.entry.stackPointer),
      ("brk", process.space.heapEnd), ("entry", process.entry.address),
      ("argv_start", layout.vectors.arguments), ("env_start", layout.vectors.environment),
      ("auxv_start", layout.vectors.auxiliary),
    ] {
      text.put(name, width: 11)
      text.put(" ")
      text.putAddress(address)
      text.put("\n")
    }
    return text
  }

  private static func appendRanges(_ space: UserAddressSpace, to text: inout LogText) {
    var page = 0
    while page < Page.count {
      let first = page
      let flags = shown(space.pages[first])
      while page < Page.count, shown(space.pages[page]) == flags { page += 1 }
      guard flags.contains(.mapped) else { continue }
      let (start, end) = (UInt64(first) << 12, UInt64(page) << 12)
      text.putHexadecimal(start, digits: 8)
      text.put("-")
      text.putHexadecimal(end, digits: 8)
      text.put(" ")
      text.putHexadecimal(end - start, digits: 8)
      text.put(flags.contains(.readable) ? " r" : " -")
      text.put(flags.contains(.writable) ? "w" : "-")
      text.put(flags.contains(.executable) ? "x\n" : "-\n")
    }
  }

  private static func shown(_ flags: UInt8) -> PageFlags {
    PageFlags(rawValue: flags).intersection([.mapped, .readable, .writable, .executable])
  }
}
