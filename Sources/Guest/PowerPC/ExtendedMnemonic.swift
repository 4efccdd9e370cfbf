/// Another name for an instruction whose operands have certain values (Power ISA, Book I,
/// appendix E), as far as QEMU's log uses it.
struct ExtendedMnemonic: Sendable {
  /// The mnemonic that it replaces, with variants, and the one that stands instead.
  let basic, name: String
  /// The operands that are left, as in a declaration.
  let operands: String
  /// Whether it stands for this word.
  let applies: @Sendable (UInt32) -> Bool

  fileprivate init(
    _ basic: String, _ name: String, _ operands: String,
    _ applies: @escaping @Sendable (UInt32) -> Bool
  ) {
    (self.basic, self.name, self.operands) = (basic, name, operands)
    self.applies = applies
  }
}

/// The extended mnemonics by the one that they replace; the first that applies is taken.
let extendedMnemonics = Dictionary(
  grouping: simpleMnemonics + rotateMnemonics + compareMnemonics + trapMnemonics
    + specialRegisterMnemonics, by: \.basic)

private let simpleMnemonics: [ExtendedMnemonic] = [
  ExtendedMnemonic("addi", "li", "RT, SI") { $0.field(11, 15) == 0 },
  ExtendedMnemonic("addis", "lis", "RT, SI") { $0.field(11, 15) == 0 },
  ExtendedMnemonic("ori", "nop", "") { $0 & 0x03ff_ffff == 0 },
  ExtendedMnemonic("or", "mr", "RA, RS") { $0.field(6, 10) == $0.field(16, 20) },
  ExtendedMnemonic("crxor", "crclr", "BT") { isRepeated($0, first: 6) },
  ExtendedMnemonic("creqv", "crset", "BT") { isRepeated($0, first: 6) },
  ExtendedMnemonic("cror", "crmove", "BT, BA") { isRepeated($0, first: 11) },
  ExtendedMnemonic("crnor", "crnot", "BT, BA") { isRepeated($0, first: 11) },
  ExtendedMnemonic("mfcr", "mfocrf", "RT, FXM") { $0.field(11, 11) == 1 },
  ExtendedMnemonic("mtcrf", "mtocrf", "FXM, RS") { $0.field(11, 11) == 1 },
  ExtendedMnemonic("sync", "lwsync", "") { $0.field(9, 10) == 1 },
  ExtendedMnemonic("sync", "ptesync", "") { $0.field(9, 10) == 2 },
  ExtendedMnemonic("dssall", "dssall", "") { _ in true },
]

/// Whether the fields from bit `first` on, up to bit 20, are one register or bit.
private func isRepeated(_ word: UInt32, first: Int) -> Bool {
  stride(from: first, through: 16, by: 5).allSatisfy {
    word.field($0, $0 + 4) == word.field(16, 20)
  }
}

private let rotateMnemonics: [ExtendedMnemonic] = [
  ExtendedMnemonic("rlwinm", "slwi", "RA, RS, SH") { M($0).MB == 0 && M($0).ME == 31 - M($0).SH },
  ExtendedMnemonic("rlwinm", "srwi", "RA, RS, MB") { M($0).SH == 32 - M($0).MB && M($0).ME == 31 },
  ExtendedMnemonic("rlwinm", "rotlwi", "RA, RS, SH") { M($0).MB == 0 && M($0).ME == 31 },
  ExtendedMnemonic("rlwinm.", "rotlwi.", "RA, RS, SH") { M($0).MB == 0 && M($0).ME == 31 },
  ExtendedMnemonic("rlwinm", "clrlwi", "RA, RS, MB") { M($0).SH == 0 && M($0).ME == 31 },
  ExtendedMnemonic("rlwinm.", "clrlwi.", "RA, RS, MB") { M($0).SH == 0 && M($0).ME == 31 },
  ExtendedMnemonic("rlwnm", "rotlw", "RA, RS, RB") { M($0).MB == 0 && M($0).ME == 31 },
  ExtendedMnemonic("rlwnm.", "rotlw.", "RA, RS, RB") { M($0).MB == 0 && M($0).ME == 31 },
]

/// Comparisons name the width, and CR field 0 by silence.
private let compareMnemonics: [ExtendedMnemonic] = [
  ("cmpi", "cmp", "i", "SI"), ("cmp", "cmp", "", "RB"), ("cmpli", "cmpl", "i", "UI"),
  ("cmpl", "cmpl", "", "RB"),
].flatMap { (basic: String, stem: String, suffix: String, last: String) in
  [("w", 0), ("d", 1)].flatMap { (width: String, length: Int) in
    let name = stem + width + suffix
    return [
      ExtendedMnemonic(basic, name, "RA, " + last) { $0.field(6, 10) == length },
      ExtendedMnemonic(basic, name, "BF, RA, " + last) { $0.field(10, 10) == length },
    ]
  }
}

private let trapMnemonics: [ExtendedMnemonic] =
  [ExtendedMnemonic("tw", "trap", "") { $0.field(6, 20) == 31 << 10 }]
  + [
    ("lt", 16), ("gt", 8), ("eq", 4), ("ne", 24), ("llt", 2), ("lgt", 1), ("u", 31),
  ].flatMap { (condition: String, to: Int) in
    [
      ExtendedMnemonic("tw", "tw" + condition, "RA, RB") { $0.field(6, 10) == to },
      ExtendedMnemonic("twi", "tw" + condition + "i", "RA, SI") { $0.field(6, 10) == to },
    ]
  }

private let specialRegisterMnemonics: [ExtendedMnemonic] =
  [
    ("xer", 1), ("lr", 8), ("ctr", 9), ("dscr", 17), ("dsisr", 18), ("dar", 19), ("cfar", 28),
    ("amr", 29), ("pid", 48), ("asr", 280), ("spefscr", 512), ("dear", 981),
  ].flatMap { (name: String, number: Int) in
    [
      ExtendedMnemonic("mfspr", "mf" + name, "RT") { XFX($0).SPR == number },
      ExtendedMnemonic("mtspr", "mt" + name, "RS") { XFX($0).SPR == number },
    ]
  } + [
    ExtendedMnemonic("mfspr", "mfpvr", "RT") { XFX($0).SPR == 287 },
    ExtendedMnemonic("mtspr", "mttbl", "RS") { XFX($0).SPR == 284 },
    ExtendedMnemonic("mtspr", "mttbu", "RS") { XFX($0).SPR == 285 },
    ExtendedMnemonic("mftb", "mftbu", "RT") { XFX($0).SPR == 269 },
  ]
