import Foundation
import ProcessSupport

/// Runs the lyrebird-ppc of this build, and other programs.
enum Command {
  /// A guest program that `make guests` built; nil where it has not.
  static func guest(_ name: String) -> String? {
    let path = Place.package + "/Guests/build/" + name
    return FileManager.default.isExecutableFile(atPath: path) ? path : nil
  }

  /// Runs lyrebird-ppc.
  static func lyrebird(
    _ arguments: [String], environment: [String: String] = [:]
  ) throws -> GuestRun {
    try GuestRun.lyrebird(arguments, environment: environment.map { "\($0)=\($1)" })
  }

  /// Runs a program to its end.
  static func run(_ program: String, _ arguments: [String]) throws -> GuestRun {
    try GuestRun.run([program] + arguments)
  }
}
