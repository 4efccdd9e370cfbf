/// Where QEMU 7.2 is found not to be as the manuals have it.
enum GuestDeviations {
  /// Guest, and of each deviation section and check.
  static let all: [String: Set<String>] = [
    // lmw is made whatever its address; fetching where nothing is finds zeros; IP is lost; there are
    // no breakpoints.
    "exceptions": [
      "instruction breakpoint one exception", "load breakpoint exceptions",
      "store breakpoint exceptions", "store into it exceptions",
      "unaligned lmw one exception", "unaligned lmw vector", "unaligned lmw SRR0",
      "unaligned lmw DSISR", "no memory fetch", "vectors at 0xfff00000 MSR in the handler",
    ],
    // What a page or block does not let be fetched is, if it was loaded before; changing the lower
    // half of a BAT alone goes unseen.
    "memory": [
      "protection: key, PP fetch", "protection: key, PP   SRR1", "protection: key, PP guarded",
      "BATs PP 0, load", "BATs   DSISR", "BATs not for fetching", "BATs   SRR1",
    ],
    "floating": floating,
    // FR is never set.
    "switching": ["program 00000002 wrong FR", "program 00000003 wrong FR"],
  ]

  /// An enabled exception that does not interrupt (FE0 and FE1 are 0) lets the result be written all
  /// the same; mtmsr and rfi do not look at FEX; and see docs/FloatingPoint.md.
  private static let floating: Set<String> = {
    let written = [
      "zero divide", "zero divide, single", "inf - inf", "0 / 0", "inf / inf", "inf * 0",
      "inf * 0 + 1", "signaling NaN", "recorded, not written", "fctiwz of a NaN",
      "fctiwz out of range", "fres of zero", "frsqrte of zero", "frsqrte of -1",
    ]
    let parts = ["FPSCR", "high word", "low word"]
    return Set(written.flatMap { section in parts.map { "\(section) \($0)" } }).union([
      "ignored target", "mtmsr while FEX is set one exception",
      "rfi while FEX is set one exception", "mtfsb1 VXSOFT FPSCR", "fcmpo FPSCR",
      "fcmpo, signaling FPSCR", "inexact, away FPSCR", "inexact, upward high word",
      "inexact, upward low word",
    ])
  }()
}
