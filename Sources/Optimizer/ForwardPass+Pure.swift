import IR

/// Pure ops: folding, operand order, rules and known bits.
extension ForwardPass {
  mutating func pure(_ op: inout Op, _ flags: OpcodeFlags) {
    if flags.contains(.commutative), block.temps[Int(op.input(0))].kind == .constant {
      let a = op.input(0)
      op.setInput(0, op.input(1))
      op.setInput(1, a)
    }
    if op.opcode == .setcond || op.opcode == .negsetcond { orderComparison(&op) }
    if op.outputCount == 1 && op.type.isInteger {
      if passes.contains(.folding), fold(op) { return }
      if passes.contains(.comparisons), fuseBit(&op) {}
      if passes.contains(.rules), applyRules(op) { return }
      if passes.contains(.knownBits), useKnownBits(&op) { return }
    }
    append(op)
    if op.outputCount == 1 { facts[Int(op.output(0))].maybe = possibleBits(op) }
  }

  /// Puts a constant second.
  private func orderComparison(_ op: inout Op) {
    guard constant(op.input(0)) != nil, constant(op.input(1)) == nil else { return }
    let a = op.input(0)
    op.setInput(0, op.input(1))
    op.setInput(1, a)
    op.condition = op.condition.swapped
  }

  /// An op whose operands are all constants is its value.
  private mutating func fold(_ op: Op) -> Bool {
    var values: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
    let inputs = op.inputCount
    guard let a = constant(op.input(0)) else { return false }
    values.0 = a
    if inputs > 1 {
      guard let b = constant(op.input(1)) else { return false }
      values.1 = b
    }
    if inputs > 2 {
      guard let c = constant(op.input(2)) else { return foldChoice(op, values.0, values.1) }
      values.2 = c
    }
    if inputs > 3 {
      guard let d = constant(op.input(3)) else { return foldChoice(op, values.0, values.1) }
      values.3 = d
    }
    let (result, _) = op.evaluate(
      values.0, values.1, values.2, values.3, width: op.type.bits)
    let type = block.temps[Int(op.output(0))].type
    guard type.isInteger else { return false }
    replace(op, by: newConstant(type, result))
    return true
  }

  /// A `movcond` whose comparison is decided.
  private mutating func foldChoice(_ op: Op, _ a: UInt64, _ b: UInt64) -> Bool {
    guard op.opcode == .movcond else { return false }
    let holds = op.condition.holds(a, b, width: op.type.bits)
    replace(op, by: op.input(holds ? 2 : 3))
    return true
  }

  /// A constant's temp, with its facts.
  mutating func newConstant(_ type: ValueType, _ value: UInt64) -> TempIndex {
    let before = block.tempCount
    let temp = block.constant(type, value)
    if Int(temp) >= before { forget(temp) }
    return temp
  }

  mutating func newValue(_ type: ValueType) -> TempIndex {
    let temp = block.newValue(type)
    forget(temp)
    return temp
  }

  // MARK: Rules

  /// What a pattern's variables and constants stand for.
  private struct Match {
    var variables: (TempIndex, TempIndex, TempIndex) = (0, 0, 0)
    var constants: (UInt64, UInt64) = (0, 0)
    var bound: UInt8 = 0
  }

  private mutating func applyRules(_ op: Op) -> Bool {
    let opcode = Int(op.opcode.rawValue)
    var n = rules.first[opcode]
    let last = rules.first[opcode + 1]
    if n == last { return false }
    let second = op.inputCount > 1 ? constant(op.input(1)) : nil
    let source = definition(op.input(0))
    let left = source?.pointee.type == op.type ? source?.pointee.opcode.rawValue ?? 254 : 254
    while n < last {
      let candidate = rules.candidates + Int(n)
      n &+= 1
      if candidate.pointee.wantsConstant && second == nil { continue }
      if candidate.pointee.left != 255 && candidate.pointee.left != left { continue }
      var match = Match()
      guard matches(rules.nodes + Int(candidate.pointee.pattern), op, &match) else { continue }
      rules.hits[Int(candidate.pointee.rule)] &+= 1
      build(rules.nodes + Int(candidate.pointee.replacement), op, match)
      return true
    }
    return false
  }

  private func matches(
    _ node: UnsafeMutablePointer<RuleTable.Node>, _ op: Op, _ match: inout Match
  ) -> Bool {
    guard op.opcode == node.pointee.opcode else { return false }
    guard matches(rules.nodes + Int(node.pointee.a), op.input(0), op.type, &match) else {
      return false
    }
    return node.pointee.kind == .unary
      || matches(rules.nodes + Int(node.pointee.b), op.input(1), op.type, &match)
  }

  private func matches(
    _ node: UnsafeMutablePointer<RuleTable.Node>, _ temp: TempIndex, _ type: ValueType,
    _ match: inout Match
  ) -> Bool {
    switch node.pointee.kind {
    case .variable: return bind(temp, to: node.pointee.number, &match)
    case .constant:
      guard let value = constant(temp) else { return false }
      let bit: UInt8 = 8 &<< node.pointee.number
      let isFirst = node.pointee.number == 0
      if match.bound & bit != 0 {
        return (isFirst ? match.constants.0 : match.constants.1) == value
      }
      match.bound |= bit
      if isFirst { match.constants.0 = value } else { match.constants.1 = value }
      return true
    case .literal:
      return constant(temp) == truncated(UInt64(bitPattern: node.pointee.value), type)
    case .unary, .binary:
      guard let op = definition(temp), op.pointee.type == type else { return false }
      return matches(node, op.pointee, &match)
    }
  }

  private func bind(_ temp: TempIndex, to number: UInt8, _ match: inout Match) -> Bool {
    let bit: UInt8 = 1 &<< number
    let isBound = match.bound & bit != 0
    match.bound |= bit
    switch number {
    case 0:
      if isBound { return match.variables.0 == temp }
      match.variables.0 = temp
    case 1:
      if isBound { return match.variables.1 == temp }
      match.variables.1 = temp
    default:
      if isBound { return match.variables.2 == temp }
      match.variables.2 = temp
    }
    return true
  }

  private func truncated(_ value: UInt64, _ type: ValueType) -> UInt64 {
    type == .i32 ? value & 0xffff_ffff : value
  }

  /// Appends a replacement whose root takes the op's result.
  private mutating func build(
    _ node: UnsafeMutablePointer<RuleTable.Node>, _ op: Op, _ match: Match
  ) {
    if let value = constantValue(node, op.type, match) {
      return replace(op, by: newConstant(op.type, value))
    }
    if node.pointee.kind == .variable { return replace(op, by: variable(node, match)) }
    let isUnary = node.pointee.kind == .unary
    var made = Op(node.pointee.opcode, op.type, outputs: 1, inputs: isUnary ? 1 : 2)
    made.arguments[unchecked: 0] = op.output(0)
    made.setInput(0, operand(rules.nodes + Int(node.pointee.a), op.type, match))
    if !isUnary { made.setInput(1, operand(rules.nodes + Int(node.pointee.b), op.type, match)) }
    var again = made
    pure(&again, Opcode.infoTable[Int(made.opcode.rawValue)].flags)
  }

  private mutating func operand(
    _ node: UnsafeMutablePointer<RuleTable.Node>, _ type: ValueType, _ match: Match
  ) -> TempIndex {
    if let value = constantValue(node, type, match) { return newConstant(type, value) }
    if node.pointee.kind == .variable { return variable(node, match) }
    let isUnary = node.pointee.kind == .unary
    var made = Op(node.pointee.opcode, type, outputs: 1, inputs: isUnary ? 1 : 2)
    made.setInput(0, operand(rules.nodes + Int(node.pointee.a), type, match))
    if !isUnary { made.setInput(1, operand(rules.nodes + Int(node.pointee.b), type, match)) }
    let result = newValue(type)
    made.arguments[unchecked: 0] = result
    append(made)
    facts[Int(result)].maybe = possibleBits(made)
    return result
  }

  private func variable(_ node: UnsafeMutablePointer<RuleTable.Node>, _ match: Match) -> TempIndex {
    switch node.pointee.number {
    case 0: match.variables.0
    case 1: match.variables.1
    default: match.variables.2
    }
  }

  /// The value of a term over constants alone.
  private func constantValue(
    _ node: UnsafeMutablePointer<RuleTable.Node>, _ type: ValueType, _ match: Match
  ) -> UInt64? {
    switch node.pointee.kind {
    case .variable: return nil
    case .constant: return node.pointee.number == 0 ? match.constants.0 : match.constants.1
    case .literal: return truncated(UInt64(bitPattern: node.pointee.value), type)
    case .unary, .binary:
      guard let a = constantValue(rules.nodes + Int(node.pointee.a), type, match) else {
        return nil
      }
      if node.pointee.kind == .unary { return node.pointee.opcode.evaluate(a, 0, width: type.bits) }
      guard let b = constantValue(rules.nodes + Int(node.pointee.b), type, match) else {
        return nil
      }
      return node.pointee.opcode.evaluate(a, b, width: type.bits)
    }
  }
}
