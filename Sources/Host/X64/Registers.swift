/// A general register of the host, named by its 64-bit form. The raw value is the register number
/// of the Intel manual (volume 2, section 2.1).
public enum GPR: UInt8, Sendable, CaseIterable {
  case rax, rcx, rdx, rbx, rsp, rbp, rsi, rdi
  case r8, r9, r10, r11, r12, r13, r14, r15
}

/// A vector register of the host. The raw value is its number.
public enum XMM: UInt8, Sendable, CaseIterable {
  case xmm0, xmm1, xmm2, xmm3, xmm4, xmm5, xmm6, xmm7
  case xmm8, xmm9, xmm10, xmm11, xmm12, xmm13, xmm14, xmm15
}

/// A vector register that only EVEX can name. The raw value is its number.
public enum UpperXMM: UInt8, Sendable, CaseIterable {
  case xmm16 = 16
  case xmm17, xmm18
}

/// The register that holds a variable shift count: the only one that x86 shifts take.
public enum ShiftCount: Sendable {
  case cl
}

/// The operand size of an integer instruction. The raw value is the base-two logarithm of the
/// number of bytes.
public enum Width: UInt8, Sendable, CaseIterable {
  case byte, word, dword, qword

  /// The number of bytes: 1, 2, 4 or 8.
  public var byteCount: Int { 1 &<< Int(rawValue) }
}

/// A condition on the host's flags. The raw value is the condition code `cc` in the opcodes of
/// `Jcc`, `SETcc` and `CMOVcc` (Intel manual, volume 1, appendix B).
public enum HostCondition: UInt8, Sendable, CaseIterable {
  case o, no, b, ae, e, ne, be, a, s, ns, p, np, l, ge, le, g

  /// The condition that holds exactly when this one does not.
  public var inverted: HostCondition { HostCondition(rawValue: rawValue ^ 1) ?? self }
}

/// A memory operand: `[base + index * scale + displacement]`, or a target near the code.
///
/// The fields are those of the ModRM and SIB bytes, so that encoding one is a few shifts.
public struct Address: Sendable, Equatable {
  /// Number of the base register; 5, its code in the SIB byte, if there is none.
  var baseNumber: UInt8
  /// Number of the index register; 4, its code in the SIB byte, if there is none.
  var indexNumber: UInt8
  /// Base-two logarithm of the scale: 0 to 3.
  var scaleBits: UInt8
  /// A combination of the constants below.
  var flags: UInt8
  /// Added to the registers, sign-extended; the low half of the target of a near target.
  public var displacement: Int32
  /// The high half of the target of a near target; otherwise 0.
  var targetHigh: UInt32

  /// Flag: a `GS` segment override (prefix 65).
  static let gsFlag: UInt8 = 1
  /// Flag: 32-bit address size (prefix 67).
  static let size32Flag: UInt8 = 2
  /// Flag: there is no base register.
  static let noBaseFlag: UInt8 = 4
  /// Flag: the operand is relative to the instruction pointer.
  static let nearFlag: UInt8 = 8

  /// `[base + index * scale + displacement]`. `scale` is 1, 2, 4 or 8; `rsp` cannot be an index.
  /// With `addressSize32` the effective address is truncated to 32 bits; with `segmentGS` the base
  /// of the GS segment is added after that.
  public init(
    base: GPR? = nil, index: GPR? = nil, scale: UInt8 = 1, displacement: Int32 = 0,
    segmentGS: Bool = false, addressSize32: Bool = false
  ) {
    assert(index != .rsp, "rsp cannot be an index register")
    assert(scale == 1 || scale == 2 || scale == 4 || scale == 8, "scale is 1, 2, 4 or 8")
    baseNumber = base?.rawValue ?? 5
    indexNumber = index?.rawValue ?? 4
    scaleBits = UInt8(truncatingIfNeeded: scale.trailingZeroBitCount)
    flags =
      (segmentGS ? Address.gsFlag : 0) | (addressSize32 ? Address.size32Flag : 0)
      | (base == nil ? Address.noBaseFlag : 0)
    self.displacement = displacement
    targetHigh = 0
  }

  /// `[base + displacement]`.
  public init(_ base: GPR, _ displacement: Int32 = 0) {
    self.init(base: base, displacement: displacement)
  }

  /// The absolute address `target`, encoded relative to the instruction pointer. It must be within
  /// 2 GiB of the code (`Assembler.reaches`).
  public init(near target: UInt) {
    baseNumber = 5
    indexNumber = 4
    scaleBits = 0
    flags = Address.noBaseFlag | Address.nearFlag
    displacement = Int32(truncatingIfNeeded: target)
    targetHigh = UInt32(truncatingIfNeeded: target &>> 32)
  }

  /// The base register, if any.
  public var base: GPR? { flags & Address.noBaseFlag == 0 ? GPR(rawValue: baseNumber) : nil }

  /// The index register, if any.
  public var index: GPR? { indexNumber == 4 ? nil : GPR(rawValue: indexNumber) }

  /// The factor of the index register: 1, 2, 4 or 8.
  public var scale: UInt8 { 1 &<< scaleBits }

  /// Whether the base of the GS segment is added.
  public var segmentGS: Bool { flags & Address.gsFlag != 0 }

  /// Whether the effective address is truncated to 32 bits.
  public var addressSize32: Bool { flags & Address.size32Flag != 0 }

  /// The absolute target of an operand relative to the instruction pointer; nil for the others.
  public var nearTarget: UInt? {
    guard flags & Address.nearFlag != 0 else { return nil }
    return UInt(targetHigh) &<< 32 | UInt(UInt32(bitPattern: displacement))
  }

  /// The same operand, `count` bytes further on (wrapping).
  public func advanced(by count: Int32) -> Address {
    guard let target = nearTarget else {
      var result = self
      result.displacement = displacement &+ count
      return result
    }
    return Address(near: target &+ UInt(bitPattern: Int(count)))
  }
}
