import CSys
import Glibc
import Memory

/// Errors of descriptors that Linux finds before it looks at other arguments.
///
/// Where structures are converted, those are read first. Only when that, or a value in them, was
/// wrong is the descriptor looked at.
enum DescriptorCheck {
  /// read and write with vectors, fcntl, attributes, copying: EBADF comes first.
  private static let files: Set<Int> = [
    3, 4, 55, 145, 146, 204, 211, 214, 217, 220, 320, 321, 379, 380, 381,
  ]
  /// Calls on sockets: EBADF and ENOTSOCK come first.
  private static let sockets: Set<Int> = [
    327, 328, 330, 331, 332, 335, 337, 339, 340, 341, 342, 344, 349,
  ]

  /// The error that Linux gives where a handler gave another.
  static func earlier(than error: Errno, _ call: SystemCall) -> Errno {
    guard error == .fault || error == .invalid else { return error }
    // preadv and pwritev look at the position even before.
    if [320, 321].contains(call.number), call.signed(4) < 0 { return .invalid }
    if files.contains(call.number), fcntl(call.int32(0), F_GETFD) < 0 { return .badDescriptor }
    if sockets.contains(call.number) { return socketError(call) ?? error }
    return error
  }

  /// What is wrong with a socket's descriptor, nil if nothing is.
  static func socketError(_ call: SystemCall) -> Errno? {
    var kind: Int32 = 0
    var size = socklen_t(MemoryLayout<Int32>.size)
    // SO_TYPE of SOL_SOCKET.
    return getsockopt(call.int32(0), 1, 3, &kind, &size) == 0 ? nil : Errno(csys_errno())
  }
}
