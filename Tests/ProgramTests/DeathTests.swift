import Foundation
import ProcessSupport
import Testing

/// How programs end: the status of lyrebird-ppc is the guest's.
@Suite(.enabled(if: Guest.areBuilt, Comment(rawValue: Guest.areMissing)))
struct DeathTests {
  /// The argument of the program, and how it ends on Linux.
  static let rows: [(how: String, status: Int32)] = [
    ("exit 0", 0), ("exit 7", 7), ("exit 256", 0), ("exit -1", 255),
    ("raise 15", -SIGTERM), ("raise 9", -SIGKILL), ("raise 10", -SIGUSR1), ("raise 13", -SIGPIPE),
    ("raise 3", -SIGQUIT), ("raise 17", 1), ("abort", -SIGABRT), ("load", -SIGSEGV),
    ("store", -SIGSEGV), ("kernel", -SIGSEGV), ("trap", -SIGTRAP), ("illegal", -SIGILL),
    ("privileged", -SIGILL), ("bus", -SIGBUS), ("recursion", -SIGSEGV), ("jump 0", -SIGSEGV),
    ("jump 10", -SIGSEGV), ("jump 7fff0000", -SIGSEGV), ("jump bffffffe", -SIGSEGV),
    ("jump ffff0000", -SIGSEGV), ("jump fffffffc", -SIGSEGV), ("data", -SIGSEGV),
    ("stack", -SIGSEGV), ("ignored", -SIGSEGV), ("handler", -SIGSEGV), ("stackless", -SIGSEGV),
  ]
  static let modes = [
    [], ["-one-insn-per-tb"], ["-B", "0x100000000"], ["-without", "homes,returns"],
  ]

  @Test("Exit statuses and signals", arguments: rows, modes)
  func ending(_ row: (how: String, status: Int32), _ options: [String]) throws {
    let run = try GuestRun.lyrebird(options + [Guest.death] + row.how.components(separatedBy: " "))
    #expect(run.status == row.status && !run.isOwnCrash, "\(row.how) \(options): \(run.summary)")
    #expect(run.text == "dying of \(row.how.prefix { $0 != " " })\n")
  }

  @Test("Words without meaning end in a signal of the guest's", arguments: modes)
  func random(_ options: [String]) throws {
    let run = try GuestRun.lyrebird(options + [Guest.death, "random"])
    let isRight = [-SIGSEGV, -SIGILL, -SIGTRAP, -SIGBUS].contains(run.status) && !run.isOwnCrash
    #expect(isRight, "\(options): \(run.summary)")
  }
}
