import Foundation
import ProcessSupport
import Testing

/// User networks of whole machines.
@Suite(.serialized, .enabled(if: SystemProgram.hasFirmware, SystemProgram.needsFirmware))
struct NetworkTests {
  /// A machine that does not run, with its monitor.
  private func session(_ options: [String]) throws -> Conversation {
    let program = try RunningProgram.system(
      ["-S", "-display", "none", "-serial", "none", "-monitor", "stdio"] + options)
    try program.console.expect("(qemu) ")
    kept.append(program)
    return program.console
  }

  private final class Kept { var list: [RunningProgram] = [] }
  private let programs = Kept()
  private var kept: [RunningProgram] {
    get { programs.list }
    nonmutating set { programs.list = newValue }
  }

  @Test(
    "info network in QEMU's form",
    arguments: [
      (
        [],
        """
        hub 0
         \\ hub0port1: #net000: index=0,type=user,net=10.0.2.0,restrict=off
         \\ hub0port0: ne2k_pci.0: index=0,type=nic,model=ne2k_pci,macaddr=52:54:00:12:34:56

        """
      ),
      (
        ["-M", "mac99", "-nic", "user,restrict=on,mac=52:54:00:0a:0b:0c"],
        """
        sungem.0: index=0,type=nic,model=sungem,macaddr=52:54:00:0a:0b:0c
         \\ #net000: index=0,type=user,net=10.0.2.0,restrict=on

        """
      ),
      (
        ["-netdev", "user,id=n,net=10.1.2.0/24", "-device", "sungem,netdev=n,id=c"],
        """
        c: index=0,type=nic,model=sungem,macaddr=52:54:00:12:34:56
         \\ n: index=0,type=user,net=10.1.2.0,restrict=off

        """
      ), (["-nic", "none"], ""),
    ])
  func information(options: [String], text: String) throws {
    let monitor = try session(options)
    let answer = try monitor.command("info network").replacingOccurrences(of: "\r", with: "")
    #expect(answer.hasSuffix("\n" + text + "(qemu) "), "\(answer)")
    monitor.send("quit\n")
    #expect(kept[0].wait() == 0)
  }

  @Test("hostfwd_add, hostfwd_remove, info usernet and set_link, in QEMU's words")
  func commands() throws {
    let monitor = try session([])
    for (command, answer) in [
      ("hostfwd_add junk", "Invalid host forwarding rule 'junk' (No : separators)\r\n"),
      ("hostfwd_add xxx tcp::0-:22", "unrecognized netdev id 'xxx'\r\n"),
      ("hostfwd_remove junk", "invalid format\r\n"),
      ("hostfwd_remove tcp::1", "host forwarding rule for tcp::1 not found\r\n"),
      ("set_link foo off", "Error: Device 'foo' not found\r\n"),
      ("set_link ne2k_pci.0 off", ""), ("set_link #net000 off", ""),
      ("hostfwd_add #net000 tcp:127.0.0.1:0-:22", ""),
      ("help set_link", "set_link name on|off -- change the link status of a network adapter\r\n"),
    ] {
      let said = try monitor.command(command)
      #expect(said.hasSuffix("\r\n" + answer + "(qemu) "), "\(command): \(said)")
    }
    let text = try monitor.command("info usernet")
    #expect(text.contains("Hub 0 (#net000):\r\n  Protocol[State]    FD  Source Address  Port"))
    #expect(text.contains(#/TCP\[HOST_FORWARD\] +\d+ +127\.0\.0\.1 +\d+ +10\.0\.2\.15 +22 /#))
    monitor.send("quit\n")
    #expect(kept[0].wait() == 0)
  }

  @Test(
    "Linux gets its address, and files of some megabytes go both ways",
    .enabled(if: Place.runsLong, "takes long: `make test-long` runs it"),
    .enabled(if: SystemProgram.hasLinux, SystemProgram.needsLinux),
    arguments: SystemProgram.boards, ["sungem", "ne2k_pci"])
  func linux(board: String, model: String) throws {
    let folder = try ScratchFolder()
    let port = UInt16(20_000 + Int(getpid()) % 20_000)
    let program = try RunningProgram.system([
      "-M", board, "-m", "256", "-nographic", "-no-reboot",
      "-kernel", SystemProgram.images + "vmlinux",
      "-initrd", SystemProgram.images + "initramfs.cpio.gz", "-append", "console=ttyS0",
      "-nic", "user,model=\(model),hostfwd=tcp:127.0.0.1:\(port)-:7000,tftp=\(folder.path)",
    ])
    let console = program.console
    func run(_ command: String) throws -> String {
      console.send(command + "; echo DO''NE\r")
      return try console.expect("DONE\r\n", within: 240)
    }
    try console.expect("GUEST-MARKER shell")
    let lease = try run("ip link set eth0 up; udhcpc -i eth0 -n -q -t 10")
    #expect(lease.contains("DHCP eth0 10.0.2.15 router=10.0.2.2 dns=10.0.2.3"))
    #expect(try run("ping -c 2 10.0.2.2").contains("2 packets received, 0% packet loss"))
    var noise = (0..<3_000_000).map { _ in UInt8.random(in: 0...255) }
    _ = try folder.file("noise", noise)
    let sums = try GuestRun.run(["/usr/bin/md5sum", folder("noise")]).text.prefix(32)
    // Into the guest over TFTP, then out and in again over a forwarded port.
    #expect(try run("cd /tmp; tftp -g -r noise 10.0.2.2; md5sum noise").contains(sums))
    _ = try run("nc -l -p 7000 < noise > back & sleep 1")
    let host = try Conversation.tcp(port)
    let end = Date(timeIntervalSinceNow: 120)
    while host.received.count < noise.count && Date() < end { host.drain(within: 0.2) }
    #expect(host.received == noise)
    host.send(String(repeating: "0123456789abcdef", count: 200_000))
    noise = Array(String(repeating: "0123456789abcdef", count: 200_000).utf8)
    _ = try folder.file("text", noise)
    let second = try GuestRun.run(["/usr/bin/md5sum", folder("text")]).text.prefix(32)
    let wait = "while [ $(stat -c %s back) -lt \(noise.count) ]; do sleep 1; done"
    #expect(try run("\(wait); md5sum back").contains(second))
    console.send("poweroff -f\r")
    #expect(program.wait() == 0)
  }
}
