/// Guest memory as the interpreter of ops sees it: bytes at 32-bit addresses.
public protocol InterpreterMemory: ~Copyable {
  /// Copies the bytes from `address` up.
  ///
  /// - Returns: nil, or the first address that cannot be read, and then nothing counts as read.
  mutating func read(_ address: UInt32, into bytes: UnsafeMutableRawBufferPointer) -> UInt32?
  /// Replaces the bytes from `address` up.
  ///
  /// - Returns: nil, or the first address that cannot be written, and then nothing is changed.
  mutating func write(_ address: UInt32, from bytes: UnsafeRawBufferPointer) -> UInt32?
}

/// One window of guest memory, for tests: everything outside it faults.
public struct MemoryWindow: InterpreterMemory {
  /// The guest address of the first byte.
  public let start: UInt32
  /// The contents.
  public var bytes: [UInt8]

  /// A window that is as large as its contents.
  public init(start: UInt32, bytes: [UInt8]) {
    self.start = start
    self.bytes = bytes
  }

  /// The first of `count` addresses from `address` up that lies outside the window.
  private func fault(_ address: UInt32, _ count: Int) -> UInt32? {
    for n in 0..<count {
      let place = address &+ UInt32(truncatingIfNeeded: n)
      if Int(place &- start) >= bytes.count { return place }
    }
    return nil
  }

  public func read(_ address: UInt32, into target: UnsafeMutableRawBufferPointer) -> UInt32? {
    if let fault = fault(address, target.count) { return fault }
    for n in 0..<target.count { target[n] = bytes[Int(address &- start) + n] }
    return nil
  }

  public mutating func write(_ address: UInt32, from source: UnsafeRawBufferPointer) -> UInt32? {
    if let fault = fault(address, source.count) { return fault }
    for n in 0..<source.count { bytes[Int(address &- start) + n] = source[n] }
    return nil
  }
}
