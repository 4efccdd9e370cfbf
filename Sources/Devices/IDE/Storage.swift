/// The medium of a disk or a CD: sectors of 512 bytes.
///
/// All calls return when the work is done. A call that returns false has failed on the host; the
/// guest sees an error of the medium.
public protocol Storage: AnyObject {
  /// Sectors of 512 bytes.
  var sectorCount: UInt64 { get }
  /// Whether writes are refused.
  var isReadOnly: Bool { get }
  /// Reads sectors into memory of `count` times 512 bytes.
  func read(_ sector: UInt64, count: Int, into: UnsafeMutableRawBufferPointer) -> Bool
  /// Writes sectors from memory of `count` times 512 bytes.
  func write(_ sector: UInt64, count: Int, from: UnsafeRawBufferPointer) -> Bool
  /// Makes all that was written durable.
  func flush() -> Bool
}

/// Bytes of a sector of `Storage`.
let sectorSize = 512
