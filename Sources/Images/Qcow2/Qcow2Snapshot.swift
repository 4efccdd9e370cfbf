/// An entry of the table of internal snapshots.
struct Qcow2Snapshot {
  /// Where its L1 table is in the file.
  let l1Offset: UInt64
  /// Number of entries in its L1 table.
  let l1Size: UInt64
  /// The unique ID.
  let id: String
  /// The name that it was given.
  let name: String

  /// Its L1 table in the file.
  var l1Range: Range<UInt64> { l1Offset..<l1Offset + l1Size * 8 }

  private static let maximumCount = 65536
  private static let maximumTableSize: UInt64 = 64 << 20
  private static let fixedSize = 40

  /// Reads the snapshot table.
  /// - Returns: the snapshots and where the table is in the file.
  static func table(
    _ file: HostFile, _ header: Qcow2Header
  ) throws(StorageError) -> (snapshots: [Qcow2Snapshot], range: Range<UInt64>) {
    guard header.snapshotCount > 0 else { return ([], 0..<0) }
    do throws(StorageError.Cause) {
      guard header.snapshotCount <= maximumCount else {
        throw .corrupt("\(header.snapshotCount) snapshots")
      }
      try header.check("snapshot table", header.snapshotsOffset, 1, file.size)
      let limit = min(file.size, header.snapshotsOffset + maximumTableSize)
      var position = header.snapshotsOffset
      var snapshots: [Qcow2Snapshot] = []
      for _ in 0..<header.snapshotCount {
        snapshots.append(try Qcow2Snapshot(file, header, &position, limit))
      }
      return (snapshots, header.snapshotsOffset..<position)
    } catch {
      throw StorageError(file.path, error)
    }
  }

  private init(
    _ file: HostFile, _ header: Qcow2Header, _ position: inout UInt64, _ limit: UInt64
  ) throws(StorageError.Cause) {
    func read(_ size: Int) throws(StorageError.Cause) -> [UInt8] {
      guard position <= limit, UInt64(size) <= limit - position else {
        throw .corrupt("snapshot table is beyond the end of the file")
      }
      defer { position += UInt64(size) }
      return try Qcow2Header.read(file, position..<position + UInt64(size))
    }
    let start = position
    let fixed = try read(Self.fixedSize)
    l1Offset = fixed.number(0)
    l1Size = UInt64(fixed.number(8, as: UInt32.self))
    let idSize = Int(fixed.number(12, as: UInt16.self))
    let nameSize = Int(fixed.number(14, as: UInt16.self))
    let extraSize = UInt64(fixed.number(36, as: UInt32.self))
    guard position <= limit, extraSize <= limit - position else {
      throw .corrupt("snapshot table is beyond the end of the file")
    }
    position += extraSize
    id = String(decoding: try read(idSize), as: UTF8.self)
    name = String(decoding: try read(nameSize), as: UTF8.self)
    position = start + ((position - start + 7) & ~7)
    guard l1Size * 8 <= Qcow2Header.maximumL1Size else {
      throw .corrupt("L1 table of snapshot \(id) is too large")
    }
    try header.check("L1 table of snapshot \(id)", l1Offset, l1Size * 8, file.size)
  }
}
