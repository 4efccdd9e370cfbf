import IR
import Optimizer
import RegisterAllocation

/// A host made for tests: three registers for values, two homes, three vector registers; and
/// constraints that each test writes down for the ops that it is about.
final class SmallHost {
  static let scratch: RegisterSet = 0b111
  /// The homes of the globals a and b.
  static let homes: [TempIndex: RegisterNumber] = [1: 4, 2: 5]
  static let general: RegisterSet = 0b11_0111
  static let vector: RegisterSet = 7 << 16
  static let env: RegisterNumber = 7
  static let spills = 512, slotCount = 8
  /// Globals: a and b have homes, c to e have fields of env from 8 on; f and g are numbers.
  static let globals: [Global] =
    ["a", "b", "c", "d", "e"].enumerated().map { Global($1, .i32, offset: 4 * $0) }
    + [Global("f", .f64, offset: 64), Global("g", .f64, offset: 72)]
  private static let layout = EnvironmentLayout(
    size: 1024, envOffset: 0, exitRequest: 256, jumpTable: 264, codeBase: 272, returnStack: 280,
    hostStack: 288, returnStackTop: 296, exitKind: 304, exitPayload: 308, spillSlots: spills,
    spillSlotCount: slotCount, programCounter: 312)

  /// What one op asks.
  struct Row {
    let opcode: Opcode
    let constraint: OpConstraint

    init(
      _ opcode: Opcode, _ outputs: [OperandConstraint], _ inputs: [OperandConstraint],
      clobbers: RegisterSet = 0
    ) {
      self.opcode = opcode
      constraint = OpConstraint(outputs: outputs, inputs: inputs, clobbers: clobbers)
    }
  }

  let block: Block
  let allocator: LocalAllocator
  private let constraints: UnsafeMutablePointer<OpConstraint>
  /// The globals d and e are records.
  private var liveness = Liveness(records: 4...5, recovered: [4...5])

  init(_ rows: [Row]) {
    let noop: @convention(c) () -> Void = {}
    let address = unsafeBitCast(noop, to: UnsafeRawPointer.self)
    block = Block(
      names: BlockNames(
        globals: Self.globals,
        helpers: [Helper("pure", address, flags: .pure), Helper("wild", address, flags: [])]))
    constraints = .allocate(capacity: 2048)
    let r = OperandConstraint(Self.general, .int32)
    let x = OperandConstraint(Self.vector)
    for index in 0..<2048 {
      let any = index & 7 < 2 ? r : x
      (constraints + index).initialize(
        to: OpConstraint(outputs: [any, any], inputs: [any, any, any, any]))
    }
    for type in ValueType.allCases {
      constraints[Op.hostRow(.ld, type, isTest: false)] = OpConstraint(
        outputs: [type.isInteger ? r : x], inputs: [OperandConstraint(1 << RegisterSet(Self.env))])
      for row in rows {
        constraints[Op.hostRow(row.opcode, type, isTest: false)] = row.constraint
      }
    }
    allocator = LocalAllocator(
      block: block,
      file: RegisterFile(
        general: Self.general, vector: Self.vector, env: Self.env,
        constraints: UnsafePointer(constraints)),
      homes: Self.homes, layout: Self.layout)
  }

  deinit {
    block.deallocate()
    constraints.deallocate()
    liveness.deallocate()
  }

  /// Allocates the block that a text shows.
  func allocate(_ text: String) throws -> [Step] {
    try block.parse(text)
    liveness.run(block)
    allocator.run()
    return allocator.stepArray
  }
}
