/// The order of bytes in which a window presents its registers.
public enum ByteOrder: Sendable {
  case big, little
}

/// What answers accesses to a window of addresses.
///
/// It knows offsets within its window, never where the window is. Values are numbers in the
/// window's byte order: the bus has swapped them where the order differs from the bus's.
public protocol AddressHandler: AnyObject {
  /// Reads `size` (1, 2, 4 or 8) bytes at an offset in bytes; nil if nothing answers there.
  func read(_ offset: UInt32, _ size: Int) -> UInt64?
  /// Writes `size` (1, 2, 4 or 8) bytes at an offset in bytes; false if nothing takes them.
  func write(_ offset: UInt32, _ size: Int, _ value: UInt64) -> Bool
}

/// Closures that answer accesses to a window of addresses.
public final class ClosureHandler: AddressHandler {
  private let reader: (UInt32, Int) -> UInt64?
  private let writer: (UInt32, Int, UInt64) -> Bool

  /// - Parameters:
  ///   - read: offset and size to the value, nil if nothing answers.
  ///   - write: offset, size and value; false if nothing takes them.
  public init(
    read: @escaping (UInt32, Int) -> UInt64?, write: @escaping (UInt32, Int, UInt64) -> Bool
  ) {
    reader = read
    writer = write
  }

  public func read(_ offset: UInt32, _ size: Int) -> UInt64? { reader(offset, size) }
  public func write(_ offset: UInt32, _ size: Int, _ value: UInt64) -> Bool {
    writer(offset, size, value)
  }
}
