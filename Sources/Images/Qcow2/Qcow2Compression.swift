import CZlib
import CZstd

/// How compressed clusters are compressed: the header's compression_type.
enum Qcow2Compression: UInt8 {
  /// Deflate without a zlib header.
  case zlib = 0
  /// Zstandard.
  case zstd = 1

  /// Decompresses a cluster.
  /// - Returns: whether the input decompresses to at least as much as the output holds; what
  ///   follows in the input is ignored.
  func decompress(
    _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
  ) -> Bool {
    switch self {
    case .zlib: Self.inflate(input, output)
    case .zstd: Self.decompressZstandard(input, output)
    }
  }

  private static func inflate(
    _ input: UnsafeRawBufferPointer, _ output: UnsafeMutableRawBufferPointer
  ) -> Bool {
    var stream = z_stream()
    // Negative: a bare deflate stream, here with a window of any size.
    let status = inflateInit2_(
      &stream, -15, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
    guard status == Z_OK else { return false }
    defer { inflateEnd(&stream) }
    stream.next_in = UnsafeMutablePointer(
      mutating: input.bindMemory(to: UInt8.self).baseAddress)
    stream.avail_in = UInt32(input.count)
    stream.next_out = output.bindMemory(to: UInt8.self).baseAddress
    stream.avail_out = UInt32(output.count)
    let result = CZlib.inflate(&stream, Z_FINISH)
    return (result == Z_STREAM_END || result == Z_BUF_ERROR) && stream.avail_out == 0
  }

  private static func decompressZstandard(
    _ input: UnsafeRawBufferPointer, _ output: UnsafeMutableRawBufferPointer
  ) -> Bool {
    guard let context = ZSTD_createDStream() else { return false }
    defer { ZSTD_freeDStream(context) }
    var source = ZSTD_inBuffer(src: input.baseAddress, size: input.count, pos: 0)
    var target = ZSTD_outBuffer(dst: output.baseAddress, size: output.count, pos: 0)
    while target.pos < target.size {
      let before = (source.pos, target.pos)
      let result = ZSTD_decompressStream(context, &target, &source)
      guard ZSTD_isError(result) == 0, (source.pos, target.pos) != before else { return false }
    }
    return true
  }
}

/// The last few compressed clusters that were read, decompressed. They never become stale: no
/// compressed cluster is ever written here.
final class CompressedClusterCache {
  private let file: HostFile
  private let compression: Qcow2Compression
  private let clusterSize: Int
  private let memory: UnsafeMutableRawPointer
  private var extents: [CompressedExtent?]
  private var nextSlot = 0

  private static let slotCount = 4

  /// No cluster of the image was read yet.
  init(_ file: HostFile, _ header: Qcow2Header) {
    self.file = file
    compression = header.compression
    clusterSize = Int(header.geometry.clusterSize)
    extents = Array(repeating: nil, count: Self.slotCount)
    memory = .allocate(byteCount: clusterSize * Self.slotCount, alignment: 16)
  }

  deinit { memory.deallocate() }

  /// The contents of a compressed cluster, valid until the next call.
  func contents(_ extent: CompressedExtent) throws(StorageError) -> UnsafeRawBufferPointer {
    if let slot = extents.firstIndex(of: extent) { return UnsafeRawBufferPointer(buffer(slot)) }
    guard extent.offset < file.size else {
      throw StorageError(
        file.path,
        .corrupt("compressed cluster at offset \(extent.offset) is beyond the end of the file"))
    }
    let input = UnsafeMutableRawBufferPointer.allocate(
      byteCount: Int(extent.end - extent.offset), alignment: 16)
    defer { input.deallocate() }
    try file.read(extent.offset, into: input)
    let slot = nextSlot
    nextSlot = (slot + 1) % Self.slotCount
    extents[slot] = nil
    guard compression.decompress(UnsafeRawBufferPointer(input), into: buffer(slot)) else {
      throw StorageError(
        file.path, .corrupt("cluster at offset \(extent.offset) does not decompress"))
    }
    extents[slot] = extent
    return UnsafeRawBufferPointer(buffer(slot))
  }

  private func buffer(_ slot: Int) -> UnsafeMutableRawBufferPointer {
    UnsafeMutableRawBufferPointer(start: memory + slot * clusterSize, count: clusterSize)
  }
}
