import Glibc

/// SIGINT, SIGTERM and SIGHUP, told on the I/O thread.
///
/// Sound: the handler reads two numbers that were set before it was installed, and writes to a
/// pipe.
public enum TerminationSignals {
  nonisolated(unsafe) private static var pipeEnd: Int32 = -1

  /// Installs the handlers, once.
  /// - Parameter action: told the signal and the process that sent it, 0 for the terminal.
  public static func install(
    _ events: HostEvents, action: @escaping @Sendable (_ signal: Int32, _ sender: Int32) -> Void
  ) throws(HostIOError) {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { throw .system("pipe", errno) }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    let reader = HostDescriptor(owning: ends[0])
    _ = fcntl(ends[1], F_SETFL, O_NONBLOCK)
    pipeEnd = ends[1]
    _ = events.watch(reader.number, .reading) { _ in
      guard case .bytes(let bytes) = reader.read(8), bytes.count == 8 else { return }
      let words = bytes.withUnsafeBytes { $0.bindMemory(to: Int32.self).map { $0 } }
      action(words[0], words[1])
    }
    var handler = sigaction()
    // Translated code may run on a stack that is none for handlers.
    handler.sa_flags = SA_SIGINFO | SA_RESTART | SA_ONSTACK
    handler.__sigaction_handler.sa_sigaction = { number, info, _ in
      var words: (Int32, Int32) = (number, info?.pointee._sifields._kill.si_pid ?? 0)
      write(TerminationSignals.pipeEnd, &words, 8)
    }
    for number in [SIGINT, SIGTERM, SIGHUP] { sigaction(number, &handler, nil) }
  }

  /// What is said at the end, as QEMU says it.
  public static func message(_ signal: Int32, from sender: Int32) -> String {
    let text = "terminating on signal \(signal)"
    if sender == 0 { return text }
    let number = open("/proc/\(sender)/cmdline", O_RDONLY | O_CLOEXEC)
    guard number >= 0 else { return text + " from pid \(sender) (<unknown process>)" }
    guard case .bytes(let bytes) = HostDescriptor(owning: number).read(4096) else {
      return text + " from pid \(sender) (<unknown process>)"
    }
    let name = String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    return text + " from pid \(sender) (\(name))"
  }
}
