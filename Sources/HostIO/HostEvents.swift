import CSys
import Glibc

/// What is waited for on a file descriptor.
struct Interest: OptionSet, Sendable {
  let rawValue: Int16
  static let reading = Interest(rawValue: Int16(POLLIN))
  static let writing = Interest(rawValue: Int16(POLLOUT))
}

/// Someone whose file descriptors and times change from one wait of the I/O thread to the next.
protocol PollSource: AnyObject, Sendable {
  /// What to wait for, and until when at most, in nanoseconds of `HostTime`; called on the thread
  /// before each wait.
  func waits() -> (descriptors: [pollfd], deadline: Int64?)
  /// Told after each wait what happened to these descriptors.
  func waited(_ descriptors: [pollfd])
}

/// The machine's I/O thread: it sleeps until a file descriptor or a time is due, and calls whoever
/// waits for that, on this thread.
///
/// Sound: everything shared is behind the lock; handlers run without it.
public final class HostEvents: @unchecked Sendable {
  /// Someone who waits for a file descriptor.
  struct Watch {
    var descriptor: Int32
    var interest: Interest
    let handler: @Sendable (Interest) -> Void
  }

  private struct Alarm {
    let time: Int64
    let action: @Sendable () -> Void
  }

  /// A source, not kept alive.
  private struct SourceEntry {
    weak var source: (any PollSource)?
  }

  /// What the thread waits for, and for whom.
  private struct Wait {
    var keys: [Int] = []
    /// The bell's, those of the keys, those of the sources.
    var descriptors: [pollfd] = []
    var sources: [(source: any PollSource, descriptors: Range<Int>)] = []
    var deadline: Int64?
  }

  private let lock = ConditionLock()
  private var watches: [Int: Watch] = [:]
  private var sources: [SourceEntry] = []
  private var alarms: [Alarm] = []
  private var nextWatch = 0
  private var machineDeadline: Int64?
  /// When the thread wakes by itself; nil for never.
  private var wakesAt: Int64?
  private var isRunning = false
  private var isStopping = false
  private var thread = pthread_t()
  private let bell: Int32

  /// Called on the I/O thread when the machine's deadline has come. To be set before `start`.
  public var onDeadline: (@Sendable () -> Void)?

  /// Prepares the thread. SIGPIPE is ignored from here on: a closed reader is a result of `write`.
  /// - Throws: the host has no more descriptors.
  public init() throws(HostIOError) {
    // EFD_CLOEXEC and EFD_NONBLOCK are the flags of `open`.
    let result = csys_kernel(
      Int(SYS_eventfd2), 0, Int(O_CLOEXEC | O_NONBLOCK), 0, 0, 0, 0)
    guard result >= 0 else { throw .system("eventfd", Int32(-result)) }
    bell = Int32(result)
    signal(SIGPIPE, SIG_IGN)
  }

  deinit { close(bell) }

  /// Starts the thread.
  public func start() throws(HostIOError) {
    let isFirst = lock.locked {
      defer { isRunning = true }
      return !isRunning
    }
    guard isFirst else { return }
    // No signal of the process is to land on this thread.
    var all = sigset_t()
    var old = sigset_t()
    sigfillset(&all)
    pthread_sigmask(SIG_SETMASK, &all, &old)
    let context = Unmanaged.passRetained(self).toOpaque()
    let error = pthread_create(
      &thread, nil,
      { context in
        Unmanaged<HostEvents>.fromOpaque(context!).takeRetainedValue().run()
        return nil
      }, context)
    pthread_sigmask(SIG_SETMASK, &old, nil)
    guard error == 0 else {
      Unmanaged<HostEvents>.fromOpaque(context).release()
      throw .system("pthread_create", error)
    }
  }

  /// Ends the thread and waits for that. Not to be called on the thread itself.
  public func stop() {
    let wasRunning = lock.locked {
      defer { isStopping = true }
      return isRunning && !isStopping
    }
    guard wasRunning else { return }
    ring()
    pthread_join(thread, nil)
  }

  // MARK: Times

  /// Sets the time at which `onDeadline` is called once; nil for none. From any thread.
  /// - Parameter deadline: nanoseconds of `HostTime`.
  public func setDeadline(_ deadline: Int64?) {
    let isSooner = lock.locked {
      machineDeadline = deadline
      return deadline.map { $0 < wakesAt ?? .max } ?? false
    }
    // A later deadline needs no waking: the thread looks again when it wakes.
    if isSooner { ring() }
  }

  /// Calls something once on the I/O thread, some nanoseconds from now. From any thread.
  public func after(_ nanoseconds: Int64, _ action: @escaping @Sendable () -> Void) {
    let time = HostTime.now &+ nanoseconds
    lock.locked { alarms.append(Alarm(time: time, action: action)) }
    ring()
  }

  // MARK: File descriptors

  /// Waits for a file descriptor until `cancel`.
  /// - Parameter handler: called on the I/O thread; it gets both interests when the other end hung
  ///   up, so that the next `read` or `write` tells.
  /// - Returns: what the wait is known by.
  func watch(
    _ descriptor: Int32, _ interest: Interest, _ handler: @escaping @Sendable (Interest) -> Void
  ) -> Int {
    let key = lock.locked {
      nextWatch += 1
      watches[nextWatch] = Watch(descriptor: descriptor, interest: interest, handler: handler)
      return nextWatch
    }
    ring()
    return key
  }

  /// Changes what a wait is for; none lets it sleep.
  func change(_ key: Int, to interest: Interest) {
    let isNew = lock.locked {
      defer { watches[key]?.interest = interest }
      return watches[key].map { !interest.isSubset(of: $0.interest) } ?? false
    }
    if isNew { ring() }
  }

  /// Ends a wait. A handler that runs at this moment ends by itself.
  func cancel(_ key: Int) {
    lock.locked { watches[key] = nil }
    ring()
  }

  /// Asks a source before each wait, until it is removed or gone.
  func add(_ source: any PollSource) {
    lock.locked { sources.append(SourceEntry(source: source)) }
    ring()
  }

  /// Asks a source no longer; a call that runs at this moment ends by itself.
  func remove(_ source: any PollSource) {
    lock.locked { sources.removeAll { $0.source == nil || $0.source === source } }
    ring()
  }

  /// Makes the thread ask its sources anew. From any thread.
  func wake() { ring() }

  // MARK: The thread

  private func ring() {
    var one: UInt64 = 1
    write(bell, &one, 8)
  }

  private func run() {
    while var wait = prepare() {
      Self.poll(&wait.descriptors, until: wait.deadline)
      if wait.descriptors[0].revents != 0 {
        var count: UInt64 = 0
        read(bell, &count, 8)
      }
      runTimes()
      for (key, entry) in zip(wait.keys, wait.descriptors.dropFirst()) where entry.revents != 0 {
        tell(key, entry.revents)
      }
      for (source, range) in wait.sources { source.waited(Array(wait.descriptors[range])) }
    }
  }

  /// What to sleep for, or nil if the thread is to end.
  private func prepare() -> Wait? {
    // Sources are asked without the lock: they may call this object.
    let asked = lock.locked { sources.compactMap(\.source) }.map { ($0, $0.waits()) }
    return lock.locked {
      if isStopping { return nil }
      var wait = Wait()
      wait.descriptors = [pollfd(fd: bell, events: Int16(POLLIN), revents: 0)]
      for (key, watch) in watches where !watch.interest.isEmpty {
        wait.keys.append(key)
        wait.descriptors.append(
          pollfd(fd: watch.descriptor, events: watch.interest.rawValue, revents: 0))
      }
      for (source, wish) in asked {
        let start = wait.descriptors.count
        wait.descriptors += wish.descriptors
        wait.sources.append((source, start..<wait.descriptors.count))
      }
      let times = alarms.map(\.time) + [machineDeadline].compactMap { $0 }
      wakesAt = (times + asked.compactMap(\.1.deadline)).min()
      wait.deadline = wakesAt
      return wait
    }
  }

  private static func poll(_ descriptors: inout [pollfd], until deadline: Int64?) {
    var time = HostTime.specification(max(0, (deadline ?? 0) &- HostTime.now))
    descriptors.withUnsafeMutableBytes { entries in
      withUnsafeMutablePointer(to: &time) { time in
        _ = csys_kernel(
          Int(SYS_ppoll), Int(bitPattern: entries.baseAddress),
          entries.count / MemoryLayout<pollfd>.stride,
          deadline == nil ? 0 : Int(bitPattern: time), 0, 8, 0)
      }
    }
  }

  private func runTimes() {
    let now = HostTime.now
    let (due, isDeadline) = lock.locked {
      wakesAt = nil
      let due = alarms.filter { $0.time <= now }.sorted { $0.time < $1.time }
      alarms.removeAll { $0.time <= now }
      guard let deadline = machineDeadline, deadline <= now else { return (due, false) }
      machineDeadline = nil
      return (due, true)
    }
    if isDeadline { onDeadline?() }
    for alarm in due { alarm.action() }
  }

  private func tell(_ key: Int, _ result: Int16) {
    guard let watch = lock.locked({ watches[key] }) else { return }
    let happened = Interest(rawValue: result).intersection(watch.interest)
    // Errors and a hang-up show in the call that was waited for.
    let isBroken = result & Int16(POLLERR | POLLHUP | POLLNVAL) != 0
    watch.handler(isBroken ? watch.interest : happened)
  }
}

/// What can go wrong between machine and host, in QEMU's words.
public enum HostIOError: Error, Equatable, CustomStringConvertible {
  /// A call of the host failed: which one, errno.
  case system(String, Int32)
  /// A text for the user.
  case problem(String)

  public var description: String {
    switch self {
    case .system(let what, let error): "\(what): \(String(cString: strerror(error)))"
    case .problem(let text): text
    }
  }
}
