import Glibc
import Machine

/// A socket behind a character port: it listens or connects, and comes back after a hang-up.
///
/// Sound: after `open` the I/O thread alone changes it, but for `state`, which is behind the lock.
final class SocketPort: @unchecked Sendable {
  let port: HostPort
  private let settings: SocketSettings
  private let events: HostEvents
  private let lock = ConditionLock()
  private var listener: HostDescriptor?
  private var watch: Int?
  private var peer: String?
  private var boundPort: String?

  init(_ settings: SocketSettings, events: HostEvents, mailbox: MachineMailbox) {
    self.settings = settings
    self.events = events
    port = HostPort(events: events, mailbox: mailbox)
  }

  /// What `info chardev` shows.
  var description: String {
    var shown = settings
    let (peer, bound) = lock.locked { (self.peer, boundPort) }
    if case .internet(let host, _) = settings.address, let bound {
      shown.address = .internet(host: host, port: bound)
    }
    guard let peer else { return "disconnected:" + shown.name }
    return shown.name + (peer.isEmpty ? "" : " <-> " + peer)
  }

  /// Listens or connects.
  /// - Parameter onWait: told before the machine waits for a connection.
  func open(onWait: () -> Void) throws(HostIOError) {
    if settings.isTelnet { Telnet.attach(to: port) }
    port.onHangUp = { [weak self] in self?.hangUp() }
    guard settings.isServer else {
      do { use(try HostSocket.connect(settings.address), isNews: false) } catch {
        guard settings.reconnectSeconds > 0 else { throw error }
        connectLater()
      }
      return
    }
    let socket = try HostSocket.listen(settings.address)
    if case .internet = settings.address {
      let bound = HostSocket.localPort(socket.number)
      lock.locked { boundPort = bound }
    }
    listener = socket
    if settings.waits {
      onWait()
      var ready = pollfd(fd: socket.number, events: Int16(POLLIN), revents: 0)
      while !port.isOpen {
        poll(&ready, 1, -1)
        accept(isNews: false)
      }
    } else {
      listen()
    }
  }

  /// Removes the name of a local socket that this program made.
  func close() {
    if settings.isServer, case .local(let path) = settings.address, listener != nil {
      unlink(path)
    }
  }

  private func listen() {
    guard let listener, watch == nil else { return }
    watch = events.watch(listener.number, .reading) { [weak self] _ in self?.accept() }
  }

  private func accept(isNews: Bool = true) {
    guard let listener else { return }
    let number = Glibc.accept(listener.number, nil, nil)
    guard number >= 0 else { return }
    _ = fcntl(number, F_SETFD, FD_CLOEXEC)
    if let watch { events.cancel(watch) }
    watch = nil
    use(HostDescriptor(owning: number), isNews: isNews)
  }

  private func use(_ socket: HostDescriptor, isNews: Bool) {
    if case .internet = settings.address { HostSocket.hurry(socket.number) }
    let name = HostSocket.peerName(socket.number)
    lock.locked { peer = name }
    port.attach(reader: socket, writer: socket, isNews: isNews)
    if settings.isTelnet { port.sendAsIs(Telnet.greeting) }
  }

  private func hangUp() {
    lock.locked { peer = nil }
    port.detach()
    if settings.isServer { listen() } else if settings.reconnectSeconds > 0 { connectLater() }
  }

  private func connectLater() {
    events.after(Int64(settings.reconnectSeconds) * 1_000_000_000) { [weak self] in
      guard let self else { return }
      do {
        use(try HostSocket.connect(settings.address, within: 200), isNews: true)
      } catch { connectLater() }
    }
  }
}
