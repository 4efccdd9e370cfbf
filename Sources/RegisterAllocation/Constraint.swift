/// A set of host registers, one bit each: general registers from bit 0, vector registers from 16.
public typealias RegisterSet = UInt32

/// The number of a host register: 0 to 15 general, 16 to 31 vector.
public typealias RegisterNumber = UInt8

/// No register.
public let noRegister: RegisterNumber = 0xff

/// What an operand may be besides a register.
public struct OperandForms: OptionSet, Sendable {
  /// The bits.
  public let rawValue: UInt8
  /// The forms of some bits.
  @inlinable public init(rawValue: UInt8) { self.rawValue = rawValue }
  /// A constant that is the sign extension of its low 32 bits (any 32-bit one for i32).
  @inlinable public static var int32: OperandForms { OperandForms(rawValue: 1) }
  /// Any constant.
  @inlinable public static var anyConstant: OperandForms { OperandForms(rawValue: 2) }
  /// A field of env.
  @inlinable public static var memory: OperandForms { OperandForms(rawValue: 4) }
  /// The constant zero.
  @inlinable public static var zero: OperandForms { OperandForms(rawValue: 8) }
  /// A constant with a single one bit.
  @inlinable public static var oneBit: OperandForms { OperandForms(rawValue: 16) }
}

/// Where one operand or result of an op may live.
public struct OperandConstraint: Sendable {
  /// The registers that will do.
  public var registers: RegisterSet
  /// What else will do: operands only.
  public var forms: OperandForms
  /// A result: the operand whose register it overwrites, or -1.
  public var alias: Int8
  /// A result: written before all operands have been read, so in a register of its own.
  public var isEarly: Bool

  /// By default an operand that must be in a register, or a result that may share one.
  @inlinable public init(
    _ registers: RegisterSet, _ forms: OperandForms = [], alias: Int8 = -1, isEarly: Bool = false
  ) {
    self.registers = registers
    self.forms = forms
    self.alias = alias
    self.isEarly = isEarly
  }
}

/// What an op asks of the register allocator: data, read by the allocator, the checker and docs.
public struct OpConstraint: Sendable {
  /// Results, at most two.
  public var outputs: InlineArray<2, OperandConstraint>
  /// Operands, at most four.
  public var inputs: InlineArray<4, OperandConstraint>
  /// Registers whose contents the op destroys.
  public var clobbers: RegisterSet
  /// Whether the op can work on a field of env in place: result and first operand in memory.
  public var worksInMemory = false

  /// - Parameters:
  ///   - outputs: at most two.
  ///   - inputs: at most four.
  public init(
    outputs: [OperandConstraint], inputs: [OperandConstraint], clobbers: RegisterSet = 0
  ) {
    let none = OperandConstraint(0)
    self.outputs = InlineArray { $0 < outputs.count ? outputs[$0] : none }
    self.inputs = InlineArray { $0 < inputs.count ? inputs[$0] : none }
    self.clobbers = clobbers
  }
}

/// The host's side of register allocation: all of it data.
public struct RegisterFile {
  /// The registers that values may be put in.
  public var general, vector: RegisterSet
  /// The register that holds env.
  public var env: RegisterNumber
  /// Per `Op.hostRow`: what the op asks.
  public var constraints: UnsafePointer<OpConstraint>

  /// - Parameter constraints: a row for each `Op.hostRow`; must outlive the file.
  public init(
    general: RegisterSet, vector: RegisterSet, env: RegisterNumber,
    constraints: UnsafePointer<OpConstraint>
  ) {
    self.general = general
    self.vector = vector
    self.env = env
    self.constraints = constraints
  }
}
