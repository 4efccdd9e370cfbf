import Testing

@testable import IR

/// A small guest: globals with the names of the log samples, of every type, and two helpers.
enum Sample {
  /// i32 globals r0 to r7 and more, then two i64, one f32 and one f64, 8 bytes apart; and one
  /// that lies below env.
  static let globals: [Global] = {
    let words = (0..<8).map { "r\($0)" } + ["nip", "ctr", "CA", "SO", "crf0", "access_type"]
    let types: [(String, ValueType)] =
      words.map { ($0, .i32) } + [("cr0", .i64), ("cr1", .i64), ("s0", .f32), ("f0", .f64)]
    let above = types.enumerated().map { Global($1.0, $1.1, offset: 8 * $0) }
    return above + [Global("reserve", .i32, offset: -8)]
  }()

  /// The helper of the samples, which here stores its operands as nip and ctr; and one that
  /// returns `a * b + c`.
  static var helpers: [Helper] {
    typealias Function = @convention(c) (UnsafeMutableRawPointer, UInt64, UInt64, UInt64) -> UInt64
    let raise: Function = { env, a, b, _ in
      env.storeBytes(of: UInt32(truncatingIfNeeded: a), toByteOffset: 8 * 8, as: UInt32.self)
      env.storeBytes(of: UInt32(truncatingIfNeeded: b), toByteOffset: 8 * 9, as: UInt32.self)
      return 0
    }
    let combine: Function = { _, a, b, c in a &* b &+ c }
    return [
      Helper(
        "raise_exception_err", unsafeBitCast(raise, to: UnsafeRawPointer.self),
        flags: HelperFlags(rawValue: 10)),
      Helper("combine", unsafeBitCast(combine, to: UnsafeRawPointer.self), flags: .pure),
    ]
  }

  /// The guest's names. Safe to share: nothing changes them.
  nonisolated(unsafe) static let names = BlockNames(globals: globals, helpers: helpers)

  /// A global's temp.
  static func temp(_ name: String) -> TempIndex {
    TempIndex(globals.firstIndex { $0.name == name }! + 1)
  }

  /// Runs `body` with an empty block that is freed afterwards.
  static func withBlock<T>(_ body: (Block) throws -> T) rethrows -> T {
    let block = Block(names: names)
    defer { block.deallocate() }
    return try body(block)
  }
}

extension Block {
  /// The block's text.
  func text(life: Bool = false) -> String {
    var text = ""
    print(into: &text, life: life)
    return text
  }
}
