import Foundation

/// The programs of QEMU that are the outside oracle, from Debian's package qemu-utils.
enum Tool: String {
  case image = "qemu-img"
  case io = "qemu-io"

  static let areInstalled = ["/usr/bin/qemu-img", "/usr/bin/qemu-io"].allSatisfy {
    FileManager.default.isExecutableFile(atPath: $0)
  }

  struct Failure: Error {
    let status: Int32
    let output: String
  }

  /// Runs it; both of its outputs.
  @discardableResult
  func run(_ arguments: [String]) throws -> String {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/\(rawValue)")
    process.arguments = arguments
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = pipe
    process.standardInput = FileHandle.nullDevice
    try process.run()
    let output = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      throw Failure(status: process.terminationStatus, output: output)
    }
    return output
  }

  /// Checks an image. Leaks are the one thing that may be forgiven: status 3.
  static func check(_ path: String, leaksAllowed: Bool = false) throws {
    do {
      try Tool.image.run(["check", "-f", "qcow2", path])
    } catch let failure as Failure where leaksAllowed && failure.status == 3 {}
  }

  /// Runs commands of qemu-io on an image.
  static func io(_ path: String, _ commands: [String], format: String = "qcow2") throws {
    try io.run(["-f", format] + commands.flatMap { ["-c", $0] } + [path])
  }
}

/// A folder that goes when the test is over.
final class Folder {
  let path: String

  init() {
    path = NSTemporaryDirectory() + "lyrebird-images-" + UUID().uuidString
    try? FileManager.default.createDirectory(
      atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func callAsFunction(_ name: String) -> String { "\(path)/\(name)" }

  /// A file with some contents.
  func file(_ name: String, _ bytes: [UInt8]) throws -> String {
    try Data(bytes).write(to: URL(fileURLWithPath: self(name)))
    return self(name)
  }
}

/// Whether the longer versions of tests are asked for.
let isLong = ProcessInfo.processInfo.environment["LYREBIRD_LONG"] == "1"

/// The bytes of a file.
func fileBytes(_ path: String) throws -> [UInt8] {
  Array(try Data(contentsOf: URL(fileURLWithPath: path)))
}

/// SplitMix64: the same numbers in every run.
struct Random: RandomNumberGenerator {
  var state: UInt64

  init(_ seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
