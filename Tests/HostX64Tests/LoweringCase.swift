import Foundation
@testable import HostX64
@testable import IR

/// One op with its operands and results in certain places.
struct LoweringCase {
  let op: Op
  let inputs: [OperandPlace]
  let result: ResultPlace
  /// Whether the operands are used again afterwards.
  let operandsLive: Bool
  /// Per operand: its value if it is a constant.
  let constants: [UInt64]

  /// Random places and constants for an op.
  init(_ op: Op, _ random: inout EdgeValues) {
    self.op = op
    let outputs = op.outputCount
    var inputs: [OperandPlace] = []
    for n in 0..<op.inputCount {
      let type = op.argumentType(outputs + n)
      var place = OperandPlace.allCases[random.below(5)]
      if place == .home && type != .i32 { place = .global }
      if place == .constant && !type.isInteger { place = .value }
      if place == .same && (n == 0 || op.argumentType(outputs) != type || inputs[0] == .constant) {
        place = .value
      }
      inputs.append(place)
    }
    self.inputs = inputs
    var result = ResultPlace.allCases[random.below(4)]
    let type = op.argumentType(0)
    if result == .home && type != .i32 { result = .global }
    if result == .operand,
      inputs[0] != .home && inputs[0] != .global || op.argumentType(outputs) != type
    {
      result = .value
    }
    self.result = result
    operandsLive = random.below(2) == 0
    constants = (0..<op.inputCount).map { random.value(op.argumentType(outputs + $0)) }
  }

  var description: String {
    "\(op.opcode) \(op.type) \(op.condition) \(op.constant) \(op.constant2) inputs \(inputs.map { "\($0)" })"
      + " result \(result)\(operandsLive ? ", live" : "")"
      + " constants \(constants.map { String($0, radix: 16) })"
  }

  /// The global that operand `n` is or is copied from.
  func source(_ n: Int) -> TempIndex {
    if inputs[n] == .same { return source(0) }
    let type = op.argumentType(op.outputCount + n)
    return inputs[n] == .home ? LoweringMachine.home(2 + n) : LoweringMachine.global(type, n)
  }

  /// The global where result `k` ends up.
  func target(_ k: Int) -> TempIndex {
    let type = op.argumentType(k)
    if k == 0 && result == .operand { return source(0) }
    return result == .home
      ? LoweringMachine.home(7 + k) : LoweringMachine.global(type, LoweringMachine.others - 1 - k)
  }

  /// The global that gets operand `n` again afterwards.
  private func witness(_ n: Int) -> TempIndex {
    LoweringMachine.global(op.argumentType(op.outputCount + n), n)
  }

  /// Appends the op, with what brings its operands in place before and its results after it.
  func append(_ builder: Builder) {
    var made = op
    let outputs = op.outputCount
    for n in 0..<op.inputCount {
      let type = op.argumentType(outputs + n)
      let temp: TempIndex =
        switch inputs[n] {
        case .home, .global: source(n)
        case .value: builder.emit1(.mov, type, result: type, source(n))
        case .constant: builder.block.constant(type, constants[n])
        case .same: made.input(0)
        }
      made.setInput(n, temp)
    }
    for k in 0..<outputs {
      let direct = result != .value
      made.arguments[k] = direct ? target(k) : builder.block.newValue(op.argumentType(k))
    }
    builder.append(made)
    if result == .value {
      for k in 0..<outputs { move(builder, made.output(k), to: target(k)) }
    }
    guard operandsLive else { return }
    for n in 0..<op.inputCount where inputs[n] == .value {
      move(builder, made.input(n), to: witness(n))
    }
  }

  private func move(_ builder: Builder, _ from: TempIndex, to: TempIndex) {
    var op = Op(.mov, builder.block.temps[Int(to)].type, outputs: 1, inputs: 1)
    op.arguments[0] = to
    op.arguments[1] = from
    builder.append(op)
  }

  /// Runs it on random values; nil, or what is wrong.
  func failure(_ machine: LoweringMachine, _ random: inout EdgeValues, runs: Int) -> String? {
    if ProcessInfo.processInfo.environment["LYREBIRD_TRACE"] != nil { print(description) }
    if let problem = machine.compile(append) { return "\(description): \(problem)" }
    for _ in 0..<runs {
      var before: [UInt64] = []
      for temp in 1...LoweringMachine.names.globals.count {
        let value = random.value(LoweringMachine.names.globals[temp - 1].type)
        machine[TempIndex(temp)] = value
        before.append(value)
      }
      let values = inputs.indices.map { n in
        inputs[n] == .constant
          ? constants[n] & mask(op.argumentType(op.outputCount + n)) : before[Int(source(n)) - 1]
      }
      guard op.isDefined(values) else { continue }
      let (first, second) = op.results(values)
      guard machine.run() else { return "\(description): does not leave" }
      var expected = before
      expected[Int(target(0)) - 1] = first & mask(op.argumentType(0))
      if op.outputCount > 1 { expected[Int(target(1)) - 1] = second & mask(op.argumentType(1)) }
      if let wrong = difference(machine, expected) {
        let bytes = machine.code.map { String($0, radix: 16) }.joined(separator: " ")
        let operands = values.map { String($0, radix: 16) }
        return "\(description) of \(operands): \(wrong)\n  \(bytes)"
      }
    }
    return nil
  }

  private func mask(_ type: ValueType) -> UInt64 { type.bits == 32 ? 0xffff_ffff : ~0 }

  /// The first global that has another value.
  private func difference(_ machine: LoweringMachine, _ expected: [UInt64]) -> String? {
    for (n, value) in expected.enumerated() {
      let found = machine[TempIndex(n + 1)]
      if found == value || isSameNumber(LoweringMachine.names.globals[n].type, found, value) {
        continue
      }
      let name = LoweringMachine.names.globals[n].name
      return "\(name) is \(String(found, radix: 16)), not \(String(value, radix: 16))"
    }
    return nil
  }

  /// Which operand's NaN a result is, is the compiler's choice in the definition.
  private func isSameNumber(_ type: ValueType, _ a: UInt64, _ b: UInt64) -> Bool {
    switch type {
    case .f32:
      Float(bitPattern: UInt32(truncatingIfNeeded: a)).isNaN
        && Float(bitPattern: UInt32(truncatingIfNeeded: b)).isNaN
    case .f64: Double(bitPattern: a).isNaN && Double(bitPattern: b).isNaN
    default: false
    }
  }
}

extension Op {
  /// The type of an argument, results first; where several are allowed that of the op.
  func argumentType(_ n: Int) -> ValueType { requiredType(n) ?? type }

  /// The definition's results.
  func results(_ values: [UInt64]) -> (UInt64, UInt64) {
    let v = values + [0, 0, 0, 0]
    return evaluate(v[0], v[1], v[2], v[3], width: type.bits)
  }

  /// Whether the definition says what the host must do: divisions have gaps.
  func isDefined(_ values: [UInt64]) -> Bool {
    let sign: UInt64 = 1 << UInt64(type.bits - 1)
    switch opcode {
    case .divu, .remu: return values[1] != 0
    case .divs, .rems: return values[1] != 0 && values[0] != sign
    case .divu2: return values[2] != 0 && values[1] < values[2]
    // (0, 0) is what the definition says where the host would fault.
    case .divs2:
      return values[0] == 0 && values[1] == 0 ? values[2] != 0 : results(values) != (0, 0)
    default: return true
    }
  }
}
