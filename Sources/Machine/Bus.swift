/// An address space: windows at addresses. The processor's physical addresses are one, PCI memory
/// and PCI I/O are others, mapped into it.
///
/// Numbers are big-endian on the bus: the byte at the lowest address is the most significant one.
public final class Bus {
  /// A window at its place.
  public struct Mapping {
    /// The address of its first byte.
    public let base: UInt64
    /// What is there.
    public let window: Window
    /// Where windows lie over each other, the higher one answers.
    public let priority: Int
    /// The address of its last byte.
    public var last: UInt64 { base &+ window.size &- 1 }
  }

  /// The name that `info mtree` shows.
  public let name: String
  /// Bytes.
  public let size: UInt64
  /// The windows in the order of their addresses.
  public private(set) var mappings: [Mapping] = []
  /// Called after windows came or went, here or on a bus behind a window.
  public var onChange: (() -> Void)?
  /// Called after a device wrote to memory: the range of addresses of that memory, so that
  /// translated code made from it can be dropped.
  public var onMemoryWritten: ((PhysicalMemory, Range<Int>) -> Void)?
  /// Told of accesses that nothing answered: address, size, whether it was a write.
  public var onUnassigned: ((UInt64, Int, Bool) -> Void)?
  /// The buses that have this one behind a window.
  private var parents: [Bus] = []
  private var flat: [FlatRange] = []
  private var lastFound = 0

  /// An empty bus.
  public init(_ name: String, size: UInt64 = 1 << 32) {
    self.name = name
    self.size = size
  }

  /// Maps a window.
  /// - Parameter priority: windows of one priority must not lie over each other.
  /// - Throws: `MachineError.overlap` naming both.
  public func map(_ window: Window, at base: UInt64, priority: Int = 0) throws(MachineError) {
    let new = Mapping(base: base, window: window, priority: priority)
    for old in mappings where old.priority == priority {
      if new.base <= old.last && old.base <= new.last {
        throw .overlap(old.window.name, window.name)
      }
    }
    if case .bus(let inner, _) = window.content { inner.parents.append(self) }
    mappings.append(new)
    mappings.sort { $0.base < $1.base }
    changed()
  }

  /// Takes a window out again; nothing happens if it is not there.
  public func unmap(_ window: Window) {
    guard mappings.contains(where: { $0.window === window }) else { return }
    mappings.removeAll { $0.window === window }
    if case .bus(let inner, _) = window.content { inner.parents.removeAll { $0 === self } }
    changed()
  }

  private func changed() {
    flat = FlatRange.flatten(self)
    lastFound = 0
    onChange?()
    for parent in parents { parent.changed() }
  }

  /// All ranges that something answers, in the order of their addresses, through all buses.
  public var ranges: [FlatRange] { flat }

  /// The range that holds an address, or nil.
  public func range(at address: UInt64) -> FlatRange? {
    if lastFound < flat.count, flat[lastFound].contains(address) { return flat[lastFound] }
    var low = 0
    var high = flat.count
    while low < high {
      let middle = (low + high) / 2
      if flat[middle].last < address { low = middle + 1 } else { high = middle }
    }
    guard low < flat.count, flat[low].contains(address) else { return nil }
    lastFound = low
    return flat[low]
  }

  // MARK: Access

  /// Reads `size` (1, 2, 4 or 8) bytes as a big-endian number; nil if nothing answers.
  public func read(_ address: UInt64, _ size: Int) -> UInt64? {
    guard let range = range(at: address) else {
      onUnassigned?(address, size, false)
      return nil
    }
    let offset = address &- range.base
    guard offset &+ UInt64(size) <= range.size else { return readBytes(address, size) }
    if let place = range.host { return Self.load(place + Int(offset), size) }
    let result = range.readRegister(offset, size)
    if result == nil { onUnassigned?(address, size, false) }
    return result
  }

  /// Writes `size` (1, 2, 4 or 8) bytes of a big-endian number; false if nothing takes them.
  @discardableResult
  public func write(_ address: UInt64, _ size: Int, _ value: UInt64) -> Bool {
    guard let range = range(at: address) else {
      onUnassigned?(address, size, true)
      return false
    }
    let offset = address &- range.base
    guard offset &+ UInt64(size) <= range.size else { return writeBytes(address, size, value) }
    if let place = range.host {
      if range.isReadOnly { return true }
      Self.store(place + Int(offset), size, value)
      reportWrite(range, Int(offset), size)
      return true
    }
    let isTaken = range.writeRegister(offset, size, value)
    if !isTaken { onUnassigned?(address, size, true) }
    return isTaken
  }

  /// An access over the border of two ranges, byte by byte.
  private func readBytes(_ address: UInt64, _ size: Int) -> UInt64? {
    var value: UInt64 = 0
    for n in 0..<UInt64(size) {
      guard let byte = read(address &+ n, 1) else { return nil }
      value = value << 8 | byte
    }
    return value
  }

  private func writeBytes(_ address: UInt64, _ size: Int, _ value: UInt64) -> Bool {
    var isTaken = true
    for n in 0..<size {
      let byte = value >> UInt64(8 * (size - 1 - n)) & 0xff
      isTaken = write(address &+ UInt64(n), 1, byte) && isTaken
    }
    return isTaken
  }

  private func reportWrite(_ range: FlatRange, _ offset: Int, _ count: Int) {
    guard case .memory(let memory, let start, _) = range.window.content else { return }
    let first = start + Int(range.offset) + offset
    onMemoryWritten?(memory, first..<first + count)
  }

  /// The big-endian number of `size` bytes at a host address.
  private static func load(_ place: UnsafeMutableRawPointer, _ size: Int) -> UInt64 {
    switch size {
    case 1: UInt64(place.load(as: UInt8.self))
    case 2: UInt64(UInt16(bigEndian: place.loadUnaligned(as: UInt16.self)))
    case 4: UInt64(UInt32(bigEndian: place.loadUnaligned(as: UInt32.self)))
    default: UInt64(bigEndian: place.loadUnaligned(as: UInt64.self))
    }
  }

  private static func store(_ place: UnsafeMutableRawPointer, _ size: Int, _ value: UInt64) {
    switch size {
    case 1: place.storeBytes(of: UInt8(truncatingIfNeeded: value), as: UInt8.self)
    case 2: place.storeBytes(of: UInt16(truncatingIfNeeded: value).bigEndian, as: UInt16.self)
    case 4: place.storeBytes(of: UInt32(truncatingIfNeeded: value).bigEndian, as: UInt32.self)
    default: place.storeBytes(of: value.bigEndian, as: UInt64.self)
    }
  }
}

/// Direct memory access: how devices read and write memory.
extension Bus {
  /// Reads bytes from memory; nil if any address has no memory or register behind it.
  public func read(_ address: UInt64, count: Int) -> [UInt8]? {
    var result: [UInt8] = []
    result.reserveCapacity(count)
    while result.count < count {
      let at = address &+ UInt64(result.count)
      guard let range = range(at: at) else { return nil }
      let offset = at &- range.base
      if let place = range.host {
        let n = min(count - result.count, Int(range.size &- offset))
        result.append(contentsOf: UnsafeRawBufferPointer(start: place + Int(offset), count: n))
      } else {
        guard let byte = read(at, 1) else { return nil }
        result.append(UInt8(truncatingIfNeeded: byte))
      }
    }
    return result
  }

  /// Writes bytes to memory; false if any address has no memory or register behind it.
  @discardableResult
  public func write(_ address: UInt64, _ bytes: [UInt8]) -> Bool {
    var done = 0
    while done < bytes.count {
      let at = address &+ UInt64(done)
      guard let range = range(at: at) else { return false }
      let offset = at &- range.base
      if let place = range.host {
        let n = min(bytes.count - done, Int(range.size &- offset))
        if !range.isReadOnly {
          bytes.withUnsafeBytes {
            (place + Int(offset)).copyMemory(from: $0.baseAddress! + done, byteCount: n)
          }
          reportWrite(range, Int(offset), n)
        }
        done += n
      } else {
        guard write(at, 1, UInt64(bytes[done])) else { return false }
        done += 1
      }
    }
    return true
  }
}
