import Options

/// Where a socket is.
public enum SocketAddress: Equatable, Sendable {
  /// A host's name or number, empty for any, and a port's number or name.
  case internet(host: String, port: String)
  /// A path.
  case local(String)
}

/// A stream socket to be used as a character device.
public struct SocketSettings: Equatable, Sendable {
  /// Where it is.
  public var address: SocketAddress
  /// Whether it listens.
  public var isServer = false
  /// Whether the machine starts only when someone has connected.
  public var waits = true
  /// Whether Telnet's negotiation is spoken.
  public var isTelnet = false
  /// Seconds between attempts to connect again; 0 for none.
  public var reconnectSeconds: UInt64 = 0

  /// Settings as QEMU's defaults have them.
  public init(_ address: SocketAddress) { self.address = address }

  /// The name that `info chardev` shows, without its state.
  var name: String {
    let end = isServer ? ",server=on" : ""
    switch address {
    case .internet(let host, let port):
      let shown = host.isEmpty ? (isServer ? "0.0.0.0" : "localhost") : host
      return (isTelnet ? "telnet:" : "tcp:") + shown + ":" + port + end
    case .local(let path): return "unix:" + path + end
    }
  }
}

/// A character device as the user asked for it.
public struct CharacterSpecification: Equatable, Sendable {
  /// What is behind it.
  public enum Backend: Equatable, Sendable {
    /// Nothing; the name that `info chardev` shows.
    case null(name: String)
    /// Standard input and output.
    case stdio(signals: Bool)
    /// A file for output, and perhaps another one for input.
    case file(path: String, appends: Bool, input: String?)
    /// The named pipes `PATH.in` and `PATH.out`, or one named pipe.
    case pipe(String)
    /// A new pseudo-terminal.
    case pseudoTerminal
    /// A terminal device of the host.
    case terminal(String)
    /// A socket.
    case socket(SocketSettings)
    /// A character device that was declared by `-chardev`.
    case other(id: String)
  }

  /// What it is known by: `-chardev`'s `id`, or a name such as `serial0`.
  public var label: String
  /// What is behind it.
  public var backend: Backend
  /// Whether several users share it.
  public var isShared = false
  /// Whether the monitor is one of them: `mon:`.
  public var hasMonitor = false
  /// A file that gets a copy of the output.
  public var copyPath: String?
  /// The option that asked for it, such as `-serial stdio`, for messages; empty for none.
  public var context = ""
  /// Whether that file keeps what it holds.
  public var copyAppends = false

  /// A specification.
  public init(label: String, _ backend: Backend) {
    self.label = label
    self.backend = backend
  }
}

// MARK: -chardev

extension CharacterSpecification {
  /// The argument of `-chardev`: `BACKEND,id=ID,...`.
  public init(chardev text: String) throws(OptionProblem) {
    var options = KeyedOptions(text, implied: "backend")
    let kind = options.take("backend") ?? ""
    guard let id = try options.takeIdentifier() else {
      throw OptionProblem("chardev: no id specified")
    }
    self.init(label: id, try Self.backend(kind, &options))
    isShared = try options.takeFlag("mux") ?? false
    copyPath = options.take("logfile")
    copyAppends = try options.takeFlag("logappend") ?? false
    try options.finish()
  }

  /// The backends that QEMU has and this program has not.
  private static let absent: Set<String> = [
    "udp", "ringbuf", "memory", "msmouse", "wctablet", "braille", "testdev", "parallel", "parport",
    "spicevmc", "spiceport", "dbus", "hub",
  ]

  private static func backend(
    _ kind: String, _ options: inout KeyedOptions
  ) throws(OptionProblem) -> Backend {
    switch kind {
    case "null": return .null(name: "null")
    case "vc":
      for key in ["width", "height", "cols", "rows"] { _ = options.take(key) }
      return .null(name: "vc")
    case "stdio": return .stdio(signals: try options.takeFlag("signal") ?? true)
    case "pty": return .pseudoTerminal
    case "file":
      guard let path = options.take("path") else {
        throw OptionProblem("chardev: file: no filename given")
      }
      let appends = try options.takeFlag("append") ?? false
      return .file(path: path, appends: appends, input: options.take("input-path"))
    case "pipe", "serial", "tty":
      guard let path = options.take("path") else {
        throw OptionProblem("chardev: \(kind): no device path given")
      }
      return kind == "pipe" ? .pipe(path) : .terminal(path)
    case "socket": return .socket(try socket(&options))
    default:
      if absent.contains(kind) {
        throw OptionProblem("character backend '\(kind)' is not supported")
      }
      throw OptionProblem("'\(kind)' is not a valid char driver name")
    }
  }

  private static func socket(_ options: inout KeyedOptions) throws(OptionProblem) -> SocketSettings
  {
    var settings = SocketSettings(try address(&options))
    settings.isServer = try options.takeFlag("server") ?? false
    settings.isTelnet = try options.takeFlag("telnet") ?? false
    _ = try options.takeFlag("delay")
    _ = try options.takeFlag("nodelay")
    for key in ["ipv4", "ipv6"] { _ = try options.takeFlag(key) }
    let waits = try options.takeFlag("wait")
    if waits != nil && !settings.isServer {
      throw OptionProblem("'wait' option is incompatible with socket in client connect mode")
    }
    settings.waits = waits ?? true
    settings.reconnectSeconds = min(try options.takeNumber("reconnect") ?? 0, 86400)
    if settings.reconnectSeconds > 0 && settings.isServer {
      throw OptionProblem("'reconnect' option is incompatible with socket in server listen mode")
    }
    return settings
  }

  private static func address(_ options: inout KeyedOptions) throws(OptionProblem) -> SocketAddress
  {
    let path = options.take("path")
    let host = options.take("host")
    let port = options.take("port")
    if let path {
      guard host == nil else {
        throw OptionProblem("None or one of 'path', 'fd' or 'host' option required.")
      }
      return .local(path)
    }
    guard let port else { throw OptionProblem("chardev: socket: no port given") }
    return .internet(host: host ?? "", port: port)
  }
}

// MARK: -serial, -monitor and their like

extension CharacterSpecification {
  /// The argument of `-serial` and its like: `stdio`, `mon:stdio`, `tcp:HOST:PORT,server`, ...
  /// - Parameter label: the name of the device, such as `serial0`.
  /// - Returns: nil for `none`.
  public static func device(
    _ text: String, label: String
  ) throws(OptionProblem) -> CharacterSpecification? {
    if text.hasPrefix("mon:") {
      guard var shared = try device(String(text.dropFirst(4)), label: label) else {
        throw OptionProblem("'none' is not a valid char driver")
      }
      shared.isShared = true
      shared.hasMonitor = true
      // Control-C is the guest's where the monitor is within reach.
      if shared.backend == .stdio(signals: true) { shared.backend = .stdio(signals: false) }
      return shared
    }
    if text == "none" { return nil }
    return CharacterSpecification(label: label, try shortBackend(text))
  }

  private static func shortBackend(_ text: String) throws(OptionProblem) -> Backend {
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    let (kind, rest) = (String(parts[0]), parts.count > 1 ? String(parts[1]) : nil)
    switch (kind, rest) {
    case ("null", nil), ("pty", nil), ("stdio", nil), ("vc", _):
      var none = KeyedOptions("")
      return try backend(kind, &none)
    case ("file", let path?): return .file(path: path, appends: false, input: nil)
    case ("pipe", let path?): return .pipe(path)
    case ("chardev", let id?): return .other(id: id)
    case ("unix", let rest?):
      return .socket(try socket(rest, { (path) in "path=" + path }))
    case ("tcp", let rest?): return .socket(try internetSocket(rest))
    case ("telnet", let rest?): return .socket(try internetSocket(rest + ",telnet=on"))
    default:
      if text.hasPrefix("/dev/") { return .terminal(text) }
      if absent.contains(kind) {
        throw OptionProblem("character backend '\(kind)' is not supported")
      }
      throw OptionProblem("'\(text)' is not a valid char driver")
    }
  }

  private static func internetSocket(_ text: String) throws(OptionProblem) -> SocketSettings {
    let address = text.prefix { $0 != "," }
    guard let colon = address.lastIndex(of: ":"), address.index(after: colon) < address.endIndex
    else { throw OptionProblem("no port given in '\(address)'") }
    var host = String(address[..<colon])
    if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
    let port = String(address[address.index(after: colon)...])
    return try socket(text) { _ in "host=\(host),port=\(port)" }
  }

  /// A socket whose address stands first, without keys.
  private static func socket(
    _ text: String, _ keys: (String) -> String
  ) throws(OptionProblem) -> SocketSettings {
    let address = text.prefix { $0 != "," }
    var options = KeyedOptions(keys(String(address)) + text.dropFirst(address.count))
    let settings = try socket(&options)
    try options.finish()
    return settings
  }
}
