import IR

/// Branches forward to addresses that translation may still reach: they stay within the block.
struct ForwardBranches {
  /// The most that wait at one time.
  static let capacity = 24
  /// How far ahead an address may be, in bytes.
  static let reach: UInt32 = 512

  /// A branch: where it leads, the label that is to be placed there, and what is known of the
  /// floating-point status where it is taken.
  struct Branch {
    var address: UInt32, label: UInt32
    var floatMode: FloatMode?
  }

  /// Those that wait.
  private(set) var targets = InlineArray<24, Branch>(repeating: Branch(address: 0, label: 0))
  private(set) var count = 0

  /// Adds one; false if there is no room.
  mutating func add(_ branch: Branch) -> Bool {
    guard count < Self.capacity else { return false }
    targets[count] = branch
    count += 1
    return true
  }

  /// Takes out one that leads to an address.
  mutating func take(_ address: UInt32) -> Branch? {
    for n in 0..<count where targets[n].address == address {
      let branch = targets[n]
      count -= 1
      targets[n] = targets[count]
      return branch
    }
    return nil
  }

  /// Whether one leads to an address.
  func leads(to address: UInt32) -> Bool {
    (0..<count).contains { targets[$0].address == address }
  }

  /// The lowest address that is waited for, or nil.
  var first: UInt32? {
    var lowest: UInt32?
    for n in 0..<count where targets[n].address < lowest ?? .max { lowest = targets[n].address }
    return lowest
  }
}

extension Cpu {
  /// Whether a branch of this block leads to an address before `target`.
  func skipsAwaited(_ target: UInt32) -> Bool {
    guard let first = context.pointee.forward.first else { return false }
    return first < target
  }

  /// A label at an address ahead, to be placed when translation comes there; nil if it is too far
  /// or too many wait already.
  func awaited(_ target: UInt32) -> UInt32? {
    guard context.pointee.keepsForwardBranches, target > address, isNear(target),
      target &- address <= ForwardBranches.reach,
      context.pointee.forward.count < ForwardBranches.capacity
    else { return nil }
    let label = ir.newLabel()
    let branch = ForwardBranches.Branch(
      address: target, label: label, floatMode: context.pointee.floatMode)
    return context.pointee.forward.add(branch) ? label : nil
  }

  /// Places the labels of the branches that lead here. The floating-point status is known if it is the
  /// same on all ways.
  /// - Parameter isReached: whether the instruction before goes on here.
  func placeLabels(at address: UInt32, isReached: Bool) {
    var isFirst = !isReached
    while let branch = context.pointee.forward.take(address) {
      settle()
      let mode = isFirst ? branch.floatMode : context.pointee.floatMode
      ir.setLabel(branch.label)
      forgetFloats()
      if mode == branch.floatMode { context.pointee.floatMode = mode }
      isFirst = false
    }
  }

  /// Gives the branches that translation did not reach cold parts that leave.
  func abandonForwardBranches() {
    while let address = context.pointee.forward.first,
      let branch = context.pointee.forward.take(address)
    {
      ir.cold(branch.label) {
        context.pointee.iterations > 1 ? leaveLoop(to: address) : chain(to: address)
      }
    }
  }
}

/// A block with floating point is longer than others, and if it is a loop translated several times in a
/// row, because what is known of its registers makes what follows shorter.
enum Loop {
  /// How many times the instructions of other blocks, and the most repetitions.
  static let length = 3, mostIterations = 8
}

extension Cpu {
  /// The most instructions that the block may have, as far as is known by now.
  var mostInstructions: Int {
    context.pointee.hasFloats ? context.pointee.mostWithFloats : context.pointee.most
  }

  /// Whether the block may go on with what might be a conditional branch.
  var mayBranch: Bool {
    context.pointee.branches < context.pointee.mostBranches || context.pointee.hasFloats
  }

  /// Whether a branch to `target` closes the loop that the block is, and the block goes on with it.
  func repeatsLoop(_ target: UInt32) -> Bool {
    let iterations = context.pointee.iterations, done = context.pointee.executed
    guard target == context.pointee.start, context.pointee.hasFloats,
      context.pointee.floatMode == .scalar,
      iterations < Loop.mostIterations,
      done + done / iterations <= context.pointee.mostWithFloats
    else { return false }
    context.pointee.iterations = iterations + 1
    context.pointee.loopEnd = address
    return true
  }
}
