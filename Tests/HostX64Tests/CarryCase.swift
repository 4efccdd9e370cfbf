@testable import HostX64
@testable import IR

/// Ops joined by the hidden carry, each with two operands of its own.
struct CarryCase {
  private let parts: [LoweringCase]

  init(_ chain: [Opcode], _ type: ValueType, _ random: inout EdgeValues) {
    parts = chain.map { LoweringCase(Op($0, type, outputs: 1, inputs: 2), &random) }
  }

  private var type: ValueType { parts[0].op.type }

  func failure(_ machine: LoweringMachine, _ random: inout EdgeValues, runs: Int) -> String? {
    let problem = machine.compile { builder in
      var values: [[TempIndex]] = []
      for part in parts.indices {
        values.append((0..<2).map { operand(part, $0, builder) })
      }
      var results: [TempIndex] = []
      for (part, temps) in zip(parts, values) {
        results.append(
          builder.emit2(part.op.opcode, type, result: type, temps[0], temps[1]))
      }
      for (n, result) in results.enumerated() {
        builder.write(LoweringMachine.global(type, 5 + n), result)
      }
      builder.commit()
    }
    if let problem { return "\(description): \(problem)" }
    for _ in 0..<runs {
      for temp in 1...LoweringMachine.names.globals.count {
        machine[TempIndex(temp)] = random.value(LoweringMachine.names.globals[temp - 1].type)
      }
      let expected = expectation(machine)
      guard machine.run() else { return "\(description): does not leave" }
      for (n, value) in expected.enumerated() {
        let found = machine[LoweringMachine.global(type, 5 + n)]
        if found != value {
          return "\(description): \(String(found, radix: 16)), not \(String(value, radix: 16))"
        }
      }
    }
    return nil
  }

  private func operand(_ part: Int, _ n: Int, _ builder: Builder) -> TempIndex {
    switch parts[part].inputs[n] {
    case .constant: builder.block.constant(type, parts[part].constants[n])
    case .value: builder.emit1(.mov, type, result: type, place(part, n))
    default: place(part, n)
    }
  }

  private func place(_ part: Int, _ n: Int) -> TempIndex {
    parts[part].inputs[n] == .home && type == .i32
      ? LoweringMachine.home(2 * part + n) : LoweringMachine.global(type, (2 * part + n) % 5)
  }

  private func expectation(_ machine: LoweringMachine) -> [UInt64] {
    var carry: UInt64 = 0
    let mask: UInt64 = type == .i32 ? 0xffff_ffff : ~0
    return parts.indices.map { part in
      let values = (0..<2).map {
        parts[part].inputs[$0] == .constant
          ? parts[part].constants[$0] & mask : machine[place(part, $0)]
      }
      let (result, made) = parts[part].op.opcode.evaluateCarry(
        values[0], values[1], carry: carry, width: type.bits)
      carry = made
      return result
    }
  }

  private var description: String { parts.map(\.description).joined(separator: "; ") }
}
