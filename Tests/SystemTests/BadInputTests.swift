import Foundation
import ProcessSupport
import Testing

/// What cannot be: exit status 1 and a message that names it; never a crash or a hang.
@Suite(.serialized)
struct SystemBadInputTests {
  private func expectRefusal(_ arguments: [String], _ words: [String]) throws {
    let run = try GuestRun.system(["-display", "none"] + arguments)
    let said = run.errors + run.text
    let isRight = run.status == 1 && words.allSatisfy { said.contains($0) }
    #expect(isRight && !run.isOwnCrash && !run.isHung, "\(arguments): \(run.summary)")
  }

  /// Options, and what the message has in it.
  static let options: [([String], [String])] = [
    (["-bios", "/no/such"], ["could not load firmware '/no/such'"]),
    (["-L", "/", "-bios", "no-such"], ["could not load firmware 'no-such'"]),
    (["-bios", "/bin/ls"], ["'/bin/ls': not a 32-bit big-endian PowerPC ELF file"]),
    (["-kernel", "/no/such"], ["could not load '/no/such': No such file"]),
    (["-kernel", "/"], ["could not load '/': not a regular file"]),
    (["/no/such"], ["Could not open '/no/such'"]), (["/"], ["Could not open '/'"]),
    (["-hda", "/dev/null", "-hda", "/dev/null"], ["index=0) exists"]),
    (["-M", "no-such"], ["unsupported machine type", "-machine help"]),
    (["-cpu", "no-such"], ["unable to find CPU model 'no-such'"]),
    (["-no-such"], ["-no-such: invalid option"]), (["-M"], ["-M: requires an argument"]),
    (["-m", "100G"], ["Too much memory", "maximum 2047 MB"]), (["-m", "x"], ["-m x: "]),
    (["-smp", "2"], ["Invalid SMP CPUs 2"]), (["-accel", "kvm"], ["invalid accelerator kvm"]),
    (["-serial", "no:such"], ["'no:such' is not a valid char driver"]),
    (["-serial", "file:/no/such"], ["/no/such"]),
    (["-serial", "tcp:127.0.0.1:1"], ["serial", "refused"]),
    (["-monitor", "unix:/no/such"], ["/no/such"]),
    (["-chardev", "stdio"], ["no id specified"]), (["-device", "no-such"], ["'no-such'"]),
    (["-trace", "events=/no/such"], ["/no/such: No such file"]),
    (["-d", "int", "-D", "/no/such"], ["/no/such: "]), (["-d", "no-such"], ["Log items"]),
    (["-append", "x"], ["-append only allowed with -kernel"]),
    (["-initrd", "x"], ["-initrd only allowed with -kernel"]),
    (["-drive", "if=scsi,file=x"], ["if=scsi"]), (["-nic", "tap"], ["'tap' is not supported"]),
    (
      ["-nic", "user,hostfwd=tcp:9.9.9.9:5555-:22"],
      ["Could not set up host forwarding rule 'tcp:9.9.9.9:5555-:22'"]
    ),
    (["-vga", "cirrus"], ["'cirrus' is not supported"]), (["-gdb", "x"], ["not supported"]),
    (["-pidfile", "/no/such/x"], ["/no/such/x"]),
  ]

  @Test(
    "Options that cannot be", .enabled(if: SystemProgram.hasFirmware, SystemProgram.needsFirmware))
  func refusedOptions() throws {
    for (arguments, words) in Self.options { try expectRefusal(arguments, words) }
  }

  /// A kernel of one segment.
  private static let kernel: [UInt8] = {
    var bytes: [UInt8] = [0x7f, 0x45, 0x4c, 0x46, 1, 2, 1] + [UInt8](repeating: 0, count: 9)
    func put(_ value: UInt32, _ size: Int) {
      for n in (0..<size).reversed() { bytes.append(UInt8(value >> (8 * UInt32(n)) & 0xff)) }
    }
    put(2, 2); put(20, 2); put(1, 4); put(0, 4); put(52, 4); put(0, 4); put(0, 4)
    for value: UInt32 in [52, 32, 1, 0, 0, 0] { put(value, 2) }
    for value: UInt32 in [1, 84, 0, 0, 16, 16, 7, 4] { put(value, 4) }
    return bytes + [UInt8](repeating: 0x60, count: 16)
  }()

  @Test(
    "Kernels and disks that are broken",
    .enabled(if: SystemProgram.hasFirmware, SystemProgram.needsFirmware))
  func files() throws {
    let folder = try ScratchFolder()
    for count in [4, 20, 51, 52, 60, 83, 84, 99] {
      let path = try folder.file("kernel", Array(Self.kernel.prefix(count)))
      try expectRefusal(["-kernel", path], ["could not load '\(path)'"])
      try expectRefusal(["-bios", path], ["could not load '\(path)'"])
    }
    let changes: [(String, [Int: UInt8])] = [
      ("64 bits", [4: 2]), ("little-endian", [5: 1]), ("x86", [19: 3]), ("relocatable", [17: 1]),
      ("header size", [43: 31]), ("no headers", [45: 0]), ("headers behind the end", [28: 0x7f]),
      ("many headers", [44: 0xff]), ("offset", [56: 0xff]), ("file size", [68: 0xff]),
      ("smaller than its contents", [75: 1]), ("beyond the memory", [64: 0x0f]),
    ]
    for (name, bytes) in changes {
      var file = Self.kernel
      for (offset, byte) in bytes { file[offset] = byte }
      let path = try folder.file(name, file)
      try expectRefusal(["-kernel", path], ["could not load '\(path)'"])
    }
    let kernel = try folder.file("good", Self.kernel)
    let large = try folder.file("large", [UInt8](repeating: 0, count: 40 << 20))
    try expectRefusal(
      ["-m", "32", "-kernel", kernel, "-initrd", large],
      ["could not load '\(large)': the machine's memory is too small"])
    // The signature of qcow2, and then what looks like nothing.
    let garbage = [0x51, 0x46, 0x49, 0xfb] + (0..<4096).map { UInt8(truncatingIfNeeded: $0 * 37) }
    let image = try folder.file("image.qcow2", garbage)
    try expectRefusal(["-drive", "file=\(image),format=qcow2"], ["Could not open '\(image)'"])
    try expectRefusal([image], ["Could not open '\(image)'"])
    let short = try folder.file("short.qcow2", [0x51, 0x46, 0x49, 0xfb, 0, 0, 0, 3])
    try expectRefusal([short], ["Could not open '\(short)'"])
  }
}
