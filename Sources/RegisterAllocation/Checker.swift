import IR

/// Proves that the steps of an allocation do what the block's ops say.
///
/// The checker executes the steps symbolically, beside the ops. It believes nothing that the
/// allocator was told (`dead` and `sync` marks) or decided: values come from the ops, where they
/// are from the steps, and what is asked from the host's constraints.
///
/// **Values.** Every result of an op is a new value; so is what a global holds when the block is
/// entered, and what a helper or other translated code leaves in it. A constant is a value. A
/// `mov` makes none: its result has the operand's value from then on. `globals` says which value
/// each global has *architecturally* at this point of the ops.
///
/// **Places.** A place is a host register, the field of env of a global, or a spill slot. Per
/// place the lattice is flat: *value n*, or below that *unknown*. There is no join, for a block
/// is a tree: a cold part starts in the state that its one branch left. A label that is reached
/// in several ways starts like a block: each global in its canonical place, all else unknown.
///
/// **Rules.**
/// - A transfer copies what its source holds; its type must be the value's.
/// - An op's operand must hold the current value of its temp, in a register or a form that the
///   constraint allows; then clobbered registers become unknown, and results get new values. A
///   result that is written early, or over an operand, must leave other operands alone.
/// - The hidden carry is a value in the place *flags*. Transfers keep it, except a constant that
///   does not say so; of the ops only plain moves do.
/// - Where somebody may look at the guest's state (`Checker.isObserved`) each global must have its
///   architected value in its canonical place: its home, or without a home its field of env. The
///   fields of globals with a home are nobody's business in translated code. At a fault it may be
///   somewhere else if the allocator has said where (`LocalAllocator.Recovery`).
///
/// Not proved: that liveness was right to drop an op (the checker sees what is left), and that
/// the host's instructions keep to the constraints.
public struct Checker {
  /// The number of a value; 0 is *unknown*.
  typealias ValueNumber = Int32
  static let unknown: ValueNumber = 0
  static let registerCount = 32

  let block: Block
  let file: RegisterFile
  /// Per temp of a global: its home, or `noRegister`.
  let homes: [RegisterNumber]
  /// Per temp of a global: whether it means something within a block alone.
  let isTransient: [Bool]
  /// Where spill slots are, as offsets from env.
  let spills: Range<Int>
  /// Every offset from env that is a place.
  let fields: [Int: Int]

  var state: State
  var problems: [AllocationProblem] = []
  /// Per value: its type.
  var types: [ValueType] = [.i64]
  /// Per temp: the value of a constant or a value; for globals see `State`.
  var numbers: [ValueNumber]
  /// Per label: how many ways lead to it, and the state at the last of them.
  var ways: [Int]
  var snapshots: [State?]
  /// Per step: the globals that are recovered after a fault there.
  let recoveries: [Int: [LocalAllocator.Recovery]]
  /// Whether no way leads to the op at hand: a cold part whose branch the optimizer has decided.
  var isUnreachable = false
  /// The step and the op at hand.
  var current = 0
  var currentOp = 0

  /// What is known at one point of the block.
  struct State {
    /// Per place: what it holds.
    var places: [ValueNumber]
    /// Per global: its architected value; `unknown` after a `discard`.
    var globals: [ValueNumber]
    /// The architected carry, and what the host's flags hold.
    var carry, flags: ValueNumber
  }

  /// A checker for the block that an allocator has just worked on.
  public init(_ allocator: LocalAllocator) {
    let block = allocator.block
    self.block = block
    file = allocator.file
    homes = (0..<block.firstLocal).map { allocator.homes[$0] }
    isTransient = [false] + block.names.globals.map(\.isTransient)
    recoveries = Dictionary(grouping: allocator.recoveries, by: \.step)
    spills =
      allocator.spillBase..<allocator.spillBase + LocalAllocator.slotSize * allocator.spillCount
    var fields: [Int: Int] = [:]
    for (slot, offset) in stride(
      from: spills.lowerBound, to: spills.upperBound, by: LocalAllocator.slotSize
    )
    .enumerated() {
      fields[offset] = Self.registerCount + block.firstLocal + slot
    }
    for temp in 1..<block.firstLocal {
      fields[Self.offset(of: TempIndex(temp), in: block)] = Self.registerCount + temp
    }
    self.fields = fields
    let placeCount = Self.registerCount + block.firstLocal + allocator.spillCount
    state = State(
      places: Array(repeating: 0, count: placeCount),
      globals: Array(repeating: 0, count: block.firstLocal), carry: 0, flags: 0)
    numbers = Array(repeating: 0, count: block.tempCount)
    ways = Array(repeating: 0, count: block.labelCount)
    snapshots = Array(repeating: nil, count: block.labelCount)
  }

  /// Checks a list of steps for the block.
  ///
  /// - Returns: the problems in the order of the steps; none for a good allocation.
  public mutating func check(_ steps: UnsafeBufferPointer<Step>) -> [AllocationProblem] {
    begin()
    var position = 0
    for n in 0..<block.opCount {
      currentOp = n
      let op = block.ops[n]
      if op.opcode == .set_label { enter(op) }
      var isDone = op.opcode == .mov || op.opcode == .discard
      while position < steps.count, steps[position].op == n {
        current = position
        if steps[position].kind != .op {
          transfer(steps[position])
        } else if isDone {
          report(.misplaced, steps[position])
        } else {
          perform(op, steps[position])
          isDone = true
        }
        position += 1
      }
      current = position
      if !isDone { report(.missing, nil) }
      if op.opcode == .mov { assign(op.output(0), number(op.input(0))) }
      if op.opcode == .discard, Int(op.output(0)) < block.firstLocal {
        assign(op.output(0), Self.unknown)
      }
    }
    current = position
    if position < steps.count { report(.misplaced, steps[position]) }
    return problems
  }

  // MARK: Values

  /// A new value of a type.
  mutating func fresh(_ type: ValueType) -> ValueNumber {
    types.append(type)
    return ValueNumber(types.count - 1)
  }

  /// The current value of a temp.
  func number(_ temp: TempIndex) -> ValueNumber {
    temp != 0 && Int(temp) < block.firstLocal ? state.globals[Int(temp)] : numbers[Int(temp)]
  }

  /// Gives a temp its value.
  mutating func assign(_ temp: TempIndex, _ value: ValueNumber) {
    if Int(temp) < block.firstLocal {
      state.globals[Int(temp)] = value
    } else {
      numbers[Int(temp)] = value
    }
  }

  // MARK: Places

  /// The offset from env of a global's field.
  static func offset(of temp: TempIndex, in block: Block) -> Int {
    Int(Int64(bitPattern: block.temps[Int(temp)].value))
  }

  /// Where a global must be when somebody looks.
  func canonicalPlace(_ temp: Int) -> Int {
    homes[temp] != noRegister ? Int(homes[temp]) : Self.registerCount + temp
  }

  /// The place that an operand names; nil if it is none.
  func place(_ operand: Operand) -> Int? {
    switch operand.kind {
    case .register: Int(operand.register) < Self.registerCount ? Int(operand.register) : nil
    case .memory: fields[operand.offset]
    default: nil
    }
  }

  // MARK: The shape of the block

  private mutating func begin() {
    for temp in [0] + Array(block.firstLocal..<block.tempCount) {
      let isKnown = temp == 0 || block.temps[temp].kind == .constant
      numbers[temp] = isKnown ? fresh(block.temps[temp].type) : Self.unknown
    }
    startAnew()
    for n in 0..<block.opCount {
      let op = block.ops[n]
      let label = Int(op.constant)
      guard op.opcode.isBranch || op.opcode == .set_label, label < ways.count else { continue }
      if op.opcode != .set_label || fallsThrough(to: n) { ways[label] += 1 }
    }
  }

  private func fallsThrough(to n: Int) -> Bool {
    n > 0 && !block.ops[n - 1].opcode.info.flags.contains(.blockExit)
  }

  /// Each global has some value in its canonical place; nothing else is known.
  mutating func startAnew() {
    for place in 0..<state.places.count { state.places[place] = Self.unknown }
    state.places[Int(file.env)] = numbers[0]
    state.carry = Self.unknown
    state.flags = Self.unknown
    renewGlobals()
  }

  /// Somebody else has written the globals: in their canonical places.
  mutating func renewGlobals() {
    for temp in 1..<block.firstLocal {
      if isTransient[temp] {
        state.globals[temp] = Self.unknown
        continue
      }
      state.globals[temp] = fresh(block.temps[temp].type)
      state.places[Self.registerCount + temp] = Self.unknown
      state.places[canonicalPlace(temp)] = state.globals[temp]
    }
  }

  /// The state at a label.
  private mutating func enter(_ op: Op) {
    let label = Int(op.constant)
    guard label < ways.count else { return startAnew() }
    isUnreachable = ways[label] == 0
    if fallsThrough(to: currentOp) { checkGlobals(nil) }
    if ways[label] == 1, let snapshot = snapshots[label] {
      state = snapshot
      state.carry = Self.unknown
      state.flags = Self.unknown
    } else {
      startAnew()
    }
  }

  // MARK: Problems

  mutating func report(_ cause: AllocationProblem.Cause, _ step: Step?) {
    if isUnreachable { return }
    let stepText = step.map { "\($0) for" } ?? "at"
    problems.append(
      AllocationProblem(
        step: current, op: currentOp, cause: cause,
        text: stepText + block.text(ofOp: currentOp)))
  }
}
