/// How a guest memory access behaves: TCG's MemOp and MMU index in one word.
///
/// Bits 0-2: log2 of the size in bytes. Bit 3: sign-extend. Bit 4: little-endian in the guest.
/// Bits 5-7: required alignment (0 none, n: 2^n bytes). Bits 8-9: atomicity.
/// Bits 10-13: MMU index.
public struct MemoryOperation: Equatable, Sendable {
  /// The packed form, as the op's constant holds it.
  public var rawValue: UInt32

  /// The operation that an op's constant holds.
  @inlinable public init(rawValue: UInt32) { self.rawValue = rawValue }

  /// What the hardware promises about the access being seen whole.
  public enum Atomicity: UInt8, Sendable { case ifAligned, none, withinSixteen, always }

  /// - Parameters:
  ///   - bytes: 1, 2, 4, 8 or 16.
  ///   - signed: sign-extend a load that is narrower than its result.
  ///   - littleEndian: the byte order of the guest's memory access.
  ///   - alignment: 0 for none, or the power of two that the address must be a multiple of.
  @inlinable public init(
    bytes: Int, signed: Bool = false, littleEndian: Bool = false, alignment: Int = 0,
    atomicity: Atomicity = .ifAligned, mmuIndex: Int = 0
  ) {
    var raw = UInt32(truncatingIfNeeded: bytes.trailingZeroBitCount)
    raw |= signed ? 8 : 0
    raw |= littleEndian ? 16 : 0
    raw |= alignment > 1 ? UInt32(truncatingIfNeeded: alignment.trailingZeroBitCount) &<< 5 : 0
    raw |= UInt32(atomicity.rawValue) &<< 8
    raw |= UInt32(truncatingIfNeeded: mmuIndex) &<< 10
    rawValue = raw
  }

  /// Size of the access in bytes.
  @inlinable public var bytes: Int { 1 &<< Int(rawValue & 7) }
  /// Whether a narrow load is sign-extended.
  @inlinable public var isSigned: Bool { rawValue & 8 != 0 }
  /// Whether the least significant byte is at the lowest address.
  @inlinable public var isLittleEndian: Bool { rawValue & 16 != 0 }
  /// The multiple that the address must be of, 1 for any.
  @inlinable public var alignment: Int { 1 &<< Int(rawValue >> 5 & 7) }
  /// What is promised about tearing.
  @inlinable public var atomicity: Atomicity {
    unsafeBitCast(UInt8(truncatingIfNeeded: rawValue >> 8 & 3), to: Atomicity.self)
  }
  /// Which of the guest's address translations applies.
  @inlinable public var mmuIndex: Int { Int(rawValue >> 10 & 15) }
}

extension MemoryOperation: CustomStringConvertible {
  /// QEMU's spelling: `beul,0`, `al+ub,0`, `lesw,3`, `w16+beq,0`.
  public var description: String {
    let atomicityName = ["", "noat+", "w16+", "atom+"][Int(atomicity.rawValue)]
    let alignmentName =
      alignment == 1 ? (bytes == 1 ? "al+" : "") : alignment == bytes ? "al+" : "al\(alignment)+"
    let size = ["b", "w", "l", "q", "o"][Int(rawValue & 7) % 5]
    let sign = bytes >= 8 ? "" : isSigned ? "s" : "u"
    let order = bytes == 1 ? "" : isLittleEndian ? "le" : "be"
    return "\(atomicityName)\(alignmentName)\(order)\(sign)\(size),\(mmuIndex)"
  }
}
