import CSys

/// Instruction-set extensions of the host that lowering uses where they exist.
public struct Features: OptionSet, Sendable {
  /// The bits.
  public let rawValue: UInt32
  /// The extensions of some bits.
  @inlinable public init(rawValue: UInt32) { self.rawValue = rawValue }
  /// MOVBE, for accesses to big-endian guest memory.
  @inlinable public static var movbe: Features { Features(rawValue: 1) }
  /// LZCNT; used where BMI1 and POPCNT exist too.
  @inlinable public static var lzcnt: Features { Features(rawValue: 2) }
  /// POPCNT; used where LZCNT and BMI1 exist too.
  @inlinable public static var popcnt: Features { Features(rawValue: 4) }
  /// BMI1, for TZCNT; used where LZCNT and POPCNT exist too.
  @inlinable public static var bmi1: Features { Features(rawValue: 8) }
  /// BMI2, for shifts with three operands.
  @inlinable public static var bmi2: Features { Features(rawValue: 16) }
  /// AVX, for floating point with three operands.
  @inlinable public static var avx: Features { Features(rawValue: 32) }
  /// FMA, for fused multiplication and addition.
  @inlinable public static var fma: Features { Features(rawValue: 64) }
  /// SSE4.1; no lowering uses it.
  @inlinable public static var sse41: Features { Features(rawValue: 128) }
  /// AVX2, for vectors; they need FMA as well.
  @inlinable public static var avx2: Features { Features(rawValue: 256) }
  /// AVX-512F, whose scalar instructions can leave the flags alone.
  @inlinable public static var avx512f: Features { Features(rawValue: 512) }
  /// AVX-512BW and AVX-512VL, for constants in the upper vector registers.
  @inlinable public static var avx512bw: Features { Features(rawValue: 1024) }

  /// The names that the option `host-features` takes.
  public static let names: [(name: String, feature: Features)] = [
    ("movbe", .movbe), ("lzcnt", .lzcnt), ("popcnt", .popcnt), ("bmi1", .bmi1), ("bmi2", .bmi2),
    ("avx", .avx), ("fma", .fma), ("sse4.1", .sse41), ("avx2", .avx2),
    ("avx512f", .avx512f), ("avx512bw", .avx512bw),
  ]

  /// What this host has (CPUID leaves 1, 7 and 0x80000001; Intel manual, volume 2, CPUID).
  public static func detect() -> Features {
    var found: Features = []
    let basic = csys_cpuid(1, 0)
    let extended = csys_cpuid(7, 0)
    let more = csys_cpuid(0x8000_0001, 0)
    let savesVectors = basic.ecx >> 27 & 1 != 0
    if basic.ecx >> 22 & 1 != 0 { found.insert(.movbe) }
    if basic.ecx >> 23 & 1 != 0 { found.insert(.popcnt) }
    if basic.ecx >> 19 & 1 != 0 { found.insert(.sse41) }
    if basic.ecx >> 28 & 1 != 0 && savesVectors { found.insert(.avx) }
    if basic.ecx >> 12 & 1 != 0 && savesVectors { found.insert(.fma) }
    if extended.ebx >> 5 & 1 != 0 && savesVectors { found.insert(.avx2) }
    // Which asks whether the system saves the registers, too.
    if csys_has_avx512f() != 0 { found.insert(.avx512f) }
    if csys_has_avx512bw() != 0 { found.insert(.avx512bw) }
    if extended.ebx >> 3 & 1 != 0 { found.insert(.bmi1) }
    if extended.ebx >> 8 & 1 != 0 { found.insert(.bmi2) }
    if more.ecx >> 5 & 1 != 0 { found.insert(.lzcnt) }
    return found
  }
}
