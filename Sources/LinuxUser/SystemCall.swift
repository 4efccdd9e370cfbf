import CSys
import Glibc
import Memory

/// One system call of the guest: its number in r0, its arguments in r3 to r8.
public struct SystemCall {
  /// The process that makes it. Sound: nobody keeps a call, and while it is made its thread, which is
  /// one of the process and has the registers, is there.
  public unowned(unsafe) let process: LinuxProcess
  /// The thread that makes it.
  unowned(unsafe) let thread: LinuxThread
  /// The guest's registers; r3 is not changed before the call has its result.
  public unowned(unsafe) let registers: any GuestRegisters
  /// The number in Linux's 32-bit PowerPC table.
  public let number: Int
  private let arguments: InlineArray<6, UInt32>

  init(_ process: LinuxProcess, _ thread: LinuxThread, _ registers: any GuestRegisters) {
    self.process = process
    self.thread = thread
    self.registers = registers
    number = Int(registers.gpr(0))
    arguments = [
      registers.gpr(3), registers.gpr(4), registers.gpr(5), registers.gpr(6), registers.gpr(7),
      registers.gpr(8),
    ]
  }

  init(_ call: SystemCall, number: Int, arguments: InlineArray<6, UInt32>) {
    process = call.process
    thread = call.thread
    registers = call.registers
    self.number = number
    self.arguments = arguments
  }

  /// An argument, 0 to 5.
  subscript(_ index: Int) -> UInt32 { arguments[index] }

  /// An argument as a signed number.
  func signed(_ index: Int) -> Int { Int(Int32(bitPattern: arguments[index])) }

  /// A file descriptor, signal number or the like.
  func int32(_ index: Int) -> Int32 { Int32(bitPattern: arguments[index]) }

  /// An argument as an unsigned number.
  func unsigned(_ index: Int) -> Int { Int(arguments[index]) }

  /// A 64-bit argument in a register pair: the high word is at an even index (an odd register).
  func pair(_ index: Int) -> Int {
    Int(truncatingIfNeeded: UInt64(arguments[index]) << 32 | UInt64(arguments[index + 1]))
  }

  /// What is known of the caller's descriptors.
  var descriptors: DescriptorKinds { thread.descriptors }
  /// The guest's memory.
  var space: UserAddressSpace { process.space }
  /// Copies to and from the guest's memory.
  var copy: GuestCopy { GuestCopy(process.space) }

  // MARK: Memory that the host's kernel accesses itself

  /// An address that is no program's: what the guest gives wrong is for the host's kernel to find,
  /// which may find something else wrong first.
  private static let nowhere = 1 << 62

  /// A host address for memory that the kernel reads, with the kernel's own check of access.
  func source(_ address: UInt32, _ count: Int = 1) throws(Errno) -> Int {
    guard UInt64(address) + UInt64(count) <= 1 << 32 else { return Self.nowhere }
    return Int(bitPattern: space.host(address))
  }

  /// A host address for memory that the kernel writes.
  func target(_ address: UInt32, _ count: Int) throws(Errno) -> Int {
    guard UInt64(address) + UInt64(count) <= 1 << 32 else { return Self.nowhere }
    space.prepareForWrite(address, UInt32(truncatingIfNeeded: count))
    return Int(bitPattern: space.host(address))
  }

  // MARK: Structures

  /// The bytes of a structure.
  func read(_ address: UInt32, _ count: Int) throws(Errno) -> StructureReader {
    guard let bytes = copy.readBytes(address, count) else { throw .fault }
    return StructureReader(bytes)
  }

  /// The word at an address.
  func readWord(_ address: UInt32) throws(Errno) -> UInt32 {
    guard let word = copy.readWord(address) else { throw .fault }
    return word
  }

  /// The doubleword at an address.
  func readDoubleword(_ address: UInt32) throws(Errno) -> UInt64 {
    guard let value = copy.readDoubleword(address) else { throw .fault }
    return value
  }

  /// Stores a structure.
  func write(_ address: UInt32, _ structure: StructureWriter) throws(Errno) {
    let isWritten = structure.withBytes { bytes in
      guard let start = bytes.baseAddress else { return true }
      return copy.write(address, from: start, bytes.count)
    }
    guard isWritten else { throw .fault }
  }

  /// Stores bytes.
  func write(_ address: UInt32, bytes: [UInt8]) throws(Errno) {
    guard copy.writeBytes(address, bytes) else { throw .fault }
  }

  /// Stores a word.
  func writeWord<T: BinaryInteger>(_ address: UInt32, _ value: T) throws(Errno) {
    guard copy.writeWord(address, UInt32(truncatingIfNeeded: value)) else { throw .fault }
  }

  /// The bytes of a string, without its final zero.
  /// - Throws: EFAULT; `tooLong` if it has more than `maximum` bytes.
  func string(
    _ address: UInt32, maximum: Int = 4096, tooLong: Errno = .nameTooLong
  ) throws(Errno) -> String {
    switch copy.readCString(address, maximum: maximum) {
    case .success(let bytes): return String(decoding: bytes, as: UTF8.self)
    case .failure(.fault): throw .fault
    case .failure(.tooLong): throw tooLong
    }
  }

  // MARK: Host calls

  /// A host call that a signal may keep from starting: everything that can wait.
  func waiting(
    _ number: Int32, _ a: Int = 0, _ b: Int = 0, _ c: Int = 0, _ d: Int = 0, _ e: Int = 0,
    _ f: Int = 0
  ) throws(Errno) -> Int {
    thread.signals.synchronizeHost()
    process.lock.release()
    let result = csys_interruptible(thread.mailbox.interruption, Int(number), a, b, c, d, e, f)
    process.lock.acquire()
    guard result >= 0 || result < -4095 else {
      throw Errno(Int32(truncatingIfNeeded: -result))
    }
    return result
  }
}

/// A host call that does not wait: the kernel's result, an error thrown.
@discardableResult
func hostCall(
  _ number: Int32, _ a: Int = 0, _ b: Int = 0, _ c: Int = 0, _ d: Int = 0, _ e: Int = 0,
  _ f: Int = 0
) throws(Errno) -> Int {
  let result = csys_kernel(Int(number), a, b, c, d, e, f)
  guard result >= 0 || result < -4095 else { throw Errno(Int32(truncatingIfNeeded: -result)) }
  return result
}

/// Room for a structure of the host's, zeroed, for the time of a call.
func withHostStructure<T, R>(
  _ value: T, _ body: (Int, UnsafeMutablePointer<T>) throws(Errno) -> R
) throws(Errno) -> R {
  let place = UnsafeMutablePointer<T>.allocate(capacity: 1)
  place.initialize(to: value)
  defer { place.deallocate() }
  return try body(Int(bitPattern: place), place)
}

/// Zeroed bytes of the host's, for the time of a call.
func withHostBytes<R>(
  _ count: Int, _ body: (Int, UnsafeMutableRawPointer) throws(Errno) -> R
) throws(Errno) -> R {
  let place = UnsafeMutableRawPointer.allocate(byteCount: max(count, 1), alignment: 16)
  memset(place, 0, max(count, 1))
  defer { place.deallocate() }
  return try body(Int(bitPattern: place), place)
}
