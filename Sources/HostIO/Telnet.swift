/// Telnet (RFC 854), as much as a serial line needs: a character at a time, no echo at the other
/// end, eight bits; every command is skipped.
enum Telnet {
  private static let interpret: UInt8 = 255
  private static let (subnegotiation, subnegotiationEnd): (UInt8, UInt8) = (250, 240)
  private static let (will, wont, `do`, dont): (UInt8, UInt8, UInt8, UInt8) = (251, 252, 253, 254)
  private static let (binary, echo, suppressGoAhead): (UInt8, UInt8, UInt8) = (0, 1, 3)

  /// What is sent when someone connects.
  static let greeting: [UInt8] = [
    interpret, will, echo, interpret, will, suppressGoAhead, interpret, will, binary, interpret,
    `do`, binary,
  ]

  /// Where the reader stands; the I/O thread alone uses it.
  private final class Reader: @unchecked Sendable {
    enum State { case data, command, option, inside, insideCommand }
    var state = State.data
    var lastWasReturn = false

    func filter(_ bytes: inout [UInt8]) {
      bytes = bytes.filter(step)
    }

    /// Whether a byte is data.
    private func step(_ byte: UInt8) -> Bool {
      switch state {
      case .data:
        if byte == interpret {
          state = .command
          return false
        }
        // A carriage return comes with a NUL or a line feed.
        let isPadding = lastWasReturn && byte == 0
        lastWasReturn = byte == 13
        return !isPadding
      case .command:
        switch byte {
        case interpret:
          state = .data
          return true
        case will, wont, `do`, dont: state = .option
        case subnegotiation: state = .inside
        default: state = .data
        }
      case .option: state = .data
      case .inside: if byte == interpret { state = .insideCommand }
      case .insideCommand: state = byte == subnegotiationEnd ? .data : .inside
      }
      return false
    }
  }

  /// Lets a port speak Telnet.
  static func attach(to port: HostPort) {
    let reader = Reader()
    port.inputFilter = { reader.filter(&$0) }
    port.outputFilter = { bytes in
      bytes = bytes.flatMap { $0 == interpret ? [interpret, interpret] : [$0] }
    }
  }
}
