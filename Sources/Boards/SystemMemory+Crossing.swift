import GuestPowerPC
import Machine
import Memory

/// Accesses that cross a page.
extension SystemMemory {
  /// The physical addresses of an access that crosses a page: of its first byte, and of the second
  /// page. DAR takes the first byte of a page that refuses.
  private func physicalPair(_ address: UInt32, _ access: Access) -> (UInt32, UInt32)? {
    guard let first = physical(address, access),
      let second = physical((address | 0xfff) &+ 1, access)
    else { return nil }
    return (first, second)
  }

  /// Loads a big-endian number; nil after the exception was noted.
  func loadBytes(_ address: UInt32, _ size: Int) -> UInt64? {
    let next = (address | 0xfff) &+ 1
    let split = Int(next &- address)
    if let first = spaces.load(dataSpace, page: address >> 12),
      let second = spaces.load(dataSpace, page: next >> 12)
    {
      return Self.read(first + (4096 - split), split) << UInt64(8 * (size - split))
        | Self.read(second, size - split)
    }
    guard let (first, second) = physicalPair(address, .load) else { return nil }
    noteLoad(address, first)
    noteLoad(next, second)
    return read(first, split) << UInt64(8 * (size - split)) | read(second, size - split)
  }

  /// The big-endian number of `size` (1 to 7) bytes of memory.
  private static func read(_ place: UnsafeMutableRawPointer, _ size: Int) -> UInt64 {
    var value: UInt64 = 0
    for n in 0..<size { value = value << 8 | UInt64(place.load(fromByteOffset: n, as: UInt8.self)) }
    return value
  }

  /// The same from the bus.
  private func read(_ address: UInt32, _ size: Int) -> UInt64 {
    var value: UInt64 = 0
    for n in 0..<UInt32(size) {
      value = value << 8 | (bus.read(UInt64(address &+ n), 1) ?? 0)
    }
    return value
  }

  /// Stores a big-endian number; nothing is stored unless everything can be.
  func storeBytes(_ address: UInt32, _ size: Int, _ value: UInt64) -> Bool {
    let next = (address | 0xfff) &+ 1
    let split = Int(next &- address)
    let upper = value >> UInt64(8 * (size - split))
    if let first = spaces.store(dataSpace, page: address >> 12),
      let second = spaces.store(dataSpace, page: next >> 12)
    {
      Self.write(first + (4096 - split), split, upper)
      Self.write(second, size - split, value)
      return true
    }
    guard let (first, second) = physicalPair(address, .store) else { return false }
    write(first, split, upper)
    write(second, size - split, value)
    noteStore(address, first)
    noteStore(next, second)
    return true
  }

  /// Writes the lowest `size` (1 to 7) bytes of a big-endian number to memory without code.
  private static func write(_ place: UnsafeMutableRawPointer, _ size: Int, _ value: UInt64) {
    for n in 0..<size {
      let byte = UInt8(truncatingIfNeeded: value >> UInt64(8 * (size - 1 - n)))
      place.storeBytes(of: byte, toByteOffset: n, as: UInt8.self)
    }
  }

  /// The same to the bus.
  private func write(_ address: UInt32, _ size: Int, _ value: UInt64) {
    for n in 0..<UInt32(size) {
      let byte = value >> UInt64(8 * (UInt32(size) - 1 - n)) & 0xff
      bus.write(UInt64(address &+ n), 1, byte)
    }
  }
}
