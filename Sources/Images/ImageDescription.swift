/// What the monitor's `info block` tells of an image file.
public struct ImageDescription: Equatable, Sendable {
  /// The name the file was opened by; empty for the temporary file of a snapshot.
  public let path: String
  /// Its format.
  public let format: ImageFormat
  /// The size of the disk in bytes.
  public let size: UInt64
  /// Bytes that the file takes on the host.
  public let allocatedSize: UInt64
  /// Whether it is only read.
  public let isReadOnly: Bool
  /// Bytes in a cluster, where the format has clusters.
  public let clusterSize: UInt64?
  /// The names of internal snapshots.
  public let snapshots: [String]
}

extension Images {
  /// The files that make up a disk: the image itself, then its backing files from the nearest on.
  /// Empty for a disk that did not come from here.
  public static func describe(_ storage: any BlockStorage) -> [ImageDescription] {
    switch storage {
    case let counted as CountedStorage:
      return describe(counted.storage)
    case let overlay as SnapshotOverlay:
      return [
        ImageDescription(
          path: "", format: .raw, size: overlay.sectorCount * sectorSize,
          allocatedSize: overlay.allocatedSize, isReadOnly: false, clusterSize: nil, snapshots: [])
      ] + describe(overlay.base)
    case let image as RawImage:
      return [
        ImageDescription(
          path: image.file.path, format: .raw, size: image.sectorCount * sectorSize,
          allocatedSize: image.file.allocatedSize, isReadOnly: image.isReadOnly,
          clusterSize: nil, snapshots: [])
      ]
    case let image as Qcow2Image:
      let description = ImageDescription(
        path: image.file.path, format: .qcow2, size: image.sectorCount * sectorSize,
        allocatedSize: image.file.allocatedSize, isReadOnly: image.isReadOnly,
        clusterSize: image.geometry.clusterSize, snapshots: image.snapshots.map(\.name))
      return [description] + (image.backing.map(describe) ?? [])
    default:
      return []
    }
  }
}
