import Glibc
import RegisterAllocation

/// How blocks are joined and dropped.
extension Translator {
  // MARK: Links

  func connect(_ number: UInt32, to block: Int) {
    let link = table.links.base + Int(number)
    guard link.pointee.linked == 0, !table.blocks.base[Int(link.pointee.source)].isInvalid else {
      return
    }
    let target = table.blocks.base + block
    if link.pointee.cache != nil, !isNear(target, link.pointee.source) {
      return goByTable(link)
    }
    let offset =
      target.pointee.codeOffset + (link.pointee.skipsPoll ? target.pointee.bodyOffset : 0)
    patch(link, to: offset)
    if let cache = link.pointee.cache {
      store(target.pointee.address, at: cache.constant)
      patch(operand: cache.branch, to: cache.byTable)
    }
    link.pointee.linked = UInt32(block + 1)
    link.pointee.nextIncoming = target.pointee.incoming
    target.pointee.incoming = number + 1
    counters.links &+= 1
    if let observer {
      let source = table.blocks.base[Int(link.pointee.source)]
      observer.linked(
        buffer.executable &+ UInt(source.codeOffset), slot: Int(number - source.firstLink),
        to: buffer.executable &+ UInt(target.pointee.codeOffset))
    }
  }

  /// Whether a block lies within the addresses for which another's place holds.
  private func isNear(_ target: UnsafeMutablePointer<TranslatedBlock>, _ source: UInt32) -> Bool {
    let source = table.blocks.base + Int(source)
    return target.pointee.address >= source.pointee.first
      && target.pointee.address <= source.pointee.last
  }

  /// Sends a computed call by the jump table for good: its target is not the same code in every
  /// address space.
  private func goByTable(_ link: UnsafeMutablePointer<Link>) {
    guard let cache = link.pointee.cache else { return }
    patch(operand: cache.branch, to: cache.byTable)
  }

  func patch(_ link: UnsafeMutablePointer<Link>, to offset: UInt32) {
    patch(operand: link.pointee.operand, to: offset)
  }

  func patch(operand: UInt32, to offset: UInt32) {
    host.patch(
      buffer.writable + Int(operand), at: buffer.executable &+ UInt(operand),
      to: buffer.executable &+ UInt(offset))
  }

  func store(_ value: UInt32, at offset: UInt32) {
    UnsafeMutableRawPointer(buffer.writable + Int(offset)).storeBytes(of: value, as: UInt32.self)
  }

  /// Sends a jump back to its stub; a computed call holds no target any more.
  func unlink(_ link: UnsafeMutablePointer<Link>) {
    if let cache = link.pointee.cache { store(InlineCache.empty, at: cache.constant) }
    patch(link, to: link.pointee.stub)
    link.pointee.linked = 0
  }

  // MARK: Invalidation

  /// Drops every block that was made from guest code in a range of physical addresses.
  public func invalidate(_ range: Range<UInt32>, _ env: UnsafeMutableRawPointer) {
    guard !range.isEmpty else { return }
    let before = counters.invalidations
    for page in range.lowerBound >> 12...(range.upperBound - 1) >> 12 {
      table.forEachBlock(onPage: page, from: range.lowerBound, to: range.upperBound - 1) {
        drop($0)
      }
    }
    if counters.invalidations != before { forgetReturns() }
  }

  /// Drops every block that was made from guest code in a range of physical addresses within one
  /// page.
  ///
  /// - Returns: whether blocks made from other parts of the page remain.
  public func invalidateCode(_ range: ClosedRange<UInt32>, _ env: UnsafeMutableRawPointer) -> Bool {
    let before = counters.invalidations
    let others = table.forEachBlock(
      onPage: range.lowerBound >> 12, from: range.lowerBound, to: range.upperBound
    ) { drop($0) }
    if counters.invalidations != before { leaveSoon(env) }
    return others
  }

  /// Drops every block that was made from the cache line at an address.
  ///
  /// The block that says so may be among them: its code stays where it is until a flush.
  func invalidateLine(_ address: UInt32, _ env: UnsafeMutableRawPointer) {
    let offset = guest.cacheLineSize &- 1
    let first = address & ~offset
    guard let place = memory.place(ofCode: first) else { return }
    invalidate(place.physical..<place.physical | offset, env)
  }

  /// Drops one block: it is not found, jumped to or returned to any more.
  func drop(_ number: Int) {
    table.remove(number)
    counters.invalidations &+= 1
    let block = table.blocks.base + number
    views.forget(block.pointee.address, block.pointee.key, block.pointee.codeOffset)
    var n = block.pointee.incoming
    while n != 0 {
      let link = table.links.base + Int(n - 1)
      unlink(link)
      n = link.pointee.nextIncoming
      link.pointee.nextIncoming = 0
    }
    block.pointee.incoming = 0
    for n in 0..<UInt32(block.pointee.linkCount) { disconnect(block.pointee.firstLink + n) }
  }

  /// Takes a jump of a dropped block off its target's list.
  func disconnect(_ number: UInt32) {
    let link = table.links.base + Int(number)
    guard link.pointee.linked != 0 else { return }
    let target = table.blocks.base + Int(link.pointee.linked - 1)
    if target.pointee.incoming == number + 1 {
      target.pointee.incoming = link.pointee.nextIncoming
    } else {
      var n = target.pointee.incoming
      while n != 0 {
        let other = table.links.base + Int(n - 1)
        if other.pointee.nextIncoming == number + 1 {
          other.pointee.nextIncoming = link.pointee.nextIncoming
          break
        }
        n = other.pointee.nextIncoming
      }
    }
    link.pointee.nextIncoming = 0
    unlink(link)
  }

  /// Forgets, in every address space, what code a page of guest addresses leads to.
  ///
  /// - Parameter page: a guest address >> 12.
  public func forget(page: UInt32, _ env: UnsafeMutableRawPointer) {
    views.forget(page: page)
    leaveSoon(env)
  }

  /// Makes translated code that waits for a function of ours leave at its next block head, and not
  /// return to anything that was pushed before.
  private func leaveSoon(_ env: UnsafeMutableRawPointer) {
    forgetReturns()
    word(env, layout.exitRequest).pointee = 1
  }

  /// Forgets, in every address space, what code guest addresses lead to. The code itself is found
  /// again by its place.
  public func forgetAddresses(_ env: UnsafeMutableRawPointer) {
    views.clear()
    leaveSoon(env)
  }

  /// Forgets what code the addresses of a space lead to: its number will mean another.
  public func forget(space: UInt32) {
    views.forget(space: space)
  }

  /// Drops everything. No thread may be in translated code then: those that are leave it, and wait.
  public func flush(_ env: UnsafeMutableRawPointer) {
    let flushes = counters.flushes
    waitForStop()
    // Another thread has done it meanwhile.
    if counters.flushes != flushes { return }
    stopOthers()
    table.clear()
    views.clear()
    cursor = stubs.size
    forgetReturns()
    counters.flushes &+= 1
    isStopping = false
    if lock.isShared { lock.announce() }
  }

  /// Waits until no other thread is in translated code, which none enters before `isStopping` is
  /// false again.
  private func stopOthers() {
    guard lock.isShared else { return }
    isStopping = true
    while true {
      var isAlone = true
      for runner in runners where runner.isInside {
        isAlone = false
        word(runner.env, layout.exitRequest).pointee = 1
      }
      if isAlone { return }
      lock.wait()
    }
  }

  /// Makes all other threads leave translated code for good: their process is about to end. The
  /// caller holds the lock once.
  public func stopForGood() {
    waitForStop()
    stopOthers()
  }

  /// Lets a thread finish that waits for the others to leave translated code.
  func waitForStop() {
    while isStopping { lock.wait() }
  }
}
