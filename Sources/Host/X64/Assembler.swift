/// Writes x86-64 machine code into raw memory: one method per mnemonic, in Intel operand order,
/// grouped as in the Intel manual (volume 2). The extensions of this type hold the instructions;
/// this file holds the place in memory and what is patched later.
///
/// Notation of the instruction methods: `w` is the operand width, `d` the destination, `s` (or
/// `a`, `b`) the sources, `m` a memory operand that has no other role, `imm` an immediate operand.
/// Where one value has several encodings, the shortest is written.
///
/// The code is written through one mapping and executes in another: `cursor` points into the
/// writable one, while every relative target is computed from the address of execution.
///
/// An instruction needs `room` bytes before `limit`. Where there is less, nothing is written, the
/// cursor stays, and `overflowed` is set until the owner clears it: code after that point is void.
/// The bytes between cursor and limit are scratch: an instruction may store beyond its end there.
public struct Assembler {
  /// Where the next instruction is written.
  public var cursor: UnsafeMutablePointer<UInt8>
  /// The first byte of the code, in the writable mapping.
  public let start: UnsafeMutablePointer<UInt8>
  /// The end of the writable memory.
  public let limit: UnsafeMutablePointer<UInt8>
  /// Whether an instruction was left out because the memory is full.
  public var overflowed = false
  /// Address of execution minus address of writing.
  let runtimeOffset: UInt

  /// Bytes that must be free before an instruction is written: the longest has 15.
  public static let room = 16

  /// Code from `start` up to `limit`; `runtimeAddress` is where `start` will execute.
  public init(
    start: UnsafeMutablePointer<UInt8>, limit: UnsafeMutablePointer<UInt8>, runtimeAddress: UInt
  ) {
    cursor = start
    self.start = start
    self.limit = limit
    runtimeOffset = runtimeAddress &- UInt(bitPattern: start)
  }

  /// The number of bytes written.
  public var offset: Int { cursor - start }

  /// Where the next instruction will execute.
  public var currentAddress: UInt { UInt(bitPattern: cursor) &+ runtimeOffset }

  /// Whether `target` is surely within the reach of a 32-bit relative operand of the next
  /// instruction.
  public func reaches(_ target: UInt) -> Bool {
    let distance = Int(bitPattern: target &- currentAddress)
    return distance >= -0x7fff_ff00 && distance <= 0x7fff_ff00
  }

  /// Whether another instruction may be written; records the overflow if not.
  @inline(__always)
  mutating func hasRoom() -> Bool {
    if _fastPath(limit - cursor >= Assembler.room) { return true }
    overflowed = true
    return false
  }
}

/// A relative operand that was written before its target was known.
public struct Fixup: Sendable, Equatable {
  /// Offset of the relative operand from the start of the code, in bytes.
  public let offset: UInt32
  /// Size of the relative operand: 4 or 1; 0 if the instruction was left out by an overflow.
  public let size: UInt8

  /// A relative operand at `offset`, of `size` bytes.
  public init(offset: UInt32, size: UInt8) {
    self.offset = offset
    self.size = size
  }
}

// MARK: Targets that become known later

extension Assembler {
  /// Makes the next instruction the target of `fixup`.
  public mutating func bind(_ fixup: Fixup) { patch(fixup, to: currentAddress) }

  /// Makes `target`, an address of execution, the target of `fixup`. It must be within the reach of
  /// the operand. A 32-bit operand is replaced by one store.
  public mutating func patch(_ fixup: Fixup, to target: UInt) {
    let field = start + Int(fixup.offset)
    let end = UInt(bitPattern: field) &+ UInt(fixup.size) &+ runtimeOffset
    let distance = Int(bitPattern: target &- end)
    switch fixup.size {
    case 4:
      precondition(distance == Int(Int32(truncatingIfNeeded: distance)), "target out of reach")
      let value = Int32(truncatingIfNeeded: distance)
      UnsafeMutableRawPointer(field).storeBytes(of: value, as: Int32.self)
    case 1:
      precondition(distance == Int(Int8(truncatingIfNeeded: distance)), "target out of reach")
      field.pointee = UInt8(truncatingIfNeeded: distance)
    default: break
    }
  }

  /// The address at which the relative operand of `fixup` executes.
  public func runtimeAddress(of fixup: Fixup) -> UInt {
    UInt(bitPattern: start) &+ UInt(fixup.offset) &+ runtimeOffset
  }

  /// Inserts no-operations so that a 32-bit operand that follows `opcodeSize` bytes from here does
  /// not straddle a 64-byte line, and can be replaced while other threads execute it.
  public mutating func alignForPatch(_ opcodeSize: Int) {
    let position = Int(truncatingIfNeeded: (currentAddress &+ UInt(opcodeSize)) & 63)
    if position > 60 { nop(64 &- position) }
  }

  /// Inserts no-operations up to the next multiple of `boundary`, a power of two.
  public mutating func align(to boundary: Int) {
    nop(Int(truncatingIfNeeded: 0 &- currentAddress) & (boundary &- 1))
  }

  /// Writes four bytes of data, little-endian.
  public mutating func dword(_ value: UInt32) {
    guard hasRoom() else { return }
    UnsafeMutableRawPointer(cursor).storeBytes(of: value, as: UInt32.self)
    cursor += 4
  }

  /// Writes eight bytes of data, little-endian.
  public mutating func qword(_ value: UInt64) {
    guard hasRoom() else { return }
    UnsafeMutableRawPointer(cursor).storeBytes(of: value, as: UInt64.self)
    cursor += 8
  }
}
