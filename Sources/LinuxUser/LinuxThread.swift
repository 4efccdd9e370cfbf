import CSys
import Glibc
import Translation

/// What each thread of a guest's process has of its own. It runs on a thread of the host, whose
/// number is its own.
public final class LinuxThread {
  /// The number (TID).
  public internal(set) var number: Int32
  /// The numbers that it had before `lend`, whose threads wait.
  private var lenders: [Int32] = []
  /// Set when the thread has ended, and its process has not.
  public internal(set) var hasEnded = false
  /// Whether it is that of a child that borrows its parent's memory, which ends alone.
  private(set) var isBorrowing = false
  /// With what status that child is to end; nil as long as it runs.
  var borrowerStatus: Int32?
  let mailbox: SignalMailbox
  var signals: SignalState
  /// What is known of its descriptors; the threads of a process have them in common.
  private(set) var descriptors: DescriptorKinds
  /// What becomes 0 and wakes a futex when the thread ends (set_tid_address(2)); 0 for none.
  var clearChildThreadID: UInt32 = 0
  var robustList: (head: UInt32, length: UInt32) = (0, 0)
  /// What `-strace` has still to print of a call that is being made.
  var tracedCall = ""
  /// Room for a name that replaces the guest's.
  let pathBuffer = UnsafeMutableRawPointer.allocate(
    byteCount: LinuxProcess.pathCapacity, alignment: 16)

  /// A process's first thread.
  init() {
    number = csys_thread_id()
    mailbox = SignalMailbox.shared
    signals = SignalState()
    descriptors = DescriptorKinds()
    signals.adoptHostState()
  }

  /// A thread that another one makes: it blocks what that one blocks, and nothing is pending. Its
  /// number is that of the host's thread that will run it.
  init(madeBy parent: LinuxThread) {
    number = 0
    mailbox = SignalMailbox()
    signals = SignalState(madeBy: parent.signals)
    descriptors = parent.descriptors
  }

  /// The thread of a child that borrows the memory of another one's process, and runs beside it.
  init(borrowingFrom parent: LinuxThread, sharingDescriptors: Bool) {
    number = 0
    mailbox = SignalMailbox()
    signals = SignalState(copyOf: parent.signals)
    descriptors =
      sharingDescriptors ? parent.descriptors : DescriptorKinds(parent.descriptors)
    isBorrowing = true
  }

  /// In a process that a fork made: its memory is its own, and so are its descriptors, unless it
  /// has them together with its parent.
  func beginProcess(sharingDescriptors: Bool) {
    isBorrowing = false
    if !sharingDescriptors, descriptors.isShared { separateDescriptors() }
  }

  /// Its descriptors are its own from now on (unshare(2)).
  func separateDescriptors() { descriptors = DescriptorKinds(descriptors) }

  /// What is a child's own while it borrows this thread's memory.
  struct Own {
    fileprivate var signals: SignalState
    fileprivate var descriptors: DescriptorKinds
    fileprivate var clearChildThreadID: UInt32
    fileprivate var robustList: (head: UInt32, length: UInt32)
    fileprivate var isBorrowing: Bool
  }

  /// Becomes the only thread of a child that borrows its memory. From before until after `takeBack`
  /// the host's thread blocks all signals, but for the child.
  func lend(sharingDescriptors: Bool) -> Own {
    let own = Own(
      signals: signals, descriptors: descriptors, clearChildThreadID: clearChildThreadID,
      robustList: robustList, isBorrowing: isBorrowing)
    signals = SignalState(copyOf: signals)
    if !sharingDescriptors { descriptors = DescriptorKinds(descriptors) }
    clearChildThreadID = 0
    robustList = (0, 0)
    isBorrowing = true
    lenders.append(number)
    return own
  }

  /// Is the parent's thread again.
  func takeBack(_ own: Own) {
    mailbox.clear()
    signals = own.signals
    descriptors = own.descriptors
    clearChildThreadID = own.clearChildThreadID
    robustList = own.robustList
    isBorrowing = own.isBorrowing
    borrowerStatus = nil
    number = csys_thread_id()
    lenders.removeLast()
    tracedCall = ""
  }

  /// Whether a number is this thread's, or that of one that waits until it is taken back.
  func stands(for number: Int32) -> Bool { self.number == number || lenders.contains(number) }

  deinit { pathBuffer.deallocate() }

  /// A word that becomes 1 when a signal arrives: translated code polls it and leaves.
  var exitRequest: UnsafeMutablePointer<UInt32>? {
    get { mailbox.exitRequest }
    set { mailbox.exitRequest = newValue }
  }

  // MARK: The host's threads

  /// Where a thread of the host keeps which one it runs.
  private static let key: pthread_key_t = {
    var key = pthread_key_t()
    pthread_key_create(&key, nil)
    return key
  }()

  /// The thread that the calling thread of the host runs.
  static var ofCaller: LinuxThread? {
    guard let place = pthread_getspecific(key) else { return nil }
    return Unmanaged<LinuxThread>.fromOpaque(place).takeUnretainedValue()
  }

  /// Says that the calling thread of the host runs this one, whose owner keeps it alive.
  func adoptCaller() {
    number = csys_thread_id()
    pthread_setspecific(Self.key, Unmanaged.passUnretained(self).toOpaque())
    mailbox.adoptCaller()
  }
}
