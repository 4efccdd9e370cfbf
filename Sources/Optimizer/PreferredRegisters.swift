import IR

/// Which host registers operands and results would like best: one bit a general register.
public struct PreferredRegisters {
  /// Per row of the host's constraints and operand: the registers that it may be in.
  private let operands: UnsafePointer<UInt16>?
  /// Per global (by temp): its home, or 0.
  private let homes: UnsafeMutablePointer<UInt16>?

  /// No preferences.
  public init() {
    operands = nil
    homes = nil
  }

  /// - Parameters:
  ///   - operands: per row (16 for an opcode: type, and 5 more for a test of bits) four operands.
  ///   - homes: the register of each global that has one.
  public init(operands: UnsafePointer<UInt16>, homes: [(temp: TempIndex, register: UInt8)]) {
    self.operands = operands
    let table = UnsafeMutablePointer<UInt16>.allocate(capacity: 256)
    table.initialize(repeating: 0, count: 256)
    for (temp, register) in homes where register < 16 { table[Int(temp)] = 1 << UInt16(register) }
    self.homes = table
  }

  /// Frees the storage.
  public func deallocate() { homes?.deallocate() }

  /// The registers that an operand of an op may be in.
  @inline(__always) func operand(_ op: UnsafeMutablePointer<Op>, _ k: Int) -> UInt16 {
    guard let operands, k < 4 else { return .max }
    return operands[4 &* op.pointee.hostRow &+ k]
  }

  /// The home of a temp, if it has one.
  @inline(__always) func home(_ temp: Int) -> UInt16? {
    guard let homes, temp < 256, homes[temp] != 0 else { return nil }
    return homes[temp]
  }
}
