/// A device of the machine.
///
/// It knows its registers and its lines, never its address or who is at the other end: those are
/// the board's. All methods run on the machine's thread.
public protocol Device: AnyObject {
  /// The name that `info qtree` shows, QEMU's where it has the device, such as `heathrow`.
  var name: String { get }
  /// Puts it in its state after power-on or a reset of the machine.
  func reset()
  /// Properties and state that `info qtree` shows, as `name = value` lines.
  var properties: [(name: String, value: String)] { get }
}

extension Device {
  /// Nothing to show.
  public var properties: [(name: String, value: String)] { [] }
}

/// A register of a device: its name, where it is, and what reading and writing it do.
public struct Register<D>: Sendable {
  /// The data sheet's name.
  public let name: String
  /// Offset in the device's window, in bytes.
  public let offset: UInt32
  /// What reading yields.
  public let read: @Sendable (D) -> UInt32
  /// What writing does.
  public let write: @Sendable (D, UInt32) -> Void

  /// A register with its own behaviour; by default it reads as zero and ignores writes.
  public init(
    _ name: String, at offset: UInt32,
    read: @escaping @Sendable (D) -> UInt32 = { _ in 0 },
    write: @escaping @Sendable (D, UInt32) -> Void = { _, _ in }
  ) {
    self.name = name
    self.offset = offset
    self.read = read
    self.write = write
  }
}

/// The registers of a device by offset: a window whose accesses find their row in one step.
public final class RegisterFile<D: AnyObject>: AddressHandler {
  private unowned let device: D
  private var rows: [UInt32: Register<D>] = [:]
  private let stride: UInt32
  /// Told of every access: the row's name, the value, whether it was a write. For trace events.
  public var onAccess: ((String, UInt32, Bool) -> Void)?

  /// - Parameters:
  ///   - registers: the data sheet's table.
  ///   - stride: bytes from one register to the next; addresses between belong to the one below.
  public init(_ device: D, _ registers: [Register<D>], stride: UInt32 = 1) {
    self.device = device
    self.stride = stride
    for register in registers { rows[register.offset] = register }
  }

  /// What the row at the offset reads as; nil where there is none. The size does not matter.
  public func read(_ offset: UInt32, _ size: Int) -> UInt64? {
    guard let row = rows[offset - offset % stride] else { return nil }
    let value = row.read(device)
    onAccess?(row.name, value, false)
    return UInt64(value)
  }

  /// Writes the row at the offset; false where there is none. The size does not matter.
  public func write(_ offset: UInt32, _ size: Int, _ value: UInt64) -> Bool {
    guard let row = rows[offset - offset % stride] else { return false }
    let value = UInt32(truncatingIfNeeded: value)
    onAccess?(row.name, value, true)
    row.write(device, value)
    return true
  }
}
