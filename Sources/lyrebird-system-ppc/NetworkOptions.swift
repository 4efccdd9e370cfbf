import Boards
import Devices
import HostIO
import Options

/// `-net`, `-nic`, `-netdev`, and `-device` of a network card: what was asked for.
struct NetworkOptions: Equatable {
  /// Where a card or a user network is connected.
  enum Place: Equatable {
    /// To hub 0: `-net`.
    case hub
    /// To the network of an index: `-nic`, `netdev=`; for a network, to the card that names it.
    case network(Int?)
  }

  /// Which option asked for a card; the slots are given in this order.
  enum Origin: CaseIterable { case nic, net, device }

  /// A network card.
  struct Card: Equatable {
    var origin: Origin
    /// How messages name it.
    var context: String
    /// The name that `id=` gave.
    var id: String?
    /// nil for the board's own.
    var model: NetworkCardModel?
    /// The station address; nil for the next free one.
    var address: [UInt8]?
    /// The network's name that `netdev=` gave.
    var network: String?
    var place: Place
  }

  /// A user network.
  struct Network: Equatable {
    var context: String
    var id: String?
    var settings: UserNetworkSettings
    /// Whether it is at hub 0: `-net user`.
    var isAtHub = false
  }

  /// Whether the user said anything about networks: then there is nothing by default.
  var isGiven = false
  var cards: [Card] = []
  var networks: [Network] = []
}

extension NetworkOptions {
  /// The address of the first card without one of its own; the next ones count up.
  private static let firstAddress: [UInt8] = [0x52, 0x54, 0x00, 0x12, 0x34, 0x56]

  /// Adds what QEMU's machines have by themselves.
  mutating func addDefaults() {
    cards.append(Card(origin: .net, context: "", place: .hub))
    networks.append(Network(context: "", settings: UserNetworkSettings(), isAtHub: true))
  }

  /// Connects cards with networks, and gives what has no name, model or address one.
  /// - Returns: warnings.
  mutating func complete(model: NetworkCardModel) throws(SystemProblem) -> [String] {
    for index in networks.indices where networks[index].id == nil {
      let number = String(index)
      let digits = String(repeating: "0", count: max(0, 3 - number.count)) + number
      networks[index].id = "#net\(digits)"
    }
    cards = Origin.allCases.flatMap { origin in cards.filter { $0.origin == origin } }
    for index in cards.indices { cards[index].place = try place(of: cards[index]) }
    if let extra = cards.dropFirst(MacMachine.Configuration.maximumNetworkCards).first {
      throw SystemProblem("\(extra.context): no more on-board/default NIC slots available")
    }
    nameCards(model)
    return warnings
  }

  /// Where a card is connected: with the network that it names.
  private func place(of card: Card) throws(SystemProblem) -> Place {
    guard let name = card.network else { return card.place }
    let property = "\(card.context): Property '\(card.model?.rawValue ?? "nic").netdev'"
    guard let index = networks.firstIndex(where: { $0.id == name && !$0.isAtHub }) else {
      throw SystemProblem(
        card.origin == .device
          ? "\(property) can't find value '\(name)'" : "\(card.context): netdev '\(name)' not found"
      )
    }
    if cards.contains(where: { $0.place == .network(index) }) {
      throw SystemProblem("\(property) can't take value '\(name)', it's in use")
    }
    return .network(index)
  }

  private mutating func nameCards(_ model: NetworkCardModel) {
    var used = Set(cards.compactMap(\.address))
    var counts: [NetworkCardModel: Int] = [:]
    for index in cards.indices {
      let kind = cards[index].model ?? model
      cards[index].model = kind
      if cards[index].id == nil {
        cards[index].id = "\(kind.rawValue).\(counts[kind, default: 0])"
        counts[kind, default: 0] += 1
      }
      var address = Self.firstAddress
      while cards[index].address == nil {
        if used.insert(address).inserted { cards[index].address = address }
        address[5] &+= 1
      }
    }
  }

  private var warnings: [String] {
    var texts: [String] = []
    let hubHasCard = cards.contains { $0.place == .hub }
    let hubHasNetwork = networks.contains(where: \.isAtHub)
    if hubHasCard && !hubHasNetwork { texts.append("hub 0 is not connected to host network") }
    if hubHasNetwork && !hubHasCard { texts.append("hub 0 with no nics") }
    for (index, network) in networks.enumerated() where !network.isAtHub {
      let hasCard = cards.contains { $0.place == .network(index) }
      if !hasCard { texts.append("netdev \(network.id ?? "") has no peer") }
    }
    for card in cards where card.place == .network(nil) {
      texts.append("nic \(card.id ?? "") has no peer")
    }
    return texts.map { "warning: " + $0 }
  }
}
