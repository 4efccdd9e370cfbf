@testable import GuestPowerPC

/// SplitMix64.
struct WildRandom: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ z >> 30) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ z >> 27) &* 0x94d0_49bb_1331_11eb
    return z ^ z >> 31
  }

  mutating func word() -> UInt32 { UInt32(truncatingIfNeeded: next()) }
  /// A number from 0 up to a limit, exclusive.
  mutating func below(_ limit: UInt64) -> UInt64 { next() % limit }
  mutating func word(below limit: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: below(limit)) }
  mutating func pick<T>(_ list: [T]) -> T { list[Int(below(UInt64(list.count)))] }
}

/// Random code for a processor in supervisor mode.
struct WildProgram {
  /// Goes on behind the instruction that raised an exception. Clobbers r31.
  static let skippingHandler: [UInt32] = [
    "mfspr r31, 26", "addi r31, r31, 4", "mtspr 26, r31", "rfi",
  ].map { TestAssembler.assemble($0)! }

  private static let forms = TestAssembler.forms
  private static let wild = TestAssembler.forms.filter { form in
    [
      "mtmsr", "rfi", "mtspr", "mtsr", "mtsrin", "tlbie", "tlbia", "tlbld", "tlbli", "dcbz", "lmw",
      "stmw", "isync", "icbi", "stw", "stwx", "sth", "stb", "stfd", "stwu", "lwz", "lwzx", "lfd",
      "lhz", "stswi", "stswx", "lswi", "stwcx.", "lwarx", "sc", "bclr", "bcctrl", "stwbrx", "b",
      "bc", "bl", "eciwx", "stvx", "lvx", "dcbf",
    ].contains(form.mnemonic)
  }
  /// Special-purpose registers that change what addresses mean, and timers.
  private static let registers =
    Array(528...543) + Array(560...575) + [1, 8, 9, 22, 25, 26, 27, 272, 282, 284, 285, 1008, 1009]

  /// Addresses worth having in a register.
  static func address(_ random: inout WildRandom) -> UInt32 {
    let base = random.pick(
      [
        0, 0x3000, 0x4000, 0x8000, 0x1_0000, 0x1_0ff0, 0x7f_fff0, 0x80_0000, 0x8080_0000,
        0x8080_8000,
        0x8080_8b00, 0x8081_3000, 0x8081_6000, 0x8082_0000, 0x8084_0000, 0x8086_0000, 0x8200_0000,
        0x82ff_fff8, 0x8400_0000, 0xf000_0510, 0xf280_0000, 0xf2c0_0000, 0xfe00_0000, 0xfec0_0000,
        0xfee0_0000, 0xfff0_0000, 0xfff0_4000, 0xffff_fffc, 0xffff_f000, 0x3000_0000, 0x3000_0ffc,
      ] as [UInt32])
    return random.below(3) == 0 ? base : base &+ random.word(below: 0x2000)
  }

  static func value(_ random: inout WildRandom) -> UInt32 {
    switch random.below(6) {
    case 0: random.word()
    case 1: random.word(below: 64)
    case 2:
      random.pick([0x1032, 0x9032, 0xb030, 0x1000, 0x7030, 0x2_1000, 0x4_9000, 0x1040] as [UInt32])
    default: address(&random)
    }
  }

  /// An instruction.
  static func word(_ random: inout WildRandom) -> UInt32 {
    if random.below(60) == 0 { return random.word() }
    let form = random.below(2) == 0 ? random.pick(wild) : random.pick(forms)
    var word = TestAssembler.random(form, using: &random)
    for operand in form.operands {
      let value: Int? =
        switch operand.name {
        case "SPR": random.below(8) == 0 ? nil : random.pick(registers)
        case "D", "SI": random.below(4) == 0 ? nil : Int(random.below(64)) * 4 - 128
        case "LI", "BD": 4 * (Int(random.below(40)) - 12)
        default: nil
        }
      if let value, let new = operand.inserting(value, in: word) { word = new }
    }
    // Branches to absolute addresses are rare.
    if word >> 26 == 18 || word >> 26 == 16, random.below(20) != 0 { word &= ~2 }
    return word
  }
}
