/// Reads big-endian fields out of a copy of guest memory. Fields past the end read as 0.
public struct StructureReader {
  /// The copied bytes.
  public let bytes: [UInt8]

  /// A reader of some bytes.
  public init(_ bytes: [UInt8]) { self.bytes = bytes }

  private func value(_ offset: Int, _ size: Int) -> UInt64 {
    guard offset >= 0, offset + size <= bytes.count else { return 0 }
    var result: UInt64 = 0
    for index in offset..<offset + size { result = result << 8 | UInt64(bytes[index]) }
    return result
  }

  /// The halfword at an offset.
  public func half(_ offset: Int) -> UInt16 { UInt16(truncatingIfNeeded: value(offset, 2)) }
  /// The word at an offset.
  public func word(_ offset: Int) -> UInt32 { UInt32(truncatingIfNeeded: value(offset, 4)) }
  /// The word at an offset, sign-extended.
  public func signed(_ offset: Int) -> Int { Int(Int32(bitPattern: word(offset))) }
  /// The doubleword at an offset.
  public func doubleword(_ offset: Int) -> UInt64 { value(offset, 8) }
}

/// Builds a structure of the guest: big-endian fields, one after the other.
public struct StructureWriter {
  /// The bytes so far.
  public private(set) var bytes: [UInt8] = []

  /// An empty structure, with room for one of `capacity` bytes.
  public init(capacity: Int = 128) { bytes.reserveCapacity(capacity) }

  private mutating func append<T: FixedWidthInteger>(_ value: T) {
    withUnsafeBytes(of: value.bigEndian) { bytes.append(contentsOf: $0) }
  }

  /// Appends the low byte of a value.
  public mutating func byte<T: BinaryInteger>(_ value: T) {
    bytes.append(UInt8(truncatingIfNeeded: value))
  }
  /// Appends the low halfword of a value.
  public mutating func half<T: BinaryInteger>(_ value: T) {
    append(UInt16(truncatingIfNeeded: value))
  }
  /// Appends the low word of a value.
  public mutating func word<T: BinaryInteger>(_ value: T) {
    append(UInt32(truncatingIfNeeded: value))
  }
  /// Appends the low doubleword of a value.
  public mutating func doubleword<T: BinaryInteger>(_ value: T) {
    append(UInt64(truncatingIfNeeded: value))
  }
  /// Appends bytes as they are.
  public mutating func raw<S: Sequence>(_ sequence: S) where S.Element == UInt8 {
    bytes.append(contentsOf: sequence)
  }
  /// Appends a string, cut to `size` bytes with its final zero, filled up with zeros.
  public mutating func string(_ text: String, size: Int) {
    let characters = text.utf8.prefix(size - 1)
    bytes.append(contentsOf: characters)
    pad(to: bytes.count + size - characters.count)
  }
  /// Appends zeros up to an offset.
  public mutating func pad(to offset: Int) {
    while bytes.count < offset { bytes.append(0) }
  }
}
