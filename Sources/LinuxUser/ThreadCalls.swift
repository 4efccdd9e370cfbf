import CSys
import Glibc
import Memory

/// The life of threads.
enum ThreadCalls {
  /// clone(2) that makes a thread.
  static func begin(_ call: SystemCall, _ arguments: CloneArguments) throws(Errno) -> Int {
    guard let start = call.process.startThread else { throw .notImplemented }
    let parent = call.process.current
    // From here on the host must know what each thread blocks.
    parent.signals.synchronizeHost()
    let thread = LinuxThread(madeBy: parent)
    if arguments.has(CloneFlag.childClearThreadID) {
      thread.clearChildThreadID = arguments.childThreadID
    }
    return try start(call, arguments, thread)
  }

  /// exit(2): ends the thread, and the process if it was the last.
  static func end(_ call: SystemCall) throws(Errno) -> Int {
    let process = call.process
    let thread = process.current
    if process.threads.count < 2 || thread.isBorrowing {
      process.end(call.int32(0) & 0xff)
    } else {
      process.threads.removeAll { $0 === thread }
      thread.hasEnded = true
    }
    release(thread, call)
    return SystemCallResult.registersSet
  }

  /// What others may wait for when a thread ends.
  private static func release(_ thread: LinuxThread, _ call: SystemCall) {
    RobustList(thread, call.space).release()
    call.process.callState.ownedFutexes.release(ownedBy: UInt32(bitPattern: thread.number))
    let address = thread.clearChildThreadID
    if address != 0, call.copy.writeWord(address, 0) {
      // FUTEX_WAKE is 1.
      _ = try? hostCall(SYS_futex, call.source(address), 1, 1)
    }
  }
}
