import Foundation
import ProcessSupport
import Testing

/// The monitor of a running machine.
@Suite(.serialized, .enabled(if: SystemProgram.hasFirmware, SystemProgram.needsFirmware))
struct MonitorSessionTests {
  /// A machine whose monitor is on standard input and output, and its serial line in a file.
  private func session(
    _ options: [String] = []
  ) throws -> (program: RunningProgram, folder: ScratchFolder) {
    let folder = try ScratchFolder()
    let program = try RunningProgram.system(
      ["-nographic", "-monitor", "stdio", "-serial", "file:" + folder("serial")] + options)
    try program.console.expect("(qemu) ")
    return (program, folder)
  }

  /// Waits for text in a file.
  private func wait(for text: String, in path: String) throws {
    for _ in 0..<1200 {
      if try String(decoding: Data(contentsOf: URL(fileURLWithPath: path)), as: UTF8.self)
        .contains(text)
      {
        return
      }
      usleep(100_000)
    }
    throw Conversation.Silence(description: "no '\(text)' in \(path)")
  }

  @Test("-S waits at the reset vector for cont; stop, system_reset and quit")
  func running() throws {
    let (program, folder) = try session(["-S"])
    let monitor = program.console
    #expect(try monitor.command("info status").contains("VM status: paused (prelaunch)"))
    #expect(try monitor.command("info registers").contains("NIP fff00100 "))
    #expect(
      try monitor.command("x/2i 0xfff00100").contains("fff00100:  48002420  b        0xfff02520"))
    #expect(try monitor.command("xp/1wx 0xfff00100").contains("0x48002420"))
    #expect(try monitor.command("gva2gpa 0xfff00100").contains("gpa: 0xfff00100"))
    try monitor.command("cont")
    try wait(for: SystemProgram.prompt, in: folder("serial"))
    #expect(try monitor.command("info status").contains("VM status: running"))
    try monitor.command("stop")
    #expect(try monitor.command("info status").contains("VM status: paused\r\n"))
    let first = try monitor.command("info registers")
    #expect(try monitor.command("info registers") == first, "it stands still")
    #expect(first.contains("SDR1") && first.contains("SPRG0") && first.contains("DSISR"))
    try monitor.command("system_reset")
    try monitor.command("cont")
    var prompts = 0
    for _ in 0..<1200 where prompts < 2 {
      let text = try String(contentsOfFile: folder("serial"), encoding: .utf8)
      prompts =
        text.replacingOccurrences(of: "\r", with: "").components(separatedBy: "\n0 > ").count - 1
      usleep(100_000)
    }
    #expect(prompts == 2)
    monitor.send("quit\n")
    #expect(program.wait() == 0)
  }

  /// A command and what its answer has in it.
  static let questions: [(board: String, command: String, answer: String)] = [
    ("g3beige", "info version", "0.1.0"), ("g3beige", "info cpus", "* CPU #0: thread_id="),
    ("g3beige", "info mtree", "(prio 0, i/o): "), ("g3beige", "info mtree -f", "FlatView"),
    ("g3beige", "info qtree", "bus: main-system-bus"), ("g3beige", "info pci", "1057:0002"),
    ("g3beige", "info pci", "106b:0010"), ("g3beige", "info pic", "mask 32-63"),
    ("g3beige", "info irq", "IRQ statistics for heathrow"), ("g3beige", "info tlb", "BAT"),
    ("g3beige", "info jit", "TB count"), ("g3beige", "info roms", "openbios-ppc"),
    ("g3beige", "info opcount", "[TCG profiler not compiled]"),
    ("g3beige", "info block", "ide1-cd0: [not inserted]"),
    ("g3beige", "info trace-events heathrow*", "heathrow_read : state 0"),
    ("g3beige", "info chardev", "serial0: filename=file"), ("g3beige", "help quit", "quit|q  -- "),
    ("g3beige", "p 2+3*4", "0xe"),
    ("g3beige", "sum 0xfff00100 4", "00059"),
    ("g3beige", "nonsense", "unknown command: 'nonsense'"),
    ("mac99", "info pci", "106b:001f"),
    ("mac99", "info mtree", "(prio 0, i/o): "), ("mac99", "info irq", "IRQ statistics for openpic"),
  ]

  @Test("What the monitor answers", arguments: SystemProgram.boards)
  func answers(board: String) throws {
    let (program, folder) = try session(["-M", board])
    try wait(for: SystemProgram.prompt, in: folder("serial"))
    try program.console.command("stop")
    for question in Self.questions where question.board == board {
      let answer = try program.console.command(question.command)
      #expect(answer.contains(question.answer), "\(question.command): \(answer)")
    }
    // The bytes of memory in a file: the first of the firmware, which are its copy in memory.
    try program.console.command("pmemsave 0xfff00100 8 \"\(folder("memory"))\"")
    let bytes = try Data(contentsOf: URL(fileURLWithPath: folder("memory")))
    #expect(Array(bytes.prefix(4)) == [0x48, 0, 0x24, 0x20])
  }

  @Test("A monitor on a Unix socket, which one user after another may have")
  func unixSocket() throws {
    let folder = try ScratchFolder()
    let program = try RunningProgram.system([
      "-nographic", "-serial", "null", "-monitor",
      "unix:\(folder("monitor")),server=on,wait=off",
    ])
    for _ in 0..<2 {
      let monitor = try Conversation.unix(folder("monitor"))
      try monitor.expect("(qemu) ")
      #expect(try monitor.command("info status").contains("running"))
    }
    let monitor = try Conversation.unix(folder("monitor"))
    try monitor.expect("(qemu) ")
    monitor.send("quit\n")
    #expect(program.wait() == 0)
  }

  @Test("C-a c leads from the serial line to the monitor and back")
  func sharedConsole() throws {
    let program = try RunningProgram.system(["-nographic"])
    try program.console.expect(SystemProgram.prompt)
    program.console.send("\u{1}c")
    try program.console.expect("(qemu) ")
    #expect(try program.console.command("info status").contains("running"))
    program.console.send("\u{1}c")
    #expect(try SystemProgram.type("6 7 * .", on: program.console).contains("2a "))
    program.console.send("\u{1}x")
    #expect(program.wait() == 0)
  }

  @Test("Logs and trace events are switched while the machine runs")
  func switching() throws {
    let (program, folder) = try session()
    let monitor = program.console
    try wait(for: SystemProgram.prompt, in: folder("serial"))
    try monitor.command("logfile \(folder("log"))")
    try monitor.command("trace-event escc_mem_* on")
    #expect(try monitor.command("info trace-events escc_mem_readb_ctrl").contains("state 1"))
    usleep(200_000)
    try monitor.command("trace-event escc_mem_* off")
    try monitor.command("log none")
    monitor.send("quit\n")
    #expect(program.wait() == 0)
    let log = try String(contentsOfFile: folder("log"), encoding: .utf8)
    #expect(log.contains("escc_mem_readb_ctrl Read channel a, reg[0] = "), "\(log.prefix(500))")
  }
}
