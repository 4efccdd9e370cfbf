extension Qcow2Refcounts {
  /// Sets all reference counts. What new refcount blocks and a new table need is added at the end
  /// of the image.
  func replace(with references: inout Qcow2References) throws(StorageError) {
    do throws(StorageError.Cause) {
      for cluster in metadata where references[cluster] == 0 {
        throw .corrupt("metadata in cluster \(cluster), which nothing refers to")
      }
      for block in table where block != 0 && references[geometry.cluster(block)] != 1 {
        throw .corrupt("refcount block at offset \(block) is in use as something else")
      }
      guard references.counts.allSatisfy({ UInt64($0) <= maximumCount }) else {
        throw .corrupt("more references to a cluster than can be counted")
      }
    } catch {
      throw StorageError(file.path, error)
    }
    try cover(&references)
    for (region, block) in table.enumerated() where block != 0 {
      let first = UInt64(region) * geometry.blockEntries
      for cluster in first..<first + geometry.blockEntries {
        let wanted = UInt64(references[cluster])
        if try count(cluster) != wanted { try setCount(cluster, wanted) }
      }
    }
  }

  private var maximumCount: UInt64 { geometry.maximumRefcount }

  /// Adds refcount blocks, and if need be a larger table, until all clusters that are referred to
  /// are covered.
  private func cover(_ references: inout Qcow2References) throws(StorageError) {
    var region = 0
    while UInt64(region) * geometry.blockEntries < UInt64(references.counts.count) {
      if region >= table.count { try appendTable(&references) }
      let first = region * Int(geometry.blockEntries)
      let end = min(first + Int(geometry.blockEntries), references.counts.count)
      if table[region] == 0, references.counts[first..<end].contains(where: { $0 != 0 }) {
        let cluster = try append(&references)
        try clear(cluster)
        setBlock(region, geometry.offset(cluster))
      }
      region += 1
    }
  }

  /// Puts a table twice as large at the end of the image.
  private func appendTable(_ references: inout Qcow2References) throws(StorageError) {
    let size = UInt64(table.count) * 8 * 2
    guard size <= Qcow2Header.maximumRefcountTableSize else {
      throw StorageError(file.path, .unsupported("refcount tables of more than 8 MiB"))
    }
    let first = try append(&references)
    for _ in 1..<size / geometry.clusterSize { _ = try append(&references) }
    references.remove(geometry.clusters(tableRange))
    moveTable(geometry.offset(first)..<geometry.offset(first) + size)
  }

  private func append(_ references: inout Qcow2References) throws(StorageError) -> UInt64 {
    do throws(StorageError.Cause) {
      return try references.append()
    } catch {
      throw StorageError(file.path, error)
    }
  }
}
