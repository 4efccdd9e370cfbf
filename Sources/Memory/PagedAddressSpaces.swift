import CSys
import Glibc

/// What makes one address space of the guest different from another: sixteen segment registers
/// and the mode.
public struct SpaceIdentity: Equatable {
  /// The segment registers.
  public var segments: InlineArray<16, UInt32>
  /// Everything else that the translation of an address depends on.
  public var mode: UInt32

  public init(segments: InlineArray<16, UInt32>, mode: UInt32) {
    self.segments = segments
    self.mode = mode
  }

  public static func == (a: Self, b: Self) -> Bool {
    guard a.mode == b.mode else { return false }
    for n in 0..<16 where a.segments[n] != b.segments[n] { return false }
    return true
  }
}

/// The page tables that translated code reads (`RegisterAllocation.PageTable` says how), one for
/// each address space that the guest has used lately. Going back to a known address space costs
/// nothing.
///
/// Sound: tables are private mappings of one file that holds empty words; all indexes are page
/// numbers below 2^20, and numbers of spaces below `capacity`.
public final class PagedAddressSpaces {
  /// The most address spaces that are kept.
  public static let capacity = 64
  private static let tableSize = 16 << 20
  private static let storeWords = 1 << 20

  private struct Space {
    var identity: SpaceIdentity
    var table: UnsafeMutablePointer<UInt64>
    var lastUse: UInt64
  }

  private var spaces: [Space] = []
  private var uses: UInt64 = 0
  private let template: Int32
  private let emptyWord: UInt64
  private let arena: UInt
  /// Per page of the arena: the store words that lead to it, as a list in `nodes`.
  private var heads: UnsafeMutablePointer<UInt32>
  private var nodes: [(space: UInt8, page: UInt32, next: UInt32)] = [(0, 0, 0)]
  private static let nodeLimit = 1 << 20
  /// Told of the number of a space that now means another one.
  public var onReuse: ((UInt32) -> Void)?

  /// - Parameters:
  ///   - arena: the lowest host address that words may lead to; they lie within 4 GiB.
  ///   - nowhere: where empty words lead: not accessible for 4 GiB, and for 4 GiB to both sides.
  /// - Throws: the host's error.
  public init(arena: UInt, nowhere: UInt) throws(Errno) {
    self.arena = arena
    emptyWord = UInt64(nowhere) | 1
    let file = memfd_create("lyrebird-pages", MFD_CLOEXEC)
    template = file
    guard file >= 0 else { throw .noMemory }
    let words = [UInt64](repeating: UInt64(nowhere) | 1, count: Self.templateSize / 8)
    let written = words.withUnsafeBytes { pwrite(file, $0.baseAddress, $0.count, 0) }
    let list = mmap(
      nil, 4 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
    guard written == Self.templateSize, let list, list != MAP_FAILED else { throw .noMemory }
    heads = list.assumingMemoryBound(to: UInt32.self)
  }

  private static let templateSize = 2 << 20

  deinit {
    for space in spaces { munmap(space.table, Self.tableSize) }
    munmap(heads, 4 << 20)
    close(template)
  }

  // MARK: Spaces

  /// The number of a space, new or known.
  /// - Throws: the host's error if there is no memory for its table.
  public func number(_ identity: SpaceIdentity) throws(Errno) -> UInt32 {
    uses &+= 1
    if let known = spaces.firstIndex(where: { $0.identity == identity }) {
      spaces[known].lastUse = uses
      return UInt32(known)
    }
    guard spaces.count == Self.capacity else {
      spaces.append(Space(identity: identity, table: try makeTable(), lastUse: uses))
      return UInt32(spaces.count - 1)
    }
    var oldest = 0
    for n in spaces.indices where spaces[n].lastUse < spaces[oldest].lastUse { oldest = n }
    empty(oldest)
    spaces[oldest].identity = identity
    spaces[oldest].lastUse = uses
    onReuse?(UInt32(oldest))
    return UInt32(oldest)
  }

  private func makeTable() throws(Errno) -> UnsafeMutablePointer<UInt64> {
    let place = mmap(
      nil, Self.tableSize, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
    guard let place, place != MAP_FAILED else { throw .noMemory }
    for offset in stride(from: 0, to: Self.tableSize, by: Self.templateSize) {
      let part = mmap(
        place + offset, Self.templateSize, PROT_READ | PROT_WRITE,
        MAP_PRIVATE | MAP_NORESERVE | MAP_FIXED, template, 0)
      guard part != MAP_FAILED else {
        munmap(place, Self.tableSize)
        throw .noMemory
      }
    }
    return place.assumingMemoryBound(to: UInt64.self)
  }

  private func empty(_ number: Int) { madvise(spaces[number].table, Self.tableSize, MADV_DONTNEED) }

  /// The address of a space's table: what `EnvironmentLayout.paging.pageTable` holds.
  public func table(_ number: UInt32) -> UInt64 {
    UInt64(UInt(bitPattern: spaces[Int(number)].table))
  }

  // MARK: Words

  /// Enters the host address of a page (a guest address >> 12) for loads.
  public func setLoad(_ space: UInt32, page: UInt32, host: UnsafeMutableRawPointer) {
    spaces[Int(space)].table[Int(page)] = word(page, host)
  }

  /// Enters the host address of a page for stores.
  public func setStore(_ space: UInt32, page: UInt32, host: UnsafeMutableRawPointer) {
    if nodes.count >= Self.nodeLimit { forgetAll() }
    spaces[Int(space)].table[Self.storeWords + Int(page)] = word(page, host)
    let head = heads + Int((UInt(bitPattern: host) &- arena) >> 12)
    nodes.append((UInt8(truncatingIfNeeded: space), page, head.pointee))
    head.pointee = UInt32(nodes.count - 1)
  }

  private func word(_ page: UInt32, _ host: UnsafeMutableRawPointer) -> UInt64 {
    UInt64(UInt(bitPattern: host)) &- UInt64(page) << 12
  }

  // MARK: Forgetting

  /// Takes a page (a guest address >> 12) out of every space; false if none had it.
  @discardableResult
  public func forget(page: UInt32) -> Bool {
    let page = Int(page)
    var isFound = false
    for space in spaces {
      if space.table[page] != emptyWord {
        space.table[page] = emptyWord
        isFound = true
      }
      let store = Self.storeWords + page
      if space.table[store] != emptyWord {
        space.table[store] = emptyWord
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
      spaces[Int(node.space)].table[Self.storeWords + Int(node.page)] = emptyWord
      n = node.next
    }
    head.pointee = 0
  }

  /// Takes everything out of every space.
  public func forgetAll() {
    for n in spaces.indices { empty(n) }
    madvise(heads, 4 << 20, MADV_DONTNEED)
    nodes.removeSubrange(1...)
  }
}
