import Glibc
import IR
import RegisterAllocation

/// What debug builds prove of every block on its way through the pipeline. Release builds have
/// none of it.
extension Translator {
  /// Stops when a block is not well formed.
  @inline(__always)
  func check(_ block: Block, after stage: StaticString, at address: UInt32) {
    #if DEBUG
      let problems = block.verify()
      if !problems.isEmpty { stop(block, "\(stage)", address, problems) }
    #endif
  }

  /// Stops when the steps of an allocation do not do what the ops say.
  @inline(__always)
  func check(_ allocator: LocalAllocator, at address: UInt32) {
    #if DEBUG
      var checker = Checker(allocator)
      let problems = checker.check(
        UnsafeBufferPointer(start: allocator.steps, count: allocator.stepCount))
      if problems.isEmpty { return }
      for n in 0..<allocator.stepCount {
        complain("\(n): op \(allocator.steps[n].op): \(allocator.steps[n])")
      }
      stop(block, "register allocation", address, problems)
    #endif
  }

  #if DEBUG
    private func complain(_ line: String) {
      let text = line + "\n"
      _ = write(2, text, text.utf8.count)
    }

    private func stop(
      _ block: Block, _ stage: String, _ address: UInt32,
      _ problems: [some CustomStringConvertible]
    ) -> Never {
      for n in 0..<block.opCount { complain("\(n):" + block.text(ofOp: n, life: true)) }
      for problem in problems { complain("\(problem)") }
      fatalError("the block at \(String(address, radix: 16)) is wrong after \(stage)")
    }
  #endif
}
