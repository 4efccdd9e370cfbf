import CSys
import Glibc
import GuestPowerPC
import Memory
import Translation

/// Processes that run in their parent's memory until they execute a program or end, while the thread
/// that made them waits: vfork(2), and clone(2) with CLONE_VM and CLONE_VFORK, of which posix_spawn(3)
/// is made.
///
/// The host makes such a process too, with the same flags: on a stack of its own, and with the
/// thread-local storage of the thread that waits. It runs the guest's child on that thread's
/// processor, whose registers are put back afterwards.
extension UserEmulator {
  private typealias CloneFlag = ThreadCalls.CloneFlag

  /// What the host's new process is given.
  private final class Borrower {
    let emulator: UserEmulator
    let process: LinuxProcess
    let processor: GuestThread
    let call: SystemCall

    init(_ emulator: UserEmulator, _ parent: GuestThread, _ call: SystemCall) {
      self.emulator = emulator
      self.call = call
      process = LinuxProcess(borrowingFrom: call.process)
      processor = GuestThread(borrowing: parent, process)
    }
  }

  /// Makes the process and waits for its end, or for the program that it executes.
  /// - Returns: its number.
  func lendMemory(_ call: SystemCall) throws(Errno) -> Int {
    let thread = call.process.current
    guard let parent = processors.first(where: { $0.thread === thread }) else { throw .again }
    thread.signals.synchronizeHost()
    let borrower = Borrower(self, parent, call)
    processors.append(borrower.processor)
    let state = parent.state.pointee
    let mask = SignalState.exchangeHostMask(~0)
    defer {
      processors.removeAll { $0 === borrower.processor }
      parent.state.pointee = state
      translator.resume(parent.runner)
      thread.adoptCaller()
      _ = SignalState.exchangeHostMask(mask)
      // What the child did to descriptors was done to the parent's.
      if call[0] & CloneFlag.files != 0 { call.process.callState.descriptors.forget(0...0xffff) }
    }
    call.process.lock.release()
    defer { call.process.lock.reclaim() }
    return try Self.launch(borrower, call[0])
  }

  /// The flags that are for the host: CSIGNAL, CLONE_VM, CLONE_FS, CLONE_FILES, CLONE_VFORK,
  /// CLONE_PARENT, the namespaces and CLONE_IO.
  private static let hostFlags: UInt32 = 0xfe02_c7ff
  /// Bytes of stack for the host's process.
  private static let borrowerStackSize = 512 << 10

  private static func launch(_ borrower: Borrower, _ flags: UInt32) throws(Errno) -> Int {
    let stack = mmap(
      nil, borrowerStackSize, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    guard let stack, stack != MAP_FAILED else { throw .noMemory }
    defer { munmap(stack, borrowerStackSize) }
    let child = csys_clone(
      { context in
        guard let context else { return 1 }
        UserEmulator.live(Unmanaged<Borrower>.fromOpaque(context).takeUnretainedValue())
      }, stack + borrowerStackSize, Int32(bitPattern: flags & hostFlags),
      Unmanaged.passUnretained(borrower).toOpaque())
    guard child >= 0 else { throw Errno(csys_errno()) }
    return Int(child)
  }

  /// The life of the host's process.
  private static func live(_ borrower: Borrower) -> Never {
    let (process, processor, call) = (borrower.process, borrower.processor, borrower.call)
    process.lock.acquire()
    processor.thread.adoptCaller()
    process.number = processor.thread.number
    ThreadCalls.tellNumber(call, processor.thread)
    processor.begin(call)
    processor.thread.signals.synchronizeHost()
    process.lock.release()
    do throws(TranslationError) { try processor.run() } catch {
      process.terminate(Signal.abort, processor.registers)
    }
    _exit(process.exitStatus ?? 1)
  }
}
