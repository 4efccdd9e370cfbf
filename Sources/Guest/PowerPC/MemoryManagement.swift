/// A kind of access, as address translation sees it.
public enum Access: Sendable {
  /// Of an instruction, a load, a store.
  case fetch, load, store
}

/// What an effective address means for an access.
public enum TranslationResult: Equatable, Sendable {
  /// It is allowed.
  /// - physical: the physical address of the page of 4 KiB that the effective address is in.
  /// - range: the effective addresses around it over which the translation is linear and all
  ///   else is the same: the page, a block, or everything.
  /// - isWritable: stores are allowed too, and the page's C bit is set.
  /// - isCacheInhibited, isGuarded: I and G.
  case page(
    physical: UInt32, range: ClosedRange<UInt32>, isWritable: Bool, isCacheInhibited: Bool,
    isGuarded: Bool)
  /// It raises an exception, with bits of DSISR for data storage and of SRR1 for the others.
  case fault(PowerPCException, bits: UInt32)
}

/// The bits of DSISR that say why an access was refused.
enum DataFault {
  static let notFound: UInt32 = 0x4000_0000
  static let protected: UInt32 = 0x0800_0000
  static let directStore: UInt32 = 0x0400_0000
  static let store: UInt32 = 0x0200_0000
  static let externalControl: UInt32 = 0x0010_0000
  static let breakpoint: UInt32 = 0x0040_0000
}

/// The bits of SRR1 that say why a fetch was refused.
enum FetchFault {
  static let notFound: UInt32 = 0x4000_0000
  static let noExecute: UInt32 = 0x1000_0000
  static let protected: UInt32 = 0x0800_0000
}

/// The bit of the 755's HID2 that leaves the search of the page tables to exception handlers.
enum HID2 {
  static let SWT_EN: UInt32 = 0x0008_0000
}

/// The bits of a segment register.
enum SegmentRegister {
  /// Direct-store segment, supervisor and user key, no execution.
  static let T: UInt32 = 0x8000_0000, Ks: UInt32 = 0x4000_0000, Kp: UInt32 = 0x2000_0000
  static let N: UInt32 = 0x1000_0000
  static let VSID: UInt32 = 0x00ff_ffff
}

/// The bits of a page table entry's second word; those of a lower BAT that it shares.
enum PageEntry {
  static let RPN: UInt32 = 0xffff_f000
  static let R: UInt32 = 0x100, C: UInt32 = 0x80
  static let I: UInt32 = 0x20, G: UInt32 = 0x08
  static let PP: UInt32 = 3
  /// First word: valid, secondary hash.
  static let V: UInt32 = 0x8000_0000, H: UInt32 = 0x40
}

/// Programming Environments Manual, chapter 7: memory management.
extension Supervisor {
  /// Translates an effective address for an access in the current mode. R and C of a page table
  /// entry are set where the processor itself does that.
  ///
  /// - Parameter isProbe: only to look: R and C, and the registers of a translation miss, stay,
  ///   and a page that needs C for a store is reported as it is.
  public func translate(
    _ effective: UInt32, _ access: Access, isProbe: Bool = false
  ) -> TranslationResult {
    let result = translateAnyway(effective, access, isProbe: isProbe)
    guard case .page = result, !isProbe, meetsBreakpoint(effective, access) else { return result }
    return Self.refused(access, fetch: 0, data: DataFault.breakpoint)
  }

  /// Without regard to breakpoints.
  private func translateAnyway(
    _ effective: UInt32, _ access: Access, isProbe: Bool
  ) -> TranslationResult {
    let msr = state.pointee.msr
    if msr & (access == .fetch ? MSR.IR : MSR.DR) == 0 { return realMode(effective, access) }
    if let result = block(effective, access) { return result }
    let segment = state.segment(Int(effective >> 28))
    if segment & SegmentRegister.T != 0 {
      return Self.refused(
        access, fetch: FetchFault.noExecute, data: DataFault.directStore)
    }
    if access == .fetch && segment & SegmentRegister.N != 0 {
      return .fault(.instructionStorage, bits: FetchFault.noExecute)
    }
    return searchesInSoftware
      ? tableLookup(effective, access, segment, isProbe)
      : hashLookup(effective, access, segment, isProbe)
  }

  /// Whether exception handlers load the TLB.
  var searchesInSoftware: Bool {
    switch traits.tableSearch {
    case .hardware: false
    case .software: true
    case .either: state.special(SPR.HID2) & HID2.SWT_EN != 0
    }
  }

  private func realMode(_ effective: UInt32, _ access: Access) -> TranslationResult {
    let isIdentity = realModeMask == .max
    let page = effective & ~0xfff
    return .page(
      physical: page & realModeMask, range: isIdentity ? 0...UInt32.max : page...page | 0xfff,
      isWritable: true, isCacheInhibited: false, isGuarded: access != .fetch)
  }

  static func refused(_ access: Access, fetch: UInt32, data: UInt32) -> TranslationResult {
    switch access {
    case .fetch: .fault(.instructionStorage, bits: fetch)
    case .load: .fault(.dataStorage, bits: data)
    case .store: .fault(.dataStorage, bits: data | DataFault.store)
    }
  }

  static func protection(_ access: Access) -> TranslationResult {
    refused(access, fetch: FetchFault.protected, data: DataFault.protected)
  }

  // MARK: Blocks

  /// The pairs of block registers that count now.
  private var pairs: Int {
    guard let enable = traits.highBlocksEnable else { return traits.blockAddressPairs }
    return state.special(enable.register) & enable.bit != 0 ? traits.blockAddressPairs : 4
  }

  /// The translation by the block registers, nil if no block covers the address.
  private func block(_ effective: UInt32, _ access: Access) -> TranslationResult? {
    let valid: UInt32 = state.pointee.msr & MSR.PR != 0 ? 1 : 2
    let isExtended = state.pointee.hid0 & traits.extendedBlocks != 0
    let lengthBits: UInt32 = isExtended ? 0x1_fffc : 0x1ffc
    for pair in 0..<pairs {
      let bat = access == .fetch ? state.ibat(pair) : state.dbat(pair)
      guard bat.upper & valid != 0 else { continue }
      let lengthMask = (bat.upper & lengthBits) << 15
      guard (effective ^ bat.upper) & ~lengthMask & 0xfffe_0000 == 0 else { continue }
      return block(effective, access, bat.lower, lengthMask | 0x1_ffff)
    }
    return nil
  }

  /// - Parameter offsets: the address bits that are not translated.
  private func block(
    _ effective: UInt32, _ access: Access, _ lower: UInt32, _ offsets: UInt32
  ) -> TranslationResult {
    let protection = lower & PageEntry.PP
    let isWritable = protection == 2
    if protection == 0 || access == .store && !isWritable { return Self.protection(access) }
    let physical = lower & 0xfffe_0000 | effective & offsets & ~0xfff
    // A mask that is not all ones from the right is linear only as far as the ones go.
    let linear: UInt32 = (1 << UInt32((~offsets).trailingZeroBitCount)) &- 1
    let first = effective & ~linear
    return .page(
      physical: physical, range: first...first | linear, isWritable: isWritable,
      isCacheInhibited: lower & PageEntry.I != 0,
      isGuarded: access != .fetch && lower & PageEntry.G != 0)
  }

  // MARK: Pages

  /// What the translation of a segment's addresses depends on besides the page table and the
  /// blocks, as a number; never zero.
  public func segmentKey(_ segment: Int, isUser: Bool) -> UInt64 {
    let register = state.segment(segment)
    let parts = SegmentRegister.T | SegmentRegister.N | SegmentRegister.VSID
    let isKeyed = register & (isUser ? SegmentRegister.Kp : SegmentRegister.Ks) != 0
    return 1 << 63 | (isUser ? 1 << 62 : 0) | (isKeyed ? 1 << 61 : 0) | UInt64(register & parts)
  }

  /// The key that counts in a segment: Ks or Kp.
  func key(_ segment: UInt32) -> Bool {
    let isUser = state.pointee.msr & MSR.PR != 0
    return segment & (isUser ? SegmentRegister.Kp : SegmentRegister.Ks) != 0
  }

  /// Protection of pages: what PP and the key allow.
  static func allowed(_ protection: UInt32, key: Bool) -> (load: Bool, store: Bool) {
    switch (protection & 3, key) {
    case (3, _): (true, false)
    case (2, _), (_, false): (true, true)
    case (1, true): (true, false)
    default: (false, false)
    }
  }

  /// The first word of the page table entry for an address, with H zero.
  static func tag(_ effective: UInt32, _ segment: UInt32) -> UInt32 {
    PageEntry.V | (segment & SegmentRegister.VSID) << 7 | effective >> 22 & 0x3f
  }

  /// The address of the group of page table entries for an address.
  func group(_ effective: UInt32, _ segment: UInt32, secondary: Bool) -> UInt32 {
    let hash = (segment & 0x7ffff) ^ (effective >> 12 & 0xffff)
    let index = (secondary ? ~hash : hash) & 0x7ffff
    let sdr1 = state.special(SPR.SDR1)
    let mask = (sdr1 & 0x1ff) << 16 | 0xffc0
    return sdr1 & 0xffff_0000 | index << 6 & mask
  }

  /// The search of the page table.
  private func hashLookup(
    _ effective: UInt32, _ access: Access, _ segment: UInt32, _ isProbe: Bool
  ) -> TranslationResult {
    let tag = Self.tag(effective, segment)
    for secondary in [false, true] {
      let group = group(effective, segment, secondary: secondary)
      let wanted = secondary ? tag | PageEntry.H : tag
      for entry in 0..<UInt32(8) where surroundings.physicalWord(group | entry << 3) == wanted {
        return hashEntry(group | entry << 3 | 4, effective, access, segment, isProbe)
      }
    }
    return Self.refused(access, fetch: FetchFault.notFound, data: DataFault.notFound)
  }

  /// The translation by an entry of the page table whose second word is at `address`.
  private func hashEntry(
    _ address: UInt32, _ effective: UInt32, _ access: Access, _ segment: UInt32, _ isProbe: Bool
  ) -> TranslationResult {
    let word = surroundings.physicalWord(address) ?? 0
    if let fault = refusal(access, word, segment) { return fault }
    let used = word | PageEntry.R | (access == .store ? PageEntry.C : 0)
    if used != word && !isProbe { surroundings.setPhysicalWord(address, used) }
    return page(effective, word: isProbe ? word : used, segment)
  }

  /// Why an entry's second word does not allow an access, nil if it does.
  func refusal(_ access: Access, _ word: UInt32, _ segment: UInt32) -> TranslationResult? {
    if access == .fetch && word & PageEntry.G != 0 {
      return .fault(.instructionStorage, bits: FetchFault.noExecute)
    }
    let allowed = Self.allowed(word, key: key(segment))
    let isAllowed = access == .store ? allowed.store : allowed.load
    return isAllowed ? nil : Self.protection(access)
  }

  /// The translation by an entry's second word.
  func page(_ effective: UInt32, word: UInt32, _ segment: UInt32) -> TranslationResult {
    let page = effective & ~0xfff
    let isStoreAllowed = Self.allowed(word, key: key(segment)).store
    return .page(
      physical: word & PageEntry.RPN, range: page...page | 0xfff,
      isWritable: isStoreAllowed && word & PageEntry.C != 0,
      isCacheInhibited: word & PageEntry.I != 0, isGuarded: word & PageEntry.G != 0)
  }

  // MARK: Invalidation

  /// `tlbie`.
  func invalidate(page effective: UInt32) {
    table.invalidate(effective)
    surroundings.translationsChanged(.page(effective))
  }

  /// `tlbia`.
  func invalidateAll() {
    table = SoftwareTLB()
    surroundings.translationsChanged(.all)
  }
}
