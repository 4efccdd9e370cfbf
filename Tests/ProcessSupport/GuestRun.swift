import Foundation

/// How a run of a program ended and what it left.
public struct GuestRun: Sendable {
  /// The exit status, or minus the signal that ended it.
  public let status: Int32
  /// What it wrote to standard output.
  public let output: Data
  /// What it wrote to standard error.
  public let errors: String
  /// Whether it had to be stopped at the deadline.
  public let isHung: Bool

  /// What standard output holds, as text.
  public var text: String { String(decoding: output, as: UTF8.self) }
  /// The lines of standard error.
  public var errorLines: [String] { errors.split(separator: "\n").map(String.init) }

  /// Whether our program itself crashed: it ended by a signal of a fault that it did not announce
  /// as the guest's, or a check of Swift's failed.
  public var isOwnCrash: Bool {
    let faults = [SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV]
    let isAnnounced = errors.contains("uncaught target signal \(-status) ")
    return faults.contains(-status) && !isAnnounced || errors.contains("Fatal error")
  }

  /// What to say about a run that went wrong.
  public var summary: String {
    "status \(status)\(isHung ? ", hung" : "")\(isOwnCrash ? ", crash of our own" : "")\n"
      + "errors: \(errors.prefix(2000))\noutput: \(text.suffix(2000))"
  }

  /// Seconds after which a run is stopped: far more than any needs on a busy machine.
  public static let deadline = 400.0

  /// Runs lyrebird-ppc.
  public static func lyrebird(
    _ arguments: [String], input: String? = nil, environment: [String] = []
  ) throws -> GuestRun {
    try run([Place.product("lyrebird-ppc")] + arguments, input: input, environment: environment)
  }

  /// Runs lyrebird-system-ppc.
  public static func system(_ arguments: [String], input: String? = nil) throws -> GuestRun {
    try run([Place.product("lyrebird-system-ppc")] + arguments, input: input)
  }

  /// Runs a program to its end.
  /// - Parameters:
  ///   - input: the file that is its standard input; nothing by default.
  ///   - environment: "NAME=VALUE" strings beside those of this process.
  ///   - seconds: after these it is stopped.
  public static func run(
    _ command: [String], input: String? = nil, environment: [String] = [],
    seconds: Double = deadline
  ) throws -> GuestRun {
    let folder = FileManager.default.temporaryDirectory.path
    let files = (0..<2).map { _ in folder + "/lyrebird-" + UUID().uuidString }
    defer { for file in files { unlink(file) } }
    let descriptors =
      [open(input ?? "/dev/null", O_RDONLY | O_CLOEXEC)]
      + files.map { open($0, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600) }
    let child: ChildProcess
    do {
      defer { for descriptor in descriptors { close(descriptor) } }
      child = try ChildProcess(command, descriptors, environment: environment)
    }
    let (status, isHung) = child.wait(seconds: seconds)
    return GuestRun(
      status: status, output: try Data(contentsOf: URL(fileURLWithPath: files[0])),
      errors: String(decoding: try Data(contentsOf: URL(fileURLWithPath: files[1])), as: UTF8.self),
      isHung: isHung)
  }
}
