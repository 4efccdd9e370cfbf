import CSys
import Glibc

extension UserAddressSpace {
  /// Linux's mremap.
  /// - Parameters:
  ///   - start: a page address in a mapping.
  ///   - oldCount: its bytes; 0 makes a second mapping of a shared one.
  ///   - newCount: the wanted bytes, not 0.
  ///   - flags: MREMAP_MAYMOVE, MREMAP_FIXED, MREMAP_DONTUNMAP.
  ///   - newAddress: the wanted place with MREMAP_FIXED.
  /// - Returns: where the mapping is now.
  /// - Throws: EINVAL, EFAULT (not mapped), ENOMEM, and the host's errors.
  public func remap(
    _ start: UInt32, _ oldCount: UInt32, _ newCount: UInt32, flags: UInt32, newAddress: UInt32
  ) throws(Errno) -> UInt32 {
    let isFixed = flags & MapFlags.remapFixed != 0
    guard flags & ~7 == 0, start & Page.mask == 0, newCount != 0 else { throw .invalid }
    if flags & (MapFlags.remapFixed | MapFlags.doNotUnmap) != 0 {
      guard flags & MapFlags.mayMove != 0 else { throw .invalid }
    }
    guard Page.roundUp(UInt64(newCount)) <= UInt64(limit) else { throw .invalid }
    let newSize = UInt32(truncatingIfNeeded: Page.roundUp(UInt64(newCount)))
    let oldSize = try checkedSize(start, oldCount)
    try checkSource(start, oldSize)
    if newSize > oldSize { try checkLimit(newSize &- oldSize) }
    try checkMappings()
    mayHaveFewerMappings = true
    forgetCode(start, oldSize, makeWritable: true)
    if isFixed {
      return try move(start, oldSize, newSize, to: newAddress, flags)
    }
    if flags & MapFlags.doNotUnmap == 0, oldSize != 0 {
      if newSize <= oldSize {
        if newSize < oldSize { release(start &+ newSize, oldSize &- newSize) }
        return start
      }
      if growInPlace(start, oldSize, newSize) { return start }
    }
    guard flags & MapFlags.mayMove != 0 else { throw .noMemory }
    // With MREMAP_DONTUNMAP the new address is a hint, as mmap's.
    let hint = flags & MapFlags.doNotUnmap != 0 ? newAddress : 0
    let place = try placeHinted(hint, newSize)
    return try move(start, oldSize, newSize, to: place, flags)
  }

  /// Every page of the source must be mapped.
  private func checkSource(_ start: UInt32, _ size: UInt32) throws(Errno) {
    let first = Int(start >> 12)
    for page in first..<first + max(Int(size >> 12), 1) where pages[page] == 0 { throw .fault }
  }

  /// Grows a mapping if the pages behind it are free. The reservation there makes room first.
  private func growInPlace(_ start: UInt32, _ oldSize: UInt32, _ newSize: UInt32) -> Bool {
    let end = start &+ oldSize
    let growth = newSize &- oldSize
    guard UInt64(end) &+ UInt64(growth) <= UInt64(limit), isFree(end, growth) else { return false }
    munmap(host(end), Int(growth))
    let result = csys_kernel(
      Int(SYS_mremap), Int(bitPattern: host(start)), Int(oldSize), Int(newSize), 0, 0, 0)
    guard result == Int(bitPattern: host(start)) else {
      release(end, growth)
      return false
    }
    let last = PageFlags(rawValue: pages[Int(end >> 12) - 1])
    setFlags(end, growth, last)
    return true
  }

  private func move(
    _ start: UInt32, _ oldSize: UInt32, _ newSize: UInt32, to place: UInt32, _ flags: UInt32
  ) throws(Errno) -> UInt32 {
    guard place & Page.mask == 0, place >= Self.lowest else { throw .invalid }
    guard UInt64(place) &+ UInt64(newSize) <= UInt64(limit) else { throw .invalid }
    let sourceEnd = UInt64(start) &+ UInt64(oldSize)
    let placeEnd = UInt64(place) &+ UInt64(newSize)
    guard placeEnd <= UInt64(start) || sourceEnd <= UInt64(place) else { throw .invalid }
    forgetCode(place, newSize, makeWritable: false)
    let keeps = flags & MapFlags.doNotUnmap
    let result = csys_kernel(
      Int(SYS_mremap), Int(bitPattern: host(start)), Int(oldSize), Int(newSize),
      Int(MapFlags.mayMove | MapFlags.remapFixed | keeps), Int(bitPattern: host(place)), 0)
    guard result == Int(bitPattern: host(place)) else {
      if !isFree(place, newSize) { release(place, newSize) }
      throw Errno(Int32(truncatingIfNeeded: -result))
    }
    let kept = min(oldSize, newSize)
    let from = pages + Int(start >> 12)
    let last = PageFlags(rawValue: from[max(Int(oldSize >> 12), 1) - 1])
    memmove(pages + Int(place >> 12), from, Int(kept >> 12))
    setFlags(place &+ kept, newSize &- kept, last)
    if keeps == 0, oldSize != 0 { release(start, oldSize) }
    return place
  }
}
