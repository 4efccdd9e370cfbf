import Glibc

/// A disk that counts what is done with another one, for the monitor's `info blockstats`.
public final class CountedStorage: BlockStorage {
  /// The disk that does the work.
  public let storage: any BlockStorage
  /// What was read.
  public private(set) var reads = Counter()
  /// What was written.
  public private(set) var writes = Counter()
  /// Flushes; they move no bytes.
  public private(set) var flushes = Counter()

  /// Operations of one kind that succeeded.
  public struct Counter: Equatable, Sendable {
    /// How many.
    public private(set) var operations: UInt64 = 0
    /// How many bytes they moved.
    public private(set) var bytes: UInt64 = 0
    /// How long they took in all.
    public private(set) var nanoseconds: UInt64 = 0

    fileprivate mutating func add(_ count: Int, since start: UInt64) {
      operations &+= 1
      bytes &+= UInt64(count)
      nanoseconds &+= CountedStorage.now() &- start
    }
  }

  /// Counts what is done with `storage` through this disk.
  public init(_ storage: any BlockStorage) { self.storage = storage }

  public var sectorCount: UInt64 { storage.sectorCount }
  public var isReadOnly: Bool { storage.isReadOnly }

  public func read(
    _ sector: UInt64, into buffer: UnsafeMutableRawBufferPointer
  ) throws(StorageError) {
    let start = Self.now()
    try storage.read(sector, into: buffer)
    reads.add(buffer.count, since: start)
  }

  public func write(
    _ sector: UInt64, from buffer: UnsafeRawBufferPointer
  ) throws(StorageError) {
    let start = Self.now()
    try storage.write(sector, from: buffer)
    writes.add(buffer.count, since: start)
  }

  public func flush() throws(StorageError) {
    let start = Self.now()
    try storage.flush()
    flushes.add(0, since: start)
  }

  /// The host's monotonic clock.
  private static func now() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) &* 1_000_000_000 &+ UInt64(time.tv_nsec)
  }
}
