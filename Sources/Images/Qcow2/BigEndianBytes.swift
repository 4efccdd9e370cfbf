// qcow2 keeps all numbers in big-endian byte order.

extension [UInt8] {
  /// The number at a byte offset; all of it must be inside.
  func number<Number: FixedWidthInteger>(_ offset: Int, as: Number.Type = Number.self) -> Number {
    self[offset..<offset + MemoryLayout<Number>.size].reduce(0) { $0 << 8 | Number($1) }
  }

  /// The bytes of a number.
  init<Number: FixedWidthInteger>(bigEndian number: Number) {
    self = Swift.withUnsafeBytes(of: number.bigEndian) { Array($0) }
  }

  /// The bytes of numbers, one after another.
  init(bigEndian numbers: some Sequence<UInt64>) {
    self = numbers.flatMap { [UInt8](bigEndian: $0) }
  }

  /// The 64-bit numbers that the bytes are.
  var numbers: [UInt64] {
    withUnsafeBytes { buffer in
      (0..<count / 8).map {
        UInt64(bigEndian: buffer.loadUnaligned(fromByteOffset: $0 * 8, as: UInt64.self))
      }
    }
  }
}
