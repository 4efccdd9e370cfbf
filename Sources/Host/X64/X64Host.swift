import IR
import RegisterAllocation

/// The x86-64 host.
public final class X64Host: Host {
  /// What lowering may use.
  public let features: Features
  /// Whether guest memory starts at host address 0; otherwise the GS segment leads to it.
  public let guestBaseIsZero: Bool
  private let table: LoweringTable
  private var emitter: Emitter?

  /// - Parameter features: extensions to use; they must exist.
  public init(features: Features, guestBaseIsZero: Bool) {
    self.features = features
    self.guestBaseIsZero = guestBaseIsZero
    table = LoweringTable(features)
  }

  deinit { table.deallocate() }

  public var registerFile: RegisterFile {
    RegisterFile(
      general: OperandConstraint.anyGeneral, vector: 0xffff_0000, env: GPR.rbp.rawValue,
      constraints: UnsafePointer(table.constraints))
  }

  /// Without MOVBE a store needs a register for its swapped value.
  public var addsIndexes: Bool { features.contains(.movbe) }

  public var operandRegisters: UnsafePointer<UInt16> { UnsafePointer(table.operandRegisters) }

  /// rax, rcx and rdx are left for values: multiplications, divisions and counts want them.
  public static let homeRegisters: [RegisterNumber] = [
    GPR.rbx, .rsi, .rdi, .r8, .r9, .r10, .r11, .r12, .r13, .r14, .r15,
  ].map(\.rawValue)

  public func writeStubs(
    in space: CodeSpace, block: Block, homes: [(register: RegisterNumber, offset: Int)],
    layout: EnvironmentLayout, helpers: [Helper]
  ) -> HostStubs {
    let assembler = Assembler(
      start: space.start, limit: space.limit, runtimeAddress: space.runtimeAddress)
    let stubs = Stubs(
      at: assembler, homes: homes.map { .init(register: $0.register, offset: $0.offset) },
      layout: layout, helpers: helpers)
    precondition(!stubs.assembler.overflowed, "the code buffer is too small for the stubs")
    emitter = Emitter(
      block: block, features: features, layout: layout, stubs: stubs, table: table,
      guestBaseIsZero: guestBaseIsZero)
    return HostStubs(
      enter: stubs.enter, fault: stubs.fault, copy: stubs.copy, copyStart: stubs.copyStart,
      copyEnd: stubs.copyEnd, copyFault: stubs.copyFault, size: stubs.assembler.offset)
  }

  public func emit(
    _ block: Block, _ allocator: LocalAllocator, in space: CodeSpace, linkBase: UInt32
  ) -> Int? {
    guard let emitter else { return nil }
    let assembler = Assembler(
      start: space.start, limit: space.limit, runtimeAddress: space.runtimeAddress)
    guard emitter.emit(block, allocator, at: assembler, linkBase: linkBase) else { return nil }
    return emitter.x.offset
  }

  public var exits: UnsafeMutableBufferPointer<ExitSite> {
    UnsafeMutableBufferPointer(start: emitter?.exits, count: emitter?.exitCount ?? 0)
  }
  public var marks: UnsafeMutableBufferPointer<CodeMark> {
    UnsafeMutableBufferPointer(start: emitter?.marks, count: emitter?.markCount ?? 0)
  }
  public var bodyOffset: Int { emitter?.bodyOffset ?? 0 }

  public func patch(_ operand: UnsafeMutablePointer<UInt8>, at address: UInt, to target: UInt) {
    // The operand does not straddle a cache line (`alignForPatch`), so one store replaces it.
    let distance = Int32(truncatingIfNeeded: Int(bitPattern: target &- (address &+ 4)))
    UnsafeMutableRawPointer(operand).storeBytes(of: distance, as: Int32.self)
  }
}
