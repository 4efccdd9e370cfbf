import CSys
import Glibc

/// Copies between host buffers and guest memory. A copy that the guest's protections or the file
/// behind a page refuse returns false or nil; none can fault.
///
/// Anonymous pages cannot fault once their flags allow the access: they are copied directly.
/// A page of a file may lie past the file's end: code of the translator's whose faults are answered
/// copies there, or, where there is none, the kernel (process_vm_readv).
public struct GuestCopy {
  /// The guest's memory, which must outlive this: that saves each use a count of references.
  public unowned(unsafe) let space: UserAddressSpace

  /// Copies to and from an address space.
  @inlinable
  public init(_ space: UserAddressSpace) { self.space = space }

  /// What a range allows: all direct, all allowed, or not.
  @usableFromInline
  enum Verdict { case direct, byKernel, refused }

  /// Looks at the flags of every page of a range.
  @inlinable
  func verdict(_ address: UInt32, _ count: Int, _ access: PageFlags) -> Verdict {
    if count == 0 { return .direct }
    let last = UInt64(address) &+ UInt64(truncatingIfNeeded: count) &- 1
    guard count > 0, last < 1 << 32 else { return .refused }
    var common: UInt8 = 0xff
    for page in Int(address >> 12)...Int(last >> 12) { common &= space.pages[page] }
    guard common & access.rawValue == access.rawValue else { return .refused }
    return common & PageFlags.anonymous.rawValue != 0 ? .direct : .byKernel
  }

  /// Copies guest bytes into a host buffer.
  @inlinable
  public func read(_ address: UInt32, into buffer: UnsafeMutableRawPointer, _ count: Int) -> Bool {
    switch verdict(address, count, .readable) {
    case .direct:
      memcpy(buffer, space.host(address), count)
      return true
    case .byKernel:
      if let copy = space.faultTolerantCopy { return copy(buffer, space.host(address), count) == 0 }
      return kernelCopy(SYS_process_vm_readv, buffer, address, count)
    case .refused: return false
    }
  }

  /// Copies host bytes into guest memory.
  @inlinable
  public func write(_ address: UInt32, from buffer: UnsafeRawPointer, _ count: Int) -> Bool {
    let verdict = verdict(address, count, .writable)
    if verdict == .refused { return false }
    space.prepareForWrite(address, UInt32(truncatingIfNeeded: count))
    if verdict == .direct {
      memcpy(space.host(address), buffer, count)
      return true
    }
    if let copy = space.faultTolerantCopy { return copy(space.host(address), buffer, count) == 0 }
    let local = UnsafeMutableRawPointer(mutating: buffer)
    return kernelCopy(SYS_process_vm_writev, local, address, count)
  }

  @usableFromInline
  func kernelCopy(
    _ call: Int32, _ buffer: UnsafeMutableRawPointer, _ address: UInt32, _ count: Int
  ) -> Bool {
    var local = iovec(iov_base: buffer, iov_len: count)
    var remote = iovec(iov_base: space.host(address), iov_len: count)
    return withUnsafeMutablePointer(to: &local) { local in
      withUnsafeMutablePointer(to: &remote) { remote in
        csys_kernel(
          Int(call), Int(getpid()), Int(bitPattern: local), 1, Int(bitPattern: remote), 1,
          0)
          == count
      }
    }
  }

  /// A number in the guest's byte order.
  @inlinable
  func load<T: FixedWidthInteger>(_ address: UInt32, as type: T.Type) -> T? {
    var value: T = 0
    guard read(address, into: &value, MemoryLayout<T>.size) else { return nil }
    return T(bigEndian: value)
  }

  @inlinable
  func store<T: FixedWidthInteger>(_ address: UInt32, _ value: T) -> Bool {
    var value = value.bigEndian
    return write(address, from: &value, MemoryLayout<T>.size)
  }

  /// The byte at an address.
  @inlinable
  public func readByte(_ address: UInt32) -> UInt8? { load(address, as: UInt8.self) }
  /// The big-endian halfword at an address.
  @inlinable
  public func readHalf(_ address: UInt32) -> UInt16? { load(address, as: UInt16.self) }
  /// The big-endian word at an address.
  @inlinable
  public func readWord(_ address: UInt32) -> UInt32? { load(address, as: UInt32.self) }
  /// The big-endian doubleword at an address.
  @inlinable
  public func readDoubleword(_ address: UInt32) -> UInt64? { load(address, as: UInt64.self) }
  /// Stores a byte.
  @inlinable
  public func writeByte(_ address: UInt32, _ value: UInt8) -> Bool { store(address, value) }
  /// Stores a big-endian halfword.
  @inlinable
  public func writeHalf(_ address: UInt32, _ value: UInt16) -> Bool { store(address, value) }
  /// Stores a big-endian word.
  @inlinable
  public func writeWord(_ address: UInt32, _ value: UInt32) -> Bool { store(address, value) }
  /// Stores a big-endian doubleword.
  @inlinable
  public func writeDoubleword(_ address: UInt32, _ value: UInt64) -> Bool {
    store(address, value)
  }

  /// `count` bytes, or nil.
  public func readBytes(_ address: UInt32, _ count: Int) -> [UInt8]? {
    guard verdict(address, count, .readable) != .refused else { return nil }
    var isRead = false
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
      guard let start = buffer.baseAddress else {
        isRead = true
        return
      }
      isRead = read(address, into: start, count)
      initialized = isRead ? count : 0
    }
    return isRead ? bytes : nil
  }

  /// Stores bytes.
  public func writeBytes(_ address: UInt32, _ bytes: [UInt8]) -> Bool {
    bytes.withUnsafeBytes { buffer in
      guard let start = buffer.baseAddress else { return true }
      return write(address, from: start, buffer.count)
    }
  }

  /// Why there is no string.
  public enum StringFailure: Error { case fault, tooLong }

  /// The bytes of a string up to its final zero, which is not included.
  /// - Parameter maximum: the most bytes that it may have, its zero included.
  public func readCString(
    _ address: UInt32, maximum: Int = 4096
  ) -> Result<[UInt8], StringFailure> {
    var bytes: [UInt8] = []
    var next = address
    while bytes.count < maximum {
      let rest = Int(Page.size &- (next & Page.mask))
      let count = min(rest, maximum - bytes.count, bytes.isEmpty ? 256 : 4096)
      guard var part = readBytes(next, count) else { return .failure(.fault) }
      let end = part.firstIndex(of: 0)
      if let end { part.removeLast(part.count - end) }
      if bytes.isEmpty { bytes = part } else { bytes += part }
      if end != nil { return .success(bytes) }
      let (following, overflow) = next.addingReportingOverflow(UInt32(truncatingIfNeeded: count))
      if overflow { return .failure(.fault) }
      next = following
    }
    return .failure(.tooLong)
  }
}
