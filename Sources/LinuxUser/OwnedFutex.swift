import CSys
import Glibc
import Memory

/// A PI futex for which threads of the process wait.
///
/// The host's kernel cannot use the guest's word: the owner's number is in the other byte order. So
/// threads wait for the *shadow*, a word of ours in the host's order; the kernel lends its owner the
/// priority of who waits, along chains too, hands it to the first of them, and sees that its owner
/// ends. Where it is in force
///
/// - the shadow says who owns the lock. The kernel changes it when a thread that waits gets it.
/// - the guest's word has FUTEX_WAITERS set and is never 0, so that no thread of the guest's takes the
///   lock or gives it back without a system call. Those are made one after the other, under the
///   emulator's lock, which only waiting gives up.
/// - whoever changes the shadow says so in the guest's word (`publish`) before it runs on: who gives the
///   lock back, for the one who gets it; who comes back from waiting, with it or without. Between both
///   the kernel may have given it to a third one, of a higher priority.
final class OwnedFutex {
  /// The guest's word.
  let word: FutexWord
  private let shadow: UnsafeMutablePointer<UInt32>
  /// Calls that wait for the lock or will; without any there is no futex of this kind.
  fileprivate(set) var users = 0
  /// Whether the shadow says who owns the lock. If not, calls wait for another word only, from which
  /// they may be moved here (FUTEX_WAIT_REQUEUE_PI), and the guest's word is as if there were none.
  private(set) var isInForce = false
  /// FUTEX_PRIVATE_FLAG, if those who wait gave it: the kernel tells the two kinds apart.
  private var flag: UInt32 = 0

  fileprivate init(_ word: FutexWord) {
    self.word = word
    shadow = .allocate(capacity: 1)
    shadow.initialize(to: 0)
  }

  deinit { shadow.deallocate() }

  /// The shadow's address, for the host's kernel.
  var place: Int { Int(bitPattern: shadow) }

  /// The number of the thread that owns it; 0 for none.
  var owner: UInt32 { shadow.pointee & FutexWord.owner }

  /// Puts the shadow in force for the owner that the guest's word names, which has FUTEX_WAITERS.
  func begin(owner: UInt32, flag: UInt32) {
    shadow.pointee = owner
    self.flag = flag
    isInForce = true
  }

  /// The guest's word is used without the shadow again, for which nobody waits.
  func end() {
    guard isInForce else { return }
    isInForce = false
    // As long as it has an owner the bit does no harm; the kernel leaves it too.
    _ = try? word.change { $0 & FutexWord.owner == 0 ? $0 & ~FutexWord.waiters : $0 }
  }

  /// Takes the lock if nobody owns it.
  func take(_ number: UInt32) -> Bool {
    guard csys_compare_exchange(shadow, 0, number) != 0 else { return false }
    publish()
    return true
  }

  /// Says in the guest's word who owns the lock. What cannot be written any more, the guest will not
  /// read either.
  /// - Parameter mark: FUTEX_OWNER_DIED if the owner before has ended, 0 if it gave the lock back, nil
  ///   if that is not known: then the mark stays that is there.
  func publish(mark: UInt32? = nil) {
    var now = shadow.pointee
    // The kernel's own mark is passed on once: the guest takes it off its word.
    while now & FutexWord.ownerDied != 0,
      csys_compare_exchange(shadow, now, now & ~FutexWord.ownerDied) == 0
    { now = shadow.pointee }
    _ = try? word.change { now | FutexWord.waiters | (mark ?? $0 & FutexWord.ownerDied) }
  }

  /// Hands the lock to the first who waits, in the name of the caller, who owns it.
  func handOver(mark: UInt32 = 0) throws(Errno) {
    try hostCall(SYS_futex, place, Int(FutexCalls.Operation.unlockPI | flag))
    publish(mark: mark)
  }
}

/// The PI futexes of a process for which threads wait.
struct OwnedFutexes {
  private var futexes: [UInt32: OwnedFutex] = [:]

  /// The one whose guest's word is at an address, if its shadow is in force. The word says what the
  /// shadow says then.
  func inForce(_ address: UInt32) -> OwnedFutex? {
    guard let futex = futexes[address], futex.isInForce else { return nil }
    futex.publish()
    return futex
  }

  /// Before a call uses the futex of a word.
  mutating func enter(_ word: FutexWord) -> OwnedFutex {
    let futex = futexes[word.address] ?? OwnedFutex(word)
    futexes[word.address] = futex
    futex.users += 1
    return futex
  }

  /// After `enter`, when the call uses it no longer.
  mutating func leave(_ futex: OwnedFutex) {
    futex.users -= 1
    guard futex.users == 0 else { return }
    futex.end()
    futexes[futex.word.address] = nil
  }

  /// When the calling thread ends: what it owns goes to those who wait for it, with the mark
  /// FUTEX_OWNER_DIED.
  func release(ownedBy number: UInt32) {
    for futex in futexes.values where futex.isInForce && futex.owner == number {
      _ = try? futex.handOver(mark: FutexWord.ownerDied)
    }
  }

  /// In a new process, in which nobody waits.
  mutating func beginChild() { futexes = [:] }
}
