import CSys
import Glibc

/// The program as a process of the host: `-pidfile` and `-daemonize`.
public enum HostProcess {
  /// Writes the process number to a file, and keeps the file locked while the program runs.
  public static func writeNumber(to path: String) throws(HostIOError) {
    let number = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard number >= 0 else {
      throw .problem(
        "cannot create PID file: Could not create '\(path)': \(String(cString: strerror(errno)))")
    }
    var lock = flock()
    lock.l_type = Int16(F_WRLCK)
    guard fcntl(number, F_SETLK, &lock) == 0 else {
      close(number)
      throw .problem("cannot create PID file: Cannot lock pid file")
    }
    let text = "\(getpid())\n"
    ftruncate(number, 0)
    guard text.withCString({ write(number, $0, text.utf8.count) }) == text.utf8.count else {
      throw .problem("cannot create PID file: Failed to write pid file")
    }
  }

  /// Goes on in a new process without a terminal; the old one ends when the result is called, or
  /// with status 1 if the new one ends before that. To be called before there are other threads.
  /// - Returns: to be called when the machine is about to run.
  public static func daemonize() throws(HostIOError) -> () -> Void {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { throw .system("pipe", errno) }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    let child = csys_fork()
    guard child >= 0 else { throw .system("fork", errno) }
    if child > 0 {
      close(ends[1])
      var byte: UInt8 = 1
      while read(ends[0], &byte, 1) < 0 && errno == EINTR {}
      _exit(byte == 0 ? 0 : 1)
    }
    close(ends[0])
    setsid()
    let ready = ends[1]
    return {
      let silence = open("/dev/null", O_RDWR)
      for number in 0..<Int32(3) { dup2(silence, number) }
      chdir("/")
      var byte: UInt8 = 0
      write(ready, &byte, 1)
      close(ready)
    }
  }
}
