import IR
import RegisterAllocation

/// A way to spoil a list of steps.
struct Mutation {
  /// What was done.
  let name: String
  /// The step that it was done to.
  let step: Int
  let steps: [Step]

  /// Every mutation of a list, kind by kind.
  static func all(_ steps: [Step], _ block: Block, _ file: RegisterFile) -> [Mutation] {
    var list: [Mutation] = []
    for n in steps.indices {
      var dropped = steps
      dropped.remove(at: n)
      list.append(Mutation(name: "drop", step: n, steps: dropped))
      if n + 1 < steps.count, steps[n].op == steps[n + 1].op {
        var swapped = steps
        swapped.swapAt(n, n + 1)
        list.append(Mutation(name: "swap with the next", step: n, steps: swapped))
      }
      if steps[n].keepsFlags && steps[n].kind == .constant {
        list.append(changing(steps, n, "forget the flags") { $0.keepsFlags = false })
      }
      list += operandMutations(steps, n, block, file)
    }
    return list
  }

  private static func changing(
    _ steps: [Step], _ n: Int, _ name: String, _ change: (inout Step) -> Void
  ) -> Mutation {
    var steps = steps
    change(&steps[n])
    return Mutation(name: name, step: n, steps: steps)
  }

  private static func operandMutations(
    _ steps: [Step], _ n: Int, _ block: Block, _ file: RegisterFile
  ) -> [Mutation] {
    var list: [Mutation] = []
    let step = steps[n]
    for k in 0..<6 where step.operands[k].kind != .none {
      for (name, other) in replacements(step, k, block, file) where other != step.operands[k] {
        list.append(changing(steps, n, "operand \(k): \(name)") { $0.operands[k] = other })
      }
      if k + 1 < 6, step.operands[k + 1].kind != .none, step.operands[k + 1] != step.operands[k] {
        list.append(
          changing(steps, n, "exchange operands \(k) and \(k + 1)") {
            let first = $0.operands[k]
            $0.operands[k] = $0.operands[k + 1]
            $0.operands[k + 1] = first
          })
      }
    }
    return list
  }

  private static func replacements(
    _ step: Step, _ k: Int, _ block: Block, _ file: RegisterFile
  ) -> [(String, Operand)] {
    let operand = step.operands[k]
    switch operand.kind {
    case .register:
      let set = file.general >> RegisterSet(operand.register) & 1 != 0 ? file.general : file.vector
      var list: [(String, Operand)] = []
      for distance in [1, 3, 7] as [UInt8] {
        var next = (operand.register + distance) & 31
        while set >> RegisterSet(next) & 1 == 0 { next = (next + 1) & 31 }
        list.append(("register \(distance) on", .register(next)))
      }
      let op = block.ops[Int(step.op)]
      let argument = Int(k) < op.outputCount + op.inputCount ? op.argument(k) : 0
      if step.kind == .op, argument != 0, Int(argument) < block.firstLocal {
        let offset = Int(Int64(bitPattern: block.temps[Int(argument)].value))
        list.append(("its field", .memory(offset)))
      }
      return list
    case .memory:
      return [
        ("next field", .memory(operand.offset + 8)),
        ("half a field on", .memory(operand.offset + 4)),
      ]
    default:
      let other = (block.firstLocal..<block.tempCount).first {
        block.temps[$0].kind == .constant && $0 != Int(operand.payload)
          && block.temps[$0].type == block.temps[Int(operand.payload)].type
      }
      return other.map { [("other constant", .constant(TempIndex($0)))] } ?? []
    }
  }
}

extension Op {
  /// Argument `n`: results first, then operands.
  func argument(_ n: Int) -> TempIndex { n < outputCount ? output(n) : input(n - outputCount) }
}
