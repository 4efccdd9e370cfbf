@testable import HostX64
@testable import IR

/// How an op is written: what stands in front of its arguments, their types (results first), and
/// what stands behind them.
struct VectorForm {
  /// What stands in front of the arguments.
  let name: String
  /// The types of the arguments, results first.
  let types: [ValueType]
  /// The number of results.
  var outputs = 1
  /// What stands behind the arguments.
  var constants = ""

  /// The text of the op with some arguments.
  func text(_ arguments: [String]) -> String {
    " " + name + arguments.joined(separator: ",") + constants
  }

  /// Whether it computes with singles.
  var isSingle: Bool { name.hasPrefix("f") || name.hasPrefix("cvt") }

  /// Every vector op that the verifier allows, with each of its constants.
  static let vectors: [VectorForm] = Opcode.allCases.filter {
    $0.isVector && !scalars.contains($0)
  }.flatMap { opcode in
    opcode.hasElements ? elementForms(opcode) : plainForms(opcode)
  }

  /// Scalar operations side by side, under the scalar status.
  static let lanes: [VectorForm] = [ValueType.v128, .v256].flatMap { type in
    scalars.flatMap { plainForms($0, type) }
  }
  static let scalars: [Opcode] = [.fadd_lanes, .fsub_lanes, .fmul_lanes, .fma_lanes]

  /// The other ops of 256 bits.
  static let wide: [VectorForm] =
    [Opcode.ordinary_lanes, .dup_f32, .dup_f64, .lane_f32, .lane_f64].flatMap {
      plainForms($0, .v256)
    } + [
      VectorForm(name: "mov_v256 ", types: [.v256, .v256]),
      VectorForm(name: "xor_v256 ", types: [.v256, .v256, .v256]),
    ]

  /// Logic, on the same hosts. For the other ops of logic there is no code: nobody emits them.
  static let logic: [VectorForm] =
    ["and", "or", "xor", "andc"].map { VectorForm(name: "\($0)_v128 ", types: three) }
    + stride(from: 0, to: 128, by: 8).map {
      VectorForm(name: "extract2_v128 ", types: three, constants: ",$0x\(String($0, radix: 16))")
    }

  /// What every host has code for.
  static let halves: [VectorForm] = [
    VectorForm(name: "mov_v128 ", types: [.v128, .v128]),
    VectorForm(name: "concat_i64_v128 ", types: [.v128, .i64, .i64]),
    VectorForm(name: "extrl_v128_i64 ", types: [.i64, .v128]),
    VectorForm(name: "extrh_v128_i64 ", types: [.i64, .v128]),
    VectorForm(name: "ld_v128 ", types: [.v128], constants: ",env,$0x\(field)"),
    VectorForm(name: "st_v128 ", types: [.v128], outputs: 0, constants: ",env,$0x\(field)"),
  ]

  /// A result and two operands.
  private static let three: [ValueType] = [.v128, .v128, .v128]
  /// The place that loads and stores use.
  private static let field = String(VectorMachine.field + 8, radix: 16)

  /// The types of an op's arguments.
  private static func types(_ opcode: Opcode, _ type: ValueType = .v128) -> [ValueType] {
    let outputs = Int(opcode.info.outputs), inputs = Int(opcode.info.inputs)
    let op = Op(opcode, type, outputs: outputs, inputs: inputs)
    return (0..<outputs + inputs).map { op.argumentType($0) }
  }

  /// An op without elements, with all constants that its kind has.
  private static func plainForms(_ opcode: Opcode, _ type: ValueType = .v128) -> [VectorForm] {
    let constants =
      switch opcode {
      case .fcmp_vec: (0..<8).map { ",$0x\($0)" }
      case .fround_vec: (0..<4).map { ",$0x\($0)" }
      case .lane_f32: (0..<4 * type.vectors).map { ",$0x\($0)" }
      case .lane_f64: (0..<2 * type.vectors).map { ",$0x\($0)" }
      case _ where scalars.contains(opcode): FloatLanes.allCases.map { ",$0x\($0.rawValue)" }
      default: [""]
      }
    let name = opcode.info.flags.contains(.untyped) ? opcode.name : "\(opcode)_\(type.name)"
    return constants.map {
      VectorForm(name: "\(name) ", types: types(opcode, type), constants: $0)
    }
  }

  /// An op with elements, in all widths with all constants that its kind has.
  private static func elementForms(_ opcode: Opcode) -> [VectorForm] {
    let block = Block(names: BlockNames(globals: [], helpers: []))
    defer { block.deallocate() }
    var forms: [VectorForm] = []
    for element in VectorElement.allCases {
      for condition in opcode == .cmp_vec ? [Condition.eq, .gt, .gtu] : [.never] {
        for constant in 0..<UInt32(opcode.hasElementNumber ? 32 : 1) {
          let isThere = allows(block, opcode, element, condition, constant)
          guard isThere else { continue }
          let last = opcode.hasElementNumber ? ",$0x\(String(constant, radix: 16))" : ""
          forms.append(
            VectorForm(
              name: "\(opcode) v128,\(element),", types: types(opcode),
              constants: opcode == .cmp_vec ? ",\(condition.name)" : last))
        }
      }
    }
    return forms
  }

  /// Whether the verifier finds nothing wrong with an op's constants.
  private static func allows(
    _ block: Block, _ opcode: Opcode, _ element: VectorElement, _ condition: Condition,
    _ constant: UInt32
  ) -> Bool {
    block.clear()
    let builder = Builder(block)
    builder.append(
      Op(
        opcode, .v128, outputs: Int(opcode.info.outputs), inputs: Int(opcode.info.inputs),
        condition: condition, constant: element.rawValue, constant2: constant))
    builder.effect(.exit_tb)
    builder.finish()
    return !block.verify().contains { $0.cause == .constantRange }
  }
}

/// Random states, biased to what ops treat in a way of its own.
struct VectorValues {
  /// Where chance comes from.
  private var random: EdgeValues

  /// The same sequence for the same seed.
  init(_ seed: UInt64) { random = EdgeValues(seed) }

  /// The edges of bytes.
  private static let bytes: [UInt8] = [0, 1, 0x7f, 0x80, 0x81, 0xff]
  /// Zeros, denormals, least normal and next ones, infinities, NaNs of both kinds, integers and
  /// their neighbours, ties, the greatest.
  private static let singles: [UInt32] = [
    0, 0x8000_0000, 1, 0x8000_0001, 0x007f_ffff, 0x807f_ffff, 0x0080_0000, 0x8080_0000, 0x0080_0001,
    0x7f80_0000, 0xff80_0000, 0x7fc0_0000, 0xffc1_2345, 0x7f80_0001, 0xffbf_ffff, 0x3f80_0000,
    0xbf80_0000, 0x4000_0000, 0x3f00_0000, 0xbf00_0000, 0x3fc0_0000, 0xc020_0000, 0x3eaa_aaab,
    0x4b00_0001, 0x4f00_0000, 0xcf00_0000, 0x4eff_ffff, 0xcf00_0001, 0x7f7f_ffff, 0xff7f_ffff,
    0x3f80_0001, 0x3380_0000,
  ]
  /// Doubles that lie halfway between two singles, or nearly, and edges as above.
  private static let doubles: [UInt64] = [
    0, 1 << 63, 1, 0x000f_ffff_ffff_ffff, 0x0010_0000_0000_0000, 0x8010_0000_0000_0000,
    0x0010_0000_0000_0001, 0x7ff0_0000_0000_0000, 0xfff0_0000_0000_0000, 0x7ff8_0000_0000_0000,
    0x7ff0_0000_0000_0001, 0xfff7_ffff_ffff_ffff, 0x3ff0_0000_1000_0000, 0xbff0_0000_3000_0000,
    0x3ff0_0000_1000_0001, 0x3ff0_0000_0fff_ffff, 0x3ff0_0000_2000_0000, 0x7ff8_0000_1000_0000,
    0x4008_0000_0000_0000, 0xc004_0000_e000_0000,
  ]

  /// A number less than another.
  mutating func below(_ n: Int) -> Int { random.below(n) }

  /// 16 bytes: edges, singles, small words, or anything.
  private mutating func vector(singles: Bool) -> [UInt8] {
    switch below(singles ? 10 : 4) {
    case 0: return (0..<16).map { _ in byte() }
    case 1: return words { UInt32($0.below(40)) }
    case 2: return words { UInt32(truncatingIfNeeded: $0.random.next()) }
    default: return words { $0.single() }
    }
  }

  /// A byte, mostly an edge.
  private mutating func byte() -> UInt8 {
    below(3) == 0 ? UInt8(truncatingIfNeeded: random.next() >> 8) : Self.bytes[below(6)]
  }

  /// A single, mostly one of those above.
  private mutating func single() -> UInt32 {
    below(5) == 0
      ? UInt32(truncatingIfNeeded: random.next() >> 16) : Self.singles[below(Self.singles.count)]
  }

  /// Four words, one made like the other.
  private mutating func words(_ word: (inout VectorValues) -> UInt32) -> [UInt8] {
    (0..<4).flatMap { _ in
      let value = word(&self)
      return (0..<4).map { UInt8(truncatingIfNeeded: value >> UInt32(8 * $0)) }
    }
  }

  /// Everything that is compared, with a value of its type in each global.
  mutating func state(singles: Bool) -> [UInt8] {
    var state = [UInt8](repeating: 0, count: VectorMachine.compared)
    for n in state.indices { state[n] = byte() }
    for global in VectorMachine.globals {
      let value = bytes(global.type, singles)
      state.replaceSubrange(global.offset..<global.offset + value.count, with: value)
    }
    return state
  }

  /// A value of a type, the least significant byte first.
  private mutating func bytes(_ type: ValueType, _ singles: Bool) -> [UInt8] {
    let value: UInt64
    switch type {
    case .v128: return vector(singles: singles)
    case .v256: return vector(singles: singles) + vector(singles: singles)
    case .f32: value = UInt64(single())
    case .f64: value = below(6) == 0 ? random.next() : Self.doubles[below(Self.doubles.count)]
    case .i32, .i64: value = random.value(type)
    }
    return (0..<type.bits / 8).map { UInt8(truncatingIfNeeded: value >> UInt64(8 * $0)) }
  }

  /// Elements of 16, 32 or 64 bits with ones at one end, or nearly.
  private mutating func ones() -> UInt64 {
    let bits = UInt64([16, 32, 64][below(3)]), shift = UInt64(below(Int(bits)))
    let all = UInt64.max >> (64 - bits)
    var element = below(2) == 0 ? all >> shift : all << shift & all
    if below(4) == 0 { element ^= 1 << UInt64(below(Int(bits))) }
    for width in [16, 32] where UInt64(width) >= bits { element |= element << UInt64(width) }
    return element
  }

  /// A constant of a vector: 64 bits repeated; often one that is made in a way of its own.
  mutating func constant() -> String {
    let word = random.next() & 0xffff_ffff
    let value = [0, .max, word << 32 | word, random.next(), ones()][below(5)]
    return "$0x\(String(value, radix: 16))"
  }
}
