import Glibc
import Synchronization

/// Ends runs of translated code that take too long: first by an exit request, then by aborting.
public final class Watchdog: Sendable {
  public static let shared = Watchdog()
  /// Address of the exit request of the run under watch, or 0; and when its time is over.
  private let request = Atomic<UInt>(0)
  private let deadline = Atomic<UInt64>(0)

  private init() {
    var thread = pthread_t()
    pthread_create(&thread, nil, { _ in Watchdog.shared.watch() }, nil)
  }

  /// The host's clock in nanoseconds.
  public static var now: UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
  }

  /// Watches over a run, which polls the word at `address`.
  public func start(_ address: UnsafeMutableRawPointer, milliseconds: Int) {
    deadline.store(Self.now + UInt64(milliseconds) * 1_000_000, ordering: .releasing)
    request.store(UInt(bitPattern: address), ordering: .releasing)
  }

  /// The run is over.
  public func stop() { request.store(0, ordering: .releasing) }

  private func watch() -> UnsafeMutableRawPointer? {
    while true {
      usleep(2_000)
      let place = request.load(ordering: .acquiring)
      let end = deadline.load(ordering: .acquiring)
      guard place != 0, Self.now > end else { continue }
      UnsafeMutablePointer<UInt32>(bitPattern: place)?.pointee = 1
      if Self.now > end + 5_000_000_000 {
        let text = "a run of translated code does not see its exit request\n"
        _ = write(2, text, text.utf8.count)
        abort()
      }
    }
  }
}
