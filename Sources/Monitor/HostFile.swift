import Glibc

/// Whole files of the host.
public enum HostFile {
  /// The bytes of a file, at most 16 MiB; nil with `errno` set if it cannot be read.
  public static func read(_ path: String) -> [UInt8]? {
    let number = open(path, O_RDONLY | O_CLOEXEC)
    guard number >= 0 else { return nil }
    defer { close(number) }
    var result: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 1 << 16)
    while result.count < 16 << 20 {
      let count = Glibc.read(number, &piece, piece.count)
      if count < 0 && errno == EINTR { continue }
      guard count >= 0 else { return nil }
      if count == 0 { break }
      result += piece[..<count]
    }
    return result
  }

  /// Writes a new file from pieces.
  /// - Parameter next: gives the next piece, empty at the end.
  /// - Throws: QEMU's message.
  public static func write(
    _ path: String, _ next: () throws(MonitorError) -> [UInt8]
  ) throws(MonitorError) {
    let number = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
    guard number >= 0 else {
      throw MonitorError("Could not open '\(path)': \(String(cString: strerror(errno)))")
    }
    defer { close(number) }
    while true {
      let piece = try next()
      if piece.isEmpty { return }
      var done = 0
      while done < piece.count {
        let count = piece.withUnsafeBytes {
          Glibc.write(number, $0.baseAddress! + done, $0.count - done)
        }
        if count < 0 && errno == EINTR { continue }
        guard count > 0 else {
          throw MonitorError("writing memory to '\(path)' failed")
        }
        done += count
      }
    }
  }
}
