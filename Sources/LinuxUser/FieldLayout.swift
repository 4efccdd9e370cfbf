import Memory

/// The fields of a structure that lies alike on both sides but for the byte order of its fields:
/// a letter for each, `b` a byte, `h` a halfword, `w` a word, `d` a doubleword, one behind the
/// other without gaps.
struct FieldLayout: Sendable {
  let fields: StaticString

  init(_ fields: StaticString) { self.fields = fields }

  /// The bytes of one letter's field.
  private static func size(_ letter: UInt8) -> Int {
    switch letter {
    case UInt8(ascii: "h"): 2
    case UInt8(ascii: "w"): 4
    case UInt8(ascii: "d"): 8
    default: 1
    }
  }

  /// Bytes of the whole.
  var size: Int {
    var result = 0
    for index in 0..<fields.utf8CodeUnitCount { result += Self.size(fields.utf8Start[index]) }
    return result
  }

  /// Changes the byte order of each field that lies whole in the first `count` bytes.
  func swap(_ bytes: UnsafeMutableRawPointer, _ count: Int = .max) {
    var offset = 0
    for index in 0..<fields.utf8CodeUnitCount {
      let size = Self.size(fields.utf8Start[index])
      guard offset + size <= count else { return }
      let field = UnsafeMutableRawBufferPointer(start: bytes + offset, count: size)
      for low in 0..<size / 2 { field.swapAt(low, size - 1 - low) }
      offset += size
    }
  }
}

extension SystemCall {
  /// Calls with a copy of a guest's structure in the host's byte order.
  /// - Parameters:
  ///   - size: its bytes where the guest tells them; what the layout does not cover must be bytes.
  ///   - isResult: whether the structure is stored back afterwards.
  func withStructure(
    _ address: UInt32, _ layout: FieldLayout, size: Int? = nil, isResult: Bool = false,
    _ body: (Int) throws(Errno) -> Int
  ) throws(Errno) -> Int {
    let count = size ?? layout.size
    return try withHostBytes(max(count, layout.size)) { (place, bytes) throws(Errno) in
      guard copy.read(address, into: bytes, count) else { throw .fault }
      layout.swap(bytes, count)
      let result = try body(place)
      if isResult {
        layout.swap(bytes, count)
        guard copy.write(address, from: bytes, count) else { throw .fault }
      }
      return result
    }
  }

  /// Calls with room for a structure of the host's, and stores it in the guest's byte order.
  func withResult(
    _ address: UInt32, _ layout: FieldLayout, _ body: (Int) throws(Errno) -> Int
  ) throws(Errno) -> Int {
    try withHostBytes(layout.size) { (place, bytes) throws(Errno) in
      let result = try body(place)
      layout.swap(bytes)
      guard copy.write(address, from: bytes, layout.size) else { throw .fault }
      return result
    }
  }
}
