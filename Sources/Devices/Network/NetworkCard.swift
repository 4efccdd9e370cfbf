import Machine

/// A network card on PCI.
public protocol NetworkCard: PCIDevice {
  /// Told when a frame may be offered again after `receive` returned false.
  var onRoom: (() -> Void)? { get set }
  /// A frame has come, without its checksum.
  /// - Returns: false if there is no room for it now.
  func receive(_ frame: [UInt8]) -> Bool
  /// Whether the link is up, for a card that shows it to the guest.
  var hasLink: Bool { get set }
}

extension NetworkCard {
  /// Gives the card its frames and its link's state from a port.
  public func connect(to port: any NetworkPort) {
    onRoom = { [unowned port] in port.acceptFrames() }
    port.onReceive = { [unowned self] in receive($0) }
    port.onLink = { [unowned self] in hasLink = $0 }
  }
}

/// The kinds of network cards, by QEMU's names.
public enum NetworkCardModel: String, CaseIterable, Sendable {
  case ne2000 = "ne2k_pci"
  case sunGEM = "sungem"

  /// Makes a card that sends to a port and takes what comes from it.
  /// - Parameters:
  ///   - address: the station address, six bytes.
  ///   - dma: the bus that descriptors and buffers are on.
  public func card(address: [UInt8], port: any NetworkPort, dma: Bus) -> any NetworkCard {
    let send = { (frame: [UInt8]) in port.send(frame) }
    let card: any NetworkCard =
      switch self {
      case .ne2000: NE2000(address: address, send: send)
      case .sunGEM: SunGEM(address: address, dma: dma, send: send)
      }
    card.connect(to: port)
    return card
  }
}
