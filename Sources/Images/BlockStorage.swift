/// A disk's contents: 512-byte sectors. Conforming types are not safe for use by several threads
/// at once.
public protocol BlockStorage: AnyObject {
  /// The size of the disk in sectors of 512 bytes.
  var sectorCount: UInt64 { get }
  /// Whether `write` always fails.
  var isReadOnly: Bool { get }

  /// Reads whole sectors. A range beyond the end, a host error or a corrupt image throws; the
  /// buffer's contents are then undefined.
  /// - Parameters:
  ///   - sector: the first sector.
  ///   - buffer: where to; its size is a multiple of 512 bytes.
  func read(
    _ sector: UInt64, into buffer: UnsafeMutableRawBufferPointer
  ) throws(StorageError)

  /// Writes whole sectors. After an error each of the sectors has either the old or the new
  /// contents.
  /// - Parameters:
  ///   - sector: the first sector.
  ///   - buffer: where from; its size is a multiple of 512 bytes.
  func write(_ sector: UInt64, from buffer: UnsafeRawBufferPointer) throws(StorageError)

  /// Puts everything written before on stable storage. Until then it may be lost when the host or
  /// the emulator dies; the image itself stays consistent.
  func flush() throws(StorageError)
}

/// Bytes in a sector.
let sectorSize: UInt64 = 512

extension BlockStorage {
  /// The bytes from a sector on that a transfer covers.
  /// - Throws: when the size is no multiple of a sector or the range is beyond the disk's end.
  func byteRange(
    _ sector: UInt64, _ size: Int, _ path: String
  ) throws(StorageError) -> Range<UInt64> {
    let size = UInt64(size)
    guard size % sectorSize == 0 else { throw StorageError(path, .unaligned(size)) }
    let count = size / sectorSize
    guard count <= sectorCount, sector <= sectorCount - count else {
      throw StorageError(path, .outOfRange(sector: sector, count: count))
    }
    return sector * sectorSize..<(sector + count) * sectorSize
  }
}
