import IR

/// Code that is new is executed op by op (`FirstRuns`), where nobody watches and one processor runs.
extension Translator {
  /// Has all code count as new that is not translated.
  public func forgetRuns() { firstRuns?.forget() }

  /// Executes the block at the program counter, if it is new, and what it returns to.
  ///
  /// - Returns: nil if the block is to be translated; else whether there was an exit, as from
  ///   translated code; if not, the program counter is that of the next block.
  func runFirst(_ pc: UnsafeMutablePointer<UInt32>, _ runner: Runner) -> Bool? {
    let address = pc.pointee
    guard let firstRuns, firstRuns.isNew(address), runner.view.offset(address) == 0,
      observer == nil, !lock.isShared, limits.chains, limits.instructions > 1,
      !limits.countsInstructions, let place = memory.place(ofCode: address),
      table.find(address, runner.view.key, place) == nil
    else { return nil }
    firstRuns.note(address)
    guard walkLine(address, place, runner.view.key) else { return nil }
    counters.firstRuns &+= 1
    switch firstRuns.run(block, at: address, runner.env) {
    case .next(let target): pc.pointee = target & ~3
    case .stopped(let instruction):
      firstRuns.note(instruction)
      pc.pointee = instruction
    case .returned(let target):
      pc.pointee = target & ~3
      guard let code = pendingReturn(to: target, runner) else { return false }
      go(runner, code)
      return true
    case .exit(let kind, let payload):
      word(runner.env, layout.exitKind).pointee = kind
      // What is not known while ops are made is in env already.
      if payload != .max { word(runner.env, layout.exitPayload).pointee = payload }
      return true
    }
    return false
  }

  /// Has the guest make ops of a straight line; false if its words may change unseen, or it wants what
  /// there is none of here.
  private func walkLine(_ address: UInt32, _ place: CodePlace, _ key: UInt32) -> Bool {
    block.clear()
    var limits = limits
    limits.branches = 1
    limits.pairsReturns = false
    limits.keepsForwardBranches = false
    limits.repeatsLoops = false
    limits.usesLanes = false
    limits.keepsSingles = false
    limits.hasVectors = host.hasVectors
    limits.fusesMultiplyAdd = host.fusesMultiplyAdd
    limits.first = place.first
    limits.last = place.last
    let code = guest.translate(
      into: block, at: address, key: key, from: memory.codeSource, limits: limits, record: record)
    return !code.isChecked && !code.changesFloatMode
  }

  /// Where translated code waits for a return to a guest address, if that is what was called last; it is
  /// taken off the stack.
  private func pendingReturn(to target: UInt32, _ runner: Runner) -> UInt? {
    guard !runner.returnsAreStale else { return nil }
    let pointer = field(runner.env, layout.returnStack)
    // Sound: the stack holds pairs of a host and a guest address, and what no address equals at its end.
    guard let pair = UnsafePointer<UInt64>(bitPattern: UInt(pointer.pointee)),
      UInt32(truncatingIfNeeded: pair[1]) == target, pair[1] != .max
    else { return nil }
    pointer.pointee &+= 16
    return UInt(pair[0])
  }
}
