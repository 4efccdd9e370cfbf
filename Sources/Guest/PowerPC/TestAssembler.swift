/// An assembler, and a generator of random words, made of the declarations alone: for tests.
///
/// It takes the manual's basic mnemonics, operands in the order of the declaration: registers as
/// `r3`, `f1`, `cr7`, everything else as numbers, branch targets as displacements.
public enum TestAssembler {
  /// A mnemonic without variants left open.
  public struct Form: Sendable {
    /// The mnemonic, such as `addo.`.
    public let mnemonic: String
    /// The number of the declaration in the instruction set.
    public let index: Int
    /// The word, all operands zero.
    public let opcode: UInt32
    let operands: [Operand]
    /// The bits of the operands.
    public let operandMask: UInt32
  }

  /// Every variant of every declared instruction, in the order of the declarations.
  public static let forms: [Form] = InstructionSet.powerPC.instructions.enumerated().flatMap {
    index, instruction in
    let operands = Operand.list(instruction.operands)
    let mask = operands.reduce(0) { $0 | $1.mask }
    return variants(of: instruction).map {
      Form(
        mnemonic: $0.mnemonic, index: index, opcode: instruction.opcode | $0.bits,
        operands: operands, operandMask: mask)
    }
  }

  private static let named = Dictionary(uniqueKeysWithValues: forms.map { ($0.mnemonic, $0) })

  /// The bit that each variant of an instruction's mnemonic sets.
  static func variantBit(_ letter: Substring, of instruction: Instruction) -> UInt32 {
    switch letter {
    case "o": 0x400
    case "." where instruction.opcode >> 26 == 4: 0x400
    case "t", "all": 0x0200_0000
    case "a": 2
    default: 1
    }
  }

  /// The mnemonics that a declaration stands for, and the bits that they add.
  static func variants(of instruction: Instruction) -> [(mnemonic: String, bits: UInt32)] {
    var list: [(mnemonic: String, bits: UInt32)] = [("", 0)]
    for part in instruction.mnemonic.split(separator: "[") {
      let pieces = part.split(separator: "]", omittingEmptySubsequences: false)
      if pieces.count == 1 {
        list = list.map { ($0.mnemonic + part, $0.bits) }
        continue
      }
      let bit = variantBit(pieces[0], of: instruction)
      let with = list.map { ($0.mnemonic + pieces[0], $0.bits | bit) }
      list = (list + with).map { ($0.0 + pieces[1], $0.1) }
    }
    return list
  }

  /// The word that a line means, or nil: `lwz r3, 8(r1)`, or `.long` and a number.
  public static func assemble(_ line: some StringProtocol) -> UInt32? {
    var parts = line.split { " ,()".contains($0) }
    guard !parts.isEmpty else { return nil }
    let mnemonic = String(parts.removeFirst())
    if mnemonic == ".long" { return parts.first.flatMap { UInt32(exactly: number($0) ?? -1) } }
    guard let form = named[mnemonic], parts.count == form.operands.count else { return nil }
    var word = form.opcode
    for (operand, text) in zip(form.operands, parts) {
      guard let value = number(text.drop { "rfcv".contains($0) }),
        let next = operand.inserting(value, in: word)
      else { return nil }
      word = next
    }
    return word
  }

  private static func number(_ text: some StringProtocol) -> Int? {
    if text.hasPrefix("-") { return number(text.dropFirst()).map { -$0 } }
    return text.hasPrefix("0x") ? Int(text.dropFirst(2), radix: 16) : Int(text)
  }

  /// The line that `assemble` takes back for a word of a form.
  public static func text(of word: UInt32, as form: Form) -> String {
    var text = form.mnemonic + " "
    var operands = form.operands[...]
    var isInName = false
    for character in InstructionSet.powerPC.instructions[form.index].operands {
      let isLetter = character.isLetter
      if isLetter && !isInName { text += operands.removeFirst().spelled(in: word) }
      if !isLetter { text.append(character) }
      isInName = isLetter
    }
    return operands.isEmpty && text.last == " " ? form.mnemonic : text
  }

  /// A random word of a form: operands take random values, reserved bits are zero.
  public static func random(
    _ form: Form, using generator: inout some RandomNumberGenerator
  ) -> UInt32 {
    form.opcode | UInt32.random(in: 0 ... .max, using: &generator) & form.operandMask
  }
}

extension Operand {
  /// The operand as the test assembler takes it.
  fileprivate func spelled(in word: UInt32) -> String {
    let value = value(in: word)
    switch kind {
    case .gpr: return "r\(value)"
    case .fpr: return "f\(value)"
    case .vr: return "v\(value)"
    case .field: return "cr\(value)"
    default: return "\(value)"
    }
  }
}
