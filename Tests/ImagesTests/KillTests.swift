import Foundation
import Testing

@testable import Images

/// A disk in memory, to repeat on it what was done elsewhere.
private final class MemoryStorage: BlockStorage {
  let sectorCount: UInt64
  let isReadOnly = false

  init(_ sectorCount: Int) { self.sectorCount = UInt64(sectorCount) }

  func read(_ sector: UInt64, into buffer: UnsafeMutableRawBufferPointer) throws(StorageError) {}
  func write(_ sector: UInt64, from buffer: UnsafeRawBufferPointer) throws(StorageError) {}
  func flush() throws(StorageError) {}
}

/// A process that is killed while it writes to an image.
@Suite(.serialized)
struct KillTests {
  private static let variable = "LYREBIRD_IMAGES_KILL"
  private static let child = ProcessInfo.processInfo.environment[variable]
  /// Every so many steps the writer flushes.
  private static let flushInterval = 5

  /// What the writer does at each step.
  private static func step(
    _ step: Int, _ storage: any BlockStorage, _ model: inout ModelDisk, _ random: inout Random
  ) throws -> Bool {
    try model.writeRandomly(storage, &random)
    guard step % flushInterval == 0 else { return false }
    try storage.flush()
    return true
  }

  /// The process that is killed: says after each step in a file how many there were.
  @Test("The writer", .enabled(if: child != nil))
  func writer() throws {
    let path = try #require(Self.child)
    let storage = try Images.open(path: path, readOnly: false)
    var model = ModelDisk(sectors: Int(storage.sectorCount))
    var random = Random(21)
    let progress = try #require(FileHandle(forWritingAtPath: path + ".progress"))
    for step in 1...1_000_000 {
      _ = try Self.step(step, storage, &model, &random)
      progress.write(Data([0]))
    }
  }

  @Test("Killed", .enabled(if: child == nil), arguments: [20, 57, 120])
  func killed(_ steps: Int) throws {
    let folder = Folder()
    let builder = Qcow2Builder(clusterBits: 12, clusterCount: 500)
    let path = try folder.file("disk.qcow2", builder.build().bytes)
    let progress = try folder.file("disk.qcow2.progress", [])
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    process.arguments = [
      "--testing-library", "swift-testing", "--filter", "ImagesTests.KillTests/writer",
    ]
    process.environment = ProcessInfo.processInfo.environment.merging([Self.variable: path]) { $1 }
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    let deadline = Date() + 60
    while try fileBytes(progress).count < steps, process.isRunning, Date() < deadline {
      usleep(300)
    }
    kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
    let done = try fileBytes(progress).count
    #expect(done >= steps)

    var model = ModelDisk(sectors: builder.clusterCount * builder.clusterSize / 512)
    var random = Random(21)
    let memory = MemoryStorage(model.sectorCount)
    // What it did beyond its last word is possible, too.
    for step in 1...done + 50 {
      let didFlush = try Self.step(step, memory, &model, &random)
      if didFlush, step <= done { model.didFlush() }
    }
    let storage = try #require(try Images.open(path: path, readOnly: true) as? Qcow2Image)
    #expect(try model.allows(storage.contents()))
    #expect(try storage.problems(leaksCount: false).isEmpty)
    if Tool.areInstalled { try Tool.check(path, leaksAllowed: true) }
  }
}
