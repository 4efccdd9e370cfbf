/// Pages of L2 tables or of refcount blocks in memory: a bounded number, found by their offset in
/// the file. Changes stay in memory until they are written back.
final class TableCache {
  /// Called to have changed pages written when one of them has to make room.
  var writeBack: (() throws(StorageError) -> Void)?

  private let file: HostFile
  private let pageSize: UInt64
  private let memory: UnsafeMutableRawPointer
  private var pages: [Page]
  private var indices: [UInt64: Int] = [:]
  private var hand = 0
  private var dirtyPages: Set<Int> = []
  private var last = -1

  /// A place for a page.
  private struct Page {
    /// Where it is in the file; nil for a free place.
    var offset: UInt64?
    /// Whether it was used since the clock's hand passed it.
    var isReferenced = false
    /// Bit n is set when its 512-byte sector n was changed.
    var dirtySectors: UInt8 = 0
  }

  /// A cache without pages.
  /// - Parameters:
  ///   - pageSize: bytes in a page: a power of two, 512 to 4096.
  ///   - size: bytes of memory for pages.
  init(_ file: HostFile, pageSize: Int, size: Int) {
    self.file = file
    self.pageSize = UInt64(pageSize)
    pages = Array(repeating: Page(), count: max(4, size / pageSize))
    memory = .allocate(byteCount: pages.count * pageSize, alignment: 4096)
  }

  deinit { memory.deallocate() }

  /// Whether there are changes that are not in the file.
  var isDirty: Bool { !dirtyPages.isEmpty }

  /// The byte at an offset of the file. The pointer is good up to the page's end and until the
  /// next call.
  func pointer(_ offset: UInt64) throws(StorageError) -> UnsafeMutableRawPointer {
    let inPage = offset & (pageSize - 1)
    return try address(index(offset - inPage)) + Int(inPage)
  }

  /// The 64-bit number at an offset of the file.
  func number(_ offset: UInt64) throws(StorageError) -> UInt64 {
    UInt64(bigEndian: try pointer(offset).load(as: UInt64.self))
  }

  /// Changes the 64-bit number at an offset of the file.
  func setNumber(_ offset: UInt64, _ number: UInt64) throws(StorageError) {
    try pointer(offset).storeBytes(of: number.bigEndian, as: UInt64.self)
    markDirty(offset)
  }

  /// Says that the sector of an offset, whose pointer was just fetched, was changed.
  func markDirty(_ offset: UInt64) {
    let inPage = offset & (pageSize - 1)
    guard let index = indices[offset - inPage] else { return }
    pages[index].dirtySectors |= 1 << UInt8(inPage / sectorSize)
    dirtyPages.insert(index)
  }

  /// Forgets the pages of a range without writing them.
  func discard(_ range: Range<UInt64>) {
    for offset in stride(from: range.lowerBound, to: range.upperBound, by: Int(pageSize)) {
      guard let index = indices.removeValue(forKey: offset) else { continue }
      pages[index] = Page()
      dirtyPages.remove(index)
    }
    last = -1
  }

  /// Writes all changes to the file, sector by sector as far as they are apart.
  func writeDirty() throws(StorageError) {
    let order = dirtyPages.sorted { (pages[$0].offset ?? 0) < (pages[$1].offset ?? 0) }
    for index in order {
      guard let offset = pages[index].offset else { continue }
      let dirty = pages[index].dirtySectors
      let first = dirty.trailingZeroBitCount
      let end = 8 - dirty.leadingZeroBitCount
      let range = first * Int(sectorSize)..<end * Int(sectorSize)
      try file.write(
        offset + UInt64(range.lowerBound),
        from: UnsafeRawBufferPointer(start: address(index) + range.lowerBound, count: range.count))
      pages[index].dirtySectors = 0
      dirtyPages.remove(index)
    }
  }

  private func address(_ index: Int) -> UnsafeMutableRawPointer { memory + index * Int(pageSize) }

  /// The place of the page at an offset, which is read if it is not there.
  private func index(_ offset: UInt64) throws(StorageError) -> Int {
    if last >= 0, pages[last].offset == offset { return last }
    if let index = indices[offset] {
      pages[index].isReferenced = true
      last = index
      return index
    }
    guard offset <= file.size, pageSize <= file.size - offset else {
      throw StorageError(
        file.path, .corrupt("table at offset \(offset) is beyond the end of the file"))
    }
    let index = try makeRoom()
    try file.read(
      offset, into: UnsafeMutableRawBufferPointer(start: address(index), count: Int(pageSize)))
    pages[index] = Page(offset: offset, isReferenced: true)
    indices[offset] = index
    last = index
    return index
  }

  /// Frees a place: the first, from the clock's hand on, that was not used lately.
  private func makeRoom() throws(StorageError) -> Int {
    while pages[hand].isReferenced {
      pages[hand].isReferenced = false
      hand = (hand + 1) % pages.count
    }
    let index = hand
    hand = (hand + 1) % pages.count
    if pages[index].dirtySectors != 0 { try writeBack?() }
    if pages[index].dirtySectors != 0 { try writeDirty() }
    if let offset = pages[index].offset { indices[offset] = nil }
    pages[index] = Page()
    last = -1
    return index
  }
}
