import CSys
import Glibc
import GuestPowerPC
import Memory
import Translation

/// Threads of a program: each runs on a thread of the host.
extension UserEmulator {
  /// What a new thread of the host does.
  private final class Start {
    let body: () -> Void
    init(_ body: @escaping () -> Void) { self.body = body }
  }

  /// clone(2): a thread that goes on behind the call, with a result of 0.
  func start(
    _ thread: LinuxThread, _ call: SystemCall, _ arguments: CloneArguments
  ) throws(Errno) -> Int {
    let processor = try processor(of: thread, arguments)
    let copy = call.copy
    process.threads.append(thread)
    guard launch({ [self] in live(processor) { arguments.tell(thread.number, copy) } }) else {
      forget(processor)
      process.threads.removeAll { $0 === thread }
      throw .again
    }
    while thread.number == 0 { process.lock.wait() }
    return Int(thread.number)
  }

  /// A processor for a new thread, with the registers that it has behind the caller's call.
  func processor(
    of thread: LinuxThread, _ arguments: CloneArguments
  ) throws(Errno) -> GuestThread {
    if !process.lock.isShared {
      process.current.adoptCaller()
      translator.share()
    }
    guard let parent = processors.first(where: { $0.thread === process.current }) else {
      throw .again
    }
    let state = UnsafeMutablePointer<PowerPCState>.allocate(capacity: 1)
    state.initialize(to: parent.state.pointee)
    let processor: GuestThread
    do throws(TranslationError) {
      processor = try GuestThread(self, thread, state, hasVectors: hasVectors)
    } catch {
      throw .again
    }
    processor.begin(arguments)
    processors.append(processor)
    return processor
  }

  /// Starts a thread of the host, in which all signals are blocked.
  func launch(_ body: @escaping () -> Void) -> Bool {
    let mask = SignalState.exchangeHostMask(~0)
    defer { _ = SignalState.exchangeHostMask(mask) }
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    defer { pthread_attr_destroy(&attributes) }
    pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
    pthread_attr_setstacksize(&attributes, Self.stackSize)
    var host = pthread_t()
    let context = Unmanaged.passRetained(Start(body))
    let result = pthread_create(
      &host, &attributes,
      { context in
        guard let context else { return nil }
        let stack = FaultHandler.prepareThread()
        Unmanaged<Start>.fromOpaque(context).takeRetainedValue().body()
        FaultHandler.endThread(stack)
        return nil
      }, context.toOpaque())
    if result != 0 { context.release() }
    // With its first thread the host's library takes this signal for itself.
    process.current.signals.installOnHost(LibrarySignal.setUser)
    return result == 0
  }

  /// Bytes of stack for a thread of the host; translated code has its own.
  static let stackSize = 512 << 10

  /// The life of a thread of the host.
  private func live(_ processor: GuestThread, _ begin: () -> Void) {
    process.lock.acquire()
    processor.thread.adoptCaller()
    begin()
    processor.thread.signals.synchronizeHost()
    process.lock.announce()
    process.lock.release()
    do throws(TranslationError) { try processor.run() } catch {
      // The jump table of another key: there is no room for it.
      process.terminate(Signal.abort, processor.registers)
    }
    process.lock.acquire()
    let status = process.exitStatus
    if status == nil {
      // What comes for the process is for the other threads; what comes for this one is late.
      _ = SignalState.exchangeHostMask(~0)
      SignalMailbox.leaveCaller()
      forget(processor)
    }
    process.lock.release()
    if let status { onEnd?(status) }
  }
}
