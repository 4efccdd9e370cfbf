import IR

/// The last pass: marks what each op's operands and results still mean to the ops after it, and
/// drops ops whose results mean nothing.
///
/// Walks backwards. A result's `sync` mark says that its memory must hold it, because a fault, an
/// exit or a helper may look; a `dead` mark says that an operand is used for the last time, or
/// that no later op reads a result. A global that is written again before anybody can look has
/// neither mark, and the op goes.
///
/// A cold part stores for itself what its branch has left in registers. So what a global holds at
/// such a branch, and not longer, is not stored: it has neither mark, and the op stays. Cold parts
/// that are nothing but a jump to another block are none: the branch goes there itself.
///
/// Globals that are recovered after a fault need not be in memory there either: a register keeps them,
/// and whoever looks after the fault is told which. Nor does anything keep those among them that are
/// records for a cold part that begins by replacing them.
///
/// A value whose last reader is a cold part lives until the branch that leads there: a `discard`
/// behind the branch says so, where no mark can.
public struct Liveness {
  /// Per temp: the number of the straight line in which it is still read.
  private let readIn: UnsafeMutablePointer<UInt32>
  /// Per global: whether memory must hold it here.
  private var needed = GlobalSet()
  /// Per global: whether a cold part, before it is written again, begins with what it holds here.
  private var held = GlobalSet()
  /// Per label: whether it begins a cold part that stores for itself.
  private let storesItself: UnsafeMutablePointer<Bool>
  private var line: UInt32 = 0
  /// Per label of a cold part: the values that it reads, as runs in `coldReads`.
  private let coldStart, coldEnd: UnsafeMutablePointer<Int32>
  private let coldReads: UnsafeMutablePointer<TempIndex>
  private var coldReadCount = 0
  private static let labelCapacity = 2048, coldCapacity = 4 * Block.capacity
  /// Per temp: the registers that its next reader takes it in.
  private let wanted: UnsafeMutablePointer<UInt16>
  private let registers: PreferredRegisters
  private let records: ClosedRange<TempIndex>?
  /// The globals that a fault recovers.
  private let recovered: GlobalSet
  /// Per label of a cold part: which of the records it begins by replacing, a bit each.
  private let replaced: UnsafeMutablePointer<UInt16>

  /// - Parameters:
  ///   - registers: what the host prefers.
  ///   - records: up to sixteen globals that are written often, and looked at rarely.
  ///   - recovered: globals that may be in registers alone where an access faults.
  public init(
    _ registers: PreferredRegisters = PreferredRegisters(),
    records: ClosedRange<TempIndex>? = nil, recovered: [ClosedRange<TempIndex>] = []
  ) {
    self.registers = registers
    self.records = records
    self.recovered = GlobalSet(recovered.joined())
    replaced = .allocate(capacity: Self.labelCapacity)
    replaced.initialize(repeating: 0, count: Self.labelCapacity)
    wanted = .allocate(capacity: Block.tempCapacity)
    wanted.initialize(repeating: .max, count: Block.tempCapacity)
    readIn = .allocate(capacity: Block.tempCapacity)
    readIn.initialize(repeating: 0, count: Block.tempCapacity)
    storesItself = .allocate(capacity: Self.labelCapacity)
    storesItself.initialize(repeating: false, count: Self.labelCapacity)
    coldStart = .allocate(capacity: Self.labelCapacity)
    coldEnd = .allocate(capacity: Self.labelCapacity)
    coldStart.initialize(repeating: 0, count: Self.labelCapacity)
    coldEnd.initialize(repeating: 0, count: Self.labelCapacity)
    coldReads = .allocate(capacity: Self.coldCapacity)
  }

  /// Frees the storage; the pass must not be used afterwards.
  public func deallocate() {
    readIn.deallocate()
    wanted.deallocate()
    storesItself.deallocate()
    replaced.deallocate()
    coldStart.deallocate()
    coldEnd.deallocate()
    coldReads.deallocate()
  }

  /// Marks a finished block.
  public mutating func run(_ block: Block) {
    let labels = min(block.labelCount, Self.labelCapacity)
    coldStart.update(repeating: 0, count: labels)
    coldEnd.update(repeating: 0, count: labels)
    storesItself.update(repeating: false, count: labels)
    coldReadCount = 0
    if line > .max - 8192 {
      readIn.update(repeating: 0, count: Block.tempCapacity)
      line = 0
    }
    startLine()
    let info = Opcode.infoTable
    let ops = block.ops
    let kept = block.spareOps + Block.capacity
    var count = 0
    var main = block.mainCount
    var n = block.opCount
    while n > 0 {
      n &-= 1
      let op = ops + n
      let flags = info[Int(op.pointee.opcode.rawValue)].flags
      if isUseless(op, flags, block) {
        if n < block.mainCount { main &-= 1 }
        continue
      }
      if flags.contains(.conditionalBranch) {
        let before = count
        endValues(op, block, kept, room: Block.capacity &- n &- 1, &count)
        if n < block.mainCount { main &+= count &- before }
      }
      mark(op, flags, block)
      if op.pointee.opcode == .set_label, n >= block.mainCount, count > 0,
        (kept - count).pointee.opcode != .goto_tb, op.pointee.constant < Self.labelCapacity
      {
        storesItself[Int(op.pointee.constant)] = true
      }
      count &+= 1
      (kept - count).initialize(to: op.pointee)
    }
    block.spareOps.update(from: kept - count, count: count)
    block.exchangeOps(count: count)
    block.mainCount = main
  }

  /// Nothing is read after this point, and memory must hold every global.
  private mutating func startLine() {
    line &+= 1
    needed = .all
    held = GlobalSet()
  }

  private func isUseless(
    _ op: UnsafeMutablePointer<Op>, _ flags: OpcodeFlags, _ block: Block
  ) -> Bool {
    if flags.contains(.sideEffects) {
      guard op.pointee.opcode == .call,
        block.helperFlags(op.pointee.constant).contains(.noSideEffects)
      else { return false }
    }
    // A carry that is consumed later keeps its producer.
    if flags.contains(.carryOut) && carryIsRead { return false }
    for k in 0..<op.pointee.outputCount {
      let temp = op.pointee.output(k)
      if readIn[Int(temp)] == line { return false }
      if Int(temp) < block.firstLocal && (needed.contains(Int(temp)) || held.contains(Int(temp))) {
        return false
      }
    }
    return true
  }

  /// Whether an op after the one at hand consumes the hidden carry.
  private var carryIsRead = false

  private mutating func mark(
    _ op: UnsafeMutablePointer<Op>, _ flags: OpcodeFlags, _ block: Block
  ) {
    op.pointee.dead = 0
    op.pointee.sync = 0
    if flags.contains(.blockEnd) { endOfLine(op, block) }
    let outputs = op.pointee.outputCount
    for k in 0..<outputs { markResult(op, k, block) }
    if flags.contains(.conditionalBranch) {
      // A side exit: memory must hold every global, or a register for a cold part to store.
      let label = Int(op.pointee.constant)
      if label < Self.labelCapacity && storesItself[label] {
        if replacesRecords(label) { op.pointee.sync |= Op.replacesRecords }
        observeInColdPart(label)
      } else {
        needed = .all
      }
    }
    if op.pointee.opcode == .call {
      call(op, block)
    } else if op.pointee.opcode == .line_touch {
      // It looks at the reservation in memory.
      needed = .all
    } else if flags.contains(.canFault) {
      // Memory must hold every global, or a register those that are recovered.
      needed.formUnion(complementOf: recovered)
      held.formUnion(recovered)
    }
    if flags.contains(.carryOut) { carryIsRead = false }
    if flags.contains(.carryIn) { carryIsRead = true }
    for k in 0..<op.pointee.inputCount {
      let temp = op.pointee.input(k)
      if readIn[Int(temp)] != line {
        readIn[Int(temp)] = line
        if !isKept(temp, block) {
          op.pointee.dead |= 1 &<< UInt8(truncatingIfNeeded: outputs &+ k)
        }
        noteColdRead(temp, block)
      }
      wanted[Int(temp)] = registers.operand(op, k)
    }
  }

  /// A cold part begins with what every global holds, but for the records that it replaces.
  @inline(__always) private mutating func observeInColdPart(_ label: Int) {
    guard let records, replaced[label] != 0 else { return held = .all }
    let before = held
    held = .all
    for n in Int(records.lowerBound)...Int(records.upperBound)
    where replaced[label] &>> UInt16(n &- Int(records.lowerBound)) & 1 != 0 && !before.contains(n) {
      held.remove(n)
    }
  }

  private func replacesRecords(_ label: Int) -> Bool {
    records.map { replaced[label].nonzeroBitCount == $0.count } ?? false
  }

  /// Which records nobody looks at before they are written, here at the start of a cold part.
  private func replacedRecords() -> UInt16 {
    guard let records else { return 0 }
    var bits: UInt16 = 0
    let first = Int(records.lowerBound)
    for n in first...Int(records.upperBound)
    where !needed.contains(n) && !held.contains(n) && readIn[n] != line {
      bits |= 1 &<< UInt16(n &- first)
    }
    return bits
  }

  @inline(__always) private mutating func markResult(
    _ op: UnsafeMutablePointer<Op>, _ k: Int, _ block: Block
  ) {
    let temp = Int(op.pointee.output(k))
    let bit = UInt8(1) &<< UInt8(truncatingIfNeeded: k)
    if readIn[temp] != line && !isKept(op.pointee.output(k), block) { op.pointee.dead |= bit }
    if k == 0 {
      op.pointee.preference =
        registers.home(temp) ?? (readIn[temp] == line ? wanted[temp] : .max)
    }
    let wasUnread = readIn[temp] != line
    readIn[temp] = 0
    if temp < block.firstLocal {
      if needed.contains(temp) { op.pointee.sync |= bit }
      if held.contains(temp), !needed.contains(temp), wasUnread, let records,
        records.contains(TempIndex(truncatingIfNeeded: temp))
      {
        op.pointee.sync |= Op.isForObservers
      }
      needed.remove(temp)
      held.remove(temp)
    }
  }

  /// Whether a register must keep a temp for a cold part.
  @inline(__always) private func isKept(_ temp: TempIndex, _ block: Block) -> Bool {
    Int(temp) < block.firstLocal && held.contains(Int(temp)) && !needed.contains(Int(temp))
  }

  // MARK: Control

  private var currentLabelStart = 0

  /// At an exit, a label or a call of translated code nothing in a register survives.
  private mutating func endOfLine(_ op: UnsafeMutablePointer<Op>, _ block: Block) {
    if op.pointee.opcode == .set_label, op.pointee.constant < Self.labelCapacity {
      let label = Int(op.pointee.constant)
      replaced[label] = replacedRecords()
      keepValuesFromOutside()
      coldStart[label] = Int32(currentLabelStart)
      coldEnd[label] = Int32(coldReadCount)
    }
    startLine()
    currentLabelStart = coldReadCount
    carryIsRead = false
  }

  /// Of the values that a cold part reads, forgets those that it has made itself.
  private mutating func keepValuesFromOutside() {
    var end = currentLabelStart
    for n in currentLabelStart..<coldReadCount where readIn[Int(coldReads[n])] == line {
      coldReads[end] = coldReads[n]
      end &+= 1
    }
    coldReadCount = end
  }

  /// Remembers a value that a cold part reads, for its branch.
  private mutating func noteColdRead(_ temp: TempIndex, _ block: Block) {
    guard Int(temp) >= block.firstLocal, block.temps[Int(temp)].kind == .value,
      coldReadCount < Self.coldCapacity
    else { return }
    coldReads[coldReadCount] = temp
    coldReadCount &+= 1
  }

  /// What the cold part behind a branch reads is alive up to the branch; behind the branch a value
  /// that nothing else reads is discarded.
  ///
  /// - Parameters:
  ///   - kept: the end of the list under construction, which holds `count` ops.
  ///   - room: the most ops that it may hold now.
  private mutating func endValues(
    _ op: UnsafeMutablePointer<Op>, _ block: Block, _ kept: UnsafeMutablePointer<Op>, room: Int,
    _ count: inout Int
  ) {
    let label = Int(op.pointee.constant)
    guard label < Self.labelCapacity else { return }
    for n in coldStart[label]..<coldEnd[label] {
      let temp = coldReads[Int(n)]
      if readIn[Int(temp)] == line { continue }
      readIn[Int(temp)] = line
      noteColdRead(temp, block)
      guard count < room else { continue }
      var discard = Op(.discard, block.temps[Int(temp)].type, outputs: 1, inputs: 0)
      discard.arguments[unchecked: 0] = temp
      count &+= 1
      (kept - count).initialize(to: discard)
    }
  }

  private mutating func call(_ op: UnsafeMutablePointer<Op>, _ block: Block) {
    let flags = block.helperFlags(op.pointee.constant)
    if !flags.contains(.noWriteGlobals) {
      // What the helper leaves in memory counts afterwards.
      for temp in 1..<block.firstLocal { readIn[temp] = 0 }
    }
    if !flags.contains(.noReadGlobals) || !flags.contains(.noWriteGlobals) {
      needed = .all
    }
  }
}
