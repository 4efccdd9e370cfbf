import IR

/// A set of a guest's globals, by their temps: there are at most 254.
struct GlobalSet {
  private var words = InlineArray<4, UInt64>(repeating: 0)

  /// None.
  init() {}
  /// These.
  init(_ temps: some Sequence<TempIndex>) {
    for temp in temps { insert(Int(temp)) }
  }

  /// Every global, and numbers that none has.
  static var all: GlobalSet {
    var set = GlobalSet()
    set.words = InlineArray(repeating: ~0)
    return set
  }

  @inline(__always) func contains(_ temp: Int) -> Bool {
    words[temp &>> 6 & 3] &>> UInt64(temp & 63) & 1 != 0
  }

  @inline(__always) mutating func insert(_ temp: Int) {
    words[temp &>> 6 & 3] |= 1 &<< UInt64(temp & 63)
  }

  @inline(__always) mutating func remove(_ temp: Int) {
    words[temp &>> 6 & 3] &= ~(1 &<< UInt64(temp & 63))
  }

  @inline(__always) mutating func formUnion(_ other: GlobalSet) {
    for n in 0..<4 { words[n] |= other.words[n] }
  }

  /// Adds those that another set does not have.
  @inline(__always) mutating func formUnion(complementOf other: GlobalSet) {
    for n in 0..<4 { words[n] |= ~other.words[n] }
  }

  /// Takes one out; nil if there is none.
  @inline(__always) mutating func popFirst() -> Int? {
    for n in 0..<4 where words[n] != 0 {
      let temp = 64 &* n &+ words[n].trailingZeroBitCount
      words[n] &= words[n] &- 1
      return temp
    }
    return nil
  }
}
