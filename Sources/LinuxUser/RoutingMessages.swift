import Memory

/// Messages of NETLINK_ROUTE sockets (rtnetlink(7)), whose fields are in the machine's byte order.
///
/// A message has a header of 16 bytes, a structure of its family, and attributes: a halfword of
/// length, a halfword of type, a value. Values are bytes or text but for those listed here.
enum RoutingMessages {
  /// How the values of a family's attributes lie: by type, the letters of `FieldLayout`.
  private struct Family {
    let header: FieldLayout
    let attributes: [Int: FieldLayout]
    /// Types whose value is attributes again, all of words.
    let nested: Set<Int>
  }

  private static let word = FieldLayout("w")
  private static let words = FieldLayout("wwwwwwwwwwwwwwwwwwwwwwww")
  private static let doublewords = FieldLayout("dddddddddddddddddddddddd")

  private static func words(_ types: [Int]) -> [Int: FieldLayout] {
    Dictionary(uniqueKeysWithValues: types.map { ($0, word) })
  }

  /// ifinfomsg; IFLA_*: words, the two statistics, the map of memory.
  private static let links = Family(
    header: FieldLayout("bbhwww"),
    attributes: words([4, 5, 8, 10, 13, 15, 19, 21, 27, 30, 31, 32, 35, 37, 40, 41, 43, 47, 48])
      .merging([7: words, 23: doublewords, 14: FieldLayout("dddhbb")]) { $1 },
    nested: [])
  /// ifaddrmsg; IFA_CACHEINFO, IFA_FLAGS, IFA_RT_PRIORITY, IFA_TARGET_NETNSID.
  private static let addresses = Family(
    header: FieldLayout("bbbbw"), attributes: words([8, 9, 10]).merging([6: words]) { $1 },
    nested: [])
  /// rtmsg; RTA_IIF, OIF, PRIORITY, FLOW, TABLE, MARK, NH_ID, CACHEINFO, METRICS.
  private static let routes = Family(
    header: FieldLayout("bbbbbbbbw"),
    attributes: words([3, 4, 6, 11, 15, 16, 30]).merging([12: words]) { $1 }, nested: [8])
  /// ndmsg; NDA_CACHEINFO, PROBES, VNI, IFINDEX, MASTER.
  private static let neighbours = Family(
    header: FieldLayout("bbhwhbb"), attributes: words([4, 7, 8, 9]).merging([3: words]) { $1 },
    nested: [])

  /// The family of a message's type: RTM_NEWLINK is 16, then four numbers for each.
  private static func family(_ type: UInt16) -> Family? {
    switch type {
    case 16...19: links
    case 20...23: addresses
    case 24...27: routes
    case 28...31: neighbours
    default: nil
    }
  }

  // MARK: Conversion

  /// Changes the byte order of the messages in a buffer.
  /// - Parameter toHost: whether they are the guest's now.
  static func swap(_ bytes: UnsafeMutableRawBufferPointer, toHost: Bool) {
    guard let start = bytes.baseAddress else { return }
    var offset = 0
    while offset + 16 <= bytes.count {
      let message = start + offset
      let length = Int(number(message, toHost, as: UInt32.self))
      guard length >= 16, offset + length <= bytes.count else { return }
      let type = number(message + 4, toHost, as: UInt16.self)
      FieldLayout("whhww").swap(message)
      swapBody(message + 16, length - 16, type, toHost)
      offset += (length + 3) & ~3
    }
  }

  /// A number in the order that its side has now.
  private static func number<T: FixedWidthInteger>(
    _ place: UnsafeRawPointer, _ isGuest: Bool, as type: T.Type
  ) -> T {
    let value = place.loadUnaligned(as: type)
    return isGuest ? value.byteSwapped : value
  }

  private static func swapBody(
    _ body: UnsafeMutableRawPointer, _ count: Int, _ type: UInt16, _ toHost: Bool
  ) {
    // NLMSG_ERROR has an error and a message's header, NLMSG_DONE an error.
    if type == 2 || type == 3 { return FieldLayout("wwhhww").swap(body, count) }
    guard let family = family(type) else { return }
    // A request may have no more than the family's first byte, or a header cut short.
    family.header.swap(body, count)
    let start = (family.header.size + 3) & ~3
    if count > start { swapAttributes(body + start, count - start, family, toHost) }
  }

  private static func swapAttributes(
    _ start: UnsafeMutableRawPointer, _ count: Int, _ family: Family, _ toHost: Bool
  ) {
    var offset = 0
    while offset + 4 <= count {
      let attribute = start + offset
      let length = Int(number(attribute, toHost, as: UInt16.self))
      guard length >= 4, offset + length <= count else { return }
      // The two highest bits of a type are flags.
      let type = Int(number(attribute + 2, toHost, as: UInt16.self) & 0x3fff)
      FieldLayout("hh").swap(attribute)
      if family.nested.contains(type) {
        let metrics = Family(header: word, attributes: words(Array(1...16)), nested: [])
        swapAttributes(attribute + 4, length - 4, metrics, toHost)
      } else {
        family.attributes[type]?.swap(attribute + 4, length - 4)
      }
      offset += (length + 3) & ~3
    }
  }

  // MARK: Guest memory

  /// Whether a call's descriptor is such a socket.
  static func isUsed(by call: SystemCall) -> Bool {
    call.descriptors.kind(call[0]) == .routing
  }

  /// Parts of guest memory: the entries of a vector.
  typealias Parts = [(address: UInt32, count: Int)]

  /// The parts that a guest's iovec array names.
  static func parts(
    _ call: SystemCall, _ address: UInt32, _ count: UInt32
  ) throws(Errno) -> Parts {
    guard count <= 1024 else { throw .invalid }
    let entries = try call.read(address, 8 * Int(count))
    return (0..<Int(count)).map { (entries.word(8 * $0), Int(entries.word(8 * $0 + 4))) }
  }

  /// The messages in parts of memory, in the host's order.
  static func sent(_ call: SystemCall, _ parts: Parts) throws(Errno) -> [UInt8] {
    var bytes = try gathered(call, parts, 0x4_0000)
    bytes.withUnsafeMutableBytes { swap($0, toHost: true) }
    return bytes
  }

  /// Converts the first bytes of parts of memory, which the host has stored there.
  static func convertReceived(
    _ call: SystemCall, _ parts: Parts, _ count: Int
  ) throws(Errno) {
    var bytes = try gathered(call, parts, count)
    bytes.withUnsafeMutableBytes { swap($0, toHost: false) }
    var rest = bytes[...]
    for part in parts where !rest.isEmpty {
      try call.write(part.address, bytes: Array(rest.prefix(part.count)))
      rest = rest.dropFirst(part.count)
    }
  }

  private static func gathered(
    _ call: SystemCall, _ parts: Parts, _ most: Int
  ) throws(Errno) -> [UInt8] {
    var bytes: [UInt8] = []
    for part in parts where bytes.count < most {
      let count = min(part.count, most - bytes.count)
      guard let copied = call.copy.readBytes(part.address, count) else { throw .fault }
      bytes += copied
    }
    return bytes
  }
}
