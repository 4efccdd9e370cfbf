@testable import Images

/// Builds small qcow2 images byte by byte from the specification: a header, a refcount table with
/// one block, an L1 table with one L2 table, then the data.
struct Qcow2Builder {
  var version: UInt32 = 3
  var clusterBits = 12
  var refcountOrder = 4
  /// Virtual size in clusters.
  var clusterCount = 40
  var incompatibleFeatures: UInt64 = 0
  var compressionType: UInt8 = 0
  /// Header extensions: type and data.
  var extensions: [(UInt32, [UInt8])] = []
  var backing: String?
  /// Contents of the L2 table, by index.
  var entries: [Int: Entry] = [:]

  /// What an L2 entry refers to.
  enum Entry {
    case data([UInt64])
    case zero
    /// A cluster set aside, with contents that do not show.
    case zeroAllocated
    case compressed([UInt8])
    case raw(UInt64)
  }

  /// Where the tables are, in clusters.
  enum Cluster {
    static let refcountTable = 1
    static let refcountBlock = 2
    static let l1 = 3
    static let l2 = 4
    static let data = 5
  }

  var clusterSize: Int { 1 << clusterBits }

  /// The image, and what each cluster of the disk reads as; nil where the backing file shows.
  func build() -> (bytes: [UInt8], contents: [[UInt64]?]) {
    var clusters: [[UInt8]] = Array(
      repeating: [UInt8](repeating: 0, count: clusterSize), count: Cluster.data)
    var contents = [[UInt64]?](repeating: nil, count: clusterCount)
    let zeros = [UInt64](repeating: 0, count: clusterSize / 8)
    for (index, entry) in entries.sorted(by: { $0.key < $1.key }) {
      let offset = UInt64(clusters.count * clusterSize)
      var value: UInt64 = 0
      switch entry {
      case .data(let words):
        value = offset | 1 << 63
        clusters.append(words.flatMap { bigEndian($0) })
        contents[index] = words.map(\.byteSwapped)
      case .zero:
        value = 1
        contents[index] = zeros
      case .zeroAllocated:
        value = offset | 1 << 63 | 1
        contents[index] = zeros
        clusters.append([UInt8](repeating: 0xee, count: clusterSize))
      case .compressed(let bytes):
        let sectors = UInt64((bytes.count + 511) / 512)
        value = 1 << 62 | (sectors - 1) << UInt64(62 - (clusterBits - 8)) | offset
        clusters.append(bytes + Array(repeating: 0, count: clusterSize - bytes.count))
      case .raw(let raw): value = raw
      }
      clusters[Cluster.l2].replaceSubrange(index * 8..<index * 8 + 8, with: bigEndian(value))
    }
    clusters[Cluster.l1].replaceSubrange(
      0..<8, with: bigEndian(UInt64(Cluster.l2 * clusterSize) | 1 << 63))
    clusters[Cluster.refcountTable].replaceSubrange(
      0..<8, with: bigEndian(UInt64(Cluster.refcountBlock * clusterSize)))
    for index in clusters.indices { count(index, &clusters[Cluster.refcountBlock]) }
    let header = header()
    clusters[0].replaceSubrange(0..<header.count, with: header)
    return (clusters.reduce(into: []) { $0 += $1 }, contents)
  }

  /// Makes the reference count of a cluster one.
  private func count(_ cluster: Int, _ block: inout [UInt8]) {
    let bits = 1 << refcountOrder
    if bits >= 8 {
      block[(cluster + 1) * bits / 8 - 1] = 1
    } else {
      block[cluster * bits / 8] |= 1 << UInt8(cluster * bits % 8)
    }
  }

  private func header() -> [UInt8] {
    var bytes = Array("QFI".utf8) + [0xfb] + bigEndian(version)
    var tail: [UInt8] = []
    if version >= 3 {
      tail += bigEndian(incompatibleFeatures) + bigEndian(UInt64(0)) + bigEndian(UInt64(0))
      tail += bigEndian(UInt32(refcountOrder)) + bigEndian(UInt32(112))
      tail += [compressionType, 0, 0, 0, 0, 0, 0, 0]
    }
    for (type, data) in extensions {
      tail += bigEndian(type) + bigEndian(UInt32(data.count)) + data
      tail += Array(repeating: 0, count: -data.count & 7)
    }
    tail += [UInt8](repeating: 0, count: 8)
    let name = Array((backing ?? "").utf8)
    bytes += bigEndian(UInt64(backing == nil ? 0 : 72 + tail.count))
    bytes += bigEndian(UInt32(name.count)) + bigEndian(UInt32(clusterBits))
    bytes += bigEndian(UInt64(clusterCount * clusterSize)) + bigEndian(UInt32(0))
    bytes += bigEndian(UInt32(1)) + bigEndian(UInt64(Cluster.l1 * clusterSize))
    bytes += bigEndian(UInt64(Cluster.refcountTable * clusterSize)) + bigEndian(UInt32(1))
    bytes += bigEndian(UInt32(0)) + bigEndian(UInt64(0))
    return bytes + tail + name
  }
}

/// The bytes of a number, most significant first.
func bigEndian<Number: FixedWidthInteger>(_ number: Number) -> [UInt8] {
  withUnsafeBytes(of: number.bigEndian) { Array($0) }
}

extension Qcow2Image {
  /// What is wrong with the image, in the sense of `qemu-img check`: clusters counted less often
  /// than referred to, and copied bits on what is shared. Clusters counted too often are no error
  /// unless asked for.
  func problems(leaksCount: Bool) throws -> [String] {
    let table = try Qcow2Snapshot.table(file, header).range
    let references = try countReferences(table)
    var problems: [String] = []
    for cluster in 0..<UInt64(references.counts.count) {
      let count = try refcounts.count(cluster)
      if count < UInt64(references[cluster]) || (leaksCount && count != references[cluster]) {
        problems.append("cluster \(cluster): \(references[cluster]) references, count \(count)")
      }
    }
    for position in stride(from: 0, to: header.size, by: Int(geometry.clusterSize)) {
      guard case .data(let cluster) = try mapping(position) else { continue }
      let count = try refcounts.count(geometry.cluster(cluster.offset))
      if cluster.isCopied != (count == 1) {
        problems.append("position \(position): copied \(cluster.isCopied), count \(count)")
      }
    }
    return problems
  }
}
