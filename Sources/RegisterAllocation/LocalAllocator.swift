import IR

/// One-pass local register allocation: a single walk over a block's ops.
///
/// Globals with a home are always in their host register. Every other global has its place in
/// env; a register may hold a copy, and a definition is stored at once where liveness says
/// `sync`. Values live in the remaining registers, and in spill slots when those run out. At a
/// label or a call nothing is in a register but homes, save that a cold part starts as its
/// branch left things.
///
/// The result is a list of steps, which the host turns into code and `Checker` proves.
public final class LocalAllocator {
  let block: Block
  let file: RegisterFile
  /// Per temp: the home of a global, or `noRegister`.
  let homes: UnsafeMutablePointer<RegisterNumber>
  let homeSet: RegisterSet
  let spillBase: Int
  let spillCount: Int

  /// The steps of the last block.
  public private(set) var steps: UnsafeMutablePointer<Step>
  /// Number of steps.
  public private(set) var stepCount = 0
  private var stepCapacity = 4 * 4096

  /// Per register: the temp that it holds, or 0 (env never moves).
  var occupant: UnsafeMutablePointer<TempIndex>
  /// The registers that hold something.
  var occupied: RegisterSet = 0
  /// Per temp: where it is.
  var places: UnsafeMutablePointer<Place>
  /// Set when a block needs more spill slots than there are: it must be translated in parts.
  public private(set) var failed = false
  /// Spill slots in use, one bit each. A slot belongs to its temp until the block ends, so that
  /// cold parts find what was put away before their branch; one of a cold part's own, until that ends,
  /// if it has no branches.
  var slots: UInt64 = 0
  /// Those in use before the first cold part, and at branches of cold parts.
  var keptSlots: UInt64 = 0
  /// The temp of each slot.
  private var slotOwners = InlineArray<64, TempIndex>(repeating: 0)
  /// Registers of the operands of the op at hand: not to be taken.
  var busy: RegisterSet = 0
  /// The op at hand, what it asks, and what it gets.
  var operation: UnsafeMutablePointer<Op>
  var constraint: UnsafePointer<OpConstraint>
  var step = Step(.op, .i32, op: 0)
  /// Globals that are constants, or what a home holds, as long as nobody looks but cold parts.
  var unstored = InlineArray<6, Unstored>(repeating: Unstored(global: 0, source: .none))
  var unstoredCount = 0
  /// Whether the hidden carry is in the host's flags.
  var carryIsLive = false
  /// The op at hand.
  var current = 0
  /// Rotates the choice of victims.
  var clock: UInt32 = 0
  /// What memory does not hold where an access may fault, in the order of the steps.
  public private(set) var recoveries: [Recovery] = []
  /// Per label: what registers held at its branch.
  var snapshots: UnsafeMutablePointer<Snapshot>

  /// Where a temp is.
  struct Place {
    var register: RegisterNumber
    /// Whether its field of env, or its spill slot, has its value.
    var inMemory: Bool
    /// Its spill slot, or -1.
    var slot: Int16
  }

  /// What registers held when a branch to a label was taken.
  struct Snapshot {
    var valid: Bool
    var occupied: RegisterSet
    var occupant: InlineArray<32, TempIndex>
    /// The registers of globals that memory does not hold.
    var unstoredRegisters: RegisterSet
    /// And those that are in no register of their own.
    var unstored: InlineArray<6, Unstored>
    var unstoredCount: Int
  }

  /// A global that is in no register of its own and not in memory: it is a constant, or what a home
  /// holds.
  struct Unstored {
    var global: TempIndex
    var source: Operand
  }

  /// A global that is in a register, or a constant, and not in memory, where a step may fault.
  public struct Recovery {
    /// The step that may fault.
    public let step: Int
    /// The global.
    public let global: TempIndex
    /// Where its value is, a register or a constant.
    public let source: Operand
  }

  static let labelCapacity = 2048
  /// The bytes of a spill slot: what the widest value has.
  static let slotSize = 32

  /// - Parameters:
  ///   - homes: per global (by temp), the host register that always holds it.
  public init(
    block: Block, file: RegisterFile, homes: [TempIndex: RegisterNumber], layout: EnvironmentLayout
  ) {
    self.block = block
    self.file = file
    self.homes = .allocate(capacity: 256)
    self.homes.initialize(repeating: noRegister, count: 256)
    var set: RegisterSet = 0
    for (temp, register) in homes {
      self.homes[Int(temp)] = register
      set |= 1 << RegisterSet(register)
    }
    homeSet = set
    spillBase = layout.spillSlots
    spillCount = layout.spillSlotCount
    operation = block.ops
    constraint = file.constraints
    steps = .allocate(capacity: stepCapacity)
    occupant = .allocate(capacity: 32)
    occupant.initialize(repeating: 0, count: 32)
    places = .allocate(capacity: Block.tempCapacity)
    snapshots = .allocate(capacity: Self.labelCapacity)
  }

  deinit {
    homes.deallocate()
    steps.deallocate()
    occupant.deallocate()
    places.deallocate()
    snapshots.deallocate()
  }

  /// The home of a temp, or `noRegister`.
  @inline(__always) func home(_ temp: TempIndex) -> RegisterNumber {
    Int(temp) < block.firstLocal ? homes[Int(temp)] : noRegister
  }

  /// Whether a global lives in a host register.
  public func hasHome(_ global: TempIndex) -> Bool { home(global) != noRegister }

  // MARK: The walk

  /// Allocates the block's ops, which carry liveness marks.
  public func run() {
    begin()
    let ops = block.ops
    let count = block.opCount
    for n in 0..<count {
      current = n
      reserve(64)
      let op = ops + n
      switch op.pointee.opcode {
      case .insn_start: emit(Step(.op, .i32, op: n))
      case .discard: discard(op.pointee.output(0))
      case .mov: move(op)
      case .set_label: label(op)
      case .brcond, .brfcmp, .brclass, .brextreme, .brnarrow: branch(op)
      case .call_tb, .call_ptr:
        general(op)
        forgetAll()
      default: general(op)
      }
    }
  }

  private func begin() {
    stepCount = 0
    recoveries.removeAll(keepingCapacity: true)
    failed = false
    forgetAll()
    slots = 0
    keptSlots = 0
    unstoredCount = 0
    carryIsLive = false
    for temp in 0..<block.firstLocal {
      places[temp] = Place(register: homes[temp], inMemory: homes[temp] == noRegister, slot: -1)
    }
    places[0] = Place(register: file.env, inMemory: false, slot: -1)
    for temp in block.firstLocal..<block.tempCount {
      places[temp] = Place(register: noRegister, inMemory: false, slot: -1)
    }
    for label in 0..<min(block.labelCount, Self.labelCapacity) { snapshots[label].valid = false }
  }

  private func reserve(_ more: Int) {
    guard stepCount + more > stepCapacity else { return }
    let larger = UnsafeMutablePointer<Step>.allocate(capacity: 2 * stepCapacity)
    larger.moveInitialize(from: steps, count: stepCount)
    steps.deallocate()
    steps = larger
    stepCapacity *= 2
  }

  @inline(__always) func emit(_ step: Step) {
    (steps + stepCount).initialize(to: step)
    stepCount &+= 1
  }

  func emit(_ kind: Step.Kind, _ type: ValueType, _ a: Operand, _ b: Operand) {
    emit(Step(kind, type, op: current, a, b, keepsFlags: carryIsLive))
  }

  /// Notes what memory does not hold where the step about to be emitted faults: liveness leaves
  /// nothing there but what is recovered.
  func noteRecoveries() {
    var set = occupied
    while set != 0 {
      let register = RegisterNumber(truncatingIfNeeded: set.trailingZeroBitCount)
      set &= set &- 1
      let temp = occupant[Int(register)]
      guard Int(temp) < block.firstLocal, !places[Int(temp)].inMemory else { continue }
      recoveries.append(Recovery(step: stepCount, global: temp, source: .register(register)))
    }
    for n in 0..<unstoredCount {
      recoveries.append(
        Recovery(step: stepCount, global: unstored[n].global, source: unstored[n].source))
    }
  }

  // MARK: Registers

  /// Empties every register that is not a home.
  func forgetAll() {
    var set = occupied
    while set != 0 {
      let register = set.trailingZeroBitCount
      set &= set &- 1
      places[Int(occupant[register])].register = noRegister
    }
    occupied = 0
  }

  @inline(__always) func release(_ register: RegisterNumber) {
    let temp = occupant[Int(register)]
    occupied &= ~(1 &<< RegisterSet(register))
    places[Int(temp)].register = noRegister
  }

  @inline(__always) func occupy(_ register: RegisterNumber, _ temp: TempIndex) {
    occupant[Int(register)] = temp
    occupied |= 1 &<< RegisterSet(register)
    places[Int(temp)].register = register
  }

  /// Makes a register free: its temp goes to memory if that is not up to date.
  func evict(_ register: RegisterNumber) {
    let temp = occupant[Int(register)]
    if !places[Int(temp)].inMemory {
      let type = block.temps[Int(temp)].type
      emit(.store, type, .memory(memoryOffset(temp)), .register(register))
      places[Int(temp)].inMemory = true
    }
    release(register)
  }

  /// The offset from env of a temp's memory; a value gets a spill slot.
  func memoryOffset(_ temp: TempIndex) -> Int {
    if Int(temp) < block.firstLocal { return Int(Int64(bitPattern: block.temps[Int(temp)].value)) }
    if places[Int(temp)].slot < 0 {
      let free = (~slots).trailingZeroBitCount
      if free >= spillCount { failed = true }
      slots |= 1 &<< UInt64(free & 63)
      slotOwners[free & 63] = temp
      places[Int(temp)].slot = Int16(free & 63)
    }
    return spillBase &+ Self.slotSize &* Int(places[Int(temp)].slot)
  }

  /// A cold part has ended: its slots are free for the next.
  func releaseSlots() {
    var ended = slots & ~keptSlots
    while ended != 0 {
      places[Int(slotOwners[ended.trailingZeroBitCount])].slot = -1
      ended &= ended &- 1
    }
    slots = keptSlots
  }

  /// A register out of a set that is now free, and not one of the op's operands.
  func take(_ wanted: RegisterSet) -> RegisterNumber {
    let usable = wanted & (file.general | file.vector) & ~busy & ~homeSet
    let free = usable & ~occupied
    if free != 0 { return RegisterNumber(truncatingIfNeeded: free.trailingZeroBitCount) }
    precondition(usable != 0, "an op's constraints leave no register")
    let victim = chooseVictim(usable)
    evict(victim)
    return victim
  }

  /// Prefers a register whose temp is in memory anyway, then one that needs no spill slot for it.
  private func chooseVictim(_ usable: RegisterSet) -> RegisterNumber {
    clock = (clock &+ 1) & 31
    let rotated = (usable &>> clock) &<< clock
    var set = rotated != 0 ? rotated : usable
    var victim = RegisterNumber(truncatingIfNeeded: set.trailingZeroBitCount)
    set = usable
    while set != 0 {
      let register = RegisterNumber(truncatingIfNeeded: set.trailingZeroBitCount)
      set &= set &- 1
      let temp = occupant[Int(register)]
      if places[Int(temp)].inMemory { return register }
      if Int(temp) < block.firstLocal { victim = register }
    }
    return victim
  }

  /// Ends a value's stay in a register.
  func kill(_ temp: TempIndex) {
    guard temp != 0, block.temps[Int(temp)].kind == .value else {
      // A copy of a global that is not needed any more may stay: it is also in memory.
      return
    }
    let place = places[Int(temp)]
    if place.register != noRegister { release(place.register) }
    places[Int(temp)].inMemory = false
  }

  /// What a temp holds is of no use any more; of a global, memory need not hold it either.
  private func discard(_ temp: TempIndex) {
    guard Int(temp) < block.firstLocal else { return kill(temp) }
    let place = places[Int(temp)]
    guard home(temp) == noRegister else { return }
    if place.register != noRegister { release(place.register) }
    places[Int(temp)].inMemory = true
    forgetUnstored(temp)
  }
}
