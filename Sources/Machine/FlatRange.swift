/// A run of addresses that one window answers, seen through all buses between.
public struct FlatRange {
  /// The address of its first byte, and its bytes.
  public let base, size: UInt64
  /// What answers.
  public let window: Window
  /// Where in the window the run starts, in bytes.
  public let offset: UInt64

  /// The address of its last byte.
  public var last: UInt64 { base &+ size &- 1 }

  /// Whether an address lies in it.
  public func contains(_ address: UInt64) -> Bool { address &- base < size }

  /// The host address of its first byte, for memory.
  public var host: UnsafeMutableRawPointer? {
    guard case .memory(let memory, let start, _) = window.content else { return nil }
    return memory.start + start + Int(offset)
  }

  /// Whether it is memory that swallows writes.
  public var isReadOnly: Bool {
    if case .memory(_, _, isReadOnly: true) = window.content { true } else { false }
  }

  // MARK: Registers

  /// Reads a register as a big-endian number.
  func readRegister(_ offset: UInt64, _ size: Int) -> UInt64? {
    guard case .registers(let handler, let order, let sizes) = window.content else { return nil }
    let at = UInt32(truncatingIfNeeded: self.offset &+ offset)
    if size > sizes.upperBound { return readParts(offset, size) }
    guard size < sizes.lowerBound else {
      return handler.read(at, size).map { Self.swapped($0, size, order) }
    }
    // A part of a wider register, or of two of them.
    let width = sizes.lowerBound
    let start = at & ~UInt32(width - 1)
    if Int(at - start) + size > width { return readParts(offset, size) }
    guard let whole = handler.read(start, width) else { return nil }
    let big = Self.swapped(whole, width, order)
    let shift = UInt64(8 * (width - size - Int(at - start)))
    return big >> shift & (1 << UInt64(8 * size) &- 1)
  }

  /// Reads two halves.
  private func readParts(_ offset: UInt64, _ size: Int) -> UInt64? {
    let half = size / 2
    guard let first = readRegister(offset, half),
      let second = readRegister(offset &+ UInt64(half), half)
    else { return nil }
    return first << UInt64(8 * half) | second
  }

  /// Writes a register from a big-endian number.
  func writeRegister(_ offset: UInt64, _ size: Int, _ value: UInt64) -> Bool {
    guard case .registers(let handler, let order, let sizes) = window.content else { return false }
    let at = UInt32(truncatingIfNeeded: self.offset &+ offset)
    if size > sizes.upperBound {
      let half = size / 2
      let low: UInt64 = 1 << UInt64(8 * half) &- 1
      let isTaken = writeRegister(offset, half, value >> UInt64(8 * half) & low)
      return writeRegister(offset &+ UInt64(half), half, value & low) && isTaken
    }
    // A device that has no such narrow register sees the narrow value at its own width.
    return handler.write(at, size, Self.swapped(value, size, order))
  }

  private static func swapped(_ value: UInt64, _ size: Int, _ order: ByteOrder) -> UInt64 {
    order == .big ? value : value.byteSwapped >> UInt64(64 - 8 * size)
  }

  // MARK: Flattening

  /// The runs of a bus, in the order of their addresses.
  static func flatten(_ bus: Bus) -> [FlatRange] {
    var result: [FlatRange] = []
    for mapping in bus.mappings.sorted(by: { $0.priority > $1.priority }) {
      for range in inside(mapping) { add(range, to: &result) }
    }
    return result.sorted { $0.base < $1.base }
  }

  /// The runs of one window, at the addresses of the bus that it is mapped into.
  private static func inside(_ mapping: Bus.Mapping) -> [FlatRange] {
    guard case .bus(let inner, let from) = mapping.window.content else {
      return [
        FlatRange(base: mapping.base, size: mapping.window.size, window: mapping.window, offset: 0)
      ]
    }
    let end = from &+ mapping.window.size
    return inner.ranges.compactMap { range in
      let first = max(range.base, from)
      let stop = min(range.base &+ range.size, end)
      guard first < stop else { return nil }
      return FlatRange(
        base: mapping.base &+ (first - from), size: stop - first, window: range.window,
        offset: range.offset &+ (first - range.base))
    }
  }

  /// Adds what of a run no earlier one covers.
  private static func add(_ new: FlatRange, to list: inout [FlatRange]) {
    var rest = [new]
    for old in list {
      rest = rest.flatMap { $0.without(old) }
    }
    list += rest
  }

  private func without(_ other: FlatRange) -> [FlatRange] {
    guard base <= other.last && other.base <= last else { return [self] }
    var parts: [FlatRange] = []
    if base < other.base { parts.append(part(base, other.base &- 1)) }
    if last > other.last { parts.append(part(other.last &+ 1, last)) }
    return parts
  }

  private func part(_ first: UInt64, _ last: UInt64) -> FlatRange {
    FlatRange(
      base: first, size: last &- first &+ 1, window: window, offset: offset &+ (first &- base))
  }
}
