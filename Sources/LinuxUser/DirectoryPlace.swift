import Memory

/// Positions in directories, as getdents(2) and lseek(2) give them.
///
/// Some file systems' are hashes, of which a 64-bit process sees 63 bits and a 32-bit one the upper
/// 31 (`hash2pos` of fs/ext4/dir.c). A C library without large files takes no others: readdir(3)
/// would end with EOVERFLOW.
enum DirectoryPlace {
  /// The guest's position for one of the host's.
  static func guest(_ host: Int) -> Int { host > Int(Int32.max) ? host >> 32 : host }

  /// The guest's position for that of an entry; a descriptor whose entries have hashes is noted.
  static func guest(_ host: Int, of call: SystemCall) -> Int {
    if host > Int(Int32.max) {
      call.process.callState.descriptors.note(call.unsigned(0), .hashedDirectory)
    }
    return guest(host)
  }

  /// lseek in a file that may be such a directory: `seek` is given the host's position.
  static func seek(
    _ call: SystemCall, _ position: Int, whence: Int, _ seek: (Int) throws(Errno) -> Int
  ) throws(Errno) -> Int {
    let isHashed = call.process.callState.descriptors.isHashedDirectory(call[0])
    guard isHashed else { return try seek(position) }
    // SEEK_SET is 0.
    return guest(try seek(whence == 0 ? position << 32 : position))
  }
}
