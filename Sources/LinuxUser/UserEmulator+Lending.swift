import CSys
import Glibc
import GuestPowerPC
import Memory
import Translation

/// Children that run in this process's memory: vfork(2), and clone(2) with CLONE_VM, of which
/// posix_spawn(3) is made.
///
/// The host's kernel does the same: its child runs a processor of the guest's on a stack of its own,
/// and with the local storage of a thread of the host's that waits until the child has ended or
/// executes another program. After vfork that is the thread that the child stands for: what is not
/// the child's is put back afterwards, registers, signals, what is known of descriptors. Otherwise a
/// thread is made for waiting.
///
/// Sound as vfork is: the thread whose storage the child uses does not run meanwhile, and the frames
/// that the child leaves behind own nothing that the process needs; they are never returned to.
extension UserEmulator {
  /// What a child needs to begin.
  private final class Loan {
    let emulator: UserEmulator
    let processor: GuestThread
    let copy: GuestCopy
    let arguments: CloneArguments
    /// The child's number, once it runs, or why there is none.
    var child: Int32 = 0
    var error: Errno?

    init(
      _ emulator: UserEmulator, _ processor: GuestThread, _ copy: GuestCopy,
      _ arguments: CloneArguments
    ) {
      (self.emulator, self.processor) = (emulator, processor)
      (self.copy, self.arguments) = (copy, arguments)
    }
  }

  /// A child that the caller waits for.
  func lend(_ call: SystemCall, _ arguments: CloneArguments) throws(Errno) -> Int {
    guard let processor = processors.first(where: { $0.thread === process.current }) else {
      throw .again
    }
    let thread = processor.thread
    let loan = Loan(self, processor, call.copy, arguments)
    let state = processor.state.pointee
    let mask = SignalState.exchangeHostMask(~0)
    let own = thread.lend(sharingDescriptors: arguments.has(CloneFlag.files))
    wait(for: loan)
    thread.takeBack(own)
    processor.restore(state)
    _ = SignalState.exchangeHostMask(mask)
    if let error = loan.error { throw error }
    return CloneCalls.finish(loan.child, call, arguments)
  }

  /// A child beside which the caller goes on.
  func lendBeside(_ call: SystemCall, _ arguments: CloneArguments) throws(Errno) -> Int {
    let thread = LinuxThread(
      borrowingFrom: call.process.current, sharingDescriptors: arguments.has(CloneFlag.files))
    let processor = try processor(of: thread, arguments)
    let loan = Loan(self, processor, call.copy, arguments)
    let isLaunched = launch { [self] in
      process.lock.acquire()
      wait(for: loan)
      forget(processor)
      process.lock.announce()
      process.lock.release()
    }
    guard isLaunched else {
      forget(processor)
      throw .again
    }
    while loan.child == 0, loan.error == nil { process.lock.wait() }
    if let error = loan.error { throw error }
    return CloneCalls.finish(loan.child, call, arguments)
  }

  /// Makes the child and waits until it needs this memory no longer.
  private func wait(for loan: Loan) {
    defer {
      process.lock.reclaim()
      process.callState.execution = nil
    }
    let size = Self.stackSize
    let stack = mmap(nil, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    guard let stack, stack != MAP_FAILED else {
      loan.error = .noMemory
      return process.lock.release()
    }
    defer { munmap(stack, size) }
    let flags = Int32(truncatingIfNeeded: CloneFlag.memory | CloneFlag.vfork)
    process.lock.release()
    let child = csys_clone(
      { loan in
        guard let loan else { return 0 }
        return UserEmulator.borrow(Unmanaged<Loan>.fromOpaque(loan).takeUnretainedValue())
      }, stack + size, flags | loan.arguments.hostFlags, Unmanaged.passUnretained(loan).toOpaque())
    if child < 0 { loan.error = Errno(csys_errno()) } else { loan.child = child }
  }

  /// The life of the child.
  private static func borrow(_ loan: Loan) -> Int32 {
    let (process, processor, arguments) = (loan.emulator.process, loan.processor, loan.arguments)
    process.lock.acquire()
    processor.thread.adoptCaller()
    loan.child = processor.thread.number
    arguments.tell(loan.child, loan.copy)
    if arguments.has(CloneFlag.childClearThreadID) {
      processor.thread.clearChildThreadID = arguments.childThreadID
    }
    if arguments.has(CloneFlag.clearSignalHandlers) { processor.thread.signals.clearHandlers() }
    processor.thread.signals.synchronizeHost()
    if arguments.has(CloneFlag.vfork) { processor.begin(arguments) }
    process.lock.announce()
    process.lock.release()
    do throws(TranslationError) { try processor.run() } catch {
      process.terminate(Signal.abort, processor.registers)
    }
    _exit(processor.thread.borrowerStatus ?? process.exitStatus ?? 0)
  }
}
