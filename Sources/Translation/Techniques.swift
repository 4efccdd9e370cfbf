import Optimizer

/// What the translator does to be fast: each can be switched off to measure what it gives.
public struct Techniques: Sendable {
  /// The optimizer's passes.
  public var passes: Passes
  /// Guest registers live in host registers across blocks.
  public var usesHomes = true
  /// Guest calls and returns are paired with the host's.
  public var pairsReturns = true
  /// Branches forward stay within the block, which goes on behind jumps and returns.
  public var keepsForwardBranches = true
  /// Blocks that are loops of floating point are translated several times in a row.
  public var repeatsLoops = true
  /// Iterations of loops of floating point are done side by side.
  public var usesLanes = true
  /// Globals that nobody but a fault would look at are recovered after one.
  public var recovers = true
  /// Code that is new is executed op by op.
  public var interprets = true

  /// Everything, or everything but some passes.
  public init(passes: Passes = .all) { self.passes = passes }

  /// The names of all techniques.
  public static var names: [String] {
    Passes.names.map(\.name) + [
      "homes", "returns", "forward-branches", "loops", "lanes", "recovery", "interpretation",
    ]
  }

  /// Switches one off by its name; false if there is none of that name.
  public mutating func remove(_ name: some StringProtocol) -> Bool {
    switch name {
    case "homes": usesHomes = false
    case "returns": pairsReturns = false
    case "forward-branches": keepsForwardBranches = false
    case "loops": repeatsLoops = false
    case "lanes": usesLanes = false
    case "recovery": recovers = false
    case "interpretation": interprets = false
    default:
      guard let pass = Passes.names.first(where: { $0.name == name })?.pass else { return false }
      passes.remove(pass)
    }
    return true
  }
}
