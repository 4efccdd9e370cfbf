import CSys
import Glibc

extension UserAddressSpace {
  /// The host's view of a page range, checked as madvise, msync, mlock and mincore do.
  private func checkedRange(_ start: UInt32, _ count: UInt32) throws(Errno) -> UInt32 {
    guard start & Page.mask == 0 else { throw .invalid }
    return try checkedSize(start, count)
  }

  private func hasHole(_ start: UInt32, _ size: UInt32) -> Bool {
    let first = Int(start >> 12)
    return (first..<first + Int(size >> 12)).contains { pages[$0] == 0 }
  }

  /// Linux's madvise; the advice's numbers are the same on both sides. ENOMEM for unmapped pages.
  public func advise(_ start: UInt32, _ count: UInt32, advice: Int32) throws(Errno) {
    let size = try checkedRange(start, count)
    if size == 0 { return }
    let discards: Set<Int32> = [4, 8, 9]
    if discards.contains(advice) { forgetCode(start, size, makeWritable: true) }
    let hole = hasHole(start, size)
    if hole, discards.contains(advice) { throw .noMemory }
    try checkMappings()
    try check(
      csys_kernel(
        Int(SYS_madvise), Int(bitPattern: host(start)), Int(size), Int(advice), 0, 0, 0))
    if hole { throw .noMemory }
  }

  /// Linux's msync. ENOMEM for unmapped pages.
  public func synchronize(_ start: UInt32, _ count: UInt32, flags: Int32) throws(Errno) {
    let size = try checkedRange(start, count)
    if hasHole(start, size) { throw .noMemory }
    try check(
      csys_kernel(Int(SYS_msync), Int(bitPattern: host(start)), Int(size), Int(flags), 0, 0, 0))
  }

  /// Linux's mincore: one byte a page at guest address `vector`. ENOMEM for unmapped pages.
  public func residency(_ start: UInt32, _ count: UInt32, vector: UInt32) throws(Errno) {
    let size = try checkedRange(start, count)
    if hasHole(start, size) { throw .noMemory }
    guard isAccessible(vector, size >> 12, .writable) else { throw .fault }
    prepareForWrite(vector, size >> 12)
    try check(
      csys_kernel(
        Int(SYS_mincore), Int(bitPattern: host(start)), Int(size), Int(bitPattern: host(vector)),
        0, 0, 0))
  }

  /// Linux's mlock and munlock. ENOMEM for unmapped pages.
  public func lock(_ start: UInt32, _ count: UInt32, _ isLocked: Bool) throws(Errno) {
    let first = start & ~Page.mask
    let size = try checkedSize(first, count &+ (start & Page.mask))
    if size == 0 { return }
    if hasHole(first, size) { throw .noMemory }
    try checkMappings()
    let call = Int(isLocked ? SYS_mlock : SYS_munlock)
    try check(csys_kernel(call, Int(bitPattern: host(first)), Int(size), 0, 0, 0, 0))
  }

  private func check(_ result: Int) throws(Errno) {
    if result < 0 { throw Errno(Int32(truncatingIfNeeded: -result)) }
  }

  /// The mapped ranges in ascending order, neighbours with equal flags joined.
  public func ranges() -> [(start: UInt32, end: UInt64, flags: PageFlags)] {
    var result: [(start: UInt32, end: UInt64, flags: PageFlags)] = []
    var page = Int(Self.lowest >> 12)
    let end = Int(limit >> 12)
    while page < end {
      // Most pages are not there: eight at a time.
      if page & 7 == 0, UnsafeRawPointer(pages + page).load(as: UInt64.self) == 0 {
        page += 8
        continue
      }
      let flags = PageFlags(rawValue: pages[page]).subtracting(.code)
      let first = page
      page += 1
      if flags.isEmpty { continue }
      while page < end, PageFlags(rawValue: pages[page]).subtracting(.code) == flags { page += 1 }
      result.append((UInt32(truncatingIfNeeded: first << 12), UInt64(page) << 12, flags))
    }
    return result
  }
}
