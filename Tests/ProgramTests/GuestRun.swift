import Foundation
import Testing

/// How a run ended and what it left.
struct GuestRun {
  /// The exit status, or minus the signal that ended it.
  let status: Int32
  let output: Data
  let errors: String
  /// Whether it had to be stopped at the deadline.
  let isHung: Bool

  /// What standard output holds, as text.
  var text: String { String(decoding: output, as: UTF8.self) }

  /// Whether lyrebird-ppc itself crashed: it ended by a signal of a fault that it did not announce
  /// as the guest's, or a check of Swift's failed.
  var isOwnCrash: Bool {
    let faults = [SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV]
    let isAnnounced = errors.contains("uncaught target signal \(-status) ")
    return faults.contains(-status) && !isAnnounced || errors.contains("Fatal error")
  }

  /// What to say about a run that went wrong.
  var summary: String {
    "status \(status)\(isHung ? ", hung" : "")\(isOwnCrash ? ", crash of our own" : "")\n"
      + "errors: \(errors.prefix(2000))\noutput: \(text.suffix(2000))"
  }

  /// Seconds after which a run is stopped: far more than any needs on a busy machine.
  static let deadline = 400.0

  /// Runs lyrebird-ppc.
  static func lyrebird(
    _ arguments: [String], input: String? = nil, environment: [String] = []
  ) throws -> GuestRun {
    try run([products + "/lyrebird-ppc"] + arguments, input: input, environment: environment)
  }

  /// The folder of the running test bundle: the products are beside it.
  private static let products = URL(fileURLWithPath: CommandLine.arguments[0])
    .deletingLastPathComponent().path

  /// Runs a program to its end.
  /// - Parameters:
  ///   - input: the file that is its standard input; nothing by default.
  ///   - environment: "NAME=VALUE" strings beside those of this process.
  static func run(
    _ command: [String], input: String? = nil, environment: [String] = []
  ) throws -> GuestRun {
    let folder = FileManager.default.temporaryDirectory.path
    let files = (0..<2).map { _ in folder + "/lyrebird-" + UUID().uuidString }
    defer { for file in files { unlink(file) } }
    let process = try spawn(command, [input ?? "/dev/null"] + files, environment)
    let (status, isHung) = wait(process)
    return GuestRun(
      status: status, output: try Data(contentsOf: URL(fileURLWithPath: files[0])),
      errors: String(decoding: try Data(contentsOf: URL(fileURLWithPath: files[1])), as: UTF8.self),
      isHung: isHung)
  }

  /// Starts a program in a process group of its own, with ordinary signals.
  private static func spawn(
    _ command: [String], _ files: [String], _ environment: [String]
  ) throws -> pid_t {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    for (descriptor, file) in files.enumerated() {
      let flags = descriptor == 0 ? O_RDONLY : O_WRONLY | O_CREAT | O_TRUNC
      posix_spawn_file_actions_addopen(&actions, Int32(descriptor), file, flags, 0o600)
    }
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var signals = sigset_t()
    sigemptyset(&signals)
    posix_spawnattr_setsigmask(&attributes, &signals)
    sigfillset(&signals)
    posix_spawnattr_setsigdefault(&attributes, &signals)
    let flags = POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF
    posix_spawnattr_setflags(&attributes, Int16(flags))
    let inherited = ProcessInfo.processInfo.environment.map { "\($0)=\($1)" }
    var arguments: [UnsafeMutablePointer<CChar>?] = command.map { strdup($0) } + [nil]
    var variables: [UnsafeMutablePointer<CChar>?] =
      (inherited + environment).map { strdup($0) } + [nil]
    defer { for string in arguments + variables { free(string) } }
    var process: pid_t = 0
    let error = posix_spawn(&process, command[0], &actions, &attributes, &arguments, &variables)
    guard error == 0 else { throw POSIXError(POSIXErrorCode(rawValue: error) ?? .EINVAL) }
    return process
  }

  private static func wait(_ process: pid_t) -> (status: Int32, isHung: Bool) {
    let end = Date(timeIntervalSinceNow: deadline)
    var status: Int32 = 0
    var isHung = false
    while waitpid(process, &status, isHung ? 0 : WNOHANG) == 0 {
      usleep(2000)
      if Date() > end {
        isHung = true
        kill(-process, SIGKILL)
      }
    }
    let signal = status & 0x7f
    return (signal == 0 ? status >> 8 & 0xff : -signal, isHung)
  }
}
