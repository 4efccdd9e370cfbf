import IR
import RegisterAllocation

/// Making a block: guest, optimizer, allocator, host; then the tables.
extension Translator {
  /// Translates the block at an address and enters it in the table.
  ///
  /// - Parameter isFound: whether it is found there for the same address again.
  func translate(
    _ address: UInt32, _ place: CodePlace, _ runner: Runner, limit: Int? = nil,
    isFound: Bool = true
  ) -> Int {
    var limit = limit ?? limits.instructions
    while true {
      let mixes = limits.mixesFloatModes
      if let number = attempt(address, place, runner.view.key, limit, isFound) { return number }
      let isSame = limits.mixesFloatModes == mixes
      if isSame && allocator.failed && limit > 1 { limit /= 2 } else { flush(runner.env) }
    }
  }

  /// One try: nil if the code buffer is full or the block asks too much of the allocator.
  private func attempt(
    _ address: UInt32, _ place: CodePlace, _ key: UInt32, _ limit: Int, _ isFound: Bool
  ) -> Int? {
    block.clear()
    var limits = limits
    limits.instructions = limit
    limits.first = place.first
    limits.last = place.last
    limits.fusesMultiplyAdd = host.fusesMultiplyAdd
    limits.hasVectors = host.hasVectors
    limits.keepsSingles = keepsSingles
    let code = guest.translate(
      into: block, at: address, key: key, from: memory.codeSource, limits: limits,
      record: record)
    if code.changesFloatMode && !limits.mixesFloatModes {
      // From here on code is made for both, and none is kept that is not.
      self.limits.mixesFloatModes = true
      return nil
    }
    check(block, after: "the guest", at: address)
    let watcher = observer?.wants(address) == true ? observer : nil
    watcher?.madeOps(
      block, address: address, spans: UnsafeBufferPointer(start: record.spans, count: code.spans))
    optimizer.run(block, isShortLived: code.isShortLived)
    check(block, after: "the optimizer", at: address)
    watcher?.optimized(block, address: address)
    allocator.run()
    if allocator.failed { return nil }
    check(allocator, at: address)
    let space = CodeSpace(
      start: buffer.writable + cursor, limit: buffer.writable + buffer.size,
      runtimeAddress: buffer.executable &+ UInt(cursor))
    let linkBase = UInt32(table.links.count)
    let accessBase = UInt32(table.accesses.count)
    guard
      let size = host.emit(
        block, allocator, in: space, linkBase: linkBase, accessBase: accessBase)
    else { return nil }
    let number = enter(address, key, place, size, code, linkBase, isFound)
    if let watcher {
      watcher.emitted(
        table.blocks.base[number],
        code: UnsafeRawBufferPointer(start: space.start, count: size), at: space.runtimeAddress,
        marks: UnsafeBufferPointer(host.marks))
    }
    cursor = (cursor + size + 15) & ~15
    return number
  }

  /// Enters the block just emitted in the tables.
  private func enter(
    _ address: UInt32, _ key: UInt32, _ place: CodePlace, _ size: Int, _ code: TranslatedCode,
    _ linkBase: UInt32, _ isFound: Bool
  ) -> Int {
    let base = UInt32(cursor)
    let marks = host.marks
    let exits = host.exits
    let number = table.insert(
      TranslatedBlock(
        address: address, key: key, physical: place.physical, first: place.first,
        last: place.last, codeOffset: base, codeSize: UInt32(size),
        bodyOffset: UInt32(host.bodyOffset), firstLink: linkBase,
        firstMark: UInt32(table.marks.count), firstSpan: UInt32(table.spans.count),
        firstRecovery: UInt32(table.recoveries.count),
        recoveryCount: UInt32(host.recoveries.count),
        firstWord: code.isChecked ? UInt32(table.words.count) : .max,
        linkCount: UInt16(exits.count), markCount: UInt16(marks.count),
        spanCount: UInt16(code.spans), instructions: UInt16(code.instructions), incoming: 0,
        next: 0, beginsWithAttempt: code.beginsWithAttempt, isInvalid: false), isFound: isFound)
    for access in host.slowAccesses { table.append(access) }
    for mark in marks { table.append(mark) }
    for recovery in host.recoveries { table.append(recovery) }
    for exit in exits {
      table.append(
        Link(
          source: UInt32(number), operand: base + exit.operand, stub: base + exit.stub,
          target: exit.target, linked: 0, nextIncoming: 0, skipsPoll: exit.skipsPoll,
          cache: exit.cache.map {
            InlineCache(
              constant: base + $0.constant, branch: base + $0.branch, byTable: base + $0.byTable)
          }))
    }
    for n in 0..<code.spans { cover(record.spans[n], number, place.physical &- address) }
    if code.isChecked {
      for n in 0..<code.instructions { table.append(record.words[n].word) }
    }
    counters.blocks &+= 1
    counters.instructions &+= code.instructions
    counters.hostBytes &+= size
    return number
  }

  /// Notes the guest code of a block, page by page.
  ///
  /// - Parameter distance: what is added to its addresses to get physical ones.
  private func cover(_ span: TranslatedSpan, _ number: Int, _ distance: UInt32) {
    var first = span.first &+ distance
    let last = span.end &+ distance
    while first != last {
      let nextPage = (first & ~0xfff) &+ 0x1000
      let end = last &- first <= nextPage &- first ? last : nextPage
      table.addSpan(first: first, end: end, block: number)
      memory.markCode(page: first >> 12)
      first = end
    }
  }
}
