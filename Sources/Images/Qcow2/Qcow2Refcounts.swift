/// The reference counts of an image's clusters, and who gives out free ones.
///
/// Changes are made in memory first. Those that raise a count may reach the file at any time; a
/// count must not be lowered before what referred to the cluster is gone from stable storage.
final class Qcow2Refcounts {
  /// The image.
  let file: HostFile
  /// The image's sizes.
  let geometry: Qcow2Geometry
  /// Offsets of the refcount blocks in the file, 0 where there is none.
  var table: [UInt64]
  /// Where the table in use is, or is to be.
  var tableRange: Range<UInt64>
  /// The refcount blocks.
  let blocks: TableCache
  /// Clusters known to hold metadata: given out to nobody, never written to as data.
  var metadata: Set<UInt64> = []

  /// Entries of the table that are not in the file.
  private var dirtyEntries: Set<Int> = []
  /// Where tables are that the one in use is to replace, the one in the file first.
  private var replacedTables: [Range<UInt64>] = []
  /// No cluster before this one is free.
  private var firstFree: UInt64 = 0

  private static let cacheSize = 1 << 20

  /// Reads the refcount table.
  init(_ file: HostFile, _ header: Qcow2Header) throws(StorageError) {
    self.file = file
    geometry = header.geometry
    tableRange = header.refcountTableRange
    table = try file.bytes(tableRange, "the refcount table").numbers.map { $0 & ~511 }
    blocks = TableCache(file, pageSize: geometry.pageSize, size: Self.cacheSize)
  }

  /// A contradiction found in the image.
  func corrupt(_ text: String) -> StorageError { StorageError(file.path, .corrupt(text)) }

  /// The reference count of a cluster; 0 beyond what the table covers.
  func count(_ cluster: UInt64) throws(StorageError) -> UInt64 {
    let region = cluster / geometry.blockEntries
    guard region < UInt64(table.count), table[Int(region)] != 0 else { return 0 }
    let place = try place(cluster)
    let pointer = try blocks.pointer(place.byte)
    switch geometry.refcountOrder {
    case 6: return UInt64(bigEndian: pointer.load(as: UInt64.self))
    case 5: return UInt64(UInt32(bigEndian: pointer.load(as: UInt32.self)))
    case 4: return UInt64(UInt16(bigEndian: pointer.load(as: UInt16.self)))
    default:
      let byte = UInt64(pointer.load(as: UInt8.self))
      return byte >> place.bit & geometry.maximumRefcount
    }
  }

  /// Changes the reference count of a cluster that a refcount block covers.
  func setCount(_ cluster: UInt64, _ count: UInt64) throws(StorageError) {
    let place = try place(cluster)
    let pointer = try blocks.pointer(place.byte)
    switch geometry.refcountOrder {
    case 6: pointer.storeBytes(of: count.bigEndian, as: UInt64.self)
    case 5: pointer.storeBytes(of: UInt32(truncatingIfNeeded: count).bigEndian, as: UInt32.self)
    case 4: pointer.storeBytes(of: UInt16(truncatingIfNeeded: count).bigEndian, as: UInt16.self)
    default:
      let mask = UInt8(geometry.maximumRefcount) << UInt8(place.bit)
      let byte = pointer.load(as: UInt8.self) & ~mask
      pointer.storeBytes(of: byte | UInt8(count) << UInt8(place.bit), as: UInt8.self)
    }
    blocks.markDirty(place.byte)
  }

  /// Lowers the reference count of a cluster that nothing on stable storage refers to any more.
  func release(_ cluster: UInt64) throws(StorageError) {
    let count = try count(cluster)
    guard count > 0 else { return }
    try setCount(cluster, count - 1)
    guard count == 1 else { return }
    metadata.remove(cluster)
    firstFree = min(firstFree, cluster)
  }

  /// Where the count of a cluster is: the byte in the file and the bit in the byte.
  private func place(_ cluster: UInt64) throws(StorageError) -> (byte: UInt64, bit: UInt64) {
    let block = table[Int(cluster / geometry.blockEntries)]
    guard geometry.isAligned(block), block < Qcow2Geometry.maximumHostSize else {
      throw corrupt("refcount block at offset \(block) is not aligned")
    }
    let bit = (cluster % geometry.blockEntries) << geometry.refcountOrder
    return (block + bit / 8, bit % 8)
  }
}

extension Qcow2Refcounts {
  /// Gives out free clusters that lie one after another: at least one, at most `limit`. Their
  /// reference counts become one.
  func allocate(_ limit: UInt64 = 1) throws(StorageError) -> Range<UInt64> {
    var start = firstFree
    while try !isFree(start) { start += 1 }
    var end = start + 1
    while end - start < limit, end % geometry.blockEntries != 0, try isFree(end) { end += 1 }
    for cluster in start..<end {
      guard !metadata.contains(cluster) else {
        throw corrupt("metadata in cluster \(cluster), whose reference count is 0")
      }
      try setCount(cluster, 1)
    }
    firstFree = end
    return start..<end
  }

  /// Whether a cluster is free; it may become used to cover itself and those after it.
  private func isFree(_ cluster: UInt64) throws(StorageError) -> Bool {
    guard cluster < geometry.cluster(Qcow2Geometry.maximumHostSize) else {
      throw StorageError(file.path, .unsupported("image files of 64 PiB and more"))
    }
    let region = cluster / geometry.blockEntries
    if region >= UInt64(table.count) {
      try growTable()
    } else if table[Int(region)] == 0 {
      try addBlock(Int(region))
    }
    return try count(cluster) == 0
  }

  /// Covers a region with a refcount block, which is the region's first cluster.
  private func addBlock(_ region: Int) throws(StorageError) {
    let cluster = UInt64(region) * geometry.blockEntries
    guard !metadata.contains(cluster) else {
      throw corrupt("metadata in cluster \(cluster), whose reference count is 0")
    }
    try clear(cluster)
    table[region] = geometry.offset(cluster)
    do throws(StorageError) {
      try setCount(cluster, 1)
    } catch {
      table[region] = 0
      throw error
    }
    setBlock(region, geometry.offset(cluster))
  }

  /// Enters a refcount block into the table.
  func setBlock(_ region: Int, _ offset: UInt64) {
    table[region] = offset
    metadata.insert(geometry.cluster(offset))
    dirtyEntries.insert(region)
  }

  /// Has the table, grown to that size, written to another place.
  func moveTable(_ range: Range<UInt64>) {
    let size = Int(range.upperBound - range.lowerBound) / 8
    table += Array(repeating: 0, count: max(0, size - table.count))
    metadata.formUnion(geometry.clusters(range))
    replacedTables.append(tableRange)
    tableRange = range
  }

  /// Makes a larger table behind all that the present one covers. First come the blocks that
  /// cover them and the new table, then the table.
  private func growTable() throws(StorageError) {
    let size = geometry.clusterSize
    let start = UInt64(table.count) * geometry.blockEntries
    let wanted = UInt64(table.count) * 8 * 3 / 2
    var blockCount: UInt64 = 1
    var tableSize: UInt64 = 0
    var total: UInt64 = 0
    repeat {
      blockCount = max(1, (total + geometry.blockEntries - 1) / geometry.blockEntries)
      let needed = max(wanted, (UInt64(table.count) + blockCount) * 8)
      tableSize = (needed + size - 1) / size * size
      total = blockCount + tableSize / size
    } while total > blockCount * geometry.blockEntries
    guard tableSize <= Qcow2Header.maximumRefcountTableSize else {
      throw StorageError(file.path, .unsupported("refcount tables of more than 8 MiB"))
    }
    for cluster in start..<start + blockCount { try clear(cluster) }
    let oldTable = table
    table += Array(repeating: 0, count: Int(tableSize / 8) - table.count)
    for block in 0..<blockCount {
      table[oldTable.count + Int(block)] = geometry.offset(start + block)
    }
    do throws(StorageError) {
      for cluster in start..<start + total { try setCount(cluster, 1) }
    } catch {
      table = oldTable
      throw error
    }
    metadata.formUnion(start..<start + blockCount)
    let offset = geometry.offset(start + blockCount)
    moveTable(offset..<offset + tableSize)
  }

  /// Writes zeros to a cluster that becomes a table.
  func clear(_ cluster: UInt64) throws(StorageError) {
    let offset = geometry.offset(cluster)
    blocks.discard(offset..<offset + geometry.clusterSize)
    try file.write(offset, bytes: [UInt8](repeating: 0, count: Int(geometry.clusterSize)))
  }
}

extension Qcow2Refcounts {
  private var isTableDirty: Bool { !replacedTables.isEmpty || !dirtyEntries.isEmpty }

  /// Writes all changes to the file; the table's when the blocks are on stable storage.
  /// - Returns: the clusters of tables that were replaced. They can be released when that, too, is
  ///   on stable storage.
  func write() throws(StorageError) -> [UInt64] {
    try blocks.writeDirty()
    guard isTableDirty else { return [] }
    try file.synchronize()
    guard !replacedTables.isEmpty else {
      for entry in dirtyEntries.sorted() {
        try file.write(
          tableRange.lowerBound + UInt64(entry) * 8, bytes: [UInt8](bigEndian: table[entry]))
        dirtyEntries.remove(entry)
      }
      return []
    }
    try file.write(tableRange.lowerBound, bytes: [UInt8](bigEndian: table))
    try file.synchronize()
    let clusterCount = UInt32(
      (tableRange.upperBound - tableRange.lowerBound) / geometry.clusterSize)
    try file.write(
      Qcow2Header.Field.refcountTableOffset,
      bytes: [UInt8](bigEndian: tableRange.lowerBound) + [UInt8](bigEndian: clusterCount))
    dirtyEntries = []
    defer { replacedTables = [] }
    return replacedTables.flatMap(geometry.clusters)
  }
}
