import CSys
import Glibc
import Memory

/// The operations of futex(2) on words with owners in memory that processes share.
///
/// The guest's word says who owns the lock, and who waits for it waits as for any other word. So the
/// host's kernel does not know the owner, whose priority stays what it is: the shadows of
/// `OwnedFutex` would have to be in shared memory too.
enum SharedFutexCalls {
  private typealias Operation = FutexCalls.Operation
  private static let owner = FutexWord.owner, ownerDied = FutexWord.ownerDied
  private static let waiters = FutexWord.waiters

  /// FUTEX_LOCK_PI and FUTEX_LOCK_PI2.
  static func lock(_ call: SystemCall) throws(Errno) -> Int {
    let isOld = call[1] & ~FutexCalls.isPrivate == Operation.lockPI
    return try lock(call, usesRealTime: isOld || call[1] & FutexCalls.usesRealTime != 0)
  }

  /// - Parameters:
  ///   - word: the argument that is the word's address.
  ///   - others: `waiters` if somebody else may wait.
  private static func lock(
    _ call: SystemCall, word: Int = 0, usesRealTime: Bool, others: UInt32 = 0
  ) throws(Errno) -> Int {
    let own = UInt32(bitPattern: call.process.current.number)
    let clock = usesRealTime ? FutexCalls.usesRealTime : 0
    let operation = Int(Operation.waitBits | call[1] & FutexCalls.isPrivate | clock)
    var others = others
    return try withTimespec(FutexCalls.timeout(call)) { (time, _) throws(Errno) in
      while true {
        var seen: UInt32 = 0
        let old = try FutexWord(call.space, call[word]).change { (value) throws(Errno) in
          if value & owner == own { throw .deadlock }
          try OwnedFutexCalls.checkOwner(call, value)
          seen = value & owner == 0 ? own | value & ownerDied | others : value | waiters
          return seen
        }
        if old & owner == 0 { return 0 }
        do throws(Errno) {
          _ = try call.waiting(
            SYS_futex, call.target(call[word], 4), operation, Int(seen.byteSwapped), time, 0,
            0xffff_ffff)
        } catch {
          // Whatever a signal's handler says: the C library does not expect that.
          if error == .interrupted || error == .restart { throw .restartAlways }
          // The word has changed meanwhile.
          if error != .again { throw error }
        }
        others = waiters
      }
    }
  }

  /// FUTEX_WAIT_REQUEUE_PI: waits for the first word, then for the lock in the second, to which a
  /// `requeueToLock` may move it meanwhile.
  static func waitForLock(_ call: SystemCall) throws(Errno) -> Int {
    guard call[0] != call[4] else { throw .invalid }
    let usesRealTime = call[1] & FutexCalls.usesRealTime
    let operation = Int(Operation.waitBits | call[1] & FutexCalls.isPrivate | usesRealTime)
    guard call[4] & 3 == 0 else { throw .invalid }
    _ = try call.target(call[4], 4)
    _ = try withTimespec(FutexCalls.timeout(call)) { (time, _) throws(Errno) in
      try call.waiting(
        SYS_futex, call.target(call[0], 4), operation, Int(call[2].byteSwapped), time, 0,
        0xffff_ffff)
    }
    return try lock(call, word: 4, usesRealTime: usesRealTime != 0, others: waiters)
  }

  /// FUTEX_CMP_REQUEUE_PI: one waiter of the first word may try the lock in the second; others wait
  /// for that.
  static func requeueToLock(_ call: SystemCall) throws(Errno) -> Int {
    guard call[0] != call[4], call[2] == 1, call.signed(3) >= 0, (call[0] | call[4]) & 3 == 0 else {
      throw .invalid
    }
    if try call.readWord(call[0]) != call[5] { throw .again }
    if call.signed(3) > 0 {
      _ = try FutexWord(call.space, call[4]).change { value in
        value & owner == 0 ? value : value | waiters
      }
    }
    return try hostCall(
      SYS_futex, call.target(call[0], 4),
      Int(Operation.compareRequeue | call[1] & FutexCalls.isPrivate), 1,
      call.signed(3), call.target(call[4], 4), Int(call[5].byteSwapped))
  }

  static func tryLock(_ call: SystemCall) throws(Errno) -> Int {
    let own = UInt32(bitPattern: call.process.current.number)
    _ = try FutexWord(call.space, call[0]).change { (value) throws(Errno) in
      if value & owner == own { throw .deadlock }
      try OwnedFutexCalls.checkOwner(call, value)
      if value & owner != 0 { throw .again }
      return own | value & (ownerDied | waiters)
    }
    return 0
  }

  static func unlock(_ call: SystemCall) throws(Errno) -> Int {
    let own = UInt32(bitPattern: call.process.current.number)
    // Even where no word can be.
    if try call.readWord(call[0]) & owner != own { throw .notPermitted }
    let old = try FutexWord(call.space, call[0]).change { (value) throws(Errno) in
      if value & owner != own { throw .notPermitted }
      return 0
    }
    if old & waiters != 0 {
      try hostCall(SYS_futex, call.target(call[0], 4), Int(1 | call[1] & FutexCalls.isPrivate), 1)
    }
    return 0
  }
}
