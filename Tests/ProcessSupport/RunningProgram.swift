import Foundation

/// A program whose standard input and output are spoken with; it does not outlive this object.
public final class RunningProgram {
  /// Standard input and output, with standard error among it.
  public let console: Conversation
  private let child: ChildProcess
  private var end: (status: Int32, isHung: Bool)?

  /// Starts it.
  public init(_ command: [String], environment: [String] = []) throws {
    let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
    var ends: [Int32] = [0, 0]
    guard socketpair(AF_UNIX, kind, 0, &ends) == 0 else { throw POSIXError(.EMFILE) }
    Foundation.signal(SIGPIPE, SIG_IGN)
    defer { close(ends[1]) }
    console = Conversation(input: ends[0], output: ends[0])
    child = try ChildProcess(
      command, [ends[1], ends[1], ends[1]], environment: environment)
  }

  private init(_ console: Conversation, _ child: ChildProcess) {
    (self.console, self.child) = (console, child)
  }

  /// Starts a program on a terminal of its own.
  /// - Parameter environment: "NAME=VALUE" strings beside, or instead of, those of this process.
  public static func onTerminal(
    _ command: [String], environment: [String] = []
  ) throws -> RunningProgram {
    let terminal = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
    // What unlockpt(3) and ptsname(3) do: TIOCSPTLCK, TIOCGPTN.
    var (locked, number) = (Int32(0), UInt32(0))
    guard terminal >= 0, ioctl(terminal, 0x4004_5431, &locked) == 0,
      ioctl(terminal, 0x8004_5430, &number) == 0
    else { throw POSIXError(.ENXIO) }
    let console = Conversation(input: terminal, output: terminal)
    console.resize(rows: 24, columns: 80)
    let child = try ChildProcess(
      command, terminal: "/dev/pts/\(number)", environment: environment)
    return RunningProgram(console, child)
  }

  /// Starts lyrebird-system-ppc.
  public static func system(_ arguments: [String]) throws -> RunningProgram {
    try RunningProgram([Place.product("lyrebird-system-ppc")] + arguments)
  }

  deinit {
    guard end == nil else { return }
    kill(-child.identifier, SIGKILL)
    _ = child.wait(seconds: 10)
  }

  /// Sends it a signal.
  public func signal(_ number: Int32) { kill(child.identifier, number) }

  /// Waits for its end.
  /// - Returns: the exit status, or minus the signal that ended it.
  @discardableResult
  public func wait(within seconds: Double = 120) -> Int32 {
    if let end { return end.status }
    console.drain(within: seconds)
    let result = child.wait(seconds: seconds)
    end = result
    return result.status
  }

  /// Seconds of the host's processor that it has used.
  public var processorTime: Double {
    let path = "/proc/\(child.identifier)/stat"
    guard let line = try? String(contentsOfFile: path, encoding: .utf8),
      let close = line.lastIndex(of: ")")
    else { return 0 }
    let fields = line[close...].split(separator: " ")
    guard fields.count > 13, let user = Double(fields[12]), let system = Double(fields[13]) else {
      return 0
    }
    return (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
  }
}
