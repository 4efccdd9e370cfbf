import Foundation
import Optimizer
import ProcessSupport
import Testing
import Translation

/// Our own guest programs print what they print natively, in every mode of the translator.
@Suite(.enabled(if: Guest.areBuilt, Comment(rawValue: Guest.areMissing)))
struct GuestProgramTests {
  @Test("As they are", arguments: Guest.all)
  func plain(_ guest: Guest) throws { try check(guest, []) }

  @Test("As they are, all of them translated", arguments: Guest.all)
  func translated(_ guest: Guest) throws { try check(guest, translates) }

  /// Has all code translated, which else is not the first time that it is executed.
  private let translates = ["-without", "interpretation"]

  /// The optimizer's passes, and what else can be left out of the translator.
  private static let passes = Passes.names.map(\.name)
  private static let techniques = Techniques.names.filter {
    $0 != "interpretation" && !passes.contains($0)
  }

  /// Leaves out one after the other, with all code translated.
  private static func withoutEach(_ names: [String]) -> [[String]] {
    names.map { ["-without", $0 + ",interpretation"] }
  }

  /// Options that change how a program is run and nothing that it can see.
  static let modes: [[String]] =
    [
      ["-one-insn-per-tb"], ["-d", "nochain", "-D", "/dev/null"], ["-B", "0x100000000"],
      ["-host-features", "none"], ["-host-features", "avx,fma"], ["-tb-size", "1"],
    ] + withoutEach(techniques + [passes.joined(separator: ",")])

  /// Options that are worth the whole set when there is time.
  static let moreModes: [[String]] =
    modes + withoutEach(passes) + [
      ["-cpu", "7400"], ["-R", "0xc0000000"],
      ["-without", Techniques.names.joined(separator: ",")],
      ["-host-features", "none", "-B", "0x100000000"], ["-host-features", "avx,avx2,fma"],
      ["-one-insn-per-tb", "-d", "nochain"],
      ["-d", "in_asm,op,op_opt,out_asm,int,page,strace", "-D", "/dev/null"],
      ["-tb-size", "1", "-one-insn-per-tb", "-host-features", "none"],
    ]

  @Test(
    "In every mode", arguments: Guest.runsLong ? moreModes : modes,
    Guest.runsLong ? Guest.all : Guest.translation)
  func mode(_ options: [String], _ guest: Guest) throws {
    try check(guest, options[0] == "-without" ? options : translates + options)
  }

  @Test("Code that changes through another address, behind icbi")
  func aliases() throws {
    try check(Guest(name: "aliases", variant: "static"), [])
  }

  @Test(
    "Priorities are lent through futexes",
    .enabled(if: Guest.mayUseRealTime, Comment(rawValue: Guest.refusesRealTime)))
  func inheritance() throws {
    try check(Guest(name: "inheritance", variant: "static"), [])
  }

  private func check(_ guest: Guest, _ options: [String]) throws {
    let run = try GuestRun.lyrebird(
      options + guest.options + [guest.path] + guest.arguments, environment: Guest.environment)
    let expected = try guest.expected
    let isRight = run.status == guest.status && run.text == expected
    #expect(isRight, "\(guest.testDescription) \(options): \(run.summary)")
    #expect(run.errors.isEmpty, "\(guest.testDescription) \(options)")
  }
}
