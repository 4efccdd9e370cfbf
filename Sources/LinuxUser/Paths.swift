import Memory

/// Names of files as the guest sees them: `-L` first for lookups, and the files of /proc that
/// tell of the guest instead of us.
extension SystemCall {
  /// AT_FDCWD.
  static let currentDirectory = -100

  /// The host address of a name for a call that looks up something that is there. Names are
  /// passed in place unless `-L` or /proc ask for another.
  /// - Parameters:
  ///   - directory: what relative names start from.
  ///   - followsLinks: whether the call is about what a link leads to.
  func lookup(
    _ address: UInt32, from directory: Int = SystemCall.currentDirectory, followsLinks: Bool = true
  ) throws(Errno) -> Int {
    let name = try remarkableName(address)
    let entry = followsLinks ? name.flatMap { processEntry($0, directory) } : nil
    return try lookup(address, name, entry)
  }

  /// The same for a name that has been looked at.
  /// - Parameter entry: the file of /proc that it leads to, if that is what the call is about.
  func lookup(_ address: UInt32, _ name: [UInt8]?, _ entry: ProcessEntry?) throws(Errno) -> Int {
    if let file = entry?.executable(process) { return process.keepPath(file) }
    guard let name, let inside = process.inSysroot(name) else { return try source(address) }
    return process.keepPath(inside)
  }

  /// The file of /proc that a name leads to, if that shows a process.
  func processEntry(_ name: [UInt8], _ directory: Int) -> ProcessEntry? {
    ProcessEntry.find(name, from: directory, process)
  }

  /// The bytes of a name that may stand for another file; an address that cannot be read is the
  /// kernel's to refuse.
  func remarkableName(_ address: UInt32) throws(Errno) -> [UInt8]? {
    guard address != 0, copy.readByte(address) != 0 else { return nil }
    switch copy.readCString(address) {
    case .success(let name): return name
    case .failure(.fault): return nil
    case .failure(.tooLong): throw .nameTooLong
    }
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
