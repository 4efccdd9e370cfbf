import Foundation
import LinuxUser
import Testing

extension LinuxUserTests {
  /// docs/SystemCalls.md says what the table says. With LYREBIRD_BLESS=1 it is written instead.
  @Suite struct SystemCallDocumentTests {
    private static let file = URL(fileURLWithPath: #filePath)
      .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("docs/SystemCalls.md")

    @Test("Every number of Linux's table has a row or a reason, and the document says which")
    func document() throws {
      let text = Self.text
      if ProcessInfo.processInfo.environment["LYREBIRD_BLESS"] != nil {
        return try text.write(to: Self.file, atomically: true, encoding: .utf8)
      }
      let written = try String(contentsOf: Self.file, encoding: .utf8)
      #expect(written == text, "LYREBIRD_BLESS=1 writes the file anew")
    }

    @Test("No call is both there and absent, and none has two rows")
    func consistency() {
      var seen = Set(AbsentCalls.groups.flatMap(\.calls).map(\.number))
      #expect(seen.count == AbsentCalls.groups.map(\.calls.count).reduce(0, +))
      for row in SystemCallTable.rows {
        #expect(seen.insert(row.number).inserted, "\(row.number) \(row.name)")
        #expect(row.number < AbsentCalls.count, "\(row.number) \(row.name)")
      }
      // The numbers that the table of Linux 6.1 leaves free.
      let free = [224, 257] + Array(366...377) + Array(389...392) + [415, 447]
      #expect(Set(0..<AbsentCalls.count).subtracting(seen) == Set(free))
    }

    private static var text: String {
      let numbers = 0..<AbsentCalls.count
      let rows = numbers.compactMap { SystemCallTable.row($0) }
      let passed = rows.count(where: \.isPassedOn)
      let absent = AbsentCalls.groups.map(\.calls.count).reduce(0, +)
      var lines = [
        "# System calls of user mode", "",
        "Written by `LYREBIRD_BLESS=1` and the tests of `LinuxUserTests` from the tables in",
        "`Sources/LinuxUser` (`SystemCallTable`, `AbsentCalls`): every number of Linux 6.1's table",
        "for 32-bit PowerPC.", "",
        "- *passed on*: the host's call with the guest's addresses made the host's: \(passed)",
        "- *implemented*: with structures, flags or signals converted: \(rows.count - passed)",
        "- *absent*: gives ENOSYS and is named once in the log, for the reason given: \(absent)",
        "",
        "| Number | Name | |", "|---:|---|---|",
      ]
      for number in numbers {
        if let row = SystemCallTable.row(number) {
          let limit = AbsentCalls.limits[number].map { "; \($0)" } ?? ""
          let kind = row.isPassedOn ? "passed on" : "implemented"
          lines.append("| \(number) | `\(row.name)` | \(kind)\(limit) |")
        } else if let (name, reason) = AbsentCalls.entry(number) {
          lines.append("| \(number) | `\(name)` | absent: \(reason) |")
        } else {
          lines.append("| \(number) | | no call has this number |")
        }
      }
      return lines.joined(separator: "\n") + "\n"
    }
  }
}
