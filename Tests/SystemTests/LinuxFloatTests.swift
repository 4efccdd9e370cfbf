import Foundation
import ProcessSupport
import Testing

/// Programs of Guests/tests that are put into Linux's file system.
private enum LinuxPrograms {
  static let paths = ["rounding", "floatframes", "floatcontexts", "vectorframes", "threads"].map {
    Place.package + "/Guests/build/tests/static/" + $0
  }
  static var areBuilt: Bool { paths.allSatisfy(Place.exists) }
}

/// Programs under Linux, which switches the floating-point and the vector unit
/// between processes lazily and turns enabled exceptions into signals. And the program that user mode
/// is held to with its threads: what it expects is what Linux does.
@Suite(
  .serialized, .enabled(if: SystemProgram.hasLinux, SystemProgram.needsLinux),
  .enabled(if: LinuxPrograms.areBuilt, SystemProgram.needsGuests))
struct LinuxFloatTests {
  @Test("Rounding modes of processes and threads; signal frames; SIGFPE")
  func newer() throws { try run(board: "mac99") }

  @Test(
    "And without vectors",
    .enabled(if: Place.runsLong, "takes long: `make test-long` runs it"))
  func older() throws { try run(board: "g3beige") }

  private func run(board: String) throws {
    let folder = try ScratchFolder()
    let image = try Data(
      contentsOf: URL(fileURLWithPath: SystemProgram.images + "initramfs.cpio.gz"))
    let files = try folder.file("files", FileArchive.extend(image, with: LinuxPrograms.paths))
    let program = try RunningProgram.system([
      "-M", board, "-m", "256", "-nographic", "-no-reboot",
      "-kernel", SystemProgram.images + "vmlinux", "-initrd", files, "-append", "console=ttyS0",
    ])
    try program.console.expect("GUEST-MARKER shell")
    program.console.send(
      "/rounding; /floatframes; /floatcontexts threads; /vectorframes; /threads; echo DO''NE\r")
    let text = try program.console.expect("DONE\r\n")
    program.console.send("poweroff -f\r")
    #expect(program.wait() == 0)
    let lines = text.components(separatedBy: "\r\n")
    let expected =
      ["floatframes", "floatcontexts", "threads"] + (board == "mac99" ? ["vectorframes"] : [])
    // One each of `rounding` and of threads.
    let count = try 2 + expected.map(Self.judgements).reduce(0, +)
    #expect(lines.count { $0 == "ok" || $0.hasSuffix(" ok") } == count, "\(text)")
    #expect(!text.contains("WRONG"), "\(text)")
  }

  /// How many judgements a program prints: those of Tests/ProgramTests/Expected.
  private static func judgements(_ name: String) throws -> Int {
    let path = Place.package + "/Tests/ProgramTests/Expected/\(name).txt"
    return try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").count
  }
}
