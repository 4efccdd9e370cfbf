import IR

/// Where an operand is after allocation.
public struct Operand: Equatable {
  /// The places where an operand can be.
  public enum Kind: UInt8 { case none, register, constant, memory }

  /// Which of the following counts.
  public var kind: Kind
  /// A register.
  public var register: RegisterNumber
  /// A constant's temp, or (as a signed number) an offset from env.
  public var payload: UInt16

  @inlinable init(kind: Kind, register: RegisterNumber, payload: UInt16) {
    self.kind = kind
    self.register = register
    self.payload = payload
  }

  /// A register.
  @inlinable public static func register(_ register: RegisterNumber) -> Operand {
    Operand(kind: .register, register: register, payload: 0)
  }
  /// A constant, by its temp.
  @inlinable public static func constant(_ temp: TempIndex) -> Operand {
    Operand(kind: .constant, register: noRegister, payload: temp)
  }
  /// A field of env, by its offset in bytes.
  @inlinable public static func memory(_ offset: Int) -> Operand {
    Operand(
      kind: .memory, register: noRegister,
      payload: UInt16(bitPattern: Int16(truncatingIfNeeded: offset)))
  }
  /// Nothing.
  @inlinable public static var none: Operand {
    Operand(kind: .none, register: noRegister, payload: 0)
  }

  /// The offset from env of a memory operand, in bytes.
  @inlinable public var offset: Int { Int(Int16(bitPattern: payload)) }
}

/// One thing for the host to emit: an op with its operands in place, or a transfer.
public struct Step {
  /// What there is to be done.
  public enum Kind: UInt8 {
    /// The op at `op`: operands are results, then inputs.
    case op
    /// Copies operand 1, a register, to operand 0, a register.
    case move
    /// Loads operand 0, a register, from operand 1, a field of env.
    case load
    /// Stores operand 1, a register or a constant, in operand 0, a field of env.
    case store
    /// Puts operand 1, a constant, in operand 0, a register.
    case constant
  }

  /// What is to be done.
  public var kind: Kind
  /// The type of a transfer.
  public var type: ValueType
  /// Whether the host's flags hold a carry that must survive.
  public var keepsFlags: Bool
  /// Position of the op in its block.
  public var op: UInt32
  /// Results, then operands.
  public var operands: InlineArray<6, Operand>

  /// A step whose operands are still to be set.
  @inlinable public init(_ kind: Kind, _ type: ValueType, op: Int) {
    self.kind = kind
    self.type = type
    keepsFlags = false
    self.op = UInt32(truncatingIfNeeded: op)
    operands = InlineArray(repeating: .none)
  }

  @inlinable init(
    _ kind: Kind, _ type: ValueType, op: Int, _ a: Operand, _ b: Operand, keepsFlags: Bool
  ) {
    self.init(kind, type, op: op)
    operands[unchecked: 0] = a
    operands[unchecked: 1] = b
    self.keepsFlags = keepsFlags
  }
}
