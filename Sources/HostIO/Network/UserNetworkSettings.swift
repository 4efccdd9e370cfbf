import Options

/// A user network as the user asked for it: the properties of `-netdev user`.
public struct UserNetworkSettings: Equatable, Sendable {
  /// Whether the guest reaches nothing but the network's own services: `restrict=on`.
  public var isRestricted = false
  /// The IPv4 side; nil for `ipv4=off`.
  public var internet: Internet? = Internet()
  /// The IPv6 side; nil for `ipv6=off`.
  public var internet6: Internet6? = Internet6()
  /// The name that DHCP gives the guest.
  public var hostName: String?
  /// The name of the TFTP server that DHCP tells.
  public var tftpServerName: String?
  /// The folder that TFTP serves; nil for none.
  public var tftpFolder: String?
  /// The file to boot from that DHCP tells.
  public var bootFile: String?
  /// The domain that DHCP tells.
  public var domainName: String?
  /// The domains in which names are looked up, told by DHCP.
  public var searchDomains: [String] = []
  /// Ports of the host that lead to the guest.
  public var forwardings: [HostForwarding] = []

  /// Addresses of IPv4.
  public struct Internet: Equatable, Sendable {
    /// The network's own address, and its mask.
    public var network = InternetAddress(0x0a00_0200)
    /// Ones where the addresses of the network are alike.
    public var mask: UInt32 = 0xffff_ff00
    /// The host as the guest sees it.
    public var host = InternetAddress(0x0a00_0202)
    /// The first address that DHCP gives.
    public var firstGuest = InternetAddress(0x0a00_020f)
    /// The name server as the guest sees it.
    public var nameServer = InternetAddress(0x0a00_0203)
  }

  /// Addresses of IPv6.
  public struct Internet6: Equatable, Sendable {
    /// The network's prefix.
    public var prefix = InternetAddress6("fec0::")!
    /// Bits of the prefix, 0 to 126.
    public var prefixLength = 64
    /// The host as the guest sees it.
    public var host = InternetAddress6("fec0::2")!
    /// The name server as the guest sees it.
    public var nameServer = InternetAddress6("fec0::3")!
  }

  /// QEMU's defaults.
  public init() {}

  /// Takes the properties, all that are left of an option.
  /// - Throws: what is wrong with them, in QEMU's words.
  public init(_ keys: inout KeyedOptions) throws(OptionProblem) {
    for key in ["smb", "smbserver", "guestfwd"] where keys.take(key) != nil {
      throw OptionProblem("network property '\(key)' is not supported")
    }
    isRestricted = try keys.takeFlag("restrict") ?? false
    hostName = try Self.name("hostname", "vhostname", 255, &keys)
    tftpServerName = try Self.name("tftp-server-name", "tftp-server-name", 255, &keys)
    domainName = try Self.name("domainname", "domainname", 255, &keys)
    // The field of RFC 2131 with its end.
    bootFile = try Self.name("bootfile", "bootfile", 127, &keys)
    tftpFolder = keys.take("tftp")
    searchDomains = keys.takeAll("dnssearch")
    let rules = keys.takeAll("hostfwd")
    let (four, six) = (try keys.takeFlag("ipv4"), try keys.takeFlag("ipv6"))
    let wanted = Addresses(&keys)
    let wanted6 = try Addresses6(&keys)
    try keys.finish()
    // One that was asked for alone is alone.
    let (has, has6) = (four ?? (six != true), six ?? (four != true))
    guard has || has6 else { throw OptionProblem("IPv4 and IPv6 disabled") }
    if !has && wanted.isGiven {
      throw OptionProblem("IPv4 disabled but netmask/host/dns provided")
    }
    if !has6 && wanted6.isGiven {
      throw OptionProblem("IPv6 disabled but prefix/host6/dns6 provided")
    }
    internet = has ? try wanted.resolved() : nil
    internet6 = has6 ? try wanted6.resolved() : nil
    for rule in rules { forwardings.append(try HostForwarding(rule)) }
  }

  /// A text of limited length.
  private static func name(
    _ key: String, _ title: String, _ limit: Int, _ keys: inout KeyedOptions
  ) throws(OptionProblem) -> String? {
    guard let text = keys.take(key) else { return nil }
    guard text.utf8.count <= limit else {
      throw OptionProblem("'\(title)' parameter cannot exceed \(limit) bytes")
    }
    return text
  }
}

/// The addresses of IPv4 as they were written.
private struct Addresses {
  let network, host, firstGuest, nameServer: String?

  init(_ keys: inout KeyedOptions) {
    network = keys.take("net")
    host = keys.take("host")
    firstGuest = keys.take("dhcpstart")
    nameServer = keys.take("dns")
  }

  var isGiven: Bool { network != nil || host != nil || nameServer != nil }

  func resolved() throws(OptionProblem) -> UserNetworkSettings.Internet {
    var made = UserNetworkSettings.Internet()
    if let network { (made.network, made.mask) = try Self.network(network) }
    let (first, mask) = (made.network.number, made.mask)
    let own = { (low: UInt32) in InternetAddress(first | low & ~mask) }
    let isInside = { (address: InternetAddress) in address.number & mask == first }
    made.host = try Self.address(host, "Failed to parse host") ?? own(0x0202)
    guard isInside(made.host) else { throw OptionProblem("Host doesn't belong to network") }
    made.firstGuest =
      try Self.address(firstGuest, "Failed to parse DHCP start address") ?? own(0x020f)
    guard isInside(made.firstGuest) else { throw OptionProblem("DHCP doesn't belong to network") }
    made.nameServer = try Self.address(nameServer, "Failed to parse DNS") ?? own(0x0203)
    if made.nameServer == made.host { throw OptionProblem("DNS must be different from host") }
    if made.firstGuest == made.host || made.firstGuest == made.nameServer {
      throw OptionProblem("DHCP must be different from host and DNS")
    }
    return made
  }

  private static func address(
    _ text: String?, _ message: String
  ) throws(OptionProblem) -> InternetAddress? {
    guard let text else { return nil }
    guard let address = InternetAddress(text) else { throw OptionProblem(message) }
    return address
  }

  /// `ADDRESS`, `ADDRESS/LENGTH` or `ADDRESS/MASK`.
  private static func network(
    _ text: String
  ) throws(OptionProblem) -> (InternetAddress, mask: UInt32) {
    let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    guard let address = InternetAddress(parts[0]) else {
      throw OptionProblem("Failed to parse netmask")
    }
    var mask = address.usualMask
    if parts.count == 2 {
      if let length = OptionNumber.whole(parts[1]) {
        guard (4...32).contains(length) else {
          throw OptionProblem("Invalid netmask provided (must be in range 4-32)")
        }
        mask = InternetAddress.mask(UInt32(length))
      } else {
        guard let given = InternetAddress(parts[1]) else {
          throw OptionProblem("Failed to parse netmask (trailing chars)")
        }
        mask = given.number
      }
    }
    return (InternetAddress(address.number & mask), mask)
  }
}

/// The addresses of IPv6 as they were written.
private struct Addresses6 {
  let prefix, host, nameServer: String?
  let length: UInt64?

  init(_ keys: inout KeyedOptions) throws(OptionProblem) {
    var prefix = keys.take("ipv6-prefix")
    var length = keys.take("ipv6-prefixlen")
    // The older way to write both.
    if let both = keys.take("ipv6-net") {
      let parts = both.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
      prefix = String(parts[0])
      if parts.count == 2 { length = String(parts[1]) }
    }
    self.prefix = prefix
    self.length = length.map { OptionNumber.whole($0) } ?? nil
    if length != nil && self.length == nil {
      throw OptionProblem("Parameter 'ipv6-prefixlen' expects a number")
    }
    host = keys.take("ipv6-host")
    nameServer = keys.take("ipv6-dns")
  }

  var isGiven: Bool { prefix != nil || host != nil || nameServer != nil }

  func resolved() throws(OptionProblem) -> UserNetworkSettings.Internet6 {
    var made = UserNetworkSettings.Internet6()
    if let prefix {
      made.prefix = try Self.address(prefix, "Failed to parse IPv6 prefix")
    }
    if let length {
      guard length <= 126 else {
        throw OptionProblem(
          "Invalid IPv6 prefix provided (IPv6 prefix length must be between 0 and 126)")
      }
      made.prefixLength = Int(length)
    }
    made.host = made.prefix.host(2, prefixLength: made.prefixLength)
    if let host {
      made.host = try Self.address(host, "Failed to parse IPv6 host")
      guard made.host.isIn(made.prefix, prefixLength: made.prefixLength) else {
        throw OptionProblem("IPv6 Host doesn't belong to network")
      }
    }
    made.nameServer = made.prefix.host(3, prefixLength: made.prefixLength)
    if let nameServer {
      made.nameServer = try Self.address(nameServer, "Failed to parse IPv6 DNS")
    }
    return made
  }

  private static func address(
    _ text: String, _ message: String
  ) throws(OptionProblem) -> InternetAddress6 {
    guard let address = InternetAddress6(text) else { throw OptionProblem(message) }
    return address
  }
}
