import CSys
import Glibc
import IR
import Optimizer
import RegisterAllocation

/// Why `Translator.run` returned.
public enum RunExit: Equatable {
  /// The guest raised an exception; the program counter is in env.
  case exception(UInt32)
  /// A host fault at a guest instruction, whose address is now the program counter.
  case fault
  /// Somebody asked for an exit.
  case request
  /// The code at the program counter cannot be fetched.
  case fetch
}

/// Counters for `info jit` and for tests.
public struct TranslatorCounters: Sendable {
  /// Blocks translated since the start.
  public var blocks = 0
  /// Guest instructions in these blocks.
  public var instructions = 0
  /// Bytes of host code made of them.
  public var hostBytes = 0
  /// Flushes of the whole code buffer.
  public var flushes = 0
  /// Blocks invalidated.
  public var invalidations = 0
  /// Jumps linked, and caches of computed calls filled.
  public var links = 0
  /// Blocks executed op by op, because they were new.
  public var firstRuns = 0
  /// Returns to the runtime to look up an address (`ExitKind.lookup`).
  public var lookups = 0
  /// Returns to the runtime to link a jump or to fill a cache (`ExitKind.link`, `cache`).
  public var linkExits = 0
}

/// The pipeline and the cache: finds or makes the code for a guest address, links it, runs it.
///
/// `guest words -> ops -> passes -> allocation -> host code -> cache -> run`.
public final class Translator {
  /// What is translated.
  public let guest: any Guest
  /// What code is made for.
  public let host: any Host
  /// Where guest code is read from.
  public let memory: any CodeMemory
  /// Limits and switches: see the options `-one-insn-per-tb` and `-d nochain`.
  public var limits = TranslationLimits(instructions: Translator.instructionLimit, chains: true)
  /// The most instructions in a block: of longer ones too many are translated that are not executed,
  /// and nothing runs faster by them (docs/Measurements.md).
  public static let instructionLimit = 32
  /// The same of conditional branches.
  static let branchLimit = 3
  /// Whether singles may stand for doubles where an access faults.
  let keepsSingles: Bool
  /// What watches translation and execution, or nil.
  public weak var observer: (any TranslationObserver)?
  /// What was done since the start.
  public internal(set) var counters = TranslatorCounters()

  let block: Block
  var optimizer: Optimizer
  let allocator: LocalAllocator
  let buffer: CodeBuffer
  let stubs: HostStubs
  /// Where the next block goes.
  var cursor: Int
  let table: BlockTable
  /// What the translation at hand has read.
  let record = CodeRecord()
  /// The jump tables of all address spaces and keys.
  let views: CodeViews
  /// Held while anything but translated code runs.
  public let lock = EmulatorLock()
  /// The processors; the first is that of `run(env)`.
  var runners: [Runner] = []
  /// Whether a thread waits until no other one is in translated code.
  var isStopping = false
  let slowAccesses: SlowAccesses?
  /// What executes new code, where that is done.
  let firstRuns: FirstRuns?
  var forkCopy: CodeBuffer.Copy?
  let layout: EnvironmentLayout
  private let enter: @convention(c) (UnsafeMutableRawPointer, UInt) -> Void

  /// Gives each global the next register that the host has for homes of its kind.
  private static func place(
    _ homes: [(temp: TempIndex, offset: Int)], _ names: BlockNames, _ host: any Host
  ) -> [((temp: TempIndex, offset: Int), RegisterNumber)] {
    let isGeneral = homes.map { names.globals[Int($0.temp) - 1].type.isInteger }
    func chosen(_ general: Bool) -> [(temp: TempIndex, offset: Int)] {
      zip(homes, isGeneral).filter { $1 == general }.map(\.0)
    }
    return Array(zip(chosen(true), host.homeRegisters))
      + Array(zip(chosen(false), host.vectorHomeRegisters))
  }

  /// Sets up a translator whose code buffer has `size` bytes.
  ///
  /// - Parameters:
  ///   - homes: the guest's globals (temps) that live in host registers, best first.
  ///   - records: up to sixteen globals without a home that are written often, and looked at rarely.
  ///   - recovered: globals without one that, unless memory is paged, a fault finds in registers.
  ///   - accesses: what makes the slow accesses of paged guest memory.
  ///   - memoryBase: where guest address 0 is in the host's memory, for code that is executed op by op while
  ///     it is new; nil if none is.
  ///   - codeAddress: where code is to execute, for logs that are the same every time; nil: near
  ///     our own functions.
  public init(
    guest: any Guest, host: any Host, memory: any CodeMemory, codeBufferSize: Int,
    homes: [(temp: TempIndex, offset: Int)], records: ClosedRange<TempIndex>? = nil,
    recovered: [ClosedRange<TempIndex>] = [], techniques: Techniques = Techniques(),
    accesses: (any AccessPort)? = nil, memoryBase: UInt? = nil,
    codeAddress: UInt? = nil
  ) throws(TranslationError) {
    self.guest = guest
    self.host = host
    self.memory = memory
    layout = guest.layout
    block = Block(names: guest.names)
    let near = guest.names.helpers.first.map { UInt(bitPattern: $0.address) } ?? 0
    buffer = try CodeBuffer(size: codeBufferSize, near: codeAddress ?? near)
    let placed = Self.place(techniques.usesHomes ? homes : [], guest.names, host)
    stubs = host.writeStubs(
      in: CodeSpace(
        start: buffer.writable, limit: buffer.writable + buffer.size,
        runtimeAddress: buffer.executable),
      block: block, homes: placed.map { ($1, $0.offset) }, layout: guest.layout,
      helpers: guest.names.helpers, slowAccess: SlowAccesses.function)
    cursor = stubs.size
    let table = try BlockTable()
    self.table = table
    slowAccesses = accesses.map { SlowAccesses($0, table, guest.layout) }
    if techniques.interprets, let memoryBase {
      firstRuns = try FirstRuns(base: memoryBase)
    } else {
      firstRuns = nil
    }
    var passes = techniques.passes
    if !host.addsIndexes { passes.remove(.indexes) }
    // The singles that stand for doubles have their homes.
    let homes =
      placed.map { ($0.temp, $1) }
      + placed.compactMap { home, register in
        guest.layout.singleForms?.narrow(of: home.temp).map { ($0, register) }
      }
    let recovers = techniques.recovers && accesses == nil
    keepsSingles = recovers
    optimizer = Optimizer(
      block, passes: passes, homes: homes.map(\.0),
      registers: PreferredRegisters(operands: host.operandRegisters, homes: homes),
      reach: host.reach, records: records, recovered: recovers ? recovered : [])
    allocator = LocalAllocator(
      block: block, file: host.registerFile, homes: Dictionary(uniqueKeysWithValues: homes),
      layout: guest.layout)
    views = try CodeViews()
    enter = unsafeBitCast(
      stubs.enter, to: (@convention(c) (UnsafeMutableRawPointer, UInt) -> Void).self)
    limits.pairsReturns = techniques.pairsReturns
    limits.keepsForwardBranches = techniques.keepsForwardBranches
    limits.repeatsLoops = techniques.repeatsLoops
    limits.usesLanes = techniques.usesLanes
    limits.branches = Self.branchLimit
    // Until code comes that uses that of vectors.
    limits.mixesFloatModes = false
  }

  deinit {
    block.deallocate()
    optimizer.deallocate()
    record.deallocate()
  }

  /// `(destination, source, count)`: copies bytes to or from guest memory; 1 after a fault.
  public var copy: @convention(c) (UnsafeMutableRawPointer, UnsafeRawPointer, Int) -> Int32 {
    unsafeBitCast(
      stubs.copy,
      to: (@convention(c) (UnsafeMutableRawPointer, UnsafeRawPointer, Int) -> Int32).self)
  }

  // MARK: State in env

  func field(_ env: UnsafeMutableRawPointer, _ offset: Int) -> UnsafeMutablePointer<UInt64> {
    (env + offset).assumingMemoryBound(to: UInt64.self)
  }
  func word(_ env: UnsafeMutableRawPointer, _ offset: Int) -> UnsafeMutablePointer<UInt32> {
    (env + offset).assumingMemoryBound(to: UInt32.self)
  }

  // MARK: Running

  /// Runs the guest from its program counter until something needs the caller: the only processor,
  /// or the first.
  public func run(_ env: UnsafeMutableRawPointer) throws(TranslationError) -> RunExit {
    try run(runners[0])
  }

  /// Runs a processor from its program counter until something needs the caller.
  public func run(_ runner: Runner) throws(TranslationError) -> RunExit {
    lock.acquire()
    defer { lock.release() }
    let env = runner.env
    let pc = word(env, layout.programCounter)
    var link: UInt32? = nil
    var resumption: UInt32?
    while true {
      waitForStop()
      let key = guest.key(env)
      let space = memory.codeSpace
      if key != runner.view.key || space != runner.view.space {
        try select(space, key, runner)
        link = nil
      }
      var flushes = counters.flushes
      if resumption == nil, let hasLeft = runFirst(pc, runner) {
        link = nil
        if !hasLeft { continue }
      } else {
        guard let offset = resumption ?? entry(pc.pointee, runner, link) else { return .fetch }
        resumption = nil
        flushes = counters.flushes
        go(runner, buffer.executable &+ UInt(offset))
        link = nil
      }
      // What was flushed meanwhile, by a function that translated code called, has no links.
      let chains = limits.chains && counters.flushes == flushes
      switch ExitKind(rawValue: word(env, layout.exitKind).pointee) {
      case .lookup: counters.lookups &+= 1
      case .link:
        counters.linkExits &+= 1
        let jump = word(env, layout.exitPayload).pointee
        pc.pointee = table.links.base[Int(jump)].target
        link = chains ? jump : nil
      case .cache:
        counters.linkExits &+= 1
        link = chains ? word(env, layout.exitPayload).pointee : nil
      case .request: return .request
      case .stale:
        dropStale(pc.pointee, runner, isBlock: word(env, layout.exitPayload).pointee != 0)
      case .invalidate: invalidateLine(word(env, layout.exitPayload).pointee, env)
      case .access:
        if limits.countsInstructions, let paging = layout.paging {
          countUntil(UInt(field(env, paging.slowReturn).pointee), env)
        }
        return .exception(word(env, layout.exitPayload).pointee)
      case .exception: return .exception(word(env, layout.exitPayload).pointee)
      default:
        resumption = recoverFault(pc, runner)
        if resumption != nil { continue }
        if limits.countsInstructions { countUntil(runner.fault.pointee.hostPC, env) }
        return .fault
      }
    }
  }

  /// Enters translated code, without the lock.
  @inline(__always) func go(_ runner: Runner, _ code: UInt) {
    if runner.returnsAreStale {
      runner.returnsAreStale = false
      field(runner.env, layout.returnStack).pointee = UInt64(runner.returnStack.top)
    }
    guard lock.isShared else { return enter(runner.env, code) }
    runner.isInside = true
    lock.release()
    enter(runner.env, code)
    lock.acquire()
    runner.isInside = false
    if isStopping { lock.announce() }
  }

  /// Takes off the budget what a block had executed when it was left in the middle, at a host
  /// address.
  private func countUntil(_ address: UInt, _ env: UnsafeMutableRawPointer) {
    let offset = UInt32(truncatingIfNeeded: address &- buffer.executable)
    guard let budget = layout.instructionBudget, let number = table.block(atCode: offset) else {
      return
    }
    let nip = word(env, layout.programCounter).pointee
    let executed = table.instructions(before: nip, in: number)
    (env + budget).assumingMemoryBound(to: Int64.self).pointee &-= Int64(executed)
  }

  /// The code for an address, as an offset: known from the jump table, or found and linked.
  private func entry(_ address: UInt32, _ runner: Runner, _ jump: UInt32?) -> UInt32? {
    let known = runner.view.offset(address)
    if known != 0 && jump == nil && observer == nil { return known }
    var link = jump
    guard let number = find(address, runner, &link) else { return nil }
    let target = table.blocks.base[number]
    if let link { connect(link, to: number) }
    if link.flatMap({ table.links.base[Int($0)].cache }) != nil || link == nil {
      if (try? views.set(address, target.codeOffset, in: runner.view)) == true {
        showParts(runner)
      }
    }
    observer?.entering(target, at: buffer.executable &+ UInt(target.codeOffset), env: runner.env)
    return target.codeOffset
  }

  /// The block for an address under the current key, translated if need be. A flush forgets `link`.
  private func find(_ address: UInt32, _ runner: Runner, _ link: inout UInt32?) -> Int? {
    guard let place = memory.place(ofCode: address) else { return nil }
    if let found = table.find(address, runner.view.key, place) { return found }
    let flushes = counters.flushes
    let number = translate(address, place, runner)
    if counters.flushes != flushes { link = nil }
    return number
  }

  /// Whether every access goes its slow path, in blocks made from now on.
  public var onlySlowAccesses = false {
    didSet { host.onlySlowAccesses = onlySlowAccesses }
  }

  /// Executes the instruction at the program counter with every access on its slow path: after a
  /// fault in translated code that may have been none of the guest's.
  public func stepSlowly(_ env: UnsafeMutableRawPointer) -> RunExit {
    let runner = runners[0]
    let pc = word(env, layout.programCounter)
    guard let place = memory.place(ofCode: pc.pointee) else { return .fetch }
    host.onlySlowAccesses = true
    let chains = limits.chains
    limits.chains = false
    let number = translate(pc.pointee, place, runner, limit: 1, isFound: false)
    limits.chains = chains
    host.onlySlowAccesses = onlySlowAccesses
    enter(env, buffer.executable &+ UInt(table.blocks.base[number].codeOffset))
    switch ExitKind(rawValue: word(env, layout.exitKind).pointee) {
    case .exception, .access: return .exception(word(env, layout.exitPayload).pointee)
    case .fault:
      _ = recoverFault(pc, runner)
      return .fault
    default: return .request
    }
  }
}
