extension Qcow2Image {
  func write(_ sector: UInt64, from buffer: UnsafeRawBufferPointer) throws(StorageError) {
    let range = try byteRange(sector, buffer.count, file.path)
    guard !isReadOnly else { throw StorageError(file.path, .readOnly) }
    try clearAutoclearFeatures()
    var position = range.lowerBound
    while position < range.upperBound {
      let rest = UnsafeRawBufferPointer(rebasing: buffer[Int(position - range.lowerBound)...])
      position += try writePart(position, rest)
    }
  }

  /// Writes as much as is written in one way.
  /// - Returns: how many bytes.
  private func writePart(
    _ position: UInt64, _ data: UnsafeRawBufferPointer
  ) throws(StorageError) -> UInt64 {
    let extent = try extent(position..<position + UInt64(data.count))
    let inCluster = position & (geometry.clusterSize - 1)
    switch extent.mapping {
    case .data(let cluster) where cluster.isCopied:
      let count = extent.end - position
      try checkData(cluster.offset)
      try checkNoMetadata(cluster.offset..<cluster.offset + inCluster + count)
      try file.write(cluster.offset + inCluster, from: prefix(data, count))
      return count
    case let mapping:
      guard inCluster == 0, UInt64(data.count) >= geometry.clusterSize else {
        let count = min(UInt64(data.count), geometry.clusterSize - inCluster)
        try replacePart(position, mapping, prefix(data, count))
        return count
      }
      return try replaceWhole(position, data)
    }
  }

  /// Gives new contents to whole clusters that may not be written in place, as many as one
  /// transfer can serve.
  private func replaceWhole(
    _ position: UInt64, _ data: UnsafeRawBufferPointer
  ) throws(StorageError) -> UInt64 {
    let size = geometry.clusterSize
    let rest = geometry.tableEntries - entryOffset(position) / 8
    let limit = min(UInt64(data.count) / size, rest)
    var old: [ClusterMapping] = []
    while UInt64(old.count) < limit {
      let mapping = try mapping(position + UInt64(old.count) * size)
      if case .data(let cluster) = mapping, cluster.isCopied { break }
      old.append(mapping)
    }
    let table = try writableTable(position)
    let clusters = try refcounts.allocate(UInt64(old.count))
    let count = UInt64(clusters.count) * size
    var linked: UInt64 = 0
    do throws(StorageError) {
      try file.write(geometry.offset(clusters.lowerBound), from: prefix(data, count))
      for (cluster, mapping) in zip(clusters, old) {
        try link(position + linked * size, table, cluster, replacing: mapping)
        linked += 1
      }
    } catch {
      for cluster in clusters.dropFirst(Int(linked)) { try? refcounts.release(cluster) }
      throw error
    }
    return count
  }

  /// Gives new contents to a part of a cluster that may not be written in place.
  private func replacePart(
    _ position: UInt64, _ old: ClusterMapping, _ data: UnsafeRawBufferPointer
  ) throws(StorageError) {
    let inCluster = position & (geometry.clusterSize - 1)
    let start = position - inCluster
    let table = try writableTable(position)
    let cluster = try refcounts.allocate().lowerBound
    do throws(StorageError) {
      let offset = geometry.offset(cluster)
      if offset >= file.size, readsAsZeros(old) {
        // What was never in the file reads as zeros.
        try file.write(offset + inCluster, from: data)
      } else {
        let contents = UnsafeMutableRawBufferPointer.allocate(
          byteCount: Int(geometry.clusterSize), alignment: 16)
        defer { contents.deallocate() }
        try read(start, old, into: contents)
        UnsafeMutableRawBufferPointer(rebasing: contents[Int(inCluster)...]).copyMemory(from: data)
        try file.write(offset, from: UnsafeRawBufferPointer(contents))
      }
      try link(start, table, cluster, replacing: old)
    } catch {
      try? refcounts.release(cluster)
      throw error
    }
  }

  private func readsAsZeros(_ mapping: ClusterMapping) -> Bool {
    switch mapping {
    case .zero: true
    case .unallocated: backing == nil
    case .data, .compressed: false
    }
  }

  /// Makes the L2 entry for a byte of the disk refer to a new cluster.
  private func link(
    _ position: UInt64, _ table: UInt64, _ cluster: UInt64, replacing old: ClusterMapping
  ) throws(StorageError) {
    try tables.setNumber(
      table + entryOffset(position), geometry.offset(cluster) | ClusterMapping.Entry.copied)
    switch old {
    case .unallocated, .zero(nil): return
    case .zero(let cluster?), .data(let cluster): retired.append(geometry.cluster(cluster.offset))
    case .compressed(let extent): retired += geometry.clusters(extent.offset..<extent.end)
    }
  }

  /// The L2 table for a byte of the disk, one that nothing else refers to.
  /// - Returns: its offset in the file.
  private func writableTable(_ position: UInt64) throws(StorageError) -> UInt64 {
    let index = Int(position / geometry.tableSpan)
    let entry = l1[index]
    let old = entry & ClusterMapping.Entry.offset
    if old != 0, entry & ClusterMapping.Entry.copied != 0 { return old }
    let cluster = try refcounts.allocate().lowerBound
    let offset = geometry.offset(cluster)
    do throws(StorageError) {
      let contents =
        old == 0
        ? [UInt8](repeating: 0, count: Int(geometry.clusterSize))
        : try file.bytes(old..<old + geometry.clusterSize, "an L2 table")
      try file.write(offset, bytes: contents)
    } catch {
      try? refcounts.release(cluster)
      throw error
    }
    tables.discard(offset..<offset + geometry.clusterSize)
    l1[index] = offset | ClusterMapping.Entry.copied
    dirtyL1.insert(index)
    refcounts.metadata.insert(cluster)
    if old != 0 { retired.append(geometry.cluster(old)) }
    return offset
  }

  private func checkNoMetadata(_ range: Range<UInt64>) throws(StorageError) {
    for cluster in geometry.clusters(range) where refcounts.metadata.contains(cluster) {
      throw corrupt("data overlap metadata in cluster \(cluster)")
    }
  }

  private func prefix(_ data: UnsafeRawBufferPointer, _ count: UInt64) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: data[..<Int(count)])
  }

  /// Clears the bits for features that changes to the disk would make wrong.
  private func clearAutoclearFeatures() throws(StorageError) {
    guard hasAutoclearFeatures else { return }
    try file.write(Qcow2Header.Field.autoclearFeatures, bytes: [UInt8](bigEndian: UInt64(0)))
    try file.synchronize()
    hasAutoclearFeatures = false
  }
}

extension Qcow2Image {
  func flush() throws(StorageError) {
    retired += try refcounts.write()
    if tables.isDirty || !dirtyL1.isEmpty {
      // What the entries refer to is to be there before they are.
      try file.synchronize()
      try tables.writeDirty()
      for index in dirtyL1.sorted() {
        try file.write(
          header.l1TableOffset + UInt64(index) * 8, bytes: [UInt8](bigEndian: l1[index]))
        dirtyL1.remove(index)
      }
    }
    try file.synchronize()
    while let cluster = retired.last {
      try refcounts.release(cluster)
      retired.removeLast()
    }
    _ = try refcounts.write()
  }
}
