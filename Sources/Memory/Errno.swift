/// An error number of Linux. The values are those that PowerPC and x86-64 share (errno.h);
/// EDEADLOCK, which differs, never leaves the kernel.
public struct Errno: Error, Equatable, Sendable {
  /// The positive error number, 1 to 4095.
  public let rawValue: Int32

  /// The error with a number.
  @inlinable
  public init(_ rawValue: Int32) { self.rawValue = rawValue }

  /// Operation not permitted.
  public static let notPermitted = Errno(1)
  /// No such file or directory.
  public static let noEntry = Errno(2)
  /// No such process.
  public static let noProcess = Errno(3)
  /// Interrupted system call.
  public static let interrupted = Errno(4)
  /// Argument list too long.
  public static let argumentListTooLong = Errno(7)
  /// Exec format error.
  public static let execFormat = Errno(8)
  /// Bad file descriptor.
  public static let badDescriptor = Errno(9)
  /// Try again.
  public static let again = Errno(11)
  /// Resource deadlock would occur.
  public static let deadlock = Errno(35)
  /// Out of memory, or a range that is not mapped.
  public static let noMemory = Errno(12)
  /// Permission denied.
  public static let accessDenied = Errno(13)
  /// Bad address.
  public static let fault = Errno(14)
  /// The place is taken.
  public static let exists = Errno(17)
  /// Invalid argument.
  public static let invalid = Errno(22)
  /// Inappropriate ioctl for device.
  public static let notTerminal = Errno(25)
  /// Numerical result out of range.
  public static let range = Errno(34)
  /// File name too long.
  public static let nameTooLong = Errno(36)
  /// Function not implemented.
  public static let notImplemented = Errno(38)
  /// Too many levels of symbolic links.
  public static let loop = Errno(40)
  /// Value too large for the guest's data type.
  public static let overflow = Errno(75)
  /// Connection or operation timed out.
  public static let timedOut = Errno(110)
  /// ERESTARTSYS of the kernel: a signal came first, the call is to be made again.
  public static let restart = Errno(512)
  /// ERESTARTNOINTR: likewise, whatever the signal's action says.
  public static let restartAlways = Errno(513)
}
