import Glibc
import Synchronization
import Translation

/// What all tests that run translated code share: the fault handler and guest memory at address 0
/// belong to the process.
public enum HostProcess {
  /// Held while translated code of any kind is made and run.
  public static let lock = Mutex(())

  /// Gives the calling thread what translated code needs: it has no room for a signal handler on
  /// its stack, and a test may run on any thread.
  public static func prepareThread() {
    var stack = stack_t()
    sigaltstack(nil, &stack)
    if stack.ss_flags & 2 != 0 || !isInstalled.exchange(true, ordering: .relaxed) {
      FaultHandler.install()
    }
  }
  private static let isInstalled = Atomic<Bool>(false)
}
