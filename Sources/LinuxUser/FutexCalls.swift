import CSys
import Glibc
import Memory

/// futex(2): words that threads and processes wait for.
///
/// The host's kernel compares words in its own byte order, so what is expected is swapped. The sums of
/// FUTEX_WAKE_OP, with which the kernel would reckon itself, are made here. For words with owners see
/// `OwnedFutexCalls`.
enum FutexCalls {
  /// Operations (linux/futex.h), without their flags.
  enum Operation {
    static let wait: UInt32 = 0, wake: UInt32 = 1, requeue: UInt32 = 3, compareRequeue: UInt32 = 4
    static let wakeOperation: UInt32 = 5, lockPI: UInt32 = 6, unlockPI: UInt32 = 7
    static let tryLockPI: UInt32 = 8, waitBits: UInt32 = 9, wakeBits: UInt32 = 10
    static let waitRequeuePI: UInt32 = 11, compareRequeuePI: UInt32 = 12, lockPI2: UInt32 = 13
  }
  /// FUTEX_PRIVATE_FLAG and FUTEX_CLOCK_REALTIME.
  static let isPrivate: UInt32 = 128, usesRealTime: UInt32 = 256

  static func futex(_ call: SystemCall) throws(Errno) -> Int {
    let word = try call.target(call[0], 4)
    let operation = call.unsigned(1)
    let command = call[1] & ~(isPrivate | usesRealTime)
    try checkBefore(call, command)
    switch command {
    case Operation.wait, Operation.waitBits:
      return try withTimespec(timeout(call)) { (time, _) throws(Errno) in
        try call.waiting(
          SYS_futex, word, operation, Int(call[2].byteSwapped), time, 0, call.unsigned(5))
      }
    case Operation.wake, Operation.wakeBits:
      return try hostCall(SYS_futex, word, operation, call.signed(2), 0, 0, call.unsigned(5))
    case Operation.requeue, Operation.compareRequeue:
      return try hostCall(
        SYS_futex, word, operation, call.signed(2), call.signed(3), call.target(call[4], 4),
        Int(call[5].byteSwapped))
    case Operation.wakeOperation: return try wakeAndChange(call)
    case Operation.lockPI, Operation.lockPI2: return try OwnedFutexCalls.lock(call)
    case Operation.tryLockPI: return try OwnedFutexCalls.tryLock(call)
    case Operation.unlockPI: return try OwnedFutexCalls.unlock(call)
    case Operation.waitRequeuePI: return try OwnedFutexCalls.waitForLock(call)
    case Operation.compareRequeuePI: return try OwnedFutexCalls.requeueToLock(call)
    default: throw .notImplemented
    }
  }

  /// What the kernel looks at first: the time, then whether the operation has use for a clock.
  private static func checkBefore(_ call: SystemCall, _ command: UInt32) throws(Errno) {
    switch command {
    case Operation.wait, Operation.waitBits, Operation.waitRequeuePI, Operation.lockPI,
      Operation.lockPI2:
      _ = try timeout(call)
    default: break
    }
    guard call[1] & usesRealTime != 0 else { return }
    switch command {
    case Operation.wait, Operation.waitBits, Operation.waitRequeuePI, Operation.lockPI2: break
    default: throw .notImplemented
    }
  }

  /// The fourth argument, where an operation waits.
  static func timeout(_ call: SystemCall) throws(Errno) -> timespec? {
    let format: TimeFormat = call.number == 422 ? .doubleword : .word
    guard let time = try format.optional(call, call[3]) else { return nil }
    // Before the word is looked at, as FUTEX_LOCK_PI's owner is here.
    guard time.tv_sec >= 0, 0..<1_000_000_000 ~= time.tv_nsec else { throw .invalid }
    return time
  }

  // MARK: FUTEX_WAKE_OP

  /// Changes the second word, wakes who waits for the first, and, if the old value of the second was
  /// such, who waits for that.
  private static func wakeAndChange(_ call: SystemCall) throws(Errno) -> Int {
    let code = call[5], sum = code >> 28 & 7, comparison = code >> 24 & 15
    guard (call[0] | call[4]) & 3 == 0 else { throw .invalid }
    if sum > 4 { throw .notImplemented }
    var argument = UInt32(bitPattern: Int32(bitPattern: code << 8) >> 20)
    // FUTEX_OP_OPARG_SHIFT
    if code >> 31 != 0 { argument = 1 << (argument & 31) }
    let old = try FutexWord(call.space, call[4]).change { value in
      switch sum {
      case 0: argument
      case 1: value &+ argument
      case 2: value | argument
      case 3: value & ~argument
      default: value ^ argument
      }
    }
    // The second word is changed by then.
    if comparison > 5 { throw .notImplemented }
    let flag = Int(call[1] & isPrivate)
    let first = try hostCall(SYS_futex, call.target(call[0], 4), 1 | flag, call.signed(2))
    let compared = Int32(bitPattern: code << 20) >> 20, signed = Int32(bitPattern: old)
    let holds =
      switch comparison {
      case 0: signed == compared
      case 1: signed != compared
      case 2: signed < compared
      case 3: signed <= compared
      case 4: signed > compared
      default: signed >= compared
      }
    guard holds else { return first }
    return try first + hostCall(SYS_futex, call.target(call[4], 4), 1 | flag, call.signed(3))
  }

  // MARK: Several words

  /// The most words of futex_waitv(2), FUTEX_WAITV_MAX.
  private static let mostWords = 128

  /// futex_waitv(words, count, flags, time, clock): struct futex_waitv has a value, an address, flags
  /// (FUTEX_32 is 2) and a word that is 0.
  static func waitForAny(_ call: SystemCall) throws(Errno) -> Int {
    let count = call.unsigned(1), clock = call[4]
    guard call[2] == 0, (1...mostWords).contains(count), call[0] != 0 else { throw .invalid }
    if call[3] != 0, clock > 1 { throw .invalid }
    let time = try TimeFormat.doubleword.optional(call, call[3])
    if let time, time.tv_sec < 0 || !(0..<1_000_000_000 ~= time.tv_nsec) { throw .invalid }
    let words = try call.read(call[0], 24 * count)
    return try withHostBytes(24 * count) { (address, bytes) throws(Errno) in
      for n in 0..<count {
        let start = 24 * n
        guard words.doubleword(start) >> 32 == 0 || words.word(start + 16) & 3 != 2 else {
          throw .invalid
        }
        let value = UInt64(UInt32(truncatingIfNeeded: words.doubleword(start)).byteSwapped)
        let word = words.doubleword(start + 8)
        let place = word >> 32 == 0 ? try call.target(UInt32(word), 4) : 1 << 62
        bytes.storeBytes(of: value, toByteOffset: start, as: UInt64.self)
        bytes.storeBytes(of: place, toByteOffset: start + 8, as: Int.self)
        bytes.storeBytes(of: words.word(start + 16), toByteOffset: start + 16, as: UInt32.self)
        bytes.storeBytes(of: words.word(start + 20), toByteOffset: start + 20, as: UInt32.self)
      }
      return try withTimespec(time) { (time, _) throws(Errno) in
        try call.waiting(449, address, count, 0, time, Int(clock))
      }
    }
  }
}
