import CSys
import Glibc
import Memory

/// The operations of futex(2) on words that hold their owner's number ("Priority-inheritance
/// futexes"). In memory of the process's own `OwnedFutex` has what the host's kernel does for them; for
/// words in shared memory see `SharedFutexCalls`.
enum OwnedFutexCalls {
  /// Whether an argument is the address of a word that other processes cannot see, or need not.
  private static func isOwn(_ call: SystemCall, _ argument: Int) -> Bool {
    call[1] & FutexCalls.isPrivate != 0
      || !call.space.flags(at: call[argument]).contains(.shared)
  }

  private static func word(_ call: SystemCall, _ argument: Int) -> FutexWord {
    FutexWord(call.space, call[argument])
  }

  private static func number(_ call: SystemCall) -> UInt32 {
    UInt32(bitPattern: call.process.current.number)
  }

  /// ESRCH if a word's owner is no task: who ends gives back what others wait for. A thread that has
  /// ended is none, though the host's thread may still be there.
  static func checkOwner(_ call: SystemCall, _ value: UInt32) throws(Errno) {
    let owner = Int(value & FutexWord.owner)
    if owner == 0 { return }
    if (try? hostCall(SYS_tgkill, Int(getpid()), owner, 0)) != nil {
      let isThread = call.process.threads.contains { $0.stands(for: Int32(owner)) }
      guard isThread || owner == call.process.current.number else { throw .noProcess }
      return
    }
    do throws(Errno) { try hostCall(SYS_kill, owner, 0) } catch {
      if error == .noProcess { throw error }
    }
  }

  /// FUTEX_LOCK_PI and FUTEX_LOCK_PI2: the word becomes the caller's number.
  static func lock(_ call: SystemCall) throws(Errno) -> Int {
    guard isOwn(call, 0) else { return try SharedFutexCalls.lock(call) }
    let state = call.process.callState, word = word(call, 0), own = number(call)
    let isInForce = state.ownedFutexes.inForce(call[0]) != nil
    let old = try word.change { (value) throws(Errno) in
      if value & FutexWord.owner == own { throw .deadlock }
      if isInForce { return value }
      let isFree = value & FutexWord.owner == 0
      return isFree ? own | value & FutexWord.ownerDied : value | FutexWord.waiters
    }
    if !isInForce {
      if old & FutexWord.owner == 0 { return 0 }
      try checkOwner(call, old)
    }
    let futex = state.ownedFutexes.enter(word)
    defer { state.ownedFutexes.leave(futex) }
    if !isInForce {
      futex.begin(owner: old & FutexWord.owner, flag: call[1] & FutexCalls.isPrivate)
    }
    if !futex.take(own) { try wait(call, futex) }
    return 0
  }

  /// Waits until the caller owns the lock.
  private static func wait(_ call: SystemCall, _ futex: OwnedFutex) throws(Errno) {
    defer { futex.publish() }
    do throws(Errno) {
      _ = try withTimespec(FutexCalls.timeout(call)) { (time, _) throws(Errno) in
        try call.waiting(SYS_futex, futex.place, call.unsigned(1), 0, time)
      }
    } catch {
      // Whatever a signal's handler says: the C library does not expect that.
      throw error == .restart || error == .interrupted ? .restartAlways : error
    }
  }

  /// FUTEX_TRYLOCK_PI: like the kernel it sets FUTEX_WAITERS where it fails.
  static func tryLock(_ call: SystemCall) throws(Errno) -> Int {
    guard isOwn(call, 0) else { return try SharedFutexCalls.tryLock(call) }
    let futex = call.process.callState.ownedFutexes.inForce(call[0]), own = number(call)
    let old = try word(call, 0).change { (value) throws(Errno) in
      if value & FutexWord.owner == own { throw .deadlock }
      if futex != nil || value & FutexWord.owner != 0 { return value | FutexWord.waiters }
      return own | value & FutexWord.ownerDied
    }
    if let futex {
      if !futex.take(own) { throw .again }
    } else if old & FutexWord.owner != 0 {
      try checkOwner(call, old)
      throw .again
    }
    return 0
  }

  /// FUTEX_UNLOCK_PI: the word becomes the number of the first who waits, or 0.
  static func unlock(_ call: SystemCall) throws(Errno) -> Int {
    guard isOwn(call, 0) else { return try SharedFutexCalls.unlock(call) }
    let own = number(call)
    // Even where no word can be.
    if try call.readWord(call[0]) & FutexWord.owner != own { throw .notPermitted }
    if let futex = call.process.callState.ownedFutexes.inForce(call[0]) {
      try futex.handOver()
      return 0
    }
    try word(call, 0).change { (value) throws(Errno) in
      if value & FutexWord.owner != own { throw .notPermitted }
      return 0
    }
    return 0
  }

  /// FUTEX_WAIT_REQUEUE_PI: waits for the first word until `requeueToLock` moves it to the second, and
  /// then for the lock there.
  static func waitForLock(_ call: SystemCall) throws(Errno) -> Int {
    guard isOwn(call, 4) else { return try SharedFutexCalls.waitForLock(call) }
    guard call[0] != call[4], call[4] & 3 == 0 else { throw .invalid }
    let word = try call.source(call[0], 4), state = call.process.callState
    let futex = state.ownedFutexes.enter(Self.word(call, 4))
    defer {
      if futex.isInForce { futex.publish() }
      state.ownedFutexes.leave(futex)
    }
    do throws(Errno) {
      _ = try withTimespec(FutexCalls.timeout(call)) { (time, _) throws(Errno) in
        try call.waiting(
          SYS_futex, word, call.unsigned(1), Int(call[2].byteSwapped), time, futex.place)
      }
    } catch {
      // Once it was moved, a signal gives EAGAIN.
      throw error == .restart || error == .interrupted ? .restartAlways : error
    }
    return 0
  }

  /// FUTEX_CMP_REQUEUE_PI: threads that wait for the first word wait for the lock in the second; the
  /// first of them gets it, if nobody has it.
  static func requeueToLock(_ call: SystemCall) throws(Errno) -> Int {
    guard isOwn(call, 4) else { return try SharedFutexCalls.requeueToLock(call) }
    guard call[0] != call[4], call[2] == 1, call.signed(3) >= 0, (call[0] | call[4]) & 3 == 0 else {
      throw .invalid
    }
    if try call.readWord(call[0]) != call[5] { throw .again }
    let state = call.process.callState
    let futex = state.ownedFutexes.enter(word(call, 4))
    defer { state.ownedFutexes.leave(futex) }
    // Without another user nobody waits for being moved here.
    if !futex.isInForce, futex.users > 1 {
      let old = try futex.word.change { $0 | FutexWord.waiters }
      try checkOwner(call, old)
      futex.begin(owner: old & FutexWord.owner, flag: call[1] & FutexCalls.isPrivate)
    }
    // Also after an error: some may have been moved.
    defer { if futex.isInForce { futex.publish() } }
    return try hostCall(
      SYS_futex, call.source(call[0], 4), call.unsigned(1), 1, call.signed(3), futex.place,
      Int(call[5].byteSwapped))
  }
}
