import Glibc

/// A lock with a condition to wait for, on the host's monotonic clock.
///
/// Sound: both objects live as long as this one, at addresses that do not move.
final class ConditionLock: @unchecked Sendable {
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

  init() {
    pthread_mutex_init(mutex, nil)
    var attributes = pthread_condattr_t()
    pthread_condattr_init(&attributes)
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
    pthread_cond_init(condition, &attributes)
    pthread_condattr_destroy(&attributes)
  }

  deinit {
    pthread_cond_destroy(condition)
    pthread_mutex_destroy(mutex)
    condition.deallocate()
    mutex.deallocate()
  }

  /// Does something while holding the lock.
  func locked<Result>(_ body: () -> Result) -> Result {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return body()
  }

  /// Lets go of the lock, waits to be woken, takes it again. To be called while holding it.
  /// - Parameter deadline: nanoseconds of the monotonic clock; nil for ever.
  /// - Returns: false if the deadline came first.
  func wait(until deadline: Int64?) -> Bool {
    guard let deadline else {
      pthread_cond_wait(condition, mutex)
      return true
    }
    var time = HostTime.specification(max(deadline, 0))
    return pthread_cond_timedwait(condition, mutex, &time) == 0
  }

  /// Wakes everyone who waits. To be called while holding the lock.
  func wake() { pthread_cond_broadcast(condition) }
}

/// The host's monotonic clock.
public enum HostTime {
  /// Nanoseconds, from a start that is the host's.
  public static var now: Int64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec)
  }

  /// A number of nanoseconds as the host's calls take it.
  static func specification(_ nanoseconds: Int64) -> timespec {
    timespec(
      tv_sec: Int(nanoseconds / 1_000_000_000), tv_nsec: Int(nanoseconds % 1_000_000_000))
  }
}
