import Foundation
import Testing

@testable import Images

/// A bootable disk, where these tests run beside it.
private let sharedDiskPath = "/work/shared/guests/ppc-grub-disk.qcow2"

/// Images that qemu-img makes and qemu-io fills, read and changed by us, checked by qemu-img.
@Suite(.enabled(if: Tool.areInstalled, "needs qemu-img and qemu-io"))
struct QemuImageTests {
  /// Options of `qemu-img create -o`, and the size of the disk.
  static let created: [(String, Int)] = [
    ("compat=0.10", 5 << 20),
    ("compat=0.10,cluster_size=512", 1 << 20),
    ("compat=1.1", 5 << 20),
    ("cluster_size=512", 3 << 20),
    ("cluster_size=1024,refcount_bits=64", 3 << 20),
    ("cluster_size=512,refcount_bits=64", 9 << 20),
    ("cluster_size=2048,refcount_bits=32", 3 << 20),
    ("cluster_size=4096,refcount_bits=1", 3 << 20),
    ("cluster_size=8192,refcount_bits=2", 3 << 20),
    ("cluster_size=16384,refcount_bits=4", 3 << 20),
    ("cluster_size=32768,refcount_bits=8", 5 << 20),
    ("cluster_size=131072", (5 << 20) + 512),
    ("cluster_size=2M", (9 << 20) + 1024),
    ("lazy_refcounts=on", 5 << 20),
    ("preallocation=metadata", 5 << 20),
    ("preallocation=falloc,cluster_size=4096", 1 << 20),
    ("preallocation=full,cluster_size=4096", 1 << 20),
    ("compression_type=zstd", 5 << 20),
  ]

  @Test("Written by qemu-io and by us", arguments: created)
  func options(_ options: String, _ size: Int) throws {
    let folder = Folder()
    let path = folder("disk.qcow2")
    try Tool.image.run(["create", "-f", "qcow2", "-o", options, path, "\(size)"])
    var model = ModelDisk(sectors: size / 512)
    try Tool.io(
      path, ["write -P 0x5a 1k 100k", "write -P 0xa5 300k 7k", "write -z 40k 70k"])
    model.fill(1 << 10, 100 << 10, 0x5a)
    model.fill(300 << 10, 7 << 10, 0xa5)
    model.fill(40 << 10, 70 << 10, 0)
    try exercise(path, &model, seed: UInt64(size))
    try Tool.check(path)
    try expectRaw(path, folder, model.words)
    try Tool.io(path, ["read -P 0x5a 1k 0", "write -P 0x11 200k 200k", "write -P 0x12 0 1k"])
    model.fill(200 << 10, 200 << 10, 0x11)
    model.fill(0, 1 << 10, 0x12)
    let storage = try Images.open(path: path, readOnly: true)
    #expect(try storage.contents() == model.words)
  }

  @Test("Compressed clusters", arguments: ["zlib", "zstd"], [512, 4096, 65536, 2 << 20])
  func compressed(_ type: String, _ clusterSize: Int) throws {
    let folder = Folder()
    var random = Random(UInt64(clusterSize))
    // Compressible, and all different.
    var words = [UInt64](repeating: 0, count: 655_360)
    for index in words.indices {
      words[index] = index % 16 == 0 ? random.next() & 0xffff : UInt64(index / 512)
    }
    let raw = try folder.file("disk.raw", words.withUnsafeBytes { Array($0) })
    let path = folder("disk.qcow2")
    try Tool.image.run([
      "convert", "-c", "-f", "raw", "-O", "qcow2",
      "-o", "compression_type=\(type),cluster_size=\(clusterSize)", raw, path,
    ])
    var model = ModelDisk(words)
    try exercise(path, &model, seed: 7)
    try Tool.check(path)
    try expectRaw(path, folder, model.words)
  }

  @Test("Backing files", arguments: ["qcow2", "raw"])
  func backing(_ format: String) throws {
    let folder = Folder()
    let base = folder("base.\(format)")
    try Tool.image.run(["create", "-f", format, base, "1M"])
    try Tool.io(base, ["write -P 1 0 1M"], format: format)
    try FileManager.default.createDirectory(
      atPath: folder("sub"), withIntermediateDirectories: true)
    let middle = folder("sub/middle.qcow2")
    let top = folder("top.qcow2")
    try Tool.image.run([
      "create", "-f", "qcow2", "-F", format, "-b", "../base.\(format)",
      "-o", "cluster_size=4k", middle, "3M",
    ])
    try Tool.io(middle, ["write -P 2 100k 50k", "write -z 200k 30k"])
    try Tool.image.run([
      "create", "-f", "qcow2", "-F", "qcow2", "-b", "sub/middle.qcow2", top, "5000k",
    ])
    var model = ModelDisk(sectors: 10000)
    model.fill(0, 1 << 20, 1)
    model.fill(100 << 10, 50 << 10, 2)
    model.fill(200 << 10, 30 << 10, 0)
    let untouched = try (fileBytes(base), fileBytes(middle))
    try exercise(top, &model, seed: 3)
    #expect(try untouched == (fileBytes(base), fileBytes(middle)))
    try Tool.check(top)
    try expectRaw(top, folder, model.words)
    let layers = Images.describe(try Images.open(path: top, readOnly: true))
    #expect(layers.map(\.size) == [5000 << 10, 3 << 20, 1 << 20])
    #expect(layers.map(\.format.rawValue) == ["qcow2", "qcow2", format])
  }

  @Test("Internal snapshots stay as they are", arguments: [512, 65536], [4, 16])
  func snapshots(_ clusterSize: Int, _ refcountBits: Int) throws {
    let folder = Folder()
    let path = folder("disk.qcow2")
    try Tool.image.run([
      "create", "-f", "qcow2",
      "-o", "cluster_size=\(clusterSize),refcount_bits=\(refcountBits)", path, "3M",
    ])
    var model = ModelDisk(sectors: 6144)
    var states: [[UInt64]] = []
    for round in 0..<3 {
      try exercise(path, &model, seed: UInt64(round), count: 12)
      try Tool.image.run(["snapshot", "-c", "s\(round)", path])
      states.append(model.words)
    }
    try Tool.image.run(["snapshot", "-d", "s1", path])
    try exercise(path, &model, seed: 9)
    try Tool.check(path)
    try expectRaw(path, folder, model.words)
    for round in [0, 2] {
      try expectRaw(path, folder, states[round], ["-l", "s\(round)"])
    }
    let description = Images.describe(try Images.open(path: path, readOnly: true))
    #expect(description.first?.snapshots == ["s0", "s2"])
    try Tool.image.run(["snapshot", "-a", "s0", path])
    try Tool.check(path)
    #expect(try Images.open(path: path, readOnly: true).contents() == states[0])
  }

  @Test("Reference counts that are behind are rebuilt", arguments: [512, 4096, 65536])
  func dirty(_ clusterSize: Int) throws {
    let folder = Folder()
    let path = folder("disk.qcow2")
    try Tool.image.run([
      "create", "-f", "qcow2",
      "-o", "lazy_refcounts=on,refcount_bits=64,cluster_size=\(clusterSize)", path, "4M",
    ])
    try Tool.image.run(["snapshot", "-c", "s", path])
    #expect(throws: Tool.Failure.self) {
      try Tool.io(path, ["write -P 3 10k 3000k", "write -P 4 5k 20k", "flush", "abort"])
    }
    // qemu-img check repairs nothing unless asked to.
    #expect(throws: Tool.Failure.self) { try Tool.check(path) }
    var model = ModelDisk(sectors: 8192)
    model.fill(10 << 10, 3000 << 10, 3)
    model.fill(5 << 10, 20 << 10, 4)
    #expect(try Images.open(path: path, readOnly: true).contents() == model.words)
    _ = try Images.open(path: path, readOnly: false)
    try Tool.check(path)
    try exercise(path, &model, seed: 5)
    try Tool.check(path)
    try expectRaw(path, folder, model.words)
  }

  @Test("The refcount table grows more than once between flushes")
  func growth() throws {
    let folder = Folder()
    let path = folder("disk.qcow2")
    try Tool.image.run([
      "create", "-f", "qcow2", "-o", "cluster_size=512,refcount_bits=64", path, "12M",
    ])
    do {
      let storage = try Images.open(path: path, readOnly: false)
      try storage.setWords(0, Array(repeating: 1, count: 12 << 17))
    }
    try Tool.check(path)
    let storage = try Images.open(path: path, readOnly: true)
    #expect(try storage.contents().allSatisfy { $0 == 1 })
  }

  @Test("Bitmaps are declared out of date by the first write only")
  func autoclear() throws {
    let folder = Folder()
    let path = folder("disk.qcow2")
    try Tool.image.run(["create", "-f", "qcow2", path, "1M"])
    try Tool.image.run(["bitmap", "--add", path, "b0"])
    func hasBitmap() throws -> Bool {
      try fileBytes(path)[95] & 1 != 0
    }
    let storage = try Images.open(path: path, readOnly: false)
    _ = try storage.contents()
    try storage.flush()
    #expect(try hasBitmap())
    try storage.setWords(0, Array(repeating: 1, count: sectorWords))
    #expect(try !hasBitmap())
    try storage.flush()
    try Tool.check(path, leaksAllowed: true)
  }

  @Test(
    "The shared PowerPC disk", .enabled(if: FileManager.default.fileExists(atPath: sharedDiskPath)))
  func sharedDisk() throws {
    let folder = Folder()
    let path = folder("disk.qcow2")
    try FileManager.default.copyItem(atPath: sharedDiskPath, toPath: path)
    let storage = try Images.open(path: path, readOnly: true)
    try expectRaw(path, folder, storage.contents())
  }

  /// Compares with the model, writes at random, flushes now and then, compares again from memory
  /// and from the file.
  private func exercise(
    _ path: String, _ model: inout ModelDisk, seed: UInt64, count: Int = 40
  ) throws {
    var random = Random(seed)
    do {
      let storage = try Images.open(path: path, readOnly: false)
      #expect(storage.sectorCount == UInt64(model.sectorCount))
      #expect(try storage.contents() == model.words)
      for step in 0..<count * (isLong ? 20 : 1) {
        try model.writeRandomly(storage, &random)
        if step % 7 == 3 { try storage.flush() }
      }
      #expect(try storage.contents() == model.words)
      try storage.flush()
    }
    #expect(try Images.open(path: path, readOnly: true).contents() == model.words)
  }

  /// Compares with what qemu-img makes of an image.
  private func expectRaw(
    _ path: String, _ folder: Folder, _ words: [UInt64], _ options: [String] = []
  ) throws {
    let raw = folder("converted.raw")
    try Tool.image.run(["convert", "-f", "qcow2", "-O", "raw"] + options + [path, raw])
    let same = try fileBytes(raw) == words.withUnsafeBytes { Array($0) }
    #expect(same)
  }
}
