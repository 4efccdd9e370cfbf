import IR

/// Words and doubles that the block has just stored, by a general register and a displacement: what
/// is loaded from there is put together from them. The host would wait five cycles for what has just
/// been stored, and until it had gone to memory for a double made of two words. That is how integers
/// become doubles (two `stw`, one `lfd`), and doubles integers (one `stfd`, two `lwz`).
///
/// In user mode alone: there memory gives back what was stored in it, and addresses less than a page
/// apart are not the same byte.
struct StoredValues {
  private typealias Entry = (base: GPR, displacement: Int, bytes: Int, value: TempIndex)

  private var entries = InlineArray<6, Entry>(repeating: (GPR(0), 0, 0, 0))
  private(set) var count = 0

  /// How far apart two displacements may be.
  private static let reach = 4000

  /// What was stored at a place, of 4 or 8 bytes; nil if it is not known.
  func value(_ base: GPR, _ displacement: Int, _ bytes: Int) -> TempIndex? {
    for n in 0..<count
    where entries[n].base == base && entries[n].displacement == displacement
      && entries[n].bytes == bytes
    {
      return entries[n].value
    }
    return nil
  }

  /// A word or a double has been stored.
  mutating func note(_ base: GPR, _ displacement: Int, _ bytes: Int, _ value: TempIndex) {
    if count == entries.count { remove(0) }
    entries[count] = (base, displacement, bytes, value)
    count += 1
  }

  /// Bytes are stored, by a register and a displacement: what is not known to lie elsewhere is
  /// forgotten.
  mutating func overwrite(_ base: GPR, _ displacement: Int, _ bytes: Int) {
    for n in (0..<count).reversed() {
      let distance = displacement - entries[n].displacement
      let isElsewhere =
        entries[n].base == base && abs(distance) < Self.reach
        && (distance >= entries[n].bytes || distance <= -bytes)
      if !isElsewhere { remove(n) }
    }
  }

  /// A general register changes.
  mutating func forget(_ base: GPR) {
    for n in (0..<count).reversed() where entries[n].base == base { remove(n) }
  }

  /// Anything may have been stored anywhere.
  mutating func clear() { count = 0 }

  private mutating func remove(_ n: Int) {
    for k in n..<count - 1 { entries[k] = entries[k + 1] }
    count -= 1
  }
}

extension Cpu {
  /// Stores `bytes` of a value at `(RA|0) + D`.
  func store(_ bytes: Int, _ value: I32, _ base: GPR, _ displacement: Int, alignment: Int = 0) {
    let noted = bytes == 4 && forwards(base) ? value.copied() : value
    storing(base, displacement, bytes)
    store(bytes, noted, at: self[orZero: base] + displacement, alignment: alignment)
    if bytes == 4 { noteStored(base, displacement, 4, noted.temp) }
  }

  /// Notes what has been stored at `(RA|0) + D`.
  func noteStored(_ base: GPR, _ displacement: Int, _ bytes: Int, _ value: TempIndex) {
    if forwards(base) { context.pointee.stored.note(base, displacement, bytes, value) }
  }

  /// The store that comes next is one of `bytes` at `(RA|0) + D`.
  func storing(_ base: GPR, _ displacement: Int, _ bytes: Int) {
    if context.pointee.stored.count != 0, forwards(base) {
      context.pointee.nextStore = (base, displacement, bytes)
    }
  }

  /// Before a store: what it may overwrite is forgotten.
  func forgetOverwritten() {
    if context.pointee.stored.count == 0 { return }
    if let (base, displacement, bytes) = context.pointee.nextStore {
      context.pointee.stored.overwrite(base, displacement, bytes)
      context.pointee.nextStore = nil
    } else {
      context.pointee.stored.clear()
    }
  }

  /// The double at `(RA|0) + D`, if it, or a word of it, has just been stored; else nil.
  func forwardedDouble(_ base: GPR, _ displacement: Int) -> F64? {
    if context.pointee.stored.count == 0 { return nil }
    if let double = context.pointee.stored.value(base, displacement, 8) { return F64(ir, double) }
    let high = forwardedWord(base, displacement), low = forwardedWord(base, displacement + 4)
    if high == nil && low == nil { return nil }
    let address = self[orZero: base]
    let upper = high ?? load(4, at: address + displacement)
    let lower = low ?? load(4, at: address + (displacement + 4))
    return (upper.zeroExtended << 32 | lower.zeroExtended).asFloat
  }

  /// The word at `(RA|0) + D`, if it has just been stored, alone or as half of a double; else nil.
  func forwardedWord(_ base: GPR, _ displacement: Int) -> I32? {
    let stored = context.pointee.stored
    if stored.count == 0 { return nil }
    if let word = stored.value(base, displacement, 4) { return I32(ir, word) }
    if let double = stored.value(base, displacement, 8) {
      return F64(ir, double).bits.shiftedRight(32).low
    }
    return stored.value(base, displacement - 4, 8).map { F64(ir, $0).bits.low }
  }

  /// Whether what is stored by a register is noted.
  private func forwards(_ base: GPR) -> Bool {
    context.pointee.forwardsWords && base.number != 0
  }
}
