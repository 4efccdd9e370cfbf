import Foundation
import Testing

@testable import Images

/// Files that contradict the specification or ask for too much: an error that says so.
struct BadImageTests {
  /// A change to a good image and a part of the message that it must give.
  struct Case: CustomTestStringConvertible, Sendable {
    let offset: Int
    let value: [UInt8]
    let message: String
    var clusterBits = 12
    /// When the error comes.
    var when = When.open

    enum When { case open, openForWriting, read, write }

    init(_ offset: Int, _ value: some FixedWidthInteger, _ message: String, _ when: When = .open) {
      self.offset = offset
      self.value = bigEndian(value)
      self.message = message
      self.when = when
    }

    var testDescription: String { "\(message) at \(offset)" }
  }

  private static let l1 = Qcow2Builder.Cluster.l1 * 4096
  private static let l2 = Qcow2Builder.Cluster.l2 * 4096
  private static let table = Qcow2Builder.Cluster.refcountTable * 4096
  private static let block = Qcow2Builder.Cluster.refcountBlock * 4096
  /// The first entry of the L2 table: data, copied.
  private static let copied: UInt64 = 1 << 63

  static let cases: [Case] = [
    Case(4, UInt32(1), "not supported: images in the format qcow"),
    Case(4, UInt32(4), "not supported: images in the format qcow"),
    Case(8, UInt64(4090), "backing file name of 20 bytes at offset 4090"),
    Case(16, UInt32(1024), "backing file name of 1024 bytes"),
    Case(20, UInt32(8), "clusters of 2 to the power of 8"),
    Case(20, UInt32(22), "clusters of 2 to the power of 22"),
    Case(20, UInt32.max, "clusters of 2 to the power of 4294967295"),
    Case(24, UInt64.max, "L1 table is too small"),
    Case(24, UInt64(1) << 40, "L1 table is too small"),
    Case(32, UInt32(1), "AES encryption"),
    Case(32, UInt32(2), "LUKS encryption"),
    Case(32, UInt32(3), "encryption method 3"),
    Case(36, UInt32.max, "L1 table is too large"),
    Case(36, UInt32(1 << 22), "L1 table is beyond the end of the file"),
    Case(40, UInt64(513), "L1 table at offset 513 is not aligned"),
    Case(40, UInt64(0), "L1 table overlaps the header"),
    Case(40, UInt64(1) << 63, "L1 table is beyond the end of the file"),
    Case(40, UInt64(table), "L1 table and refcount table overlap"),
    Case(48, UInt64(1), "refcount table at offset 1 is not aligned"),
    Case(48, UInt64(1) << 62, "refcount table is beyond the end of the file"),
    Case(56, UInt32(0), "no refcount table"),
    Case(56, UInt32.max, "refcount table is too large"),
    Case(60, UInt32(65537), "65537 snapshots"),
    Case(60, UInt32(1), "snapshot table overlaps the header"),
    Case(72, UInt64(4), "incompatible features: external data file (bit 2)"),
    Case(72, UInt64(16), "incompatible features: extended L2 entries (bit 4)"),
    Case(72, UInt64(1) << 40 | 1 << 63, "incompatible features: frobnication (bit 40), bit 63"),
    Case(72, UInt64(8), "compression type 0 contradicts"),
    Case(72, UInt64(2), "the image is marked corrupt", .openForWriting),
    Case(96, UInt32(7), "refcount_order 7"),
    Case(100, UInt32(96), "header of 96 bytes"),
    Case(100, UInt32(111), "header of 111 bytes"),
    Case(100, UInt32(8192), "header of 8192 bytes"),
    Case(104, UInt8(1), "compression type 1 contradicts"),
    Case(116, UInt32(5000), "header extension of 5000 bytes"),
    Case(l1, copied | 512, "table at offset 512, not aligned", .openForWriting),
    Case(l1, copied | 512, "L2 table at offset 512", .read),
    Case(l1, copied | 1 << 50, "table at offset 1125899906842624", .openForWriting),
    Case(l1, copied | 1 << 50, "table at offset 1125899906842624 is beyond the end", .read),
    Case(l1, copied | UInt64(l1), "metadata overlap in cluster 3", .openForWriting),
    Case(table, UInt64(1) << 50, "table at offset 1125899906842624", .openForWriting),
    Case(table, UInt64(l2), "metadata overlap in cluster 4", .openForWriting),
    Case(block + 8, UInt16(0), "metadata in cluster 4, whose reference count is 0", .write),
    Case(l2, copied | 512, "cluster at offset 512 is not aligned", .read),
    Case(l2, copied, "cluster overlaps the header", .read),
    Case(l2, copied | 1 << 50, "cluster at offset 1125899906842624 is beyond the end", .read),
    Case(l2, copied | 1 << 50, "cluster at offset 1125899906842624 is beyond the end", .write),
    Case(l2, copied | UInt64(l1), "data overlap metadata in cluster 3", .write),
    Case(l2, copied | UInt64(block), "data overlap metadata in cluster 2", .write),
    Case(l2, UInt64(1) << 62 | 1 << 55, "compressed cluster at offset", .read),
    Case(l2, UInt64(1) << 62 | UInt64(l1), "cluster at offset 12288 does not decompress", .read),
    Case(l2, UInt64(1) << 62 | UInt64(l1), "cluster at offset 12288 does not decompress", .write),
  ]

  @Test("A wrong field", arguments: cases)
  func wrongField(_ example: Case) throws {
    var builder = Qcow2Builder()
    builder.entries = [0: .data(Array(repeating: 1, count: 512))]
    let name = [0, 40] + Array("frobnication".utf8)
    builder.extensions = [(0x6803_f857, name + Array(repeating: 0, count: 48 - name.count))]
    if [8, 16].contains(example.offset) { builder.backing = "/no/such/backing/fil" }
    var bytes = builder.build().bytes
    bytes.replaceSubrange(
      example.offset..<example.offset + example.value.count, with: example.value)
    let folder = Folder()
    let path = try folder.file("disk.qcow2", bytes)
    let error = #expect(throws: StorageError.self) {
      let storage = try Images.open(
        path: path, readOnly: example.when == .open || example.when == .read)
      if example.when == .read { _ = try storage.words(0, 1) }
      if example.when == .write {
        try storage.setWords(0, Array(repeating: 1, count: sectorWords))
        try storage.setWords(storage.sectorCount - 1, Array(repeating: 1, count: sectorWords))
      }
    }
    let description = error?.description ?? ""
    #expect(description.contains(example.message), "\(description)")
    #expect(description.hasPrefix(path))
  }

  @Test("Truncated at any cluster and inside of the header")
  func truncated() throws {
    var builder = Qcow2Builder(clusterBits: 9)
    builder.entries = [0: .data(Array(repeating: 1, count: 64))]
    let bytes = builder.build().bytes
    let folder = Folder()
    for length in [0, 3, 4, 71, 72, 100, 103, 104]
      + Array(stride(from: 512, to: bytes.count, by: 512))
    {
      let path = try folder.file("disk.qcow2", Array(bytes[..<length]))
      #expect(throws: StorageError.self) {
        _ = try Images.open(path: path, format: .qcow2, readOnly: true).words(0, 1)
      }
    }
  }

  @Test("Chains of backing files that cannot be")
  func chains() throws {
    let folder = Folder()
    func make(_ name: String, _ backing: String, _ format: String? = "qcow2") throws -> String {
      var builder = Qcow2Builder()
      builder.backing = backing
      if let format { builder.extensions = [(0xe279_2aca, Array(format.utf8))] }
      return try folder.file(name, builder.build().bytes)
    }
    func message(_ path: String) -> String {
      do {
        _ = try Images.open(path: path, readOnly: true)
        return ""
      } catch { return error.description }
    }
    #expect(try message(make("self", "self")).hasSuffix("the image is its own backing file"))
    _ = try make("b", "a", nil)
    #expect(try message(make("a", "b")).hasSuffix("the image is its own backing file"))
    #expect(
      try message(make("c", "missing")).hasSuffix("missing: cannot open: No such file or directory")
    )
    #expect(try message(make("c", "nbd://host/disk")).hasSuffix("the protocol nbd"))
    #expect(try message(make("c", "d", "vmdk")).hasSuffix("images in the format vmdk"))
    #expect(
      try message(make("c", "file:missing")).hasSuffix(
        "missing: cannot open: No such file or directory"))
    _ = try make("chain0", "missing")
    for index in 1...250 { _ = try make("chain\(index)", "chain\(index - 1)") }
    #expect(message(folder("chain250")).hasSuffix("chains of more than 200 backing files"))
  }

  @Test("Files that are no images")
  func noImages() throws {
    let folder = Folder()
    func message(_ path: String, _ readOnly: Bool = true) -> String {
      do {
        _ = try Images.open(path: path, readOnly: readOnly)
        return ""
      } catch { return error.description }
    }
    #expect(message(folder.path) == "\(folder.path): neither a regular file nor a block device")
    #expect(message("/dev/null") == "/dev/null: neither a regular file nor a block device")
    let pipe = folder("pipe")
    #expect(mkfifo(pipe, 0o600) == 0)
    #expect(message(pipe) == "\(pipe): neither a regular file nor a block device")
    #expect(message(folder("none")) == "\(folder("none")): cannot open: No such file or directory")
    let vmdk = try folder.file("disk.vmdk", Array("KDMV".utf8) + Array(repeating: 0, count: 600))
    #expect(message(vmdk).contains("not supported: images in the format vmdk (format=raw"))
    #expect(try Images.open(path: vmdk, format: .raw, readOnly: true).sectorCount == 2)
  }

  /// Tables of an image with bits changed at random. Whatever comes of it must be an error or a
  /// disk: nothing here may trap, and what fails must fail as a `StorageError`.
  @Test("Changed at random", arguments: [9, 12, 16])
  func fuzz(_ clusterBits: Int) throws {
    let folder = Folder()
    var random = Random(UInt64(clusterBits))
    var opened = 0
    var refused = 0
    for _ in 0..<(isLong ? 4_000 : 300) {
      let path = try folder.file("disk.qcow2", changed(clusterBits, &random))
      for readOnly in [true, false] {
        do {
          let storage = try Images.open(path: path, format: .qcow2, readOnly: readOnly)
          opened += 1
          try use(storage, &random)
        } catch is StorageError {
          refused += 1
        }
      }
    }
    #expect(opened > 0 && refused > 0)
  }

  private func changed(_ clusterBits: Int, _ random: inout Random) throws -> [UInt8] {
    var builder = Qcow2Builder(clusterBits: clusterBits, refcountOrder: Int(random.next() % 7))
    let words = builder.clusterSize / 8
    builder.entries = [
      0: .data(Array(repeating: 1, count: words)), 1: .zero, 2: .zeroAllocated,
      3: .compressed([0xed, 0xc4, 0x31, 0x09]), 5: .data(Array(repeating: 2, count: words)),
    ]
    builder.incompatibleFeatures = random.next() % 2
    var bytes = builder.build().bytes
    for _ in 0..<Int.random(in: 1...6, using: &random) {
      let cluster = Int.random(in: 0..<Qcow2Builder.Cluster.data, using: &random)
      let place = cluster * builder.clusterSize + Int.random(in: 0..<112, using: &random)
      bytes[place] ^= Bool.random(using: &random) ? 1 << UInt8(random.next() % 8) : 0xff
    }
    if random.next() % 8 == 0 { bytes.removeLast(Int(random.next() % UInt64(bytes.count))) }
    return bytes
  }

  private func use(_ storage: any BlockStorage, _ random: inout Random) throws {
    var firstError: StorageError?
    for _ in 0..<40 {
      let count = Int.random(in: 1...40, using: &random)
      let end = storage.sectorCount
      guard end > UInt64(count) else { return }
      let sector =
        random.next() % 4 == 0
        ? random.next() % (end - UInt64(count)) : random.next() % min(200, end - UInt64(count))
      do {
        _ = try storage.words(sector, count)
        if !storage.isReadOnly {
          try storage.setWords(sector, Array(repeating: 3, count: count * sectorWords))
          if random.next() % 8 == 0 { try storage.flush() }
        }
      } catch let error as StorageError {
        firstError = firstError ?? error
      }
    }
    if let firstError { throw firstError }
  }
}
