/// Where the bytes of a serial line go and come from: a terminal, a file, a socket.
///
/// `send` is called by the device on the machine's thread; bytes that arrive are handed over there
/// too, never more than the device says it can take.
public protocol CharacterPort: AnyObject {
  /// Takes bytes that a device sends.
  func send(_ bytes: [UInt8])
  /// Given bytes that have arrived, on the machine's thread.
  var onReceive: (([UInt8]) -> Void)? { get set }
  /// How many bytes the device can take now.
  var capacity: (() -> Int)? { get set }
  /// To be called by the device when `capacity` has grown.
  func acceptInput()
}

/// A port with nothing at the other end.
public final class NullPort: CharacterPort {
  /// Never called.
  public var onReceive: (([UInt8]) -> Void)?
  /// Never asked.
  public var capacity: (() -> Int)?
  /// A port that needs nothing.
  public init() {}
  /// Drops the bytes.
  public func send(_ bytes: [UInt8]) {}
  /// Nothing waits.
  public func acceptInput() {}
}
