import Foundation

@testable import GuestPowerPC

/// A seeded random program with the state that it starts from.
struct RandomProgram {
  var words: [UInt32]
  let registers: [UInt32]
  let floats: [UInt64]
  let vectors: [UInt64]
  let cr, xer, lr, ctr, fpscr, vscr: UInt32
  let memorySeed: UInt64

  /// Values around which arithmetic changes its mind.
  private static let edges: [UInt32] = [
    0, 1, 2, 31, 32, 33, 63, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x1_0000, 0x7fff_fffe,
    0x7fff_ffff, 0x8000_0000, 0x8000_0001, 0xffff_8000, 0xffff_ff80, 0xffff_fffe, 0xffff_ffff,
  ]
  private static let floatEdges: [UInt64] = [
    0, 1 << 63, 0x3ff0_0000_0000_0000, 0xbff0_0000_0000_0000, 0x7ff0_0000_0000_0000,
    0xfff0_0000_0000_0000, 0x7ff8_0000_0000_0000, 0x7ff0_0000_0000_0001, 1,
    0x000f_ffff_ffff_ffff, 0x7fef_ffff_ffff_ffff, 0x36a0_0000_0000_0000, 0x47ef_ffff_e000_0000,
    0x41df_ffff_ffc0_0000, 0xc1e0_0000_0000_0000, 0x4000_0000_0000_0000,
  ]
  /// The time base differs from run to run; a system call only ends it.
  private static let forms = TestAssembler.forms.filter {
    !["mftb", "sc", "bclr", "bclrl", "bcctr", "bcctrl"].contains($0.mnemonic)
  }
  private static let jumps = TestAssembler.forms.filter {
    ["bclr", "bclrl", "bcctr", "bcctrl"].contains($0.mnemonic)
  }

  init(seed: UInt64) {
    var generator = SeededGenerator(state: seed &* 0x1_0001)
    let count = Int.random(in: 1...24, using: &generator)
    // A few registers, so that instructions meet.
    let pool = (0..<6).map { _ in UInt32.random(in: 0..<32, using: &generator) }
    words = (0..<count).map { Self.word($0, count, pool, &generator) }
    registers = (0..<32).map { _ in Self.value(&generator) }
    floats = (0..<32).map { _ in
      Bool.random(using: &generator)
        ? Self.floatEdges.randomElement(using: &generator)!
        : .random(in: 0 ... .max, using: &generator)
    }
    cr = .random(in: 0 ... .max, using: &generator)
    xer = .random(in: 0 ... .max, using: &generator) & 0xe000_003f
    let exit = Layout.start + 4 * UInt32.random(in: 0...UInt32(count + 3), using: &generator)
    lr = exit + UInt32.random(in: 0..<4, using: &generator)
    ctr =
      Bool.random(using: &generator)
      ? UInt32.random(in: 0..<4, using: &generator)
      : Layout.start + 4 * UInt32.random(in: 0...UInt32(count + 3), using: &generator)
    fpscr = .random(in: 0 ... .max, using: &generator) & 0x3
    memorySeed = generator.next()
    vectors = (0..<64).map { _ in Self.vectorHalf(&generator) }
    vscr = [0, 1, 0x1_0000, 0x1_0001].randomElement(using: &generator)!
  }

  /// Half a vector: edges of one width, singles among them, or anything.
  private static func vectorHalf(_ generator: inout SeededGenerator) -> UInt64 {
    let bytes: [UInt64] = [0, 1, 0x7f, 0x80, 0xff]
    let halfwords: [UInt64] = [1, 0x7fff, 0x8000, 0xff80]
    let words: [UInt64] = [
      1, 0x7fff_ffff, 0x8000_0000, 0x7f80_0000, 0xffc0_0000, 0x80_0000, 0x3f80_0000, 0xc040_0000,
    ]
    switch Int.random(in: 0..<4, using: &generator) {
    case 0: return 0x0101_0101_0101_0101 &* bytes.randomElement(using: &generator)!
    case 1: return 0x0001_0001_0001_0001 &* halfwords.randomElement(using: &generator)!
    case 2: return 0x0000_0001_0000_0001 &* words.randomElement(using: &generator)!
    default: return .random(in: 0 ... .max, using: &generator)
    }
  }

  /// A number, an address within guest memory, or an edge of either.
  private static func value(_ generator: inout SeededGenerator) -> UInt32 {
    switch Int.random(in: 0..<10, using: &generator) {
    case 0..<3: edges.randomElement(using: &generator)!
    case 3: .random(in: 0 ... .max, using: &generator)
    case 4: Layout.memory + UInt32(Layout.memorySize) - .random(in: 0..<12, using: &generator)
    case 5: Layout.memory &- 4 &+ .random(in: 0..<8, using: &generator)
    default: Layout.memory + .random(in: 0..<UInt32(Layout.memorySize), using: &generator)
    }
  }

  private static func word(
    _ n: Int, _ count: Int, _ pool: [UInt32], _ generator: inout SeededGenerator
  ) -> UInt32 {
    let isJump = Int.random(in: 0..<40, using: &generator) == 0
    let form = (isJump ? jumps : forms).randomElement(using: &generator)!
    var word = TestAssembler.random(form, using: &generator)
    for operand in form.operands {
      let register = pool.randomElement(using: &generator)!
      switch operand.name {
      case "VD", "VS", "VA", "VB", "VC":
        word = operand.inserting(Int(register) & 7, in: word)!
      case "RT", "RS", "RA", "RB", "FRT", "FRA", "FRB", "FRS", "FRC":
        if operand.name == "RT" || operand.name == "RS", form.mnemonic.hasSuffix("mw") {
          word = operand.inserting(.random(in: 24..<32, using: &generator), in: word)!
        } else {
          word = operand.inserting(Int(register), in: word)!
        }
      case "D" where Bool.random(using: &generator),
        "SI" where Bool.random(using: &generator):
        word = operand.inserting(.random(in: -16..<16, using: &generator), in: word)!
      case "BF", "BFA": word = operand.inserting(.random(in: 0..<3, using: &generator), in: word)!
      case "BI", "BA", "BB", "BT":
        word = operand.inserting(.random(in: 0..<12, using: &generator), in: word)!
      case "LI", "BD": word = operand.inserting(jump(n, count, &generator), in: word & ~2)!
      case "SPR":
        word = operand.inserting([1, 8, 9, 256].randomElement(using: &generator)!, in: word)!
      case "TO" where Bool.random(using: &generator): word = operand.inserting(0, in: word)!
      default: break
      }
    }
    return word
  }

  /// A displacement: mostly forwards within the program.
  private static func jump(
    _ n: Int, _ count: Int, _ generator: inout SeededGenerator
  ) -> Int {
    Int.random(in: 0..<6, using: &generator) == 0
      ? 4 * Int.random(in: -n...0, using: &generator)
      : 4 * Int.random(in: 1...max(1, min(count - n, 5)), using: &generator)
  }

  /// Puts the program and its state into a machine.
  func load(_ machine: InstructionMachine) {
    machine.words = words
    machine.state.pointee.reserveValid = 0
    machine.state.pointee.reserveAddress = 0
    machine.state.pointee.reserveValue = 0
    machine.state.pointee.vrsave = 0
    machine.state.pointee.dar = 0
    for n in 0..<32 {
      machine.state.pointee.gpr[n] = registers[n]
      machine.state.pointee.fpr[n] = floats[n]
    }
    for n in 0..<64 { machine.state.pointee.vr[n] = vectors[n] }
    machine.state.pointee.vscr = vscr
    machine.state.pointee.packedCR = cr
    machine.state.pointee.packedXER = xer
    machine.state.pointee.lr = lr
    machine.state.pointee.ctr = ctr
    machine.state.pointee.fpscr = fpscr
    var generator = SeededGenerator(state: memorySeed)
    for n in stride(from: 0, to: Layout.memorySize, by: 8) {
      UnsafeMutableRawPointer(machine.memory).storeBytes(
        of: generator.next(), toByteOffset: n, as: UInt64.self)
    }
  }
}

/// Everything that a program can see, after a run.
struct FinalState: Equatable {
  let fields: [UInt64]
  let memory: [UInt8]

  init(_ machine: InstructionMachine) {
    let state = machine.state.pointee
    var fields: [UInt64] = []
    for n in 0..<32 { fields.append(UInt64(state.gpr[n])) }
    for n in 0..<32 { fields.append(state.fpr[n]) }
    for n in 0..<64 { fields.append(state.vr[n]) }
    for word in [
      state.packedCR, state.packedXER, state.lr, state.ctr, state.fpscr, state.vrsave, state.vscr,
      state.reserveValid, state.reserveValid == 0 ? 0 : state.reserveAddress,
      state.reserveValid == 0 ? 0 : state.reserveValue,
    ] {
      fields.append(UInt64(word))
    }
    self.fields = fields
    memory = Array(UnsafeBufferPointer(start: machine.memory, count: Layout.memorySize))
  }

  private static let names =
    (0..<32).map { "r\($0)" } + (0..<32).map { "f\($0)" }
    + (0..<64).map { "vr half \($0)" } + [
      "cr", "xer", "lr", "ctr", "fpscr", "vrsave", "vscr", "reserved", "reserve", "reserved value",
    ]

  /// How another state differs.
  func differences(_ other: FinalState) -> [String] {
    var list = fields.indices.filter { fields[$0] != other.fields[$0] }.map {
      "\(Self.names[$0])=\(hex(other.fields[$0])) not \(hex(fields[$0]))"
    }
    for n in memory.indices where memory[n] != other.memory[n] {
      list.append("m\(hex(Layout.memory + UInt32(n)))=\(hex(other.memory[n]))")
    }
    return list
  }
}
