/// Where the frames of a network card go and come from: the other end of its cable.
///
/// Frames are Ethernet's, from the destination address on, without preamble and checksum. `send` is
/// called by the card on the machine's thread; frames that arrive are handed over there too.
public protocol NetworkPort: AnyObject {
  /// Takes a frame that the card sends; what is too short or too long for a frame is dropped.
  func send(_ frame: [UInt8])
  /// Given a frame that has arrived; false if the card has no room: the same one is offered again
  /// after `acceptFrames`.
  var onReceive: (([UInt8]) -> Bool)? { get set }
  /// To be called by the card when it has room again.
  func acceptFrames()
  /// Told when the link goes down or comes up.
  var onLink: ((Bool) -> Void)? { get set }
}

/// A port with nothing at the other end.
public final class UnconnectedNetworkPort: NetworkPort {
  public var onReceive: (([UInt8]) -> Bool)?
  public var onLink: ((Bool) -> Void)?
  /// A port.
  public init() {}
  public func send(_ frame: [UInt8]) {}
  public func acceptFrames() {}
}
