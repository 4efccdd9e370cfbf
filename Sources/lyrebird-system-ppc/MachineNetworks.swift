import Boards
import HostIO
import Machine
import Monitor
import Options

/// The networks of a machine: the ends of its cards' cables, and the user networks.
final class MachineNetworks {
  /// The cards, in the order of their slots.
  private(set) var cards: [MacMachine.Configuration.NetworkCard] = []
  private var cardEnds: [CardEnd] = []
  private var users: [UserEnd] = []
  private var segments: [NetworkSegment] = []

  /// Makes them.
  /// - Throws: a message for standard error: what the host refuses.
  init(
    _ options: NetworkOptions, events: HostEvents, mailbox: MachineMailbox
  ) throws(OptionStop) {
    let hub = NetworkSegment(hub: 0)
    for card in options.cards {
      let end = CardEnd(
        name: card.id ?? "", model: card.model?.rawValue ?? "", address: card.address ?? [])
      cardEnds.append(end)
      if card.place == .hub { hub.add(end) }
      if let model = card.model {
        cards.append(.init(model, address: end.address, port: end))
      }
    }
    for (index, wish) in options.networks.enumerated() {
      let end = UserEnd(name: wish.id ?? "", try Self.network(wish, events, mailbox))
      users.append(end)
      if wish.isAtHub {
        hub.add(end)
      } else if let number = options.cards.firstIndex(where: { $0.place == .network(index) }) {
        let cable = NetworkSegment()
        cable.add(cardEnds[number])
        cable.add(end)
        segments.append(cable)
      }
    }
    if !hub.ends.isEmpty { segments.append(hub) }
  }

  private static func network(
    _ wish: NetworkOptions.Network, _ events: HostEvents, _ mailbox: MachineMailbox
  ) throws(OptionStop) -> UserNetwork {
    do throws(HostIOError) {
      return try UserNetwork(wish.settings, events: events, mailbox: mailbox)
    } catch {
      let head = wish.context.isEmpty ? "" : wish.context + ": "
      throw .error("\(SystemOptions.program): \(head)\(error)")
    }
  }

  /// Told what the guest does wrong.
  func setGuestErrorHandler(_ handler: @escaping (String) -> Void) {
    for user in users { user.network.onGuestError = handler }
  }

  /// The machine runs or stands still, and the networks' time with it.
  func setRunning(_ isRunning: Bool) {
    for user in users { user.network.setRunning(isRunning) }
    for end in cardEnds { end.isRunning = isRunning }
  }

  /// Ends all connections.
  func close() { for user in users { user.network.close() } }

  // MARK: For the monitor

  /// `info network`: the hub with its ports, networks without a card, the cards with theirs.
  var text: String {
    var lines: [String] = []
    func line(_ end: NetworkEnd) -> String { "\(end.name): index=0,\(end.details)" }
    for case let (segment, hub?) in segments.map({ ($0, $0.hub) }) {
      lines.append("hub \(hub)")
      for (port, end) in segment.ends.enumerated().reversed() {
        lines.append(" \\ hub\(hub)port\(port): \(line(end))")
      }
    }
    for user in users where segment(of: user) == nil { lines.append(line(user)) }
    for card in cardEnds {
      let cable = segment(of: card)
      if cable?.hub != nil { continue }
      lines.append(line(card))
      for other in cable?.ends ?? [] where other !== card { lines.append(" \\ " + line(other)) }
    }
    return lines.map { $0 + "\n" }.joined()
  }

  /// `info usernet`.
  var connections: String {
    users.map { "Hub \(segment(of: $0)?.hub ?? -1) (\($0.name)):\n\($0.network.connections)" }
      .joined()
  }

  private func segment(of end: NetworkEnd) -> NetworkSegment? {
    segments.first { $0.ends.contains { $0 === end } }
  }

  /// `set_link`.
  func setLink(_ name: String, isUp: Bool) throws(MonitorError) {
    let ends: [NetworkEnd] = cardEnds + users
    guard let end = ends.first(where: { $0.name == name }) else {
      throw MonitorError("Device '\(name)' not found")
    }
    end.isLinkUp = isUp
  }

  /// `hostfwd_add`.
  func forward(_ rule: String, by name: String?) throws(MonitorError) {
    let network = try network(named: name)
    do {
      try network.add(try HostForwarding(rule))
    } catch { throw MonitorError("\(error)") }
  }

  /// `hostfwd_remove`.
  /// - Returns: false if there is no such rule.
  func stopForwarding(_ rule: String, by name: String?) throws(MonitorError) -> Bool {
    let network = try network(named: name)
    guard let rule = HostForwarding.Host(rule) else { throw MonitorError("invalid format") }
    return network.remove(rule)
  }

  /// A user network by its name; the first one without.
  private func network(named name: String?) throws(MonitorError) -> UserNetwork {
    if let name {
      guard let user = users.first(where: { $0.name == name }) else {
        throw MonitorError("unrecognized netdev id '\(name)'")
      }
      return user.network
    }
    guard let first = users.first else { throw MonitorError("user mode network stack not in use") }
    return first.network
  }
}
