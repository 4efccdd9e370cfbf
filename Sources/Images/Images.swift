/// Formats of disk images, by the names that QEMU's option `format=` takes.
public enum ImageFormat: String, CaseIterable, Sendable {
  /// The disk byte for byte: a file or a block device.
  case raw
  /// QEMU's format, versions 2 and 3.
  case qcow2
}

/// Opens disk images.
public enum Images {
  /// The longest chain of backing files.
  private static let maximumChain = 200

  /// Opens a disk image and the chain of its backing files, which are only read.
  /// - Parameters:
  ///   - path: the file's name; a prefix `file:` is ignored.
  ///   - format: its format; nil to find out from its contents.
  ///   - readOnly: whether it is not to be written to.
  public static func open(
    path: String, format: ImageFormat? = nil, readOnly: Bool
  ) throws(StorageError) -> any BlockStorage {
    let path = path.hasPrefix("file:") ? String(path.dropFirst(5)) : path
    return try open(path, format, readOnly, [])
  }

  /// A disk that begins with the contents of another one and keeps what is written to it in a
  /// temporary file (in TMPDIR, else /var/tmp), as `-snapshot` asks. The other one must not be
  /// written to meanwhile.
  public static func snapshot(
    over storage: any BlockStorage
  ) throws(StorageError) -> any BlockStorage {
    try SnapshotOverlay(over: storage)
  }

  private static func open(
    _ path: String, _ format: ImageFormat?, _ readOnly: Bool, _ chain: [HostFile.Identity]
  ) throws(StorageError) -> any BlockStorage {
    let file = try HostFile(path: path, isReadOnly: readOnly, chain: chain)
    let actual: ImageFormat = if let format { format } else { try probe(file) }
    switch actual {
    case .raw: return RawImage(file, isProbed: format == nil)
    case .qcow2:
      let header = try Qcow2Header(file)
      var backing: (any BlockStorage)?
      if let link = header.backing {
        do throws(StorageError) {
          backing = try openBacking(link.name, link.format, file, chain)
        } catch {
          throw StorageError(path, .backingFile(error.description))
        }
      }
      return try Qcow2Image(file, header, backing: backing)
    }
  }

  private static func probe(_ file: HostFile) throws(StorageError) -> ImageFormat {
    let start = UnsafeMutableRawBufferPointer.allocate(
      byteCount: Signature.length, alignment: 16)
    defer { start.deallocate() }
    try file.read(0, into: start)
    guard let name = Signature.format(of: UnsafeRawBufferPointer(start)) else { return .raw }
    guard let format = ImageFormat(rawValue: name) else {
      throw StorageError(
        file.path,
        .unsupported("images in the format \(name) (format=raw takes the file as it is)"))
    }
    return format
  }

  private static func openBacking(
    _ name: String, _ formatName: String?, _ file: HostFile, _ chain: [HostFile.Identity]
  ) throws(StorageError) -> any BlockStorage {
    let path = try resolve(name, from: file.path)
    guard chain.count < maximumChain else {
      throw StorageError(path, .unsupported("chains of more than \(maximumChain) backing files"))
    }
    var format: ImageFormat?
    if let formatName {
      format = ImageFormat(rawValue: formatName)
      guard format != nil else {
        throw StorageError(path, .unsupported("images in the format \(formatName)"))
      }
    }
    return try open(path, format, true, chain + [file.identity])
  }

  /// A backing file's path: relative to the image that names it.
  private static func resolve(_ name: String, from image: String) throws(StorageError) -> String {
    var name = name
    let start = name.prefix { $0 != "/" }
    if let colon = start.firstIndex(of: ":") {
      guard start[..<colon] == "file" else {
        throw StorageError(name, .unsupported("the protocol \(start[..<colon])"))
      }
      name = String(name[name.index(after: colon)...])
    }
    guard !name.hasPrefix("/"), let slash = image.lastIndex(of: "/") else { return name }
    return image[...slash] + name
  }
}
