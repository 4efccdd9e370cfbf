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
