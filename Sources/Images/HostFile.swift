import CSys
import Glibc

/// A file or block device of the host, read and written by position. What is beyond its end reads
/// as zeros.
final class HostFile {
  /// The name it was opened by.
  let path: String
  /// Whether it was opened for reading only.
  let isReadOnly: Bool
  /// Which file it is, under whatever name.
  let identity: Identity
  /// Bytes in it, kept up to date as writes extend it.
  private(set) var size: UInt64
  /// How many reads were made of it.
  private(set) var readCount = 0
  /// Tests interpose here: an error number that the operation is to fail with, or 0.
  var interposer: ((Operation) -> Int32)?

  private let descriptor: Int32
  private let isRegular: Bool
  private var hasUnsynchronizedWrites = false
  private var synchronizationError: StorageError?

  /// What distinguishes a file on this host.
  struct Identity: Hashable {
    let device: UInt
    let node: UInt
  }

  /// What an interposer sees.
  enum Operation {
    case read(UInt64, Int)
    case write(UInt64, UnsafeRawBufferPointer)
    case synchronize
  }

  /// Opens a file.
  /// - Parameters:
  ///   - path: its name.
  ///   - isReadOnly: whether it will not be written to.
  ///   - chain: the files that refer to this one, which it must not be one of.
  init(path: String, isReadOnly: Bool, chain: [Identity] = []) throws(StorageError) {
    // O_NONBLOCK: opening a pipe is not to wait for its other end.
    let flags = (isReadOnly ? O_RDONLY : O_RDWR) | O_CLOEXEC | O_NONBLOCK
    let descriptor = Glibc.open(path, flags)
    guard descriptor >= 0 else { throw StorageError(path, .host("open", csys_errno())) }
    do throws(StorageError) {
      let status = try Self.status(descriptor, path)
      identity = Identity(device: status.st_dev, node: status.st_ino)
      isRegular = status.st_mode & S_IFMT == S_IFREG
      guard isRegular || status.st_mode & S_IFMT == S_IFBLK else {
        throw StorageError(path, .notStorage)
      }
      guard !chain.contains(identity) else {
        throw StorageError(path, .corrupt("the image is its own backing file"))
      }
      try Self.lock(descriptor, isReadOnly, path)
      size = try isRegular ? UInt64(max(0, status.st_size)) : Self.deviceSize(descriptor, path)
    } catch {
      close(descriptor)
      throw error
    }
    self.descriptor = descriptor
    self.path = path
    self.isReadOnly = isReadOnly
  }

  /// A new, empty file without a name, for `path` in messages only.
  init(temporaryIn directory: String) throws(StorageError) {
    path = "\(directory)/lyrebird.XXXXXX"
    var name = Array(path.utf8CString)
    descriptor = mkstemp(&name)
    guard descriptor >= 0 else {
      throw StorageError(directory, .host("create a temporary file", csys_errno()))
    }
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    unlink(name)
    isReadOnly = false
    isRegular = true
    size = 0
    identity = Identity(device: 0, node: 0)
  }

  deinit {
    // A child process that has not yet executed its program shares the lock; it ends here.
    flock(descriptor, LOCK_UN)
    close(descriptor)
  }

  /// Bytes of the host's disk that it takes.
  var allocatedSize: UInt64 {
    guard isRegular, let status = try? Self.status(descriptor, path) else { return size }
    return UInt64(max(0, status.st_blocks)) * 512
  }

  private static func status(_ descriptor: Int32, _ path: String) throws(StorageError) -> stat {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      throw StorageError(path, .host("examine", csys_errno()))
    }
    return status
  }

  private static func deviceSize(
    _ descriptor: Int32, _ path: String
  ) throws(StorageError) -> UInt64 {
    let end = lseek(descriptor, 0, SEEK_END)
    guard end >= 0 else { throw StorageError(path, .host("find the size", csys_errno())) }
    return UInt64(end)
  }

  /// Many readers or one writer. File systems that know no locks are left alone.
  private static func lock(
    _ descriptor: Int32, _ isReadOnly: Bool, _ path: String
  ) throws(StorageError) {
    let operation = (isReadOnly ? LOCK_SH : LOCK_EX) | LOCK_NB
    guard flock(descriptor, operation) != 0, csys_errno() == EWOULDBLOCK else { return }
    throw StorageError(path, .inUse)
  }
}

extension HostFile {
  /// Reads from a position on; beyond the end there are zeros.
  func read(
    _ position: UInt64, into buffer: UnsafeMutableRawBufferPointer
  ) throws(StorageError) {
    try interpose(.read(position, buffer.count), "read")
    var done = 0
    while done < buffer.count, let start = buffer.baseAddress {
      let place = Int(clamping: position.addingReportingOverflow(UInt64(done)).partialValue)
      readCount += 1
      let count = pread(descriptor, start + done, buffer.count - done, place)
      if count < 0 {
        guard csys_errno() == EINTR else {
          throw StorageError(path, .host("read", csys_errno()))
        }
      } else if count == 0 {
        UnsafeMutableRawBufferPointer(rebasing: buffer[done...]).initializeMemory(
          as: UInt8.self, repeating: 0)
        return
      } else {
        done += count
      }
    }
  }

  /// Reads a range that must be in the file whole.
  func bytes(_ range: Range<UInt64>, _ what: String) throws(StorageError) -> [UInt8] {
    guard range.upperBound <= size else {
      throw StorageError(path, .corrupt("\(what) is beyond the end of the file"))
    }
    var bytes = [UInt8](repeating: 0, count: range.count)
    let failure = bytes.withUnsafeMutableBytes { buffer -> StorageError? in
      do throws(StorageError) { try read(range.lowerBound, into: buffer) } catch { return error }
      return nil
    }
    if let failure { throw failure }
    return bytes
  }

  /// Writes at a position, extending the file where it is beyond the end.
  func write(_ position: UInt64, from buffer: UnsafeRawBufferPointer) throws(StorageError) {
    try interpose(.write(position, buffer), "write")
    hasUnsynchronizedWrites = true
    var done = 0
    while done < buffer.count, let start = buffer.baseAddress {
      let end = position.addingReportingOverflow(UInt64(done))
      guard !end.overflow, let place = Int(exactly: end.partialValue) else {
        throw StorageError(path, .host("write", EFBIG))
      }
      let count = pwrite(descriptor, start + done, buffer.count - done, place)
      if count < 0 {
        guard csys_errno() == EINTR else {
          throw StorageError(path, .host("write", csys_errno()))
        }
      } else {
        done += count
        size = max(size, position + UInt64(done))
      }
    }
  }

  /// Writes bytes of an array.
  func write(_ position: UInt64, bytes: [UInt8]) throws(StorageError) {
    let failure = bytes.withUnsafeBytes { buffer -> StorageError? in
      do throws(StorageError) { try write(position, from: buffer) } catch { return error }
      return nil
    }
    if let failure { throw failure }
  }

  /// Puts all that was written on stable storage. Once that failed the kernel may have dropped
  /// what it could not write, so that it fails from then on.
  func synchronize() throws(StorageError) {
    if let synchronizationError { throw synchronizationError }
    guard hasUnsynchronizedWrites else { return }
    do throws(StorageError) {
      try interpose(.synchronize, "flush")
      while fdatasync(descriptor) != 0 {
        guard csys_errno() == EINTR else {
          throw StorageError(path, .host("flush", csys_errno()))
        }
      }
    } catch {
      synchronizationError = error
      throw error
    }
    hasUnsynchronizedWrites = false
  }

  private func interpose(_ operation: Operation, _ action: String) throws(StorageError) {
    guard let interposer else { return }
    let number = interposer(operation)
    guard number == 0 else { throw StorageError(path, .host(action, number)) }
  }
}
