import Foundation

/// Runs the lyrebird-ppc of this build, and other programs.
enum Command {
  /// What a run left.
  struct Result {
    /// The exit status, or minus the signal that ended it.
    let status: Int32
    let output: String
    let errors: String
    /// The lines of standard error.
    var errorLines: [String] { errors.split(separator: "\n").map { String($0) } }
  }

  /// The package's folder.
  static let package = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path

  /// The folder of the running test bundle: the products are beside it.
  private static let products = URL(fileURLWithPath: CommandLine.arguments[0])
    .deletingLastPathComponent().path

  /// A guest program that `make guests` built; nil where it has not.
  static func guest(_ name: String) -> String? {
    let path = package + "/Guests/build/" + name
    return FileManager.default.isExecutableFile(atPath: path) ? path : nil
  }

  /// Runs lyrebird-ppc.
  static func lyrebird(
    _ arguments: [String], environment: [String: String] = [:]
  ) throws -> Result {
    try run(products + "/lyrebird-ppc", arguments, environment: environment)
  }

  /// Runs a program to its end.
  static func run(
    _ program: String, _ arguments: [String], environment: [String: String] = [:]
  ) throws -> Result {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = arguments
    let inherited = ProcessInfo.processInfo.environment
    process.environment = inherited.merging(environment) { $1 }
    let folder = FileManager.default.temporaryDirectory
    let files = (0..<2).map { _ in folder.appendingPathComponent(UUID().uuidString) }
    for file in files { try Data().write(to: file) }
    defer { for file in files { try? FileManager.default.removeItem(at: file) } }
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = try FileHandle(forWritingTo: files[0])
    process.standardError = try FileHandle(forWritingTo: files[1])
    try process.run()
    process.waitUntilExit()
    let status = process.terminationStatus
    return Result(
      status: process.terminationReason == .exit ? status : -status,
      output: String(decoding: try Data(contentsOf: files[0]), as: UTF8.self),
      errors: String(decoding: try Data(contentsOf: files[1]), as: UTF8.self))
  }
}
