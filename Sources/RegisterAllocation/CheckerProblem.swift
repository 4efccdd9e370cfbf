import IR

/// What is wrong with an allocation.
public struct AllocationProblem: Equatable, Sendable, CustomStringConvertible {
  /// The step, by its number; for a missing step, where it should be.
  public let step: Int
  /// The op that the step belongs to, by its number in the block.
  public let op: Int
  /// What is wrong.
  public let cause: Cause
  /// The step and the op as text.
  public let text: String

  /// The rules that an allocation can break. Numbers of arguments count results first.
  public enum Cause: Equatable, Sendable {
    /// The op has no step.
    case missing
    /// The step belongs to an op before, or to none, or its op had its step already.
    case misplaced
    /// The argument is in a register, or has a form, that the op does not take there.
    case constraint(Int)
    /// The operand does not hold the current value of its temp.
    case wrongValue(Int)
    /// The result is written while another operand in the same register is still to be read.
    case early(Int)
    /// The result is to overwrite an operand that is in another register.
    case alias(Int)
    /// The result is in the same register as another result.
    case sharedResult(Int)
    /// A transfer's registers are of the wrong kind, or its type is not that of the value.
    case transfer
    /// A store to a place that belongs to no temp, or is too small.
    case store
    /// The hidden carry is not in the host's flags.
    case carry
    /// The op reads or writes a global's field of env, or a spill slot, as plain memory.
    case sharedField
    /// The guest's state may be looked at here, and the global is not where it belongs.
    case stale(TempIndex)
  }

  /// "step N, op N: cause: step and op".
  public var description: String { "step \(step), op \(op): \(cause): \(text)" }
}

extension Operand: CustomStringConvertible {
  /// `%3` register 3, `[-8]` a field of env, `$7` the constant temp 7.
  public var description: String {
    switch kind {
    case .none: "none"
    case .register: "%\(register)"
    case .constant: "$\(payload)"
    case .memory: "[\(offset)]"
    }
  }
}

extension Step: CustomStringConvertible {
  /// The step's kind, type and operands.
  public var description: String {
    let count = kind == .op ? 6 : 2
    let list = (0..<count).map { operands[$0] }.filter { $0.kind != .none }
    return "\(kind)_\(type) \(list.map(\.description).joined(separator: ","))"
      + (keepsFlags ? " keeping flags" : "")
  }
}
