import Glibc
import Memory

/// The code that guest addresses lead to, in one address space under one key: the jump table, a
/// 32-bit offset into the code buffer for each word of guest addresses; 0 for none.
final class CodeView {
  /// The number of the address space, and the key.
  let space, key: UInt32
  /// The jump table, which translated code reads.
  let targets: UnsafeMutablePointer<UInt32>
  /// What it consists of: one part, or one for each of sixteen segments.
  private let parts: [CodeSection]

  /// A table whose parts are its own, or shared with other spaces' tables under the same key.
  /// - Parameter shared: sixteen parts; nil for one of its own.
  init(
    space: UInt32, key: UInt32, shared: [CodeSection]? = nil, from storage: SharedSections? = nil
  ) throws(TranslationError) {
    self.space = space
    self.key = key
    let flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE
    let access = shared == nil ? PROT_READ | PROT_WRITE : PROT_NONE
    let place = mmap(nil, Self.size, access, flags, -1, 0)
    guard let place, place != MAP_FAILED else { throw TranslationError.table(errno) }
    targets = place.assumingMemoryBound(to: UInt32.self)
    guard let shared, let storage else {
      parts = [CodeSection(place, pages: 1 << 20, number: -1)]
      return
    }
    parts = shared
    for (n, part) in shared.enumerated() {
      guard storage.map(part.number, offset: 0, size: storage.size, at: place + n * storage.size)
      else { throw TranslationError.table(errno) }
    }
  }

  deinit { munmap(targets, Self.size) }

  private static let size = 1 << 32

  private func part(of address: UInt32) -> CodeSection {
    parts.count == 1 ? parts[0] : parts[Int(address >> 28)]
  }

  /// Enters the code of an address.
  func set(_ address: UInt32, _ offset: UInt32) { part(of: address).set(address, offset) }

  /// Takes the entry of an address out if it leads to an offset.
  func forget(_ address: UInt32, _ offset: UInt32) {
    part(of: address).forget(address, offset)
  }

  /// Takes the entries of a page (a guest address >> 12) out.
  func forget(page: UInt32) { part(of: page << 12).forget(page: page) }

  /// Takes everything out of a table of its own.
  func clear() {
    guard parts.count == 1 else { return }
    madvise(targets, Self.size, MADV_DONTNEED)
    parts[0].forgetMarks()
  }
}

/// A part of jump tables: the code of the addresses of one segment, or of all.
final class CodeSection {
  /// Its number among shared sections.
  let number: Int
  private let targets: UnsafeMutablePointer<UInt32>
  private let pageMask: UInt32
  /// A bit for each page of guest addresses: whether there have been entries.
  private let used: UnsafeMutablePointer<UInt64>
  private let words: Int

  /// - Parameter pages: a power of two.
  init(_ place: UnsafeMutableRawPointer, pages: Int, number: Int) {
    self.number = number
    targets = place.assumingMemoryBound(to: UInt32.self)
    pageMask = UInt32(pages - 1)
    words = pages / 64
    used = .allocate(capacity: words)
    used.initialize(repeating: 0, count: words)
  }

  deinit { used.deallocate() }

  private func place(_ address: UInt32) -> UnsafeMutablePointer<UInt32> {
    targets + Int(address >> 2 & (pageMask << 10 | 0x3ff))
  }

  private func mark(_ page: UInt32) -> (word: UnsafeMutablePointer<UInt64>, bit: UInt64) {
    let page = page & pageMask
    return (used + Int(page >> 6), 1 << UInt64(page & 63))
  }

  func set(_ address: UInt32, _ offset: UInt32) {
    place(address).pointee = offset
    let (word, bit) = mark(address >> 12)
    word.pointee |= bit
  }

  func forget(_ address: UInt32, _ offset: UInt32) {
    let (word, bit) = mark(address >> 12)
    guard word.pointee & bit != 0 else { return }
    if place(address).pointee == offset { place(address).pointee = 0 }
  }

  func forget(page: UInt32) {
    let (word, bit) = mark(page)
    guard word.pointee & bit != 0 else { return }
    place(page << 12).update(repeating: 0, count: 1024)
    word.pointee &= ~bit
  }

  /// There are no entries any more.
  func forgetMarks() { used.update(repeating: 0, count: words) }
}
