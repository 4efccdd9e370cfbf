/// How often the clusters of an image are referred to.
struct Qcow2References {
  /// By cluster.
  private(set) var counts: [UInt32] = []

  /// One past the last cluster that can be referred to.
  private let limit: UInt64

  /// As many clusters as are counted; a larger image is left to other tools.
  private static let maximumCount: UInt64 = 1 << 27
  /// How far behind the end of the file clusters may be that were set aside and never written.
  private static let slack: UInt64 = 1 << 20

  /// Nothing is referred to yet.
  /// - Parameter clusterCount: how many clusters the file has.
  init(clusterCount: UInt64) throws(StorageError.Cause) {
    guard clusterCount <= Self.maximumCount else {
      throw .unsupported("rebuilding the reference counts of an image file this large")
    }
    limit = clusterCount + Self.slack
    counts = Array(repeating: 0, count: Int(clusterCount))
  }

  /// The number of references to a cluster.
  subscript(cluster: UInt64) -> UInt32 {
    cluster < UInt64(counts.count) ? counts[Int(cluster)] : 0
  }

  /// Counts references to clusters.
  mutating func add(_ clusters: Range<UInt64>) throws(StorageError.Cause) {
    guard clusters.upperBound <= limit else {
      throw .corrupt("reference to cluster \(clusters.upperBound - 1), far beyond the file's end")
    }
    if clusters.upperBound > UInt64(counts.count) {
      counts += Array(repeating: 0, count: Int(clusters.upperBound) - counts.count)
    }
    for cluster in clusters { counts[Int(cluster)] &+= 1 }
  }

  /// Adds a cluster behind all others, referred to once.
  /// - Returns: its number.
  mutating func append() throws(StorageError.Cause) -> UInt64 {
    let cluster = UInt64(counts.count)
    try add(cluster..<cluster + 1)
    return cluster
  }

  /// Takes references to clusters away.
  mutating func remove(_ clusters: Range<UInt64>) {
    for cluster in clusters { counts[Int(cluster)] -= 1 }
  }
}

extension Qcow2Image {
  /// Counts all references that the image makes to its clusters.
  /// - Parameter snapshotTable: where that table is in the file.
  func countReferences(
    _ snapshotTable: Range<UInt64>
  ) throws(StorageError) -> Qcow2References {
    var references: Qcow2References
    do throws(StorageError.Cause) {
      references = try Qcow2References(
        clusterCount: geometry.clusters(0..<file.size).upperBound)
      try references.add(0..<1)
      let ranges =
        [header.l1Range, refcounts.tableRange, snapshotTable] + snapshots.map(\.l1Range)
      for range in ranges { try references.add(geometry.clusters(range)) }
      for block in refcounts.table where block != 0 {
        try references.add(geometry.clusters(block..<block + geometry.clusterSize))
      }
    } catch {
      throw StorageError(file.path, error)
    }
    try count(l1, &references)
    for snapshot in snapshots {
      try count(file.bytes(snapshot.l1Range, "an L1 table").numbers, &references)
    }
    return references
  }

  /// Counts the references of an L1 table and of the L2 tables that it refers to.
  private func count(_ l1: [UInt64], _ references: inout Qcow2References) throws(StorageError) {
    for entry in l1 {
      let table = entry & ClusterMapping.Entry.offset
      guard table != 0 else { continue }
      guard geometry.isAligned(table) else { throw corrupt("L2 table at offset \(table)") }
      let range = table..<table + geometry.clusterSize
      let entries = try file.bytes(range, "an L2 table").numbers
      do throws(StorageError.Cause) {
        try references.add(geometry.clusters(range))
        for entry in entries {
          switch try ClusterMapping(entry, header) {
          case .unallocated, .zero(nil): continue
          case .zero(let cluster?), .data(let cluster):
            let range = cluster.offset..<cluster.offset + geometry.clusterSize
            try references.add(geometry.clusters(range))
          case .compressed(let extent):
            try references.add(geometry.clusters(extent.offset..<extent.end))
          }
        }
      } catch {
        throw StorageError(file.path, error)
      }
    }
  }

  /// Makes the reference counts of an image whose dirty bit is set right, and clears the bit. A
  /// crash meanwhile leaves it set.
  func rebuildReferenceCounts(_ snapshotTable: Range<UInt64>) throws(StorageError) {
    var references = try countReferences(snapshotTable)
    try refcounts.replace(with: &references)
    try correctCopiedBits(references)
    try flush()
    let features = header.incompatibleFeatures & ~Qcow2Header.Feature.dirty
    try file.write(
      Qcow2Header.Field.incompatibleFeatures, bytes: [UInt8](bigEndian: features))
    try file.synchronize()
  }

  /// Sets the copied bit of each entry of active tables exactly if the reference count is one.
  private func correctCopiedBits(_ references: Qcow2References) throws(StorageError) {
    func corrected(_ entry: UInt64) -> UInt64 {
      let offset = entry & ClusterMapping.Entry.offset
      let isShared =
        offset == 0 || entry & ClusterMapping.Entry.compressed != 0
        || references[geometry.cluster(offset)] != 1
      return isShared
        ? entry & ~ClusterMapping.Entry.copied : entry | ClusterMapping.Entry.copied
    }
    for index in l1.indices {
      let table = l1[index] & ClusterMapping.Entry.offset
      guard table != 0 else { continue }
      if corrected(l1[index]) != l1[index] {
        l1[index] = corrected(l1[index])
        dirtyL1.insert(index)
      }
      for offset in stride(from: table, to: table + geometry.clusterSize, by: 8) {
        let entry = try tables.number(offset)
        if corrected(entry) != entry { try tables.setNumber(offset, corrected(entry)) }
      }
    }
  }
}
