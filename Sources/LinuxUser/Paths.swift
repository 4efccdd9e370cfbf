import Memory

/// Names of files as the guest sees them: `-L` first for lookups, and the files of /proc that
/// tell of the guest instead of us.
extension SystemCall {
  /// AT_FDCWD.
  static let currentDirectory = -100

  /// The host address of a name for a call that looks up something that is there. Names are
  /// passed in place unless `-L` or /proc ask for another.
  func lookup(_ address: UInt32) throws(Errno) -> Int {
    let direct = try source(address)
    guard let name = try absoluteName(address) else { return direct }
    if ProcessFiles.isExecutable(name, process) { return process.keepPath(process.executablePath) }
    guard let inside = process.inSysroot(name) else { return direct }
    return process.keepPath(inside)
  }

  /// The name at an address if it is absolute and may stand for another file.
  func absoluteName(_ address: UInt32) throws(Errno) -> String? {
    guard address != 0, copy.readByte(address) == UInt8(ascii: "/") else { return nil }
    if process.options.sysroot.isEmpty {
      // Without -L only /proc is of interest.
      guard let start = copy.readBytes(address, 5), start == Array("/proc".utf8) else {
        return nil
      }
    }
    return try string(address)
  }
}

extension LinuxProcess {
  /// Keeps a name in host memory until the next call; its address.
  func keepPath(_ path: String) -> Int {
    let bytes = Array(path.utf8.prefix(Self.pathCapacity - 1)) + [0]
    let buffer = current.pathBuffer
    buffer.copyMemory(from: bytes, byteCount: bytes.count)
    return Int(bitPattern: buffer)
  }

  /// Bytes for a kept name.
  static let pathCapacity = 8192
}
