import CSys
import Glibc

/// Pieces of memory of one size that can be seen at many places at once: parts of one sparse file.
///
/// A new section is zero; memory is spent where it is written. Sound: sections are numbered below
/// `capacity`, and every mapping made here lies within a range that the caller owns.
public final class SharedSections {
  /// Bytes of a section, a multiple of 4096.
  public let size: Int
  /// How many there can be.
  public let capacity: Int
  private let file: Int32
  private let start: UnsafeMutableRawPointer
  private var used = 0

  /// - Throws: the host's error.
  public init(size: Int, capacity: Int) throws(Errno) {
    self.size = size
    self.capacity = capacity
    file = memfd_create("lyrebird-sections", MFD_CLOEXEC)
    guard file >= 0, ftruncate(file, size * capacity) == 0 else { throw .noMemory }
    let place = mmap(
      nil, size * capacity, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, file, 0)
    guard let place, place != MAP_FAILED else { throw .noMemory }
    start = place
  }

  deinit {
    munmap(start, size * capacity)
    close(file)
  }

  /// A new section; nil if there are no more.
  public func take() -> Int? {
    guard used < capacity else { return nil }
    used += 1
    return used - 1
  }

  /// Makes all sections new again.
  public func reset() {
    clear(first: 0, count: used)
    used = 0
  }

  /// Makes the sections zero that are in use.
  public func clear() { clear(first: 0, count: used) }

  private func clear(first: Int, count: Int) {
    guard count > 0 else { return }
    // FALLOC_FL_KEEP_SIZE and FALLOC_FL_PUNCH_HOLE.
    _ = csys_kernel(Int(SYS_fallocate), Int(file), 1 | 2, first * size, count * size, 0, 0)
  }

  /// The bytes of a section.
  public func bytes(_ section: Int) -> UnsafeMutableRawPointer { start + section * size }

  /// Shows a part of a section at an address too.
  /// - Returns: false if the host refuses.
  public func map(
    _ section: Int, offset: Int, size: Int, at place: UnsafeMutableRawPointer
  ) -> Bool {
    mmap(
      place, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE | MAP_FIXED, file,
      section * self.size + offset) != MAP_FAILED
  }
}
