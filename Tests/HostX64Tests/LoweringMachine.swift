import EngineSupport
import Foundation
import Optimizer
import RegisterAllocation
import Translation

@testable import HostX64
@testable import IR

/// A made-up guest: globals of every type, of which eleven words live in host registers, and the
/// whole way from its ops to the end of their execution.
final class LoweringMachine {
  /// Globals by place: words with a home, words, doublewords, singles, doubles.
  static let homes = 11, others = 8
  static let types: [ValueType] = [.i32, .i64, .f32, .f64]

  /// Numbers of temps: those with homes first.
  static func home(_ n: Int) -> TempIndex { TempIndex(1 + n) }
  static func global(_ type: ValueType, _ n: Int) -> TempIndex {
    TempIndex(1 + homes + types.firstIndex(of: type)! * others + n)
  }

  nonisolated(unsafe) static let names: BlockNames = {
    var globals = (0..<homes).map { Global("h\($0)", .i32, offset: 8 * $0) }
    for type in types {
      for n in 0..<others {
        globals.append(Global("\(type.name)_\(n)", type, offset: 8 * globals.count))
      }
    }
    return BlockNames(globals: globals, helpers: [])
  }()

  let block = Block(names: names)
  let features: Features
  private let host: X64Host
  private let allocator: LocalAllocator
  private var optimizer: Optimizer
  private let buffer: CodeBuffer
  private let stubs: HostStubs
  private let memory = UnsafeMutableRawPointer.allocate(byteCount: 4096, alignment: 64)
  private let returnStack = UnsafeMutableRawPointer.allocate(byteCount: 4096, alignment: 64)
  private let enter: @convention(c) (UnsafeMutableRawPointer, UInt) -> Void
  private static let envOffset = 1024

  static let layout = EnvironmentLayout(
    size: 4096, envOffset: envOffset, exitRequest: 2000, jumpTable: 2008, codeBase: 2016,
    returnStack: 2024, hostStack: 2032, returnStackTop: 2040, exitKind: 2048, exitPayload: 2052,
    spillSlots: -1000, spillSlotCount: 31, programCounter: 2056)

  init(_ features: Features, guestBaseIsZero: Bool = true) throws {
    self.features = features
    host = X64Host(features: features, guestBaseIsZero: guestBaseIsZero)
    buffer = try CodeBuffer(size: 1 << 20, near: 1 << 40)
    let placed = zip(0..<Self.homes, X64Host.homeRegisters).map { (Self.home($0), $1) }
    stubs = host.writeStubs(
      in: CodeSpace(
        start: buffer.writable, limit: buffer.writable + buffer.size,
        runtimeAddress: buffer.executable),
      block: block, homes: placed.map { ($1, 8 * Int($0 - 1)) }, layout: Self.layout, helpers: [])
    allocator = LocalAllocator(
      block: block, file: host.registerFile, homes: Dictionary(uniqueKeysWithValues: placed),
      layout: Self.layout)
    optimizer = Optimizer(block, passes: [], homes: placed.map { $0.0 })
    enter = unsafeBitCast(
      stubs.enter, to: (@convention(c) (UnsafeMutableRawPointer, UInt) -> Void).self)
  }

  deinit {
    block.deallocate()
    optimizer.deallocate()
    memory.deallocate()
    returnStack.deallocate()
  }

  var env: UnsafeMutableRawPointer { memory + Self.envOffset }

  /// The contents of a global.
  subscript(temp: TempIndex) -> UInt64 {
    get {
      let global = Self.names.globals[Int(temp) - 1]
      return global.type.bits == 32
        ? UInt64(env.load(fromByteOffset: global.offset, as: UInt32.self))
        : env.load(fromByteOffset: global.offset, as: UInt64.self)
    }
    set { env.storeBytes(of: newValue, toByteOffset: Int(8 * (temp - 1)), as: UInt64.self) }
  }

  /// Makes code of the ops that `body` appends, in some bytes; nil, or what is wrong.
  func compile(room: Int = 1 << 16, _ body: (Builder) -> Void) -> String? {
    block.clear()
    let builder = Builder(block)
    builder.beginInstruction(0)
    body(builder)
    builder.effect(.exit_tb, constant: ExitKind.exception.rawValue, constant2: 7)
    builder.finish()
    if let problem = block.verify().first { return "\(problem)" }
    optimizer.run(block)
    allocator.run()
    (buffer.writable + start + room).update(repeating: 0xcc, count: 256)
    let space = CodeSpace(
      start: buffer.writable + start, limit: buffer.writable + start + room,
      runtimeAddress: buffer.executable + UInt(start))
    guard let size = host.emit(block, allocator, in: space, linkBase: 0) else { return "no room" }
    code = UnsafeRawBufferPointer(start: space.start, count: size)
    entry = space.runtimeAddress
    return nil
  }

  private var start: Int { (stubs.size + 15) & ~15 }

  /// Whether the bytes behind the room of a block are as they were.
  func isUntouched(behind room: Int) -> Bool {
    UnsafeBufferPointer(start: buffer.writable + start + room, count: 256).allSatisfy { $0 == 0xcc }
  }

  private var entry: UInt = 0
  /// The code made last.
  private(set) var code = UnsafeRawBufferPointer(start: nil, count: 0)

  /// Runs the code made last; false if it did not leave as it should.
  func run() -> Bool {
    env.storeBytes(
      of: UInt(bitPattern: returnStack + 2048), toByteOffset: Self.layout.returnStack,
      as: UInt.self)
    enter(env, entry)
    return env.load(fromByteOffset: Self.layout.exitPayload, as: UInt32.self) == 7
  }
}

/// Where an operand comes from.
enum OperandPlace: CaseIterable {
  /// A global with a home, one without, a value in a scratch register, a constant, or the same
  /// temp as operand 0.
  case home, global, value, constant, same
}

/// Where a result goes.
enum ResultPlace: CaseIterable {
  /// A global with a home, one without, a value, or the global that is operand 0.
  case home, global, value, operand
}

/// Values around which ops change their mind, and some at random.
struct EdgeValues {
  private var state: UInt64
  init(_ seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state = state &* 0x5851_f42d_4c95_7f2d &+ 0x1405_7b7e_f767_814f
    let mixed = state ^ state >> 29
    return mixed &* 0xff51_afd7_ed55_8ccd ^ mixed >> 32
  }

  mutating func below(_ n: Int) -> Int { Int(next() % UInt64(n)) }

  private static let edges: [UInt64] = [
    0, 1, 2, 3, 7, 8, 31, 32, 33, 63, 64, 0x7f, 0x80, 0xff, 0x100, 0x7fff, 0x8000, 0xffff,
    0x1_0000, 0x7fff_ffff, 0x8000_0000, 0xffff_fffe, 0xffff_ffff, 1 << 32, 0x1_8000_0000,
    0x7fff_ffff_ffff_ffff, 1 << 63, ~0 - 1, ~0, 0xffff_ffff_8000_0000, 0xffff_ffff_7fff_ffff,
    1 << 62, 1 << 61, 0xffff_ffff_ffff_ff80,
  ]
  private static let floats: [Double] = [
    0, -0.0, 1, -1, 0.5, 2, 3, 1e300, -1e300, 1e-300, .infinity, -.infinity, .nan, 2147483647,
    -2147483648, 2147483648, 9.3e18, -9.3e18, 1.5, -2.5, Double.leastNonzeroMagnitude,
    .greatestFiniteMagnitude,
  ]

  mutating func value(_ type: ValueType) -> UInt64 {
    switch type {
    case .i32: (below(3) == 0 ? next() : Self.edges[below(Self.edges.count)]) & 0xffff_ffff
    case .f32: UInt64(Float(Self.floats[below(Self.floats.count)]).bitPattern)
    case .f64: Self.floats[below(Self.floats.count)].bitPattern
    default: below(3) == 0 ? next() : Self.edges[below(Self.edges.count)]
    }
  }
}
