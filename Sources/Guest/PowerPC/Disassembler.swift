/// Instructions as text.
enum Disassembler {
  /// The text of a word at an address.
  static func text(of word: UInt32, at address: UInt32, in set: InstructionSet) -> String {
    guard let instruction = set.decode(word) else { return ".long 0x" + String(word, radix: 16) }
    return instruction.mnemonic
  }
}
