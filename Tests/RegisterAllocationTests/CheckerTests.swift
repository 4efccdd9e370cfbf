import GuestPowerPC
import HostX64
import IR
import RegisterAllocation
import Testing

/// The checker against random blocks: what the allocator makes is right, what is spoilt is not.
@Suite struct CheckerTests {
  private static func machine(_ blocks: RandomBlocks, _ seed: UInt64) -> StepMachine {
    StepMachine(
      blocks.allocator, blocks.block, blocks.host.registerFile,
      homes: RandomBlocks.homes(blocks.guest),
      layout: blocks.guest.layout, seed: seed)
  }

  @Test(arguments: RandomBlocks.configurations.indices)
  func acceptsAllocations(configuration: Int) {
    let blocks = RandomBlocks(RandomBlocks.configurations[configuration])
    var failures: [String] = []
    var made = 0
    for seed in 0..<1200 as Range<UInt64> {
      let length = [1, 3, 10, 40][Int(seed & 3)]
      guard let steps = blocks.make(seed: seed, instructions: length, key: UInt32(seed >> 2 & 1))
      else { continue }
      made += 1
      for problem in blocks.block.verify() { failures.append("\(seed): verifier: \(problem)") }
      for problem in blocks.allocator.problems(steps) { failures.append("\(seed): \(problem)") }
      var machine = Self.machine(blocks, seed)
      if seed & 7 == 0 && !machine.agrees(steps) { failures.append("\(seed): runs otherwise") }
    }
    #expect(failures.isEmpty, "\(failures.prefix(5).joined(separator: "\n"))")
    #expect(made > 1000)
  }

  /// Counts of mutations.
  private struct Tally {
    var all = 0, harmful = 0, caught = 0, refused = 0
    var survivors: [String] = []
  }

  private func mutate(_ blocks: RandomBlocks, _ seed: UInt64, _ tally: inout Tally) {
    guard let steps = blocks.make(seed: seed, instructions: 6) else { return }
    for mutation in Mutation.all(steps, blocks.block, blocks.host.registerFile) {
      let isRefused = !blocks.allocator.problems(mutation.steps).isEmpty
      let isHarmful = (0..<2).contains {
        var machine = Self.machine(blocks, seed &* 2 &+ UInt64($0))
        return !machine.agrees(mutation.steps)
      }
      tally.all += 1
      if isRefused { tally.refused += 1 }
      if isHarmful { tally.harmful += 1 }
      if isHarmful && isRefused { tally.caught += 1 }
      if isHarmful && !isRefused {
        let step = steps[mutation.step]
        tally.survivors.append(
          "seed \(seed), step \(mutation.step) (\(step)) for"
            + "\(blocks.block.text(ofOp: Int(step.op))): \(mutation.name)")
      }
    }
  }

  @Test(arguments: RandomBlocks.configurations.indices)
  func rejectsMutations(configuration: Int) {
    let blocks = RandomBlocks(RandomBlocks.configurations[configuration])
    var tally = Tally()
    for seed in 0..<12 as Range<UInt64> { mutate(blocks, seed, &tally) }
    print(
      "\(RandomBlocks.configurations[configuration].name): \(tally.all) mutations,",
      "\(tally.harmful) change behaviour, \(tally.caught) of them caught; \(tally.refused) refused")
    for survivor in tally.survivors { print("survivor:", survivor) }
    #expect(tally.harmful > 1000)
    #expect(tally.survivors.isEmpty)
  }
}
