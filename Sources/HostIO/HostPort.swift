import Glibc
import Machine

/// A character port with a file descriptor of the host behind it.
///
/// Bytes that arrive are read on the I/O thread, no more than `inputLimit` ahead, and given to the
/// device on the machine's thread as its `capacity` allows. Bytes that are sent are written at
/// once if the host takes them, and by the I/O thread otherwise.
///
/// Sound: what both threads touch is behind the lock; the closures belong to the machine's thread.
public final class HostPort: EventfulPort, @unchecked Sendable {
  /// How far the I/O thread reads ahead, in bytes.
  static let inputLimit = 4096
  /// How many sent bytes may wait for a slow reader.
  static let outputLimit = 1 << 20
  /// How long the machine waits for a reader whose bytes exceed that, in nanoseconds. After one
  /// vain wait the bytes are dropped, until the reader takes some.
  static let patience: Int64 = 500_000_000

  public var onReceive: (([UInt8]) -> Void)? { didSet { deliver() } }
  public var capacity: (() -> Int)?
  public var onEvent: ((CharacterEvent) -> Void)?
  /// Changes bytes that have arrived, on the I/O thread: what a protocol such as Telnet adds.
  var inputFilter: (@Sendable (inout [UInt8]) -> Void)?
  /// Changes bytes to be sent.
  var outputFilter: (@Sendable (inout [UInt8]) -> Void)?
  /// Called on the I/O thread when the other end is gone.
  var onHangUp: (@Sendable () -> Void)?

  private let events: HostEvents
  private let mailbox: MachineMailbox
  private let lock = ConditionLock()
  private var input = ByteQueue()
  private var output = ByteQueue()
  private var reader: HostDescriptor?
  private var writer: HostDescriptor?
  private var readWatch: Int?
  private var writeWatch: Int?
  private var isDeliveryPosted = false
  private var isDelivering = false
  private var hasLostPatience = false
  private var copy: HostDescriptor?

  /// A port with nothing at the other end yet.
  public init(events: HostEvents, mailbox: MachineMailbox) {
    self.events = events
    self.mailbox = mailbox
  }

  deinit { stopWatching() }

  /// Whether someone is at the other end.
  public var isOpen: Bool { lock.locked { reader != nil || writer != nil } }

  /// Bytes that were sent and not yet written.
  var waiting: Int { lock.locked { output.count } }

  // MARK: The descriptor

  /// Connects descriptors; either may be missing.
  /// - Parameter isNews: whether the user is told that someone is there now.
  func attach(reader: HostDescriptor?, writer: HostDescriptor?, isNews: Bool = false) {
    lock.locked {
      self.reader = reader
      self.writer = writer
      hasLostPatience = false
      if let reader {
        let interest: Interest = input.count < Self.inputLimit ? .reading : []
        readWatch = events.watch(reader.number, interest) { [weak self] _ in self?.readSome() }
      }
      if let writer {
        writeWatch = events.watch(writer.number, []) { [weak self] _ in self?.writeSome() }
      }
    }
    if isNews { tell(.opened) }
  }

  /// Lets go of the descriptors; bytes that have arrived stay, bytes to be written are dropped.
  func detach() {
    let wasOpen = lock.locked {
      defer {
        stopWatching()
        reader = nil
        writer = nil
        output.removeAll()
        lock.wake()
      }
      return reader != nil || writer != nil
    }
    if wasOpen { tell(.closed) }
  }

  /// Keeps a copy of what is sent in a file.
  func copyOutput(to file: HostDescriptor) { lock.locked { copy = file } }

  private func stopWatching() {
    if let readWatch { events.cancel(readWatch) }
    if let writeWatch { events.cancel(writeWatch) }
    readWatch = nil
    writeWatch = nil
  }

  private func tell(_ event: CharacterEvent) {
    mailbox.post { [weak self] in self?.onEvent?(event) }
  }

  // MARK: Arriving bytes

  /// Reads what the host has, on the I/O thread.
  private func readSome() {
    let (isDelivery, isEnd) = lock.locked {
      guard let reader, let readWatch else { return (false, false) }
      let room = Self.inputLimit - input.count
      guard room > 0 else {
        events.change(readWatch, to: [])
        return (false, false)
      }
      switch reader.read(room) {
      case .bytes(var bytes):
        inputFilter?(&bytes)
        input.append(bytes)
        if input.count >= Self.inputLimit { events.change(readWatch, to: []) }
        defer { isDeliveryPosted = true }
        return (!isDeliveryPosted && !bytes.isEmpty, false)
      case .later: return (false, false)
      case .end:
        events.cancel(readWatch)
        self.readWatch = nil
        self.reader = nil
        return (false, true)
      }
    }
    if isDelivery { mailbox.post { [weak self] in self?.deliver() } }
    if isEnd { hangUp() }
  }

  private func hangUp() {
    if let onHangUp { onHangUp() } else { tell(.closed) }
  }

  public func acceptInput() { deliver() }

  /// Gives the device what it can take, on the machine's thread.
  private func deliver() {
    lock.locked { isDeliveryPosted = false }
    if isDelivering { return }
    isDelivering = true
    defer { isDelivering = false }
    while let onReceive {
      let limit = capacity?() ?? .max
      let bytes = lock.locked {
        let bytes = Array(input.first(max(0, limit)))
        input.remove(bytes.count)
        if let readWatch, input.count < Self.inputLimit { events.change(readWatch, to: .reading) }
        return bytes
      }
      if bytes.isEmpty { return }
      onReceive(bytes)
    }
  }

  // MARK: Sent bytes

  public func send(_ bytes: [UInt8]) {
    var bytes = bytes
    outputFilter?(&bytes)
    sendAsIs(bytes)
  }

  /// Sends bytes that no filter is to change; from any thread.
  func sendAsIs(_ bytes: [UInt8]) {
    lock.locked {
      _ = copy?.write(bytes[...])
      guard writer != nil else { return }
      output.append(bytes)
      // What is queued already waits for the I/O thread.
      if output.count == bytes.count { flushQueue() }
      shortenQueue(new: bytes.count)
    }
  }

  /// Writes what waits, on the I/O thread.
  private func writeSome() { lock.locked { flushQueue() } }

  private func flushQueue() {
    while let writer, let writeWatch, !output.isEmpty {
      let bytes = output.first(65536)
      guard let count = writer.write(bytes) else {
        // The other end is gone; whoever reads from it will notice too.
        self.writer = nil
        events.cancel(writeWatch)
        self.writeWatch = nil
        output.removeAll()
        break
      }
      output.remove(count)
      if count > 0 { hasLostPatience = false }
      if count < bytes.count { break }
    }
    if let writeWatch { events.change(writeWatch, to: output.isEmpty ? [] : .writing) }
    lock.wake()
  }

  /// Waits a moment for a slow reader, then forgets the newest bytes.
  private func shortenQueue(new count: Int) {
    let deadline = HostTime.now &+ Self.patience
    while output.count > Self.outputLimit && !hasLostPatience {
      if !lock.wait(until: deadline) { hasLostPatience = true }
    }
    let excess = output.count - Self.outputLimit
    guard excess > 0 else { return }
    let kept = Array(output.first(output.count - min(excess, count)))
    output.removeAll()
    output.append(kept)
  }

  /// Waits until all is written.
  /// - Parameter deadline: when to give up, nanoseconds of `HostTime`.
  func flush(until deadline: Int64) {
    lock.locked {
      while !output.isEmpty { if !lock.wait(until: deadline) { return } }
    }
  }
}
