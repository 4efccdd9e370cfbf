import Glibc
import IR
import RegisterAllocation

/// One guest processor's part in translated code: its state, its view of the code, its stack of
/// pending returns. A thread of the host has one at a time.
public final class Runner {
  /// The processor's state, as translated code sees it.
  public let env: UnsafeMutableRawPointer
  /// What the fault handler tells of a fault of this processor.
  public let fault: UnsafeMutablePointer<FaultReport>
  let returnStack: ReturnStack
  /// What the processor's jump table is part of.
  var view: CodeView
  var returnsAreStale = false
  /// Whether a thread may be in translated code.
  var isInside = false

  init(_ env: UnsafeMutableRawPointer, _ view: CodeView, _ returnStack: ReturnStack) {
    self.env = env
    self.view = view
    self.returnStack = returnStack
    fault = .allocate(capacity: 1)
    fault.initialize(
      to: FaultReport(
        guardStart: returnStack.guardStart, guardEnd: returnStack.guardEnd,
        stackTop: returnStack.top))
  }

  deinit { fault.deallocate() }
}
