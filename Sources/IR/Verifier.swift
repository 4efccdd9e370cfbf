/// What is wrong with a block.
public struct VerificationProblem: Equatable, Sendable, CustomStringConvertible {
  /// The op, by its number in the block; -1 when the block as a whole is meant.
  public let op: Int
  /// What is wrong with it.
  public let cause: Cause
  /// The op as the log prints it.
  public let text: String

  /// The rules that an op or a block can break. Numbers of arguments count results first.
  public enum Cause: Equatable, Sendable {
    /// There are no ops.
    case empty
    /// Globals wait for their new values, or cold parts for their place: `finish` is missing.
    case unfinished
    /// The straight line, or a cold part, does not end in an op that leaves.
    case doesNotLeave
    /// The op stands behind one that leaves, where nothing reaches it.
    case unreachable
    /// The op has another number of results or operands than its kind.
    case operandCount
    /// The op's kind does not exist in this type.
    case type(ValueType)
    /// The argument has another type than the op takes there.
    case argumentType(Int)
    /// The argument is not a temp of the block.
    case noSuchTemp(Int)
    /// The argument is a result, and the temp cannot be written: env or a constant.
    case notWritable(Int)
    /// The argument is a constant with bits beyond its type.
    case constantTooWide(Int)
    /// The value is defined a second time.
    case definedTwice(Int)
    /// The value is not defined where the argument uses it.
    case undefined(Int)
    /// The value is used in a cold part to which no branch leads from its definition.
    case noWay(Int)
    /// The value was defined before a label of the straight line, or a call of translated code:
    /// neither keeps it.
    case lostInCall(Int)
    /// The label was never made by the block, or is nowhere placed.
    case noSuchLabel
    /// The label is placed a second time.
    case labelPlacedTwice
    /// The label is placed within a cold part.
    case labelInLine
    /// Another branch leads to the label already: emitter and allocator keep one for each.
    case labelBranchedToTwice
    /// The label stands before the branch: `Builder.cold` was called within a cold part.
    case branchBackward
    /// The hidden carry was not made, or an op that may destroy it stands in between.
    case noCarry
    /// A constant of the op is out of range.
    case constantRange
  }

  /// "op N: cause: op", or the cause alone where the block as a whole is meant.
  public var description: String { op < 0 ? "\(cause)" : "op \(op): \(cause):\(text)" }
}

extension Block {
  /// Checks a finished block, before or after optimisation.
  ///
  /// - Returns: the problems in the order of the ops; none for a good block.
  public func verify() -> [VerificationProblem] {
    var verifier = Verifier(self)
    verifier.check()
    return verifier.problems
  }
}

/// One walk over a block. The straight line is region 0; each cold part is a region of its own,
/// entered at its label.
struct Verifier {
  let block: Block
  var problems: [VerificationProblem] = []
  private let helperCount: Int
  /// Per op: its region. Per region: its first op.
  private var regions: [Int32]
  private var starts: [Int] = [0]
  /// Per label: where it is placed, and the one branch to it; -1 none.
  private var places: [Int32], branches: [Int32]
  /// Per temp: the op that defined it; -1 none.
  private var definitions: [Int32]
  /// Per op: the last label or call of translated code before it in its region; -1 none.
  private var calls: [Int32]

  init(_ block: Block) {
    self.block = block
    helperCount = block.names.helpers.count
    regions = Array(repeating: 0, count: block.opCount)
    calls = Array(repeating: -1, count: block.opCount)
    places = Array(repeating: -1, count: block.labelCount)
    branches = places
    definitions = Array(repeating: -1, count: block.tempCount)
  }

  mutating func check() {
    let s = block.storage.pointee
    if s.pendingCount != 0 || s.coldCount != 0 { return report(-1, .unfinished) }
    if block.opCount == 0 { return report(-1, .empty) }
    if block.mainCount <= 0 || block.mainCount > block.opCount { return report(-1, .doesNotLeave) }
    findRegions()
    findLabels()
    for index in 0..<block.opCount { checkShape(index) }
    for index in 0..<block.opCount { define(index) }
    for index in 0..<block.opCount { checkUses(index) }
    checkCarry()
    problems.sort { $0.op < $1.op }
  }

  private mutating func report(_ op: Int, _ cause: VerificationProblem.Cause) {
    let text = op < 0 ? "" : block.text(ofOp: op)
    problems.append(VerificationProblem(op: op, cause: cause, text: text))
  }

  // MARK: Regions and labels

  private mutating func findRegions() {
    var region: Int32 = 0
    var hasLeft = false
    var call: Int32 = -1
    for index in 0..<block.opCount {
      let opcode = block.ops[index].opcode
      let entersCold = opcode == .set_label && index >= block.mainCount && hasLeft
      if index == block.mainCount && !hasLeft { report(index - 1, .doesNotLeave) }
      if entersCold {
        region += 1
        starts.append(index)
        hasLeft = false
        call = -1
      } else if opcode == .set_label && index < block.mainCount {
        // Several ways lead here: no value comes with them.
        hasLeft = false
        call = Int32(index)
      } else if opcode == .set_label {
        report(index, .labelInLine)
      } else if hasLeft {
        report(index, .unreachable)
      }
      regions[index] = region
      calls[index] = call
      if opcode == .call_tb || opcode == .call_ptr { call = Int32(index) }
      if opcode.info.flags.contains(.blockExit) { hasLeft = true }
    }
    if !hasLeft { report(block.opCount - 1, .doesNotLeave) }
  }

  private mutating func findLabels() {
    for index in 0..<block.opCount {
      let op = block.ops[index]
      let label = Int(op.constant)
      switch op.opcode {
      case .set_label where label >= places.count: report(index, .noSuchLabel)
      case .set_label where places[label] >= 0: report(index, .labelPlacedTwice)
      case .set_label: places[label] = Int32(index)
      case .br, .brcond, .brfcmp, .brclass, .brextreme, .brnarrow:
        if label < places.count { noteBranch(index, label) } else { report(index, .noSuchLabel) }
      default: break
      }
    }
    for branch in branches where branch >= 0 {
      if places[Int(block.ops[Int(branch)].constant)] < 0 { report(Int(branch), .noSuchLabel) }
    }
  }

  private mutating func noteBranch(_ index: Int, _ label: Int) {
    if branches[label] >= 0 { return report(index, .labelBranchedToTwice) }
    if places[label] >= 0 { report(index, .branchBackward) }
    branches[label] = Int32(index)
  }

  // MARK: One op

  private mutating func checkShape(_ index: Int) {
    let op = block.ops[index]
    let info = op.opcode.info
    let isRight =
      op.opcode == .call
      ? op.outputCount <= 1 && op.inputCount <= 3
      : op.outputCount == info.outputs && op.inputCount == info.inputs
    guard isRight else { return report(index, .operandCount) }
    if !op.opcode.allows(op.type) { report(index, .type(op.type)) }
    if !constantsAreInRange(op) { report(index, .constantRange) }
    for n in 0..<op.outputCount + op.inputCount { checkArgument(index, op, n) }
  }

  private mutating func checkArgument(_ index: Int, _ op: Op, _ n: Int) {
    guard op.argument(n) < block.tempCount else { return report(index, .noSuchTemp(n)) }
    let temp = block.temps[Int(op.argument(n))]
    if temp.type != expectedType(op, n) ?? temp.type { report(index, .argumentType(n)) }
    if op.requiredType(n) == nil && op.opcode != .movcond && !temp.type.isInteger {
      report(index, .argumentType(n))
    }
    let writable = temp.kind == .global || temp.kind == .value
    if n < op.outputCount && !writable { report(index, .notWritable(n)) }
    if temp.kind == .constant && temp.type.bits < 64 && temp.value >> UInt64(temp.type.bits) != 0 {
      report(index, .constantTooWide(n))
    }
  }

  /// The type of an argument; where several are allowed, what the op's other arguments imply.
  private func expectedType(_ op: Op, _ n: Int) -> ValueType? {
    if let type = op.requiredType(n) { return type }
    if op.opcode == .call { return n < op.outputCount ? op.type : nil }
    guard op.opcode == .movcond, op.argument(0) < block.tempCount else { return nil }
    return block.temps[Int(op.argument(0))].type
  }

  private func constantsAreInRange(_ op: Op) -> Bool {
    let bits = op.type.bits
    let first = Int(op.constant)
    let second = Int(op.constant2)
    switch op.opcode {
    case .deposit, .extract, .sextract:
      return first < bits && second >= 1 && second <= bits && first + second <= bits
    case .bswap16, .bswap32, .bswap64: return first < 6
    case .mb: return first < 64
    case .call: return first < helperCount
    case .qemu_ld, .qemu_st:
      return op.type.vectors > 0
        ? op.memory.bytes == 16 && !op.memory.isLittleEndian : op.memory.bytes * 8 <= bits
    case .extract2: return first < bits && (op.type != .v128 || first % 8 == 0)
    case .brfcmp: return second < FloatRelation.allCases.count
    case .brclass: return classFits(op)
    case .brextreme: return op.suspect != nil && (op.suspect != .rounded || op.type == .f32)
    case .float_mode: return first < 2
    case .float_round: return first < 4
    case .fcmp_vec: return first < VectorRelation.allCases.count
    case .fround_vec: return first < 4
    case .fadd_lanes, .fsub_lanes, .fmul_lanes, .fma_lanes:
      return FloatLanes(rawValue: op.constant) != nil
    case .lane_f32: return first < 4 * op.type.vectors
    case .lane_f64: return first < 2 * op.type.vectors
    case _ where op.opcode.hasElements: return elementsAreInRange(op)
    case .qemu_ld2, .qemu_st2: return op.memory.bytes * 8 == 2 * bits
    case .qemu_cmpxchg: return op.memory.bytes * 8 <= bits
    default: return true
    }
  }

  /// Whether the class is one that values of the op's type are told by.
  private func classFits(_ op: Op) -> Bool {
    switch FloatClass(rawValue: op.constant2) {
    case .nan: op.type != .v256
    case .extreme: op.type.vectors == 0
    case .nanOrLeast: op.type == .v128
    case .clearSingle, .clearDouble: op.type.vectors > 0
    case nil: false
    }
  }

  private func elementsAreInRange(_ op: Op) -> Bool {
    guard let element = VectorElement(rawValue: op.constant) else { return false }
    switch op.opcode {
    case .shli_vec, .shri_vec, .sari_vec:
      return element != .e8 && Int(op.constant2) < 8 * element.bytes
    case .mul_vec: return element != .e8
    case .usadd_vec, .ssadd_vec, .ussub_vec, .sssub_vec, .avg_vec: return element != .e32
    case .shlv_vec, .shrv_vec, .sarv_vec: return element == .e32
    case .madd_vec, .mulhrs_vec: return element == .e16
    case .perm_vec, .msk_vec: return element == .e8
    case .splat_vec: return Int(op.constant2) < 16 / element.bytes
    case .packs_vec, .packus_vec: return element != .e8
    case .cmp_vec: return [.eq, .gt, .gtu].contains(op.condition)
    default: return true
    }
  }

  // MARK: Values

  private mutating func define(_ index: Int) {
    let op = block.ops[index]
    if op.opcode == .discard { return }
    for n in 0..<op.outputCount where op.argument(n) < block.tempCount {
      let temp = Int(op.argument(n))
      guard block.temps[temp].kind == .value else { continue }
      if definitions[temp] >= 0 { report(index, .definedTwice(n)) }
      if definitions[temp] < 0 { definitions[temp] = Int32(index) }
    }
  }

  private mutating func checkUses(_ index: Int) {
    let op = block.ops[index]
    let outputs = op.outputCount
    for n in outputs..<outputs + op.inputCount where op.argument(n) < block.tempCount {
      let temp = Int(op.argument(n))
      guard block.temps[temp].kind == .value else { continue }
      if let cause = reach(definitions[temp], from: index, argument: n) { report(index, cause) }
    }
  }

  /// Follows the one way back from a use to the region of the definition.
  private func reach(
    _ definition: Int32, from use: Int, argument: Int
  ) -> VerificationProblem.Cause? {
    guard definition >= 0 else { return .undefined(argument) }
    var use = use
    for _ in 0...places.count {
      if calls[use] >= 0 && regions[use] != regions[Int(definition)] {
        return .lostInCall(argument)
      }
      if regions[use] == regions[Int(definition)] {
        if definition >= use { return .undefined(argument) }
        return calls[use] > definition ? .lostInCall(argument) : nil
      }
      guard let label = entry(ofRegionOf: use) else { return .undefined(argument) }
      guard branches[label] >= 0 else { return .noWay(argument) }
      use = Int(branches[label])
    }
    return .noWay(argument)
  }

  /// The label at which the region of an op is entered; none for the straight line.
  private func entry(ofRegionOf op: Int) -> Int? {
    let region = Int(regions[op])
    guard region > 0 else { return nil }
    let label = Int(block.ops[starts[region]].constant)
    return label < branches.count ? label : nil
  }

  // MARK: The hidden carry

  private mutating func checkCarry() {
    var isCarry = false
    for index in 0..<block.opCount {
      let opcode = block.ops[index].opcode
      let flags = opcode.info.flags
      if flags.contains(.carryIn) && !isCarry { report(index, .noCarry) }
      if !opcode.isPlainMove { isCarry = flags.contains(.carryOut) }
    }
  }
}
