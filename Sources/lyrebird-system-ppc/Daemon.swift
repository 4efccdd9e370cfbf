import CSys
import Glibc

/// `-daemonize`.
enum Daemon {
  /// Goes on in a child without a terminal; this process ends. Before any thread is started.
  static func detach() throws(SystemProblem) {
    let child = csys_fork()
    guard child >= 0 else {
      throw SystemProblem("cannot start a daemon: \(String(cString: strerror(errno)))")
    }
    if child > 0 { _exit(0) }
    setsid()
    let nothing = open("/dev/null", O_RDWR)
    for descriptor: Int32 in 0...2 where nothing >= 0 { dup2(nothing, descriptor) }
    if nothing > 2 { close(nothing) }
  }
}
