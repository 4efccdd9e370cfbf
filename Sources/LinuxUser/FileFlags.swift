import Glibc

/// Flags of `open` and `fcntl`: four bits differ between PowerPC (asm/fcntl.h) and x86-64.
enum FileFlags {
  /// (the guest's bit, the host's bit): O_DIRECTORY, O_NOFOLLOW, O_LARGEFILE, O_DIRECT.
  private static let moved: [(guest: UInt32, host: UInt32)] = [
    (0o040000, 0o200000), (0o100000, 0o400000), (0o200000, 0o100000), (0o400000, 0o040000),
  ]
  private static let movedMask: UInt32 = 0o740000
  /// O_CLOEXEC, the same on both sides.
  static let closeOnExec: UInt32 = 0o2000000
  /// The guest's O_NOFOLLOW, and O_PATH, the same on both sides.
  static let noFollow: UInt32 = 0o100000, pathOnly: UInt32 = 0o10000000

  /// The host's flags for the guest's.
  static func host(_ flags: UInt32) -> Int {
    var result = flags & ~movedMask
    for (guest, host) in moved where flags & guest != 0 { result |= host }
    return Int(result)
  }

  /// The guest's flags for the host's.
  static func guest(_ flags: Int) -> Int {
    var result = UInt32(truncatingIfNeeded: flags) & ~movedMask
    for (guest, host) in moved where UInt32(truncatingIfNeeded: flags) & host != 0 {
      result |= guest
    }
    return Int(result)
  }
}
