import Foundation

/// Where things are.
public enum Place {
  /// The package's folder.
  public static let package = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path
  /// The folder of data beside the package that tests use where it is there.
  public static let shared = package + "/../shared"

  /// A program of this build: the products are beside the running test bundle.
  public static func product(_ name: String) -> String {
    URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent().path + "/" + name
  }

  /// Whether there is such a file.
  public static func exists(_ path: String) -> Bool { access(path, R_OK) == 0 }

  /// Whether the long tests run too.
  public static let runsLong = ProcessInfo.processInfo.environment["LYREBIRD_LONG"] != nil
}

/// A folder that goes when the test is over.
public final class ScratchFolder: Sendable {
  /// Its path.
  public let path: String

  /// Makes it.
  public init() throws {
    path = FileManager.default.temporaryDirectory.path + "/lyrebird-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// The path of a file in it.
  public func callAsFunction(_ name: String) -> String { "\(path)/\(name)" }

  /// A new file with some contents.
  public func file(_ name: String, _ bytes: [UInt8]) throws -> String {
    try Data(bytes).write(to: URL(fileURLWithPath: self(name)))
    return self(name)
  }

  /// A copy of a file that may be written to.
  public func copy(_ original: String, as name: String) throws -> String {
    try FileManager.default.copyItem(atPath: original, toPath: self(name))
    chmod(self(name), 0o600)
    return self(name)
  }
}
