import Glibc

/// Stream sockets of the host.
enum HostSocket {
  /// Connects.
  /// - Parameter milliseconds: how long to wait for the other end, -1 for as long as the host does.
  static func connect(
    _ address: SocketAddress, within milliseconds: Int32 = -1
  ) throws(HostIOError) -> HostDescriptor {
    var last = ECONNREFUSED
    for place in try resolve(address, passive: false) {
      let number = socket(place.family, Int32(SOCK_STREAM.rawValue), 0)
      guard number >= 0 else { throw .system("socket", errno) }
      _ = fcntl(number, F_SETFD, FD_CLOEXEC)
      _ = fcntl(number, F_SETFL, O_NONBLOCK)
      last = place.withAddress({ Glibc.connect(number, $0, $1) }) == 0 ? 0 : errno
      if last == EINPROGRESS { last = finishConnecting(number, within: milliseconds) }
      if last == 0 { return HostDescriptor(owning: number) }
      close(number)
    }
    throw .problem("Failed to connect to '\(name(address))': \(String(cString: strerror(last)))")
  }

  /// Waits for a connection that is under way.
  /// - Returns: 0 or an error number.
  private static func finishConnecting(_ number: Int32, within milliseconds: Int32) -> Int32 {
    var ready = pollfd(fd: number, events: Int16(POLLOUT), revents: 0)
    var result: Int32 = 0
    repeat { result = poll(&ready, 1, milliseconds) } while result < 0 && errno == EINTR
    if result == 0 { return ETIMEDOUT }
    var error: Int32 = 0
    var length = socklen_t(4)
    return getsockopt(number, SOL_SOCKET, SO_ERROR, &error, &length) == 0 ? error : errno
  }

  /// Binds and listens. A path that exists is replaced, as QEMU does it.
  static func listen(_ address: SocketAddress) throws(HostIOError) -> HostDescriptor {
    if case .local(let path) = address { unlink(path) }
    var last = EADDRNOTAVAIL
    for place in try resolve(address, passive: true) {
      let number = socket(place.family, Int32(SOCK_STREAM.rawValue), 0)
      guard number >= 0 else { throw .system("socket", errno) }
      _ = fcntl(number, F_SETFD, FD_CLOEXEC)
      var yes: Int32 = 1
      setsockopt(number, SOL_SOCKET, SO_REUSEADDR, &yes, 4)
      if place.withAddress({ bind(number, $0, $1) }) == 0, Glibc.listen(number, 1) == 0 {
        return HostDescriptor(owning: number)
      }
      last = errno
      close(number)
    }
    let reason = String(cString: strerror(last))
    if case .local(let path) = address {
      throw .problem("Failed to bind socket to \(path): \(reason)")
    }
    throw .problem("Failed to find an available port: \(reason)")
  }

  /// Sends small pieces at once.
  static func hurry(_ number: Int32) {
    var yes: Int32 = 1
    setsockopt(number, Int32(IPPROTO_TCP), TCP_NODELAY, &yes, 4)
  }

  private static func name(_ address: SocketAddress) -> String {
    switch address {
    case .internet(let host, let port): (host.isEmpty ? "localhost" : host) + ":" + port
    case .local(let path): path
    }
  }

  // MARK: Addresses

  /// An address as the host's calls take it.
  private struct Place {
    let family: Int32
    let bytes: [UInt8]

    func withAddress(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
      bytes.withUnsafeBytes {
        body($0.baseAddress!.assumingMemoryBound(to: sockaddr.self), socklen_t($0.count))
      }
    }
  }

  private static func resolve(
    _ address: SocketAddress, passive: Bool
  ) throws(HostIOError) -> [Place] {
    switch address {
    case .local(let path): return [try local(path)]
    case .internet(let host, let port):
      var hints = addrinfo()
      hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
      hints.ai_family = passive && host.isEmpty ? AF_INET : AF_UNSPEC
      if passive { hints.ai_flags = AI_PASSIVE }
      var list: UnsafeMutablePointer<addrinfo>?
      let result = getaddrinfo(host.isEmpty ? nil : host, port, &hints, &list)
      guard result == 0 else {
        let reason = String(cString: gai_strerror(result))
        throw .problem("address resolution failed for \(name(address)): \(reason)")
      }
      defer { freeaddrinfo(list) }
      return sequence(first: list!, next: { $0.pointee.ai_next }).map { entry in
        let bytes = UnsafeRawBufferPointer(
          start: entry.pointee.ai_addr, count: Int(entry.pointee.ai_addrlen))
        return Place(family: entry.pointee.ai_family, bytes: Array(bytes))
      }
    }
  }

  private static func local(_ path: String) throws(HostIOError) -> Place {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let text = Array(path.utf8)
    let limit = MemoryLayout.size(ofValue: address.sun_path)
    guard text.count < limit else {
      throw .problem("UNIX socket path '\(path)' is too long: at most \(limit - 1) bytes")
    }
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: text) }
    return Place(family: AF_UNIX, bytes: withUnsafeBytes(of: &address) { Array($0) })
  }

  /// The port that a socket was bound to.
  static func localPort(_ number: Int32) -> String? { endpoint(number, getsockname)?.port }

  /// `HOST:PORT` of the other end, empty for a local socket.
  static func peerName(_ number: Int32) -> String {
    guard let (host, port) = endpoint(number, getpeername) else { return "" }
    return host + ":" + port
  }

  private static func endpoint(
    _ number: Int32,
    _ call: (Int32, UnsafeMutablePointer<sockaddr>?, UnsafeMutablePointer<socklen_t>?) -> Int32
  ) -> (host: String, port: String)? {
    var storage = sockaddr_storage()
    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    var host = [CChar](repeating: 0, count: 256)
    var port = [CChar](repeating: 0, count: 32)
    let isKnown = withUnsafeMutablePointer(to: &storage) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        guard call(number, address, &length) == 0, address.pointee.sa_family != AF_UNIX else {
          return false
        }
        return getnameinfo(
          address, length, &host, 255, &port, 31, NI_NUMERICHOST | NI_NUMERICSERV) == 0
      }
    }
    func text(_ characters: [CChar]) -> String {
      String(decoding: characters.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
    return isKnown ? (text(host), text(port)) : nil
  }
}
