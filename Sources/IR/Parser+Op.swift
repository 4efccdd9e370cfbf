/// What stands after the name of each op.
extension Parser {
  /// Reads an op from its name and operands.
  mutating func operation(_ name: Substring, _ operands: inout Operands) throws(Cause) -> Op {
    if name == "----" {
      let address = try Self.hexadecimal(operands.take())
      let singles = operands.count > 0 ? try Self.hexadecimal(operands.take()) : 0
      return Op(
        .insn_start, .i32, outputs: 0, inputs: 0, constant: address, constant2: singles)
    }
    guard let kind = OpName.all[String(name)] else { throw .unknownOp(String(name)) }
    if kind.opcode == .call { return try call(&operands) }
    let info = kind.opcode.info
    var op = Op(
      kind.opcode, kind.type, outputs: Int(info.outputs), inputs: Int(info.inputs))
    if op.opcode.hasElements { op.constant = try elements(&operands) }
    if op.opcode == .brextreme {
      let text = try operands.take()
      guard let found = SuspectResult.allCases.first(where: { "\($0)" == text }) else {
        throw .malformed(String(text))
      }
      op.constant2 = found.rawValue
    }
    let written = op.outputCount + op.inputCount - (kind.opcode.isGuestAccess ? 1 : 0)
    for n in 0..<written {
      let text = try operands.take()
      let required = op.requiredType(n) ?? kind.result
      op.arguments[n] = try temp(text, required)
      if n < op.outputCount { try checkWritable(op.arguments[n], text) }
    }
    try readConstants(&op, &operands)
    return op
  }

  /// A word of eight digits.
  private static func hexadecimal(_ text: Substring) throws(Cause) -> UInt32 {
    guard text.utf8.count == 8, text.allSatisfy(\.isHexDigit), let word = UInt32(text, radix: 16)
    else { throw .malformed(String(text)) }
    return word
  }

  /// `v128,eN` in front of a vector op's operands.
  private func elements(_ operands: inout Operands) throws(Cause) -> UInt32 {
    let type = try operands.take()
    guard type == "v128" else { throw .malformed(String(type)) }
    let width = try operands.take()
    guard let found = VectorElement.allCases.first(where: { "\($0)" == width }) else {
      throw .malformed(String(width))
    }
    return found.rawValue
  }

  private func checkWritable(_ temp: TempIndex, _ text: Substring) throws(Cause) {
    let kind = block.temps[Int(temp)].kind
    guard kind == .global || kind == .value else { throw .notWritable(String(text)) }
  }

  private mutating func readConstants(_ op: inout Op, _ operands: inout Operands) throws(Cause) {
    switch op.opcode {
    case .set_label, .br: op.constant = try label(operands.take())
    case .brcond:
      op.condition = try condition(operands.take())
      op.constant = try label(operands.take())
    case .brfcmp:
      let text = try operands.take()
      guard let found = FloatRelation.allCases.first(where: { "\($0)" == text }) else {
        throw .malformed(String(text))
      }
      op.constant2 = found.rawValue
      op.constant = try label(operands.take())
    case .brnarrow, .brextreme: op.constant = try label(operands.take())
    case .brclass:
      let text = try operands.take()
      guard let found = FloatClass.allCases.first(where: { "\($0)" == text }) else {
        throw .malformed(String(text))
      }
      op.constant2 = found.rawValue
      op.constant = try label(operands.take())
    case .setcond, .negsetcond, .movcond: op.condition = try condition(operands.take())
    case .qemu_ld, .qemu_st, .qemu_ld2, .qemu_st2: try readAccess(&op, &operands)
    case .qemu_cmpxchg: op.constant = try memoryOperation(&operands)
    case .ld, .ld8u, .ld8s, .ld16u, .ld16s, .ld32u, .ld32s, .st, .st8, .st16, .st32:
      op.constant = try offset(operands.take())
    case .bswap16, .bswap32, .bswap64: op.constant = try byteSwap(&operands)
    case .mb:
      let text = try operands.take()
      guard let bits = ConstantNames.barrier(text) else { throw .malformed(String(text)) }
      op.constant = bits
    case .exit_tb:
      let kind = try operands.take()
      let known = Self.exitKinds[String(kind)]
      op.constant = if let known { known } else { try Self.word(kind) }
      op.constant2 = try operands.word()
    case .cmp_vec: op.condition = try condition(operands.take())
    case _ where op.opcode.hasElements:
      if op.opcode.hasElementNumber { op.constant2 = try operands.word() }
    default:
      if op.opcode.info.constants > 0 { op.constant = try operands.word() }
      if op.opcode.info.constants > 1 { op.constant2 = try operands.word() }
    }
  }

  // MARK: Constants

  private static let exitKinds: [String: UInt32] = Dictionary(
    uniqueKeysWithValues: (0..<16).compactMap { ExitKind(rawValue: $0) }
      .map { ("\($0)", $0.rawValue) })

  private static func word(_ text: Substring) throws(Cause) -> UInt32 {
    guard let word = UInt32(exactly: try Operands.number(text)) else {
      throw .outOfRange(String(text))
    }
    return word
  }

  private func condition(_ text: Substring) throws(Cause) -> Condition {
    guard let found = Condition.allCases.first(where: { $0.text == text }) else {
      throw .malformed(String(text))
    }
    return found
  }

  /// An offset from env: 32 bits, printed sign-extended to 64.
  private func offset(_ text: Substring) throws(Cause) -> UInt32 {
    let number = Int64(bitPattern: try Operands.number(text))
    guard let offset = Int32(exactly: number) else { throw .outOfRange(String(text)) }
    return UInt32(bitPattern: offset)
  }

  private func byteSwap(_ operands: inout Operands) throws(Cause) -> UInt32 {
    var text = String(try operands.take())
    if text.hasPrefix("$") { return try Self.word(text[...]) }
    if let second = operands.next() { text += ",\(second)" }
    guard let found = ConstantNames.byteSwaps.first(where: { $0.text == text }) else {
      throw .malformed(text)
    }
    return found.flags
  }

  /// A memory operation, then perhaps an index, then perhaps a displacement.
  private mutating func readAccess(_ op: inout Op, _ operands: inout Operands) throws(Cause) {
    op.constant = try memoryOperation(&operands)
    let last = op.outputCount + op.inputCount - 1
    op.arguments[last] = block.constant(.i32, 0)
    guard let text = operands.next() else { return }
    if text.hasPrefix("$") && operands.count == 0 {
      op.constant2 = try Self.word(text)
    } else {
      op.arguments[last] = try temp(text, .i32)
      if operands.count > 0 { op.constant2 = try operands.word() }
    }
  }

  private func memoryOperation(_ operands: inout Operands) throws(Cause) -> UInt32 {
    let text = try operands.take()
    let mmuIndex = try operands.take()
    guard let index = Operands.decimal(mmuIndex), index < 16 else {
      throw .malformed(String(mmuIndex))
    }
    guard let operation = MemoryOperation(text, mmuIndex: index) else {
      throw .malformed(String(text))
    }
    return operation.rawValue
  }

  // MARK: Calls

  /// `NAME,$0xFLAGS,$NOUT,results,env,operands`.
  private mutating func call(_ operands: inout Operands) throws(Cause) -> Op {
    let name = try operands.take()
    guard let helper = names.helpers.firstIndex(where: { $0.name == name }),
      try operands.word() == names.helpers[helper].flags.rawValue
    else { throw .unknownHelper(String(name)) }
    let countText = try operands.take()
    guard countText == "$0" || countText == "$1" else { throw .malformed(String(countText)) }
    let outputs = countText == "$1" ? 1 : 0
    // What is left: results, env, operands.
    let inputs = operands.count - outputs - 1
    guard inputs >= 0 else { throw .missingOperand }
    guard inputs <= 3 else { throw .unknownHelper(String(name)) }
    var op = Op(.call, .i64, outputs: outputs, inputs: inputs, constant: UInt32(helper))
    if outputs > 0 {
      let text = try operands.take()
      op.arguments[0] = try temp(text, nil)
      try checkWritable(op.arguments[0], text)
    }
    let env = try operands.take()
    guard env == "env" else { throw .malformed(String(env)) }
    for n in 0..<inputs { op.arguments[outputs + n] = try temp(operands.take(), nil) }
    return op
  }
}

/// An op as its name in the log tells it.
struct OpName {
  /// What it computes.
  let opcode: Opcode
  /// The op's type.
  let type: ValueType
  /// The type of the arguments that the op leaves open; none for calls.
  let result: ValueType?

  /// Every name that a well-formed op can have.
  static let all: [String: OpName] = {
    var all: [String: OpName] = [:]
    for opcode in Opcode.allCases where opcode != .insn_start {
      if opcode.info.flags.contains(.untyped) {
        let type = opcode.conversion?.to ?? (opcode.isVector ? .v128 : .i32)
        all[opcode.text] = OpName(opcode: opcode, type: type, result: nil)
        continue
      }
      for type in ValueType.allCases where opcode.allows(type) {
        let name = "\(opcode.text)_\(type.name)"
        all[name] = OpName(opcode: opcode, type: type, result: type)
        guard opcode == .setcond || opcode == .movcond else { continue }
        for result in ValueType.allCases where result != type {
          if opcode == .setcond && !result.isInteger { continue }
          all["\(name)_\(result.name)"] = OpName(opcode: opcode, type: type, result: result)
        }
      }
    }
    return all
  }()
}

extension MemoryOperation {
  private static let atomicities: [(prefix: String, atomicity: Atomicity)] = [
    ("noat+", .none), ("w16+", .withinSixteen), ("atom+", .always),
  ]
  private static let alignments: [(prefix: String, bytes: Int)] = [
    ("al2+", 2), ("al4+", 4), ("al8+", 8), ("al16+", 16), ("al32+", 32), ("al64+", 64),
    ("al128+", 128),
  ]
  private static let sizes: [(text: String, bytes: Int)] = [
    ("b", 1), ("w", 2), ("l", 4), ("q", 8), ("o", 16),
  ]

  /// The operation that `description` writes as `text`, nil if there is none.
  init?(_ text: Substring, mmuIndex: Int) {
    var rest = text
    var atomicity = Atomicity.ifAligned
    if let found = Self.atomicities.first(where: { rest.hasPrefix($0.prefix) }) {
      atomicity = found.atomicity
      rest = rest.dropFirst(found.prefix.count)
    }
    var alignment: Int? = 1
    if rest.hasPrefix("al+") {
      alignment = nil
      rest = rest.dropFirst(3)
    } else if let found = Self.alignments.first(where: { rest.hasPrefix($0.prefix) }) {
      alignment = found.bytes
      rest = rest.dropFirst(found.prefix.count)
    }
    guard let size = Self.sizes.first(where: { rest.hasSuffix($0.text) }) else { return nil }
    let signed = rest.dropLast().last == "s"
    self.init(
      bytes: size.bytes, signed: signed, littleEndian: rest.hasPrefix("le"),
      alignment: alignment ?? size.bytes, atomicity: atomicity, mmuIndex: mmuIndex)
    // The text must be the one that this operation has, to the letter.
    guard description == "\(text),\(mmuIndex)" else { return nil }
  }
}
