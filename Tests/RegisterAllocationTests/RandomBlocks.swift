import GuestPowerPC
import HostX64
import IR
import Optimizer
import RegisterAllocation

/// A generator of random numbers that gives the same ones every time (SplitMix64).
struct FixedRandom: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    return Self.mix(state)
  }

  /// A number that depends on every bit of another.
  static func mix(_ value: UInt64) -> UInt64 {
    var z = value
    z = (z ^ z >> 30) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ z >> 27) &* 0x94d0_49bb_1331_11eb
    return z ^ z >> 31
  }
}

/// Makes allocated blocks out of random PowerPC code.
final class RandomBlocks {
  /// What the host has and which passes run.
  struct Configuration: Sendable {
    let name: String
    let features: Features
    let passes: Passes
  }

  static let configurations: [Configuration] = [
    Configuration(name: "all features, all passes", features: allFeatures, passes: .all),
    Configuration(name: "no features, all passes", features: [], passes: .all),
    Configuration(name: "all features, liveness alone", features: allFeatures, passes: []),
    Configuration(name: "no features, liveness alone", features: [], passes: []),
  ]
  private static let allFeatures = Features(Features.names.map(\.feature))

  let guest = PowerPCGuest(features: Feature(rawValue: 0xf))
  let host: X64Host
  let block: Block
  let allocator: LocalAllocator
  private let record = CodeRecord()
  private var optimizer: Optimizer
  /// The guest code: a word for every address, out of this seed.
  private var seed: UInt64 = 0

  init(_ configuration: Configuration) {
    host = X64Host(features: configuration.features, guestBaseIsZero: true)
    block = Block(names: guest.names)
    let homes = Self.homes(guest)
    var passes = configuration.passes
    if !host.addsIndexes { passes.remove(.indexes) }
    optimizer = Optimizer(
      block, passes: passes, homes: Array(homes.keys), records: Globals.records,
      recovered: Globals.recovered)
    allocator = LocalAllocator(
      block: block, file: host.registerFile,
      homes: homes, layout: guest.layout)
  }

  /// Those that programs have: of some general and floating-point registers, and of what stands for
  /// the latter as singles.
  static func homes(_ guest: PowerPCGuest) -> [TempIndex: RegisterNumber] {
    let isGeneral = { (temp: TempIndex) in guest.names.globals[Int(temp) - 1].type.isInteger }
    let housed = Globals.housed.map(\.temp)
    let doubles = Array(
      zip(
        housed.filter { !isGeneral($0) },
        X64Host(features: [], guestBaseIsZero: true).vectorHomeRegisters))
    let singles = doubles.compactMap { temp, register in
      guest.layout.singleForms?.narrow(of: temp).map { ($0, register) }
    }
    return Dictionary(
      uniqueKeysWithValues: zip(housed.filter(isGeneral), X64Host.homeRegisters) + doubles
        + singles)
  }

  deinit {
    block.deallocate()
    optimizer.deallocate()
    record.deallocate()
  }

  /// Forms that leave a block, which would make most blocks short.
  private static let leaving: Set<String> = [
    "b", "ba", "bl", "bla", "bc", "bca", "bcl", "bcla", "bclr", "bclrl", "bcctr", "bcctrl", "sc",
    "rfi", "tw", "twi",
  ]
  private static let staying = TestAssembler.forms.filter { !leaving.contains($0.mnemonic) }

  /// Arithmetic, loads and stores of floating-point registers.
  private static let floating = staying.filter {
    ["fa", "fs", "fm", "fd", "fn", "fr", "lf", "st"].contains($0.mnemonic.prefix(2))
      && ($0.mnemonic.first != "s" || $0.mnemonic.hasPrefix("stf"))
  }
  /// Whether there is nothing but floating point, on few registers, in the next block.
  private var isFloating = false

  private func word(at address: UInt32) -> UInt32 {
    var random = FixedRandom(state: seed &+ UInt64(address) &* 0x1_0001)
    if isFloating {
      let form = Self.floating[Int.random(in: 0..<Self.floating.count, using: &random)]
      let word = TestAssembler.random(form, using: &random)
      // Registers 0 to 7; what stands at the places of the others in indexed forms stays.
      return word & ~(word >> 26 == 31 ? 0x0300_0000 : 0x0318_c600)
    }
    let forms = Int.random(in: 0..<16, using: &random) == 0 ? TestAssembler.forms : Self.staying
    let form = forms[Int.random(in: 0..<forms.count, using: &random)]
    return TestAssembler.random(form, using: &random)
  }

  /// Translates, optimizes and allocates a random block.
  ///
  /// - Returns: the steps; nil if the allocator gave up.
  func make(seed: UInt64, instructions: Int, key: UInt32 = 0) -> [Step]? {
    self.seed = FixedRandom.mix(seed)
    isFloating = seed & 16 != 0
    block.clear()
    let source = CodeSource(
      context: UnsafeRawPointer(Unmanaged.passUnretained(self).toOpaque())
    ) { context, address in
      UInt64(Unmanaged<RandomBlocks>.fromOpaque(context).takeUnretainedValue().word(at: address))
    }
    var limits = TranslationLimits(instructions: instructions, chains: true)
    limits.fusesMultiplyAdd = host.fusesMultiplyAdd
    limits.hasVectors = host.hasVectors
    limits.keepsSingles = seed & 2 != 0
    _ = guest.translate(
      into: block, at: 0x1000, key: key, from: source, limits: limits, record: record)
    optimizer.run(block)
    allocator.run()
    return allocator.failed ? nil : allocator.stepArray
  }
}

extension LocalAllocator {
  /// The steps of the last block.
  var stepArray: [Step] { Array(UnsafeBufferPointer(start: steps, count: stepCount)) }

  /// What the checker says of other steps for the last block.
  func problems(_ steps: [Step]) -> [AllocationProblem] {
    var checker = Checker(self)
    return steps.withUnsafeBufferPointer { checker.check($0) }
  }
}
