import Foundation
import Testing

@testable import Devices
@testable import Machine

/// A clock that goes on when the test says so.
final class ManualClock {
  var nanoseconds: Int64 = 0
  private(set) lazy var clock = Clock { [unowned self] in nanoseconds }

  /// Lets time pass and runs what is due.
  func advance(_ step: Int64) {
    nanoseconds += step
    clock.runTimers()
  }
}

/// The far end of a serial line.
final class RecordingPort: CharacterPort {
  var sent: [UInt8] = []
  var onReceive: (([UInt8]) -> Void)?
  var capacity: (() -> Int)?
  var waiting: [UInt8] = []
  func send(_ bytes: [UInt8]) { sent += bytes }

  func type(_ text: String) {
    waiting += Array(text.utf8)
    acceptInput()
  }

  func acceptInput() {
    let count = min(waiting.count, capacity?() ?? 0)
    guard count > 0 else { return }
    let bytes = Array(waiting.prefix(count))
    waiting.removeFirst(count)
    onReceive?(bytes)
  }
}

/// A reproducible source of numbers (Knuth's MMIX constants).
struct Generator: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return state ^ state >> 29
  }
}

/// How many accesses the random tests make.
let randomCount =
  ProcessInfo.processInfo.environment["LYREBIRD_LONG"] == nil ? 20_000 : 2_000_000

/// One access to a register as QEMU's trace of a boot shows it.
struct Access {
  let isWrite: Bool
  /// Not an access: a second of the clock has passed.
  let isSecond: Bool
  /// Not an access: a DMA channel is started.
  let isDMA: Bool
  let offset: UInt64
  let value: UInt64
  /// Bytes.
  let size: Int

  /// The accesses of a file in `Tests/DeviceTraces`: `r` or `w`, offset and value in hexadecimal;
  /// `t` for a second, `d` for a start of DMA; a size in bytes may follow.
  static func trace(_ name: String) throws -> [Access] {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    let text = try String(
      contentsOf: folder.appendingPathComponent("../DeviceTraces/\(name)"), encoding: .utf8)
    return try text.split(separator: "\n").map { line in
      let words = line.split(separator: " ")
      return Access(
        isWrite: words[0] == "w", isSecond: words[0] == "t", isDMA: words[0] == "d",
        offset: try #require(UInt64(words[1], radix: 16)),
        value: try #require(UInt64(words[2], radix: 16)),
        size: words.count > 3 ? Int(words[3]) ?? 1 : 1)
    }
  }
}

/// A bus with one window of registers at 0, driven as a guest does.
final class Registers {
  let bus = Bus("test")
  /// Bytes of an access where none is said.
  let width: Int

  init(_ window: Window, width: Int = 1) {
    self.width = width
    try! bus.map(window, at: 0)
  }

  subscript(offset: UInt64) -> UInt64 {
    get { read(offset, width) }
    set { bus.write(offset, width, newValue) }
  }

  func read(_ offset: UInt64, _ size: Int) -> UInt64 { bus.read(offset, size) ?? ~0 }
  func write(_ offset: UInt64, _ size: Int, _ value: UInt64) { bus.write(offset, size, value) }

  /// A register of a little-endian device, as the driver's accessors swap it.
  func little(_ offset: UInt64) -> UInt32 {
    UInt32(truncatingIfNeeded: read(offset, 4)).byteSwapped
  }

  func setLittle(_ offset: UInt64, _ value: UInt32) {
    write(offset, 4, UInt64(value.byteSwapped))
  }

  /// Random accesses all over the window; what they yield does not matter.
  func hammer(_ seed: UInt64, below size: UInt64, also event: (inout Generator) -> Void) {
    var generator = Generator(state: seed)
    for _ in 0..<randomCount {
      let width = [1, 1, 2, 4].randomElement(using: &generator)!
      let offset = UInt64.random(in: 0..<size, using: &generator) & ~UInt64(width - 1)
      if Bool.random(using: &generator) {
        _ = bus.read(offset, width)
      } else {
        bus.write(offset, width, UInt64.random(in: 0..<1 << UInt64(8 * width), using: &generator))
      }
      event(&generator)
    }
  }
}
