import IR
import RegisterAllocation

/// The x86-64 host.
public final class X64Host: Host {
  /// What lowering may use.
  public let features: Features
  /// How guest memory is reached.
  public let guestMemory: GuestMemoryModel
  private let table: LoweringTable
  private var emitter: Emitter?
  public var onlySlowAccesses = false

  /// - Parameter features: extensions to use; they must exist.
  public init(features: Features, guestMemory: GuestMemoryModel) {
    self.features = features
    self.guestMemory = guestMemory
    table = LoweringTable(features, guestMemory)
  }

  /// For guest memory that is reached directly.
  public convenience init(features: Features, guestBaseIsZero: Bool) {
    self.init(features: features, guestMemory: guestBaseIsZero ? .atZero : .throughGS)
  }

  deinit { table.deallocate() }

  /// All registers but rsp, rbp, which holds env, and with paged memory r15.
  public var registerFile: RegisterFile {
    RegisterFile(
      general: OperandConstraint.anyGeneral & ~(isPaged ? GPR.pageTable.set : 0),
      vector: 0xffff_0000, env: GPR.rbp.rawValue,
      constraints: UnsafePointer(table.constraints))
  }

  private var isPaged: Bool { guestMemory == .paged }

  public var fusesMultiplyAdd: Bool { features.contains(.fma) }

  public var hasVectors: Bool { features.isSuperset(of: [.avx2, .fma]) }

  /// Without MOVBE a store needs a register for its swapped value; paged memory wants the address
  /// in one register.
  public var addsIndexes: Bool { features.contains(.movbe) && !isPaged }

  /// On paged memory a sum that wraps takes a fault and a slow access: only those of an
  /// instruction's own displacement may.
  public var reach: UInt32 { isPaged ? 0x8000 : .max }

  public var operandRegisters: UnsafePointer<UInt16> { UnsafePointer(table.operandRegisters) }

  /// rax, rcx and rdx are left for values: multiplications, divisions and counts want them.
  public static let homeRegisters: [RegisterNumber] = [
    GPR.rbx, .rsi, .rdi, .r8, .r9, .r10, .r11, .r12, .r13, .r14, .r15,
  ].map(\.rawValue)

  /// With paged memory one less: r15 holds the page table's address.
  public var homeRegisters: [RegisterNumber] {
    isPaged ? Self.homeRegisters.filter { $0 != GPR.pageTable.rawValue } : Self.homeRegisters
  }

  /// Half of what there is: the last two are for ops, the others for values.
  public let vectorHomeRegisters: [RegisterNumber] = (6..<14).map { 16 + $0 }

  /// Of the layout, `paging` counts with paged memory only. The room must hold the stubs.
  public func writeStubs(
    in space: CodeSpace, block: Block, homes: [(register: RegisterNumber, offset: Int)],
    layout: EnvironmentLayout, helpers: [Helper], slowAccess: UnsafeRawPointer? = nil
  ) -> HostStubs {
    let assembler = Assembler(
      start: space.start, limit: space.limit, runtimeAddress: space.runtimeAddress)
    var layout = layout
    if !isPaged { layout.paging = nil }
    let stubs = Stubs(
      at: assembler, homes: homes.map { .init(register: $0.register, offset: $0.offset) },
      layout: layout, helpers: helpers, features: features, slowAccess: slowAccess)
    precondition(!stubs.assembler.overflowed, "the code buffer is too small for the stubs")
    emitter = Emitter(
      block: block, features: features, layout: layout, stubs: stubs, table: table,
      guestMemory: guestMemory)
    return HostStubs(
      enter: stubs.enter, fault: stubs.fault, copy: stubs.copy, copyStart: stubs.copyStart,
      copyEnd: stubs.copyEnd, copyFault: stubs.copyFault, size: stubs.assembler.offset)
  }

  /// Nil before `writeStubs` as well.
  public func emit(
    _ block: Block, _ allocator: LocalAllocator, in space: CodeSpace, linkBase: UInt32,
    accessBase: UInt32 = 0
  ) -> Int? {
    guard let emitter else { return nil }
    emitter.accessBase = accessBase
    emitter.onlySlowAccesses = onlySlowAccesses
    let assembler = Assembler(
      start: space.start, limit: space.limit, runtimeAddress: space.runtimeAddress)
    guard emitter.emit(block, allocator, at: assembler, linkBase: linkBase) else { return nil }
    return emitter.x.offset
  }

  public var exits: UnsafeMutableBufferPointer<ExitSite> {
    UnsafeMutableBufferPointer(start: emitter?.exits, count: emitter?.exitCount ?? 0)
  }
  public var slowAccesses: UnsafeMutableBufferPointer<SlowAccess> {
    UnsafeMutableBufferPointer(start: emitter?.accesses, count: emitter?.accessCount ?? 0)
  }
  public var marks: UnsafeMutableBufferPointer<CodeMark> {
    UnsafeMutableBufferPointer(start: emitter?.marks, count: emitter?.markCount ?? 0)
  }
  /// Empty before the first block.
  public var recoveries: [CodeRecovery] { emitter?.recoveries ?? [] }
  /// Zero before the first block.
  public var bodyOffset: Int { emitter?.bodyOffset ?? 0 }

  public func patch(_ operand: UnsafeMutablePointer<UInt8>, at address: UInt, to target: UInt) {
    // The operand does not straddle a cache line (`alignForPatch`), so one store replaces it.
    let distance = Int32(truncatingIfNeeded: Int(bitPattern: target &- (address &+ 4)))
    UnsafeMutableRawPointer(operand).storeBytes(of: distance, as: Int32.self)
  }
}

/// How translated code reaches guest memory.
public enum GuestMemoryModel: Sendable {
  /// Guest address 0 is host address 0.
  case atZero
  /// The base of the GS segment is the host address of guest address 0.
  case throughGS
  /// Page by page through a table: see `PageTable`.
  case paged
}

extension GPR {
  /// The register that holds the page table's address in translated code with paged memory.
  static let pageTable = GPR.r15
}
