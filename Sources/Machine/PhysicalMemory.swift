/// A block of memory of the machine: RAM, ROM or a frame buffer.
///
/// Sound: the bytes are a run of the arena's, taken here and given back with the object;
/// every method keeps its accesses within `size`. Translated code reaches the same bytes by
/// addresses that the bus gave out; those are forgotten (`Bus.onChange`) before a block goes.
public final class PhysicalMemory {
  /// The first byte.
  public let start: UnsafeMutableRawPointer
  /// Bytes, a multiple of 4096.
  public let size: Int

  /// Memory of zeros.
  /// - Parameter size: bytes, rounded up to pages.
  /// - Throws: `MachineError.outOfMemory` if the host has not got it.
  public init(size: Int) throws(MachineError) {
    let rounded = (size + 4095) & ~4095
    guard rounded > 0, let place = PhysicalArena.take(UInt(rounded)) else {
      throw .outOfMemory(bytes: size)
    }
    start = place
    self.size = rounded
  }

  deinit { PhysicalArena.giveBack(start, UInt(size)) }

  /// Copies bytes in, as far as they fit.
  public func write(_ bytes: some Collection<UInt8>, at offset: Int) {
    guard offset >= 0, offset < size else { return }
    let room = UnsafeMutableRawBufferPointer(start: start + offset, count: size - offset)
    let isDone: Void? = bytes.withContiguousStorageIfAvailable { source in
      let count = min(source.count, room.count)
      guard count > 0, let first = source.baseAddress, let place = room.baseAddress else { return }
      place.copyMemory(from: first, byteCount: count)
    }
    if isDone != nil { return }
    for (place, byte) in zip(room.indices, bytes) { room[place] = byte }
  }

  /// The bytes of a range, as far as it lies within.
  public func bytes(at offset: Int, count: Int) -> [UInt8] {
    guard offset >= 0, count > 0, offset < size else { return [] }
    return [UInt8](
      UnsafeRawBufferPointer(start: start + offset, count: min(count, size - offset)))
  }

  /// A big-endian word; zero beyond the end.
  public func word(at offset: Int) -> UInt32 {
    guard offset >= 0, offset <= size - 4 else { return 0 }
    return UInt32(bigEndian: (start + offset).loadUnaligned(as: UInt32.self))
  }
}

/// What can go wrong while a machine is put together.
public enum MachineError: Error, Equatable {
  /// The host has no such amount of memory.
  case outOfMemory(bytes: Int)
  /// Two windows of one bus lie over each other.
  case overlap(String, String)
  /// Something the user asked for is not possible; the text says what.
  case unsupported(String)
}

extension MachineError: CustomStringConvertible {
  /// What a user is told.
  public var description: String {
    switch self {
    case .outOfMemory(let bytes): "cannot have \(bytes) bytes of memory"
    case .overlap(let first, let second): "\(first) and \(second) lie over each other"
    case .unsupported(let text): text
    }
  }
}
