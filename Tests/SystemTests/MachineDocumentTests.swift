import Foundation
import Machine
import ProcessSupport
import Testing

@testable import Boards

/// docs/Machines.md is what the tables of the boards say. LYREBIRD_BLESS=1 writes it anew.
struct MachineDocumentTests {
  private static let head = """
    # Machines

    The memory maps and interrupt wiring, generated from the tables in `Sources/Boards` (`LYREBIRD_BLESS=1 swift test --filter MachineDocumentTests`
    writes this file anew; a test compares it). Addresses are physical; those of mac-io count from its BAR, which the firmware sets.

    """

  @Test("docs/Machines.md is up to date")
  func document() throws {
    let text = try ([Self.head] + Board.all.map(Self.section)).joined(separator: "\n")
    let path = Place.package + "/docs/Machines.md"
    if ProcessInfo.processInfo.environment["LYREBIRD_BLESS"] != nil {
      try text.write(toFile: path, atomically: true, encoding: .utf8)
    }
    #expect(try String(contentsOfFile: path, encoding: .utf8) == text, "LYREBIRD_BLESS=1 writes it")
  }

  /// All that is said of a board.
  private static func section(_ board: Board) throws -> String {
    let names = ([board.name] + board.aliases).map { "`\($0)`" }.joined(separator: ", ")
    return """
      ## \(names): \(board.title)

      | | |
      |---|---|
      | Processor | \(board.defaultProcessor), \(board.clockFrequency / 1_000_000) MHz, bus \(board.busFrequency / 1_000_000) MHz |
      | Time base and decrementer | \(Double(board.timeBaseFrequency) / 1_000_000) MHz |
      | Memory | from 0, 128 MiB unless `-m` says otherwise, at most \(board.maximumMemory >> 20) MiB |
      | Firmware | \(hexadecimal(board.rom.address)), \(size(UInt64(board.rom.size))), read-only; reset vector 0xfff00100 |

      | Address | Size | What |
      |---|---|---|
      \(try rows(board, .memory, ""))
      | mac-io | Size | What |
      |---|---|---|
      \(try rows(board, .macIO, "+"))
      | Input of the interrupt controller | From |
      |---|---|
      \(wires(board))
      """
  }

  private static func rows(
    _ board: Board, _ place: Placement.Place, _ sign: String
  ) throws -> String {
    let parts = try [false, true].map { hasPMU in
      var wishes = Parts.Wishes()
      wishes.hasPMU = hasPMU
      return try Parts(
        board, memory: Bus("system"), clock: Clock { 0 }, output: InterruptLine("INT"), wishes)
    }
    return board.placements.filter { $0.place == place }.sorted { $0.address < $1.address }.map {
      placement in
      let window = parts.lazy.compactMap { placement.window($0) }.first
      let bytes = window.map { size($0.size) } ?? "?"
      return "| \(sign)\(hexadecimal(placement.address)) | \(bytes) | \(placement.name) |\n"
    }.joined()
  }

  private static func wires(_ board: Board) -> String {
    board.wires.sorted { $0.input < $1.input }
      .map { "| \($0.input) | \($0.signal.rawValue) |\n" }.joined()
  }

  private static func hexadecimal(_ number: UInt64) -> String {
    "0x" + String(number, radix: 16)
  }

  private static func size(_ bytes: UInt64) -> String {
    for (shift, unit) in [(20, "MiB"), (10, "KiB")] where bytes % (1 << UInt64(shift)) == 0 {
      return "\(bytes >> UInt64(shift)) \(unit)"
    }
    return "\(bytes)"
  }
}
