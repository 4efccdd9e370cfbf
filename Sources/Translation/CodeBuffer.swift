import CSys
import Glibc

/// Room for host code, mapped twice: writable at one address and executable at another, so that
/// no page is ever both.
public final class CodeBuffer {
  /// The writable mapping.
  public let writable: UnsafeMutablePointer<UInt8>
  /// Where the first byte executes.
  public let executable: UInt
  /// Size in bytes.
  public let size: Int

  /// Maps a buffer.
  ///
  /// - Parameter near: an address that the code should reach with 32-bit offsets.
  public init(size: Int, near: UInt) throws(TranslationError) {
    let size = (size + 0xffff) & ~0xffff
    let file = memfd_create("lyrebird-code", MFD_CLOEXEC)
    guard file >= 0, ftruncate(file, size) == 0 else {
      throw TranslationError.codeBuffer(errno)
    }
    defer { close(file) }
    let hint = UnsafeMutableRawPointer(bitPattern: (near & ~0xfffff) &+ 0x800_0000)
    let code = mmap(hint, size, PROT_READ | PROT_EXEC, MAP_SHARED, file, 0)
    let data = mmap(nil, size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0)
    guard let code, let data, code != MAP_FAILED, data != MAP_FAILED else {
      throw TranslationError.codeBuffer(errno)
    }
    writable = data.assumingMemoryBound(to: UInt8.self)
    executable = UInt(bitPattern: code)
    self.size = size
  }

  /// A copy of the first `used` bytes for a child process: both mappings are shared memory, which
  /// a fork does not copy. The result goes to `adopt` in the child and to `close` in the parent.
  func duplicate(used: Int) -> Int32 {
    let file = memfd_create("lyrebird-code", MFD_CLOEXEC)
    guard file >= 0, ftruncate(file, size) == 0 else {
      if file >= 0 { close(file) }
      return -1
    }
    var done = 0
    while done < used {
      let count = pwrite(file, writable + done, used - done, done)
      guard count > 0 else {
        close(file)
        return -1
      }
      done += count
    }
    return file
  }

  /// Puts a copy in the place of the memory shared with the parent; false if that fails.
  func adopt(_ file: Int32) -> Bool {
    let code = UnsafeMutableRawPointer(bitPattern: executable)
    let isPlaced =
      mmap(code, size, PROT_READ | PROT_EXEC, MAP_SHARED | MAP_FIXED, file, 0) != MAP_FAILED
      && mmap(writable, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, file, 0)
        != MAP_FAILED
    close(file)
    return isPlaced
  }

  deinit {
    munmap(writable, size)
    munmap(UnsafeMutableRawPointer(bitPattern: executable), size)
  }
}

/// What can go wrong when the translator is set up.
public enum TranslationError: Error, CustomStringConvertible {
  /// The code buffer cannot be mapped.
  case codeBuffer(Int32)
  /// Address space for a table cannot be reserved.
  case table(Int32)

  /// What a user is told.
  public var description: String {
    switch self {
    case .codeBuffer(let error): "cannot map the code buffer: \(String(cString: strerror(error)))"
    case .table(let error): "cannot reserve a jump table: \(String(cString: strerror(error)))"
    }
  }
}

/// Memory that is zero until it is touched.
final class ZeroMemory {
  let start: UnsafeMutableRawPointer
  let size: Int

  init(_ size: Int) throws(TranslationError) {
    let memory = mmap(
      nil, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
    guard let memory, memory != MAP_FAILED else { throw TranslationError.table(errno) }
    start = memory
    self.size = size
  }

  /// Makes it all zero again.
  func clear() { madvise(start, size, MADV_DONTNEED) }

  deinit { munmap(start, size) }
}
