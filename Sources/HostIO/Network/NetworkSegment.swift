import Machine

/// A cable, or a hub with several: what one end sends, all others get. On the machine's thread.
public final class NetworkSegment {
  /// The number of the hub; nil for a cable from one end to another.
  public let hub: Int?
  /// The ends in the order in which they were added.
  public private(set) var ends: [NetworkEnd] = []

  /// A segment without ends.
  public init(hub: Int? = nil) { self.hub = hub }

  /// Adds an end.
  public func add(_ end: NetworkEnd) {
    end.segment = self
    ends.append(end)
  }

  /// Carries a frame to all ends but the one where it comes from.
  fileprivate func carry(_ frame: [UInt8], from sender: NetworkEnd) {
    for end in ends where end !== sender && end.isLinkUp { end.take(frame) }
  }

  /// Tells those who see it that the link of an end has changed: at a cable both ends, at a hub
  /// that end alone.
  fileprivate func linkChanged(by changed: NetworkEnd) {
    if hub != nil { return changed.linkChanged(changed.isLinkUp) }
    let isUp = ends.allSatisfy(\.isLinkUp)
    for end in ends { end.linkChanged(isUp) }
  }
}

/// One end of a segment.
public class NetworkEnd {
  /// Its name in `info network` and `set_link`.
  public let name: String
  /// What `info network` says of it behind `index=0,`.
  public let details: String
  fileprivate weak var segment: NetworkSegment?

  /// `set_link`: no frame goes in or out while it is down.
  public var isLinkUp = true {
    didSet { if isLinkUp != oldValue { segment?.linkChanged(by: self) } }
  }

  fileprivate init(name: String, details: String) {
    self.name = name
    self.details = details
  }

  /// Sends a frame to the others.
  fileprivate func sendToOthers(_ frame: [UInt8]) {
    if isLinkUp { segment?.carry(frame, from: self) }
  }

  fileprivate func take(_ frame: [UInt8]) {}
  fileprivate func linkChanged(_ isUp: Bool) {}
}

/// The end that a network card is at. What the card has no room for waits; what exceeds that is
/// lost.
public final class CardEnd: NetworkEnd, NetworkPort {
  /// How many bytes may wait.
  private static let queueLimit = 4 << 20

  public var onReceive: (([UInt8]) -> Bool)?
  public var onLink: ((Bool) -> Void)?
  /// The card's station address, six bytes.
  public let address: [UInt8]
  private var waiting = FrameQueue(limit: CardEnd.queueLimit)
  private var isDelivering = false
  /// Whether the machine runs: a card of one that stands still gets nothing.
  public var isRunning = true { didSet { acceptFrames() } }

  /// - Parameters:
  ///   - model: QEMU's name of the card.
  ///   - address: the station address, six bytes.
  public init(name: String, model: String, address: [UInt8]) {
    self.address = address
    let digits = address.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }
    super.init(
      name: name, details: "type=nic,model=\(model),macaddr=\(digits.joined(separator: ":"))")
  }

  public func send(_ frame: [UInt8]) { sendToOthers(frame) }

  override fileprivate func take(_ frame: [UInt8]) {
    waiting.append(frame)
    acceptFrames()
  }

  override fileprivate func linkChanged(_ isUp: Bool) { onLink?(isUp) }

  public func acceptFrames() {
    if isDelivering { return }
    isDelivering = true
    defer { isDelivering = false }
    while isRunning, let frame = waiting.first, onReceive?(frame) ?? true { waiting.removeFirst() }
  }
}

/// The end that a user network is at.
public final class UserEnd: NetworkEnd {
  /// The network behind it.
  public let network: UserNetwork

  /// - Parameter network: what takes and gives the frames.
  public init(name: String, _ network: UserNetwork) {
    self.network = network
    let settings = network.settings
    let address = (settings.internet ?? UserNetworkSettings.Internet()).network
    super.init(
      name: name,
      details: "type=user,net=\(address),restrict=\(settings.isRestricted ? "on" : "off")")
    network.onFrame = { [unowned self] in sendToOthers($0) }
  }

  override fileprivate func take(_ frame: [UInt8]) { network.send(frame) }
}
