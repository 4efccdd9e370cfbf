import Glibc

/// Why a log cannot be written or a log option cannot be obeyed.
public enum LogError: Error, Equatable, CustomStringConvertible {
  /// The file named by `-D` cannot be opened; errno.
  case cannotOpen(String, Int32)
  /// The name holds a `%` that is not the one `%d` that stands for the process number.
  case template(String)
  /// A range of `-dfilter` that is none.
  case range(String)
  /// An item of `-d` that there is not.
  case item(String)

  /// What a user is told.
  public var description: String {
    switch self {
    case .cannotOpen(let path, let error):
      "Error opening logfile \(path): \(String(cString: strerror(error)))"
    case .template(let path): "Bad logfile template: \(path)"
    case .range(let text): "Bad range specifier: \(text)"
    case .item(let text): "Unknown log item: \(text)"
    }
  }
}

/// Where the log goes: a file or standard error, through a buffer.
///
/// Nothing that happens to the file stops the program under emulation. When writing fails, one
/// message goes to standard error and the rest of the log is dropped.
public final class LogFile {
  private let descriptor: Int32
  private let closes: Bool
  private var buffer: [UInt8] = []
  private var failed = false
  private static let capacity = 1 << 16

  /// A log that goes to an open file, by default to standard error.
  public init(descriptor: Int32 = 2) {
    self.descriptor = descriptor
    closes = false
  }

  /// Opens a log file.
  /// - Parameters:
  ///   - template: its name, with `%d` for the process number.
  ///   - appends: keep what the file holds.
  public init(template: String, appends: Bool = false) throws(LogError) {
    let path = try Self.path(template, process: getpid())
    // Always at the end: programs that the guest starts write to the same file.
    let start = appends ? 0 : O_TRUNC
    let opened = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_APPEND | start, 0o666)
    guard opened >= 0 else { throw .cannotOpen(path, errno) }
    // Away from the numbers that the guest's program will use and see.
    let high = fcntl(opened, F_DUPFD_CLOEXEC, 200)
    if high >= 0 { close(opened) }
    descriptor = high >= 0 ? high : opened
    closes = true
  }

  deinit {
    flush()
    if closes { close(descriptor) }
  }

  /// The file's name: at most one `%d` stands for the process number, nothing else follows a `%`.
  static func path(_ template: String, process: pid_t) throws(LogError) -> String {
    let parts = template.split(separator: "%", omittingEmptySubsequences: false)
    if parts.count == 1 { return template }
    guard parts.count == 2, parts[1].hasPrefix("d") else { throw .template(template) }
    return parts[0] + String(process) + parts[1].dropFirst()
  }

  /// Appends text.
  public func write(_ text: borrowing LogText) { write(text.bytes) }

  /// Appends text.
  public func write(_ text: String) { write(Array(text.utf8)) }

  private func write(_ bytes: [UInt8]) {
    if failed { return }
    buffer.append(contentsOf: bytes)
    if buffer.count >= Self.capacity { flush() }
  }

  /// Whether text waits to be written.
  public var isPending: Bool { !buffer.isEmpty }

  /// Writes out what waits. To be called at the end of the process, however it comes.
  public func flush() {
    var done = 0
    while done < buffer.count && !failed {
      let count = buffer.withUnsafeBytes {
        Glibc.write(descriptor, $0.baseAddress! + done, $0.count - done)
      }
      if count < 0 && errno == EINTR { continue }
      if count <= 0 {
        report(count < 0 ? errno : ENOSPC)
      } else {
        done += count
      }
    }
    buffer.removeAll(keepingCapacity: true)
  }

  private func report(_ error: Int32) {
    failed = true
    if descriptor == 2 { return }
    let text = "lyrebird: cannot write the log: \(String(cString: strerror(error)))\n"
    var bytes = text
    bytes.withUTF8 { _ = Glibc.write(2, $0.baseAddress, $0.count) }
  }
}
