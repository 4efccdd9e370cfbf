/// Sizes that follow from cluster_bits and refcount_order.
struct Qcow2Geometry: Equatable {
  /// Number of bits of an offset within a cluster, 9 to 21.
  let clusterBits: UInt64
  /// A reference count is 1 << refcountOrder bits wide; 0 to 6.
  let refcountOrder: UInt64

  /// Values of cluster_bits that are supported: QEMU's.
  static let clusterBitsRange: ClosedRange<UInt32> = 9...21
  /// Host offsets in L1 and L2 entries have 56 bits.
  static let maximumHostSize: UInt64 = 1 << 56

  /// Bytes in a cluster.
  var clusterSize: UInt64 { 1 << clusterBits }
  /// Entries in an L2 table.
  var tableEntries: UInt64 { clusterSize / 8 }
  /// Bytes of the disk that an L2 table maps.
  var tableSpan: UInt64 { clusterSize * tableEntries }
  /// Entries in a refcount block.
  var blockEntries: UInt64 { (clusterSize * 8) >> refcountOrder }
  /// The largest reference count.
  var maximumRefcount: UInt64 { UInt64.max >> (64 - (1 << refcountOrder)) }
  /// Bytes that are read and cached of a table at once.
  var pageSize: Int { Int(min(clusterSize, 4096)) }

  /// The number of the cluster that a file offset is in.
  func cluster(_ offset: UInt64) -> UInt64 { offset >> clusterBits }
  /// The file offset of a cluster.
  func offset(_ cluster: UInt64) -> UInt64 { cluster << clusterBits }
  /// Whether an offset is that of a cluster's first byte.
  func isAligned(_ offset: UInt64) -> Bool { offset & (clusterSize - 1) == 0 }
  /// The clusters that a range of the file touches.
  func clusters(_ range: Range<UInt64>) -> Range<UInt64> {
    guard !range.isEmpty else { return 0..<0 }
    return cluster(range.lowerBound)..<cluster(range.upperBound - 1) + 1
  }
}
