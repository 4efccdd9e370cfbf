import IR
import RegisterAllocation

/// How one op becomes x86: what it asks of the allocator, then the instructions.
///
/// The allocator knows nothing of x86, and a row nothing of allocation. A row's closure may write
/// its result before it has read all its operands only if the result says `isEarly` (or takes an
/// operand's place by `alias`).
struct Lowering: Sendable {
  let opcode: Opcode
  let types: [ValueType]
  /// Whether the row is for the conditions `tsteq` and `tstne` only.
  let isTest: Bool
  let constraint: OpConstraint
  let emit: @Sendable (Emitter, OpInPlace) -> Void

  /// A row for both integer types.
  init(
    _ opcode: Opcode, test: Bool = false, _ outputs: [OperandConstraint],
    _ inputs: [OperandConstraint], clobbers: RegisterSet = 0,
    emit: @escaping @Sendable (Emitter, OpInPlace) -> Void
  ) {
    self.init(
      opcode, [.i32, .i64], test: test, outputs, inputs, clobbers: clobbers, emit: emit)
  }

  init(
    _ opcode: Opcode, _ types: [ValueType], test: Bool = false,
    _ outputs: [OperandConstraint], _ inputs: [OperandConstraint], clobbers: RegisterSet = 0,
    emit: @escaping @Sendable (Emitter, OpInPlace) -> Void
  ) {
    self.opcode = opcode
    self.types = types
    isTest = test
    constraint = OpConstraint(outputs: outputs, inputs: inputs, clobbers: clobbers)
    self.emit = emit
  }
}

/// An op with its operands where the allocator put them.
struct OpInPlace {
  let op: UnsafePointer<Op>
  let step: UnsafePointer<Step>
  let temps: UnsafePointer<Temp>

  /// Result 0 and 1, as general registers.
  var d: GPR { .number(step.pointee.operands[unchecked: 0].register) }
  var d1: GPR { .number(step.pointee.operands[unchecked: 1].register) }
  /// Result 0 as a vector register.
  var xd: XMM { .number(step.pointee.operands[unchecked: 0].register) }
  /// Operand `n`.
  func input(_ n: Int) -> Operand { step.pointee.operands[unchecked: op.pointee.outputCount &+ n] }
  /// Operand `n` as a general or vector register.
  func register(_ n: Int) -> GPR { .number(input(n).register) }
  func vector(_ n: Int) -> XMM { .number(input(n).register) }
  /// The width of the op's type.
  var width: Width { op.pointee.type == .i64 ? .qword : .dword }
  /// The value of operand `n` if it is a constant in place.
  func constant(_ n: Int) -> UInt64? {
    let operand = input(n)
    return operand.kind == .constant ? temps[Int(operand.payload)].value : nil
  }
  /// The low 32 bits of operand `n`, a constant in place.
  func immediate(_ n: Int) -> Int32 {
    Int32(truncatingIfNeeded: temps[Int(input(n).payload)].value)
  }
}

extension GPR {
  /// The register with a number below 16.
  @inline(__always) static func number(_ n: RegisterNumber) -> GPR {
    unsafeBitCast(n & 15, to: GPR.self)
  }
  /// This register alone.
  var set: RegisterSet { 1 << RegisterSet(rawValue) }
}

extension XMM {
  /// The register with an allocator's number from 16 up.
  @inline(__always) static func number(_ n: RegisterNumber) -> XMM {
    unsafeBitCast(n & 15, to: XMM.self)
  }
}

extension HostCondition {
  /// The host's condition after `cmp a, b` (or `test a, b`).
  init(_ condition: Condition) {
    switch condition {
    case .eq, .tsteq, .never: self = .e
    case .ne, .tstne, .always: self = .ne
    case .lt: self = .l
    case .ge: self = .ge
    case .le: self = .le
    case .gt: self = .g
    case .ltu: self = .b
    case .geu: self = .ae
    case .leu: self = .be
    case .gtu: self = .a
    }
  }
}

/// The shapes of constraints, by name.
extension OperandConstraint {
  static let anyGeneral: RegisterSet = 0xffff & ~GPR.rsp.set & ~GPR.rbp.set
  /// Any general register.
  static let r = Self(anyGeneral)
  /// A general register, apart from all operands.
  static let newR = Self(anyGeneral, isEarly: true)
  /// A register or a field of env.
  static let rm = Self(anyGeneral, .memory)
  /// A register, a field of env, or a 32-bit constant.
  static let rmi = Self(anyGeneral, [.memory, .int32])
  /// A register or a 32-bit constant.
  static let ri = Self(anyGeneral, .int32)
  /// A register or any constant: for counts.
  static let count = Self(anyGeneral, .anyConstant)
  /// The register of the first operand, which the result overwrites.
  static let same = Self(anyGeneral, alias: 0)
  /// One register.
  static func fixed(_ register: GPR) -> Self { Self(register.set) }
  /// Any vector register; and the first operand's.
  static let x = Self(0xffff_0000)
  static let sameX = Self(0xffff_0000, alias: 0)
  /// A vector register or a field of env.
  static let xm = Self(0xffff_0000, .memory)
}

/// All rows, and the flat tables that the allocator and the emitter index.
struct LoweringTable {
  let constraints: UnsafeMutablePointer<OpConstraint>
  let emitters: UnsafeMutablePointer<Entry>

  /// What writes an op. In a struct, for a generic pointer to closures would hold them in another form,
  /// each with a context that is counted at every call.
  struct Entry {
    let emit: (@Sendable (Emitter, OpInPlace) -> Void)?
  }

  /// Per row and operand: the general registers that it may be in.
  let operandRegisters: UnsafeMutablePointer<UInt16>

  init(_ features: Features, _ memory: GuestMemoryModel) {
    operandRegisters = .allocate(capacity: 4 * 2048)
    operandRegisters.initialize(repeating: .max, count: 4 * 2048)
    constraints = .allocate(capacity: 2048)
    constraints.initialize(repeating: OpConstraint(outputs: [], inputs: []), count: 2048)
    emitters = .allocate(capacity: 2048)
    emitters.initialize(repeating: Entry(emit: nil), count: 2048)
    let sections: [[Lowering]] = [
      Lowering.arithmetic, Lowering.logic, Lowering.shifts(features), Lowering.fields(features),
      Lowering.comparisons, Lowering.carries, Lowering.environment,
      memory == .paged ? Lowering.pagedMemory(features) : Lowering.guestMemory(features),
      Lowering.control, Lowering.floatingPoint(features),
      Lowering.floatSelection(features), Lowering.halves,
      memory == .paged ? Lowering.pagedVectorMemory : Lowering.vectorMemory,
      memory == .paged ? Lowering.pagedFloatMemory(features) : Lowering.floatMemory(features),
      Lowering.vectors, Lowering.vectorSingles, Lowering.lanes(features), Lowering.vectorBranches,
    ]
    for row in sections.joined() {
      for type in row.types {
        let index = Op.hostRow(row.opcode, type, isTest: row.isTest)
        constraints[index] = row.constraint
        constraints[index].worksInMemory = Emitter.worksInMemory(row.opcode) && type == .i32
        emitters[index] = Entry(emit: row.emit)
        for k in 0..<4 where row.constraint.inputs[k].registers & 0xffff != 0 {
          operandRegisters[4 * index + k] =
            UInt16(truncatingIfNeeded: row.constraint.inputs[k].registers)
        }
      }
    }
  }

  func deallocate() {
    constraints.deallocate()
    operandRegisters.deallocate()
    emitters.deinitialize(count: 2048)
    emitters.deallocate()
  }
}
