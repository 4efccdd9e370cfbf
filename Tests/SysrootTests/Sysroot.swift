import Foundation
import ProcessSupport
import Testing

/// Programs for PowerPC Linux that `make sysroot` built from Debian's source packages.
enum Sysroot {
  private static let variables = ProcessInfo.processInfo.environment
  /// Where they are: LYREBIRD_SYSROOT, or the folder of `make sysroot`.
  static let folder = variables["LYREBIRD_SYSROOT"] ?? Place.package + "/.build/sysroot"
  /// What runs them: LYREBIRD_PROGRAM, or this build's program.
  private static let emulator = variables["LYREBIRD_PROGRAM"] ?? Place.product("lyrebird-ppc")

  /// Whether there are such programs, and time for them.
  static func has(_ programs: String...) -> Bool {
    Place.runsLong && programs.allSatisfy { Place.exists(folder + "/usr/bin/" + $0) }
  }
  /// What a test says that does not run.
  static let isMissing: Comment = "takes long (LYREBIRD_LONG=1) and needs `make sysroot`"

  /// A shell's environment.
  static let environment = ["PATH=/usr/bin:/bin", "TERM=xterm", "LC_ALL=C", "PS1=$ ", "ENV="]

  /// The command that runs a program.
  static func command(
    _ program: String, _ arguments: [String] = [], options: [String] = []
  ) -> [String] {
    [emulator, "-L", folder] + options + [folder + "/usr/bin/" + program] + arguments
  }

  /// Runs a program to its end.
  static func run(
    _ program: String, _ arguments: [String], options: [String] = [], input: String? = nil
  ) throws -> GuestRun {
    try GuestRun.run(
      command(program, arguments, options: options), input: input, environment: environment)
  }

  /// Runs a shell's script to its end.
  static func shell(_ script: String, _ arguments: [String] = []) throws -> GuestRun {
    try run("bash", ["-c", script, "bash"] + arguments)
  }

  /// Starts a program whose input and output are spoken with.
  static func start(_ program: String, _ arguments: [String]) throws -> RunningProgram {
    try RunningProgram(command(program, arguments), environment: environment)
  }

  /// Starts a program on a terminal.
  static func onTerminal(_ program: String, _ arguments: [String]) throws -> RunningProgram {
    try RunningProgram.onTerminal(command(program, arguments), environment: environment)
  }

  /// A port that a server may use.
  static var port: UInt16 { UInt16.random(in: 20000..<30000) }
}
