import Foundation
import ProcessSupport
import Testing

/// Trace events and the log of exceptions, by QEMU's names and in its form.
@Suite(.serialized, .enabled(if: SystemProgram.hasFirmware, SystemProgram.needsFirmware))
struct TraceTests {
  /// Boots to the prompt with options; the lines of a file that they name "LOG".
  private func log(_ options: [String], events: String? = nil) throws -> [Substring] {
    let folder = try ScratchFolder()
    if let events { _ = try folder.file("events", Array(events.utf8)) }
    let program = try RunningProgram.system(
      ["-nographic"]
        + options.map {
          $0.replacingOccurrences(of: "LOG", with: folder("log"))
            .replacingOccurrences(of: "EVENTS", with: folder("events"))
        })
    try program.console.expect(SystemProgram.prompt)
    program.console.send("\u{1}x")
    #expect(program.wait() == 0)
    return try String(contentsOfFile: folder("log"), encoding: .utf8).split(separator: "\n")
  }

  @Test("The events that a file names, with comments and patterns")
  func eventsFile() throws {
    let lines = try log(
      ["-trace", "events=EVENTS", "-D", "LOG"],
      events: "# what the firmware asks for\nfw_cfg_select\n\nheathrow_*\n")
    #expect(lines.contains { $0.hasPrefix("fw_cfg_select ") })
    #expect(lines.allSatisfy { $0.hasPrefix("fw_cfg_select ") || $0.hasPrefix("heathrow_") })
  }

  @Test("-trace with a pattern and a file of its own")
  func pattern() throws {
    let lines = try log(["-trace", "enable=cuda_packet*,file=LOG"])
    #expect(lines.contains { $0.hasPrefix("cuda_packet_receive ") })
    #expect(lines.allSatisfy { $0.hasPrefix("cuda_packet") })
  }

  @Test("-d int names the exceptions of a boot")
  func exceptions() throws {
    let lines = try log(["-d", "int", "-D", "LOG"])
    // OpenBIOS fills its hash table itself: QEMU counts 193 of them to the prompt.
    let storage = lines.filter { $0.contains("=> DSI (") || $0.contains("=> ISI (") }
    #expect((100..<400).contains(storage.count), "\(storage.count)")
    #expect(storage.allSatisfy { $0.hasPrefix("Raise exception at ") })
  }
}
