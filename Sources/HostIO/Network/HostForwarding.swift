import Options

/// A port of the host whose connections go to the guest: `hostfwd=`.
public struct HostForwarding: Equatable, Sendable {
  /// The protocols that can be forwarded.
  public enum Transport: String, Sendable { case tcp, udp }

  /// The rule as it was written, for messages.
  public let text: String
  /// What is forwarded.
  public let transport: Transport
  /// The address of the host to listen on; zero for all.
  public let hostAddress: InternetAddress
  /// The host's port; 0 for any free one.
  public let hostPort: UInt16
  /// The guest's address; zero for the first that DHCP gives.
  public let guestAddress: InternetAddress
  /// The guest's port, not 0.
  public let guestPort: UInt16

  /// Reads `[tcp|udp]:[HOSTADDRESS]:HOSTPORT-[GUESTADDRESS]:GUESTPORT`.
  /// - Throws: what is wrong with it.
  public init(_ text: String) throws(OptionProblem) {
    var rest = Pieces(text)
    self.text = text
    transport = try rest.transport()
    hostAddress = try rest.address("Missing : separator", "Bad host address")
    guard let hostPort = rest.take(until: "-") else {
      throw rest.problem("Bad host port separator")
    }
    guard let number = hostPort.isEmpty ? 0 : Self.port(hostPort) else {
      throw rest.problem("Bad host port")
    }
    self.hostPort = number
    guestAddress = try rest.address("Missing guest address", "Bad guest address")
    guard let guestPort = Self.port(rest.rest), guestPort > 0 else {
      throw rest.problem("Bad guest port")
    }
    self.guestPort = guestPort
  }

  private static func port(_ text: Substring) -> UInt16? {
    OptionNumber.whole(text).flatMap(UInt16.init(exactly:))
  }

  /// The rule without its guest: what `hostfwd_remove` takes.
  public struct Host: Equatable, Sendable {
    /// What is forwarded.
    public let transport: Transport
    /// The address of the host that is listened on.
    public let address: InternetAddress
    /// The host's port.
    public let port: UInt16

    /// Reads `[tcp|udp]:[ADDRESS]:PORT`; nil for anything else.
    public init?(_ text: String) {
      var rest = Pieces(text)
      guard let transport = try? rest.transport(), let address = rest.take(until: ":"),
        let host = address.isEmpty ? InternetAddress(0) : InternetAddress(address),
        let port = HostForwarding.port(rest.rest)
      else { return nil }
      self.transport = transport
      self.address = host
      self.port = port
    }
  }
}

/// A rule being taken apart.
private struct Pieces {
  let whole: String
  private(set) var rest: Substring

  init(_ text: String) {
    whole = text
    rest = text[...]
  }

  func problem(_ reason: String) -> OptionProblem {
    OptionProblem("Invalid host forwarding rule '\(whole)' (\(reason))")
  }

  /// What stands before a separator; nil if there is none.
  mutating func take(until separator: Character) -> Substring? {
    guard let place = rest.firstIndex(of: separator) else { return nil }
    defer { rest = rest[rest.index(after: place)...] }
    return rest[..<place]
  }

  mutating func transport() throws(OptionProblem) -> HostForwarding.Transport {
    guard let name = take(until: ":") else { throw problem("No : separators") }
    if name.isEmpty { return .tcp }
    guard let transport = HostForwarding.Transport(rawValue: String(name)) else {
      throw problem("Bad protocol name")
    }
    return transport
  }

  mutating func address(
    _ missing: String, _ bad: String
  ) throws(OptionProblem) -> InternetAddress {
    guard let text = take(until: ":") else { throw problem(missing) }
    if text.isEmpty { return InternetAddress(0) }
    guard let address = InternetAddress(text) else { throw problem(bad) }
    return address
  }
}
