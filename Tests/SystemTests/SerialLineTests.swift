import Foundation
import ProcessSupport
import Testing

/// The serial line in each way that the host offers.
@Suite(.serialized, .enabled(if: SystemProgram.hasFirmware, SystemProgram.needsFirmware))
struct SerialLineTests {
  private func start(_ serial: String) throws -> RunningProgram {
    try RunningProgram.system(["-nographic", "-monitor", "none", "-serial", serial])
  }

  /// Waits for the prompt and uses it.
  private func use(_ line: Conversation) throws {
    try line.expect(SystemProgram.prompt)
    #expect(try SystemProgram.type("2 3 + .", on: line).contains("5  ok"))
  }

  @Test("A Unix socket that waits for its user")
  func unix() throws {
    let folder = try ScratchFolder()
    let program = try start("unix:\(folder("line")),server=on")
    try use(try .unix(folder("line")))
    program.signal(SIGTERM)
    #expect(program.wait() == 0)
    #expect(!Place.exists(folder("line")), "the socket goes with the program")
  }

  @Test("A port that waits for its user")
  func tcp() throws {
    let port = UInt16.random(in: 20000..<30000)
    let program = try start("tcp:127.0.0.1:\(port),server=on")
    try use(try .tcp(port))
    program.signal(SIGTERM)
    #expect(program.wait() == 0)
  }

  @Test("A terminal of its own, whose name is said")
  func terminal() throws {
    let program = try start("pty")
    let line = try program.console.expect("(label serial0)")
    let name = try #require(line.firstMatch(of: /(\/dev\/pts\/[0-9]+)/)?.1)
    let terminal = try Conversation.terminal(String(name))
    terminal.send("\r")
    try terminal.expect("0 > ")
    #expect(try SystemProgram.type("2 3 + .", on: terminal).contains("5  ok"))
    program.signal(SIGTERM)
    #expect(program.wait() == 0)
  }

  @Test("A file that takes the output; SIGINT ends the program")
  func file() throws {
    let folder = try ScratchFolder()
    let program = try start("file:" + folder("serial"))
    var text = ""
    for _ in 0..<1200 where !text.contains("OpenBIOS") {
      usleep(100_000)
      text = (try? String(contentsOfFile: folder("serial"), encoding: .utf8)) ?? ""
    }
    #expect(text.contains(">> OpenBIOS 1.1"))
    program.signal(SIGINT)
    #expect(program.wait() == 0)
  }
}
