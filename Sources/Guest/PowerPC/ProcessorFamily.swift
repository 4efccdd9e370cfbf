/// The processors that share a user's manual, or a chapter of it.
public enum ProcessorFamily: UInt8, CaseIterable, Sendable {
  /// 603, 603e.
  case powerPC603
  /// 604; 604e, 604r.
  case powerPC604, powerPC604e
  /// 740, 750; 750CX, CL, FX, GX; 745, 755.
  case powerPC750, powerPC750CX, powerPC755
  /// 7400; 7410.
  case powerPC7400, powerPC7410
  /// 7441, 7450, 7451; 7445, 7447, 7448, 7455, 7457.
  case powerPC7450, powerPC7455

  /// Who searches the page tables.
  public enum TableSearch: Sendable {
    /// The processor.
    case hardware
    /// Exception handlers, that load the TLB.
    case software
    /// The processor, or exception handlers while HID2[SWT_EN] is 1.
    case either
  }

  /// What distinguishes a family.
  struct Traits: Sendable {
    /// The bits of MSR that exist.
    var machineState: UInt32
    /// Pairs of instruction BATs, and of data BATs.
    var blockAddressPairs = 4
    /// The register and bit without which pairs 4 to 7 do not count; nil: they always do.
    var highBlocksEnable: (register: Int, bit: UInt32)?
    /// The bit of HID0 with which the length of a block has four more bits.
    var extendedBlocks: UInt32 = 0
    var tableSearch = TableSearch.hardware
    /// The bits of HID0 one of which must be 1 for MSR[POW] to count; 0: it always does.
    var powerSaving: UInt32 = 0x00e0_0000
    /// Optional parts of the instruction set.
    var features: Feature = .floatingGraphics
  }

  private static let base: UInt32 = 0x0005_ff73

  /// The traits: user's manuals, chapters 2 (registers), 5 (memory management), 10 (power).
  var traits: Traits {
    let base = Self.base
    switch self {
    case .powerPC603:
      return Traits(
        machineState: base | MSR.TGPR, tableSearch: .software,
        features: [.floatingGraphics, .softwareTLB])
    case .powerPC604, .powerPC604e: return Traits(machineState: base | MSR.PM, powerSaving: 0)
    case .powerPC750: return Traits(machineState: base | MSR.PM)
    case .powerPC750CX: return Traits(machineState: base | MSR.PM, blockAddressPairs: 8)
    case .powerPC755:
      return Traits(
        machineState: base | MSR.PM | MSR.TGPR, blockAddressPairs: 8,
        highBlocksEnable: (SPR.HID2, 0x0004_0000), tableSearch: .either,
        features: [.floatingGraphics, .softwareTLB])
    case .powerPC7400, .powerPC7410:
      return Traits(
        machineState: base | MSR.PM | MSR.VEC,
        features: [.floatingGraphics, .dataCacheBlockAllocate, .tlbInvalidateAll, .vector])
    case .powerPC7450:
      return Traits(
        machineState: base | MSR.PM | MSR.VEC, powerSaving: 0x0060_0000,
        features: [.floatingGraphics, .dataCacheBlockAllocate, .tlbInvalidateAll, .vector])
    case .powerPC7455:
      return Traits(
        machineState: base | MSR.PM | MSR.VEC, blockAddressPairs: 8,
        highBlocksEnable: (SPR.HID0, 0x0080_0000), extendedBlocks: 0x100,
        powerSaving: 0x0060_0000,
        features: [.floatingGraphics, .dataCacheBlockAllocate, .tlbInvalidateAll, .vector])
    }
  }

  /// Pairs of instruction BATs, and of data BATs: 4 or 8.
  public var blockAddressPairs: Int { traits.blockAddressPairs }
  /// Who searches the page tables.
  public var tableSearch: TableSearch { traits.tableSearch }
}

/// A set of families.
struct ProcessorFamilies: OptionSet, Sendable {
  let rawValue: UInt16
  init(rawValue: UInt16) { self.rawValue = rawValue }
  init(_ family: ProcessorFamily) { rawValue = 1 << UInt16(family.rawValue) }

  static let f603 = Self(.powerPC603), f604e = Self(.powerPC604e), f755 = Self(.powerPC755)
  static let f750CX = Self(.powerPC750CX)
  static let f604: Self = [Self(.powerPC604), f604e]
  /// All with the 750's core.
  static let f7xx: Self = [Self(.powerPC750), f750CX, f755]
  static let f7410 = Self(.powerPC7410), f7455 = Self(.powerPC7455)
  static let f7400: Self = [Self(.powerPC7400), f7410]
  static let f7450: Self = [Self(.powerPC7450), f7455]
  /// All with AltiVec.
  static let f74xx: Self = [f7400, f7450]
  static let all: Self = [f603, f604, f7xx, f74xx]
}
