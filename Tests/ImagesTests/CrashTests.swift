import Foundation
import Testing

@testable import Images

/// What is in the file when everything stops at some moment.
struct CrashTests {
  /// A kind of image: made by qemu-img where it is there, else built here.
  enum Start: String, CaseIterable {
    case small, wide, allocated, snapshots, compressed, backing

    /// Makes it.
    func make(_ folder: Folder) throws -> String {
      let path = folder("start.qcow2")
      switch self {
      case .small:
        return try folder.file(
          "start.qcow2", Qcow2Builder(clusterBits: 9, clusterCount: 64).build().bytes)
      case .wide:
        // 64 counts in a block, 64 blocks in a table: the table must grow.
        _ = try create(path, "cluster_size=512,refcount_bits=64", "3M")
        try Tool.io(path, ["write -P 1 0 1900k"])
      case .allocated:
        var builder = Qcow2Builder(clusterBits: 10, clusterCount: 100)
        for index in 0..<20 {
          builder.entries[index] =
            index % 3 == 0 ? .zeroAllocated : .data(Array(repeating: 1, count: 128))
        }
        return try folder.file("start.qcow2", builder.build().bytes)
      case .snapshots:
        _ = try create(path, "cluster_size=1024", "500k")
        try Tool.io(path, ["write -P 1 3k 300k"])
        try Tool.image.run(["snapshot", "-c", "s", path])
      case .compressed:
        _ = try create(path, "cluster_size=4096", "700k")
        try Tool.io(path, ["write -c -P 1 0 200k", "write -c -P 1 300k 40k"])
      case .backing:
        let base = folder("base.raw")
        try Tool.image.run(["create", "-f", "raw", base, "300k"])
        try Tool.io(base, ["write -P 7 0 300k"], format: "raw")
        try Tool.image.run([
          "create", "-f", "qcow2", "-b", base, "-F", "raw", "-o", "cluster_size=8k", path, "400k",
        ])
      }
      return path
    }

    private func create(_ path: String, _ options: String, _ size: String) throws -> String {
      try Tool.image.run(["create", "-f", "qcow2", "-o", options, path, size])
      return path
    }

    var needsTools: Bool { self != .small && self != .allocated }

    static var possible: [Start] { allCases.filter { Tool.areInstalled || !$0.needsTools } }
  }

  /// What stops.
  enum Kind: CaseIterable {
    /// The process: what it has written is there.
    case process
    /// The power: of what was written since the host's last flush any sector may be there or not.
    case power
  }

  @Test("Stopped at any write", arguments: Start.possible, Kind.allCases)
  func stopped(_ start: Start, _ kind: Kind) throws {
    let folder = Folder()
    let original = try start.make(folder)
    let bytes = try fileBytes(original)
    let words = try Images.open(path: original, readOnly: true).contents()
    var whole = WriteLog(bytes)
    var random = Random(11)
    var finished = ModelDisk(words)
    #expect(try run(try folder.file("disk.qcow2", bytes), &finished, &whole, .max))
    for limit in whole.moments(kind, &random) {
      let path = try folder.file("disk.qcow2", bytes)
      var log = WriteLog(bytes)
      var model = ModelDisk(words)
      _ = try run(path, &model, &log, limit)
      for _ in 0..<(kind == .power ? 3 : 1) {
        if kind == .power { _ = try folder.file("disk.qcow2", log.afterPowerLoss(&random)) }
        try check(path, model, "\(start) \(kind) \(limit)")
      }
    }
  }

  /// Writes at random until that many writes and flushes of the host were made, then fails.
  /// - Returns: whether it came to its end.
  private func run(
    _ path: String, _ model: inout ModelDisk, _ log: inout WriteLog, _ limit: Int
  ) throws -> Bool {
    let storage = try #require(try Images.open(path: path, readOnly: false) as? Qcow2Image)
    var random = Random(11)
    let recorder = Recorder(log, limit)
    storage.file.interposer = recorder.operation
    defer { log = recorder.log }
    do {
      for _ in 0..<40 {
        try model.writeRandomly(storage, &random)
        if Int.random(in: 0..<6, using: &random) == 0 {
          try storage.flush()
          model.didFlush()
        }
      }
      return true
    } catch is StorageError {
      return false
    }
  }

  private func check(_ path: String, _ model: ModelDisk, _ name: Comment) throws {
    let storage = try #require(try Images.open(path: path, readOnly: true) as? Qcow2Image)
    #expect(try model.allows(storage.contents()), name)
    #expect(try storage.problems(leaksCount: false).isEmpty, name)
    if Tool.areInstalled { try Tool.check(path, leaksAllowed: true) }
  }

  /// Records what is done to a file, up to a limit.
  private final class Recorder {
    var log: WriteLog
    private var rest: Int

    init(_ log: WriteLog, _ limit: Int) {
      self.log = log
      rest = limit
    }

    func operation(_ operation: HostFile.Operation) -> Int32 {
      if case .read = operation { return 0 }
      guard rest > 0 else { return EIO }
      rest -= 1
      log.add(operation)
      return 0
    }
  }

  /// What was written to a file, as far as it matters which of it gets lost.
  struct WriteLog {
    private var stable: [UInt8]
    private var pending: [(Int, [UInt8])] = []
    /// How many operations there were, and which were flushes.
    private var count = 0
    private var flushes: [Int] = []

    init(_ bytes: [UInt8]) { stable = bytes }

    mutating func add(_ operation: HostFile.Operation) {
      defer { count += 1 }
      switch operation {
      case .read: return
      case .write(let position, let buffer): pending.append((Int(position), Array(buffer)))
      case .synchronize:
        flushes.append(count)
        for (position, bytes) in pending { Self.apply(position, bytes[...], &stable) }
        pending = []
      }
    }

    /// After how many operations to stop: where most can be lost, or anywhere.
    func moments(_ kind: Kind, _ random: inout Random) -> [Int] {
      switch kind {
      case .power: flushes
      case .process where isLong: Array(0..<count)
      case .process: (0..<30).map { _ in Int.random(in: 0..<count, using: &random) }
      }
    }

    /// The file with any of its sectors as they were at some time since the last flush.
    func afterPowerLoss(_ random: inout Random) -> [UInt8] {
      var bytes = stable
      for (position, data) in pending {
        var start = 0
        while start < data.count {
          let end = min(data.count, ((position + start) / 512 + 1) * 512 - position)
          if Bool.random(using: &random) {
            Self.apply(position + start, data[start..<end], &bytes)
          }
          start = end
        }
      }
      return bytes
    }

    private static func apply(_ position: Int, _ data: ArraySlice<UInt8>, _ bytes: inout [UInt8]) {
      if bytes.count < position + data.count {
        bytes += Array(repeating: 0, count: position + data.count - bytes.count)
      }
      bytes.replaceSubrange(position..<position + data.count, with: data)
    }
  }

  @Test("Errors of the host lose nothing", arguments: Start.possible, [ENOSPC, EIO])
  func errors(_ start: Start, _ number: Int32) throws {
    let folder = Folder()
    let path = try start.make(folder)
    var model = ModelDisk(try Images.open(path: path, readOnly: true).contents())
    do {
      let storage = try #require(try Images.open(path: path, readOnly: false) as? Qcow2Image)
      let faults = Faults(number)
      storage.file.interposer = faults.operation
      var random = Random(UInt64(number))
      for _ in 0..<(isLong ? 2000 : 200) {
        do {
          try model.writeRandomly(storage, &random)
          if Int.random(in: 0..<6, using: &random) == 0 {
            try storage.flush()
            model.didFlush()
          }
        } catch let error as StorageError {
          #expect(error.cause == .host("write", number))
          #expect(error.isOutOfSpace == (number == ENOSPC))
          let found = try storage.contents()
          #expect(model.allows(found))
          model.words = found
        }
      }
      #expect(faults.count > 10)
      storage.file.interposer = nil
      #expect(try storage.contents() == model.words)
      try storage.flush()
    }
    let storage = try #require(try Images.open(path: path, readOnly: true) as? Qcow2Image)
    #expect(try storage.contents() == model.words)
    #expect(try storage.problems(leaksCount: true).isEmpty)
    if Tool.areInstalled { try Tool.check(path) }
  }

  /// Fails a few of the writes.
  private final class Faults {
    private(set) var count = 0
    private let number: Int32
    private var random = Random(99)

    init(_ number: Int32) { self.number = number }

    func operation(_ operation: HostFile.Operation) -> Int32 {
      guard case .write = operation, Int.random(in: 0..<12, using: &random) == 0 else { return 0 }
      count += 1
      return number
    }
  }

  @Test("A flush that failed is never reported as done later")
  func failedFlush() throws {
    let folder = Folder()
    let path = try Start.small.make(folder)
    let storage = try #require(try Images.open(path: path, readOnly: false) as? Qcow2Image)
    try storage.setWords(0, Array(repeating: 1, count: sectorWords))
    storage.file.interposer = { operation in
      if case .synchronize = operation { return EIO }
      return 0
    }
    #expect(throws: StorageError.self) { try storage.flush() }
    storage.file.interposer = nil
    #expect(throws: StorageError(path, .host("flush", EIO))) { try storage.flush() }
  }
}
