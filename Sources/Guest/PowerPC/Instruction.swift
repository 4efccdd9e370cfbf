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
  public private(set) var feature: Feature
  /// The part of the processor that MSR can take away and that it needs.
  public private(set) var facility = Facility.fixedPoint
  /// In system mode: what the address of the operand must be a multiple of, in bytes, for those
  /// whose accesses do not check it themselves.
  public private(set) var alignment = 1
  /// Whether it is followed by a trace exception when MSR[BE] is 1.
  public private(set) var isBranch = false
  /// Whether it knows of registers that are held as singles (`Cpu.hold`).
  public private(set) var keepsSingles = false
  /// Whether it does nothing but change registers, the general ones among them by its fields RT or RA.
  public private(set) var isArithmetic = false
  /// The function that does it all, for instructions that are calls of one.
  let software: SoftwareFunction?
  /// The number of that function as a helper; meaningless without one.
  var softwareNumber: UInt32 = 0
  /// Whether that function does floating point by the host's instructions.
  private(set) var usesHostFloats = false
  /// What it does.
  public let translate: @Sendable (Cpu, UInt32) -> Void

  /// - Parameters:
  ///   - fixing: further bits that belong to the opcode, with `value`: for mnemonics such as
  ///     `stwcx.` whose Rc bit is fixed.
  init<F: Form>(
    _ mnemonic: String, _ title: String, _ encoding: Encoding<F>, _ operands: String = "",
    fixing: UInt32 = 0, value: UInt32 = 0, endsBlock: Bool = false, feature: Feature = .base,
    invalid: (@Sendable (F) -> Bool)? = nil, software: SoftwareFunction? = nil,
    semantics: @escaping @Sendable (Cpu, F) -> Void
  ) {
    self.mnemonic = mnemonic
    self.title = title
    self.operands = operands
    self.mask = F.opcodeMask | fixing
    self.opcode = encoding.opcode | value
    self.endsBlock = endsBlock
    self.feature = feature
    self.software = software
    if let invalid { isInvalid = { invalid(F($0)) } } else { isInvalid = nil }
    translate = { semantics($0, F($1)) }
  }
}

/// Parts of the processor that MSR can make unavailable.
public enum Facility: Sendable {
  /// Always there.
  case fixedPoint
  /// There while MSR[FP] is 1.
  case floatingPoint
  /// There while MSR[VEC] is 1.
  case vector
}

extension Array where Element == Instruction {
  /// The section's instructions, which know of registers that are held as singles: they read and
  /// write them by number, and leave the line by cold parts alone.
  func keepingSingles(_ matches: (String) -> Bool = { _ in true }) -> [Instruction] {
    map {
      var instruction = $0
      if matches(instruction.mnemonic) { instruction.setKeepsSingles() }
      return instruction
    }
  }

  /// The section's instructions, which do nothing but change registers.
  func arithmetic() -> [Instruction] {
    map {
      var instruction = $0
      instruction.setIsArithmetic()
      return instruction
    }
  }

  /// The section's instructions, all of which need a part of the processor.
  func requiring(_ facility: Facility) -> [Instruction] {
    map {
      var instruction = $0
      instruction.setFacility(facility)
      return instruction
    }
  }

  /// The section's instructions, those of which that `matches` names need an aligned operand at
  /// `(RA|0) + D` or `(RA|0) + (RB)` in system mode.
  func aligned(to bytes: Int, _ matches: (String) -> Bool = { _ in true }) -> [Instruction] {
    map {
      var instruction = $0
      if matches($0.mnemonic) { instruction.setAlignment(bytes) }
      return instruction
    }
  }

  /// The section's instructions, whose functions do floating point by the host's instructions.
  func usingHostFloats() -> [Instruction] {
    map {
      var instruction = $0
      instruction.setHostFloats()
      return instruction
    }
  }

  /// The section's instructions as branches, but for one that is an exception of its own.
  func branches(except mnemonic: String) -> [Instruction] {
    map {
      var instruction = $0
      if $0.mnemonic != mnemonic { instruction.setBranch() }
      return instruction
    }
  }
}

extension Instruction {
  fileprivate mutating func setFacility(_ value: Facility) {
    facility = value
    if value == .vector { feature.insert(.vector) }
  }
  fileprivate mutating func setAlignment(_ bytes: Int) { alignment = bytes }
  fileprivate mutating func setHostFloats() { usesHostFloats = true }
  fileprivate mutating func setKeepsSingles() { keepsSingles = true }
  fileprivate mutating func setIsArithmetic() { isArithmetic = true }
  fileprivate mutating func setBranch() { isBranch = true }
}

/// Parts of the instruction set that only some processors have.
public struct Feature: OptionSet, Sendable {
  /// The bits.
  public let rawValue: UInt32
  /// The parts of some bits.
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
  /// `tlbld`, `tlbli`.
  public static let softwareTLB = Feature(rawValue: 32)
  /// `tlbia`.
  public static let tlbInvalidateAll = Feature(rawValue: 64)
  /// `eciwx`, `ecowx`: in system mode only.
  public static let externalControl = Feature(rawValue: 128)
}
