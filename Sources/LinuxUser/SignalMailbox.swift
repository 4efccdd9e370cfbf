import CSys
import Glibc

/// Where the host's signal handler leaves what arrived, for the main loop to find.
///
/// Everything that the handler touches was allocated before it was installed; it only loads and
/// stores. The handler runs with all signals blocked, so it has one writer and one reader.
final class SignalMailbox: @unchecked Sendable {
  /// That of the process's first thread, and of threads that are none of the guest's.
  static let shared = SignalMailbox(isFirst: true)

  /// What an arriving signal changes.
  struct Box {
    var interruption = csys_interruption()
    var exitRequest: UnsafeMutablePointer<UInt32>?
    /// Entries ever written and ever read; entry i is at i modulo `capacity`.
    var written: UInt32 = 0
    var read: UInt32 = 0
    var entries: UnsafeMutablePointer<siginfo_t>
  }

  static let capacity: UInt32 = 256
  private let box: UnsafeMutablePointer<Box>

  init(isFirst: Bool = false) {
    let entries = UnsafeMutablePointer<siginfo_t>.allocate(capacity: Int(Self.capacity))
    box = .allocate(capacity: 1)
    box.initialize(to: Box(entries: entries))
    if isFirst {
      pthread_key_create(&mailboxKey, nil)
      mailboxOfHandler = box
    }
  }

  deinit {
    box.pointee.entries.deallocate()
    box.deallocate()
  }

  /// From now on the calling thread's signals come here.
  func adoptCaller() { pthread_setspecific(mailboxKey, box) }

  /// Before the calling thread ends, and the mailbox may go.
  static func leaveCaller() { pthread_setspecific(mailboxKey, nil) }

  /// For `csys_interruptible`.
  var interruption: UnsafeMutablePointer<csys_interruption> {
    UnsafeMutableRawPointer(box).assumingMemoryBound(to: csys_interruption.self)
  }

  /// The word that translated code polls.
  var exitRequest: UnsafeMutablePointer<UInt32>? {
    get { box.pointee.exitRequest }
    set { box.pointee.exitRequest = newValue }
  }

  /// Whether something arrived since `take` returned nil.
  var isPending: Bool { box.pointee.interruption.pending != 0 }

  /// Says that the entries are about to be taken.
  func beginTaking() { box.pointee.interruption.pending = 0 }

  /// The oldest entry.
  func take() -> siginfo_t? {
    guard box.pointee.read != box.pointee.written else { return nil }
    let entry = box.pointee.entries[Int(box.pointee.read & (Self.capacity &- 1))]
    box.pointee.read &+= 1
    return entry
  }

  /// Forgets everything: in a new child.
  func clear() {
    box.pointee.read = box.pointee.written
    box.pointee.interruption.pending = 0
  }

  /// Takes a signal that another handler received (SIGSEGV and SIGBUS belong to the translator).
  func receive(_ information: UnsafePointer<siginfo_t>) { post(information, box) }
}

/// What the handler uses: set once, before any handler is installed.
nonisolated(unsafe) private var mailboxOfHandler: UnsafeMutablePointer<SignalMailbox.Box>?
/// Where a thread keeps its own mailbox.
nonisolated(unsafe) private var mailboxKey = pthread_key_t()

private func post(
  _ information: UnsafePointer<siginfo_t>, _ box: UnsafeMutablePointer<SignalMailbox.Box>
) {
  let written = box.pointee.written
  if written &- box.pointee.read < SignalMailbox.capacity {
    box.pointee.entries[Int(written & (SignalMailbox.capacity &- 1))] = information.pointee
    box.pointee.written = written &+ 1
  }
  box.pointee.interruption.pending = 1
  if let word = box.pointee.exitRequest { word.pointee = 1 }
}

/// The host's handler: stores the signal, asks translated code to leave, and keeps a system call
/// that has not happened from happening.
let receiveHostSignal:
  @convention(c) (Int32, UnsafeMutablePointer<siginfo_t>?, UnsafeMutableRawPointer?) -> Void = {
    _, information, context in
    let own = pthread_getspecific(mailboxKey)?.assumingMemoryBound(to: SignalMailbox.Box.self)
    guard let box = own ?? mailboxOfHandler, let information, let context else { return }
    post(information, box)
    // ucontext_t: flags, link and stack take 40 bytes; then the registers of the machine context.
    let registers = (context + 40).assumingMemoryBound(to: UInt64.self)
    let address = registers[CSYS_REG_RIP]
    let call = box.pointee.interruption
    if address >= call.begin && address < call.end {
      registers[CSYS_REG_RIP] = call.abort
    }
  }
