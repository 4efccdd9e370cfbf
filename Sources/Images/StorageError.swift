import Glibc

/// Why an image cannot be opened, read or written. The description names the file and the cause.
public struct StorageError: Error, Equatable, CustomStringConvertible, Sendable {
  /// The file at fault.
  public let path: String
  /// What is wrong.
  public let cause: Cause

  /// What can be wrong.
  public enum Cause: Error, Equatable {
    /// A system call failed: what was tried, and the error number.
    case host(String, Int32)
    /// A transfer beyond the end of the disk, in sectors.
    case outOfRange(sector: UInt64, count: UInt64)
    /// A transfer of a number of bytes that is no multiple of a sector.
    case unaligned(UInt64)
    /// A write to a disk that is read-only.
    case readOnly
    /// The file is neither a regular file nor a block device.
    case notStorage
    /// Another process, or another drive of this one, has the image open for writing.
    case inUse
    /// The backing file cannot be opened: why.
    case backingFile(String)
    /// The image contradicts its format's specification.
    case corrupt(String)
    /// The image needs something that is not implemented.
    case unsupported(String)
    /// What was asked for is forbidden for a reason.
    case refused(String)
  }

  /// A failure of a file.
  public init(_ path: String, _ cause: Cause) {
    self.path = path
    self.cause = cause
  }

  /// Whether the host's file system is full.
  public var isOutOfSpace: Bool {
    guard case .host(_, let number) = cause else { return false }
    return number == ENOSPC || number == EDQUOT
  }

  /// "PATH: cause".
  public var description: String { "\(path): \(text)" }

  private var text: String {
    switch cause {
    case .host(let action, let number): "cannot \(action): \(String(cString: strerror(number)))"
    case .outOfRange(let sector, let count):
      "sectors \(sector) and \(count) on are beyond the end of the disk"
    case .unaligned(let size): "\(size) bytes are not a number of whole sectors"
    case .readOnly: "the image is read-only"
    case .notStorage: "neither a regular file nor a block device"
    case .inUse: "the image is in use"
    case .backingFile(let text): "backing file: \(text)"
    case .corrupt(let text): "corrupt image: \(text)"
    case .unsupported(let text): "not supported: \(text)"
    case .refused(let text): text
    }
  }
}
