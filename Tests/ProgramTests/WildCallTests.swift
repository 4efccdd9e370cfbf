import Foundation
import ProcessSupport
import Testing

/// A guest that makes random system calls with wild arguments, in children of an unprivileged
/// user's in a temporary directory (Guests/tests/wildcalls.c).
///
/// A fault that ends a child is the guest's if it was announced as such; every other one is a crash
/// of ours. The seed of a child with such an end makes it again, with its calls printed:
/// `lyrebird-ppc wildcalls SEED 1 CALLS trace`.
@Suite(.enabled(if: Guest.areBuilt, Comment(rawValue: Guest.areMissing)))
struct WildCallTests {
  /// Seeds, children and calls of each child.
  private static let rounds: [[Int]] =
    Guest.runsLong
    ? [[1, 400, 2000], [1_000_000, 4000, 200], [2_000_000, 60, 20000]] : [[1, 40, 500]]

  @Test(
    "System calls with wild arguments give errors and never a crash",
    arguments: [[], ["-B", "0x100000000"]], rounds)
  func calls(_ options: [String], _ numbers: [Int]) throws {
    let guest = Guest(name: "wildcalls", variant: "static")
    let run = try GuestRun.lyrebird(options + [guest.path] + numbers.map(String.init))
    #expect(!run.isOwnCrash && !run.isHung && run.status == 0, "\(run.summary)")
    var lines = run.text.split(separator: "\n")
    #expect(lines.popLast() == "done", "\(run.summary)")
    for signal in [SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV] {
      let ends = lines.count { $0.hasSuffix(" died \(signal)") }
      let announced = run.errors.components(separatedBy: "uncaught target signal \(signal) ").count
      #expect(ends <= announced - 1, "signal \(signal): \(run.text)")
    }
  }
}
