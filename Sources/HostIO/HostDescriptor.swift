import Glibc

/// A file descriptor of the host, read and written without waiting; closed with the object.
final class HostDescriptor: @unchecked Sendable {
  /// What reading gave.
  enum Reading: Equatable {
    /// At least one byte.
    case bytes([UInt8])
    /// Nothing yet.
    case later
    /// The other end is gone.
    case end
  }

  /// How writing is kept from waiting.
  private enum Kind {
    /// `O_NONBLOCK` on a description of our own.
    case nonblocking
    /// A flag of each call.
    case socket
    /// A regular file does not wait.
    case file
    /// A terminal of someone else's: small pieces, after the host said that there is room.
    case shared
  }

  let number: Int32
  private let kind: Kind

  /// Takes a descriptor over.
  init(owning number: Int32) {
    var status = stat()
    fstat(number, &status)
    self.number = number
    switch status.st_mode & S_IFMT {
    case S_IFREG: kind = .file
    case S_IFSOCK: kind = .socket
    default:
      _ = fcntl(number, F_SETFL, fcntl(number, F_GETFL) | O_NONBLOCK)
      kind = .nonblocking
    }
  }

  private init(_ number: Int32, _ kind: Kind) {
    self.number = number
    self.kind = kind
  }

  /// A descriptor for an open file that others use too, such as standard input: their file must
  /// not become non-blocking. Terminals and pipes are opened anew for that.
  /// - Returns: nil if it is not open.
  static func sharing(_ number: Int32, writing: Bool) -> HostDescriptor? {
    var status = stat()
    guard fstat(number, &status) == 0 else { return nil }
    let format = status.st_mode & S_IFMT
    if format == S_IFCHR || format == S_IFIFO {
      let flags = (writing ? O_WRONLY : O_RDONLY) | O_NONBLOCK | O_CLOEXEC | O_NOCTTY
      let own = open("/proc/self/fd/\(number)", flags)
      if own >= 0 { return HostDescriptor(own, .nonblocking) }
    }
    let copy = fcntl(number, F_DUPFD_CLOEXEC, 3)
    guard copy >= 0 else { return nil }
    switch format {
    case S_IFREG: return HostDescriptor(copy, .file)
    case S_IFSOCK: return HostDescriptor(copy, .socket)
    default: return HostDescriptor(copy, .shared)
    }
  }

  deinit { close(number) }

  /// Reads at most `limit` bytes.
  func read(_ limit: Int) -> Reading {
    var count = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: limit) { buffer, length in
      repeat {
        count =
          kind == .socket
          ? recv(number, buffer.baseAddress, limit, Int32(MSG_DONTWAIT))
          : Glibc.read(number, buffer.baseAddress, limit)
      } while count < 0 && errno == EINTR
      length = max(0, count)
    }
    if count > 0 { return .bytes(bytes) }
    return count < 0 && errno == EAGAIN ? .later : .end
  }

  /// Writes some of the bytes.
  /// - Returns: how many, or nil if nobody will ever take them.
  func write(_ bytes: ArraySlice<UInt8>) -> Int? {
    if bytes.isEmpty { return 0 }
    return bytes.withUnsafeBytes { buffer in
      while true {
        let count = writeOnce(buffer)
        if count >= 0 { return count }
        if errno == EINTR { continue }
        return errno == EAGAIN ? 0 : nil
      }
    }
  }

  private func writeOnce(_ buffer: UnsafeRawBufferPointer) -> Int {
    switch kind {
    case .socket:
      let flags = Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL)
      return Glibc.send(number, buffer.baseAddress, buffer.count, flags)
    case .nonblocking, .file: return Glibc.write(number, buffer.baseAddress, buffer.count)
    case .shared:
      var ready = pollfd(fd: number, events: Int16(POLLOUT), revents: 0)
      guard poll(&ready, 1, 0) > 0 else {
        errno = EAGAIN
        return -1
      }
      return Glibc.write(number, buffer.baseAddress, min(buffer.count, 256))
    }
  }
}
