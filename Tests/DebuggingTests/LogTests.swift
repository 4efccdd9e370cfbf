import Foundation
import Testing

/// The log of a whole run, from outside.
struct LogTests {
  /// Runs hello with a log, and gives the log's lines.
  private func log(_ options: [String], guest name: String = "hello") throws -> [String]? {
    guard let guest = Command.guest(name) else { return nil }
    let path = NSTemporaryDirectory() + "lyrebird-\(UUID().uuidString).log"
    defer { unlink(path) }
    let result = try Command.lyrebird(options + ["-D", path, guest])
    #expect(result.status == 0 && result.errors.isEmpty, "\(result.errors)")
    let text = String(decoding: try Data(contentsOf: URL(fileURLWithPath: path)), as: UTF8.self)
    return text.split(separator: "\n", omittingEmptySubsequences: false).map { String($0) }
  }

  @Test("Guest code is listed with the words that are in the file, and their text")
  func guestCode() throws {
    guard let lines = try log(["-d", "in_asm"]), let guest = Command.guest("hello") else { return }
    let tool = "/usr/bin/powerpc-linux-gnu-objdump"
    guard FileManager.default.isExecutableFile(atPath: tool) else { return }
    var words: [String: String] = [:]
    for line in try Command.run(tool, ["-d", guest]).text.split(separator: "\n") {
      let parts = line.split(separator: "\t")
      guard parts.count > 2, parts[0].hasSuffix(":") else { continue }
      words["0x" + parts[0].dropLast()] = parts[1].filter { $0 != " " }
    }
    var count = 0
    for line in lines where line.hasPrefix("0x") {
      let word = words[String(line.prefix(10))]
      #expect(word == nil || line.dropFirst(13).prefix(8) == word!, "\(line)")
      #expect(line.dropFirst(10).hasPrefix(":  ") && line.dropFirst(21).hasPrefix("  "), "\(line)")
      count += 1
    }
    #expect(count > 1000)
    #expect(lines.contains("IN: main"))
    #expect(lines.filter { $0 == "----------------" }.count > 100)
  }

  @Test("Every stage of a block is shown, in order, with the guest address at each")
  func stages() throws {
    guard let all = try log(["-d", "in_asm,op,op_opt,out_asm"]) else { return }
    #expect(all[0].hasPrefix("PROLOGUE: [size="))
    let places = all.indices.filter { all[$0] == "----------------" }
    for (start, end) in zip(places, places.dropFirst() + [all.count]) {
      let block = all[start..<end]
      let titles = ["IN: ", "OP:", "OP after optimization and liveness analysis:", "OUT: [size="]
      let found = titles.map { title in block.firstIndex { $0.hasPrefix(title) } ?? -1 }
      #expect(found.allSatisfy { $0 >= 0 } && found == found.sorted(), "block at line \(start)")
      let address = block[start + 2].prefix(10)
      #expect(block.contains { $0.hasPrefix(" ---- \(address.dropFirst(2))") })
      #expect(block.contains { $0 == "  -- guest addr \(address) + tb prologue" })
    }
  }

  /// The names are those of QEMU 7.2's log, in its order.
  @Test("-d page ends with where the parts of the program are")
  func pages() throws {
    guard let lines = try log(["-d", "page"]), let guest = Command.guest("hello") else { return }
    #expect(lines[1] == "page layout changed following binary load")
    let names = "start_brk end_code start_code start_data end_data start_stack brk entry argv_start"
    let wanted = (names + " env_start auxv_start").split(separator: " ")
    let parts = lines.suffix(12).dropLast().map { $0.split(separator: " ") }
    #expect(parts.map(\.first) == wanted && parts.allSatisfy { $0.count == 2 }, "\(parts)")
    let values = parts.map { UInt32($0[1].dropFirst(2), radix: 16) ?? 0 }
    let tool = "/usr/bin/powerpc-linux-gnu-readelf"
    guard FileManager.default.isExecutableFile(atPath: tool) else { return }
    for line in try Command.run(tool, ["-hlW", guest]).text.split(separator: "\n") {
      let words = line.split(separator: " ")
      if line.contains("Entry point address") { #expect(parts[7][1] == words.last!) }
      guard words.first == "LOAD", let start = UInt32(words[2].dropFirst(2), radix: 16),
        let size = UInt32(words[4].dropFirst(2), radix: 16)
      else { continue }
      let isCode = words.contains("E")
      #expect(values[isCode ? 2 : 3] == start && values[isCode ? 1 : 4] == start + size, "\(line)")
    }
    // One argument: its pointer and a zero; the environment lies between.
    #expect(values[8] == values[5] + 4 && values[9] == values[8] + 8 && values[10] > values[9])
  }

  @Test("Functions of shared libraries have names")
  func libraries() throws {
    guard let lines = try log(["-d", "in_asm"], guest: "hello-dynamic") else { return }
    #expect(lines.contains { ["IN: puts", "IN: _IO_puts"].contains($0) })
  }

  @Test("-dfilter limits what is logged")
  func filter() throws {
    guard let all = try log(["-d", "in_asm,exec"]) else { return }
    guard let place = all.firstIndex(of: "IN: main") else { return }
    let address = all[place + 1].prefix(10)
    guard let lines = try log(["-d", "in_asm,exec", "-dfilter", "\(address)+4"]) else { return }
    #expect(lines.filter { $0.hasPrefix("IN: ") } == ["IN: main"])
    let traces = lines.filter { $0.hasPrefix("Trace ") }
    #expect(!traces.isEmpty)
    let field = "/\(address.dropFirst(2))/"
    #expect(traces.allSatisfy { $0.contains(field) && $0.hasSuffix("] main") })
  }

  @Test("With nochain every block is traced; with -one-insn-per-tb every instruction")
  func trace() throws {
    guard let chained = try log(["-d", "exec"]), let all = try log(["-d", "exec,nochain"]),
      let single = try log(["-d", "exec,nochain", "-one-insn-per-tb"])
    else { return }
    let counts = [chained, all, single].map { $0.filter { $0.hasPrefix("Trace 0: 0x") }.count }
    #expect(counts[0] < counts[1] && counts[1] < counts[2])
    #expect(counts[2] > 10_000)
    #expect(chained.contains { $0.hasPrefix("Linking TBs 0x") && $0.contains(" index ") })
    #expect(!all.contains { $0.hasPrefix("Linking") })
  }

  @Test("A full disk under the log gives one message and leaves the program alone")
  func fullDisk() throws {
    guard let guest = Command.guest("hello") else { return }
    let result = try Command.lyrebird(["-d", "exec,in_asm", "-D", "/dev/full", guest])
    #expect(result.status == 0)
    #expect(result.text == "Hello from PowerPC.\n")
    #expect(result.errorLines.count == 1)
  }
}
