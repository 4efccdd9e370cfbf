import Glibc

/// Which of the host's files a descriptor stands for.
struct FileIdentity: Equatable {
  private let device: UInt
  private let number: UInt

  /// Nil if the descriptor is not open.
  init?(_ descriptor: Int32) {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { return nil }
    device = UInt(status.st_dev)
    number = UInt(status.st_ino)
  }
}
