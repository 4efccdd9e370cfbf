import Glibc

/// The code that guest addresses lead to, in one address space under one key.
///
/// It consists of one part, or of one for each sixteenth of the addresses (segment), which equal
/// segments of other address spaces share.
final class CodeView {
  /// The number of the address space, and the key.
  let space, key: UInt32
  /// What the code of each segment depends on; nil for a view of one part.
  let segments: InlineArray<16, UInt64>?
  /// The parts: one, or sixteen.
  fileprivate(set) var parts: [CodeSection]

  fileprivate init(
    space: UInt32, key: UInt32, segments: InlineArray<16, UInt64>?, parts: [CodeSection]
  ) {
    self.space = space
    self.key = key
    self.segments = segments
    self.parts = parts
  }

  /// The offset of the code for an address; 0 for none.
  @inline(__always) func offset(_ address: UInt32) -> UInt32 {
    (parts.count == 1 ? parts[0] : parts[Int(address >> 28)]).offset(address)
  }
}

/// A piece of jump table: a 32-bit offset into the code buffer for each word of guest addresses,
/// which translated code reads; 0 for none.
final class CodeSection {
  /// What translated code adds a guest address to.
  let base: UInt
  private let memory: ZeroMemory
  private let first: UInt32
  private let targets: UnsafeMutablePointer<UInt32>
  /// A bit for each page of guest addresses: whether there have been entries.
  private let used: UnsafeMutablePointer<UInt64>

  /// - Parameters:
  ///   - first: the first guest address.
  ///   - size: bytes of guest addresses.
  init(first: UInt32, size: Int) throws(TranslationError) {
    let words = max(1, size >> 18)
    memory = try ZeroMemory(size + 8 * words)
    self.first = first
    base = UInt(bitPattern: memory.start) &- UInt(first)
    targets = memory.start.assumingMemoryBound(to: UInt32.self)
    used = (memory.start + size).assumingMemoryBound(to: UInt64.self)
  }

  @inline(__always) func offset(_ address: UInt32) -> UInt32 {
    targets[Int((address &- first) >> 2)]
  }

  private func mark(_ page: UInt32) -> (word: UnsafeMutablePointer<UInt64>, bit: UInt64) {
    let page = page &- (first >> 12)
    return (used + Int(page >> 6), 1 << UInt64(page & 63))
  }

  /// Enters the code of an address.
  func set(_ address: UInt32, _ offset: UInt32) {
    targets[Int((address &- first) >> 2)] = offset
    let (word, bit) = mark(address >> 12)
    word.pointee |= bit
  }

  /// Takes the entry of an address out if it leads to an offset.
  func forget(_ address: UInt32, _ offset: UInt32) {
    let (word, bit) = mark(address >> 12)
    guard word.pointee & bit != 0 else { return }
    let place = targets + Int((address &- first) >> 2)
    if place.pointee == offset { place.pointee = 0 }
  }

  /// Takes the entries of a page (a guest address >> 12) out.
  func forget(page: UInt32) {
    let (word, bit) = mark(page)
    guard word.pointee & bit != 0 else { return }
    (targets + Int((page << 12 &- first) >> 2)).update(repeating: 0, count: 1024)
    word.pointee &= ~bit
  }

  /// Takes everything out.
  func clear() { memory.clear() }
}

/// The jump tables of all address spaces and keys, made when they are first wanted.
final class CodeViews {
  private var views: [UInt64: CodeView] = [:]
  /// Those of one part.
  private var whole: [CodeView] = []
  private var sections: [SectionName: CodeSection] = [:]
  /// The same by segment, with their keys.
  private var members: [[(key: UInt32, section: CodeSection)]] = Array(repeating: [], count: 16)
  /// For segments without code: nothing is ever entered in it.
  private let empty: [CodeSection]
  private static let capacity = 1024
  private static let segmentSize = 1 << 28

  /// What a section is known by.
  private struct SectionName: Hashable {
    let segment: Int
    let identity: UInt64
    let key: UInt32
  }

  init() throws(TranslationError) {
    var list: [CodeSection] = []
    for n in 0..<16 {
      list.append(try CodeSection(first: UInt32(n) << 28, size: Self.segmentSize))
    }
    empty = list
  }

  /// The view of a space under a key.
  /// - Parameter segments: what the code of each segment depends on; nil for a space that shares
  ///   nothing.
  func view(
    _ space: UInt32, _ key: UInt32, _ segments: InlineArray<16, UInt64>?
  ) throws(TranslationError) -> CodeView {
    let name = UInt64(space) << 32 | UInt64(key)
    if let known = views[name] { return known }
    var parts: [CodeSection] = []
    if let segments {
      for n in 0..<16 {
        let name = SectionName(segment: n, identity: segments[n], key: key)
        parts.append(sections[name] ?? empty[n])
      }
    } else {
      parts.append(try CodeSection(first: 0, size: 1 << 32))
    }
    let new = CodeView(space: space, key: key, segments: segments, parts: parts)
    views[name] = new
    if segments == nil { whole.append(new) }
    return new
  }

  /// Enters the code of an address in a view.
  /// - Returns: whether the view has a new part.
  func set(
    _ address: UInt32, _ offset: UInt32, in view: CodeView
  ) throws(TranslationError) -> Bool {
    guard let segments = view.segments else {
      view.parts[0].set(address, offset)
      return false
    }
    let segment = Int(address >> 28)
    guard view.parts[segment] === empty[segment] else {
      view.parts[segment].set(address, offset)
      return false
    }
    if sections.count >= Self.capacity { drop(keeping: view) }
    let section = try CodeSection(first: UInt32(segment) << 28, size: Self.segmentSize)
    section.set(address, offset)
    let identity = segments[segment]
    sections[SectionName(segment: segment, identity: identity, key: view.key)] = section
    members[segment].append((view.key, section))
    view.parts[segment] = section
    for other in views.values where other.key == view.key {
      if other.segments?[segment] == identity { other.parts[segment] = section }
    }
    return true
  }

  /// Forgets all sections, when there are too many, and all views but one.
  private func drop(keeping view: CodeView) {
    views = [UInt64(view.space) << 32 | UInt64(view.key): view]
    sections = [:]
    members = Array(repeating: [], count: 16)
    view.parts = empty
  }

  /// Takes the entry of an address under a key out, wherever it leads to an offset.
  func forget(_ address: UInt32, _ key: UInt32, _ offset: UInt32) {
    for view in whole where view.key == key { view.parts[0].forget(address, offset) }
    for member in members[Int(address >> 28)] where member.key == key {
      member.section.forget(address, offset)
    }
  }

  /// Takes the entries of a page (a guest address >> 12) out of all tables.
  func forget(page: UInt32) {
    for view in whole { view.parts[0].forget(page: page) }
    for member in members[Int(page >> 16 & 15)] { member.section.forget(page: page) }
  }

  /// Forgets the views of a space that there is no more.
  func forget(space: UInt32) {
    for name in views.keys where name >> 32 == UInt64(space) { views[name] = nil }
    whole.removeAll { $0.space == space }
  }

  /// Takes everything out of all tables.
  func clear() {
    for view in whole { view.parts[0].clear() }
    for section in sections.values { section.clear() }
  }
}
