import GuestPowerPC
import Machine

/// Virtual time by counting instructions (`-icount`): each takes a power of two of nanoseconds, so
/// that the same run happens again.
///
/// Between two grants, time is what was granted less what is left of the processor's budget.
public final class InstructionClock {
  /// An instruction takes `1 << shift` nanoseconds.
  public private(set) var shift: Int64
  private let state: UnsafeMutablePointer<PowerPCState>
  private var base: Int64 = 0
  private var granted: Int64 = 0
  /// The most that is granted at once, so that the machine's thread looks around.
  private static let longest: Int64 = 1_000_000

  init(shift: Int, state: UnsafeMutablePointer<PowerPCState>) {
    self.shift = Int64(shift)
    self.state = state
  }

  /// Virtual time in nanoseconds.
  public var now: Int64 { base &+ (granted &- state.pointee.instructionBudget) << shift }

  /// Gives the processor instructions up to a deadline.
  func grant(until deadline: Int64?) {
    base = now
    let wanted = deadline.map { max(1, ($0 &- base) >> shift) } ?? Self.longest
    granted = min(wanted, Self.longest)
    state.pointee.instructionBudget = granted
  }

  /// Makes instructions take `1 << shift` nanoseconds from now on.
  public func setShift(_ new: Int64) {
    base = now
    granted = state.pointee.instructionBudget
    shift = new
  }

  /// Lets time pass while the processor sleeps.
  public func skip(to deadline: Int64) { base &+= max(0, deadline &- now) }
}
