import Glibc

/// The lock of an emulator with several guest threads: held while anything but translated code and
/// host calls that wait runs. As long as there is one thread it costs nothing.
///
/// It may be taken again by the thread that holds it. A value that names the lock, so that looking at
/// it counts no references. Sound: what it points to is allocated before there is a second thread, and
/// never freed.
public struct EmulatorLock {
  private struct Storage {
    var mutex = pthread_mutex_t()
    var condition = pthread_cond_t()
    var isShared = false
  }
  private let storage: UnsafeMutablePointer<Storage>

  /// Whether there has ever been more than one thread.
  @inline(__always) public var isShared: Bool { storage.pointee.isShared }

  /// A lock that one thread uses.
  public init() {
    storage = .allocate(capacity: 1)
    storage.initialize(to: Storage())
    initialize()
  }

  private var mutex: UnsafeMutablePointer<pthread_mutex_t> {
    UnsafeMutableRawPointer(storage).assumingMemoryBound(to: pthread_mutex_t.self)
  }

  private var condition: UnsafeMutablePointer<pthread_cond_t> {
    (UnsafeMutableRawPointer(storage) + MemoryLayout<Storage>.offset(of: \.condition)!)
      .assumingMemoryBound(to: pthread_cond_t.self)
  }

  private func initialize() {
    var attributes = pthread_mutexattr_t()
    pthread_mutexattr_init(&attributes)
    pthread_mutexattr_settype(&attributes, Int32(PTHREAD_MUTEX_RECURSIVE))
    pthread_mutex_init(mutex, &attributes)
    pthread_mutexattr_destroy(&attributes)
    pthread_cond_init(condition, nil)
  }

  /// Before the second thread starts: the lock counts from here on, and the caller holds it once.
  public func share() {
    if isShared { return }
    storage.pointee.isShared = true
    pthread_mutex_lock(mutex)
  }

  /// Takes the lock.
  @inline(__always) public func acquire() {
    if isShared { pthread_mutex_lock(mutex) }
  }

  /// Gives it back.
  @inline(__always) public func release() {
    if isShared { pthread_mutex_unlock(mutex) }
  }

  /// Gives the lock, which is held once, back until `announce` was called, or perhaps sooner.
  public func wait() { pthread_cond_wait(condition, mutex) }

  /// Wakes everybody who waits.
  public func announce() { pthread_cond_broadcast(condition) }

  /// Takes the lock once for a thread in whose name a process ran that is gone, and may have held it.
  public func reclaim() {
    guard isShared else { return }
    pthread_mutex_lock(mutex)
    while mutex.pointee.__data.__count > 1 { pthread_mutex_unlock(mutex) }
  }

  /// In a new process, which has one thread: the caller, who held the lock when it forked.
  public func beginChild() {
    guard isShared else { return }
    initialize()
    pthread_mutex_lock(mutex)
  }
}
