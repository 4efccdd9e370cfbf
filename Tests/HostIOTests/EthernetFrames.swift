import Foundation

@testable import HostIO

/// Frames as a guest at 10.0.2.15 makes them.
enum Ethernet {
  static let guest: [UInt8] = [0x52, 0x54, 0x00, 0x12, 0x34, 0x56]
  static let everyone = [UInt8](repeating: 0xff, count: 6)
  static let guestAddress: [UInt8] = [10, 0, 2, 15]
  static let hostAddress: [UInt8] = [10, 0, 2, 2]

  /// A number as bytes, the highest first.
  static func bytes(_ value: Int, _ count: Int) -> [UInt8] {
    (0..<count).reversed().map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
  }

  /// The number at a place.
  static func number(_ frame: [UInt8], _ place: Int, _ count: Int) -> Int {
    guard place + count <= frame.count else { return -1 }
    return frame[place..<place + count].reduce(0) { $0 << 8 | Int($1) }
  }

  static func frame(to: [UInt8], type: Int, _ payload: [UInt8]) -> [UInt8] {
    to + guest + bytes(type, 2) + payload
  }

  /// RFC 826: who has an address?
  static func addressRequest(_ wanted: [UInt8]) -> [UInt8] {
    let body = bytes(0x0001_0800, 4) + [6, 4] + bytes(1, 2) + guest + guestAddress
    return frame(to: everyone, type: 0x806, body + [0, 0, 0, 0, 0, 0] + wanted)
  }

  /// RFC 826: here is one.
  static func addressReply(to: [UInt8]) -> [UInt8] {
    let body = bytes(0x0001_0800, 4) + [6, 4] + bytes(2, 2) + guest + guestAddress
    return frame(to: to, type: 0x806, body + to + hostAddress)
  }

  /// RFC 1071.
  static func checksum(_ data: [UInt8]) -> [UInt8] {
    var sum = 0
    for place in stride(from: 0, to: data.count, by: 2) {
      sum += Int(data[place]) << 8 | (place + 1 < data.count ? Int(data[place + 1]) : 0)
    }
    while sum >> 16 != 0 { sum = sum & 0xffff + sum >> 16 }
    return bytes(~sum, 2)
  }

  /// RFC 791.
  static func datagram(
    _ kind: UInt8, from: [UInt8] = guestAddress, to: [UInt8] = hostAddress, station: [UInt8],
    _ payload: [UInt8]
  ) -> [UInt8] {
    let start = [0x45, 0] + bytes(20 + payload.count, 2) + [0, 1, 0, 0, 64, kind]
    let sum = checksum(start + [0, 0] + from + to)
    return frame(to: station, type: 0x800, start + sum + from + to + payload)
  }

  /// RFC 791: a datagram in pieces of some bytes of data, a multiple of eight, with the numbers of
  /// the first bytes and a right checksum each.
  static func fragments(_ whole: [UInt8], of size: Int) -> [[UInt8]] {
    let data = Array(whole[34...])
    return stride(from: 0, to: data.count, by: size).map { start in
      let piece = Array(data[start..<min(start + size, data.count)])
      let more = start + size < data.count ? 0x2000 : 0
      var header = Array(whole[14..<34])
      header.replaceSubrange(2..<4, with: bytes(20 + piece.count, 2))
      header.replaceSubrange(6..<8, with: bytes(more | start / 8, 2))
      header.replaceSubrange(10..<12, with: [0, 0])
      header.replaceSubrange(10..<12, with: checksum(header))
      return Array(whole[..<14]) + header + piece
    }
  }

  /// RFC 792: an echo request.
  static func echo(station: [UInt8], _ data: [UInt8]) -> [UInt8] {
    let rest = [0x12, 0x34, 0, 1] + data
    return datagram(1, station: station, [8, 0] + checksum([8, 0, 0, 0] + rest) + rest)
  }

  /// RFC 2131: a DHCPDISCOVER.
  static func discover(transaction: Int) -> [UInt8] {
    let start = [1, 1, 6, 0] + bytes(transaction, 4) + [UInt8](repeating: 0, count: 20)
    let station = guest + [UInt8](repeating: 0, count: 10 + 64 + 128)
    let message = start + station + [99, 130, 83, 99, 53, 1, 1, 255]
    let datagram = bytes(68, 2) + bytes(67, 2) + bytes(8 + message.count, 2) + [0, 0] + message
    return Self.datagram(
      17, from: [0, 0, 0, 0], to: [255, 255, 255, 255], station: everyone, datagram)
  }

  /// RFC 9293: a segment of a connection; the flags are FIN 1, SYN 2, PSH 8, ACK 16.
  static func segment(
    station: [UInt8], from: Int, to: Int, sequence: Int, acknowledged: Int, flags: UInt8,
    _ data: [UInt8] = []
  ) -> [UInt8] {
    let start = bytes(from, 2) + bytes(to, 2) + bytes(sequence, 4) + bytes(acknowledged, 4)
    let middle = [0x50, flags] + bytes(8192, 2)
    let length = bytes(20 + data.count, 2)
    let sum = checksum(
      guestAddress + hostAddress + [0, 6] + length + start + middle + [0, 0, 0, 0] + data)
    return datagram(6, station: station, start + middle + sum + [0, 0] + data)
  }
}

/// A guest at the cable of a user network.
final class NetworkGuest {
  let events: HostEvents
  let mailbox = MachineMailbox()
  let network: UserNetwork
  private var received: [[UInt8]] = []

  init(_ settings: UserNetworkSettings = UserNetworkSettings()) throws {
    events = try HostEvents()
    network = try UserNetwork(settings, events: events, mailbox: mailbox)
    network.onFrame = { [unowned self] in received.append($0) }
    try events.start()
  }

  deinit {
    network.close()
    events.stop()
  }

  /// Waits for a frame; others before it are dropped.
  func frame(where isWanted: ([UInt8]) -> Bool) -> [UInt8]? {
    let limit = HostTime.now + 20_000_000_000
    while HostTime.now < limit {
      while !received.isEmpty {
        let first = received.removeFirst()
        if isWanted(first) { return first }
      }
      mailbox.wait(until: limit)
      mailbox.drain()
    }
    return nil
  }

  /// Sends a request for the host's hardware address.
  func hostStation() -> [UInt8]? {
    network.send(Ethernet.addressRequest(Ethernet.hostAddress))
    return frame { Ethernet.number($0, 12, 2) == 0x806 && Ethernet.number($0, 20, 2) == 2 }
      .map { Array($0[22..<28]) }
  }

  /// Waits for a segment with these flags.
  func segment(flags: Int, of port: Int) -> [UInt8]? {
    frame {
      Ethernet.number($0, 12, 2) == 0x800 && $0[23] == 6 && Ethernet.number($0, 36, 2) == port
        && Ethernet.number($0, 47, 1) & flags == flags
    }
  }
}
