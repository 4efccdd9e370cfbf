import Foundation
import Testing

@testable import Images

/// What all disks have in common, and those that are no qcow2 images.
struct StorageTests {
  @Test("A raw image of an odd size reads as whole sectors")
  func raw() throws {
    let folder = Folder()
    let path = try folder.file("disk.raw", Array(repeating: 0x41, count: 1000))
    let storage = try Images.open(path: path, readOnly: false)
    #expect(storage.sectorCount == 2)
    let expected = Array(repeating: UInt8(0x41), count: 1000) + Array(repeating: 0, count: 24)
    #expect(try storage.contents().withUnsafeBytes { Array($0) } == expected)
    try storage.setWords(1, Array(repeating: 0x4242_4242_4242_4242, count: sectorWords))
    try storage.flush()
    #expect(
      try fileBytes(path)
        == Array(repeating: 0x41, count: 512) + Array(repeating: 0x42, count: 512))
  }

  @Test("A raw image whose format was guessed cannot be made a qcow2 image by the guest")
  func probed() throws {
    let folder = Folder()
    let path = try folder.file("disk.raw", Array(repeating: 0, count: 4096))
    var words = [UInt64](repeating: 0, count: 2 * sectorWords)
    words[0] = 0x0200_0000_fb49_4651
    let guessed = try Images.open(path: path, readOnly: false)
    #expect(throws: StorageError.self) { try guessed.setWords(0, words) }
    try guessed.setWords(1, words)
    #expect(try guessed.words(0, 1) == Array(repeating: 0, count: sectorWords))
  }

  @Test("A raw image whose format was told can")
  func told() throws {
    let folder = Folder()
    let path = try folder.file("disk.raw", Array(repeating: 0, count: 4096))
    var words = [UInt64](repeating: 0, count: sectorWords)
    words[0] = 0x0200_0000_fb49_4651
    let storage = try Images.open(path: path, format: .raw, readOnly: false)
    try storage.setWords(0, words)
    #expect(try storage.words(0, 1) == words)
  }

  @Test("A snapshot keeps what is written apart")
  func snapshot() throws {
    let folder = Folder()
    let path = try folder.file(
      "disk.raw", (0..<300_000).map { UInt8(truncatingIfNeeded: $0 / 512 + 1) })
    let bytes = try fileBytes(path)
    let base = try Images.open(path: path, readOnly: true)
    var model = ModelDisk(try base.contents())
    let overlay = CountedStorage(try Images.snapshot(over: base))
    var random = Random(1)
    for _ in 0..<200 {
      try model.writeRandomly(overlay, &random)
      let sector = UInt64.random(in: 0..<580, using: &random)
      let range = Int(sector) * sectorWords..<(Int(sector) + 6) * sectorWords
      #expect(try overlay.words(sector, 6) == Array(model.words[range]))
    }
    try overlay.flush()
    #expect(try overlay.contents() == model.words)
    #expect(try fileBytes(path) == bytes)
    #expect(overlay.writes.operations == 200 && overlay.flushes.operations == 1)
    #expect(overlay.reads.bytes == 200 * 6 * 512 + 586 * 512)
    let layers = Images.describe(overlay)
    #expect(layers.map(\.path) == ["", path])
    #expect(layers.map(\.isReadOnly) == [false, true])
  }

  @Test("Transfers that cannot be", arguments: ["raw", "qcow2", "snapshot"])
  func transfers(_ kind: String) throws {
    let folder = Folder()
    let raw = kind == "qcow2" ? Qcow2Builder().build().bytes : Array(repeating: 0, count: 163840)
    let path = try folder.file("disk", raw)
    var storage = try Images.open(path: path, readOnly: kind == "snapshot")
    if kind == "snapshot" { storage = try Images.snapshot(over: storage) }
    #expect(storage.sectorCount == 320)
    for (sector, count) in [(320, 1), (319, 2), (.max, 1), (.max - 1, 4)] as [(UInt64, Int)] {
      let expected = StorageError.Cause.outOfRange(sector: sector, count: UInt64(count))
      let read = #expect(throws: StorageError.self) { _ = try storage.words(sector, count) }
      #expect(read?.cause == expected)
      let write = #expect(throws: StorageError.self) {
        try storage.setWords(sector, Array(repeating: 0, count: count * sectorWords))
      }
      #expect(write?.cause == expected)
    }
    let unaligned = #expect(throws: StorageError.self) { try storage.setWords(0, [1, 2, 3]) }
    #expect(unaligned?.cause == .unaligned(24))
    try storage.setWords(320, [])
  }

  @Test("Read-only images are not written to", arguments: ["raw", "qcow2"])
  func readOnly(_ kind: String) throws {
    let folder = Folder()
    let bytes = kind == "qcow2" ? Qcow2Builder().build().bytes : Array(repeating: 0, count: 4096)
    let path = try folder.file("disk", bytes)
    let storage = try Images.open(path: path, readOnly: true)
    #expect(throws: StorageError(path, .readOnly)) {
      try storage.setWords(0, Array(repeating: 1, count: sectorWords))
    }
    try storage.flush()
    #expect(try fileBytes(path) == bytes)
  }

  @Test("Many readers or one writer")
  func lock() throws {
    let folder = Folder()
    let path = try folder.file("disk", Array(repeating: 0, count: 4096))
    do {
      let writer = try Images.open(path: path, readOnly: false)
      #expect(throws: StorageError(path, .inUse)) { try Images.open(path: path, readOnly: false) }
      #expect(throws: StorageError(path, .inUse)) { try Images.open(path: path, readOnly: true) }
      withExtendedLifetime(writer) {}
    }
    let readers = try [true, true].map { try Images.open(path: path, readOnly: $0) }
    #expect(throws: StorageError(path, .inUse)) { try Images.open(path: path, readOnly: false) }
    withExtendedLifetime(readers) {}
  }
}
