import CSys
import Glibc
import GuestPowerPC
import Memory
import Translation

/// Threads of a program: each runs on a thread of the host.
extension UserEmulator {
  /// What a new thread of the host is given.
  private final class Start {
    let emulator: UserEmulator
    let processor: GuestThread
    let copy: GuestCopy
    let arguments: CloneArguments

    init(
      _ emulator: UserEmulator, _ processor: GuestThread, _ copy: GuestCopy,
      _ arguments: CloneArguments
    ) {
      (self.emulator, self.processor) = (emulator, processor)
      (self.copy, self.arguments) = (copy, arguments)
    }
  }

  /// clone(2): a thread that goes on behind the call, with a result of 0.
  func start(
    _ thread: LinuxThread, _ call: SystemCall, _ arguments: CloneArguments
  ) throws(Errno) -> Int {
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
    process.threads.append(thread)
    guard launch(Start(self, processor, call.copy, arguments)) else {
      forget(processor)
      process.threads.removeAll { $0 === thread }
      throw .again
    }
    while thread.number == 0 { process.lock.wait() }
    return Int(thread.number)
  }

  /// Starts a thread of the host, in which all signals are blocked.
  private func launch(_ start: Start) -> Bool {
    let mask = SignalState.exchangeHostMask(~0)
    defer { _ = SignalState.exchangeHostMask(mask) }
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    defer { pthread_attr_destroy(&attributes) }
    pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
    pthread_attr_setstacksize(&attributes, Self.stackSize)
    var host = pthread_t()
    let context = Unmanaged.passRetained(start)
    let result = pthread_create(
      &host, &attributes,
      { context in
        guard let context else { return nil }
        UserEmulator.live(Unmanaged<Start>.fromOpaque(context).takeRetainedValue())
        return nil
      }, context.toOpaque())
    if result != 0 { context.release() }
    return result == 0
  }

  /// Bytes of stack for a thread of the host; translated code has its own.
  private static let stackSize = 512 << 10

  /// The life of a thread of the host.
  private static func live(_ start: Start) {
    let (emulator, processor) = (start.emulator, start.processor)
    let process = emulator.process
    let stack = FaultHandler.prepareThread()
    process.lock.acquire()
    processor.thread.adoptCaller()
    start.arguments.tell(processor.thread.number, start.copy)
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
      emulator.forget(processor)
    }
    process.lock.release()
    if let status { emulator.onEnd?(status) }
    FaultHandler.endThread(stack)
  }
}
