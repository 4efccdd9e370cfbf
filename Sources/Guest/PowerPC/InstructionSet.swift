import IR

/// The instruction set, in the manual's order, and its decoder.
public final class InstructionSet: Sendable {
  /// Every declared instruction.
  public let instructions: [Instruction]
  /// Per primary opcode: the numbers of its instructions plus one, by the ten bits of the
  /// extended opcode; or a single entry.
  private let table: [UInt16]
  /// The opcode bits of every instruction and their values.
  private let encodings: [(mask: UInt32, opcode: UInt32)]

  /// The user-level and supervisor instructions of the 32-bit processors.
  public static let powerPC = InstructionSet(
    branchInstructions.branches(except: "sc") + conditionRegisterLogical + fixedPointLoads
      + fixedPointStores + fixedPointMultiple.aligned(to: 4) { $0 == "lmw" || $0 == "stmw" }
      + fixedPointArithmetic + fixedPointCompare + fixedPointLogical + fixedPointRotate
      + systemRegister + supervisorInstructions + tableInstructions
      + synchronization.aligned(to: 4) { $0 == "stwcx." } + cacheManagement + dataStreams
      + externalControl.aligned(to: 4)
      + (floatingPointLoads + floatingPointStores).aligned(to: 4).requiring(.floatingPoint)
      + (floatingPointArithmetic + floatingPointMoves + floatingPointStatus)
      .requiring(.floatingPoint))

  init(_ instructions: [Instruction]) {
    self.instructions = instructions
    var table = [UInt16](repeating: 0, count: 64 * 1024)
    for (number, instruction) in instructions.enumerated() {
      let primary = Int(instruction.opcode >> 26)
      let mask = Int(instruction.mask >> 1 & 0x3ff)
      let value = Int(instruction.opcode >> 1 & 0x3ff)
      for extended in 0..<1024 where extended & mask == value {
        table[primary << 10 | extended] = UInt16(number + 1)
      }
    }
    self.table = table
    encodings = instructions.map { ($0.mask, $0.opcode) }
  }

  /// The number of the instruction that a word is, or nil if it is none.
  ///
  /// Bit 31 can belong to the opcode too (`stwcx.`); it is checked against the mask.
  public func index(of word: UInt32) -> Int? {
    let entry = table[Int(word >> 26) << 10 | Int(word >> 1 & 0x3ff)]
    guard entry != 0 else { return nil }
    let number = Int(entry) - 1
    let (mask, opcode) = encodings[number]
    return word & mask == opcode ? number : nil
  }

  /// The instruction that a word is, or nil if it is none or an invalid form of one.
  public func decode(_ word: UInt32) -> Instruction? {
    guard let number = index(of: word) else { return nil }
    let found = instructions[number]
    if let isInvalid = found.isInvalid, isInvalid(word) { return nil }
    return found
  }
}
