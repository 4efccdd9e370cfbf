import Foundation
import Options
import Testing

@testable import HostIO

/// User networks, spoken to in Ethernet frames.
@Suite(.serialized)
struct UserNetworkTests {
  @Test("The host answers for its address, and echoes (RFC 826, 792)")
  func echo() throws {
    let guest = try NetworkGuest()
    guest.network.send(Ethernet.addressRequest(Ethernet.hostAddress))
    let reply = try #require(guest.frame { Ethernet.number($0, 12, 2) == 0x806 })
    #expect(Array(reply[0..<6]) == Ethernet.guest && Array(reply[32..<38]) == Ethernet.guest)
    #expect(Array(reply[28..<32]) == Ethernet.hostAddress && Ethernet.number(reply, 20, 2) == 2)
    let data = Array("abcdefgh".utf8)
    guest.network.send(Ethernet.echo(station: Array(reply[22..<28]), data))
    let answer = try #require(
      guest.frame { Ethernet.number($0, 12, 2) == 0x800 && $0[23] == 1 })
    #expect(Array(answer[26..<34]) == Ethernet.hostAddress + Ethernet.guestAddress)
    #expect(answer[34] == 0 && Array(answer[38..<50]) == [0x12, 0x34, 0, 1] + data)
    #expect(Ethernet.checksum(Array(answer[14..<34])) == [0, 0])
    #expect(Ethernet.checksum(Array(answer[34..<50])) == [0, 0])
  }

  @Test("Fragments in order are put together; overlapping and stray ones get lost (RFC 791)")
  func fragments() throws {
    let guest = try NetworkGuest()
    let station = try #require(guest.hostStation())
    let data = (0..<2000).map { UInt8($0 & 0xff) }
    let pieces = Ethernet.fragments(Ethernet.echo(station: station, data), of: 1000)
    #expect(pieces.count == 3)
    guest.network.send(pieces[1])
    for piece in [pieces[0], pieces[0], pieces[2], pieces[1], pieces[1], pieces[2]] {
      guest.network.send(piece)
    }
    // The answer comes in fragments too.
    let answer = try #require(
      guest.frame { Ethernet.number($0, 12, 2) == 0x800 && $0[23] == 1 })
    #expect(Ethernet.number(answer, 20, 2) == 0x2000 && answer[34] == 0)
    #expect(Array(answer[42..<400]) == Array(data[..<358]))
  }

  @Test(
    "DHCP offers the addresses that were asked for (RFC 2131)",
    arguments: [
      ("", [10, 0, 2, 15], [10, 0, 2, 2], [10, 0, 2, 3], [255, 255, 255, 0]),
      (
        "net=192.168.5.0/25,host=192.168.5.9,dns=192.168.5.10,dhcpstart=192.168.5.77",
        [192, 168, 5, 77], [192, 168, 5, 9], [192, 168, 5, 10], [255, 255, 255, 128]
      ),
    ] as [(String, [UInt8], [UInt8], [UInt8], [UInt8])])
  func offer(
    properties: String, guest: [UInt8], host: [UInt8], nameServer: [UInt8], mask: [UInt8]
  ) throws {
    var keys = KeyedOptions(properties + ",hostname=gast,domainname=example.org,bootfile=vmlinux")
    let bench = try NetworkGuest(try UserNetworkSettings(&keys))
    bench.network.send(Ethernet.discover(transaction: 0x1234_5678))
    let offer = try #require(
      bench.frame { Ethernet.number($0, 12, 2) == 0x800 && Ethernet.number($0, 36, 2) == 68 })
    let message = Array(offer[42...])
    #expect(message[0] == 2 && Ethernet.number(message, 4, 4) == 0x1234_5678)
    #expect(Array(message[16..<20]) == guest)
    #expect(String(decoding: message[108...].prefix { $0 != 0 }, as: UTF8.self) == "vmlinux")
    var options: [UInt8: [UInt8]] = [:]
    var place = 240
    while place + 1 < message.count, message[place] != 255 {
      let end = place + 2 + Int(message[place + 1])
      options[message[place]] = Array(message[(place + 2)..<end])
      place = end
    }
    #expect(options[53] == [2] && options[54] == host && options[1] == mask)
    #expect(options[3] == host && options[6] == nameServer)
    #expect(options[12] == Array("gast".utf8) && options[15] == Array("example.org".utf8))
  }

  @Test("A connection of the host reaches the guest's port, and bytes go both ways (RFC 9293)")
  func forwarding() throws {
    let guest = try NetworkGuest()
    let station = try #require(guest.hostStation())
    try guest.network.add(try HostForwarding("tcp:127.0.0.1:0-:22"))
    let line = guest.network.connections.split(separator: "\n").last
    let words = line?.split(separator: " ").map(String.init) ?? []
    #expect(words.first == "TCP[HOST_FORWARD]" && words.suffix(4) == ["10.0.2.15", "22", "0", "0"])
    let port = try #require(words.count > 3 ? UInt16(words[3]) : nil)
    let client = try HostSocket.connect(.internet(host: "127.0.0.1", port: String(port)))
    let open = try #require(guest.segment(flags: 2, of: 22))
    let (peer, first) = (Ethernet.number(open, 34, 2), Ethernet.number(open, 38, 4))
    func send(_ flags: UInt8, _ sequence: Int, _ acknowledged: Int, _ data: String = "") {
      guest.network.send(
        Ethernet.segment(
          station: station, from: 22, to: peer, sequence: sequence, acknowledged: acknowledged,
          flags: flags, Array(data.utf8)))
    }
    send(0x12, 1000, first + 1)
    #expect(guest.segment(flags: 16, of: 22) != nil)
    send(0x18, 1001, first + 1, "from the guest")
    #expect(try read(client, "from the guest".utf8.count) == "from the guest")
    #expect(client.write(Array("from the host".utf8)[...]) == 13)
    let segment = try #require(guest.segment(flags: 8, of: 22))
    #expect(String(decoding: segment[54...].prefix(13), as: UTF8.self) == "from the host")
    let rule = try #require(HostForwarding.Host("tcp:127.0.0.1:\(port)"))
    #expect(guest.network.remove(rule) && !guest.network.remove(rule))
  }

  private func read(_ descriptor: HostDescriptor, _ count: Int) throws -> String {
    var bytes: [UInt8] = []
    let limit = HostTime.now + 20_000_000_000
    while bytes.count < count, HostTime.now < limit {
      switch descriptor.read(100) {
      case .bytes(let new): bytes += new
      case .later: usleep(1000)
      case .end: return String(decoding: bytes, as: UTF8.self)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  @Test("A port that is taken is refused, and no thread or descriptor is left")
  func busyPort() throws {
    let first = try NetworkGuest()
    try first.network.add(try HostForwarding("udp:127.0.0.1:0-10.0.2.16:53"))
    let words = first.network.connections.split(separator: "\n").last?.split(separator: " ") ?? []
    #expect(words.count > 3 && words[4] == "10.0.2.16")
    var settings = UserNetworkSettings()
    let rule = "udp:127.0.0.1:\(words[3])-:53"
    settings.forwardings = [try HostForwarding(rule)]
    #expect(throws: HostIOError.problem("Could not set up host forwarding rule '\(rule)'")) {
      _ = try NetworkGuest(settings)
    }
  }

  /// Bytes that stay in mutated frames, so that they go no further than this host's closed ports:
  /// the header's length, the destination, its port.
  private static let kept: Set<Int> = [14, 30, 31, 32, 33, 34, 35, 36, 37]

  @Test("Any bytes at all from the guest", arguments: [true, false])
  func fuzz(isRestricted: Bool) throws {
    var settings = UserNetworkSettings()
    settings.isRestricted = isRestricted
    var random = SplitMix(state: isRestricted ? 11 : 12)
    let station: [UInt8] = [0x52, 0x55, 10, 0, 2, 2]
    let long = Ethernet.echo(station: station, [UInt8](repeating: 7, count: 300))
    let seeds =
      Ethernet.fragments(long, of: 104) + [
        Ethernet.addressRequest(Ethernet.hostAddress), Ethernet.addressReply(to: station),
        Ethernet.discover(transaction: 1), Ethernet.echo(station: station, [1, 2, 3, 4]),
        Ethernet.segment(
          station: station, from: 1000, to: 1, sequence: 1, acknowledged: 0, flags: 2),
        Ethernet.datagram(
          17, station: station, Ethernet.bytes(0x4000_0045_0012_0000, 8) + [0, 1, 65]),
        Ethernet.frame(to: station, type: 0x86dd, [0x60] + [UInt8](repeating: 0, count: 60)),
      ]
    let answers = try UserNetwork.library.locked {
      Result {
        var answers = 0
        let stack = try SlirpStack(
          settings,
          SlirpStack.Surroundings(
            send: { _ in answers += 1 }, guestError: { _ in }, time: { HostTime.now }, wake: {}))
        for round in 0..<20_000 {
          var frame = seeds[random.next(seeds.count)]
          for _ in 0..<random.next(6) {
            let place = random.next(frame.count)
            if isRestricted || !Self.kept.contains(place) { frame[place] = UInt8(random.next(256)) }
          }
          switch random.next(12) {
          case 0: frame.removeLast(random.next(frame.count))
          case 1: frame += [UInt8](repeating: UInt8(random.next(256)), count: random.next(1600))
          case 2 where round % 64 == 0: frame += [UInt8](repeating: 1, count: 65536 - frame.count)
          default: break
          }
          if random.next(2) == 0, frame.count >= 34 {
            frame.replaceSubrange(24..<26, with: [0, 0])
            frame.replaceSubrange(24..<26, with: Ethernet.checksum(Array(frame[14..<34])))
          }
          stack.receive(frame)
          if round % 50 == 0 { stack.work(stack.waits().descriptors) }
        }
        return answers
      }
    }.get()
    #expect(answers > 1000)
  }

  /// A generator of numbers that are the same each time (SplitMix64).
  private struct SplitMix {
    var state: UInt64
    mutating func next(_ limit: Int) -> Int {
      state &+= 0x9e37_79b9_7f4a_7c15
      var mixed = (state ^ state >> 30) &* 0xbf58_476d_1ce4_e5b9
      mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
      return Int(truncatingIfNeeded: (mixed ^ mixed >> 31) >> 33) % limit
    }
  }

  @Test("Links: a frame goes nowhere while one end is down, and waits while the machine stands")
  func links() throws {
    let cable = NetworkSegment()
    let ends = (0..<2).map {
      CardEnd(name: "card\($0)", model: "sungem", address: Ethernet.guest)
    }
    var (received, links) = (0, [Bool]())
    for end in ends { cable.add(end) }
    ends[1].onReceive = { _ in
      received += 1
      return true
    }
    ends[1].onLink = { links.append($0) }
    ends[0].send([1])
    #expect(received == 1)
    ends[0].isLinkUp = false
    ends[0].send([2])
    #expect(received == 1 && links == [false])
    ends[0].isLinkUp = true
    #expect(links == [false, true])
    ends[1].isRunning = false
    ends[0].send([3])
    #expect(received == 1)
    ends[1].isRunning = true
    #expect(received == 2)
  }
}
