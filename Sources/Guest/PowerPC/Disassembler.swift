/// Instructions as text, in the form of QEMU's `in_asm` log: extended mnemonics, numbers above 9
/// in hexadecimal, branch targets as addresses.
enum Disassembler {
  /// The text of a word at an address: the mnemonic, padded to eight columns, and operands.
  static func text(of word: UInt32, at address: UInt32, in set: InstructionSet) -> String {
    guard let number = set.index(of: word) else { return bytes(word) }
    let instruction = set.instructions[number]
    var mnemonic = name(of: instruction, word)
    var operands = instruction.operands
    if let branch = ConditionalBranch(mnemonic, word) {
      (mnemonic, operands) = (branch.mnemonic, branch.operands)
    } else if let alias = extendedMnemonics[mnemonic]?.first(where: { $0.applies(word) }) {
      (mnemonic, operands) = (alias.name, alias.operands)
    }
    let padding = String(repeating: " ", count: max(0, 8 - mnemonic.utf8.count) + 1)
    return mnemonic + padding + spell(operands, instruction, word, address)
  }

  /// What the log shows where there is no instruction.
  private static func bytes(_ word: UInt32) -> String {
    let list = [24, 16, 8, 0].map { "0x" + twoDigits(word >> $0 & 0xff) }
    return ".byte    " + list.joined(separator: ", ")
  }

  private static func twoDigits(_ byte: UInt32) -> String {
    (byte < 16 ? "0" : "") + String(byte, radix: 16)
  }

  /// The mnemonic with the variants that the word chooses: `add[o][.]` to `addo.`.
  private static func name(of instruction: Instruction, _ word: UInt32) -> String {
    var name = ""
    for part in instruction.mnemonic.split(separator: "[") {
      let pieces = part.split(separator: "]", omittingEmptySubsequences: false)
      if pieces.count == 1 {
        name += part
      } else {
        if word & TestAssembler.variantBit(pieces[0], of: instruction) != 0 { name += pieces[0] }
        name += pieces[1]
      }
    }
    return name
  }

  /// The operands in the order of `pattern`, which is as in a declaration; what is none of their
  /// names stays.
  private static func spell(
    _ pattern: String, _ instruction: Instruction, _ word: UInt32, _ address: UInt32
  ) -> String {
    var text = "", name = ""
    for character in pattern + " " {
      if character.isLetter {
        name.append(character)
        continue
      }
      if !name.isEmpty {
        text += Operand.named(name).map { spell($0, instruction, word, address) } ?? name
      }
      name = ""
      text.append(character)
    }
    return String(text.dropLast())
  }

  private static func spell(
    _ operand: Operand, _ instruction: Instruction, _ word: UInt32, _ address: UInt32
  ) -> String {
    let value = operand.value(in: word)
    switch operand.kind {
    case .gpr where operand.name == "RA" && value == 0 && instruction.addsZero: return "0"
    case .gpr: return "r\(value)"
    case .fpr: return "f\(value)"
    case .vr: return "v\(value)"
    case .field: return "cr\(value)"
    case .target:
      let target = UInt32(truncatingIfNeeded: value) &+ (word & 2 != 0 ? 0 : address)
      return number(Int(target))
    case .signed where operand.name == "SI": return number(value & 0xffff)
    case .number where instruction.mnemonic.hasPrefix("cr"): return "\(value)"
    default: return number(value)
    }
  }

  private static func number(_ value: Int) -> String {
    let magnitude = value.magnitude
    let digits = magnitude < 10 ? "\(magnitude)" : "0x" + String(magnitude, radix: 16)
    return value < 0 ? "-" + digits : digits
  }
}

extension Instruction {
  /// Whether register 0 as RA means the number zero, and the text says so.
  fileprivate var addsZero: Bool {
    let accesses = ["Load", "Store", "Data Cache", "Instruction Cache"]
    return operands.hasSuffix("D(RA)")
      || operands.hasSuffix("RA, RB") && accesses.contains { title.hasPrefix($0) }
  }
}

/// A conditional branch under its extended mnemonic: `bne-`, `bdnzt`, `beqlr`.
private struct ConditionalBranch {
  let mnemonic, operands: String

  private static let conditions = ["lt", "gt", "eq", "so"]
  private static let opposites = ["ge", "le", "ne", "ns"]

  /// Nil unless `basic` is a `bc`, `bclr` or `bcctr` with its suffixes.
  init?(_ basic: String, _ word: UInt32) {
    guard basic.hasPrefix("bc") else { return nil }
    let suffix = String(basic.dropFirst(2)), isAbsolute = word >> 26 == 16
    let bo = word.field(6, 10), bi = word.field(11, 15)
    if bo == 20 && bi == 0 && !isAbsolute {
      (mnemonic, operands) = ("b" + suffix, "")
      return
    }
    let bit = Self.conditions[bi & 3]
    var name = "b", first = "", hint = ""
    if bo & 0x14 == 4 {
      name += bo & 8 != 0 ? bit : Self.opposites[bi & 3]
      if bi > 3 { first = "cr\(bi >> 2)" }
      if bo & 2 != 0 { hint = bo & 1 != 0 ? "+" : "-" }
    } else {
      name += bo & 2 != 0 ? "dz" : "dnz"
      if bo & 0x10 == 0 {
        name += bo & 8 != 0 ? "t" : "f"
        first = bi > 3 ? "4*cr\(bi >> 2)+" + bit : bit
      } else if bo & 0xc == 8 {
        hint = bo & 1 != 0 ? "+" : "-"
      }
    }
    mnemonic = name + suffix + hint
    let target = isAbsolute ? "BD" : ""
    // A name that is no operand's is printed as it is.
    operands = first + (first.isEmpty || target.isEmpty ? "" : ", ") + target
  }
}
