import Devices
import HostIO
import Options

extension SystemOptionRow {
  /// Networks.
  static let networks: [SystemOptionRow] = [
    SystemOptionRow(
      "nic", "user|none[,model=mn][,mac=addr][,hostfwd=rule][,...]",
      "configure a network card with a user network behind it; models: ne2k_pci, sungem\n"
        + "properties of user: hostfwd=[tcp|udp]:[hostaddr]:hostport-[guestaddr]:guestport,\n"
        + "net=addr[/mask], host=addr, dns=addr, dhcpstart=addr, restrict=on|off, hostname=name,\n"
        + "domainname=domain, dnssearch=domain, tftp=dir, tftp-server-name=name, bootfile=f,\n"
        + "ipv4=on|off, ipv6=on|off, ipv6-net=addr[/int], ipv6-host=addr, ipv6-dns=addr"
    ) { options, text, context in try options.networks.addPair(text, context) },
    SystemOptionRow(
      "netdev", "user,id=str[,...]", "configure a user network for 'netdev=' of a card"
    ) { options, text, context in try options.networks.addNetwork(text, context) },
    SystemOptionRow(
      "net", "none|nic[,netdev=nd][,macaddr=mac][,model=type]|user[,...]",
      "configure a network card or a user network at hub 0"
    ) { options, text, context in try options.networks.addToHub(text, context) },
  ]
}

extension NetworkOptions {
  /// The kinds of networks that QEMU has and this program has not.
  private static let otherKinds = [
    "tap", "socket", "stream", "dgram", "vde", "bridge", "l2tpv3", "hubport", "netmap",
    "vhost-user", "vhost-vdpa",
  ]

  private static func refusal(of kind: String) -> OptionProblem {
    otherKinds.contains(kind)
      ? OptionProblem("network type '\(kind)' is not supported")
      : OptionProblem("Parameter 'type' does not accept value '\(kind)'")
  }

  /// `-nic`.
  fileprivate mutating func addPair(_ text: String, _ context: String) throws {
    isGiven = true
    var keys = KeyedOptions(text, implied: "type")
    let kind = keys.take("type") ?? "user"
    let model = try Self.model(keys.take("model"))
    guard kind != "none" else { return }
    guard kind == "user" else { throw Self.refusal(of: kind) }
    let id = try keys.takeIdentifier()
    try checkNew(id, "nic")
    let address = try keys.take("mac").map(Self.address)
    let settings = try UserNetworkSettings(&keys)
    networks.append(Network(context: context, id: id, settings: settings))
    cards.append(
      Card(
        origin: .nic, context: context, model: model, address: address,
        place: .network(networks.count - 1)))
  }

  /// `-netdev`.
  fileprivate mutating func addNetwork(_ text: String, _ context: String) throws {
    isGiven = true
    var keys = KeyedOptions(text, implied: "type")
    let kind = keys.take("type") ?? ""
    if kind == "help" || kind == "?" {
      throw OptionStop.answer("Available netdev backend types:\nuser\n")
    }
    if kind == "nic" || kind == "none" {
      throw OptionProblem("network backend '\(kind)' is not compiled into this binary")
    }
    guard kind == "user" else { throw Self.refusal(of: kind) }
    guard let id = try keys.takeIdentifier() else {
      throw OptionProblem("Parameter 'id' is missing")
    }
    try checkNew(id, "netdev")
    networks.append(Network(context: context, id: id, settings: try UserNetworkSettings(&keys)))
  }

  /// `-net`.
  fileprivate mutating func addToHub(_ text: String, _ context: String) throws {
    isGiven = true
    var keys = KeyedOptions(text, implied: "type")
    guard let kind = keys.take("type") else { throw OptionProblem("Parameter 'type' is missing") }
    switch kind {
    case "none": try keys.finish()
    case "nic":
      let model = try Self.model(keys.take("model"))
      var card = Card(origin: .net, context: context, model: model, place: .hub)
      card.address = try keys.take("macaddr").map(Self.address)
      card.network = keys.take("netdev")
      _ = try keys.takeNumber("vectors")
      try keys.finish()
      cards.append(card)
    case "user":
      let id = try keys.takeIdentifier()
      try checkNew(id, "net")
      let settings = try UserNetworkSettings(&keys)
      networks.append(Network(context: context, id: id, settings: settings, isAtHub: true))
    default: throw Self.refusal(of: kind)
    }
  }

  /// `-device` of a network card.
  /// - Returns: false if it is another device.
  mutating func addDevice(_ text: String, _ context: String) throws -> Bool {
    var keys = KeyedOptions(text, implied: "driver")
    guard let driver = keys.take("driver"), let model = NetworkCardModel(rawValue: driver) else {
      return false
    }
    var card = Card(origin: .device, context: context, model: model, place: .network(nil))
    card.id = try keys.takeIdentifier()
    if let id = card.id, cards.contains(where: { $0.id == id }) {
      throw OptionProblem("Duplicate ID '\(id)' for device")
    }
    card.network = keys.take("netdev")
    if let text = keys.take("mac") {
      guard let address = Self.bytes(text) else {
        throw OptionProblem("Property '\(driver).mac' doesn't take value '\(text)'")
      }
      card.address = address
    }
    for key in ["bootindex", "romfile"] { _ = keys.take(key) }
    if keys.take("addr") != nil || keys.take("bus") != nil {
      throw OptionProblem("a place on the bus cannot be chosen for '\(driver)'")
    }
    if let part = keys.parts.first {
      throw OptionProblem("Property '\(driver).\(part.key)' not found")
    }
    cards.append(card)
    return true
  }

  private func checkNew(_ id: String?, _ what: String) throws(OptionProblem) {
    guard let id, networks.contains(where: { $0.id == id }) else { return }
    throw OptionProblem("Duplicate ID '\(id)' for \(what)")
  }

  // MARK: Values

  private static func model(_ name: String?) throws -> NetworkCardModel? {
    guard let name else { return nil }
    if name == "help" || name == "?" {
      let names = NetworkCardModel.allCases.map { $0.rawValue + "\n" }
      throw OptionStop.answer("Supported NIC models:\n" + names.joined())
    }
    guard let model = NetworkCardModel(rawValue: name) else {
      throw SystemProblem("Unsupported NIC model: \(name)")
    }
    return model
  }

  private static func address(_ text: String) throws -> [UInt8] {
    guard let bytes = bytes(text) else {
      throw OptionProblem("invalid syntax for ethernet address")
    }
    if bytes[0] & 1 == 1 { throw OptionProblem("NIC cannot have multicast MAC address") }
    return bytes
  }

  /// Six bytes, each one or two hexadecimal digits, with `:` or `-` between them.
  private static func bytes(_ text: String) -> [UInt8]? {
    let separator: Character = text.contains("-") ? "-" : ":"
    let parts = text.split(separator: separator, omittingEmptySubsequences: false)
    let bytes = parts.compactMap { part in
      part.allSatisfy(\.isHexDigit) && part.count <= 2 ? UInt8(part, radix: 16) : nil
    }
    return parts.count == 6 && bytes.count == 6 ? bytes : nil
  }
}
