import IR

/// The processors: what each has of the translator, and which code it sees.
extension Translator {
  /// Prepares a processor's state, and the fault handler, for this translator. While the lock is
  /// not shared there is one processor: it replaces the one before.
  @discardableResult
  public func attach(_ env: UnsafeMutableRawPointer) throws(TranslationError) -> Runner {
    prepareFaults()
    let space = memory.codeSpace
    let view = try views.view(space, 0, memory.segmentKeys(space))
    let known = lock.isShared ? nil : runners.first?.returnStack
    let stack: ReturnStack
    if let known { stack = known } else { stack = try ReturnStack() }
    let runner = Runner(env, view, stack)
    field(env, layout.codeBase).pointee = UInt64(buffer.executable)
    field(env, layout.returnStack).pointee = UInt64(runner.returnStack.top)
    field(env, layout.returnStackTop).pointee = UInt64(runner.returnStack.top)
    field(env, layout.faultReport).pointee = UInt64(UInt(bitPattern: runner.fault))
    field(env, layout.guarded).pointee = UInt64(UInt(bitPattern: FaultHandler.guarded))
    if let paging = layout.paging, let slowAccesses {
      let context = Unmanaged.passUnretained(slowAccesses).toOpaque()
      field(env, paging.slowContext).pointee = UInt64(UInt(bitPattern: context))
    }
    try select(space, guest.key(env), runner)
    if !lock.isShared { runners.removeAll() }
    runners.append(runner)
    return runner
  }

  /// Before a second processor runs, on a thread of its own: code is made for several from here on,
  /// and the caller holds the lock.
  public func share() {
    lock.share()
    limits.isShared = true
    flush(runners[0].env)
  }

  /// A processor that will not run any more.
  public func detach(_ runner: Runner) { runners.removeAll { $0 === runner } }

  /// Makes a view the current one: its jump table counts, and no pending return does.
  func select(
    _ space: UInt32, _ key: UInt32, _ runner: Runner
  ) throws(TranslationError) {
    runner.view = try views.view(space, key, memory.segmentKeys(space))
    showParts(runner)
    runner.returnsAreStale = true
  }

  /// After a child ran a processor in this memory and ended anywhere, and the processor's state was
  /// replaced by the one from before.
  public func recover(_ runner: Runner) {
    runner.isInside = false
    showParts(runner)
    runner.returnsAreStale = true
    if isStopping { lock.announce() }
  }

  /// Tells translated code where the parts of the view's jump table are.
  func showParts(_ runner: Runner) {
    let view = runner.view, env = runner.env
    if view.parts.count == 1 { field(env, layout.jumpTable).pointee = UInt64(view.parts[0].base) }
    guard let paging = layout.paging else { return }
    for n in 0..<16 {
      let part = view.parts[view.parts.count == 1 ? 0 : n]
      field(env, paging.codeSegments + 8 * n).pointee = UInt64(part.base)
    }
  }

  /// Empties the return stacks before translated code is entered again: always allowed, at the
  /// price of one slow return each. While translated code waits for a function of ours, the way
  /// back to it lies on that stack. Other threads leave translated code for it.
  func forgetReturns() {
    for runner in runners {
      runner.returnsAreStale = true
      if runner.isInside { word(runner.env, layout.exitRequest).pointee = 1 }
    }
  }

  private func prepareFaults() {
    let record = FaultHandler.record
    record.pointee.codeStart = buffer.executable
    record.pointee.codeEnd = buffer.executable + UInt(buffer.size)
    record.pointee.faultStub = stubs.fault
    record.pointee.copyStart = stubs.copyStart
    record.pointee.copyEnd = stubs.copyEnd
    record.pointee.copyFault = stubs.copyFault
    record.pointee.reportOffset = layout.faultReport
  }
}
