/// Bytes that wait, first in first out.
struct ByteQueue {
  private var bytes: [UInt8] = []
  private var start = 0

  /// How many wait.
  var count: Int { bytes.count - start }
  var isEmpty: Bool { count == 0 }

  /// Adds bytes at the end.
  mutating func append(_ new: some Sequence<UInt8>) { bytes.append(contentsOf: new) }

  /// The first bytes, at most `limit`; they stay.
  func first(_ limit: Int) -> ArraySlice<UInt8> { bytes[start...].prefix(limit) }

  /// Takes bytes away from the front, at most as many as there are.
  mutating func remove(_ number: Int) {
    start += min(number, count)
    if start == bytes.count {
      bytes.removeAll(keepingCapacity: true)
      start = 0
    } else if start > 65536 {
      bytes.removeFirst(start)
      start = 0
    }
  }

  /// Forgets all.
  mutating func removeAll() {
    bytes.removeAll()
    start = 0
  }
}
