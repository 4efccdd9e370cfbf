import Glibc
import Machine

/// The character devices of a machine: made from what the user asked for, found by name.
///
/// Used on the machine's thread.
public final class CharacterDevices {
  private struct Entry {
    let label: String
    let describe: () -> String
    let port: any EventfulPort
    let multiplexer: Multiplexer?
    var isUsed = false
  }

  /// Told what the user should know, a line each, such as the name of a new pseudo-terminal.
  public var report: (String) -> Void = { _ in }
  private let events: HostEvents
  private let mailbox: MachineMailbox
  private var entries: [Entry] = []
  private var hostPorts: [HostPort] = []
  private var sockets: [SocketPort] = []
  private var keptOpen: [HostDescriptor] = []
  private var hasStandardInput = false

  /// No devices yet.
  /// - Parameters:
  ///   - events: reads and writes for them.
  ///   - mailbox: takes to the machine's thread what arrives.
  public init(events: HostEvents, mailbox: MachineMailbox) {
    self.events = events
    self.mailbox = mailbox
  }

  /// Makes a device.
  /// - Throws: what the host refused, in QEMU's words.
  public func add(_ specification: CharacterSpecification) throws(HostIOError) {
    let label = specification.label
    guard !entries.contains(where: { $0.label == label }) else {
      throw .problem("Duplicate ID '\(label)' for chardev")
    }
    if case .other(let id) = specification.backend {
      throw .problem("chardev \"\(id)\" cannot be declared as another one")
    }
    let (port, describe) = try make(specification)
    if let path = specification.copyPath, let port = port as? HostPort {
      port.copyOutput(to: try Self.file(path, appends: specification.copyAppends))
    }
    guard specification.isShared else {
      entries.append(Entry(label: label, describe: describe, port: port, multiplexer: nil))
      return
    }
    entries.append(
      Entry(label: label, describe: { "mux" }, port: port, multiplexer: Multiplexer(port)))
    entries.append(
      Entry(label: label + "-base", describe: describe, port: port, multiplexer: nil, isUsed: true))
  }

  /// The port of a device for one user; a shared one has many, the first has the keyboard.
  /// - Returns: nil if there is none of that name, or it has a user.
  public func use(_ label: String) -> (any EventfulPort)? {
    guard let index = entries.firstIndex(where: { $0.label == label }) else { return nil }
    if let multiplexer = entries[index].multiplexer { return multiplexer.addClient() }
    if entries[index].isUsed { return nil }
    entries[index].isUsed = true
    return entries[index].port
  }

  /// What the escape keys of every shared device do.
  public func setActions(_ actions: Multiplexer.Actions) {
    for entry in entries { entry.multiplexer?.actions = actions }
  }

  /// Names and descriptions for `info chardev`.
  public var list: [(label: String, description: String)] {
    entries.map { ($0.label, $0.describe()) }
  }

  /// Writes out what waits, a second at most, and puts the terminal back.
  public func finish() {
    let deadline = HostTime.now &+ 1_000_000_000
    for port in hostPorts { port.flush(until: deadline) }
    for socket in sockets { socket.close() }
    HostTerminal.restore()
  }

  // MARK: Backends

  private func make(
    _ specification: CharacterSpecification
  ) throws(HostIOError) -> (any EventfulPort, () -> String) {
    switch specification.backend {
    case .null(let name): return (SilentPort(), { name })
    case .stdio(let signals): return (try makeStandard(signals: signals), { "stdio" })
    case .file(let path, let appends, let input):
      let port = makePort()
      let reader: HostDescriptor? = if let input { try Self.open(input, O_RDONLY) } else { nil }
      port.attach(reader: reader, writer: try Self.file(path, appends: appends))
      return (port, { "file" })
    case .pipe(let path): return (try makePipe(path), { "pipe" })
    case .terminal(let path):
      let port = makePort()
      let terminal = try Self.open(path, O_RDWR | O_NOCTTY)
      Self.makeRaw(terminal.number)
      port.attach(reader: terminal, writer: terminal)
      return (port, { "serial" })
    case .pseudoTerminal: return try makePseudoTerminal(specification.label)
    case .socket(let settings): return try makeSocket(settings)
    case .other: return (SilentPort(), { "null" })
    }
  }

  private func makePort() -> HostPort {
    let port = HostPort(events: events, mailbox: mailbox)
    hostPorts.append(port)
    return port
  }

  private func makeStandard(signals: Bool) throws(HostIOError) -> HostPort {
    guard !hasStandardInput else {
      throw .problem("cannot use stdio by multiple character devices")
    }
    hasStandardInput = true
    HostTerminal.makeRaw(signals: signals)
    let port = makePort()
    port.attach(
      reader: HostDescriptor.sharing(0, writing: false),
      writer: HostDescriptor.sharing(1, writing: true))
    return port
  }

  private func makePipe(_ path: String) throws(HostIOError) -> HostPort {
    let port = makePort()
    // Opened for both directions, so that a pipe without a peer is neither waited for nor ended.
    if access(path + ".in", F_OK) == 0, access(path + ".out", F_OK) == 0 {
      port.attach(
        reader: try Self.open(path + ".in", O_RDWR), writer: try Self.open(path + ".out", O_RDWR))
    } else {
      let both = try Self.open(path, O_RDWR)
      port.attach(reader: both, writer: both)
    }
    return port
  }

  private func makePseudoTerminal(
    _ label: String
  ) throws(HostIOError) -> (any EventfulPort, () -> String) {
    let master = try Self.open("/dev/ptmx", O_RDWR | O_NOCTTY)
    var (index, isLocked): (UInt32, Int32) = (0, 0)
    guard ioctl(master.number, Self.setLock, &isLocked) == 0,
      ioctl(master.number, Self.getNumber, &index) == 0
    else { throw .system("cannot make a pseudo-terminal", errno) }
    let path = "/dev/pts/\(index)"
    // Kept open, so that the settings stay and nobody hangs up.
    let slave = try Self.open(path, O_RDWR | O_NOCTTY)
    Self.makeRaw(slave.number)
    keptOpen.append(slave)
    report("char device redirected to \(path) (label \(label))")
    let port = makePort()
    port.attach(reader: master, writer: master)
    return (port, { "pty:" + path })
  }

  private func makeSocket(
    _ settings: SocketSettings
  ) throws(HostIOError) -> (any EventfulPort, () -> String) {
    let socket = SocketPort(settings, events: events, mailbox: mailbox)
    try socket.open {
      report("info: Lyrebird waiting for connection on: \(socket.description)")
    }
    sockets.append(socket)
    hostPorts.append(socket.port)
    return (socket.port, { socket.description })
  }

  /// `TIOCSPTLCK` and `TIOCGPTN` of <asm-generic/ioctls.h>.
  private static let (setLock, getNumber): (UInt, UInt) = (0x4004_5431, 0x8004_5430)

  // MARK: Files

  private static func file(_ path: String, appends: Bool) throws(HostIOError) -> HostDescriptor {
    try open(path, O_WRONLY | O_CREAT | (appends ? O_APPEND : O_TRUNC))
  }

  private static func open(_ path: String, _ flags: Int32) throws(HostIOError) -> HostDescriptor {
    let number = Glibc.open(path, flags | O_CLOEXEC, 0o666)
    guard number >= 0 else {
      throw .problem("Could not open '\(path)': \(String(cString: strerror(errno)))")
    }
    return HostDescriptor(owning: number)
  }

  private static func makeRaw(_ number: Int32) {
    var settings = termios()
    guard tcgetattr(number, &settings) == 0 else { return }
    cfmakeraw(&settings)
    tcsetattr(number, TCSANOW, &settings)
  }
}

/// A port with nothing at the other end, that tells of events.
final class SilentPort: EventfulPort {
  var onReceive: (([UInt8]) -> Void)?
  var capacity: (() -> Int)?
  var onEvent: ((CharacterEvent) -> Void)?
  func send(_ bytes: [UInt8]) {}
  func acceptInput() {}
}
