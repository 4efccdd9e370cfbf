import Glibc

extension UserAddressSpace {
  /// So many mappings of the host's process are left to the emulator itself; it begins with fewer.
  static let reservedMappings = 1024

  /// What a process may have of mappings (vm.max_map_count), without those that are left to the
  /// emulator.
  static func hostLimit() -> Int {
    let text = contents(of: "/proc/sys/vm/max_map_count").prefix { $0.isNumber }
    return (Int(text) ?? 65530) - reservedMappings
  }

  /// ENOMEM if the guest can have no more mappings, of which a change of one can make two more.
  ///
  /// How many the host has made of the guest's is counted only where it matters: where so many changes
  /// were made that there may be too many, and again only after another change.
  /// - Parameter extra: so many of those for the emulator may be used.
  func checkMappings(extra: Int = 0) throws(Errno) {
    if mostMappingsNow + 2 > mappingLimit + extra {
      guard mayHaveFewerMappings else { throw .noMemory }
      mayHaveFewerMappings = false
      mostMappingsNow = Self.contents(of: "/proc/self/maps").utf8.count { $0 == 10 }
      guard mostMappingsNow + 2 <= mappingLimit + extra else { throw .noMemory }
    }
    mostMappingsNow += 2
    mayHaveFewerMappings = true
  }

  /// The bytes of a range that are mapped.
  func mappedSize(_ start: UInt32, _ size: UInt32) -> UInt32 {
    let first = Int(start >> 12)
    var count: UInt32 = 0
    for page in first..<first + Int(size >> 12) where pages[page] != 0 { count &+= 1 }
    return count << 12
  }

  /// ENOMEM if that many more bytes are more than may be mapped.
  func checkLimit(_ growth: UInt32) throws(Errno) {
    if sizeLimit == .max { return }
    let mapped = UInt64(mappedSize(0, limit)) + UInt64(growth)
    guard mapped <= sizeLimit else { throw .noMemory }
  }

  /// The text of one of the host's files, empty if it cannot be read.
  static func contents(of path: String) -> String {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return "" }
    defer { close(descriptor) }
    var text: [UInt8] = []
    var part = [UInt8](repeating: 0, count: 0x1000)
    while true {
      let count = read(descriptor, &part, part.count)
      guard count > 0 else { return String(decoding: text, as: UTF8.self) }
      text += part[..<count]
    }
  }
}
