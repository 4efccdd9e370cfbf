import IR

/// A small guest for the passes: words `r0`-`r7`, doublewords `d0`-`d3`, and three helpers.
enum Toy {
  static let globals: [Global] =
    (0..<8).map { Global("r\($0)", .i32, offset: 8 * $0) }
    + (0..<4).map { Global("d\($0)", .i64, offset: 64 + 8 * $0) }

  private typealias Function =
    @convention(c) (UnsafeMutableRawPointer, UInt64, UInt64, UInt64) -> UInt64
  private static let sum: Function = { _, a, b, _ in a &+ b }

  /// `pure` may be dropped, `look` reads globals, `change` writes them.
  nonisolated(unsafe) static let names = BlockNames(
    globals: globals,
    helpers: [("pure", .pure), ("look", .noWriteGlobals), ("change", [])].map {
      Helper($0.0, unsafeBitCast(sum, to: UnsafeRawPointer.self), flags: $0.1)
    })

  static func word(_ n: Int) -> TempIndex { TempIndex(1 + n) }
  static func double(_ n: Int) -> TempIndex { TempIndex(9 + n) }
  /// The words that live in host registers.
  static let homes = [word(0), word(1), word(2), word(3)]

  static func withBlock<T>(_ body: (Block) throws -> T) rethrows -> T {
    let block = Block(names: names)
    defer { block.deallocate() }
    return try body(block)
  }

  /// Size of env: the globals, then a row of doublewords that ops can store to.
  static let size = 8192, row = 128

  /// Runs a block on globals; its exit and env afterwards.
  static func interpret(_ block: Block, _ values: [UInt64]) -> (exit: BlockExit, env: [UInt64]) {
    let env = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 8)
    defer { env.deallocate() }
    env.initializeMemory(as: UInt8.self, repeating: 0, count: size)
    for (global, value) in zip(globals, values) {
      let mask: UInt64 = global.type == .i32 ? 0xffff_ffff : ~0
      env.storeBytes(of: value & mask, toByteOffset: global.offset, as: UInt64.self)
    }
    var memory = MemoryWindow(start: 0x1000, bytes: (0..<256).map { UInt8($0) })
    var interpreter = Interpreter(block, env: env)
    let exit = interpreter.run(memory: &memory)
    var words = (0..<size / 8).map { env.load(fromByteOffset: 8 * $0, as: UInt64.self) }
    words += memory.bytes.map(UInt64.init)
    return (exit, words)
  }
}

/// SplitMix64, so that a failure can be repeated.
struct Seeded: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ z >> 30) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ z >> 27) &* 0x94d0_49bb_1331_11eb
    return z ^ z >> 31
  }

  /// A number near an edge, or any.
  mutating func edge() -> UInt64 {
    let edges: [UInt64] = [
      0, 1, 2, 7, 31, 32, 62, 63, 0x7f, 0xff, 0x7fff_ffff, 0x8000_0000, 0x8000_0001, 0xffff_ffff,
      1 << 32, 1 << 61, 1 << 62, 1 << 63, ~0, ~0 - 1, 0xffff_ffff_8000_0000, 0x7fff_ffff_ffff_ffff,
    ]
    return Int.random(in: 0..<3, using: &self) == 0 ? next() : edges.randomElement(using: &self)!
  }

  mutating func globals() -> [UInt64] { (0..<12).map { _ in edge() } }
}
