import CSys
import Glibc
import Memory

/// Numbers of signals; PowerPC and x86-64 share them (asm/signal.h).
enum Signal {
  static let ill: Int32 = 4
  static let trap: Int32 = 5
  static let abort: Int32 = 6
  static let bus: Int32 = 7
  static let fpe: Int32 = 8
  static let kill: Int32 = 9
  static let segv: Int32 = 11
  static let child: Int32 = 17
  static let stop: Int32 = 19
  /// The highest number.
  static let count: Int32 = 64

  /// What a signal does when nothing else is asked for.
  enum DefaultAction { case terminate, core, ignore, stop }

  static func defaultAction(_ signal: Int32) -> DefaultAction {
    switch signal {
    case 3, 4, 5, 6, 7, 8, 11, 24, 25, 31: .core
    case 17, 18, 23, 28: .ignore
    case 19, 20, 21, 22: .stop
    default: .terminate
    }
  }

  /// The bit of a signal in a set.
  static func bit(_ signal: Int32) -> UInt64 { 1 &<< UInt64(truncatingIfNeeded: signal &- 1) }

  /// SIGKILL and SIGSTOP cannot be blocked or caught.
  static let untouchable = bit(kill) | bit(stop)
  /// Raised by instructions: the translator must always see them, so the host never blocks them.
  static let synchronous = bit(ill) | bit(trap) | bit(bus) | bit(fpe) | bit(segv)

  /// The name for messages, as strsignal gives it.
  static func description(_ signal: Int32) -> String { String(cString: strsignal(signal)) }
}

/// A guest's `sigaction`.
struct SignalAction: Equatable {
  /// SIG_DFL, SIG_IGN or the address of a function.
  var handler: UInt32 = 0
  /// SA_* bits.
  var flags: UInt32 = 0
  /// sa_restorer, kept but not used, as in the kernel.
  var restorer: UInt32 = 0
  /// Signals blocked meanwhile.
  var mask: UInt64 = 0

  static let noChildStop: UInt32 = 1
  static let noChildWait: UInt32 = 2
  static let information: UInt32 = 4
  static let onStack: UInt32 = 0x0800_0000
  static let restart: UInt32 = 0x1000_0000
  static let noDefer: UInt32 = 0x4000_0000
  static let resetHandler: UInt32 = 0x8000_0000

  var isDefault: Bool { handler == 0 }
  var isIgnored: Bool { handler == 1 }
  /// Whether a function of the guest's is called.
  var isCaught: Bool { handler > 1 }
}

/// A signal on its way to the guest.
struct SignalInformation {
  var signal: Int32
  var error: Int32 = 0
  var code: Int32 = 0
  /// The words behind si_code.
  var words: InlineArray<5, UInt32> = [0, 0, 0, 0, 0]

  init(_ signal: Int32, code: Int32 = 0) {
    self.signal = signal
    self.code = code
  }

  /// kill(2) or tkill(2) by this process: SI_USER or SI_TKILL.
  static func fromSelf(_ signal: Int32, code: Int32, process: Int32) -> SignalInformation {
    var result = SignalInformation(signal, code: code)
    result.words[0] = UInt32(bitPattern: process)
    result.words[1] = getuid()
    return result
  }

  /// Reads the host's siginfo_t: by the code first, for those that any signal may have.
  init(host: UnsafeRawPointer) {
    func word(_ offset: Int) -> UInt32 {
      host.loadUnaligned(fromByteOffset: offset, as: UInt32.self)
    }
    self.init(Int32(bitPattern: word(0)), code: Int32(bitPattern: word(8)))
    error = Int32(bitPattern: word(4))
    words[0] = word(16)
    switch (code, signal) {
    case (1..., Signal.child):
      words = [word(16), word(20), word(24), word(32), word(40)]
    case (1..., Signal.ill), (1..., Signal.trap), (1..., Signal.bus), (1..., Signal.fpe),
      (1..., Signal.segv):
      break
    case (1..., 29): words[1] = word(24)
    default:
      words[1] = word(20)
      words[2] = word(24)
    }
  }

  /// The guest's siginfo_t: 128 bytes.
  var structure: StructureWriter {
    var result = StructureWriter()
    append(to: &result)
    return result
  }

  /// Appends the guest's siginfo_t.
  func append(to result: inout StructureWriter) {
    let start = result.count
    result.word(signal)
    result.word(error)
    result.word(code)
    for index in 0..<5 { result.word(words[index]) }
    result.pad(to: start + 128)
  }
}

/// What the threads of a process do on signals.
private final class SharedSignals {
  /// Whether there has been a second thread.
  var isThreaded = false
  var actions = [SignalAction](repeating: SignalAction(), count: Int(Signal.count) + 1)
}

/// A thread's signal state. Its blocked mask is the host's too (but for the synchronous signals),
/// so that the host's kernel does the queueing of what is blocked.
struct SignalState {
  /// What the threads of a process have in common.
  private let shared: SharedSignals
  /// By signal number; entry 0 is unused.
  var actions: [SignalAction] {
    get { shared.actions }
    nonmutating _modify { yield &shared.actions }
  }
  /// Blocked signals: bit n - 1 for signal n.
  private(set) var blocked: UInt64 = 0
  /// The mask that the host has. While a handler runs it may lack signals that the handler blocks:
  /// those are queued here if they come.
  private var hostBlocked: UInt64 = 0
  /// The mask to return to after sigsuspend and its like, while one of them waits.
  var savedMask: UInt64?
  /// Signals that left the host's queue, or were never in it, and are not delivered yet.
  var queue: [SignalInformation] = []
  /// The alternate stack: ss_sp, ss_size; size 0 means none.
  var alternateStack: (pointer: UInt32, size: UInt32) = (0, 0)

  /// The state of a process's first thread.
  init() { shared = SharedSignals() }

  /// The state of a new thread, whose host thread blocks everything.
  init(madeBy parent: SignalState) {
    shared = parent.shared
    shared.isThreaded = true
    blocked = parent.blocked
    hostBlocked = ~0
  }

  /// The state of the only thread of a child that borrows its parent's memory, while the host's
  /// thread blocks everything: signal actions are its own.
  init(copyOf parent: SignalState) {
    shared = SharedSignals()
    shared.actions = parent.actions
    blocked = parent.blocked
    hostBlocked = ~0
    alternateStack = parent.alternateStack
  }

  /// CLONE_CLEAR_SIGHAND: what was caught has its default action.
  func clearHandlers() {
    for signal in 1...Signal.count where actions[Int(signal)].isCaught {
      actions[Int(signal)] = SignalAction()
      installOnHost(signal)
    }
  }

  /// Whether something may have to be delivered, or a mask restored.
  var needsDelivery: Bool { !queue.isEmpty || savedMask != nil }

  /// Takes over what the host process was started with: its mask and ignored signals.
  mutating func adoptHostState() {
    var mask: UInt64 = 0
    withUnsafeMutablePointer(to: &mask) {
      _ = csys_kernel(Int(SYS_rt_sigprocmask), 0, 0, Int(bitPattern: $0), 8, 0, 0)
    }
    blocked = mask & ~Signal.untouchable
    hostBlocked = mask
    for signal in 1...Signal.count where signal != 32 && signal != 33 {
      var action = sigaction()
      if sigaction(signal, nil, &action) == 0,
        unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self) == 1
      {
        actions[Int(signal)].handler = 1
      }
    }
  }

  /// Sets the blocked mask, here and in the host.
  mutating func setBlocked(_ mask: UInt64) {
    blocked = mask & ~Signal.untouchable
    synchronizeHost()
  }

  /// Sets the blocked mask for a handler or after one: the host is told only what it must unblock,
  /// unless another thread could take what comes.
  mutating func setBlockedLazily(_ mask: UInt64) {
    blocked = mask & ~Signal.untouchable
    if shared.isThreaded || hostBlocked & ~hostMask(blocked) != 0 { synchronizeHost() }
  }

  /// Gives the host the guest's mask: before a call that waits, and before a new process.
  mutating func synchronizeHost() {
    let wanted = hostMask(blocked)
    // During a wait with a mask of its own the host keeps the old one.
    if savedMask != nil || wanted == hostBlocked { return }
    hostBlocked = wanted
    _ = Self.exchangeHostMask(wanted)
  }

  /// Sets the mask of the calling thread of the host: 32 and 33 too, which the host's library keeps
  /// out of masks.
  /// - Returns: the mask before.
  static func exchangeHostMask(_ mask: UInt64) -> UInt64 {
    var (new, old) = (mask, UInt64(0))
    withUnsafeMutablePointer(to: &new) { new in
      withUnsafeMutablePointer(to: &old) { old in
        // SIG_SETMASK is 2.
        _ = csys_kernel(
          Int(SYS_rt_sigprocmask), 2, Int(bitPattern: new), Int(bitPattern: old), 8, 0, 0)
      }
    }
    return old
  }

  /// Another mask for the time of a wait; the host's kernel puts it into force itself.
  mutating func beginWaiting(_ mask: UInt64) {
    synchronizeHost()
    savedMask = blocked
    blocked = mask & ~Signal.untouchable
  }

  /// Back to the mask from before the wait, which the host still has.
  mutating func endWaiting() {
    blocked = savedMask ?? blocked
    savedMask = nil
  }

  /// A mask of the guest's as the host may have it.
  func hostMask(_ mask: UInt64) -> UInt64 { mask & ~Signal.synchronous }

  /// Whether a signal is blocked.
  func isBlocked(_ signal: Int32) -> Bool { blocked & Signal.bit(signal) != 0 }

  /// Puts a signal into the queue. Below SIGRTMIN there is one entry for a number.
  mutating func enqueue(_ information: SignalInformation) {
    let isOnce = information.signal < 32
    if isOnce, queue.contains(where: { $0.signal == information.signal }) { return }
    queue.append(information)
  }

  /// Index of the queued signal to deliver next: by number.
  func nextDeliverable() -> Int? {
    var best: Int?
    for (index, entry) in queue.enumerated() where !isBlocked(entry.signal) {
      guard let current = best else {
        best = index
        continue
      }
      if entry.signal < queue[current].signal { best = index }
    }
    return best
  }

  /// Makes the host treat a signal as the guest's action asks. The translator's own signals
  /// stay with it.
  func installOnHost(_ signal: Int32) {
    let own = [Signal.segv, Signal.bus, Signal.kill, Signal.stop]
    if own.contains(signal) { return }
    let wanted = actions[Int(signal)]
    if signal == 32 || signal == 33 { return LibrarySignal.install(signal, wanted) }
    var action = sigaction()
    if wanted.isCaught {
      action.__sigaction_handler.sa_sigaction = receiveHostSignal
      action.sa_flags = SA_SIGINFO | SA_RESTART | SA_ONSTACK
      sigfillset(&action.sa_mask)
    } else {
      action.__sigaction_handler.sa_handler = wanted.isIgnored ? SIG_IGN : SIG_DFL
    }
    // SA_NOCLDSTOP and SA_NOCLDWAIT have the same numbers on both sides.
    let children = SignalAction.noChildStop | SignalAction.noChildWait
    action.sa_flags |= Int32(bitPattern: wanted.flags & children)
    sigaction(signal, &action, nil)
  }
}
