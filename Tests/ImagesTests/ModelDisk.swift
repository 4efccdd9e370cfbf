import Foundation

@testable import Images

/// 64-bit words in a sector.
let sectorWords = 64

extension BlockStorage {
  /// The words of some sectors.
  func words(_ sector: UInt64, _ count: Int) throws -> [UInt64] {
    var words = [UInt64](repeating: 0xdead, count: count * sectorWords)
    let result = words.withUnsafeMutableBytes { buffer in
      Result { () throws(StorageError) in try read(sector, into: buffer) }
    }
    try result.get()
    return words
  }

  /// Writes the words of some sectors.
  func setWords(_ sector: UInt64, _ words: [UInt64]) throws {
    let result = words.withUnsafeBytes { buffer in
      Result { () throws(StorageError) in try write(sector, from: buffer) }
    }
    try result.get()
  }

  /// Everything on the disk, fetched in transfers of 1 MiB.
  func contents() throws -> [UInt64] {
    var words: [UInt64] = []
    for sector in stride(from: 0, to: sectorCount, by: 2048) {
      words += try self.words(sector, Int(min(2048, sectorCount - sector)))
    }
    return words
  }
}

/// What a disk is to contain, kept beside what is done to it. No two sectors written are alike.
struct ModelDisk {
  /// What is on the disk now.
  var words: [UInt64]
  /// What was there at the last flush.
  private(set) var flushed: [UInt64]
  /// By sector, the first words that it had since the flush.
  private var candidates: [Int: [UInt64]] = [:]
  private var generation: UInt64 = 1

  init(_ words: [UInt64]) {
    self.words = words
    flushed = words
  }

  init(sectors: Int) { self.init(Array(repeating: 0, count: sectors * sectorWords)) }

  var sectorCount: Int { words.count / sectorWords }

  /// As `qemu-io -c "write -P pattern ..."` does, in bytes.
  mutating func fill(_ start: Int, _ count: Int, _ pattern: UInt8) {
    let word = UInt64(pattern) &* 0x0101_0101_0101_0101
    for index in start / 8..<(start + count) / 8 { words[index] = word }
  }

  /// Writes new contents to a random range, mostly small, at times unlike any alignment.
  mutating func writeRandomly(_ storage: any BlockStorage, _ random: inout Random) throws {
    let largest = [1, 3, 8, 64, 300, 1200].randomElement(using: &random) ?? 1
    let count = Int.random(in: 1...min(largest, sectorCount), using: &random)
    var start = Int.random(in: 0...sectorCount - count, using: &random)
    if Bool.random(using: &random) { start &= ~7 }
    var data: [UInt64] = []
    generation += 1
    for sector in start..<start + count {
      data += Array(repeating: generation << 32 | UInt64(sector), count: sectorWords)
    }
    // The attempt counts even if it fails: any part of it may be there.
    for sector in start..<start + count {
      candidates[sector, default: []].append(generation << 32 | UInt64(sector))
    }
    try storage.setWords(UInt64(start), data)
    words.replaceSubrange(start * sectorWords..<(start + count) * sectorWords, with: data)
  }

  /// Notes that a flush succeeded.
  mutating func didFlush() {
    flushed = words
    candidates = [:]
  }

  /// Whether contents found after a crash are possible: each sector as it was at the last flush or
  /// as it was written since.
  func allows(_ found: [UInt64]) -> Bool {
    guard found != flushed else { return true }
    return (0..<sectorCount).allSatisfy { sector in
      let range = sector * sectorWords..<(sector + 1) * sectorWords
      if found[range] == flushed[range] { return true }
      return (candidates[sector] ?? []).contains { word in
        found[range].allSatisfy { $0 == word }
      }
    }
  }
}
