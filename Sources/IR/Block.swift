/// The ops of one translation and everything they name: a trivial handle to raw storage.
///
/// A block is an extended basic block: one straight line with side exits, followed by the cold
/// parts that the side exits name by label. The storage is allocated once and reused.
public struct Block {
  @usableFromInline let storage: UnsafeMutablePointer<BlockStorage>

  @inlinable init(storage: UnsafeMutablePointer<BlockStorage>) { self.storage = storage }
}

/// What a block consists of. Reached through `Block` and `Builder` only.
public struct BlockStorage {
  /// The ops, and a second buffer of the same size for passes that write a new list.
  @usableFromInline var ops, spare: UnsafeMutablePointer<Op>
  @usableFromInline var opCount: Int
  /// Ops of the cold parts, until `finish` appends them; and where they then start.
  @usableFromInline var coldOps: UnsafeMutablePointer<Op>
  @usableFromInline var coldCount, mainCount: Int
  @usableFromInline var temps: UnsafeMutablePointer<Temp>
  @usableFromInline var tempCount: Int
  /// Temps below this are env and the globals.
  @usableFromInline var firstLocal: Int
  @usableFromInline var labelCount: UInt32
  /// A direct-mapped cache of the block's constants.
  @usableFromInline var constants: UnsafeMutablePointer<TempIndex>
  /// Per global: position in the pending list plus one, or zero.
  @usableFromInline var pendingPosition: UnsafeMutablePointer<UInt8>
  @usableFromInline var pending: UnsafeMutablePointer<(global: TempIndex, value: TempIndex)>
  @usableFromInline var pendingCount: Int
  /// The first op of the instruction under construction.
  @usableFromInline var instructionStart: Int
  /// Whether a cold part is under construction; kept in debug builds only.
  @usableFromInline var isInColdPart: Bool
  /// The address of the instruction under construction.
  @usableFromInline var address: UInt32 = 0
  /// The guest's globals and helpers, for names and addresses; outlives the block.
  @usableFromInline var names: Unmanaged<BlockNames>
}

/// What the ops of every block of one guest refer to: globals and helpers.
public final class BlockNames {
  /// The guest's globals; temp n+1 is global n.
  public let globals: [Global]
  /// The guest's helpers, by the number that `call` carries.
  public let helpers: [Helper]
  /// The helpers' flags alone, for passes.
  @usableFromInline let helperFlags: UnsafeMutablePointer<HelperFlags>

  /// - Parameters:
  ///   - globals: at most 254, in the order of their temps.
  ///   - helpers: in the order of their numbers.
  public init(globals: [Global], helpers: [Helper]) {
    self.globals = globals
    self.helpers = helpers
    helperFlags = .allocate(capacity: helpers.count + 1)
    helperFlags.initialize(repeating: [], count: helpers.count + 1)
    for (index, helper) in helpers.enumerated() { helperFlags[index] = helper.flags }
  }

  deinit { helperFlags.deallocate() }
}

extension Block {
  /// The most ops that a block may hold; the builder stops well before.
  public static let capacity = 16384
  /// The most temps that a block may hold.
  public static let tempCapacity = 16384
  @usableFromInline static let constantCacheSize = 128
  /// The most globals that one instruction may write before it commits.
  @usableFromInline static let pendingCapacity = 64
  /// The temp that is env.
  public static let env: TempIndex = 0

  /// Makes an empty block for a guest with these globals and helpers. Free with `deallocate`.
  public init(names: BlockNames) {
    precondition(names.globals.count < 255, "a guest has at most 254 globals")
    storage = .allocate(capacity: 1)
    storage.initialize(
      to: BlockStorage(
        ops: .allocate(capacity: Self.capacity), spare: .allocate(capacity: Self.capacity),
        opCount: 0, coldOps: .allocate(capacity: Self.capacity), coldCount: 0, mainCount: 0,
        temps: .allocate(capacity: Self.tempCapacity), tempCount: 0,
        firstLocal: names.globals.count + 1, labelCount: 0,
        constants: .allocate(capacity: Self.constantCacheSize),
        pendingPosition: .allocate(capacity: 256),
        pending: .allocate(capacity: Self.pendingCapacity),
        pendingCount: 0, instructionStart: 0, isInColdPart: false, names: .passRetained(names)))
    storage.pointee.pendingPosition.initialize(repeating: 0, count: 256)
    storage.pointee.temps.initialize(
      to: Temp(kind: .fixed, type: .i64, alias: 0, definition: -1, value: 0))
    for (index, global) in names.globals.enumerated() {
      (storage.pointee.temps + (index + 1)).initialize(
        to: Temp(
          kind: .global, type: global.type, alias: 0, definition: -1,
          value: UInt64(bitPattern: Int64(global.offset))))
    }
    clear()
  }

  /// Frees the storage; the block must not be used afterwards.
  public func deallocate() {
    let s = storage.pointee
    s.ops.deallocate()
    s.spare.deallocate()
    s.coldOps.deallocate()
    s.temps.deallocate()
    s.constants.deallocate()
    s.pendingPosition.deallocate()
    s.pending.deallocate()
    s.names.release()
    storage.deallocate()
  }

  /// Empties the block for the next translation.
  public func clear() {
    let s = storage
    s.pointee.opCount = 0
    s.pointee.coldCount = 0
    s.pointee.mainCount = 0
    s.pointee.tempCount = s.pointee.firstLocal
    s.pointee.labelCount = 0
    s.pointee.pendingCount = 0
    s.pointee.instructionStart = 0
    s.pointee.constants.initialize(repeating: 0, count: Self.constantCacheSize)
    resetGlobalDefinitions()
  }

  /// Forgets which op defined each global last.
  @inlinable public func resetGlobalDefinitions() {
    for index in 0..<firstLocal { temps[index].definition = -1 }
  }

  /// The ops in order.
  @inlinable public var ops: UnsafeMutablePointer<Op> { storage.pointee.ops }
  /// Number of ops.
  @inlinable public var opCount: Int {
    get { storage.pointee.opCount }
    nonmutating set { storage.pointee.opCount = newValue }
  }
  /// The first op of the cold parts, once the block is finished.
  @inlinable public var mainCount: Int {
    get { storage.pointee.mainCount }
    nonmutating set { storage.pointee.mainCount = newValue }
  }
  /// The buffer that a pass fills before `exchangeOps`.
  @inlinable public var spareOps: UnsafeMutablePointer<Op> { storage.pointee.spare }
  /// The temps: env, the globals, then this block's constants and values.
  @inlinable public var temps: UnsafeMutablePointer<Temp> { storage.pointee.temps }
  /// Number of temps.
  @inlinable public var tempCount: Int { storage.pointee.tempCount }
  /// The first temp that is neither env nor a global.
  @inlinable public var firstLocal: Int { storage.pointee.firstLocal }
  /// Number of labels.
  @inlinable public var labelCount: Int { Int(storage.pointee.labelCount) }
  /// Globals and helpers by name.
  public var names: BlockNames { storage.pointee.names.takeUnretainedValue() }
  /// The flags of helper `index`.
  @inlinable public func helperFlags(_ index: UInt32) -> HelperFlags {
    storage.pointee.names._withUnsafeGuaranteedRef { $0.helperFlags[Int(index)] }
  }

  /// Makes the spare buffer, holding `count` ops, the block's list.
  @inlinable public func exchangeOps(count: Int) {
    let old = storage.pointee.ops
    storage.pointee.ops = storage.pointee.spare
    storage.pointee.spare = old
    storage.pointee.opCount = count
  }

  /// Whether the temp is a constant, and then its value.
  @inlinable public func constantValue(_ temp: TempIndex) -> UInt64? {
    let t = temps + Int(temp)
    return t.pointee.kind == .constant ? t.pointee.value : nil
  }

  /// A new value of a type.
  @inlinable public func newValue(_ type: ValueType) -> TempIndex {
    newTemp(Temp(kind: .value, type: type, alias: 0, definition: -1, value: 0))
  }

  @inlinable func newTemp(_ temp: Temp) -> TempIndex {
    let index = storage.pointee.tempCount
    precondition(index < Block.tempCapacity, "the block has too many temps")
    (temps + index).initialize(to: temp)
    storage.pointee.tempCount = index &+ 1
    return TempIndex(truncatingIfNeeded: index)
  }

  /// The temp that is a constant of a type; the value is truncated to it.
  @inlinable public func constant(_ type: ValueType, _ value: UInt64) -> TempIndex {
    let value = type.bits == 32 ? value & 0xffff_ffff : value
    let hash = (value ^ value >> 32 ^ value >> 7) &* 0x9e37_79b9 &+ UInt64(type.rawValue)
    let slot = storage.pointee.constants + Int(hash >> 3 & UInt64(Block.constantCacheSize - 1))
    let found = slot.pointee
    if found != 0, temps[Int(found)].value == value, temps[Int(found)].type == type {
      return found
    }
    let made = newTemp(
      Temp(kind: .constant, type: type, alias: 0, definition: -1, value: value))
    slot.pointee = made
    return made
  }
}
