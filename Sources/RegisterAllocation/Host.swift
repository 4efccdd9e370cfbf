import IR

/// A direct jump out of a block, to be linked when its target is translated.
public struct ExitSite {
  /// Offset of the 32-bit relative operand from the block's code.
  public var operand: UInt32
  /// Offset of the stub that the jump goes to while it is not linked.
  public var stub: UInt32
  /// The guest address that it wants.
  public var target: UInt32
  /// Whether it may enter past the exit-request poll.
  public var skipsPoll: Bool
  /// A computed call's cache, or nil for a direct jump.
  public var cache: InlineCache?

  /// A direct jump, which has no cache.
  public init(operand: UInt32, stub: UInt32, target: UInt32, skipsPoll: Bool) {
    self.operand = operand
    self.stub = stub
    self.target = target
    self.skipsPoll = skipsPoll
  }
}

/// The parts of a computed call that holds its last target: `cmp eax, target; jne; call code`.
/// All are offsets from the block's code.
public struct InlineCache {
  /// The 32-bit constant that the guest address is compared with; `empty` matches none.
  public var constant: UInt32
  /// The operand of the branch that is taken for another target.
  public var branch: UInt32
  /// The code that goes by the jump table.
  public var byTable: UInt32

  /// No instruction has this address.
  public static let empty: UInt32 = 0x7fff_ffff

  /// All are offsets from the block's code.
  public init(constant: UInt32, branch: UInt32, byTable: UInt32) {
    self.constant = constant
    self.branch = branch
    self.byTable = byTable
  }
}

/// Where the code of a guest instruction starts.
public struct CodeMark {
  /// Offset from the block's code.
  public var offset: UInt32
  /// The guest address of the instruction.
  public var address: UInt32
  /// Which doubles singles stand for there (`EnvironmentLayout.SingleForms`).
  public var singles: UInt32

  /// - Parameters:
  ///   - offset: from the block's code.
  ///   - address: of the guest instruction.
  public init(offset: UInt32, address: UInt32, singles: UInt32) {
    self.offset = offset
    self.address = address
    self.singles = singles
  }
}

/// A field of env that does not hold its value where some code faults.
public struct CodeRecovery {
  /// Where the code starts and ends, as offsets from the block's code.
  public var start, end: UInt32
  /// The field's offset from env, and its size in bytes: 4 or 8.
  public var field, size: Int32
  /// The host register that holds the value, or `noRegister`.
  public var register: RegisterNumber
  /// Without a register: the value.
  public var constant: UInt64

  /// All that there is to know of one.
  public init(
    start: UInt32, end: UInt32, field: Int32, size: Int32, register: RegisterNumber,
    constant: UInt64
  ) {
    self.start = start
    self.end = end
    self.field = field
    self.size = size
    self.register = register
    self.constant = constant
  }
}

/// An access to paged guest memory, as its slow path sees it.
public struct SlowAccess {
  /// The guest instruction that makes it.
  public var address: UInt32
  /// Size, sign and byte order.
  public var operation: MemoryOperation
  /// The register that holds the guest address.
  public var base: RegisterNumber
  /// What is added to the guest address.
  public var displacement: Int32
  /// The register of the value; of a store `noRegister` for a constant.
  public var value: RegisterNumber
  /// What a store without a register of its value stores.
  public var constant: UInt32
  /// The register that holds what an exchange expects, and takes what it finds.
  public var expected: RegisterNumber
  /// What is done.
  public var kind: Kind
  /// Whether a load fills 64 bits.
  public var isWide: Bool

  /// The kinds of accesses.
  public enum Kind: UInt8, Sendable {
    case load, store
    /// A store that happens only where the old value is the expected one (`qemu_cmpxchg`).
    case exchange
  }

  /// - Parameter expected: of an exchange only.
  public init(
    address: UInt32, operation: MemoryOperation, base: RegisterNumber, displacement: Int32,
    value: RegisterNumber, constant: UInt32, expected: RegisterNumber = noRegister, kind: Kind,
    isWide: Bool
  ) {
    self.address = address
    self.operation = operation
    self.base = base
    self.displacement = displacement
    self.value = value
    self.constant = constant
    self.expected = expected
    self.kind = kind
    self.isWide = isWide
  }
}

/// The table by which translated code finds the host address of a guest page: for each of 2^20
/// pages of 4 KiB one 64-bit word, host address minus guest address plus one, for loads; and
/// another such table for stores.
///
/// A word of zero sends the access on its slow path, but for a misaligned one whose address is one
/// more than a multiple of its size: that goes to the host address below the guest's, and a
/// wrapping sum to one 4 GiB away. There must be no memory of anybody's; the fault is answered by
/// a slow access.
public enum PageTable {
  /// Bytes from the table for loads to that for stores.
  public static let storeOffset = 8 << 20
}

/// Where the fixed pieces of code of a host are, as addresses of execution.
public struct HostStubs: Sendable {
  /// `(env, code)`: enters translated code.
  public var enter: UInt
  /// Where the fault handler sends translated code.
  public var fault: UInt
  /// `(destination, source, count) -> 0 or 1`: copies bytes; 1 when a fault ended it.
  public var copy: UInt
  /// Bounds of the instructions of `copy` that may fault, and where they then continue.
  public var copyStart, copyEnd, copyFault: UInt
  /// Size of all fixed pieces in bytes.
  public var size: Int

  /// All but the size are addresses of execution.
  public init(
    enter: UInt, fault: UInt, copy: UInt, copyStart: UInt, copyEnd: UInt, copyFault: UInt, size: Int
  ) {
    self.enter = enter
    self.fault = fault
    self.copy = copy
    self.copyStart = copyStart
    self.copyEnd = copyEnd
    self.copyFault = copyFault
    self.size = size
  }
}

/// Room for code, seen twice: where it is written and where it executes.
public struct CodeSpace {
  /// The writable bytes.
  public var start, limit: UnsafeMutablePointer<UInt8>
  /// Where `start` executes.
  public var runtimeAddress: UInt

  /// The bytes from `start` up to `limit`.
  public init(
    start: UnsafeMutablePointer<UInt8>, limit: UnsafeMutablePointer<UInt8>, runtimeAddress: UInt
  ) {
    self.start = start
    self.limit = limit
    self.runtimeAddress = runtimeAddress
  }
}

/// A host architecture, as the translator sees it. Called once per block.
public protocol Host: AnyObject {
  /// The registers and what each op asks of them.
  var registerFile: RegisterFile { get }
  /// Per row of the constraints, four entries: the general registers for each operand.
  var operandRegisters: UnsafePointer<UInt16> { get }
  /// The registers that can be homes of guest globals, best first.
  var homeRegisters: [RegisterNumber] { get }
  /// And those that can be homes of floating-point registers.
  var vectorHomeRegisters: [RegisterNumber] { get }
  /// Whether it has the op `fma`.
  var fusesMultiplyAdd: Bool { get }
  /// Whether it has the ops of vectors.
  var hasVectors: Bool { get }
  /// Whether a guest access may add two registers.
  var addsIndexes: Bool { get }
  /// The largest constant that a guest access may add to its address.
  var reach: UInt32 { get }
  /// Writes the fixed pieces of code; must come first, at the start of the code buffer.
  ///
  /// - Parameter slowAccess: for paged memory, the function
  ///   `(env, registers, number of the access, context) -> 0, or 1 when it raised an exception`;
  ///   `registers` are the sixteen general registers by number, right behind the sixteen vector
  ///   registers.
  func writeStubs(
    in space: CodeSpace, block: Block, homes: [(register: RegisterNumber, offset: Int)],
    layout: EnvironmentLayout, helpers: [Helper], slowAccess: UnsafeRawPointer?
  ) -> HostStubs
  /// Writes the code of an allocated block.
  ///
  /// - Parameters:
  ///   - linkBase: the number that the block's first jump gets.
  ///   - accessBase: the number that its first slow access gets.
  /// - Returns: the size in bytes, or nil if there was no room.
  func emit(
    _ block: Block, _ allocator: LocalAllocator, in space: CodeSpace, linkBase: UInt32,
    accessBase: UInt32
  ) -> Int?
  /// The jumps of the block emitted last.
  var exits: UnsafeMutableBufferPointer<ExitSite> { get }
  /// The slow paths of the block emitted last.
  var slowAccesses: UnsafeMutableBufferPointer<SlowAccess> { get }
  /// Whether every access goes its slow path, in blocks emitted from now on.
  var onlySlowAccesses: Bool { get set }
  /// The guest instructions of the block emitted last, in order of code.
  var marks: UnsafeMutableBufferPointer<CodeMark> { get }
  /// What is recovered after faults in the block emitted last, in order of code.
  var recoveries: [CodeRecovery] { get }
  /// Offset of the code behind the exit-request poll of the block emitted last.
  var bodyOffset: Int { get }
  /// Makes a jump whose 32-bit relative operand executes at `operand` go to `target`.
  func patch(_ operand: UnsafeMutablePointer<UInt8>, at address: UInt, to target: UInt)
}
