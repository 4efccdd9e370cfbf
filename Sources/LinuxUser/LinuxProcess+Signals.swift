import CSys
import Glibc
import Memory

/// What a fault tells beside its signal; all zero for a signal from elsewhere.
public struct FaultDetails: Sendable {
  /// The exception's vector, as in `pt_regs.trap`: 0x300 for a data access, 0x400 for a fetch,
  /// 0x700 for a program interrupt.
  public var vector: UInt32 = 0
  /// DAR: the data address.
  public var dataAddress: UInt32 = 0
  /// DSISR.
  public var status: UInt32 = 0

  /// The details of a fault.
  public init(vector: UInt32 = 0, dataAddress: UInt32 = 0, status: UInt32 = 0) {
    self.vector = vector
    self.dataAddress = dataAddress
    self.status = status
  }
}

extension LinuxProcess {
  /// Delivers a signal that an instruction raised. If it is blocked or ignored, it kills.
  /// - Parameters:
  ///   - signal: SIGSEGV, SIGBUS, SIGFPE, SIGILL or SIGTRAP.
  ///   - code: si_code (SEGV_MAPERR 1, SEGV_ACCERR 2, FPE_INTDIV 1, ILL_ILLOPC 1, ...).
  ///   - address: si_addr.
  ///   - registers: the state before the instruction.
  public func raise(
    _ signal: Int32, code: Int32, address: UInt32, _ registers: any GuestRegisters,
    details: FaultDetails = FaultDetails()
  ) {
    let action = current.signals.actions[Int(signal)]
    if !action.isCaught || current.signals.isBlocked(signal) {
      terminate(signal, registers)
      return
    }
    var information = SignalInformation(signal, code: code)
    information.words[0] = address
    deliver(information, registers, details)
  }

  /// Takes a SIGSEGV or SIGBUS that the translator's handler received from another process.
  public func receive(_ information: UnsafePointer<siginfo_t>) {
    current.mailbox.receive(information)
  }

  /// Delivers what has arrived and is not blocked: to be called when translated code left for
  /// an exit request. `exitStatus` tells afterwards whether the program has ended.
  public func deliverPendingSignals(_ registers: any GuestRegisters) {
    collectSignals()
    while status(of: current) == nil, let index = current.signals.nextDeliverable() {
      deliver(current.signals.queue.remove(at: index), registers, FaultDetails())
    }
    // sigsuspend was left without a handler: back to the mask from before.
    if let mask = current.signals.savedMask {
      current.signals.savedMask = nil
      current.signals.setBlocked(mask)
    }
  }

  /// Moves what the host's handler stored into the guest's queue.
  func collectSignals() {
    current.mailbox.beginTaking()
    while let entry = current.mailbox.take() {
      withUnsafeBytes(of: entry) {
        if let start = $0.baseAddress { current.signals.enqueue(SignalInformation(host: start)) }
      }
    }
  }

  /// Whether an interrupted call is made again: no handler runs now, or it has SA_RESTART.
  func nextSignalRestarts() -> Bool {
    collectSignals()
    guard let index = current.signals.nextDeliverable() else { return true }
    let action = current.signals.actions[Int(current.signals.queue[index].signal)]
    return !action.isCaught || action.flags & SignalAction.restart != 0
  }

  private func deliver(
    _ information: SignalInformation, _ registers: any GuestRegisters, _ details: FaultDetails
  ) {
    let signal = information.signal
    let action = current.signals.actions[Int(signal)]
    if action.isIgnored { return }
    if action.isDefault {
      performDefault(signal, registers)
      return
    }
    if action.flags & SignalAction.resetHandler != 0 {
      current.signals.actions[Int(signal)].handler = 0
      current.signals.installOnHost(signal)
    }
    let oldMask = current.signals.savedMask ?? current.signals.blocked
    current.signals.savedMask = nil
    let frame = SignalFrame(process: self, registers: registers)
    guard frame.push(information, action, oldMask, details) else {
      // No room for the frame: SIGSEGV, which kills if it was that signal's own handler.
      if signal == Signal.segv { current.signals.actions[Int(signal)].handler = 0 }
      raise(Signal.segv, code: 1, address: registers.gpr(1), registers)
      return
    }
    registers.clearReservation()
    let own = action.flags & SignalAction.noDefer != 0 ? 0 : Signal.bit(signal)
    current.signals.setBlockedLazily(current.signals.blocked | action.mask | own)
  }

  private func performDefault(_ signal: Int32, _ registers: any GuestRegisters) {
    switch Signal.defaultAction(signal) {
    case .ignore: break
    case .stop: kill(getpid(), Signal.stop)
    case .terminate, .core: terminate(signal, registers)
    }
  }

  /// Ends the process by a signal, so that its parent sees that death.
  func terminate(_ signal: Int32, _ registers: any GuestRegisters) {
    if Signal.defaultAction(signal) == .core { announce(signal, registers) }
    releaseMutexes()
    end(128 &+ signal)
    onTermination?(signal)
    if diesOfSignals { Self.die(signal) }
  }

  /// Tells the user of a deadly signal, unless the process has made standard error another file: who
  /// reads that expects only what the program writes.
  private func announce(_ signal: Int32, _ registers: any GuestRegisters) {
    guard FileIdentity(2) == messageFile else { return }
    let place = String(registers.nip, radix: 16)
    let text =
      "lyrebird-ppc: uncaught target signal \(signal) (\(Signal.description(signal)))"
      + " - core dumped (at 0x\(place))\n"
    text.utf8.withContiguousStorageIfAvailable { _ = Glibc.write(2, $0.baseAddress, $0.count) }
  }

  /// Kills the host's process by the signal that ended the guest's, without a core of our own.
  public static func die(_ signal: Int32) {
    var limit = rlimit(rlim_cur: 0, rlim_max: 0)
    setrlimit(__rlimit_resource_t(4), &limit)
    var action = sigaction()
    action.__sigaction_handler.sa_handler = SIG_DFL
    sigaction(signal, &action, nil)
    var set: UInt64 = Signal.bit(signal)
    withUnsafeMutablePointer(to: &set) {
      // SIG_UNBLOCK is 1.
      _ = csys_kernel(Int(SYS_rt_sigprocmask), 1, Int(bitPattern: $0), 0, 8, 0, 0)
    }
    kill(getpid(), signal)
  }
}
