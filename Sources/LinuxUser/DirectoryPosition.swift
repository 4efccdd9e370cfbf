import CSys
import Glibc
import Memory

/// Positions in directories, which programs take for numbers of 32 bits.
///
/// ext4's are hashes: 63 bits for 64-bit programs, as we are one, and for 32-bit ones their upper
/// halves, with which the kernel finds the place as well (fs/ext4/dir.c, `hash2pos` and
/// `pos2maj_hash`). So the guest gets the upper halves.
enum DirectoryPosition {
  /// The end of a directory, in either width.
  private static let end = Int.max, shortEnd = Int(Int32.max)

  /// The guest's position for one of the host's, found in a directory that is read.
  static func short(_ position: Int, _ call: SystemCall) -> Int {
    guard position > Int(Int32.max) else { return position }
    call.descriptors.note(call.unsigned(0), .hashed)
    return position >> 32
  }

  /// lseek of the host's, with the guest's position and result.
  static func seek(_ call: SystemCall, _ position: Int, whence: Int) throws(Errno) -> Int {
    guard call.descriptors.isNoted(call[0], .hashed) else {
      return try hostCall(SYS_lseek, call.signed(0), position, whence)
    }
    return try short(hostCall(SYS_lseek, call.signed(0), long(position, whence), whence), call)
  }

  /// The host's position for one of the guest's, which lseek sets.
  private static func long(_ position: Int, _ whence: Int) -> Int {
    guard whence == Int(SEEK_SET), position > 0 else { return position }
    return position == shortEnd ? end : position << 32
  }
}
