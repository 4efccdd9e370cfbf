import Foundation
import ProcessSupport
import Testing

/// From the reset vector to the prompt of OpenBIOS, and what the log shows of it.
@Suite(.serialized, .enabled(if: SystemProgram.hasFirmware, SystemProgram.needsFirmware))
struct FirmwareTests {
  @Test("OpenBIOS comes to its prompt and takes what is typed", arguments: SystemProgram.boards)
  func prompt(board: String) throws {
    let program = try RunningProgram.system(["-M", board, "-nographic"])
    try program.console.expect(">> OpenBIOS 1.1")
    try program.console.expect(SystemProgram.prompt)
    #expect(try SystemProgram.type("2 3 + .", on: program.console).contains("2 3 + . 5  ok"))
    let answer = try SystemProgram.type("hex 1234 8765 * u.", on: program.console)
    #expect(answer.contains("9a09a84 "), "\(answer)")
    program.console.send("\u{1}x")
    #expect(program.wait() == 0)
  }

  @Test(
    "The first block: a poll, the branch at the vector, host bytes", arguments: SystemProgram.boards
  )
  func firstBlock(board: String) throws {
    let folder = try ScratchFolder()
    let program = try RunningProgram.system([
      "-M", board, "-nographic", "-d", "in_asm,op,op_opt,out_asm", "-D", folder("log"),
      "-dfilter", "0xfff00100+4",
    ])
    try program.console.expect(SystemProgram.prompt)
    program.console.send("\u{1}x")
    #expect(program.wait() == 0)
    let log = try String(contentsOfFile: folder("log"), encoding: .utf8)
    let blocks = log.components(separatedBy: "----------------\n")
    let block = try #require(blocks.dropFirst().first)
    let lines = block.components(separatedBy: "\n")
    // Guest code: address, bytes, and the branch, as objdump disassembles it.
    #expect(lines.contains("0xfff00100:  48002420  b        0xfff02520"), "\(block)")
    // Ops: the exit request is tested before the first instruction.
    let ops = try #require(block.components(separatedBy: "OP:\n").dropFirst().first)
    let poll = try #require(ops.components(separatedBy: "---- fff00100").first)
    #expect(poll.contains("brcond_i32 exit_request"), "\(ops)")
    // Host code: address, bytes, mnemonic.
    let host = try #require(block.components(separatedBy: "OUT: [size=").last)
    #expect(host.firstMatch(of: #/0x[0-9a-f]+:  [0-9a-f]{2} .*cmpl/#) != nil, "\(host)")
  }

  @Test("The firmware can restart and switch off the machine", arguments: SystemProgram.boards)
  func power(board: String) throws {
    let program = try RunningProgram.system(["-M", board, "-nographic"])
    try program.console.expect(SystemProgram.prompt)
    program.console.send("reset-all\r")
    try program.console.expect(">> OpenBIOS 1.1")
    try program.console.expect(SystemProgram.prompt)
    program.console.send("power-off\r")
    #expect(program.wait() == 0)
  }

  @Test("-no-reboot ends the program at a reset")
  func noReboot() throws {
    let program = try RunningProgram.system(["-nographic", "-no-reboot"])
    try program.console.expect(SystemProgram.prompt)
    program.console.send("reset-all\r")
    #expect(program.wait() == 0)
    #expect(program.console.text.components(separatedBy: ">> OpenBIOS 1.1").count == 2)
  }

  @Test("-prom-env and -bios with -L reach the firmware")
  func variables() throws {
    let folder = try ScratchFolder()
    _ = try folder.copy("/usr/share/qemu/openbios-ppc", as: "mine")
    let program = try RunningProgram.system([
      "-nographic", "-L", folder.path, "-bios", "mine", "-prom-env", "boot-args=hello there",
      "-prom-env", "auto-boot?=false",
    ])
    try program.console.expect("0 > ")
    let answer = try SystemProgram.type("printenv boot-args", on: program.console)
    #expect(answer.contains("hello there"), "\(answer)")
  }
}
