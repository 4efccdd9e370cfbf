/// An operand as the assembler writes it: a field of the instruction word, by the manual's name.
///
/// The rows are what `Instruction.operands` names; disassembler and test assembler share them.
struct Operand: Sendable {
  /// How a field's bits stand for a value.
  enum Kind: Sendable {
    /// A general register, a floating-point register, a vector register, a CR field, an unsigned
    /// number.
    case gpr, fpr, vr, field, number
    /// A signed number.
    case signed
    /// A signed number of words, relative to the instruction or, with AA, to zero.
    case target
    /// A number whose two halves of five bits are exchanged in the word.
    case special
  }

  let name: String
  let kind: Kind
  /// The field's first bit, counted from the most significant, and its length in bits.
  let first, length: Int

  private init(_ name: String, _ kind: Kind, _ first: Int, _ length: Int = 5) {
    (self.name, self.kind, self.first, self.length) = (name, kind, first, length)
  }

  private static let rows = [
    Operand("RT", .gpr, 6), Operand("RS", .gpr, 6), Operand("RA", .gpr, 11),
    Operand("RB", .gpr, 16), Operand("FRT", .fpr, 6), Operand("FRS", .fpr, 6),
    Operand("FRA", .fpr, 11), Operand("FRB", .fpr, 16), Operand("FRC", .fpr, 21),
    Operand("BF", .field, 6, 3), Operand("BFA", .field, 11, 3), Operand("BT", .number, 6),
    Operand("BA", .number, 11), Operand("BB", .number, 16), Operand("BO", .number, 6),
    Operand("BI", .number, 11), Operand("TO", .number, 6), Operand("L", .number, 10, 1),
    Operand("VD", .vr, 6), Operand("VS", .vr, 6), Operand("VA", .vr, 11), Operand("VB", .vr, 16),
    Operand("VC", .vr, 21), Operand("UIMM", .number, 11), Operand("SIMM", .signed, 11),
    // The shift of vsldoi.
    Operand("SHB", .number, 22, 4),
    // The two bits of L in sync.
    Operand("LS", .number, 9, 2),
    // The stream of dst.
    Operand("STRM", .number, 9, 2),
    Operand("SH", .number, 16), Operand("NB", .number, 16), Operand("MB", .number, 21),
    Operand("ME", .number, 26), Operand("U", .number, 16, 4), Operand("FLM", .number, 7, 8),
    Operand("FXM", .number, 12, 8), Operand("SR", .number, 12, 4),
    Operand("UI", .number, 16, 16), Operand("SI", .signed, 16, 16), Operand("D", .signed, 16, 16),
    Operand("SPR", .special, 11, 10), Operand("TBR", .special, 11, 10),
    Operand("LI", .target, 6, 24), Operand("BD", .target, 16, 14),
  ]

  private static let byName = Dictionary(uniqueKeysWithValues: rows.map { ($0.name, $0) })

  /// The operand of a name, if there is one.
  static func named(_ name: String) -> Operand? { byName[name] }

  /// The operands that an instruction's declaration names, in its order; `D(RA)` is two.
  static func list(_ text: String) -> [Operand] {
    text.split { ", ()".contains($0) }.map { name in
      guard let operand = byName[String(name)] else { preconditionFailure("no operand \(name)") }
      return operand
    }
  }

  /// The word's bits that belong to the operand.
  var mask: UInt32 { ((1 << UInt32(length)) - 1) << shift }
  private var shift: UInt32 { UInt32(32 - first - length) }

  /// The operand's value in a word.
  func value(in word: UInt32) -> Int {
    let bits = Int((word & mask) >> shift)
    let sign = 1 << (length - 1)
    switch kind {
    case .gpr, .fpr, .vr, .field, .number: return bits
    case .signed: return (bits ^ sign) - sign
    case .target: return ((bits ^ sign) - sign) * 4
    case .special: return bits >> 5 | (bits & 31) << 5
    }
  }

  /// A word with the operand set to a value, or nil if the field does not hold it.
  func inserting(_ value: Int, in word: UInt32) -> UInt32? {
    var bits = value
    switch kind {
    case .target: bits = value & 3 == 0 ? value >> 2 : .max
    case .special: bits = value >> 5 | (value & 31) << 5
    default: break
    }
    let result = word & ~mask | UInt32(truncatingIfNeeded: bits) << shift & mask
    return self.value(in: result) == value ? result : nil
  }
}
