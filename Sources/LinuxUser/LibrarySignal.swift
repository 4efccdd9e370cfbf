import CSys
import Glibc

/// Signals 32 and 33, which C libraries cancel threads and change their users with. The guest's
/// library wants them; the host's, which keeps them from `sigaction`, does not use them here.
enum LibrarySignal {
  /// SIGSETXID, by which all threads change their user.
  static let setUser: Int32 = 33

  /// The kernel's own `struct sigaction` on x86-64.
  private struct KernelAction {
    var handler: UInt = 0
    var flags: UInt = 0
    var restorer: UInt = 0
    var mask: UInt64 = 0
  }

  /// Makes the host treat one of them as the guest's action asks.
  static func install(_ signal: Int32, _ wanted: SignalAction) {
    var action = KernelAction()
    if wanted.isCaught {
      action = catching
      action.mask = ~0
    } else {
      action.handler = wanted.isIgnored ? 1 : 0
    }
    exchange(signal, &action)
  }

  /// An action that calls our handler, as the host's library sets it up: only the library knows
  /// where handlers return to.
  private static let catching: KernelAction = {
    // SIGURG is ignored by default: nothing is lost if one comes meanwhile.
    let signal: Int32 = 23
    var before = KernelAction()
    read(signal, &before)
    var action = sigaction()
    action.__sigaction_handler.sa_sigaction = receiveHostSignal
    action.sa_flags = SA_SIGINFO | SA_RESTART | SA_ONSTACK
    sigaction(signal, &action, nil)
    var result = KernelAction()
    read(signal, &result)
    exchange(signal, &before)
    return result
  }()

  private static func exchange(_ signal: Int32, _ action: inout KernelAction) {
    withUnsafeMutablePointer(to: &action) {
      _ = csys_kernel(Int(SYS_rt_sigaction), Int(signal), Int(bitPattern: $0), 0, 8, 0, 0)
    }
  }

  private static func read(_ signal: Int32, _ action: inout KernelAction) {
    withUnsafeMutablePointer(to: &action) {
      _ = csys_kernel(Int(SYS_rt_sigaction), Int(signal), 0, Int(bitPattern: $0), 8, 0, 0)
    }
  }
}
