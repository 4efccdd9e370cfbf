/// Reads big-endian fields out of a copy of guest memory. Fields past the end read as 0.
public struct StructureReader {
  /// The copied bytes.
  public let bytes: [UInt8]

  /// A reader of some bytes.
  public init(_ bytes: [UInt8]) { self.bytes = bytes }

  private func value<T: FixedWidthInteger>(_ offset: Int, as type: T.Type) -> T {
    guard offset >= 0, offset + MemoryLayout<T>.size <= bytes.count else { return 0 }
    return bytes.withUnsafeBytes {
      T(bigEndian: $0.loadUnaligned(fromByteOffset: offset, as: type))
    }
  }

  /// The halfword at an offset.
  public func half(_ offset: Int) -> UInt16 { value(offset, as: UInt16.self) }
  /// The word at an offset.
  public func word(_ offset: Int) -> UInt32 { value(offset, as: UInt32.self) }
  /// The word at an offset, sign-extended.
  public func signed(_ offset: Int) -> Int { Int(Int32(bitPattern: word(offset))) }
  /// The doubleword at an offset.
  public func doubleword(_ offset: Int) -> UInt64 { value(offset, as: UInt64.self) }
}

/// Builds a structure of the guest: big-endian fields, one after the other.
public struct StructureWriter {
  /// The bytes so far, then zeros.
  private var storage: [UInt8]
  /// How many bytes there are.
  public private(set) var count = 0

  /// An empty structure, with room for one of `capacity` bytes.
  public init(capacity: Int = 128) { storage = [UInt8](repeating: 0, count: capacity) }

  /// The bytes so far.
  public var bytes: [UInt8] { Array(storage[..<count]) }

  /// Calls with the bytes so far.
  func withBytes<R>(_ body: (UnsafeRawBufferPointer) -> R) -> R {
    storage.withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
  }

  private mutating func reserve(_ size: Int) {
    guard count + size > storage.count else { return }
    storage += [UInt8](repeating: 0, count: max(size, storage.count))
  }

  private mutating func append<T: FixedWidthInteger>(_ value: T) {
    reserve(MemoryLayout<T>.size)
    storage.withUnsafeMutableBytes {
      $0.storeBytes(of: value.bigEndian, toByteOffset: count, as: T.self)
    }
    count += MemoryLayout<T>.size
  }

  /// Appends the low byte of a value.
  public mutating func byte<T: BinaryInteger>(_ value: T) {
    append(UInt8(truncatingIfNeeded: value))
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
    for byte in sequence { append(byte) }
  }
  /// Appends a string, cut to `size` bytes with its final zero, filled up with zeros.
  public mutating func string(_ text: String, size: Int) {
    let end = count + size
    raw(text.utf8.prefix(size - 1))
    pad(to: end)
  }
  /// Appends zeros up to an offset.
  public mutating func pad(to offset: Int) {
    guard offset > count else { return }
    reserve(offset - count)
    count = offset
  }
}
