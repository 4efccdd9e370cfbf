import IR

/// The passes over a block, in order, each with its reason.
public struct Optimizer {
  private var liveness = Liveness()

  public init() {}

  /// Runs every pass over a finished block.
  public mutating func run(_ block: Block) {
    liveness.run(block)
  }

  /// Frees the storage; the optimizer must not be used afterwards.
  public func deallocate() { liveness.deallocate() }
}
