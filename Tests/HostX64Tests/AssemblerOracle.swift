import Foundation
import HostX64

/// Instructions written by our assembler, each beside its text in Intel syntax, to be compared with
/// GNU `as` (text to bytes) and `objdump` (bytes to text).
struct Listing {
  /// Where the listing pretends to execute.
  static let runtimeAddress: UInt = 0x1000_0000

  struct Entry {
    let text: String
    let offset: Int
    let bytes: [UInt8]
    let isNear: Bool
  }

  var entries: [Entry] = []
  var byteCount = 0
  /// What went wrong while writing: room and bounds.
  var faults: [String] = []

  /// Writes one instruction into exactly `Assembler.room` bytes, and checks that it stays inside
  /// them, and that it is refused where one byte is missing.
  mutating func add(_ text: String, _ emit: (inout Assembler) -> Void) {
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 64) { buffer in
      buffer.initialize(repeating: 0xa5)
      let start = buffer.baseAddress! + 16
      let address = Listing.runtimeAddress &+ UInt(byteCount)
      var short = Assembler(
        start: start, limit: start + Assembler.room - 1, runtimeAddress: address)
      emit(&short)
      if !short.overflowed || short.offset != 0 || buffer.contains(where: { $0 != 0xa5 }) {
        faults.append("written without room: \(text)")
      }
      var assembler = Assembler(
        start: start, limit: start + Assembler.room, runtimeAddress: address)
      emit(&assembler)
      let outside = Array(buffer[..<16]) + Array(buffer[(16 + Assembler.room)...])
      if assembler.overflowed || assembler.offset == 0 || outside.contains(where: { $0 != 0xa5 }) {
        faults.append("written outside: \(text)")
      }
      append(text, Array(UnsafeBufferPointer(start: start, count: assembler.offset)))
    }
  }

  /// Appends an instruction that is already encoded.
  private mutating func append(_ text: String, _ bytes: [UInt8]) {
    let end = Listing.runtimeAddress &+ UInt(byteCount + bytes.count)
    let distance = Int(bitPattern: sampleNearTarget &- end)
    let resolved = text.replacingOccurrences(
      of: nearPlaceholder, with: distance < 0 ? "rip\(distance)" : "rip+\(distance)")
    let parts = resolved.components(separatedBy: addressSizePrefix)
    let line = parts.count == 1 ? resolved : addressSizePrefix + parts.joined()
    entries.append(
      Entry(text: line, offset: byteCount, bytes: bytes, isNear: text.contains(nearPlaceholder)))
    byteCount += bytes.count
  }

  /// `as` writes this as a plain NOP; ours has a REX prefix as well.
  private static let exceptions: Set<String> = ["xchg rax, rax"]

  /// Every disagreement with the two tools: wrong text, other bytes, a longer encoding.
  func disagreements() throws -> [String] {
    let ours = try Binutils.disassemble(entries.flatMap(\.bytes), at: Listing.runtimeAddress)
    let theirs = try Binutils.assemble(entries.map(\.text))
    guard theirs.count == entries.count else {
      return ["as made \(theirs.count) instructions of \(entries.count) lines"]
    }
    var found = faults
    let byOffset = Dictionary(
      uniqueKeysWithValues: ours.map { ($0.address &- Listing.runtimeAddress, $0) })
    for (entry, other) in zip(entries, theirs) where !Listing.exceptions.contains(entry.text) {
      guard let our = byOffset[UInt(entry.offset)], our.bytes.count == entry.bytes.count else {
        found.append("\(entry.text): \(hex(entry.bytes)) does not disassemble as one instruction")
        continue
      }
      let isSame = our.bytes == other.bytes || our.text == other.text
      let isNearRight = !entry.isNear || our.comment == "0x" + String(sampleNearTarget, radix: 16)
      if !isSame || !isNearRight || our.bytes.count > other.bytes.count {
        found.append(
          "\(entry.text): ours \(hex(our.bytes)) \(our.text) \(our.comment);"
            + " as \(hex(other.bytes)) \(other.text)")
      }
    }
    return found
  }
}

/// Bytes as `objdump` shows them.
func hex(_ bytes: [UInt8]) -> String {
  bytes.map { String(format: "%02x", $0) }.joined(separator: " ")
}

/// The independent assembler and disassembler, Debian package `binutils`.
enum Binutils {
  struct Instruction {
    let address: UInt
    let bytes: [UInt8]
    /// Mnemonic and operands, with single spaces.
    let text: String
    /// What follows `#`: the target of an operand relative to the instruction pointer.
    let comment: String
  }

  struct Failure: Error { let message: String }

  static let assembler = "/usr/bin/as"
  static let disassembler = "/usr/bin/objdump"

  /// Whether both tools are there and are those of an x86-64 host.
  static let isPresent: Bool = {
    guard FileManager.default.isExecutableFile(atPath: assembler),
      FileManager.default.isExecutableFile(atPath: disassembler)
    else { return false }
    return (try? assemble(["cqo"]))?.first?.bytes == [0x48, 0x99]
  }()

  /// Assembles one instruction per line, and disassembles the result.
  static func assemble(_ lines: [String]) throws -> [Instruction] {
    try inTemporaryDirectory { directory in
      let source = directory + "/source.s"
      let object = directory + "/source.o"
      let text = ".intel_syntax noprefix\n" + lines.joined(separator: "\n") + "\n"
      try text.write(toFile: source, atomically: false, encoding: .utf8)
      _ = try run(assembler, ["--64", "-o", object, source])
      return try parse(run(disassembler, ["-d", "-z", "-w", "-M", "intel", object]))
    }
  }

  /// Disassembles `bytes` as code that executes at `address`.
  static func disassemble(_ bytes: [UInt8], at address: UInt) throws -> [Instruction] {
    try inTemporaryDirectory { directory in
      let file = directory + "/code.bin"
      try Data(bytes).write(to: URL(fileURLWithPath: file))
      let options = ["-D", "-z", "-w", "-b", "binary", "-m", "i386:x86-64", "-M", "intel"]
      return try parse(run(disassembler, options + ["--adjust-vma=\(address)", file]))
    }
  }

  private static func inTemporaryDirectory<R>(_ body: (String) throws -> R) throws -> R {
    let directory = NSTemporaryDirectory() + "/assembler-\(UUID().uuidString)"
    try FileManager.default.createDirectory(
      atPath: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: directory) }
    return try body(directory)
  }

  private static func run(_ tool: String, _ arguments: [String]) throws -> Data {
    let process = Process()
    let output = Pipe()
    process.executableURL = URL(fileURLWithPath: tool)
    process.arguments = arguments
    process.standardOutput = output
    process.standardError = output
    try process.run()
    let data = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      throw Failure(message: "\(tool): " + String(decoding: data.prefix(2000), as: UTF8.self))
    }
    return data
  }

  /// Lines of the form `address: TAB bytes TAB text # comment`.
  private static func parse(_ data: Data) -> [Instruction] {
    var result: [Instruction] = []
    for line in data.split(separator: UInt8(ascii: "\n")) {
      let fields = line.split(separator: UInt8(ascii: "\t"), omittingEmptySubsequences: false)
      guard fields.count == 3, fields[0].last == UInt8(ascii: ":") else { continue }
      let words = { (field: Data.SubSequence) in
        String(decoding: field, as: UTF8.self).split(separator: " ")
      }
      guard let address = words(fields[0]).first.flatMap({ UInt($0.dropLast(), radix: 16) })
      else { continue }
      let bytes = words(fields[1]).compactMap { UInt8($0, radix: 16) }
      let parts = words(fields[2]).split(separator: "#", omittingEmptySubsequences: false)
      let text = (parts.first ?? []).joined(separator: " ")
      let comment = parts.count > 1 ? parts[1].joined(separator: " ") : ""
      result.append(Instruction(address: address, bytes: bytes, text: text, comment: comment))
    }
    return result
  }
}
