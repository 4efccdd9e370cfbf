import CSys
import Glibc
import Memory

/// The life of threads.
enum ThreadCalls {
  /// The flags of clone(2) (linux/sched.h).
  enum CloneFlag {
    static let memory: UInt32 = 0x100
    static let fileSystem: UInt32 = 0x200
    static let files: UInt32 = 0x400
    static let signalHandlers: UInt32 = 0x800
    static let vfork: UInt32 = 0x4000
    static let thread: UInt32 = 0x1_0000
    static let setTLS: UInt32 = 0x8_0000
    static let parentSetThreadID: UInt32 = 0x10_0000
    static let childClearThreadID: UInt32 = 0x20_0000
    static let childSetThreadID: UInt32 = 0x100_0000
    /// What the host's process is to be made with as well: CSIGNAL, CLONE_FS, CLONE_FILES,
    /// CLONE_PARENT, CLONE_SYSVSEM, CLONE_IO and the namespaces.
    static let ofHost: UInt32 = 0xfe06_86ff
    /// What a thread of the C library's shares; the kernel asks for the first, second and fourth.
    static let ofThreads = memory | signalHandlers | thread
  }

  /// clone(flags, stack, parent's word, TLS, child's word) that makes a thread.
  static func begin(_ call: SystemCall) throws(Errno) -> Int {
    guard let start = call.process.startThread else { throw .notImplemented }
    let parent = call.process.current
    // From here on the host must know what each thread blocks.
    parent.signals.synchronizeHost()
    let thread = LinuxThread(madeBy: parent)
    if call[0] & CloneFlag.childClearThreadID != 0 { thread.clearChildThreadID = call[4] }
    return try start(call, thread)
  }

  /// In the new thread, before its first instruction: tells its number.
  static func tellNumber(_ call: SystemCall, _ thread: LinuxThread) {
    let number = UInt32(bitPattern: thread.number)
    if call[0] & CloneFlag.parentSetThreadID != 0 { _ = call.copy.writeWord(call[2], number) }
    if call[0] & CloneFlag.childSetThreadID != 0 { _ = call.copy.writeWord(call[4], number) }
  }

  /// exit(2): ends the thread, and the process if it was the last.
  static func end(_ call: SystemCall) throws(Errno) -> Int {
    let process = call.process
    let thread = process.current
    if process.threads.count < 2 {
      process.exitStatus = call.int32(0) & 0xff
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
    let address = thread.clearChildThreadID
    if address != 0, call.copy.writeWord(address, 0) {
      // FUTEX_WAKE is 1.
      _ = try? hostCall(SYS_futex, call.source(address), 1, 1)
    }
  }
}
