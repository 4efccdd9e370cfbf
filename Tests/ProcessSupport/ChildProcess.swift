import Foundation

/// A program that runs in a process group of its own, or on a terminal of its own, with ordinary
/// signals.
public struct ChildProcess: Sendable {
  /// Its number.
  public let identifier: pid_t

  /// Starts it.
  /// - Parameters:
  ///   - descriptors: what its standard input, output and error are.
  ///   - terminal: a terminal that is all three instead, and controls the program's session.
  ///   - environment: "NAME=VALUE" strings beside, or instead of, those of this process.
  public init(
    _ command: [String], _ descriptors: [Int32] = [], terminal: String? = nil,
    environment: [String] = []
  ) throws {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    for (number, descriptor) in descriptors.enumerated() {
      posix_spawn_file_actions_adddup2(&actions, descriptor, Int32(number))
    }
    if let terminal {
      posix_spawn_file_actions_addopen(&actions, 0, terminal, O_RDWR, 0)
      for number in [1, 2] as [Int32] { posix_spawn_file_actions_adddup2(&actions, 0, number) }
    }
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var signals = sigset_t()
    sigemptyset(&signals)
    posix_spawnattr_setsigmask(&attributes, &signals)
    sigfillset(&signals)
    posix_spawnattr_setsigdefault(&attributes, &signals)
    // POSIX_SPAWN_SETSID is 0x80: a session of its own has a group of its own too.
    let group = terminal == nil ? Int32(POSIX_SPAWN_SETPGROUP) : 0x80
    let flags = group | Int32(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF)
    posix_spawnattr_setflags(&attributes, Int16(flags))
    let own = Set(environment.map { $0.prefix { $0 != "=" } })
    let inherited = ProcessInfo.processInfo.environment
      .filter { !own.contains($0.key[...]) }.map { "\($0)=\($1)" }
    var arguments: [UnsafeMutablePointer<CChar>?] = command.map { strdup($0) } + [nil]
    var variables: [UnsafeMutablePointer<CChar>?] =
      (inherited + environment).map { strdup($0) } + [nil]
    defer { for string in arguments + variables { free(string) } }
    var process: pid_t = 0
    let error = posix_spawn(&process, command[0], &actions, &attributes, &arguments, &variables)
    guard error == 0 else { throw POSIXError(POSIXErrorCode(rawValue: error) ?? .EINVAL) }
    identifier = process
  }

  /// Waits for its end, and stops it at the deadline.
  /// - Returns: the exit status, or minus the signal that ended it.
  public func wait(seconds: Double) -> (status: Int32, isHung: Bool) {
    let end = Date(timeIntervalSinceNow: seconds)
    var status: Int32 = 0
    var isHung = false
    while waitpid(identifier, &status, isHung ? 0 : WNOHANG) == 0 {
      usleep(2000)
      if Date() > end {
        isHung = true
        kill(-identifier, SIGKILL)
      }
    }
    let signal = status & 0x7f
    return (signal == 0 ? status >> 8 & 0xff : -signal, isHung)
  }
}
