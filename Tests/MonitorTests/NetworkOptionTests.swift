import HostIO
import Options
import Testing

@testable import lyrebird_system_ppc

/// `-nic`, `-netdev`, `-net` and `-device` of network cards. Messages and addresses are those of
/// qemu-system-ppc 7.2.
struct NetworkOptionTests {
  private func parse(_ line: String) throws -> SystemOptions {
    try SystemOptions(arguments: line.split(separator: " ").map(String.init))
  }

  /// What QEMU says of `-nic user,...` behind the option itself.
  static let badProperties: [(String, String)] = [
    ("foo=1", "Invalid parameter 'foo'"), ("macaddr=52:54:00:1:2:3", "Invalid parameter 'macaddr'"),
    ("mac=junk", "invalid syntax for ethernet address"),
    ("mac=52:54:00:11:22", "invalid syntax for ethernet address"),
    ("mac=01:00:5e:00:00:01", "NIC cannot have multicast MAC address"),
    ("id=1abc", "Parameter 'id' expects an identifier"),
    ("hostfwd=junk", "Invalid host forwarding rule 'junk' (No : separators)"),
    ("hostfwd=tcp:", "Invalid host forwarding rule 'tcp:' (Missing : separator)"),
    ("hostfwd=tcp::", "Invalid host forwarding rule 'tcp::' (Bad host port separator)"),
    ("hostfwd=xxx::1-:2", "Invalid host forwarding rule 'xxx::1-:2' (Bad protocol name)"),
    ("hostfwd=tcp:5555-:22", "Invalid host forwarding rule 'tcp:5555-:22' (Bad host address)"),
    ("hostfwd=tcp::99999-:2", "Invalid host forwarding rule 'tcp::99999-:2' (Bad host port)"),
    ("hostfwd=tcp::5555-:0", "Invalid host forwarding rule 'tcp::5555-:0' (Bad guest port)"),
    ("hostfwd=tcp::5-:2a", "Invalid host forwarding rule 'tcp::5-:2a' (Bad guest port)"),
    ("hostfwd=tcp::5-", "Invalid host forwarding rule 'tcp::5-' (Missing guest address)"),
    ("hostfwd=tcp::5-x:22", "Invalid host forwarding rule 'tcp::5-x:22' (Bad guest address)"),
    ("hostfwd=tcp::-1-:22", "Invalid host forwarding rule 'tcp::-1-:22' (Bad guest address)"),
    ("net=junk", "Failed to parse netmask"),
    ("net=10.1.2.0/24x", "Failed to parse netmask (trailing chars)"),
    ("net=10.0.0.0/33", "Invalid netmask provided (must be in range 4-32)"),
    ("net=10.0.0.0/30", "DHCP must be different from host and DNS"),
    ("net=10.0.0.0/32", "DNS must be different from host"),
    ("host=11.0.2.2", "Host doesn't belong to network"), ("host=junk", "Failed to parse host"),
    ("dns=10.0.2.2", "DNS must be different from host"), ("dns=junk", "Failed to parse DNS"),
    ("dhcpstart=10.0.2.3", "DHCP must be different from host and DNS"),
    ("dhcpstart=9.0.2.20", "DHCP doesn't belong to network"),
    ("dhcpstart=junk", "Failed to parse DHCP start address"),
    ("restrict=junk", "Parameter 'restrict' expects 'on' or 'off'"),
    ("ipv4=off,ipv6=off", "IPv4 and IPv6 disabled"),
    ("ipv6=on,net=10.0.0.0/8", "IPv4 disabled but netmask/host/dns provided"),
    ("ipv4=on,ipv6-host=fec0::5", "IPv6 disabled but prefix/host6/dns6 provided"),
    ("ipv6-net=junk", "Failed to parse IPv6 prefix"),
    ("ipv6-host=fec1::2", "IPv6 Host doesn't belong to network"),
    (
      "ipv6-prefix=fec1::,ipv6-prefixlen=200",
      "Invalid IPv6 prefix provided (IPv6 prefix length must be between 0 and 126)"
    ),
    ("smb=/tmp", "network property 'smb' is not supported"),
    ("guestfwd=tcp:10.0.2.100:1-cmd:cat", "network property 'guestfwd' is not supported"),
    (
      "domainname=" + String(repeating: "a", count: 256),
      "'domainname' parameter cannot exceed 255 bytes"
    ),
  ]

  /// Whole lines, and what QEMU says behind the program's name.
  static let badLines: [(String, String)] = [
    ("-nic tap", "-nic tap: network type 'tap' is not supported"),
    ("-nic user,model=foo", "Unsupported NIC model: foo"),
    ("-netdev user", "-netdev user: Parameter 'id' is missing"),
    ("-netdev foo,id=n", "-netdev foo,id=n: Parameter 'type' does not accept value 'foo'"),
    (
      "-netdev nic,id=n", "-netdev nic,id=n: network backend 'nic' is not compiled into this binary"
    ),
    (
      "-netdev user,id=n -netdev user,id=n", "-netdev user,id=n: Duplicate ID 'n' for netdev"
    ),
    ("-net nic,netdev=m", "-net nic,netdev=m: netdev 'm' not found"),
    ("-net nic,foo=1", "-net nic,foo=1: Invalid parameter 'foo'"),
    (
      "-netdev user,id=n -device sungem,netdev=m",
      "-device sungem,netdev=m: Property 'sungem.netdev' can't find value 'm'"
    ),
    (
      "-netdev user,id=a -device sungem,netdev=a -device ne2k_pci,netdev=a",
      "-device ne2k_pci,netdev=a: Property 'ne2k_pci.netdev' can't take value 'a', it's in use"
    ),
    ("-device sungem,foo=1", "-device sungem,foo=1: Property 'sungem.foo' not found"),
    (
      "-device sungem,mac=zz",
      "-device sungem,mac=zz: Property 'sungem.mac' doesn't take value 'zz'"
    ),
    (
      "-device sungem,id=x -device sungem,id=x", "-device sungem,id=x: Duplicate ID 'x' for device"
    ),
    (
      String(repeating: "-nic user ", count: 9) + "-S",
      "-nic user: no more on-board/default NIC slots available"
    ),
  ]

  @Test("What cannot be is refused in QEMU's words")
  func refusals() {
    let properties = Self.badProperties.map { ("-nic user," + $0, "-nic user,\($0): \($1)") }
    for (line, message) in properties + Self.badLines {
      do {
        _ = try parse(line)
        Issue.record("\(line) is accepted")
      } catch OptionStop.error(let text) {
        #expect(text.hasPrefix("lyrebird-system-ppc: " + message), "\(line)")
      } catch { Issue.record("\(line): \(error)") }
    }
  }

  /// `net=`, and QEMU's network of it.
  static let networks: [(String, String)] = [
    ("10.1.2.0/24", "10.1.2.0"), ("10.1.2.3/16", "10.1.0.0"), ("10.0.2.0/4", "0.0.0.0"),
    ("192.168.5.0/255.255.255.0", "192.168.5.0"), ("10.1.2.0", "10.0.0.0"),
    ("127.255.255.255", "127.0.0.0"), ("172.31.255.255", "172.16.0.0"),
    ("172.32.255.255", "172.32.0.0"), ("192.168.255.255", "192.168.0.0"),
    ("192.167.255.255", "192.167.255.240"), ("198.18.1.0", "198.18.0.0"),
    ("198.19.255.255", "198.19.255.240"), ("203.0.113.255", "203.0.113.240"),
    ("224.255.255.255", "224.255.255.0"), ("128.5.6.7", "128.5.0.0"),
  ]

  @Test("The mask of a network, given or by its class")
  func masks() throws {
    for (text, network) in Self.networks {
      let made = try parse("-nic user,net=\(text)").networks.networks[0].settings.internet
      #expect(made?.network.description == network, "\(text)")
    }
    let small = try parse("-nic user,net=192.168.5.0/24").networks.networks[0].settings.internet
    #expect(small?.host.description == "192.168.5.2" && small?.nameServer.number == 0xc0a8_0503)
    #expect(small?.firstGuest.description == "192.168.5.15")
  }

  @Test("Cards in QEMU's order, with its names, addresses and connections")
  func cards() throws {
    let options = try parse(
      "-M mac99 -netdev user,id=a -netdev user,id=b -device sungem,netdev=a,id=c -net nic "
        + "-net user -nic user,model=ne2k_pci -nic user,mac=52-54-0-12-34-57"
    ).networks
    #expect(options.cards.map(\.id) == ["ne2k_pci.0", "sungem.0", "sungem.1", "c"])
    #expect(options.cards.map { $0.address?.last } == [0x56, 0x57, 0x58, 0x59])
    #expect(options.cards.map(\.place) == [.network(3), .network(4), .hub, .network(0)])
    #expect(options.networks.map(\.id) == ["a", "b", "#net002", "#net003", "#net004"])
    let defaults = try parse("-M g3beige").networks
    #expect(defaults.cards.map(\.id) == ["ne2k_pci.0"] && defaults.networks.count == 1)
    for line in ["-nodefaults", "-nic none", "-net none"] {
      #expect(try parse(line).networks.cards.isEmpty, "\(line)")
    }
    #expect(try parse("-nodefaults -nic user").networks.cards.count == 1)
  }

  @Test(
    "Ends without a peer are warned of",
    arguments: [
      ("-net nic", "hub 0 is not connected to host network"), ("-net user", "hub 0 with no nics"),
      ("-netdev user,id=n", "netdev n has no peer"),
      ("-nodefaults -device sungem", "nic sungem.0 has no peer"),
    ])
  func warnings(line: String, warning: String) throws {
    #expect(try parse(line).warnings == ["warning: " + warning])
  }
}
