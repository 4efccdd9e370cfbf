import EngineSupport
import Foundation
import Optimizer
import RegisterAllocation
import Translation

@testable import HostX64
@testable import IR

/// A made-up guest with globals of 128 bits and floating-point modes. Its blocks are texts, which
/// both the interpreter and the host run, from the same state.
final class VectorMachine {
  /// Globals of each type; the first two words have homes.
  static let counts: [(type: ValueType, prefix: String, count: Int)] = [
    (.v128, "v", 28), (.v256, "y", 28), (.i32, "w", 8), (.i64, "q", 8), (.f32, "s", 8),
    (.f64, "d", 8),
  ]

  /// The globals, 16 bytes apart, or as many as they have; those of vectors are not aligned to as
  /// many.
  static let globals: [Global] = {
    var globals: [Global] = []
    var offset = 8
    for row in counts {
      for n in 0..<row.count {
        globals.append(Global("\(row.prefix)\(n)", row.type, offset: offset))
        offset += max(16, row.type.bits / 8)
      }
    }
    return globals
  }()

  /// A field behind the globals that loads and stores may use, and the end of what is compared.
  static let field = globals.last!.offset + 16
  static let compared = field + 32

  /// The guest's names. Safe to share: nothing changes them.
  nonisolated(unsafe) private static let names = BlockNames(globals: globals, helpers: [])
  /// Where env points in the state, the size of the state, and where the fields start.
  private static let envOffset = 512
  private static let size = 8192
  private static let fields = 2400

  /// The layout: spill slots, of 32 bytes each, are last.
  static let layout: EnvironmentLayout = {
    var layout = EnvironmentLayout(
      size: size, envOffset: envOffset, exitRequest: fields, jumpTable: fields + 8,
      codeBase: fields + 16, returnStack: fields + 24, hostStack: fields + 32,
      returnStackTop: fields + 40, exitKind: fields + 48, exitPayload: fields + 52,
      spillSlots: fields + 256, spillSlotCount: 64, programCounter: fields + 56)
    layout.floatStatus = fields + 64
    layout.floatMode = fields + 72
    layout.hostFloatStatus = fields + 76
    return layout
  }()

  /// The ops under test.
  let block = Block(names: names)
  /// The host and the way to it.
  private let host: X64Host
  private let allocator: LocalAllocator
  private var optimizer: Optimizer
  private let buffer: CodeBuffer
  private let stubs: HostStubs
  /// Enters translated code.
  private let enter: @convention(c) (UnsafeMutableRawPointer, UInt) -> Void
  /// The states of the host and of the interpreter.
  private let states: [UnsafeMutableRawPointer]
  private let returnStack = UnsafeMutableRawPointer.allocate(byteCount: 4096, alignment: 64)
  /// Guest memory, at its own address.
  private let guest: UnsafeMutableRawPointer
  /// Size of the guest memory in bytes.
  static let guestSize = 4096
  /// Where the code made last starts.
  private var entry: UInt = 0
  /// The code made last.
  private(set) var code: [UInt8] = []

  /// - Parameters:
  ///   - features: what lowering may use.
  ///   - passes: what the optimizer does first.
  init(_ features: Features, passes: Passes = []) throws {
    host = X64Host(features: features, guestBaseIsZero: true)
    buffer = try CodeBuffer(size: 1 << 20, near: 1 << 40)
    let firstWord = TempIndex(1 + Self.globals.firstIndex { $0.type == .i32 }!)
    let homes = zip([firstWord, firstWord + 1], X64Host.homeRegisters).map { ($0, $1) }
    stubs = host.writeStubs(
      in: CodeSpace(
        start: buffer.writable, limit: buffer.writable + buffer.size,
        runtimeAddress: buffer.executable),
      block: block, homes: homes.map { ($1, Self.globals[Int($0) - 1].offset) },
      layout: Self.layout, helpers: [])
    allocator = LocalAllocator(
      block: block, file: host.registerFile, homes: Dictionary(uniqueKeysWithValues: homes),
      layout: Self.layout)
    optimizer = Optimizer(block, passes: passes, homes: homes.map { $0.0 })
    enter = unsafeBitCast(
      stubs.enter, to: (@convention(c) (UnsafeMutableRawPointer, UInt) -> Void).self)
    // 0x40: MAP_32BIT, below 2^31.
    guest = mmap(
      nil, Self.guestSize, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | 0x40, -1, 0)
    states = (0..<2).map { _ in .allocate(byteCount: Self.size, alignment: 64) }
  }

  deinit {
    block.deallocate()
    optimizer.deallocate()
    for state in states { state.deallocate() }
    returnStack.deallocate()
    munmap(guest, Self.guestSize)
  }

  /// The guest address of its memory.
  var guestAddress: UInt32 { UInt32(UInt(bitPattern: guest)) }

  /// The state of the host, and that of the interpreter.
  private var env: UnsafeMutableRawPointer { states[0] + Self.envOffset }
  private var expected: UnsafeMutableRawPointer { states[1] + Self.envOffset }

  /// What a run starts from, and what the interpreter makes of it.
  struct Run {
    /// All of what is compared.
    var before: [UInt8]
    /// The two floating-point statuses, and the place of the one that holds: 0 or 4.
    var statuses: (scalar: UInt32, vector: UInt32) = (0x1f80, 0x1f80)
    var mode: UInt32 = 4
    /// The contents of the guest memory, if the block uses it.
    var guest: [UInt8] = []
    /// What the interpreter leaves there.
    fileprivate(set) var guestAfter: [UInt8] = []
    /// What the interpreter leaves, and the payload of its exit.
    fileprivate(set) var after: [UInt8] = []
    fileprivate(set) var exit: UInt32 = 0
    /// The mode that holds at the end.
    var modeAfter: UInt32 = 4

    /// Starts from some bytes.
    init(_ before: [UInt8]) { self.before = before }
  }

  /// Runs a text on both from each state; nil, or the first difference.
  func failure(_ text: String, _ runs: [Run]) -> String? {
    do { try block.parse(text) } catch { return "\(text)\n\(error)" }
    if let problem = block.verify().first { return "\(text)\n\(problem)" }
    var runs = runs
    for n in runs.indices { interpret(&runs[n]) }
    if let problem = compile() { return "\(text)\n\(problem)" }
    for run in runs {
      if let difference = difference(run) {
        let bytes = code.map { String($0, radix: 16) }.joined(separator: " ")
        return "\(text)\n\(difference)\n\(bytes)"
      }
    }
    return nil
  }

  /// Makes a state the one that a run starts from.
  private func put(_ run: Run, in env: UnsafeMutableRawPointer) {
    for (n, byte) in run.before.enumerated() {
      env.storeBytes(of: byte, toByteOffset: n, as: UInt8.self)
    }
    let status = Self.layout.floatStatus!
    env.storeBytes(of: run.statuses.scalar, toByteOffset: status, as: UInt32.self)
    env.storeBytes(of: run.statuses.vector, toByteOffset: status + 4, as: UInt32.self)
    env.storeBytes(of: run.mode, toByteOffset: Self.layout.floatMode!, as: UInt32.self)
    env.storeBytes(of: 0x1f80, toByteOffset: Self.layout.hostFloatStatus!, as: UInt32.self)
    env.storeBytes(
      of: UInt(bitPattern: returnStack + 2048), toByteOffset: Self.layout.returnStack,
      as: UInt.self)
    env.storeBytes(of: 0, toByteOffset: Self.layout.exitPayload, as: UInt32.self)
  }

  /// All of what is compared.
  private func bytes(_ env: UnsafeMutableRawPointer) -> [UInt8] {
    (0..<Self.compared).map { env.load(fromByteOffset: $0, as: UInt8.self) }
  }

  /// A word of the host's state.
  private func word(_ offset: Int) -> UInt32 { env.load(fromByteOffset: offset, as: UInt32.self) }

  /// Runs the block by the interpreter.
  private func interpret(_ run: inout Run) {
    put(run, in: expected)
    var memory = MemoryWindow(start: guestAddress, bytes: run.guest)
    var interpreter = Interpreter(block, env: expected, floatStatus: Self.layout.floatStatus)
    let exit = interpreter.run(memory: &memory)
    if case .exit_tb(_, let payload) = exit { run.exit = payload }
    run.after = bytes(expected)
    run.guestAfter = memory.bytes
  }

  /// Makes code of the block; nil, or what is wrong.
  private func compile() -> String? {
    optimizer.run(block)
    allocator.run()
    if allocator.failed { return "no room for values" }
    let start = (stubs.size + 15) & ~15
    let space = CodeSpace(
      start: buffer.writable + start, limit: buffer.writable + buffer.size,
      runtimeAddress: buffer.executable + UInt(start))
    guard let size = host.emit(block, allocator, in: space, linkBase: 0) else { return "no room" }
    code = Array(UnsafeRawBufferPointer(start: space.start, count: size))
    entry = space.runtimeAddress
    return nil
  }

  /// Runs the code; nil, or what is not as the interpreter left it.
  private func difference(_ run: Run) -> String? {
    put(run, in: env)
    guest.copyMemory(from: run.guest, byteCount: run.guest.count)
    enter(env, entry)
    guard word(Self.layout.exitPayload) == run.exit, run.exit != 0 else {
      return "exit \(word(Self.layout.exitPayload)), not \(run.exit)"
    }
    if word(Self.layout.floatMode!) != run.modeAfter { return "mode \(run.modeAfter) was left" }
    // Ops of vectors leave the flags of the scalar status alone.
    let scalar = expected.load(fromByteOffset: Self.layout.floatStatus!, as: UInt32.self)
    if word(Self.layout.floatStatus!) != scalar, !runsScalarOps {
      return "scalar status \(String(word(Self.layout.floatStatus!), radix: 16))"
    }
    if let n = run.guest.indices.first(where: {
      guest.load(fromByteOffset: $0, as: UInt8.self) != run.guestAfter[$0]
    }) {
      return "guest memory differs from byte \(n) on"
    }
    let found = bytes(env)
    guard let n = found.indices.first(where: { found[$0] != run.after[$0] }) else { return nil }
    let global = Self.globals.last { $0.offset <= n }
    let place = n < Self.field ? global?.offset ?? 0 : Self.field
    let name = n < Self.field ? global?.name ?? "front" : "field"
    let hex = { (bytes: ArraySlice<UInt8>) in bytes.reversed().map { String($0, radix: 16) } }
    let all = place..<min(place + 32, Self.compared)
    return "\(name) is \(hex(found[all])), not \(hex(run.after[all])), was \(hex(run.before[all]))"
  }

  /// Whether the block has ops that leave their mark in the scalar status; a branch by class or relation may,
  /// since the host compares.
  private var runsScalarOps: Bool {
    (0..<block.opCount).contains {
      let op = block.ops[$0]
      let compares =
        op.opcode == .brclass && op.type.vectors == 0
        || [.brfcmp, .brextreme, .brnarrow].contains(op.opcode)
      return op.opcode.leavesFloatStatus || compares
    }
  }
}
