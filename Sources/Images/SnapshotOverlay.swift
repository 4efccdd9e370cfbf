import Glibc

/// A disk whose writes go to a temporary file without a name, so that what lies under it stays
/// untouched: `-snapshot`.
final class SnapshotOverlay: BlockStorage {
  /// What is read where nothing was written.
  let base: any BlockStorage
  private let file: HostFile
  private var chunks: [UInt64: Chunk] = [:]

  /// Sectors in a chunk: 64 KiB, the unit in which the file is given out.
  private static let chunkSectors: UInt64 = 128

  /// A part of the disk that has been written to.
  private struct Chunk {
    /// Where it is in the file, in chunks.
    let slot: UInt64
    /// Bit n is set when its sector n is in the file.
    var written: UInt128
  }

  /// A run of sectors inside a chunk.
  private struct Run {
    let chunk: UInt64
    let first: UInt64
    let count: UInt64

    var mask: UInt128 {
      (count == SnapshotOverlay.chunkSectors ? .max : (UInt128(1) << count) - 1) << first
    }
  }

  /// Makes an empty temporary file to be written to instead of `base`.
  init(over base: any BlockStorage) throws(StorageError) {
    self.base = base
    let directory = getenv("TMPDIR").map { String(cString: $0) } ?? "/var/tmp"
    file = try HostFile(temporaryIn: directory)
  }

  var sectorCount: UInt64 { base.sectorCount }
  var isReadOnly: Bool { false }
  /// Bytes of the host's disk that the writes take.
  var allocatedSize: UInt64 { file.allocatedSize }

  func read(
    _ sector: UInt64, into buffer: UnsafeMutableRawBufferPointer
  ) throws(StorageError) {
    let range = try byteRange(sector, buffer.count, file.path)
    var next = sector
    while next < range.upperBound / sectorSize {
      let run = run(at: next, end: range.upperBound / sectorSize)
      let start = Int((next - sector) * sectorSize)
      let part = UnsafeMutableRawBufferPointer(
        rebasing: buffer[start..<start + Int(run.count * sectorSize)])
      if let chunk = chunks[run.chunk], chunk.written & run.mask != 0 {
        try file.read(position(chunk, run), into: part)
      } else {
        try base.read(next, into: part)
      }
      next += run.count
    }
  }

  func write(_ sector: UInt64, from buffer: UnsafeRawBufferPointer) throws(StorageError) {
    let end = try byteRange(sector, buffer.count, file.path).upperBound / sectorSize
    var next = sector
    while next < end {
      let first = next % Self.chunkSectors
      let run = Run(
        chunk: next / Self.chunkSectors, first: first,
        count: min(Self.chunkSectors - first, end - next))
      var chunk = chunks[run.chunk] ?? Chunk(slot: UInt64(chunks.count), written: 0)
      let start = Int((next - sector) * sectorSize)
      try file.write(
        position(chunk, run),
        from: UnsafeRawBufferPointer(rebasing: buffer[start..<start + Int(run.count * sectorSize)]))
      chunk.written |= run.mask
      chunks[run.chunk] = chunk
      next += run.count
    }
  }

  /// Nothing of it outlives the process, so that nothing needs to be stable.
  func flush() throws(StorageError) {}

  /// The longest run from a sector on that is all in the file or all not.
  private func run(at sector: UInt64, end: UInt64) -> Run {
    let chunk = sector / Self.chunkSectors
    let first = sector % Self.chunkSectors
    let limit = min(Self.chunkSectors - first, end - sector)
    let written = (chunks[chunk]?.written ?? 0) >> first
    let length = written & 1 == 0 ? written.trailingZeroBitCount : (~written).trailingZeroBitCount
    return Run(chunk: chunk, first: first, count: min(limit, UInt64(length)))
  }

  private func position(_ chunk: Chunk, _ run: Run) -> UInt64 {
    (chunk.slot * Self.chunkSectors + run.first) * sectorSize
  }
}
