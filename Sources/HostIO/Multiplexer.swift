import Machine

/// Several users of one terminal, such as a serial line and the monitor: all may print, one has
/// the keyboard. Control-A is the escape key. Everything happens on the machine's thread.
public final class Multiplexer {
  /// One of the users.
  public final class Client: EventfulPort {
    public var onReceive: (([UInt8]) -> Void)?
    public var capacity: (() -> Int)?
    public var onEvent: ((CharacterEvent) -> Void)?
    private unowned let owner: Multiplexer
    private var waiting = ByteQueue()
    private var isDelivering = false

    fileprivate init(_ owner: Multiplexer) { self.owner = owner }

    public func send(_ bytes: [UInt8]) { owner.print(bytes) }

    public func acceptInput() {
      deliver()
      owner.port.acceptInput()
    }

    /// How many more bytes may wait here.
    fileprivate var room: Int { max(0, HostPort.inputLimit - waiting.count) }

    fileprivate func take(_ bytes: ArraySlice<UInt8>) {
      waiting.append(bytes)
      deliver()
    }

    private func deliver() {
      if isDelivering { return }
      isDelivering = true
      defer { isDelivering = false }
      while let onReceive {
        let bytes = Array(waiting.first(max(0, capacity?() ?? .max)))
        if bytes.isEmpty { return }
        waiting.remove(bytes.count)
        onReceive(bytes)
      }
    }
  }

  /// What the escape keys ask the machine for.
  public struct Actions {
    /// C-a x.
    public var quit: () -> Void
    /// C-a s: write the changes of `-snapshot` to the images.
    public var commit: () -> Void
    /// Nanoseconds for C-a t.
    public var time: () -> Int64

    /// - Parameter time: nanoseconds for the time stamps.
    public init(
      quit: @escaping () -> Void = {}, commit: @escaping () -> Void = {},
      time: @escaping () -> Int64 = { HostTime.now }
    ) {
      self.quit = quit
      self.commit = commit
      self.time = time
    }
  }

  /// What the escape keys do. To be set by whoever owns the machine.
  public var actions = Actions()
  /// The users, in the order in which they came; the first one has the keyboard at the start.
  public private(set) var clients: [Client] = []
  fileprivate let port: any CharacterPort
  private var focus = 0
  private var isEscaped = false
  private var stampsFrom: Int64?
  private var isStampOn = false
  private var isLineStart = true

  static let escape: UInt8 = 1

  /// Shares a port.
  public init(_ port: any CharacterPort) {
    self.port = port
    port.capacity = { [unowned self] in
      clients.isEmpty ? 0 : clients.map(\.room).min() ?? 0
    }
    port.onReceive = { [unowned self] in receive($0) }
    (port as? any EventfulPort)?.onEvent = { [unowned self] event in
      for client in clients { client.onEvent?(event) }
    }
  }

  /// One more user.
  public func addClient() -> Client {
    let client = Client(self)
    clients.append(client)
    port.acceptInput()
    return client
  }

  // MARK: Input

  private func receive(_ bytes: [UInt8]) {
    var plain: [UInt8] = []
    for byte in bytes {
      if isEscaped {
        isEscaped = false
        if byte == Self.escape {
          plain.append(byte)
        } else {
          forward(&plain)
          obey(byte)
        }
      } else if byte == Self.escape {
        isEscaped = true
      } else {
        plain.append(byte)
      }
    }
    forward(&plain)
  }

  private func forward(_ bytes: inout [UInt8]) {
    if !bytes.isEmpty { clients[focus].take(bytes[...]) }
    bytes.removeAll()
  }

  private func obey(_ key: UInt8) {
    switch key {
    case UInt8(ascii: "h"), UInt8(ascii: "?"): port.send(Array(Self.help.utf8))
    case UInt8(ascii: "x"):
      port.send(Array("Lyrebird: Terminated\n\r".utf8))
      actions.quit()
    case UInt8(ascii: "s"): actions.commit()
    case UInt8(ascii: "b"): clients[focus].onEvent?(.lineBreak)
    case UInt8(ascii: "c"):
      clients[focus].onEvent?(.unfocused)
      focus = (focus + 1) % clients.count
      clients[focus].onEvent?(.focused)
    case UInt8(ascii: "t"):
      isStampOn.toggle()
      stampsFrom = nil
      isLineStart = false
    default: break
    }
  }

  /// C-a h, in QEMU's words.
  static let help = """
    \n\rC-a h    print this help\n\rC-a x    exit emulator\n\r\
    C-a s    save disk data back to file (if -snapshot)\n\rC-a t    toggle console timestamps\n\r\
    C-a b    send break (magic sysrq)\n\rC-a c    switch between console and monitor\n\r\
    C-a C-a  sends C-a\n\r
    """

  // MARK: Output

  private func print(_ bytes: [UInt8]) {
    guard isStampOn else {
      if let last = bytes.last { isLineStart = last == 10 }
      return port.send(bytes)
    }
    var text: [UInt8] = []
    for byte in bytes {
      if isLineStart { text += Array(stamp().utf8) }
      isLineStart = byte == 10
      text.append(byte)
    }
    port.send(text)
  }

  /// `[HH:MM:SS.mmm] ` since the stamps were switched on.
  private func stamp() -> String {
    let now = actions.time()
    let start = stampsFrom ?? now
    stampsFrom = start
    let milliseconds = (now - start) / 1_000_000
    func two(_ value: Int64) -> String { value < 10 ? "0\(value)" : "\(value)" }
    let part = String(1000 + milliseconds % 1000).dropFirst()
    let seconds = milliseconds / 1000
    let (hours, minutes) = (seconds / 3600, seconds / 60 % 60)
    return "[\(two(hours)):\(two(minutes)):\(two(seconds % 60)).\(part)] "
  }
}
