import Foundation

/// Text that goes back and forth over a pipe, a socket or a terminal.
public final class Conversation {
  /// What has come so far.
  public private(set) var received: [UInt8] = []
  /// As text.
  public var text: String { String(decoding: received, as: UTF8.self) }
  /// How much of it was expected already.
  private var position = 0
  private let input, output: Int32
  private var isOver = false

  /// What did not come in time.
  public struct Silence: Error, CustomStringConvertible {
    public let description: String
    /// - Parameter description: what is missing, and what came instead.
    public init(description: String) { self.description = description }
  }

  /// - Parameters:
  ///   - input: what is read from.
  ///   - output: what is written to; both are closed at the end.
  public init(input: Int32, output: Int32) {
    self.input = input
    self.output = output
  }

  deinit {
    close(input)
    if output != input { close(output) }
  }

  /// Sends text.
  public func send(_ text: String) {
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { write(output, $0.baseAddress, $0.count) }
      if count <= 0 { return }
      rest = rest.dropFirst(count)
    }
  }

  /// Waits for text behind what was expected before.
  /// - Returns: all up to its end.
  /// - Throws: `Silence`, if it does not come in time or the other end is closed.
  @discardableResult
  public func expect(_ wanted: String, within seconds: Double = 120) throws -> String {
    let end = Date(timeIntervalSinceNow: seconds)
    let wantedBytes = Data(wanted.utf8)
    while true {
      if let range = Data(received[position...]).firstRange(of: wantedBytes) {
        let start = position
        position += range.upperBound
        return String(decoding: received[start..<position], as: UTF8.self)
      }
      if isOver || Date() > end {
        let tail = String(decoding: received.suffix(1500), as: UTF8.self)
        throw Silence(description: "no '\(wanted)' \(isOver ? "at the end of" : "in"): \(tail)")
      }
      receive(milliseconds: 100)
    }
  }

  /// Gives a terminal another size, of which its program is told by SIGWINCH.
  public func resize(rows: UInt16, columns: UInt16) {
    var size = winsize(ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0)
    _ = ioctl(output, UInt(TIOCSWINSZ), &size)
  }

  /// Reads until the other end is closed, or for some seconds.
  public func drain(within seconds: Double = 60) {
    let end = Date(timeIntervalSinceNow: seconds)
    while !isOver && Date() < end { receive(milliseconds: 100) }
  }

  private func receive(milliseconds: Int32) {
    var poller = pollfd(fd: input, events: Int16(POLLIN), revents: 0)
    guard poll(&poller, 1, milliseconds) > 0 else { return }
    var buffer = [UInt8](repeating: 0, count: 65536)
    let count = read(input, &buffer, buffer.count)
    // A terminal without a program on it has nothing, and says so by an error.
    if count <= 0 { isOver = true } else { received += buffer[..<count] }
  }
}

extension Conversation {
  /// Connects with a socket in the file system, as soon as somebody listens there.
  public static func unix(_ path: String) throws -> Conversation {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    return try withUnsafeBytes(of: &address) { try connected(AF_UNIX, $0) }
  }

  /// Connects with a port of this host.
  public static func tcp(_ port: UInt16) throws -> Conversation {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    return try withUnsafeBytes(of: &address) { try connected(AF_INET, $0) }
  }

  private static func connected(
    _ family: Int32, _ address: UnsafeRawBufferPointer
  ) throws -> Conversation {
    for _ in 0..<600 {
      let new = socket(family, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
      let place = address.baseAddress!.assumingMemoryBound(to: sockaddr.self)
      if connect(new, place, socklen_t(address.count)) == 0 {
        return Conversation(input: new, output: new)
      }
      close(new)
      usleep(100_000)
    }
    throw Silence(description: "nobody listens")
  }

  /// Opens a terminal.
  public static func terminal(_ path: String) throws -> Conversation {
    let new = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC)
    guard new >= 0 else { throw Silence(description: "cannot open \(path)") }
    return Conversation(input: new, output: new)
  }
}
