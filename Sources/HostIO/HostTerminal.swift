import Glibc

/// The terminal that the program was started from: raw while the machine has it, and as it was
/// before, however the program ends.
///
/// Sound: set up once, before the signals can come; the handlers only read what was set up, and
/// make calls that are allowed in a handler.
public enum HostTerminal {
  nonisolated(unsafe) private static var saved = termios()
  nonisolated(unsafe) private static var raw = termios()
  nonisolated(unsafe) private static var isRaw = false
  nonisolated(unsafe) private static var isInstalled = false

  /// What ends the program at once; the terminal is restored before.
  private static let fatal = [SIGABRT, SIGILL, SIGFPE, SIGTRAP, SIGQUIT, SIGSYS]

  /// Makes standard input raw, if it is a terminal: every key arrives at once and without echo.
  /// - Parameter signals: whether control-C and its like are signals, or bytes for the machine.
  public static func makeRaw(signals: Bool) {
    if !isRaw { guard tcgetattr(0, &saved) == 0 else { return } }
    raw = saved
    raw.c_iflag &= ~tcflag_t(IGNBRK | BRKINT | PARMRK | ISTRIP | INLCR | IGNCR | ICRNL | IXON)
    raw.c_oflag |= tcflag_t(OPOST)
    raw.c_lflag &= ~tcflag_t(ECHO | ECHONL | ICANON | IEXTEN)
    if !signals { raw.c_lflag &= ~tcflag_t(ISIG) }
    raw.c_cflag = raw.c_cflag & ~tcflag_t(CSIZE | PARENB) | tcflag_t(CS8)
    withUnsafeMutableBytes(of: &raw.c_cc) {
      $0[Int(VMIN)] = 1
      $0[Int(VTIME)] = 0
    }
    isRaw = true
    install()
    tcsetattr(0, TCSANOW, &raw)
  }

  /// Puts the terminal back. Allowed in a signal handler.
  public static func restore() {
    if isRaw { tcsetattr(0, TCSANOW, &saved) }
  }

  private static func install() {
    if isInstalled { return }
    isInstalled = true
    atexit { HostTerminal.restore() }
    var handler = sigaction()
    // Translated code may run on a stack that is none for handlers.
    handler.sa_flags = SA_ONSTACK | SA_RESTART
    handler.__sigaction_handler.sa_handler = { number in
      HostTerminal.restore()
      signal(number, SIG_DFL)
      raise(number)
    }
    for number in fatal { sigaction(number, &handler, nil) }
    // The shell has given the terminal back after a stop.
    handler.__sigaction_handler.sa_handler = { _ in
      if HostTerminal.isRaw { tcsetattr(0, TCSANOW, &HostTerminal.raw) }
    }
    sigaction(SIGCONT, &handler, nil)
  }
}
