import IR

/// The instruction set, in the manual's order, and its decoder.
public final class InstructionSet: Sendable {
  /// Every declared instruction.
  public let instructions: [Instruction]
  /// Per primary opcode: which of the word's last eleven bits belong to the opcode of one of its
  /// instructions, and where in `table` its row begins.
  private let rows: [(mask: UInt32, start: UInt32)]
  /// Rows of the numbers of instructions plus one, by the bits of `rows`; 0 where there is none.
  private let table: [UInt16]
  /// The opcode bits of every instruction and their values.
  private let encodings: [(mask: UInt32, opcode: UInt32)]

  /// The user-level and supervisor instructions of the 32-bit processors.
  public static let powerPC = InstructionSet(Array(sections.joined()))

  private static var sections: [[Instruction]] {
    [
      branchInstructions.branches(except: "sc").keepingSingles { $0.hasPrefix("bc[") },
      conditionRegisterLogical,
      fixedPointLoads.keepingSingles(), fixedPointStores.keepingSingles(),
      fixedPointMultiple.aligned(to: 4) { $0 == "lmw" || $0 == "stmw" },
      fixedPointArithmetic.keepingSingles().arithmetic(),
      fixedPointCompare.keepingSingles().arithmetic(),
      fixedPointLogical.keepingSingles().arithmetic(),
      fixedPointRotate.keepingSingles().arithmetic(),
      systemRegister, supervisorInstructions, tableInstructions,
      synchronization.aligned(to: 4) { $0 == "stwcx." }, cacheManagement, dataStreams,
      externalControl.aligned(to: 4),
      floatingPointLoads.keepingSingles().requiring(.floatingPoint),
      floatingPointStores.keepingSingles().requiring(.floatingPoint),
      floatingPointArithmetic.keepingSingles().requiring(.floatingPoint),
      floatingPointMoves.keepingSingles().requiring(.floatingPoint),
      floatingPointStatus.keepingSingles { $0.hasPrefix("fcmp") }.requiring(.floatingPoint),
      vectorInstructions.requiring(.vector),
    ]
  }

  init(_ instructions: [Instruction]) {
    self.instructions = Self.numbered(instructions)
    var masks = [UInt32](repeating: 0, count: 64)
    for instruction in instructions {
      masks[Int(instruction.opcode >> 26)] |= instruction.mask & Self.extended
    }
    var end: UInt32 = 0
    let rows = masks.map { mask in
      defer { end += mask + 1 }
      return (mask: mask, start: end)
    }
    var table = [UInt16](repeating: 0, count: Int(end))
    for (number, instruction) in instructions.enumerated() {
      let row = rows[Int(instruction.opcode >> 26)]
      let free = row.mask & ~instruction.mask
      // Every value of the bits that are not the opcode's.
      var others = free
      while true {
        table[Int(row.start + (instruction.opcode & row.mask | others))] = UInt16(number + 1)
        if others == 0 { break }
        others = (others - 1) & free
      }
    }
    self.rows = rows
    self.table = table
    encodings = instructions.map { ($0.mask, $0.opcode) }
  }

  /// The bits of a word that may tell instructions of one primary opcode apart.
  private static let extended: UInt32 = 0x7ff

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
    let row = rows[Int(word >> 26)]
    let entry = table[Int(row.start &+ (word & row.mask))]
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
