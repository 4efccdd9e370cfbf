import IR
import RegisterAllocation

/// What makes the accesses to paged guest memory that translated code cannot make by itself.
public protocol AccessPort: AnyObject {
  /// Loads `size` (1, 2, 4 or 8) bytes from a guest address as a big-endian number, for the guest
  /// instruction at `instruction`; nil if the access raised an exception, whose number is then in
  /// env (`EnvironmentLayout.exitPayload`).
  func load(_ address: UInt32, _ size: Int, at instruction: UInt32) -> UInt64?
  /// Stores likewise; false if it raised an exception.
  func store(_ address: UInt32, _ size: Int, _ value: UInt64, at instruction: UInt32) -> Bool
  /// Notes in env the exception of an access whose address is no multiple of what it must be.
  func refuseMisaligned(_ address: UInt32, at instruction: UInt32)
}

/// The slow accesses of all blocks, as the stub that makes them calls for them.
final class SlowAccesses {
  private let port: any AccessPort
  private unowned let table: BlockTable
  private let programCounter: Int

  init(_ port: any AccessPort, _ table: BlockTable, _ layout: EnvironmentLayout) {
    self.port = port
    self.table = table
    programCounter = layout.programCounter
  }

  /// The function for `Host.writeStubs`.
  static var function: UnsafeRawPointer {
    unsafeBitCast(
      { env, registers, number, context in
        Unmanaged<SlowAccesses>.fromOpaque(context).takeUnretainedValue()
          .perform(env, registers, number)
      }
        as @convention(c) (
          UnsafeMutableRawPointer, UnsafeMutablePointer<UInt64>, UInt32, UnsafeRawPointer
        ) -> UInt32, to: UnsafeRawPointer.self)
  }

  private func perform(
    _ env: UnsafeMutableRawPointer, _ registers: UnsafeMutablePointer<UInt64>, _ number: UInt32
  ) -> UInt32 {
    let access = table.accesses.base[Int(number)]
    env.storeBytes(of: access.address, toByteOffset: programCounter, as: UInt32.self)
    let base = UInt32(truncatingIfNeeded: registers[Int(access.base)])
    let address = base &+ UInt32(bitPattern: access.displacement)
    if address & UInt32(truncatingIfNeeded: access.operation.alignment - 1) != 0 {
      port.refuseMisaligned(address, at: access.address)
      return 1
    }
    if access.operation.bytes == 16 { return accessVector(access, address, registers) }
    switch access.kind {
    case .load: return load(access, address, registers)
    case .store: return store(access, address, registers)
    case .exchange: return exchange(access, address, registers)
    }
  }

  /// One processor: nothing comes between the load and the store. The store is made in any case,
  /// so that an address that may not be stored to faults.
  private func exchange(
    _ access: SlowAccess, _ address: UInt32, _ registers: UnsafeMutablePointer<UInt64>
  ) -> UInt32 {
    let bytes = access.operation.bytes
    let mask = UInt64.max >> UInt64(64 - 8 * bytes)
    guard let found = port.load(address, bytes, at: access.address) else { return 1 }
    let isExpected = found == registers[Int(access.expected)] & mask
    let new = isExpected ? registers[Int(access.value)] & mask : found
    guard port.store(address, bytes, new, at: access.address) else { return 1 }
    registers[Int(access.expected)] = found
    return 0
  }

  /// Where a register lies: the vector registers right below the general ones.
  private func place(
    of register: RegisterNumber, in registers: UnsafeMutablePointer<UInt64>
  ) -> UnsafeMutablePointer<UInt64> {
    let number = Int(register)
    return number < 16 ? registers + number : registers - 32 + 2 * (number - 16)
  }

  /// A vector has the guest's byte order, and lies within a page, so its first half tells whether
  /// there is an exception.
  private func accessVector(
    _ access: SlowAccess, _ address: UInt32, _ registers: UnsafeMutablePointer<UInt64>
  ) -> UInt32 {
    let vector = place(of: access.value, in: registers)
    if access.kind == .store {
      let isStored =
        port.store(address, 8, vector[1], at: access.address)
        && port.store(address &+ 8, 8, vector[0], at: access.address)
      return isStored ? 0 : 1
    }
    guard let high = port.load(address, 8, at: access.address),
      let low = port.load(address &+ 8, 8, at: access.address)
    else { return 1 }
    (vector[0], vector[1]) = (low, high)
    return 0
  }

  private func load(
    _ access: SlowAccess, _ address: UInt32, _ registers: UnsafeMutablePointer<UInt64>
  ) -> UInt32 {
    let bits = UInt64(8 * access.operation.bytes)
    guard var value = port.load(address, access.operation.bytes, at: access.address) else {
      return 1
    }
    if access.operation.isLittleEndian { value = value.byteSwapped >> (64 - bits) }
    if access.operation.isSigned {
      value = UInt64(bitPattern: Int64(bitPattern: value << (64 - bits)) >> Int64(64 - bits))
    }
    place(of: access.value, in: registers).pointee = access.isWide ? value : value & 0xffff_ffff
    return 0
  }

  private func store(
    _ access: SlowAccess, _ address: UInt32, _ registers: UnsafeMutablePointer<UInt64>
  ) -> UInt32 {
    let bits = UInt64(8 * access.operation.bytes)
    var value =
      access.value == noRegister
      ? UInt64(access.constant) : place(of: access.value, in: registers).pointee
    value = access.operation.isLittleEndian ? value.byteSwapped >> (64 - bits) : value
    if bits < 64 { value &= (1 << bits) - 1 }
    return port.store(address, access.operation.bytes, value, at: access.address) ? 0 : 1
  }
}
