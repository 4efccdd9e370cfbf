import EngineSupport
import Foundation
import HostX64
import Testing
import Translation

@testable import GuestPowerPC

/// Floating point by the host against the software unit, on the levels of `OperandLevel` and in
/// every rounding mode: result and FPSCR.
@Suite("Floating point by the host, on levels of operands", .serialized)
struct FloatLevelTests {
  typealias Row = FloatByHostTests.Row

  private static let isLong = ProcessInfo.processInfo.environment["LYREBIRD_LONG"] != nil
  /// FX, VX and every exception bit that goes with it; a class.
  private static let sticky: UInt32 = 0xbff8_8700

  /// Runs an instruction on operands until `next` has none left: in all rounding modes, or in one of
  /// them, with sticky bits or without.
  private func check(
    _ row: Row, inAllModes: Bool, fromMemory: Bool = false, _ next: (Int) -> [UInt64]?
  ) throws {
    var failures: [String] = []
    try HostProcess.lock.withLock { _ in
      for (space, features) in FloatByHostTests.configurations {
        let runner = try SingleRunner(row, space, features, fromMemory: fromMemory)
        var index = 0
        while let operands = next(index), failures.count < 10 {
          var choice = OperandGenerator(state: UInt64(index))
          let bits = UInt32(truncatingIfNeeded: choice.next())
          for mode in inAllModes ? 0..<4 : bits & 3..<(bits & 3) + 1 {
            let sticky = bits >> (4 + mode) & 1 == 0 ? 0 : Self.sticky
            if let failure = try runner.compare(sticky | mode, operands) {
              failures.append(failure)
            }
          }
          index += 1
        }
      }
    }
    #expect(failures.isEmpty, "\(failures.joined(separator: "\n"))")
  }

  @Test(
    "Level 1: one operand, two operands", arguments: FloatByHostTests.rows.filter { $0.arity < 3 })
  func first(row: Row) throws {
    guard row.arity == 2 else {
      // Narrowing is where the ends of the range of singles matter, which level 2 has.
      let level = OperandLevel.second(isSingle: row.isSingle)
      return try check(row, inAllModes: true) { $0 < level.count ? [level[$0], 0, 0] : nil }
    }
    let level = OperandLevel.first(isSingle: row.isSingle)
    try check(row, inAllModes: true) { Self.pair(level, $0) }
  }

  private static func pair(_ level: OperandLevel, _ index: Int) -> [UInt64]? {
    let (a, b) = index.quotientAndRemainder(dividingBy: level.count)
    return a < level.count ? [level[a], level[b], 0] : nil
  }

  @Test("Level 1: three operands", arguments: FloatByHostTests.rows.filter { $0.arity == 3 })
  func firstTriples(row: Row) throws {
    let level = OperandLevel.first(isSingle: row.isSingle)
    let count = Self.isLong ? level.count * level.count * level.count : 20_000
    try check(row, inAllModes: false) { Self.triple(level, $0, of: count) }
  }

  /// Every triple once in the end, in an order in which all three change: the step is a prime.
  private static func triple(_ level: OperandLevel, _ number: Int, of count: Int) -> [UInt64]? {
    let index = number &* 1_299_709 % (level.count * level.count * level.count)
    let (rest, c) = index.quotientAndRemainder(dividingBy: level.count)
    let (a, b) = rest.quotientAndRemainder(dividingBy: level.count)
    return number < count ? [level[a], level[b], level[c]] : nil
  }

  @Test(
    "Level 1, loaded and stored as singles in the same block",
    arguments: FloatByHostTests.rows.filter(\.isSingle))
  func firstSingles(row: Row) throws {
    let level = OperandLevel.first(isSingle: true)
    try check(row, inAllModes: false, fromMemory: true) {
      row.arity == 3 ? Self.triple(level, $0, of: 20_000) : Self.pair(level, $0)
    }
  }

  @Test("Level 2", .enabled(if: isLong), arguments: FloatByHostTests.rows.filter { $0.arity > 1 })
  func second(row: Row) throws {
    let level = OperandLevel.second(isSingle: row.isSingle)
    try check(row, inAllModes: false) {
      var generator = OperandGenerator(state: UInt64($0) << 8)
      return $0 < 1_000_000 ? (0..<3).map { _ in level.pick(&generator) } : nil
    }
  }
}

/// An instruction as it is run: by itself, or behind loads of its operands and before a store of its
/// result. Used under `HostProcess.lock`.
private struct SingleRunner {
  let row: FloatByHostTests.Row
  let runner: CodeRunner
  let space: GuestSpace
  let fromMemory: Bool

  init(
    _ row: FloatByHostTests.Row, _ space: GuestSpace, _ features: Features, fromMemory: Bool
  ) throws {
    (self.row, self.space, self.fromMemory) = (row, space, fromMemory)
    runner = try CodeRunner(space, features)
    let loads = ["lfs f1, 0(r3)", "lfs f2, 4(r3)", "lfs f3, 8(r3)"]
    try runner.load(fromMemory ? loads + [row.text, "stfs f4, 12(r3)"] : [row.text])
    runner.machine.state.pointee.gpr[3] = Layout.memory
    // Other engines of this process map the same place, and fill it anew each time.
    if fromMemory { space.map(Layout.memory, size: Layout.memorySize) }
  }

  private func word(_ index: Int) -> UnsafeMutablePointer<UInt32> {
    UnsafeMutableRawPointer(space.host(Layout.memory)).assumingMemoryBound(to: UInt32.self) + index
  }

  /// What is wrong with the result, or the FPSCR, or the stored result.
  func compare(_ before: UInt32, _ operands: [UInt64]) throws -> String? {
    guard fromMemory else { return try row.compare(runner, before, operands) }
    for (index, operand) in operands.enumerated() {
      word(index).pointee = SoftwareFloat.stfs(operand).bigEndian
    }
    if let failure = try row.compare(runner, before, operands) { return failure }
    let stored = UInt32(bigEndian: word(3).pointee)
    if stored == SoftwareFloat.stfs(runner.machine.state.pointee.fpr[4]) { return nil }
    return "\(row.text) of \(operands.map { hex($0) }): stored as \(hex(UInt64(stored)))"
  }
}
