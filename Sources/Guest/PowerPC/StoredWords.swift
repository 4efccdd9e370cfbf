import IR

/// Words that the block has just stored, by a general register and a displacement: a double that is
/// loaded from where one was stored is put together from it, for the host would wait until the word
/// had gone to memory. That is how integers become doubles (two `stw`, one `lfd`).
///
/// In user mode alone: there memory gives back what was stored in it, and addresses less than a page
/// apart are not the same byte.
struct StoredWords {
  private var words = InlineArray<4, (base: GPR, displacement: Int, value: TempIndex)>(
    repeating: (GPR(0), 0, 0))
  private(set) var count = 0

  /// How far apart two displacements may be.
  private static let reach = 4000

  /// The word at a place; nil if it is not known.
  func value(_ base: GPR, _ displacement: Int) -> TempIndex? {
    for n in 0..<count where words[n].base == base && words[n].displacement == displacement {
      return words[n].value
    }
    return nil
  }

  /// A word has been stored.
  mutating func note(_ base: GPR, _ displacement: Int, _ value: TempIndex) {
    if count == words.count { remove(0) }
    words[count] = (base, displacement, value)
    count += 1
  }

  /// Bytes are stored, by a register and a displacement: what is not known to lie elsewhere is
  /// forgotten.
  mutating func overwrite(_ base: GPR, _ displacement: Int, _ bytes: Int) {
    for n in (0..<count).reversed() {
      let distance = displacement - words[n].displacement
      let isElsewhere =
        words[n].base == base && abs(distance) < Self.reach
        && (distance >= 4 || distance <= -bytes)
      if !isElsewhere { remove(n) }
    }
  }

  /// A general register changes.
  mutating func forget(_ base: GPR) {
    for n in (0..<count).reversed() where words[n].base == base { remove(n) }
  }

  /// Anything may have been stored anywhere.
  mutating func clear() { count = 0 }

  private mutating func remove(_ n: Int) {
    for k in n..<count - 1 { words[k] = words[k + 1] }
    count -= 1
  }
}

extension Cpu {
  /// Stores `bytes` of a value at `(RA|0) + D`.
  func store(_ bytes: Int, _ value: I32, _ base: GPR, _ displacement: Int, alignment: Int = 0) {
    let noted = bytes == 4 && forwards(base) ? value.copied() : value
    storing(base, displacement, bytes)
    store(bytes, noted, at: self[orZero: base] + displacement, alignment: alignment)
    if bytes == 4, forwards(base) { context.pointee.stored.note(base, displacement, noted.temp) }
  }

  /// The store that comes next is one of `bytes` at `(RA|0) + D`.
  func storing(_ base: GPR, _ displacement: Int, _ bytes: Int) {
    if context.pointee.stored.count != 0, forwards(base) {
      context.pointee.nextStore = (base, displacement, bytes)
    }
  }

  /// Before a store: words that it may overwrite are forgotten.
  func forgetOverwritten() {
    if context.pointee.stored.count == 0 { return }
    if let (base, displacement, bytes) = context.pointee.nextStore {
      context.pointee.stored.overwrite(base, displacement, bytes)
      context.pointee.nextStore = nil
    } else {
      context.pointee.stored.clear()
    }
  }

  /// The double at `(RA|0) + D`, put together if a word of it has just been stored; else nil.
  func forwardedDouble(_ base: GPR, _ displacement: Int) -> F64? {
    let stored = context.pointee.stored
    let high = stored.value(base, displacement), low = stored.value(base, displacement + 4)
    if high == nil && low == nil { return nil }
    let address = self[orZero: base]
    let upper = high.map { I32(ir, $0) } ?? load(4, at: address + displacement)
    let lower = low.map { I32(ir, $0) } ?? load(4, at: address + (displacement + 4))
    return (upper.zeroExtended << 32 | lower.zeroExtended).asFloat
  }

  /// Whether words stored by a register are noted.
  private func forwards(_ base: GPR) -> Bool {
    context.pointee.forwardsWords && base.number != 0
  }
}
