import IR

/// The instruction set, in the manual's order, and its decoder.
public final class InstructionSet: Sendable {
  /// Every declared instruction.
  public let instructions: [Instruction]
  /// Per primary opcode: the numbers of its instructions plus one, by the word's last eleven bits.
  private let table: [UInt16]
  /// The opcode bits of every instruction and their values.
  private let encodings: [(mask: UInt32, opcode: UInt32)]

  /// The user-level and supervisor instructions of the 32-bit processors.
  public static let powerPC = InstructionSet(
    branchInstructions.branches(except: "sc").keepingSingles { $0.hasPrefix("bc[") }
      + conditionRegisterLogical + (fixedPointLoads + fixedPointStores).keepingSingles()
      + fixedPointMultiple.aligned(to: 4) { $0 == "lmw" || $0 == "stmw" }
      + (fixedPointArithmetic + fixedPointCompare + fixedPointLogical + fixedPointRotate)
      .keepingSingles().arithmetic()
      + systemRegister + supervisorInstructions + tableInstructions
      + synchronization.aligned(to: 4) { $0 == "stwcx." } + cacheManagement + dataStreams
      + externalControl.aligned(to: 4)
      + (floatingPointLoads + floatingPointStores).keepingSingles()
      .requiring(.floatingPoint)
      + (floatingPointArithmetic.keepingSingles() + floatingPointMoves.keepingSingles()
      + floatingPointStatus.keepingSingles { $0.hasPrefix("fcmp") }).requiring(.floatingPoint)
      + vectorInstructions.requiring(.vector))

  init(_ instructions: [Instruction]) {
    self.instructions = Self.numbered(instructions)
    var table = [UInt16](repeating: 0, count: 64 * 2048)
    for (number, instruction) in instructions.enumerated() {
      let primary = Int(instruction.opcode >> 26)
      let free = Int(~instruction.mask & 0x7ff)
      let value = Int(instruction.opcode & 0x7ff)
      // Every value of the bits that are not the opcode's.
      var others = free
      while true {
        table[primary << 11 | value | others] = UInt16(number + 1)
        if others == 0 { break }
        others = (others - 1) & free
      }
    }
    self.table = table
    encodings = instructions.map { ($0.mask, $0.opcode) }
  }

  /// The instructions with the numbers of their functions: behind the other helpers.
  private static func numbered(_ instructions: [Instruction]) -> [Instruction] {
    var next = UInt32(HelperNumber.allCases.count)
    return instructions.map {
      var instruction = $0
      if $0.software == nil { return instruction }
      instruction.softwareNumber = next
      next += 1
      return instruction
    }
  }

  /// The functions of the instructions that have one, by their numbers as helpers.
  var softwareHelpers: [Helper] {
    instructions.compactMap { instruction in
      instruction.software.map {
        Helper(
          String(instruction.mnemonic.prefix { $0 != "[" }),
          unsafeBitCast($0, to: UnsafeRawPointer.self),
          flags: instruction.usesHostFloats ? .noHomes : [.noHomes, .noFloatStatus])
      }
    }
  }

  /// The number of the instruction that a word is, or nil if it is none.
  public func index(of word: UInt32) -> Int? {
    let entry = table[Int(word >> 26) << 11 | Int(word & 0x7ff)]
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
