import CSys
import Glibc

extension UserAddressSpace {
  /// The flags of a page under a protection (PROT_*). Any access allows loads.
  static func flags(protection: UInt32) -> PageFlags {
    var flags: PageFlags = [.mapped]
    if protection & 7 != 0 { flags.insert(.readable) }
    if protection & MapFlags.write != 0 { flags.insert(.writable) }
    if protection & MapFlags.execute != 0 { flags.insert(.executable) }
    return flags
  }

  /// The host's protection: guest code is read, never run, by the host.
  static func hostProtection(_ protection: UInt32) -> Int32 {
    if protection & MapFlags.write != 0 { return PROT_READ | PROT_WRITE }
    return protection & 7 != 0 ? PROT_READ : PROT_NONE
  }

  func setFlags(_ start: UInt32, _ size: UInt32, _ flags: PageFlags) {
    memset(pages + Int(start >> 12), Int32(flags.rawValue), Int(size >> 12))
  }

  /// The page-rounded size of a range that lies in the mappable part of the address space.
  func checkedSize(_ start: UInt32, _ count: UInt32) throws(Errno) -> UInt32 {
    let size = Page.roundUp(UInt64(count))
    guard UInt64(start) &+ size <= UInt64(limit) else { throw .noMemory }
    return UInt32(truncatingIfNeeded: size)
  }

  /// Linux's mmap.
  /// - Parameters:
  ///   - hint: the wanted address; must be met with MAP_FIXED and MAP_FIXED_NOREPLACE.
  ///   - count: bytes; rounded up to pages.
  ///   - protection: PROT_* bits.
  ///   - flags: MAP_* bits with x86-64's numbers.
  ///   - descriptor: the host's file descriptor, ignored with MAP_ANONYMOUS.
  ///   - offset: the byte in the file, a multiple of the page size.
  /// - Returns: the guest address.
  /// - Throws: what Linux gives: EINVAL, ENOMEM, EEXIST, EPERM, and what the host's mmap gives.
  public func map(
    _ hint: UInt32, _ count: UInt32, protection: UInt32, flags: UInt32, descriptor: Int32 = -1,
    offset: Int64 = 0
  ) throws(Errno) -> UInt32 {
    guard count != 0, offset & 4095 == 0 else { throw .invalid }
    let type = flags & MapFlags.typeMask
    guard type >= 1 && type <= 3 else { throw .invalid }
    let start = try place(hint, count, flags)
    let size = try checkedSize(start, count)
    let replaces = !isFree(start, size)
    try checkLimit(size &- (replaces ? mappedSize(start, size) : 0))
    try checkMappings()
    if replaces {
      mayHaveFewerMappings = true
      forgetCode(start, size, makeWritable: false)
    }
    let hostFlags =
      Int32(bitPattern: flags & ~MapFlags.fixedNoReplace) & ~MAP_GROWSDOWN | MAP_FIXED
    let place = mmap(
      host(start), Int(size), Self.hostProtection(protection), hostFlags,
      flags & MapFlags.anonymous != 0 ? -1 : descriptor, Int(offset))
    guard place != MAP_FAILED else {
      let error = Errno(csys_errno())
      if !replaces || error == .noMemory || error.rawValue == ENODEV { release(start, size) }
      throw error
    }
    var pageFlags = Self.flags(protection: protection)
    if flags & MapFlags.anonymous != 0 { pageFlags.insert(.anonymous) }
    if type != MapFlags.private { pageFlags.insert(.shared) }
    setFlags(start, size, pageFlags)
    return start
  }

  /// Decides the address of a new mapping.
  private func place(_ hint: UInt32, _ count: UInt32, _ flags: UInt32) throws(Errno) -> UInt32 {
    let isExact = flags & (MapFlags.fixed | MapFlags.fixedNoReplace) != 0
    if isExact {
      guard hint & Page.mask == 0 else { throw .invalid }
      let size = try checkedSize(hint, count)
      guard hint >= Self.lowest else { throw .notPermitted }
      if flags & MapFlags.fixedNoReplace != 0, !isFree(hint, size) { throw .exists }
      return hint
    }
    return try placeHinted(hint, count)
  }

  /// The hinted address if it is free, else one that is found.
  func placeHinted(_ hint: UInt32, _ count: UInt32) throws(Errno) -> UInt32 {
    let size = try checkedSize(0, count)
    let wanted = UInt32(truncatingIfNeeded: min(Page.roundUp(UInt64(hint)), 0xffff_f000))
    if hint != 0, wanted >= Self.lowest, UInt64(wanted) &+ UInt64(size) <= UInt64(limit),
      isFree(wanted, size)
    {
      return wanted
    }
    guard let found = findFree(size) else { throw .noMemory }
    return found
  }

  /// Gives host pages back to the reservation and clears their flags.
  func release(_ start: UInt32, _ size: UInt32) {
    mmap(
      host(start), Int(size), PROT_NONE,
      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0)
    memset(pages + Int(start >> 12), 0, Int(size >> 12))
    noteFree(start, start &+ size)
    mayHaveFewerMappings = true
  }

  /// Linux's munmap. Ranges that are not mapped are no error. ENOMEM where the middle of a mapping
  /// would have to go, and there can be no more of them.
  public func unmap(_ start: UInt32, _ count: UInt32) throws(Errno) {
    guard start & Page.mask == 0, count != 0 else { throw .invalid }
    guard Page.roundUp(UInt64(count)) &+ UInt64(start) <= UInt64(limit) else { throw .invalid }
    let size = try checkedSize(start, count)
    guard start >= Self.lowest else { return }
    let first = Int(start >> 12)
    if pages[first - 1] != 0, pages[first + Int(size >> 12)] != 0 {
      try checkMappings(extra: Self.reservedMappings / 2)
    }
    forgetCode(start, size, makeWritable: false)
    release(start, size)
  }

  /// What mprotect is to change: with PROT_GROWSDOWN also all below, in a mapping that grows so. None
  /// grows upwards.
  private func protectedRange(
    _ start: UInt32, _ size: UInt32, _ protection: UInt32
  ) throws(Errno) -> (start: UInt32, size: UInt32) {
    if protection & 0x0300_0000 == 0 { return (start, size) }
    guard protection & 0x0200_0000 == 0, stack.contains(start) else { throw .invalid }
    return (stack.lowerBound, start &+ size &- stack.lowerBound)
  }

  /// Linux's mprotect: ENOMEM if a page of the range is not mapped (the pages before it change).
  public func protect(_ start: UInt32, _ count: UInt32, protection: UInt32) throws(Errno) {
    guard start & Page.mask == 0, protection & ~0x0300_000f == 0 else { throw .invalid }
    if count == 0 { return }
    let (start, size) = try protectedRange(start, checkedSize(start, count), protection)
    let first = Int(start >> 12)
    let end = first + Int(size >> 12)
    let hole = (first..<end).first { pages[$0] == 0 } ?? end
    guard hole > first else { throw .noMemory }
    try checkMappings()
    mayHaveFewerMappings = true
    let covered = UInt32(truncatingIfNeeded: (hole - first) << 12)
    forgetCode(start, covered, makeWritable: false)
    let result = mprotect(host(start), Int(covered), Self.hostProtection(protection))
    guard result == 0 else { throw Errno(csys_errno()) }
    let access = Self.flags(protection: protection).rawValue
    let kept = ~PageFlags.access.rawValue
    for page in first..<hole { pages[page] = pages[page] & kept | access }
    guard hole == end else { throw .noMemory }
  }

  /// Linux's brk: moves the end of the heap if that is possible, and returns where it is.
  public func setHeapEnd(_ wanted: UInt32) -> UInt32 {
    guard wanted >= heapStart, heapStart != 0 else { return heapEnd }
    let oldEnd = Page.roundUp(UInt64(heapEnd))
    let newEnd = Page.roundUp(UInt64(wanted))
    guard newEnd <= UInt64(limit) else { return heapEnd }
    let old = UInt32(truncatingIfNeeded: oldEnd)
    if newEnd > oldEnd {
      let flags = MapFlags.private | MapFlags.anonymous | MapFlags.fixedNoReplace
      let size = UInt32(truncatingIfNeeded: newEnd &- oldEnd)
      guard (try? map(old, size, protection: 3, flags: flags)) != nil else { return heapEnd }
    } else if newEnd < oldEnd {
      let start = UInt32(truncatingIfNeeded: newEnd)
      forgetCode(start, old &- start, makeWritable: false)
      release(start, old &- start)
    }
    heapEnd = wanted
    return wanted
  }
}
