import Glibc

extension UserAddressSpace {
  /// Says that translations are made from a page (an address >> 12). Until the guest writes there,
  /// the host page is read-only.
  public func markCode(page: UInt32) {
    let index = Int(page & 0xf_ffff)
    let flags = PageFlags(rawValue: pages[index])
    guard flags.contains(.mapped), !flags.contains(.code) else { return }
    pages[index] = flags.union(.code).rawValue
    if flags.contains(.writable) && !flags.contains(.rewritten) {
      mprotect(host(UInt32(index) &<< Page.shift), Int(Page.size), PROT_READ)
    }
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
    forgetCode(start, Page.size, makeWritable: true)
    return true
  }

  /// So many write faults on one page of code are answered by protecting it again.
  static let rewriteLimit = 8

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
      onFirstWrite?(UInt32(truncatingIfNeeded: page << 12))
      pages[page] &= ~PageFlags.code.rawValue
      if makeWritable, pages[page] & PageFlags.writable.rawValue != 0 {
        let address = UInt32(truncatingIfNeeded: page << 12)
        mprotect(host(address), Int(Page.size), PROT_READ | PROT_WRITE)
      }
    }
  }

  /// From now on `onWrite` is told of each page that is the guest's alone, by its address, before
  /// something is stored there for the first time, or it is mapped anew. Such pages are protected
  /// as pages of code are.
  public func watchWrites(_ onWrite: @escaping (UInt32) -> Void) {
    onFirstWrite = onWrite
    for (start, end, flags) in ranges() {
      guard flags.contains(.writable), !flags.contains(.shared) else { continue }
      for page in Int(start >> 12)..<Int(end >> 12) {
        pages[page] = pages[page] & ~PageFlags.rewritten.rawValue | PageFlags.code.rawValue
      }
      mprotect(host(start), Int(end &- UInt64(start)), PROT_READ)
    }
  }

  /// Nobody is told any more.
  public func endWatchingWrites() { onFirstWrite = nil }
}
