/// What an L2 entry says of a cluster of the disk.
enum ClusterMapping: Equatable {
  /// Read from the backing file.
  case unallocated
  /// Reads as zeros; a host cluster may be set aside for it.
  case zero(ClusterReference?)
  /// Stored as it is.
  case data(ClusterReference)
  /// Stored compressed.
  case compressed(CompressedExtent)

  /// Decodes an L2 entry. Reserved bits are ignored.
  /// - Throws: when it contradicts the specification.
  init(_ entry: UInt64, _ header: Qcow2Header) throws(StorageError.Cause) {
    if entry & Entry.compressed != 0 {
      self = .compressed(try CompressedExtent(entry, header.geometry.clusterBits))
      return
    }
    let offset = entry & Entry.offset
    guard header.geometry.isAligned(offset) else {
      throw .corrupt("cluster at offset \(offset) is not aligned")
    }
    let isCopied = entry & Entry.copied != 0
    let reference = offset == 0 ? nil : ClusterReference(offset: offset, isCopied: isCopied)
    if entry & Entry.zero != 0 {
      guard header.version >= 3 else { throw .corrupt("zero cluster in a version 2 image") }
      self = .zero(reference)
    } else if let reference {
      self = .data(reference)
    } else {
      guard !isCopied else { throw .corrupt("cluster overlaps the header") }
      self = .unallocated
    }
  }

  /// Bits of L1 and L2 entries.
  enum Entry {
    /// The reference count of what is referred to is exactly one.
    static let copied: UInt64 = 1 << 63
    /// L2: a compressed cluster.
    static let compressed: UInt64 = 1 << 62
    /// L2, version 3: reads as zeros.
    static let zero: UInt64 = 1
    /// Where a standard cluster or an L2 table is.
    static let offset: UInt64 = 0x00ff_ffff_ffff_fe00
  }

  /// Whether a cluster that lies `distance` bytes further on the disk is also that much further
  /// in the file, so that one transfer serves both.
  func isContinued(by next: ClusterMapping, at distance: UInt64) -> Bool {
    switch (self, next) {
    case (.unallocated, .unallocated), (.zero, .zero): true
    case (.data(let first), .data(let second)):
      second == ClusterReference(offset: first.offset + distance, isCopied: first.isCopied)
    default: false
    }
  }
}

/// A host cluster.
struct ClusterReference: Equatable {
  /// Where it is in the file.
  let offset: UInt64
  /// Whether nothing else refers to it, so that it may be written in place.
  let isCopied: Bool
}

/// Where a compressed cluster is: 512-byte sectors of the file, from any byte of the first on.
struct CompressedExtent: Hashable {
  /// Where the compressed data begin.
  let offset: UInt64
  /// One past the last byte that they can have.
  let end: UInt64

  /// Decodes an L2 entry that has its compressed bit set.
  init(_ entry: UInt64, _ clusterBits: UInt64) throws(StorageError.Cause) {
    let offsetBits = 62 - (clusterBits - 8)
    offset = entry & ((1 << offsetBits) - 1)
    guard offset < Qcow2Geometry.maximumHostSize else {
      throw .corrupt("compressed cluster at offset \(offset)")
    }
    let additional = (entry & (ClusterMapping.Entry.compressed - 1)) >> offsetBits
    end = (offset / sectorSize + 1 + additional) * sectorSize
  }
}
