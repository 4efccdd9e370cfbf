/// Work that other threads hand to the machine's thread.
///
/// The machine's thread drains it at an exit request, and waits here when the guest idles. Work is
/// done in the order in which it was posted.
public final class MachineMailbox: @unchecked Sendable {
  private let lock = ConditionLock()
  private var items: [@Sendable () -> Void] = []
  private var isNudged = false

  /// Called after each post, on the thread that posts: a plain atomic store that makes the running
  /// processor leave translated code. To be set before other threads post.
  public var onPost: (@Sendable () -> Void)?

  /// An empty mailbox.
  public init() {}

  /// Hands work over; from any thread.
  public func post(_ work: @escaping @Sendable () -> Void) {
    lock.locked {
      items.append(work)
      lock.wake()
    }
    onPost?()
  }

  /// Ends a `wait`, now or the next one, without any work; from any thread.
  public func nudge() {
    lock.locked {
      isNudged = true
      lock.wake()
    }
    onPost?()
  }

  /// Does what was posted so far. Work that is posted meanwhile waits for the next call.
  public func drain() {
    let work = lock.locked {
      isNudged = false
      let taken = items
      items.removeAll()
      return taken
    }
    for item in work { item() }
  }

  /// Whether work waits.
  public var isEmpty: Bool { lock.locked { items.isEmpty } }

  /// Sleeps until something is posted or a time has come. The machine's thread alone calls this.
  /// - Parameter deadline: nanoseconds of `HostTime`; nil for none.
  /// - Returns: false if the deadline came first.
  @discardableResult
  public func wait(until deadline: Int64?) -> Bool {
    lock.locked {
      while items.isEmpty && !isNudged {
        if !lock.wait(until: deadline) { return !items.isEmpty }
      }
      isNudged = false
      return true
    }
  }
}
