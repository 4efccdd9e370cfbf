/// The header of a qcow2 image, checked. The names are those of the specification.
struct Qcow2Header {
  /// 2 or 3.
  let version: UInt32
  /// What follows from cluster_bits and refcount_order.
  let geometry: Qcow2Geometry
  /// Virtual disk size in bytes.
  let size: UInt64
  /// Number of entries in the active L1 table.
  let l1Size: UInt64
  /// Where the active L1 table is in the file.
  let l1TableOffset: UInt64
  /// Where the refcount table is in the file.
  let refcountTableOffset: UInt64
  /// Number of clusters that it occupies.
  let refcountTableClusters: UInt64
  /// nb_snapshots: number of internal snapshots.
  let snapshotCount: UInt64
  /// Where the snapshot table is in the file.
  let snapshotsOffset: UInt64
  /// Features that must be understood; only bits of `Feature.known` are set.
  let incompatibleFeatures: UInt64
  /// Features to clear before a write.
  let autoclearFeatures: UInt64
  /// How compressed clusters are compressed.
  let compression: Qcow2Compression
  /// The name of the backing file and, where the image tells it, its format.
  let backing: (name: String, format: String?)?

  /// Bits of incompatible_features.
  enum Feature {
    /// Reference counts may be inconsistent.
    static let dirty: UInt64 = 1 << 0
    /// Any structure may be corrupt; the image must not be written to.
    static let corrupt: UInt64 = 1 << 1
    /// Compression is not zlib's.
    static let compressionType: UInt64 = 1 << 3
    /// What can be dealt with.
    static let known = dirty | corrupt | compressionType
    /// The names of bits that an image's feature name table may lack.
    static let names: [UInt8: String] = [2: "external data file", 4: "extended L2 entries"]
  }

  /// Offsets of fields that are written on their own.
  enum Field {
    static let refcountTableOffset: UInt64 = 48
    static let incompatibleFeatures: UInt64 = 72
    static let autoclearFeatures: UInt64 = 88
  }

  /// The largest L1 table in bytes: QEMU's limit.
  static let maximumL1Size: UInt64 = 32 << 20
  /// The largest refcount table in bytes: QEMU's limit.
  static let maximumRefcountTableSize: UInt64 = 8 << 20

  /// Reads and checks the header of a file.
  init(_ file: HostFile) throws(StorageError) {
    do throws(StorageError.Cause) {
      guard file.size >= 72 else { throw .corrupt("truncated header") }
      let fixed = try Self.read(file, 0..<min(file.size, 112))
      try self.init(fixed, file)
    } catch {
      throw StorageError(file.path, error)
    }
  }

  private init(_ bytes: [UInt8], _ file: HostFile) throws(StorageError.Cause) {
    version = bytes.number(4)
    guard version == 2 || version == 3 else { throw .unsupported("qcow version \(version)") }
    guard version == 2 || bytes.count >= 104 else { throw .corrupt("truncated header") }
    let isExtended = version >= 3
    let headerLength = isExtended ? bytes.number(100, as: UInt32.self) : 72
    geometry = try Self.geometry(bytes, refcountOrder: isExtended ? bytes.number(96) : 4)
    guard headerLength % 8 == 0, headerLength <= geometry.clusterSize,
      !isExtended || headerLength >= 104
    else { throw .corrupt("header of \(headerLength) bytes") }
    incompatibleFeatures = isExtended ? bytes.number(72) : 0
    autoclearFeatures = isExtended ? bytes.number(88) : 0
    size = bytes.number(24)
    l1Size = UInt64(bytes.number(36, as: UInt32.self))
    l1TableOffset = bytes.number(40)
    refcountTableOffset = bytes.number(48)
    refcountTableClusters = UInt64(bytes.number(56, as: UInt32.self))
    snapshotCount = UInt64(bytes.number(60, as: UInt32.self))
    snapshotsOffset = bytes.number(64)

    let backingOffset: UInt64 = bytes.number(8)
    let backingLength: UInt32 = bytes.number(16)
    let end = min(backingOffset == 0 ? .max : backingOffset, geometry.clusterSize, file.size)
    let extensions = try Qcow2HeaderExtensions(
      file, UInt64(headerLength)..<max(UInt64(headerLength), end))
    try Self.refuse(incompatibleFeatures, extensions)
    compression = try Self.compression(
      bytes, UInt64(headerLength), incompatibleFeatures & Feature.compressionType != 0)
    try Self.refuse(cryptMethod: bytes.number(32))
    backing =
      try Self.backingName(file, geometry, backingOffset, backingLength).map {
        ($0, extensions.backingFormat)
      }
    try checkTables(file.size)
  }

  /// Bytes at the beginning of the file.
  static func read(_ file: HostFile, _ range: Range<UInt64>) throws(StorageError.Cause) -> [UInt8] {
    do throws(StorageError) {
      return try file.bytes(range, "the header")
    } catch {
      throw error.cause
    }
  }

  private static func geometry(
    _ bytes: [UInt8], refcountOrder: UInt32
  ) throws(StorageError.Cause) -> Qcow2Geometry {
    let clusterBits: UInt32 = bytes.number(20)
    guard Qcow2Geometry.clusterBitsRange.contains(clusterBits) else {
      throw .unsupported("clusters of 2 to the power of \(clusterBits) bytes")
    }
    guard refcountOrder <= 6 else { throw .corrupt("refcount_order \(refcountOrder)") }
    return Qcow2Geometry(clusterBits: UInt64(clusterBits), refcountOrder: UInt64(refcountOrder))
  }

  private static func refuse(
    _ features: UInt64, _ extensions: Qcow2HeaderExtensions
  ) throws(StorageError.Cause) {
    let unknown = (0..<64 as Range<UInt8>).filter { (features & ~Feature.known) >> $0 & 1 != 0 }
    guard !unknown.isEmpty else { return }
    let names = unknown.map { bit in
      let name = extensions.incompatibleFeatureNames[bit] ?? Feature.names[bit]
      return name.map { "\($0) (bit \(bit))" } ?? "bit \(bit)"
    }
    throw .unsupported("incompatible features: \(names.joined(separator: ", "))")
  }

  private static func refuse(cryptMethod: UInt32) throws(StorageError.Cause) {
    switch cryptMethod {
    case 0: return
    case 1: throw .unsupported("AES encryption")
    case 2: throw .unsupported("LUKS encryption")
    default: throw .unsupported("encryption method \(cryptMethod)")
    }
  }

  private static func compression(
    _ bytes: [UInt8], _ headerLength: UInt64, _ hasFeature: Bool
  ) throws(StorageError.Cause) -> Qcow2Compression {
    let type = headerLength > 104 && bytes.count > 104 ? bytes[104] : 0
    guard hasFeature == (type != 0) else {
      throw .corrupt("compression type \(type) contradicts the feature bits")
    }
    guard let compression = Qcow2Compression(rawValue: type) else {
      throw .unsupported("compression type \(type)")
    }
    return compression
  }

  private static func backingName(
    _ file: HostFile, _ geometry: Qcow2Geometry, _ offset: UInt64, _ length: UInt32
  ) throws(StorageError.Cause) -> String? {
    guard offset != 0, length != 0 else { return nil }
    guard length <= 1023, offset <= geometry.clusterSize - UInt64(length) else {
      throw .corrupt("backing file name of \(length) bytes at offset \(offset)")
    }
    let bytes = try read(file, offset..<offset + UInt64(length))
    guard !bytes.contains(0) else { throw .corrupt("backing file name contains a zero byte") }
    return String(decoding: bytes, as: UTF8.self)
  }
}

extension Qcow2Header {
  /// The L1 table in the file.
  var l1Range: Range<UInt64> { l1TableOffset..<l1TableOffset + l1Size * 8 }
  /// The refcount table in the file.
  var refcountTableRange: Range<UInt64> {
    refcountTableOffset..<refcountTableOffset + refcountTableClusters * geometry.clusterSize
  }

  private func checkTables(_ fileSize: UInt64) throws(StorageError.Cause) {
    guard l1Size * 8 <= Self.maximumL1Size else { throw .corrupt("L1 table is too large") }
    let span = geometry.tableSpan
    guard l1Size >= size / span + (size % span == 0 ? 0 : 1) else {
      throw .corrupt("L1 table is too small for the disk's size")
    }
    guard refcountTableClusters > 0 else { throw .corrupt("no refcount table") }
    let refcountTableSize = refcountTableClusters * geometry.clusterSize
    guard refcountTableSize <= Self.maximumRefcountTableSize else {
      throw .corrupt("refcount table is too large")
    }
    try check("L1 table", l1TableOffset, l1Size * 8, fileSize)
    try check("refcount table", refcountTableOffset, refcountTableSize, fileSize)
    if l1Size > 0, geometry.clusters(l1Range).overlaps(geometry.clusters(refcountTableRange)) {
      throw .corrupt("L1 table and refcount table overlap")
    }
  }

  /// Checks that a table is aligned, does not hide the header and is inside of the file.
  func check(
    _ what: String, _ offset: UInt64, _ length: UInt64, _ fileSize: UInt64
  ) throws(StorageError.Cause) {
    guard length > 0 else { return }
    guard geometry.isAligned(offset) else {
      throw .corrupt("\(what) at offset \(offset) is not aligned")
    }
    guard offset != 0 else { throw .corrupt("\(what) overlaps the header") }
    guard offset <= fileSize, length <= fileSize - offset else {
      throw .corrupt("\(what) is beyond the end of the file")
    }
  }
}
