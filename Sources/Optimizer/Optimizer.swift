import IR

/// The parts of the optimizer, each of which can be switched off to measure what it gives.
public struct Passes: OptionSet, Sendable {
  /// The bits.
  public let rawValue: UInt32
  /// The parts of some bits.
  @inlinable public init(rawValue: UInt32) { self.rawValue = rawValue }
  /// Constants: an op on constants is done at once.
  @inlinable public static var folding: Passes { Passes(rawValue: 1) }
  /// Copies and constants take the place of the temps that equal them.
  @inlinable public static var copies: Passes { Passes(rawValue: 2) }
  /// Algebraic rules.
  @inlinable public static var rules: Passes { Passes(rawValue: 4) }
  /// Bits that are known to be zero.
  @inlinable public static var knownBits: Passes { Passes(rawValue: 8) }
  /// A test of a comparison's outcome becomes the comparison.
  @inlinable public static var comparisons: Passes { Passes(rawValue: 16) }
  /// Sums of a register and a constant as parts of guest accesses.
  @inlinable public static var addresses: Passes { Passes(rawValue: 32) }
  /// Sums of two registers as parts of guest accesses.
  @inlinable public static var indexes: Passes { Passes(rawValue: 64) }
  /// A global's new value is computed where it is written.
  @inlinable public static var sinking: Passes { Passes(rawValue: 128) }
  /// Ops to which nothing comes.
  @inlinable public static var reachability: Passes { Passes(rawValue: 256) }
  /// Everything.
  public static let all: Passes = [
    .folding, .copies, .rules, .knownBits, .comparisons, .addresses, .indexes, .sinking,
    .reachability,
  ]

  /// Names for options and reports.
  public static let names: [(name: String, pass: Passes)] = [
    ("folding", .folding), ("copies", .copies), ("rules", .rules), ("known-bits", .knownBits),
    ("comparisons", .comparisons), ("addresses", .addresses), ("indexes", .indexes),
    ("sinking", .sinking), ("reachability", .reachability),
  ]
}

/// The passes over a block, in order, each with its reason.
public struct Optimizer {
  private var forward: ForwardPass?
  private var liveness: Liveness
  private let registers: PreferredRegisters
  private let rules = RuleTable(algebraicRules + constantRules)
  /// What is switched on.
  public let passes: Passes

  /// - Parameters:
  ///   - homes: the globals that live in host registers.
  ///   - registers: what the host prefers.
  ///   - reach: the largest constant that a guest access of the host's may add to its address.
  ///   - records: up to sixteen globals that are written often, and looked at rarely.
  ///   - recovered: globals that may be in registers alone where an access faults.
  public init(
    _ block: Block, passes: Passes = .all, homes: [TempIndex] = [],
    registers: PreferredRegisters = PreferredRegisters(), reach: UInt32 = .max,
    records: ClosedRange<TempIndex>? = nil, recovered: [ClosedRange<TempIndex>] = []
  ) {
    self.registers = registers
    liveness = Liveness(registers, records: records, recovered: recovered)
    self.passes = passes
    forward = ForwardPass(block, rules: rules, passes: passes, homes: homes, reach: reach)
  }

  /// Runs every pass over a finished block.
  ///
  /// 1. The forward walk: folding, copies, rules, known bits and fusion feed each other, so one
  ///    walk does them together.
  /// 2. Liveness, last: it drops what the walk has made useless and marks the rest for the
  ///    register allocator.
  ///
  /// - Parameter isShortLived: whether what the walk gains is less than it costs.
  public mutating func run(_ block: Block, isShortLived: Bool = false) {
    if !passes.isEmpty && !isShortLived { forward?.run(block) }
    liveness.run(block)
  }

  /// How often each rule was applied.
  public var ruleHits: [(name: String, count: Int)] {
    rules.rules.enumerated().map { ($1.name, rules.hits[$0]) }
  }

  /// Frees the storage; the optimizer must not be used afterwards.
  public func deallocate() {
    forward?.deallocate()
    liveness.deallocate()
    registers.deallocate()
  }
}
