import IR
import RegisterAllocation

/// A translated block.
public struct TranslatedBlock {
  /// The guest address and the mode bits that it was translated for.
  public var address, key: UInt32
  /// Where its code is, and the addresses around it for which that holds: see `CodePlace`.
  public var physical, first, last: UInt32
  /// Where its code starts in the code buffer, its size, and the size of its head (the poll).
  public var codeOffset, codeSize, bodyOffset: UInt32
  /// Its jumps, its instruction marks and the guest code that it covers: where each starts in its
  /// table.
  public var firstLink, firstMark, firstSpan: UInt32
  /// What is recovered after faults: where it starts in its table, and how much there is.
  public var firstRecovery, recoveryCount: UInt32
  /// Where its words start in their table, if the block checks its code; else `UInt32.max`.
  public var firstWord: UInt32
  /// How many jumps, marks and runs of guest code there are.
  public var linkCount, markCount, spanCount: UInt16
  /// Number of guest instructions.
  public var instructions: UInt16
  /// The first of the jumps that are linked to it, plus one.
  public var incoming: UInt32
  /// The next block in the same chain of the hash table, plus one.
  public var next: UInt32
  /// Whether it begins with an attempt: see `TranslatedCode.beginsWithAttempt`.
  public var beginsWithAttempt: Bool
  /// Not to be found or entered any more.
  public var isInvalid: Bool
}

/// A direct jump of a translated block.
struct Link {
  /// The block that it belongs to.
  var source: UInt32
  /// Its operand and its stub, as offsets in the code buffer.
  var operand, stub: UInt32
  /// The guest address that it wants.
  var target: UInt32
  /// The block that it goes to, plus one.
  var linked: UInt32
  /// The next jump that goes to the same block, plus one.
  var nextIncoming: UInt32
  var skipsPoll: Bool
  /// The parts of a computed call's cache, as offsets in the code buffer.
  var cache: InlineCache?
}

/// Guest code that a block covers: a run of words within one page, by physical address.
struct Span {
  var first, end: UInt32
  var block: UInt32
  /// The next span on the same page, plus one.
  var next: UInt32
}

/// All translated blocks: found by address and key, by host address, and by guest page.
///
/// Everything is a trivial record in flat storage; entries are numbered, zero means none, and
/// only `clear` frees.
final class BlockTable {
  private(set) var blocks: Arena<TranslatedBlock>
  private(set) var links: Arena<Link>
  private(set) var marks: Arena<CodeMark>
  private(set) var spans: Arena<Span>
  private(set) var accesses: Arena<SlowAccess>
  private(set) var recoveries: Arena<CodeRecovery>
  /// What blocks that check their code were made from; nil where nothing could be fetched.
  private(set) var words: Arena<UInt32?>
  /// Heads of the chains by address, and by guest page, plus one.
  private let chains, pages: ZeroMemory
  private static let headCount = 1 << 15

  init() throws(TranslationError) {
    blocks = Arena()
    links = Arena()
    marks = Arena()
    spans = Arena()
    accesses = Arena()
    recoveries = Arena()
    words = Arena()
    chains = try ZeroMemory(4 * Self.headCount)
    pages = try ZeroMemory(4 << 20)
  }

  /// Forgets everything.
  func clear() {
    blocks.clear()
    links.clear()
    marks.clear()
    spans.clear()
    accesses.clear()
    recoveries.clear()
    words.clear()
    chains.clear()
    pages.clear()
  }

  private var heads: UnsafeMutablePointer<UInt32> {
    chains.start.assumingMemoryBound(to: UInt32.self)
  }

  @inline(__always) private func slot(_ address: UInt32, _ key: UInt32) -> Int {
    let mixed = (address >> 2 ^ key &* 0x9e37_79b9) &* 0x9e37_79b1
    return Int(mixed >> 17)
  }

  @inline(__always) private func pageHead(_ page: UInt32) -> UnsafeMutablePointer<UInt32> {
    pages.start.assumingMemoryBound(to: UInt32.self) + Int(page)
  }

  /// The number of the block for an address, a key and the place of its code, or nil.
  func find(_ address: UInt32, _ key: UInt32, _ place: CodePlace) -> Int? {
    var n = heads[slot(address, key)]
    while n != 0 {
      let block = blocks.base + Int(n - 1)
      if block.pointee.address == address && block.pointee.key == key
        && block.pointee.physical == place.physical && block.pointee.first == place.first
        && block.pointee.last == place.last
      {
        return Int(n - 1)
      }
      n = block.pointee.next
    }
    return nil
  }

  /// Enters a block and returns its number.
  ///
  /// - Parameter isFound: whether `find` finds it.
  func insert(_ block: TranslatedBlock, isFound: Bool = true) -> Int {
    guard isFound else { return blocks.append(block) }
    let head = heads + slot(block.address, block.key)
    var block = block
    block.next = head.pointee
    let number = blocks.append(block)
    head.pointee = UInt32(number + 1)
    return number
  }

  /// Takes a block out of the chain by which it is found.
  func remove(_ number: Int) {
    let block = blocks.base + number
    block.pointee.isInvalid = true
    var place = heads + slot(block.pointee.address, block.pointee.key)
    while place.pointee != 0 {
      let n = Int(place.pointee - 1)
      if n == number {
        place.pointee = block.pointee.next
        return
      }
      place = UnsafeMutableRawPointer(blocks.base + n)
        .advanced(by: MemoryLayout<TranslatedBlock>.offset(of: \.next)!)
        .assumingMemoryBound(to: UInt32.self)
    }
  }

  /// Appends to the lists that a block's record points into.
  func append(_ mark: CodeMark) { _ = marks.append(mark) }
  func append(_ recovery: CodeRecovery) { _ = recoveries.append(recovery) }
  func append(_ link: Link) { _ = links.append(link) }
  func append(_ access: SlowAccess) { _ = accesses.append(access) }
  func append(_ word: UInt32?) { _ = words.append(word) }

  /// Notes that a block covers guest code on one page.
  func addSpan(first: UInt32, end: UInt32, block: Int) {
    let head = pageHead(first >> 12)
    let n = spans.append(Span(first: first, end: end, block: UInt32(block), next: head.pointee))
    head.pointee = UInt32(n + 1)
  }

  /// The runs of guest code of a block, by physical address, each within a page.
  func spans(of number: Int) -> UnsafeBufferPointer<Span> {
    let first = Int(blocks.base[number].firstSpan)
    var end = first
    while end < spans.count, Int(spans.base[end].block) == number { end += 1 }
    return UnsafeBufferPointer(start: spans.base + first, count: end - first)
  }

  /// Calls with the number of each valid block that covers any byte of a page's part; the block may
  /// be removed then.
  ///
  /// - Returns: whether valid blocks of other parts of the page remain.
  @inline(__always) @discardableResult
  func forEachBlock(
    onPage page: UInt32, from first: UInt32, to last: UInt32, _ body: (Int) -> Void
  ) -> Bool {
    var place = pageHead(page)
    var others = false
    while place.pointee != 0 {
      let span = spans.base + Int(place.pointee - 1)
      let next = UnsafeMutableRawPointer(span)
        .advanced(by: MemoryLayout<Span>.offset(of: \.next)!).assumingMemoryBound(to: UInt32.self)
      let number = Int(span.pointee.block)
      if !blocks.base[number].isInvalid {
        if span.pointee.first <= last && span.pointee.end &- 1 >= first {
          body(number)
        } else {
          others = true
        }
      }
      if blocks.base[number].isInvalid { place.pointee = span.pointee.next } else { place = next }
    }
    return others
  }

  /// The block whose code holds an offset of the code buffer, or nil.
  func block(atCode offset: UInt32) -> Int? {
    var low = 0
    var high = blocks.count
    while low < high {
      let middle = (low + high) / 2
      if blocks.base[middle].codeOffset <= offset { low = middle + 1 } else { high = middle }
    }
    guard low > 0 else { return nil }
    let block = blocks.base + (low - 1)
    return offset < block.pointee.codeOffset + block.pointee.codeSize ? low - 1 : nil
  }

  /// The guest instruction whose code holds an offset of the code buffer: its address, and which
  /// doubles singles stand for there.
  func instruction(
    atCode offset: UInt32, in number: Int
  ) -> (address: UInt32, singles: UInt32) {
    let block = blocks.base[number]
    let first = marks.base + Int(block.firstMark)
    let within = offset - block.codeOffset
    var low = 0
    var high = Int(block.markCount)
    while low < high {
      let middle = (low + high) / 2
      if first[middle].offset <= within { low = middle + 1 } else { high = middle }
    }
    return low == 0 ? (block.address, 0) : (first[low - 1].address, first[low - 1].singles)
  }

  /// Calls `body` with what is recovered after a fault at an offset of the code buffer.
  func forEachRecovery(
    atCode offset: UInt32, in number: Int, _ body: (CodeRecovery) -> Void
  ) {
    let block = blocks.base[number]
    let within = offset - block.codeOffset
    for n in Int(block.firstRecovery)..<Int(block.firstRecovery + block.recoveryCount) {
      let recovery = recoveries.base[n]
      if recovery.start <= within && within < recovery.end { body(recovery) }
    }
  }

  /// Where the attempt ends that holds an offset of the code buffer, also as an offset; or nil.
  func endOfAttempt(atCode offset: UInt32, in number: Int) -> UInt32? {
    let block = blocks.base[number]
    guard block.beginsWithAttempt, block.markCount > 1 else { return nil }
    let end = block.codeOffset + marks.base[Int(block.firstMark) + 1].offset
    return offset < end ? end : nil
  }

  /// How many instructions of a block, a straight line, lie before the one at a guest address.
  func instructions(before address: UInt32, in number: Int) -> Int {
    let block = blocks.base[number]
    let first = marks.base + Int(block.firstMark)
    return (0..<Int(block.markCount)).first { first[$0].address == address } ?? 0
  }
}

/// A list of trivial records that never move apart and are freed together.
struct Arena<Element> {
  private(set) var base: UnsafeMutablePointer<Element>
  private(set) var count = 0
  private var capacity = 1024

  init() { base = .allocate(capacity: capacity) }

  mutating func append(_ element: Element) -> Int {
    if count == capacity { grow() }
    (base + count).initialize(to: element)
    count &+= 1
    return count &- 1
  }

  mutating func clear() { count = 0 }

  private mutating func grow() {
    let larger = UnsafeMutablePointer<Element>.allocate(capacity: 2 * capacity)
    larger.moveInitialize(from: base, count: count)
    base.deallocate()
    base = larger
    capacity *= 2
  }
}
