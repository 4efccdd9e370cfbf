import CSys
import Glibc
import GuestPowerPC
import Memory
import Translation

/// vfork(2), and clone(2) as posix_spawn(3) uses it: a child that runs in this process's memory while
/// this process waits.
///
/// The host's kernel does the same: its child runs the guest's processor on a stack of its own, as
/// the same thread as far as the host's library knows. What is not the child's is put back when it
/// has ended or executes another program: registers, signals, what is known of descriptors. Sound as
/// vfork is: the thread whose place the child takes does not run meanwhile, and the frames that the
/// child leaves behind own nothing that the process needs; they are never returned to.
extension UserEmulator {
  /// What a child needs to begin.
  private final class Loan {
    let emulator: UserEmulator
    let processor: GuestThread
    let copy: GuestCopy
    let arguments: CloneArguments
    /// The signals that the child does not take.
    var mask: UInt64 = 0

    init(
      _ emulator: UserEmulator, _ processor: GuestThread, _ copy: GuestCopy,
      _ arguments: CloneArguments
    ) {
      (self.emulator, self.processor) = (emulator, processor)
      (self.copy, self.arguments) = (copy, arguments)
    }
  }

  func lend(_ call: SystemCall, _ arguments: CloneArguments) throws(Errno) -> Int {
    guard let processor = processors.first(where: { $0.thread === process.current }) else {
      throw .again
    }
    let loan = Loan(self, processor, call.copy, arguments)
    processor.thread.signals.synchronizeHost()
    let stack = mmap(
      nil, Self.lentStackSize, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    guard let stack, stack != MAP_FAILED else { throw .noMemory }
    defer { munmap(stack, Self.lentStackSize) }
    loan.mask = SignalState.exchangeHostMask(~0)
    let state = processor.state.pointee
    let own = processor.thread.lend(sharingDescriptors: arguments.has(CloneFlag.files))
    let child = csys_clone(
      { loan in
        guard let loan else { return 0 }
        return UserEmulator.borrow(Unmanaged<Loan>.fromOpaque(loan).takeUnretainedValue())
      }, stack + Self.lentStackSize, arguments.hostFlags,
      Unmanaged.passUnretained(loan).toOpaque())
    let error = csys_errno()
    process.lock.recover()
    process.callState.execution = nil
    processor.thread.takeBack(own)
    processor.restore(state)
    _ = SignalState.exchangeHostMask(loan.mask)
    guard child >= 0 else { throw Errno(error) }
    return CloneCalls.finish(child, call, arguments)
  }

  /// The life of the child.
  private static func borrow(_ loan: Loan) -> Int32 {
    let (process, processor, arguments) = (loan.emulator.process, loan.processor, loan.arguments)
    processor.thread.number = process.number
    arguments.tell(process.number, loan.copy)
    if arguments.has(CloneFlag.childClearThreadID) {
      processor.thread.clearChildThreadID = arguments.childThreadID
    }
    if arguments.has(CloneFlag.clearSignalHandlers) { processor.thread.signals.clearHandlers() }
    _ = SignalState.exchangeHostMask(loan.mask)
    processor.begin(arguments)
    process.lock.release()
    do throws(TranslationError) { try processor.run() } catch {
      process.terminate(Signal.abort, processor.registers)
    }
    _exit(processor.thread.borrowerStatus ?? 0)
  }

  /// Bytes of stack for such a child; translated code has its own.
  private static let lentStackSize = 512 << 10
}
