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
    let direct = try source(address)
    guard let name = try remarkableName(address) else { return direct }
    if followsLinks, let file = processEntry(name, directory)?.executable(process) {
      return process.keepPath(file)
    }
    guard !process.options.sysroot.isEmpty,
      let inside = process.inSysroot(String(decoding: name, as: UTF8.self))
    else { return direct }
    return process.keepPath(inside)
  }

  /// The file of /proc that a name leads to, if that shows a process.
  func processEntry(_ name: [UInt8], _ directory: Int) -> ProcessEntry? {
    ProcessEntry.find(name, from: directory, process)
  }

  /// The bytes of a name that may stand for another file; an address that cannot be read is the
  /// kernel's to refuse.
  func remarkableName(_ address: UInt32) throws(Errno) -> [UInt8]? {
    guard address != 0 else { return nil }
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
