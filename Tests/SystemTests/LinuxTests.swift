import Foundation
import ProcessSupport
import Testing

/// Linux from memory and from a disk (../shared/guests).
@Suite(.serialized, .enabled(if: SystemProgram.hasLinux, SystemProgram.needsLinux))
struct LinuxTests {
  private static let longOnly = ConditionTrait.enabled(
    if: Place.runsLong, "takes long: `make test-long` runs it")

  private static func fromMemory(_ board: String, _ append: String) -> [String] {
    [
      "-M", board, "-m", "256", "-nographic", "-no-reboot",
      "-kernel", SystemProgram.images + "vmlinux",
      "-initrd", SystemProgram.images + "initramfs.cpio.gz", "-append", "console=ttyS0 " + append,
    ]
  }

  @Test("Linux from memory to its shell, and off")
  func shell() throws { try shell(board: "g3beige") }

  @Test("And on the other board", longOnly)
  func otherShell() throws { try shell(board: "mac99") }

  private func shell(board: String) throws {
    let program = try RunningProgram.system(Self.fromMemory(board, ""))
    try program.console.expect("GUEST-MARKER shell")
    program.console.send("echo $((6 * 7)) > /tmp/x; cat /tmp/x\r")
    try program.console.expect("\n42\r\n")
    program.console.send("grep -c processor /proc/cpuinfo\r")
    try program.console.expect("\n1\r\n")
    program.console.send("poweroff -f\r")
    #expect(program.wait() == 0)
  }

  /// The digests of an AUTOTEST log: name and sum of each step.
  private static func digests(_ text: String) -> [String] {
    text.matches(of: /AUTOTEST (\S+) .*?rc=(\d+) sum=(\S+)/).map { "\($0.1) \($0.2) \($0.3)" }
      + text.matches(of: /GBENCH (\S+) .*?sum=(\S+)/).map { "\($0.1) \($0.2)" }
  }

  @Test(
    "The self-test's digests are those of the reference", longOnly, arguments: SystemProgram.boards)
  func selfTest(board: String) throws {
    let reference = Place.shared + "/reference/machines/\(board)-autotest.serial.log"
    let text = String(
      decoding: try Data(contentsOf: URL(fileURLWithPath: reference)), as: UTF8.self)
    let wanted = Self.digests(text)
    #expect(wanted.count > 20)
    for number in 1...10 {
      let program = try RunningProgram.system(Self.fromMemory(board, "autotest=run1,poweroff"))
      try program.console.expect("Power down", within: 900)
      #expect(program.wait() == 0)
      #expect(Self.digests(program.console.text) == wanted, "run \(number)")
    }
  }

  @Test("restart and halt are the guest's to ask for", longOnly, arguments: ["reboot", "halt"])
  func endings(how: String) throws {
    let program = try RunningProgram.system(Self.fromMemory("g3beige", "autotest=\(how)"))
    try program.console.expect("GUEST-MARKER \(how)")
    if how == "reboot" {
      #expect(program.wait() == 0)
    } else {
      try program.console.expect("System halted")
      program.console.send("\u{1}x")
      #expect(program.wait() == 0)
    }
  }
}

/// The bootable disk of ../shared/guests.
@Suite(.serialized, .enabled(if: SystemProgram.hasLinux, SystemProgram.needsLinux))
struct DiskTests {
  private static let longOnly = ConditionTrait.enabled(
    if: Place.runsLong, "takes long: `make test-long` runs it")

  /// Boots from a disk by itself and logs in.
  private func boot(_ board: String, _ options: [String]) throws -> RunningProgram {
    let program = try RunningProgram.system(["-M", board, "-m", "256", "-nographic"] + options)
    try program.console.expect("login:", within: 600)
    program.console.send("root\r")
    try program.console.expect("# ")
    return program
  }

  private func shutDown(_ program: RunningProgram) {
    program.console.send("poweroff\r")
    #expect(program.wait(within: 240) == 0)
  }

  @Test("Files survive a shutdown and the next boot", longOnly, arguments: SystemProgram.boards)
  func files(board: String) throws {
    let folder = try ScratchFolder()
    let disk = try folder.copy(SystemProgram.images + "ppc-grub-disk.qcow2", as: "disk.qcow2")
    let writer = try boot(board, [disk])
    writer.console.send(
      "mkdir /survivor; i=0; while [ $i -lt 200 ]; do echo line $i >> /survivor/file; "
        + "i=$((i+1)); done; dd if=/dev/urandom of=/survivor/noise bs=64k count=20; "
        + "md5sum /survivor/*; echo WRIT''TEN\r")
    try writer.console.expect("WRITTEN\r\n")
    let sums = writer.console.text.matches(of: /[0-9a-f]{32}  \/survivor\/\w+/).map(\.output)
    #expect(sums.count == 2)
    shutDown(writer)
    try check(disk, folder)
    let reader = try boot(board, [disk])
    reader.console.send("md5sum /survivor/*; echo RE''AD\r")
    try reader.console.expect("READ\r\n")
    let found = reader.console.text.matches(of: /[0-9a-f]{32}  \/survivor\/\w+/).map(\.output)
    #expect(found == sums)
    shutDown(reader)
    try check(disk, folder)
  }

  /// The image is whole, and so is the file system of its third partition.
  private func check(_ disk: String, _ folder: ScratchFolder) throws {
    guard Place.exists("/usr/bin/qemu-img") else { return }
    let image = try GuestRun.run(["/usr/bin/qemu-img", "check", disk])
    #expect(image.status == 0, "\(image.summary)")
    let convert = ["/usr/bin/qemu-img", "convert", "-O", "raw", disk, folder("raw")]
    #expect(try GuestRun.run(convert).status == 0)
    guard Place.exists("/sbin/e2fsck") else { return }
    let partition = try #require(try Self.partition(3, of: folder("raw")))
    _ = try folder.file("root", [UInt8](partition))
    let fileSystem = try GuestRun.run(["/sbin/e2fsck", "-f", "-n", folder("root")])
    #expect(fileSystem.status == 0, "\(fileSystem.summary)")
  }

  /// A partition of an Apple partition map (Inside Macintosh: Devices, chapter 3).
  private static func partition(_ number: Int, of path: String) throws -> Data? {
    let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
    defer { try? file.close() }
    try file.seek(toOffset: UInt64(512 * number))
    guard let entry = try file.read(upToCount: 512), entry.starts(with: [0x50, 0x4d]) else {
      return nil
    }
    let word = { (at: Int) in entry[at..<at + 4].reduce(UInt64(0)) { $0 << 8 | UInt64($1) } }
    try file.seek(toOffset: word(8) * 512)
    return try file.read(upToCount: Int(word(12)) * 512)
  }

  @Test("-snapshot leaves the image as it is", longOnly)
  func snapshot() throws {
    let folder = try ScratchFolder()
    let disk = try folder.copy(SystemProgram.images + "ppc-grub-disk.qcow2", as: "disk.qcow2")
    let before = try Data(contentsOf: URL(fileURLWithPath: disk))
    let program = try boot("g3beige", ["-snapshot", disk])
    program.console.send("echo hello > /new; sync; cat /new\r")
    try program.console.expect("\nhello\r\n")
    shutDown(program)
    #expect(try Data(contentsOf: URL(fileURLWithPath: disk)) == before)
  }
}
