import Glibc
import Machine

/// A file that is put in the machine's memory before it starts: firmware, a kernel, an initial
/// RAM disk.
public struct BootImage {
  /// Bytes for one run of addresses.
  public struct Segment: Equatable {
    /// Where the first byte goes (p_paddr).
    public var address: UInt32
    /// The bytes.
    public var bytes: ArraySlice<UInt8>
    /// Bytes in memory; those beyond the file's are zero.
    public var size: UInt32
  }

  /// The file's path.
  public let path: String
  /// All bytes of the file.
  public let bytes: [UInt8]

  /// Reads a file.
  /// - Throws: `MachineError.unsupported` that names the file and the cause.
  public init(path: String) throws(MachineError) {
    self.path = path
    let file = Glibc.open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { throw Self.problem(path, String(cString: strerror(errno))) }
    defer { close(file) }
    var status = stat()
    guard fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      throw Self.problem(path, "not a regular file")
    }
    guard status.st_size <= 2 << 30 else { throw Self.problem(path, "larger than 2 GiB") }
    let size = Int(status.st_size)
    var done = 0
    bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
      while done < size {
        let n = read(file, buffer.baseAddress! + done, size - done)
        if n <= 0 { break }
        done += n
      }
      count = done
    }
    guard done == size else { throw Self.problem(path, "cannot read") }
  }

  private static func problem(_ path: String, _ cause: String) -> MachineError {
    .unsupported("could not load '\(path)': \(cause)")
  }

  /// Whether it is an ELF file at all.
  public var isELF: Bool { bytes.starts(with: [0x7f, 0x45, 0x4c, 0x46]) }

  /// The entry point and the loadable segments of a 32-bit big-endian PowerPC ELF executable
  /// (System V ABI, chapters 4 and 5).
  /// - Throws: `MachineError.unsupported` that says what is wrong with it.
  public func executable() throws(MachineError) -> (entry: UInt32, segments: [Segment]) {
    guard bytes.count >= 52 else { throw Self.problem(path, "truncated: no whole ELF header") }
    guard bytes[4] == 1, bytes[5] == 2, half(18) == 20 else {
      throw Self.problem(path, "not a 32-bit big-endian PowerPC ELF file")
    }
    guard half(16) == 2, half(42) == 32 else {
      throw Self.problem(path, "not an ELF executable")
    }
    var segments: [Segment] = []
    for n in 0..<Int(half(44)) {
      let at = Int(word(28)) + 32 * n
      guard at + 32 <= bytes.count else {
        throw Self.problem(path, "truncated: no whole program header table")
      }
      if word(at) == 1 { segments.append(try segment(at)) }
    }
    guard !segments.isEmpty else { throw Self.problem(path, "no loadable segment") }
    return (word(24), segments)
  }

  /// The segment whose program header is at an offset.
  private func segment(_ at: Int) throws(MachineError) -> Segment {
    let (offset, address) = (Int(word(at + 4)), word(at + 12))
    let (fileSize, size) = (Int(word(at + 16)), word(at + 20))
    guard offset + fileSize <= bytes.count else {
      throw Self.problem(path, "truncated: a segment lies beyond the end")
    }
    guard fileSize <= Int(size), UInt64(address) + UInt64(size) <= 1 << 32 else {
      throw Self.problem(path, "a segment with impossible sizes")
    }
    return Segment(address: address, bytes: bytes[offset..<offset + fileSize], size: size)
  }

  private func half(_ at: Int) -> UInt16 { UInt16(bytes[at]) << 8 | UInt16(bytes[at + 1]) }
  private func word(_ at: Int) -> UInt32 { UInt32(half(at)) << 16 | UInt32(half(at + 2)) }
}
