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

  /// A copy of the code in mappings of its own: to be written, and to be executed.
  struct Copy {
    fileprivate let writable, executable: UnsafeMutableRawPointer
  }

  /// Makes a copy of the first `used` bytes for a child process: both mappings are shared memory,
  /// which a fork does not copy. `adopt` takes it in the child, `discard` in the parent. No descriptor
  /// remains, which the child might share.
  func duplicate(used: Int) -> Copy? {
    let file = memfd_create("lyrebird-code", MFD_CLOEXEC)
    guard file >= 0 else { return nil }
    defer { close(file) }
    guard ftruncate(file, size) == 0 else { return nil }
    var done = 0
    while done < used {
      let count = pwrite(file, writable + done, used - done, done)
      guard count > 0 else { return nil }
      done += count
    }
    let code = mmap(nil, size, PROT_READ | PROT_EXEC, MAP_SHARED, file, 0)
    guard let code, code != MAP_FAILED else { return nil }
    let data = mmap(nil, size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0)
    guard let data, data != MAP_FAILED else {
      munmap(code, size)
      return nil
    }
    return Copy(writable: data, executable: code)
  }

  /// Puts a copy in the place of the memory shared with the parent; false if that fails.
  func adopt(_ copy: Copy) -> Bool {
    move(copy.executable, to: Int(executable)) && move(copy.writable, to: Int(bitPattern: writable))
  }

  private func move(_ from: UnsafeMutableRawPointer, to place: Int) -> Bool {
    // MREMAP_MAYMOVE | MREMAP_FIXED
    csys_kernel(Int(SYS_mremap), Int(bitPattern: from), size, size, 3, place, 0) == place
  }

  /// Gives up a copy.
  func discard(_ copy: Copy) {
    munmap(copy.writable, size)
    munmap(copy.executable, size)
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
