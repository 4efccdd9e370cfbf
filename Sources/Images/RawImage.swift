import Glibc

/// A file or block device that is the disk itself, byte for byte. A last partial sector is filled
/// up with zeros.
final class RawImage: BlockStorage {
  /// The file or device.
  let file: HostFile
  let sectorCount: UInt64
  /// Whether the format was guessed: the guest may then not make it look like another one.
  private let isProbed: Bool

  /// A disk that is all of a file.
  init(_ file: HostFile, isProbed: Bool) {
    self.file = file
    self.isProbed = isProbed
    sectorCount = file.size / sectorSize + (file.size % sectorSize == 0 ? 0 : 1)
  }

  var isReadOnly: Bool { file.isReadOnly }

  func read(
    _ sector: UInt64, into buffer: UnsafeMutableRawBufferPointer
  ) throws(StorageError) {
    try file.read(byteRange(sector, buffer.count, file.path).lowerBound, into: buffer)
  }

  func write(_ sector: UInt64, from buffer: UnsafeRawBufferPointer) throws(StorageError) {
    let range = try byteRange(sector, buffer.count, file.path)
    guard !isReadOnly else { throw StorageError(file.path, .readOnly) }
    if isProbed, sector == 0, let format = Signature.format(of: buffer) {
      throw StorageError(
        file.path,
        .refused(
          "the guest would turn this image, whose format was guessed to be raw, into a \(format) "
            + "image; give format=raw to allow that"))
    }
    try file.write(range.lowerBound, from: buffer)
  }

  func flush() throws(StorageError) { try file.synchronize() }
}
