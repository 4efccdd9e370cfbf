import Glibc

extension UserAddressSpace {
  /// Says that translations are made from a page (an address >> 12). Until the guest writes there,
  /// the host page is read-only; if there can be no more mappings, it counts as rewritten often.
  public func markCode(page: UInt32) {
    let index = Int(page & 0xf_ffff)
    let flags = PageFlags(rawValue: pages[index])
    guard flags.contains(.mapped), !flags.contains(.code) else { return }
    pages[index] = flags.union(.code).rawValue
    if flags.contains(.writable) && !flags.contains(.rewritten) {
      let place = host(UInt32(index) &<< Page.shift)
      if !canWatch(index) || mprotect(place, Int(Page.size), PROT_READ) != 0 {
        pages[index] |= PageFlags.rewritten.rawValue
      }
    }
  }

  /// Whether a page's host page is read-only because of code.
  private func isWatched(_ page: Int) -> Bool {
    let flags = PageFlags(rawValue: pages[page])
    return flags.isSuperset(of: [.code, .writable]) && !flags.contains(.rewritten)
  }

  private func isBetweenWatched(_ page: Int) -> Bool { isWatched(page - 1) && isWatched(page + 1) }

  /// Whether there can be the mappings that watching a page makes: none beside one that is watched.
  private func canWatch(_ page: Int) -> Bool {
    isWatched(page - 1) || isWatched(page + 1) || (try? checkMappings()) != nil
  }

  /// Answers a write fault: true if the guest may write there and only the protection of code
  /// refused it. The protection is gone then, `onCodeChanged` was told, and the access is to be
  /// made again.
  public func codePageWritten(_ address: UInt32) -> Bool {
    guard flags(at: address).isSuperset(of: [.writable, .mapped]) else { return false }
    guard flags(at: address).contains(.code) else { return false }
    let start = address & ~Page.mask
    rewrites[start, default: 0] += 1
    if rewrites[start, default: 0] > Self.rewriteLimit {
      pages[Int(address >> Page.shift)] |= PageFlags.rewritten.rawValue
      rewrites[start] = nil
    }
    if isBetweenWatched(Int(address >> Page.shift)),
      (try? checkMappings(extra: Self.reservedMappings / 2)) == nil
    {
      // All pages that can be written become one mapping with their neighbours again.
      forgetCode(0, limit, makeWritable: true)
      mayHaveFewerMappings = true
    }
    forgetCode(start, Page.size, makeWritable: true)
    return true
  }

  /// So many write faults on one page of code are answered by protecting it again.
  static let rewriteLimit = 8

  /// Notes that a word on a page that is rewritten often was not what had been translated.
  public func codeDiffers(at address: UInt32) {
    if wordChanges.count >= Self.mostChangingWords { wordChanges = [:] }
    wordChanges[address, default: 0] += 1
  }

  /// Whether a word of code has been another one so often that the next is as likely.
  public func changesOften(_ address: UInt32) -> Bool {
    wordChanges[address, default: 0] > Self.changeLimit
  }

  /// So many changes of one word are answered by translating it anew.
  static let changeLimit = 4
  /// Account is kept of so many words.
  static let mostChangingWords = 1 << 14

  /// Undoes the protection of code in a range that the kernel is about to write into for a system
  /// call. Bytes past the end of the address space are ignored.
  @inlinable
  public func prepareForWrite(_ address: UInt32, _ count: UInt32) {
    if count == 0 { return }
    let last = min(UInt64(address) &+ UInt64(count) &- 1, 0xffff_ffff)
    for page in Int(address >> 12)...Int(last >> 12) where pages[page] & 16 != 0 {
      codeWillBeWritten(page)
    }
  }

  /// The slow part of `prepareForWrite` for one page with code.
  @usableFromInline
  func codeWillBeWritten(_ page: Int) {
    _ = codePageWritten(UInt32(truncatingIfNeeded: page << 12))
  }

  /// Reports every run of code pages in a range and clears their flags.
  func forgetCode(_ start: UInt32, _ size: UInt32, makeWritable: Bool) {
    let end = Int((UInt64(start) &+ UInt64(size)) >> 12)
    var page = Int(start >> 12)
    while page < end {
      guard pages[page] & PageFlags.code.rawValue != 0 else {
        page += 1
        continue
      }
      let first = page
      while page < end, pages[page] & PageFlags.code.rawValue != 0 { page += 1 }
      reportCode(first..<page, makeWritable: makeWritable)
    }
  }

  private func reportCode(_ run: Range<Int>, makeWritable: Bool) {
    let lower = UInt32(truncatingIfNeeded: run.lowerBound << 12)
    onCodeChanged?(lower..<UInt32(truncatingIfNeeded: run.upperBound << 12))
    for page in run {
      pages[page] &= ~PageFlags.code.rawValue
      if makeWritable, pages[page] & PageFlags.writable.rawValue != 0 {
        let address = UInt32(truncatingIfNeeded: page << 12)
        mprotect(host(address), Int(Page.size), PROT_READ | PROT_WRITE)
      }
    }
  }
}
