import Foundation
import ProcessSupport
import Testing

/// Bare-metal guests (Guests/system), which check the machine from inside.
@Suite(.serialized, .enabled(if: SystemProgram.hasGuests, SystemProgram.needsGuests))
struct GuestTests {
  /// A guest on a board.
  struct Row: Sendable, CustomTestStringConvertible {
    let board, guest: String
    var testDescription: String { "\(guest) on \(board)" }
    static let all = SystemProgram.boards.flatMap { board in
      ["exceptions", "memory", "code", "devices", "facilities", "floating", "switching"].map {
        Row(board: board, guest: $0)
      }
    }
  }

  /// Runs a guest to its end; its lines.
  private func lines(_ emulator: String, _ row: Row) throws -> [String] {
    let folder = try ScratchFolder()
    // li r3,77; blr: what the guest reads over its code.
    let sector: [UInt8] = [0x38, 0x60, 0, 77, 0x4e, 0x80, 0, 0x20]
    let disk = try folder.file("disk", sector + [UInt8](repeating: 0, count: 65536 - 8))
    let program = try RunningProgram(
      [emulator, "-M", row.board, "-bios", SystemProgram.guests + row.guest]
        + ["-drive", "file=\(disk),format=raw", "-monitor", "none"] + SystemProgram.bare)
    try program.console.expect("BEGIN\r\n", within: 60)
    let text = try program.console.expect("END ", within: 120)
    program.signal(SIGTERM)
    program.wait()
    return text.replacingOccurrences(of: "\r", with: "").components(separatedBy: "\n")
  }

  /// What the guest prints that QEMU decides: see `qemu`.
  private func values(_ row: Row) throws -> [Substring] {
    let file = Bundle.module.url(
      forResource: "\(row.guest)-\(row.board)", withExtension: "txt", subdirectory: "Expected")
    guard let file else { return [] }
    return try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
  }

  @Test("The machine is as the manuals have it", arguments: Row.all)
  func machine(row: Row) throws {
    let lines = try lines(Place.product("lyrebird-system-ppc"), row)
    var section = ""
    for line in lines {
      if line.hasPrefix("#") { section = line }
      #expect(!line.hasPrefix("bad"), "\(section) \(line)")
    }
    #expect(lines.contains { $0.hasPrefix("ok ") || $0.hasPrefix("value ") })
    let values = try values(row)
    if !values.isEmpty {
      #expect(
        lines.filter { $0.hasPrefix("value") }
          == values.filter { $0.hasPrefix("value") }.map(String.init))
    }
  }

  @Test(
    "QEMU agrees, but for known deviations",
    .enabled(if: Place.exists(SystemProgram.qemu), "no qemu-system-ppc here"),
    arguments: Row.all)
  func qemu(row: Row) throws {
    let known = GuestDeviations.all[row.guest] ?? []
    let lines = try lines(SystemProgram.qemu, row)
    var section = ""
    for line in lines {
      if line.hasPrefix("# ") { section = String(line.dropFirst(2)) }
      guard line.hasPrefix("bad ") else { continue }
      let name = section + " " + line.dropFirst(4).prefix { $0 != ":" }
      #expect(known.contains(name), "\(name): \(line)")
    }
    let values = try values(row)
    if !values.isEmpty {
      #expect(
        lines.filter { $0.hasPrefix("value") }
          == values.filter { $0.hasPrefix("value") }.map(String.init))
    }
  }
}
