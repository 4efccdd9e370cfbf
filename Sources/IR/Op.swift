/// The index of a temporary in its block: `env`, a global, a constant or a value.
public typealias TempIndex = UInt16

/// One op: 32 bytes, trivial, so that a block is a flat array that passes walk and rewrite.
public struct Op {
  /// What it computes.
  public var opcode: Opcode
  /// The type of its operands (of its result for conversions and loads).
  public var type: ValueType
  /// The comparison of `brcond`, `setcond`, `negsetcond` and `movcond`.
  public var condition: Condition
  /// Low four bits: number of results; high four bits: number of operands.
  public var counts: UInt8
  /// Results first, then operands.
  public var arguments: InlineArray<8, TempIndex>
  /// First constant: offset, field position, label, memory operation, helper, slot or code.
  public var constant: UInt32
  /// Second constant: field length, displacement, target address, class or payload.
  public var constant2: UInt32
  /// Bit n: argument n is used here for the last time (a result: never used).
  public var dead: UInt8
  /// Bit n: result n must be in memory after this op. Above them `isForObservers` and
  /// `replacesRecords`.
  public var sync: UInt8
  /// Host registers that the result would like best, one bit each; 0 for none in particular.
  public var preference: UInt16

  /// In `sync`: the result is a record (`Liveness`), for those alone who look after a fault or in a
  /// cold part.
  @inlinable public static var isForObservers: UInt8 { 0x40 }
  /// In `sync`: a branch to a cold part that replaces every record before anybody looks.
  @inlinable public static var replacesRecords: UInt8 { 0x80 }

  /// An op whose arguments are still to be set: `outputs` results, then `inputs` operands.
  @inlinable public init(
    _ opcode: Opcode, _ type: ValueType, outputs: Int, inputs: Int, condition: Condition = .never,
    constant: UInt32 = 0, constant2: UInt32 = 0
  ) {
    self.opcode = opcode
    self.type = type
    self.condition = condition
    counts = UInt8(truncatingIfNeeded: outputs | inputs &<< 4)
    arguments = InlineArray(repeating: 0)
    self.constant = constant
    self.constant2 = constant2
    dead = 0
    sync = 0
    preference = 0
  }

  /// Number of results.
  @inlinable public var outputCount: Int { Int(counts & 15) }
  /// Number of operands.
  @inlinable public var inputCount: Int { Int(counts &>> 4) }

  /// Result `n`.
  @inlinable public func output(_ n: Int) -> TempIndex { arguments[unchecked: n] }
  /// Operand `n`.
  @inlinable public func input(_ n: Int) -> TempIndex {
    arguments[unchecked: n &+ Int(counts & 15)]
  }
  /// Replaces operand `n`.
  @inlinable public mutating func setInput(_ n: Int, _ temp: TempIndex) {
    arguments[unchecked: n &+ Int(counts & 15)] = temp
  }
  /// The memory operation of a guest load or store.
  @inlinable public var memory: MemoryOperation { MemoryOperation(rawValue: constant) }
  /// What `brextreme` leaves with; nil if the second constant says nothing of the kind.
  @inlinable public var suspect: SuspectResult? { SuspectResult(rawValue: constant2) }
  /// The row of this op in a host's tables: by opcode and type; the last two of an opcode are those of
  /// i32 and i64 with a test of bits as condition.
  @inlinable public var hostRow: Int {
    let isTest = condition.rawValue >= Condition.tsteq.rawValue
    return Self.hostRow(opcode, type, isTest: isTest)
  }

  /// The row of an op of a kind.
  @inlinable public static func hostRow(_ opcode: Opcode, _ type: ValueType, isTest: Bool) -> Int {
    Int(opcode.rawValue) &* 8 &+ Int(type.rawValue) &+ (isTest ? 6 : 0)
  }

  /// The second constant as a signed displacement.
  @inlinable public var displacement: Int32 { Int32(bitPattern: constant2) }
}

/// What a temporary is.
public enum TempKind: UInt8, Sendable {
  /// A host register for ever: `env`.
  case fixed
  /// Guest state: lives between blocks, in env and perhaps in a host register.
  case global
  /// A constant of this block.
  case constant
  /// A value: defined once, used until the end of the straight line.
  case value
}

/// A temporary of a block.
public struct Temp {
  /// What it is.
  public var kind: TempKind
  /// Its type.
  public var type: ValueType
  /// The global that took over this value's definition (0: none). See `Builder.commit`.
  public var alias: TempIndex
  /// The op that defines it; for a global the last so far; -1 if none.
  public var definition: Int32
  /// A constant's value, zero-extended from its type; a global's offset in env.
  public var value: UInt64

  /// For `Block`, which makes all temps.
  @inlinable public init(
    kind: TempKind, type: ValueType, alias: TempIndex, definition: Int32, value: UInt64
  ) {
    self.kind = kind
    self.type = type
    self.alias = alias
    self.definition = definition
    self.value = value
  }
}
