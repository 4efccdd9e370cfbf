import CSys
import Glibc

/// What the translation of the addresses of one segment (a sixteenth of the address space) depends
/// on, as a number.
public typealias SegmentKey = UInt64

/// The page tables that translated code reads (`RegisterAllocation.PageTable` says how), one for
/// each address space that the guest has used lately.
///
/// A table is made of sixteen sections, one for each segment. Address spaces whose segments are
/// translated alike share a section, such as that of the kernel: a switch to a new address space
/// finds what is known of the kernel in place, and one to a known address space costs nothing.
///
/// Sound: windows are ranges of our own, sixteen sections each; indexes are page numbers below
/// 2^20, numbers of spaces below `capacity`, numbers of sections given out here.
public final class PagedAddressSpaces {
  /// The most address spaces that are kept.
  public static let capacity = 64
  private static let sectionCapacity = 1024
  /// Words of a section's half: the pages of a segment.
  private static let pages = 1 << 16
  /// Bytes of the table for loads, and of both.
  private static let half = 8 << 20, windowSize = 16 << 20

  /// An address space. `shown` says, bit by bit, which of its sections its window shows already;
  /// the rest of the window is zeros that nobody writes.
  private struct Space {
    var keys: InlineArray<16, SegmentKey>
    var sections: InlineArray<16, UInt16>
    var shown: UInt16
    let window: UnsafeMutableRawPointer
    var lastUse: UInt64
    /// Its number: its place plus a multiple of `capacity`, new for each address space.
    var number: UInt32
  }

  private let storage: SharedSections
  private let spaces: UnsafeMutablePointer<Space>
  private var count = 0
  /// Sections by the key of their segment, for each of the sixteen.
  private var sections: [[SegmentKey: UInt16]] = Array(repeating: [:], count: 16)
  /// The sections of each segment.
  private var members: [[UInt16]] = Array(repeating: [], count: 16)
  /// Two words for each section: a bit for each 512 pages that had words.
  private let touched: UnsafeMutablePointer<UInt64>
  private var uses: UInt64 = 0
  private var made: UInt32 = 0
  private let arena: UInt
  /// Per page of the arena: the store words that lead to it, as a list in `nodes`.
  private let heads: UnsafeMutablePointer<UInt32>
  private var nodes: [Node] = [Node(word: nil, next: 0)]
  private static let nodeLimit = 1 << 20
  /// Told of the number of a space that now means another one.
  public var onReuse: ((UInt32) -> Void)?

  private struct Node {
    let word: UnsafeMutablePointer<UInt64>?
    let next: UInt32
  }

  /// - Parameter arena: the lowest host address that words may lead to; they lie within 4 GiB.
  /// - Throws: the host's error.
  public init(arena: UInt) throws(Errno) {
    self.arena = arena
    storage = try SharedSections(size: 2 * 8 * Self.pages, capacity: Self.sectionCapacity)
    let list = mmap(
      nil, 4 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
    guard let list, list != MAP_FAILED else { throw .noMemory }
    heads = list.assumingMemoryBound(to: UInt32.self)
    spaces = .allocate(capacity: Self.capacity)
    touched = .allocate(capacity: 2 * Self.sectionCapacity)
    touched.initialize(repeating: 0, count: 2 * Self.sectionCapacity)
  }

  deinit {
    for n in 0..<count { munmap(spaces[n].window, Self.windowSize) }
    spaces.deallocate()
    munmap(heads, 4 << 20)
    touched.deallocate()
  }

  // MARK: Spaces

  /// The number of the space whose segments have these keys, new or known.
  /// - Throws: the host's error if there is no memory for its table.
  public func number(_ keys: InlineArray<16, SegmentKey>) throws(Errno) -> UInt32 {
    uses &+= 1
    for n in 0..<count where areEqual(&spaces[n].keys, keys) {
      spaces[n].lastUse = uses
      return spaces[n].number
    }
    var wanted = InlineArray<16, UInt16>(repeating: 0)
    for segment in 0..<16 {
      guard let section = section(segment, keys[segment]) else {
        reset()
        return try number(keys)
      }
      wanted[segment] = section
    }
    let place = try room()
    made &+= 1
    spaces[place].keys = keys
    spaces[place].sections = wanted
    spaces[place].lastUse = uses
    spaces[place].number = made &* UInt32(Self.capacity) &+ UInt32(place)
    return spaces[place].number
  }

  /// User segments differ most.
  @inline(__always)
  private func areEqual(
    _ a: inout InlineArray<16, SegmentKey>, _ b: InlineArray<16, SegmentKey>
  ) -> Bool {
    for n in 0..<16 where a[n] != b[n] { return false }
    return true
  }

  private func place(_ number: UInt32) -> Int { Int(number) % Self.capacity }

  private static func areEqual(
    _ a: InlineArray<16, SegmentKey>, _ b: InlineArray<16, SegmentKey>
  ) -> Bool {
    // User segments differ most.
    for n in 0..<16 where a[n] != b[n] { return false }
    return true
  }

  /// The keys of a space's segments.
  public func keys(_ number: UInt32) -> InlineArray<16, SegmentKey> { spaces[place(number)].keys }

  private func section(_ segment: Int, _ key: SegmentKey) -> UInt16? {
    if let known = sections[segment][key] { return known }
    guard let new = storage.take().map({ UInt16($0) }) else { return nil }
    sections[segment][key] = new
    members[segment].append(new)
    return new
  }

  /// A space to be filled: a new one, or the one that was not used for the longest time.
  private func room() throws(Errno) -> Int {
    if count == Self.capacity {
      var oldest = 0
      for n in 0..<count where spaces[n].lastUse < spaces[oldest].lastUse { oldest = n }
      onReuse?(spaces[oldest].number)
      _ = try window(at: spaces[oldest].window)
      spaces[oldest].shown = 0
      return oldest
    }
    let place = try window(at: nil)
    (spaces + count).initialize(
      to: Space(
        keys: InlineArray(repeating: 0), sections: InlineArray(repeating: 0), shown: 0,
        window: place, lastUse: 0, number: 0))
    count += 1
    return count - 1
  }

  /// A window of zeros, somewhere or in the place of an old one.
  private func window(
    at place: UnsafeMutableRawPointer?
  ) throws(Errno) -> UnsafeMutableRawPointer {
    let flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | (place == nil ? 0 : MAP_FIXED)
    let made = mmap(place, Self.windowSize, PROT_READ, flags, -1, 0)
    guard let made, made != MAP_FAILED else { throw .noMemory }
    return made
  }

  /// Makes the window of a space show the section of a segment.
  private func show(_ segment: Int, in place: Int) {
    let bit: UInt16 = 1 << UInt16(segment)
    guard spaces[place].shown & bit == 0 else { return }
    let bytes = 8 * Self.pages
    let section = Int(spaces[place].sections[segment])
    var isShown = true
    for half in 0..<2 {
      let place = spaces[place].window + half * Self.half + segment * bytes
      isShown = storage.map(section, offset: half * bytes, size: bytes, at: place) && isShown
    }
    // If the host refuses, accesses stay slow.
    if isShown { spaces[place].shown |= bit }
  }

  /// Begins anew, when there are no sections left.
  private func reset() {
    for n in 0..<count {
      onReuse?(spaces[n].number)
      munmap(spaces[n].window, Self.windowSize)
    }
    count = 0
    sections = Array(repeating: [:], count: 16)
    members = Array(repeating: [], count: 16)
    storage.reset()
    forgetMarks()
  }

  /// The address of a space's table: what `EnvironmentLayout.paging.pageTable` holds.
  public func table(_ number: UInt32) -> UInt64 {
    UInt64(UInt(bitPattern: spaces[place(number)].window))
  }

  // MARK: Words

  /// The word of a page for loads; that for stores lies `pages` further.
  private func word(_ section: UInt16, _ page: UInt32) -> UnsafeMutablePointer<UInt64> {
    storage.bytes(Int(section)).assumingMemoryBound(to: UInt64.self) + Int(page & 0xffff)
  }

  /// The word of `touched` and the bit in it for a page.
  private func mark(_ section: UInt16, _ page: UInt32) -> (UnsafeMutablePointer<UInt64>, UInt64) {
    let group = page >> 9 & 127
    return (touched + 2 * Int(section) + Int(group >> 6), 1 << UInt64(group & 63))
  }

  /// The section that a new word of a page goes into; the space shows it from now on.
  private func section(of page: UInt32, in space: UInt32) -> UInt16 {
    let segment = Int(page >> 16 & 15)
    show(segment, in: place(space))
    let section = spaces[place(space)].sections[segment]
    let (group, bit) = mark(section, page)
    group.pointee |= bit
    return section
  }

  private func value(_ page: UInt32, _ host: UnsafeMutableRawPointer) -> UInt64 {
    UInt64(UInt(bitPattern: host)) &- UInt64(page) << 12 | 1
  }

  /// Enters the host address of a page (a guest address >> 12) for loads.
  public func setLoad(_ space: UInt32, page: UInt32, host: UnsafeMutableRawPointer) {
    let section = section(of: page, in: space)
    word(section, page).pointee = value(page, host)
  }

  /// Enters the host address of a page for stores.
  public func setStore(_ space: UInt32, page: UInt32, host: UnsafeMutableRawPointer) {
    if nodes.count >= Self.nodeLimit { forgetAll() }
    let section = section(of: page, in: space)
    let place = word(section, page) + Self.pages
    place.pointee = value(page, host)
    let head = heads + Int((UInt(bitPattern: host) &- arena) >> 12)
    nodes.append(Node(word: place, next: head.pointee))
    head.pointee = UInt32(nodes.count - 1)
  }

  /// The host address of a page, if it was entered for loads.
  public func load(_ space: UInt32, page: UInt32) -> UnsafeMutableRawPointer? {
    Self.host(page, word(spaces[place(space)].sections[Int(page >> 16 & 15)], page).pointee)
  }

  /// The host address of a page, if it was entered for stores.
  public func store(_ space: UInt32, page: UInt32) -> UnsafeMutableRawPointer? {
    Self.host(page, word(spaces[place(space)].sections[Int(page >> 16 & 15)], page)[Self.pages])
  }

  private static func host(_ page: UInt32, _ word: UInt64) -> UnsafeMutableRawPointer? {
    guard word != 0 else { return nil }
    return UnsafeMutableRawPointer(bitPattern: UInt(word &- 1 &+ UInt64(page) << 12))
  }

  // MARK: Forgetting

  /// Takes a page (a guest address >> 12) out of every space; false if none had it.
  @discardableResult
  public func forget(page: UInt32) -> Bool {
    var isFound = false
    for section in members[Int(page >> 16 & 15)] {
      let (group, bit) = mark(section, page)
      if group.pointee & bit == 0 { continue }
      let place = word(section, page)
      if place.pointee != 0 {
        place.pointee = 0
        isFound = true
      }
      if place[Self.pages] != 0 {
        place[Self.pages] = 0
        isFound = true
      }
    }
    return isFound
  }

  /// Takes out every store word that leads to a page of memory.
  public func forgetStores(to host: UnsafeMutableRawPointer) {
    let head = heads + Int((UInt(bitPattern: host) &- arena) >> 12)
    var n = head.pointee
    while n != 0 {
      let node = nodes[Int(n)]
      node.word?.pointee = 0
      n = node.next
    }
    head.pointee = 0
  }

  /// Takes everything out of every space.
  public func forgetAll() {
    storage.clear()
    forgetMarks()
  }

  private func forgetMarks() {
    touched.update(repeating: 0, count: 2 * Self.sectionCapacity)
    madvise(heads, 4 << 20, MADV_DONTNEED)
    nodes.removeSubrange(1...)
  }
}
