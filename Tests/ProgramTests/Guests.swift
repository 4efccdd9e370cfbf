import Foundation
import Testing

/// A program of Guests/tests, one way of building it, how it is started and how it ends.
struct Guest: Sendable, CustomTestStringConvertible {
  let name: String
  /// "static", "dynamic", "pie" or "static-pie".
  let variant: String
  var arguments: [String] = []
  /// Options of the emulator that it needs.
  var options: [String] = []
  var status: Int32 = 0

  /// The name in the list of tests.
  var testDescription: String { "\(variant) \(name)" }

  /// The executable that `make guests` built.
  var path: String { Self.folder + "/\(variant)/\(name)" }

  /// What it prints: see Guests/tests/record.
  var expected: String {
    get throws {
      guard
        let file = Bundle.module.url(
          forResource: name, withExtension: "txt", subdirectory: "Expected")
      else { throw CocoaError(.fileNoSuchFile) }
      return try String(contentsOf: file, encoding: .utf8)
    }
  }

  /// The package's folder.
  static let package = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path
  private static let folder = package + "/Guests/build/tests"
  /// Whether the programs have been built.
  static var areBuilt: Bool { FileManager.default.isExecutableFile(atPath: death) }
  /// The program that ends in the way its argument names.
  static let death = folder + "/static/death"
  /// What a test says that cannot run without them.
  static let areMissing = "no guest programs here: `make guests` builds them"
  /// Whether the long tests run too.
  static let runsLong = ProcessInfo.processInfo.environment["LYREBIRD_LONG"] != nil

  /// Whether the host lets the tests set real-time priorities.
  static let mayUseRealTime: Bool = {
    var parameter = sched_param(sched_priority: 1)
    guard sched_setscheduler(0, SCHED_FIFO, &parameter) == 0 else { return false }
    parameter.sched_priority = 0
    return sched_setscheduler(0, SCHED_OTHER, &parameter) == 0
  }()
  /// What a test says that cannot run without them.
  static let refusesRealTime =
    "the host refuses real-time priorities: that they are lent is not seen"

  /// What the programs are given beside their arguments.
  static let environment = ["TEST_A=1", "TEST_B=two words"]

  /// Those whose output shows what translation does.
  static let translation =
    [
      "mix", "flags", "libm", "rounding", "signals", "floatframes", "floatcontexts",
      "selfmodifying", "mapping", "lanes",
    ].map {
      Guest(name: $0, variant: "static")
    }
    + ["vectorframes", "floatmodes", "unwinding", "contexts"].map {
      Guest(name: $0, variant: "static", options: ["-cpu", "7400"])
    }
  /// And those that show the system's side, built in every way.
  static let all =
    translation
    + ["static", "dynamic", "pie"].flatMap {
      [
        Guest(name: "startup", variant: $0, arguments: ["a", "b c", ""], status: 42),
        Guest(name: "processes", variant: $0),
        Guest(name: "executing", variant: $0),
      ]
    }
    + ["dynamic", "pie"].map { Guest(name: "mix", variant: $0) }
    + [
      "interprocess", "eventfiles", "rarecalls", "spawn", "futexes", "owners", "terminals",
      "procfiles",
      "throwing", "timers", "sharing", "contexts",
      "unwinding",
    ].map {
      Guest(name: $0, variant: "static")
    }
    + ["static", "dynamic"].map { Guest(name: "threads", variant: $0, status: 3) }
    + [Guest(name: "threads", variant: "static", options: ["-tb-size", "1"], status: 3)]
    + [Guest(name: "relocate", variant: "static-pie", arguments: ["a", "b c"], status: 23)]
}
