import Glibc
import Options

/// What `-trace` asked for, however often it was given.
public struct TraceOptions: Equatable, Sendable {
  /// A pattern, and where it stood, for warnings.
  public struct Request: Equatable, Sendable {
    /// The pattern.
    public let pattern: TracePattern
    /// `: -trace TEXT` or `:FILE:LINE`, to follow the program's name.
    public let place: String
  }

  /// The patterns in order.
  public var requests: [Request] = []
  /// `file=`: where the log goes.
  public var file: String?

  /// Nothing asked for.
  public init() {}

  /// Adds an argument of `-trace`: `[enable=]PATTERN,events=FILE,file=FILE`.
  /// - Throws: the message, beginning behind the program's name.
  public mutating func add(_ text: String) throws(OptionProblem) {
    var options = KeyedOptions(text, implied: "enable")
    for pattern in options.takeAll("enable") { add(pattern, place: ": -trace \(text)") }
    for path in options.takeAll("events") { try addFile(path) }
    file = options.take("file") ?? file
    do throws(OptionProblem) { try options.finish() } catch {
      throw OptionProblem(": -trace \(text): \(error)")
    }
  }

  /// Adds a pattern.
  /// - Parameter place: where it stood, to follow the program's name.
  public mutating func add(_ pattern: String, place: String) {
    requests.append(Request(pattern: TracePattern(pattern), place: place))
  }

  /// One pattern a line; `#` begins a line of comment.
  private mutating func addFile(_ path: String) throws(OptionProblem) {
    guard let bytes = HostFile.read(path) else {
      throw OptionProblem(":\(path): \(String(cString: strerror(errno)))")
    }
    let lines = bytes.split(separator: 10, omittingEmptySubsequences: false)
    for (index, line) in lines.enumerated() {
      let text = String(decoding: line, as: UTF8.self)
      if text.isEmpty || text.hasPrefix("#") { continue }
      add(text, place: ":\(path):\(index + 1)")
    }
  }

  /// Obeys the patterns.
  /// - Returns: warnings, beginning behind the program's name.
  public func apply(to events: TraceEvents) -> [String] {
    requests.compactMap { request in
      if events.obey(request.pattern) { return nil }
      return "\(request.place): warning: trace event '\(request.pattern.text)' does not exist"
    }
  }
}

/// Whole files of the host.
public enum HostFile {
  /// The bytes of a file, at most 16 MiB; nil with `errno` set if it cannot be read.
  public static func read(_ path: String) -> [UInt8]? {
    let number = open(path, O_RDONLY | O_CLOEXEC)
    guard number >= 0 else { return nil }
    defer { close(number) }
    var result: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 1 << 16)
    while result.count < 16 << 20 {
      let count = Glibc.read(number, &piece, piece.count)
      if count < 0 && errno == EINTR { continue }
      guard count >= 0 else { return nil }
      if count == 0 { break }
      result += piece[..<count]
    }
    return result
  }

  /// Writes a new file from pieces.
  /// - Parameter next: gives the next piece, empty at the end.
  /// - Throws: QEMU's message.
  public static func write(
    _ path: String, _ next: () throws(MonitorError) -> [UInt8]
  ) throws(MonitorError) {
    let number = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
    guard number >= 0 else {
      throw MonitorError("Could not open '\(path)': \(String(cString: strerror(errno)))")
    }
    defer { close(number) }
    while true {
      let piece = try next()
      if piece.isEmpty { return }
      var done = 0
      while done < piece.count {
        let count = piece.withUnsafeBytes {
          Glibc.write(number, $0.baseAddress! + done, $0.count - done)
        }
        if count < 0 && errno == EINTR { continue }
        guard count > 0 else {
          throw MonitorError("writing memory to '\(path)' failed")
        }
        done += count
      }
    }
  }
}

/// Why a command of the monitor cannot be done, in QEMU's words, without `Error: `.
public struct MonitorError: Error, Equatable, CustomStringConvertible {
  /// The text.
  public let description: String
  /// An error.
  public init(_ description: String) { self.description = description }
}
