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
    handler.sa_flags = SA_SIGINFO | SA_RESTART
    handler.__sigaction_handler.sa_sigaction = { number, info, _ in
      var words: (Int32, Int32) = (number, info?.pointee._sifields._kill.si_pid ?? 0)
      write(TerminationSignals.pipeEnd, &words, 8)
    }
    for number in [SIGINT, SIGTERM, SIGHUP] { sigaction(number, &handler, nil) }
  }
}
