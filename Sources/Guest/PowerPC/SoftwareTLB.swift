/// The translation lookaside buffers of the 603 (MPC603e, 5.4.3): 64 entries for fetches and 64
/// for data, in 32 sets of two, that exception handlers load.
struct SoftwareTLB {
  /// One entry: the tag is the virtual page, the word the page table entry's second.
  struct Entry {
    var isValid = false
    /// VSID and the page index above the set's bits.
    var segment: UInt32 = 0
    var index: UInt32 = 0
    var word: UInt32 = 0
  }

  /// Two entries a set; fetches first, then data.
  private var entries = InlineArray<128, Entry>(repeating: Entry())
  /// The way of each set that was used last.
  private var lastUsed = InlineArray<64, UInt8>(repeating: 0)

  private static func set(_ effective: UInt32, _ isFetch: Bool) -> Int {
    Int(effective >> 12 & 31) + (isFetch ? 0 : 32)
  }

  /// The way that holds a translation, and its entry.
  mutating func find(
    _ effective: UInt32, _ segment: UInt32, isFetch: Bool
  ) -> (way: Int, word: UInt32)? {
    let set = Self.set(effective, isFetch)
    for way in 0..<2 {
      let entry = entries[2 * set + way]
      guard entry.isValid, entry.segment == segment & SegmentRegister.VSID,
        entry.index == effective >> 17 & 0x7ff
      else { continue }
      lastUsed[set] = UInt8(way)
      return (way, entry.word)
    }
    return nil
  }

  /// An entry by its place: a set from 0 to 31, a way of 0 and 1.
  func entry(_ set: Int, _ way: Int, isFetch: Bool) -> Entry {
    entries[2 * (set + (isFetch ? 0 : 32)) + way]
  }

  /// The way to be replaced in the set of an address.
  func victim(_ effective: UInt32, isFetch: Bool) -> Int {
    Int(lastUsed[Self.set(effective, isFetch)] ^ 1)
  }

  /// `tlbld` and `tlbli`: the tag is the first word of a page table entry, the rest of the page
  /// index is in the address.
  mutating func load(_ effective: UInt32, tag: UInt32, word: UInt32, way: Int, isFetch: Bool) {
    let set = Self.set(effective, isFetch)
    entries[2 * set + way & 127] = Entry(
      isValid: tag & PageEntry.V != 0, segment: tag >> 7 & SegmentRegister.VSID,
      index: (tag & 0x3f) << 5 | effective >> 17 & 0x1f, word: word)
    lastUsed[set] = UInt8(way & 1)
  }

  /// `tlbie`: the sets of an address, whatever is in them.
  mutating func invalidate(_ effective: UInt32) {
    for set in [Self.set(effective, true), Self.set(effective, false)] {
      entries[2 * set].isValid = false
      entries[2 * set + 1].isValid = false
    }
  }
}

/// What SRR1 says at the vectors of translation misses, besides CR field 0 in its first four bits.
private enum Miss {
  static let key: UInt32 = 0x0008_0000
  static let fetch: UInt32 = 0x0004_0000
  static let way: UInt32 = 0x0002_0000
  static let store: UInt32 = 0x0001_0000
}

extension Supervisor {
  /// `tlbld` or `tlbli` at an address, from ICMP or DCMP, RPA, and SRR1[WAY].
  func loadTranslation(_ effective: UInt32, isFetch: Bool) {
    let tag = state.special(isFetch ? SPR.ICMP : SPR.DCMP)
    table.load(
      effective, tag: tag, word: state.special(SPR.RPA),
      way: state.pointee.srr1 & Miss.way != 0 ? 1 : 0, isFetch: isFetch)
    surroundings.translationsChanged(.page(effective))
  }

  /// The lookup in the software TLB.
  func tableLookup(
    _ effective: UInt32, _ access: Access, _ segment: UInt32, _ isProbe: Bool
  ) -> TranslationResult {
    let isFetch = access == .fetch
    guard let (way, word) = table.find(effective, segment, isFetch: isFetch) else {
      let way = table.victim(effective, isFetch: isFetch)
      return miss(effective, access, segment, way, isProbe)
    }
    if let fault = refusal(access, word, segment) { return fault }
    // The first store to a page is a miss too, so that the handler sets C.
    if access == .store && word & PageEntry.C == 0 {
      return miss(effective, access, segment, way, isProbe)
    }
    return page(effective, word: word, segment)
  }

  /// A miss: prepares the registers with which its handler searches the page table.
  private func miss(
    _ effective: UInt32, _ access: Access, _ segment: UInt32, _ way: Int, _ isProbe: Bool
  ) -> TranslationResult {
    let isFetch = access == .fetch
    if !isProbe {
      state.pointee.spr[isFetch ? SPR.IMISS : SPR.DMISS] = effective
      state.pointee.spr[isFetch ? SPR.ICMP : SPR.DCMP] = Self.tag(effective, segment)
      state.pointee.spr[SPR.HASH1] = group(effective, segment, secondary: false)
      state.pointee.spr[SPR.HASH2] = group(effective, segment, secondary: true)
    }
    var bits = ConditionField.nibble(state.pointee.cr[0]) << 28
    if key(segment) { bits |= Miss.key }
    if isFetch { bits |= Miss.fetch }
    if way != 0 { bits |= Miss.way }
    switch access {
    case .fetch: return .fault(.instructionTranslationMiss, bits: bits)
    case .load: return .fault(.dataLoadTranslationMiss, bits: bits)
    case .store: return .fault(.dataStoreTranslationMiss, bits: bits | Miss.store)
    }
  }
}
