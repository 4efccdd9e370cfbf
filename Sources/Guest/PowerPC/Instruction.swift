import IR

/// One instruction of the Power ISA: everything that this program knows about it.
///
/// The decoder, the disassembler, the assembler and the random generator of the tests, the
/// instruction reference and the list of covered cases are derived from this declaration.
/// `[.]` in the mnemonic says that Rc makes a recording variant, `[o]` that OE makes one that
/// sets overflow, `[l]` and `[a]` that LK and AA make branch variants.
public struct Instruction: Sendable {
  /// The mnemonic with its variants, such as `add[o][.]`.
  public let mnemonic: String
  /// The manual's title.
  public let title: String
  /// The operands in the assembler's order, by field name, such as `RT, D(RA)`.
  public let operands: String
  /// The bits that identify the instruction, and their values.
  public let mask, opcode: UInt32
  /// Whether it ends the straight line.
  public let endsBlock: Bool
  /// Words of this instruction that are invalid forms.
  public let isInvalid: (@Sendable (UInt32) -> Bool)?
  /// What the processor must have.
  public let feature: Feature
  /// What it does.
  public let translate: @Sendable (Cpu, UInt32) -> Void

  /// - Parameters:
  ///   - fixing: further bits that belong to the opcode, with `value`: for mnemonics such as
  ///     `stwcx.` whose Rc bit is fixed.
  init<F: Form>(
    _ mnemonic: String, _ title: String, _ encoding: Encoding<F>, _ operands: String = "",
    fixing: UInt32 = 0, value: UInt32 = 0, endsBlock: Bool = false, feature: Feature = .base,
    invalid: (@Sendable (F) -> Bool)? = nil,
    semantics: @escaping @Sendable (Cpu, F) -> Void
  ) {
    self.mnemonic = mnemonic
    self.title = title
    self.operands = operands
    self.mask = F.opcodeMask | fixing
    self.opcode = encoding.opcode | value
    self.endsBlock = endsBlock
    self.feature = feature
    if let invalid { isInvalid = { invalid(F($0)) } } else { isInvalid = nil }
    translate = { semantics($0, F($1)) }
  }
}

/// Parts of the instruction set that only some processors have.
public struct Feature: OptionSet, Sendable {
  public let rawValue: UInt32
  public init(rawValue: UInt32) { self.rawValue = rawValue }
  /// On every processor.
  public static let base = Feature([])
  /// `fsqrt`, `fsqrts`.
  public static let floatingSquareRoot = Feature(rawValue: 1)
  /// `fres`, `frsqrte`, `fsel`.
  public static let floatingGraphics = Feature(rawValue: 2)
  /// `dcba`.
  public static let dataCacheBlockAllocate = Feature(rawValue: 4)
  /// `friz` and its like.
  public static let floatingRound = Feature(rawValue: 8)
  /// AltiVec.
  public static let vector = Feature(rawValue: 16)
}
