import Foundation
import Testing

@testable import Images

/// Images built here from the specification: these need no other program.
struct BuiltImageTests {
  /// "hello" forty times, as `python3 -c "zlib.compressobj(9, 8, -15)"` and `zstd` compress it
  /// with zeros behind it up to 4096 bytes.
  static let text = Array(String(repeating: "hello", count: 40).utf8)

  static let builders: [Qcow2Builder] = [
    Qcow2Builder(version: 2, clusterBits: 9),
    Qcow2Builder(version: 2),
    Qcow2Builder(clusterBits: 9, refcountOrder: 0),
    Qcow2Builder(clusterBits: 10, refcountOrder: 1),
    Qcow2Builder(clusterBits: 11, refcountOrder: 2),
    Qcow2Builder(refcountOrder: 3),
    Qcow2Builder(clusterBits: 9, refcountOrder: 6),
    Qcow2Builder(refcountOrder: 5),
    Qcow2Builder(clusterBits: 16, clusterCount: 20),
    Qcow2Builder(clusterBits: 18, clusterCount: 8),
  ]

  @Test("All kinds of clusters, read, written and read again", arguments: builders.indices)
  func kinds(_ index: Int) throws {
    var builder = Self.builders[index]
    let words = builder.clusterSize / 8
    builder.entries = [
      0: .data((0..<words).map { UInt64($0) }), 3: .data((0..<words).map { UInt64($0) << 32 }),
      4: .data((0..<words).map { UInt64($0) << 40 }),
    ]
    if builder.version >= 3 {
      builder.entries[5] = .zero
      builder.entries[6] = .zeroAllocated
    }
    let folder = Folder()
    let (bytes, contents) = builder.build()
    let path = try folder.file("disk.qcow2", bytes)
    let zeros = [UInt64](repeating: 0, count: words)
    var model = ModelDisk(contents.flatMap { $0 ?? zeros })
    if Tool.areInstalled { try Tool.check(path) }
    #expect(try problems(path, readOnly: true).isEmpty)
    do {
      let storage = try Images.open(path: path, readOnly: false)
      #expect(try storage.contents() == model.words)
      var random = Random(UInt64(index))
      for _ in 0..<30 { try model.writeRandomly(storage, &random) }
      #expect(try storage.contents() == model.words)
    }
    #expect(try problems(path, readOnly: true).isEmpty)
    #expect(try Images.open(path: path, readOnly: true).contents() == model.words)
    if Tool.areInstalled { try Tool.check(path) }
  }

  @Test("Compressed clusters", arguments: [UInt8(0), 1])
  func compressed(_ type: UInt8) throws {
    let folder = Folder()
    var builder = Qcow2Builder()
    builder.compressionType = type
    builder.incompatibleFeatures = type == 0 ? 0 : 8
    builder.entries = [1: .compressed(Self.compressedText[Int(type)])]
    let path = try folder.file("disk.qcow2", builder.build().bytes)
    let expected = Self.text + [UInt8](repeating: 0, count: 4096 - Self.text.count)
    func cluster() throws -> [UInt8] {
      try Images.open(path: path, readOnly: true).words(8, 8).withUnsafeBytes { Array($0) }
    }
    #expect(try cluster() == expected)
    do {
      let storage = try Images.open(path: path, readOnly: false)
      try storage.setWords(9, Array(repeating: .max, count: sectorWords))
    }
    let changed = expected[..<512] + Array(repeating: 0xff, count: 512) + expected[1024...]
    #expect(try cluster() == Array(changed))
    #expect(try problems(path, readOnly: true).isEmpty)
  }

  private static let compressedText: [[UInt8]] = [
    [
      0xed, 0xc4, 0x31, 0x09, 0x00, 0x00, 0x08, 0x00, 0x30, 0xcb, 0x0a, 0x1e, 0x82, 0xfd, 0x3f,
      0x13, 0x18, 0x40, 0xd8, 0x8e, 0x55, 0x76, 0x4f, 0xfd, 0x2f, 0x00, 0x00, 0x00, 0x80, 0xd3,
      0x02,
    ],
    [
      0x28, 0xb5, 0x2f, 0xfd, 0x04, 0x58, 0x8d, 0x00, 0x00, 0x30, 0x68, 0x65, 0x6c, 0x6c, 0x6f,
      0x00, 0x02, 0x00, 0x34, 0xc7, 0xf9, 0x02, 0x08, 0xaa, 0x68, 0x01, 0x7d, 0xaa, 0xbf, 0x80,
    ],
  ]

  @Test("The dirty bit has the counts rebuilt", arguments: builders.indices)
  func dirty(_ index: Int) throws {
    var builder = Self.builders[index]
    guard builder.version >= 3 else { return }
    builder.incompatibleFeatures = 1
    let words = (0..<builder.clusterSize / 8).map { UInt64($0) }
    builder.entries = [0: .data(words), 7: .data(words), 2: .zeroAllocated]
    var bytes = builder.build().bytes
    // All counts wrong.
    let block = Qcow2Builder.Cluster.refcountBlock * builder.clusterSize
    for place in block..<block + builder.clusterSize { bytes[place] = 0 }
    let folder = Folder()
    let path = try folder.file("disk.qcow2", bytes)
    #expect(try !problems(path, readOnly: true).isEmpty)
    _ = try Images.open(path: path, readOnly: false)
    #expect(try problems(path, readOnly: true).isEmpty)
    #expect(try fileBytes(path)[79] == 0)
    if Tool.areInstalled { try Tool.check(path) }
  }

  @Test("A transfer of 128 sectors takes one read of the file", arguments: [9, 12, 16, 21])
  func readCount(_ clusterBits: Int) throws {
    let folder = Folder()
    let count = max(8, (1 << 20) >> clusterBits)
    // One L2 table maps 32 KiB of the disk where clusters have 512 bytes.
    let builder = Qcow2Builder(
      clusterBits: clusterBits, clusterCount: min(count, 1 << (clusterBits - 3)))
    let path = try folder.file("disk.qcow2", builder.build().bytes)
    let storage = try #require(try Images.open(path: path, readOnly: false) as? Qcow2Image)
    let sectors = Int(storage.sectorCount)
    try storage.setWords(0, Array(repeating: 5, count: sectors * sectorWords))
    _ = try storage.contents()
    let before = storage.file.readCount
    let transfer = min(128, sectors)
    for sector in stride(from: 0, to: sectors, by: transfer) {
      _ = try storage.words(UInt64(sector), transfer)
    }
    #expect(storage.file.readCount - before == sectors / transfer)
  }
}

/// What is wrong with an image file; leaks are, too.
func problems(_ path: String, readOnly: Bool) throws -> [String] {
  let storage = try Images.open(path: path, format: .qcow2, readOnly: readOnly)
  return try (storage as? Qcow2Image)?.problems(leaksCount: true) ?? ["not a qcow2 image"]
}
