import Options
import Testing

@testable import HostIO

/// The grammar of character devices and of options in general. Messages are QEMU 7.2's.
struct SpecificationTests {
  private static func internet(
    _ host: String, _ port: String, server: Bool = false, waits: Bool = true, telnet: Bool = false
  ) -> CharacterSpecification.Backend {
    var settings = SocketSettings(.internet(host: host, port: port))
    settings.isServer = server
    settings.waits = waits
    settings.isTelnet = telnet
    return .socket(settings)
  }

  @Test(
    "Devices as -serial takes them",
    arguments: [
      ("null", .null(name: "null")), ("vc", .null(name: "vc")), ("vc:80Cx24C", .null(name: "vc")),
      ("stdio", .stdio(signals: true)), ("mon:stdio", .stdio(signals: false)),
      ("pty", .pseudoTerminal),
      ("file:/a,b", .file(path: "/a,b", appends: false, input: nil)), ("pipe:/p", .pipe("/p")),
      ("/dev/ttyS0", .terminal("/dev/ttyS0")), ("chardev:x", .other(id: "x")),
      ("tcp:h:1", internet("h", "1")), ("tcp::1,server", internet("", "1", server: true)),
      ("tcp:[::1]:1,server=on,wait=off", internet("::1", "1", server: true, waits: false)),
      ("tcp:h:1,server,nowait,nodelay", internet("h", "1", server: true, waits: false)),
      ("telnet:h:1", internet("h", "1", telnet: true)),
      ("tcp:h:1,telnet=on", internet("h", "1", telnet: true)),
      ("none", nil),
    ] as [(String, CharacterSpecification.Backend?)])
  func devices(text: String, backend: CharacterSpecification.Backend?) throws {
    let specification = try CharacterSpecification.device(text, label: "serial0")
    #expect(specification?.backend == backend)
    #expect(specification?.isShared ?? false == text.hasPrefix("mon:"))
  }

  @Test(
    "Wrong devices",
    arguments: [
      ("foo", "'foo' is not a valid char driver"),
      ("stdio,foo", "'stdio,foo' is not a valid char driver"),
      ("tcp:h:1,foo=on", "Invalid parameter 'foo'"), ("tcp:foo", "no port given in 'foo'"),
      ("tcp:h:1,wait=off", "'wait' option is incompatible with socket in client connect mode"),
      ("udp:h:1", "character backend 'udp' is not supported"),
      ("", "'' is not a valid char driver"),
      ("mon:none", "'none' is not a valid char driver"),
      ("tcp:h:1,server=foo", "Parameter 'server' expects 'on' or 'off'"),
    ])
  func wrong(text: String, message: String) {
    #expect(throws: OptionProblem(message)) {
      try CharacterSpecification.device(text, label: "serial0")
    }
  }

  @Test("Keys, flags, doubled commas")
  func keys() throws {
    var options = KeyedOptions("a,,b,c=d,,e,f,nog,c=h,,", implied: "first")
    #expect(options.take("first") == "a,b")
    #expect(options.takeAll("c") == ["d,e", "h,"])
    #expect(try options.takeFlag("f") == true)
    #expect(throws: OptionProblem("Invalid parameter 'g'")) { try options.finish() }
    #expect(try options.takeFlag("g") == false)
    try options.finish()
    #expect(KeyedOptions("").parts.isEmpty)
  }

  @Test(
    "Numbers",
    arguments: [
      ("0", 0), ("10", 10), ("010", 8), ("0x10", 16), ("0X1f", 31), ("", nil), ("-1", nil),
      ("+1", nil), ("0x", nil), ("0x+1", nil), ("08", nil), ("1 ", nil), ("\u{661}", nil),
      ("18446744073709551615", .max), ("18446744073709551616", nil),
    ] as [(String, UInt64?)])
  func numbers(text: String, value: UInt64?) {
    #expect(OptionNumber.whole(text) == value)
  }

  @Test(
    "Sizes",
    arguments: [
      ("10", 10), ("2k", 2048), ("1.5M", 3 << 19), ("08", 8), ("1E", 1 << 60), ("16E", nil),
      ("0x10k", nil), (".5k", nil), ("1.", nil), ("k", nil), ("1.5.5", nil), ("1T", 1 << 40),
    ] as [(String, UInt64?)])
  func sizes(text: String, value: UInt64?) {
    #expect(OptionNumber.size(text) == value)
  }
}
