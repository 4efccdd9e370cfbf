import CSys
import Glibc
import GuestPowerPC
import Memory
import Translation

/// Processes that run in their parent's memory, but are processes: clone(2) with CLONE_VM.
///
/// The host makes such a process too, with the same flags: on a stack of its own, and with the
/// thread-local storage of the thread that made it, which must wait until it executes a program or
/// ends. After vfork(2), and CLONE_VFORK, of which posix_spawn(3) is made, the guest's thread waits
/// anyway: the child runs on its processor, whose registers are put back afterwards. Otherwise a
/// thread of the host is made for waiting.
extension UserEmulator {
  private typealias CloneFlag = ThreadCalls.CloneFlag

  /// What the host's new process is given.
  private final class Borrower {
    let process: LinuxProcess
    let processor: GuestThread
    let call: SystemCall
    /// Why there is no process.
    var error: Errno?

    init(_ process: LinuxProcess, _ processor: GuestThread, _ call: SystemCall) {
      (self.process, self.processor, self.call) = (process, processor, call)
    }
  }

  /// Makes a process that runs in its parent's memory.
  /// - Returns: its number.
  func lendMemory(_ call: SystemCall) throws(Errno) -> Int {
    call.process.current.signals.synchronizeHost()
    let process = LinuxProcess(borrowingFrom: call.process)
    if call[0] & CloneFlag.vfork != 0 { return try lendAndWait(call, process) }
    let processor = try processor(of: process.threads[0], call, process: process)
    let borrower = Borrower(process, processor, call)
    let isLaunched = launch { [self] in
      do throws(Errno) { _ = try Self.launch(borrower) } catch { borrower.error = error }
      forget(processor)
      self.process.lock.announce()
      self.process.lock.release()
    }
    guard isLaunched else {
      forget(processor)
      throw .again
    }
    while processor.thread.number == 0, borrower.error == nil { call.process.lock.wait() }
    if let error = borrower.error { throw error }
    return Int(processor.thread.number)
  }

  private func lendAndWait(_ call: SystemCall, _ process: LinuxProcess) throws(Errno) -> Int {
    let thread = call.process.current
    guard let parent = processors.first(where: { $0.thread === thread }) else { throw .again }
    let state = parent.state.pointee
    let processor = GuestThread(borrowing: parent, process)
    processor.begin(call)
    processors.append(processor)
    let mask = SignalState.exchangeHostMask(~0)
    defer {
      processors.removeAll { $0 === processor }
      parent.state.pointee = state
      translator.resume(parent.runner)
      thread.adoptCaller()
      _ = SignalState.exchangeHostMask(mask)
      // What the child did to descriptors was done to the parent's.
      if call[0] & CloneFlag.files != 0 { call.process.callState.descriptors.forget(0...0xffff) }
    }
    call.process.lock.release()
    return try Self.launch(Borrower(process, processor, call))
  }

  /// Makes the host's process and waits until it is gone. The caller, which does not hold the lock,
  /// then holds it.
  private static func launch(_ borrower: Borrower) throws(Errno) -> Int {
    defer { borrower.process.lock.reclaim() }
    let stack = mmap(nil, stackSize, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    guard let stack, stack != MAP_FAILED else { throw .noMemory }
    defer { munmap(stack, stackSize) }
    let flags = borrower.call[0] & CloneFlag.ofHost | CloneFlag.memory | CloneFlag.vfork
    let child = csys_clone(
      { context in
        guard let context else { return 1 }
        UserEmulator.live(Unmanaged<Borrower>.fromOpaque(context).takeUnretainedValue())
      }, stack + stackSize, Int32(bitPattern: flags), Unmanaged.passUnretained(borrower).toOpaque())
    guard child >= 0 else { throw Errno(csys_errno()) }
    return Int(child)
  }

  /// The life of the host's process.
  private static func live(_ borrower: Borrower) -> Never {
    let (process, processor) = (borrower.process, borrower.processor)
    process.lock.acquire()
    processor.thread.adoptCaller()
    process.number = processor.thread.number
    ThreadCalls.tellNumber(borrower.call, processor.thread)
    processor.thread.signals.synchronizeHost()
    process.lock.announce()
    process.lock.release()
    do throws(TranslationError) { try processor.run() } catch {
      process.terminate(Signal.abort, processor.registers)
    }
    _exit(process.exitStatus ?? 1)
  }
}
