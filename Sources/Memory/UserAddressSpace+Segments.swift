import CSys
import Glibc

extension UserAddressSpace {
  /// SHM_REMAP: replaces what is mapped, here the reservation.
  private static let remapSegment = 0o40000

  /// Linux's shmat.
  /// - Parameters:
  ///   - identifier: the segment's number.
  ///   - address: the wanted page, 0 for any.
  ///   - count: the segment's bytes.
  ///   - protection: PROT_* bits.
  ///   - replaces: SHM_REMAP: whether other mappings make room.
  ///   - flags: the host's flags of shmat beside that one.
  /// - Returns: where the segment is now.
  /// - Throws: EINVAL where the address is taken, ENOMEM, and the host's errors.
  public func attachSegment(
    _ identifier: Int32, at address: UInt32, _ count: UInt32, protection: UInt32, replaces: Bool,
    flags: Int
  ) throws(Errno) -> UInt32 {
    let size = try checkedSize(address, max(count, 1))
    var start = address
    if address == 0 {
      guard let free = findFree(size) else { throw .noMemory }
      start = free
    }
    guard start >= Self.lowest else { throw .invalid }
    let isFree = isFree(start, size)
    guard isFree || replaces else { throw .invalid }
    try checkMappings()
    if !isFree { forgetCode(start, size, makeWritable: true) }
    let result = csys_kernel(
      Int(SYS_shmat), Int(identifier), Int(bitPattern: host(start)), flags | Self.remapSegment,
      0, 0, 0)
    guard result == Int(bitPattern: host(start)) else {
      throw Errno(Int32(truncatingIfNeeded: -result))
    }
    setFlags(start, size, Self.flags(protection: protection).union(.shared))
    return start
  }

  /// Linux's shmdt: EINVAL if no segment begins at the address.
  ///
  /// The reservation takes the pages back in one step, which is for the segment what a shmdt of the
  /// host's is; with that one, something else of the host's might be mapped here meanwhile.
  public func detachSegment(_ address: UInt32) throws(Errno) {
    let parts = Self.segmentParts(from: UInt(bitPattern: host(address)))
    guard address & Page.mask == 0, !parts.isEmpty else { throw .invalid }
    for part in parts {
      let start = UInt64(part.lowerBound &- base)
      guard start &+ UInt64(part.count) <= UInt64(limit) else { break }
      let size = UInt32(truncatingIfNeeded: part.count)
      forgetCode(UInt32(truncatingIfNeeded: start), size, makeWritable: false)
      release(UInt32(truncatingIfNeeded: start), size)
    }
  }

  /// The host's mappings of the segment whose first byte is, or was, at an address: those whose
  /// offset in the segment is their distance from there.
  private static func segmentParts(from address: UInt) -> [Range<UInt>] {
    var parts: [Range<UInt>] = []
    var node: Substring?
    for line in contents(of: "/proc/self/maps").split(separator: "\n") {
      // start-end access offset device inode name
      let words = line.split(separator: " ", maxSplits: 5, omittingEmptySubsequences: true)
      let ends = words[0].split(separator: "-").compactMap { UInt($0, radix: 16) }
      guard words.count == 6, ends.count == 2, ends[0] >= address,
        words[5].drop(while: { $0 == " " }).hasPrefix("/SYSV"),
        UInt(words[2], radix: 16) == ends[0] &- address, node == nil || node == words[4]
      else { continue }
      node = words[4]
      parts.append(ends[0]..<ends[1])
    }
    return parts
  }
}

extension UserAddressSpace {
  /// Linux's remap_file_pages: other pages of a shared mapping's file in a part of it. Always 0.
  /// - Parameters:
  ///   - offset: the file's page.
  ///   - flags: MAP_NONBLOCK or 0.
  /// - Throws: EINVAL where no shared mapping is, and the host's errors.
  public func remapFilePages(
    _ start: UInt32, _ count: UInt32, offset: Int, flags: Int
  ) throws(Errno) -> Int {
    let first = start & ~Page.mask
    let size = count & ~Page.mask
    guard size != 0, UInt64(first) &+ UInt64(size) <= UInt64(limit) else { throw .invalid }
    let shared = PageFlags([.mapped, .shared]).rawValue
    for page in Int(first >> 12)..<Int((UInt64(first) &+ UInt64(size)) >> 12) {
      guard pages[page] & shared == shared else { throw .invalid }
    }
    try checkMappings()
    forgetCode(first, size, makeWritable: true)
    let result = csys_kernel(
      Int(SYS_remap_file_pages), Int(bitPattern: host(first)), Int(size), 0, offset, flags, 0)
    guard result == 0 else { throw Errno(Int32(truncatingIfNeeded: -result)) }
    return 0
  }
}
