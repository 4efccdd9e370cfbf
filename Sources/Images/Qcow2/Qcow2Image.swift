/// A disk image in QEMU's format qcow2, versions 2 and 3, as docs/interop/qcow2 of QEMU specifies.
///
/// What survives a crash at any moment: clusters are at worst leaked, never referred to without
/// being counted. New clusters get their reference count and their data first; the L2 and L1
/// entries that refer to them stay in memory until `flush`, which writes them when all else is on
/// stable storage; only then are clusters released that are no longer referred to.
final class Qcow2Image: BlockStorage {
  /// The image's file.
  let file: HostFile
  /// Its header when it was opened.
  let header: Qcow2Header
  /// What shows where nothing was written.
  let backing: (any BlockStorage)?
  /// The internal snapshots.
  let snapshots: [Qcow2Snapshot]

  /// The active L1 table.
  var l1: [UInt64]
  /// Entries of it that are not in the file.
  var dirtyL1: Set<Int> = []
  /// The L2 tables.
  let tables: TableCache
  /// The reference counts, and who gives out clusters.
  let refcounts: Qcow2Refcounts
  /// The compressed clusters read last.
  let compressedClusters: CompressedClusterCache
  /// Clusters to release, once each, when the changes so far are on stable storage.
  var retired: [UInt64] = []
  /// Whether autoclear_features are set that must be cleared before anything is written.
  var hasAutoclearFeatures: Bool

  private static let cacheSize = 2 << 20

  /// Opens an image.
  /// - Parameters:
  ///   - header: the file's header.
  ///   - backing: the disk that its header names.
  init(
    _ file: HostFile, _ header: Qcow2Header, backing: (any BlockStorage)?
  ) throws(StorageError) {
    self.file = file
    self.header = header
    self.backing = backing
    let snapshotTable = try Qcow2Snapshot.table(file, header)
    snapshots = snapshotTable.snapshots
    l1 = try file.bytes(header.l1Range, "the L1 table").numbers
    refcounts = try Qcow2Refcounts(file, header)
    tables = TableCache(file, pageSize: header.geometry.pageSize, size: Self.cacheSize)
    compressedClusters = CompressedClusterCache(file, header)
    hasAutoclearFeatures = header.autoclearFeatures != 0
    tables.writeBack = { [unowned self] () throws(StorageError) in try self.flush() }
    guard !file.isReadOnly else { return }
    guard header.incompatibleFeatures & Qcow2Header.Feature.corrupt == 0 else {
      throw StorageError(
        file.path,
        .refused("the image is marked corrupt: repair it (qemu-img check -r all) to write to it"))
    }
    try findMetadata(snapshotTable.range)
    if header.incompatibleFeatures & Qcow2Header.Feature.dirty != 0 {
      try rebuildReferenceCounts(snapshotTable.range)
    }
  }

  deinit {
    // Who wants to know whether that succeeds flushes before.
    if !isReadOnly { try? flush() }
  }

  /// The image's sizes.
  var geometry: Qcow2Geometry { header.geometry }
  var sectorCount: UInt64 { header.size / sectorSize }
  var isReadOnly: Bool { file.isReadOnly }

  /// A contradiction found in the image.
  func corrupt(_ text: String) -> StorageError { StorageError(file.path, .corrupt(text)) }

  /// Notes where metadata are, none of them twice.
  private func findMetadata(_ snapshotTable: Range<UInt64>) throws(StorageError) {
    func add(_ clusters: Range<UInt64>) throws(StorageError) {
      for cluster in clusters {
        guard refcounts.metadata.insert(cluster).inserted else {
          throw corrupt("metadata overlap in cluster \(cluster)")
        }
      }
    }
    let ranges =
      [header.l1Range, header.refcountTableRange, snapshotTable] + snapshots.map(\.l1Range)
    try add(0..<1)
    for range in ranges { try add(geometry.clusters(range)) }
    let offsets = l1.map { $0 & ClusterMapping.Entry.offset } + refcounts.table
    for offset in offsets where offset != 0 {
      guard geometry.isAligned(offset), offset < file.size else {
        throw corrupt("table at offset \(offset), not aligned or beyond the end of the file")
      }
      try add(geometry.cluster(offset)..<geometry.cluster(offset) + 1)
    }
  }
}

extension Qcow2Image {
  /// What the image says of the cluster that a byte of the disk is in.
  func mapping(_ position: UInt64) throws(StorageError) -> ClusterMapping {
    let table = l1[Int(position / geometry.tableSpan)] & ClusterMapping.Entry.offset
    guard table != 0 else { return .unallocated }
    guard geometry.isAligned(table) else { throw corrupt("L2 table at offset \(table)") }
    let entry = try tables.number(table + entryOffset(position))
    do throws(StorageError.Cause) {
      return try ClusterMapping(entry, header)
    } catch {
      throw StorageError(file.path, error)
    }
  }

  /// Where in its L2 table the entry for a byte of the disk is.
  func entryOffset(_ position: UInt64) -> UInt64 {
    (position >> geometry.clusterBits) % geometry.tableEntries * 8
  }

  /// The part of a range of the disk, from its beginning on, that one transfer can serve.
  func extent(
    _ range: Range<UInt64>
  ) throws(StorageError) -> (mapping: ClusterMapping, end: UInt64) {
    let first = try mapping(range.lowerBound)
    let start = range.lowerBound & ~(geometry.clusterSize - 1)
    var end = start + geometry.clusterSize
    while end < range.upperBound, first.isContinued(by: try mapping(end), at: end - start) {
      end += geometry.clusterSize
    }
    return (first, min(end, range.upperBound))
  }

  func read(
    _ sector: UInt64, into buffer: UnsafeMutableRawBufferPointer
  ) throws(StorageError) {
    let range = try byteRange(sector, buffer.count, file.path)
    var position = range.lowerBound
    while position < range.upperBound {
      let extent = try extent(position..<range.upperBound)
      let part = Int(position - range.lowerBound)..<Int(extent.end - range.lowerBound)
      try read(
        position, extent.mapping, into: UnsafeMutableRawBufferPointer(rebasing: buffer[part]))
      position = extent.end
    }
  }

  /// Reads from a byte of the disk on, given what the image says of it.
  func read(
    _ position: UInt64, _ mapping: ClusterMapping, into buffer: UnsafeMutableRawBufferPointer
  ) throws(StorageError) {
    let inCluster = position & (geometry.clusterSize - 1)
    switch mapping {
    case .unallocated:
      try readBacking(position, into: buffer)
    case .zero:
      buffer.initializeMemory(as: UInt8.self, repeating: 0)
    case .data(let cluster):
      try checkData(cluster.offset)
      try file.read(cluster.offset + inCluster, into: buffer)
    case .compressed(let extent):
      let contents = try compressedClusters.contents(extent)
      let start = Int(inCluster)
      buffer.copyMemory(
        from: UnsafeRawBufferPointer(rebasing: contents[start..<start + buffer.count]))
    }
  }

  /// Checks that a cluster of data begins inside of the file. (It may end beyond: what is missing
  /// there was never written, and reads as zeros.)
  func checkData(_ offset: UInt64) throws(StorageError) {
    guard offset < file.size else {
      throw corrupt("cluster at offset \(offset) is beyond the end of the file")
    }
  }

  /// Reads what the backing file has; there are zeros where it has nothing.
  private func readBacking(
    _ position: UInt64, into buffer: UnsafeMutableRawBufferPointer
  ) throws(StorageError) {
    var count = 0
    if let backing, position / sectorSize < backing.sectorCount {
      let rest = (backing.sectorCount - position / sectorSize) * sectorSize
      count = Int(min(UInt64(buffer.count), rest))
      try backing.read(
        position / sectorSize, into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<count]))
    }
    UnsafeMutableRawBufferPointer(rebasing: buffer[count...]).initializeMemory(
      as: UInt8.self, repeating: 0)
  }
}
