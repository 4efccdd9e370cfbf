extension UserAddressSpace {
  /// Whether nothing is mapped in a range.
  func isFree(_ start: UInt32, _ size: UInt32) -> Bool {
    let first = Int(start >> 12)
    let end = Int((UInt64(start) &+ UInt64(size)) >> 12)
    return runIsFree(first, end)
  }

  private func runIsFree(_ first: Int, _ end: Int) -> Bool {
    var page = first
    while page < end, page & 7 != 0 {
      if pages[page] != 0 { return false }
      page += 1
    }
    while page + 8 <= end {
      if word(page) != 0 { return false }
      page += 8
    }
    while page < end {
      if pages[page] != 0 { return false }
      page += 1
    }
    return true
  }

  private func word(_ page: Int) -> UInt64 {
    UnsafeRawPointer(pages).load(fromByteOffset: page, as: UInt64.self)
  }

  /// The highest free range of `size` bytes (a multiple of the page size) below the search top;
  /// if there is none, the lowest above it. Nil if the address space is full.
  func findFree(_ size: UInt32) -> UInt32? {
    let wanted = Int(size >> 12)
    let lowest = Int(Self.lowest >> 12)
    skipMappedCandidates(downTo: lowest)
    if let found = searchDown(from: firstCandidate, to: lowest, wanted) { return found }
    return searchUp(from: Int(searchTop >> 12), to: Int(limit >> 12), wanted)
  }

  /// Moves `firstCandidate` down over pages that are mapped.
  private func skipMappedCandidates(downTo lowest: Int) {
    while firstCandidate > lowest, pages[firstCandidate - 1] != 0 { firstCandidate -= 1 }
  }

  /// Says that a range became free.
  func noteFree(_ start: UInt32, _ end: UInt32) {
    guard start < searchTop else { return }
    firstCandidate = max(firstCandidate, Int(min(end, searchTop) >> 12))
  }

  private func searchDown(from top: Int, to lowest: Int, _ wanted: Int) -> UInt32? {
    var end = top
    while end - wanted >= lowest {
      // Look at the candidate [end - wanted, end) from its top; a mapped page moves the end below.
      var page = end
      while page > end - wanted {
        if page & 7 == 0, page - 8 >= end - wanted, word(page - 8) == 0 {
          page -= 8
        } else if pages[page - 1] == 0 {
          page -= 1
        } else {
          break
        }
      }
      if page == end - wanted { return UInt32(truncatingIfNeeded: page << 12) }
      end = page - 1
      while end > lowest, pages[end - 1] != 0 { end -= 1 }
    }
    return nil
  }

  private func searchUp(from bottom: Int, to end: Int, _ wanted: Int) -> UInt32? {
    var start = bottom
    while start + wanted <= end {
      guard let obstacle = (start..<start + wanted).last(where: { pages[$0] != 0 }) else {
        return UInt32(truncatingIfNeeded: start << 12)
      }
      start = obstacle + 1
    }
    return nil
  }
}
