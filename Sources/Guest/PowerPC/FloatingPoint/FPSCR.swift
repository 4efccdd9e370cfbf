/// The Floating-Point Status and Control Register (Programming Environments Manual 2.1.4).
///
/// Trivial: one word. Bit names are the manual's, as masks; bit 0 of the manual is `1 << 31`.
/// Invariant kept by every mutating method: `VX` and `FEX` are the summaries that the manual
/// defines, and reserved bit 20 is zero.
public struct FPSCR: Equatable, Sendable, BitwiseCopyable {
  /// The register as `mffs` reads it, in the low word.
  public private(set) var rawValue: UInt32

  /// A register with the given bits; `FEX` and `VX` are recomputed, reserved bits dropped.
  public init(rawValue: UInt32) {
    self.rawValue = rawValue & FPSCR.writable
    summarize()
  }

  /// Exception summary: set when an instruction makes an exception bit go from 0 to 1.
  public static let FX: UInt32 = 0x8000_0000
  /// Enabled exception summary: an exception bit is set whose enable bit is set.
  public static let FEX: UInt32 = 0x4000_0000
  /// Invalid operation summary: one of the `VX...` bits is set.
  public static let VX: UInt32 = 0x2000_0000
  /// Overflow exception.
  public static let OX: UInt32 = 0x1000_0000
  /// Underflow exception.
  public static let UX: UInt32 = 0x0800_0000
  /// Zero divide exception.
  public static let ZX: UInt32 = 0x0400_0000
  /// Inexact exception (the sticky form of `FI`).
  public static let XX: UInt32 = 0x0200_0000
  /// Invalid operation: signaling NaN.
  public static let VXSNAN: UInt32 = 0x0100_0000
  /// Invalid operation: infinity minus infinity.
  public static let VXISI: UInt32 = 0x0080_0000
  /// Invalid operation: infinity divided by infinity.
  public static let VXIDI: UInt32 = 0x0040_0000
  /// Invalid operation: zero divided by zero.
  public static let VXZDZ: UInt32 = 0x0020_0000
  /// Invalid operation: infinity times zero.
  public static let VXIMZ: UInt32 = 0x0010_0000
  /// Invalid operation: ordered compare of a NaN.
  public static let VXVC: UInt32 = 0x0008_0000
  /// Fraction rounded: the last operation incremented the fraction.
  public static let FR: UInt32 = 0x0004_0000
  /// Fraction inexact: the last operation rounded.
  public static let FI: UInt32 = 0x0002_0000
  /// Result flags: class descriptor `C` and the condition code `FPCC`.
  public static let FPRF: UInt32 = 0x0001_F000
  /// Condition code: `FL FG FE FU`.
  public static let FPCC: UInt32 = 0x0000_F000
  /// Invalid operation: software request.
  public static let VXSOFT: UInt32 = 0x0000_0400
  /// Invalid operation: square root of a negative number.
  public static let VXSQRT: UInt32 = 0x0000_0200
  /// Invalid operation: conversion to integer.
  public static let VXCVI: UInt32 = 0x0000_0100
  /// Invalid operation exception enable.
  public static let VE: UInt32 = 0x0000_0080
  /// Overflow exception enable.
  public static let OE: UInt32 = 0x0000_0040
  /// Underflow exception enable.
  public static let UE: UInt32 = 0x0000_0020
  /// Zero divide exception enable.
  public static let ZE: UInt32 = 0x0000_0010
  /// Inexact exception enable.
  public static let XE: UInt32 = 0x0000_0008
  /// Non-IEEE mode. Stored, without effect on arithmetic (docs/FloatingPoint.md).
  public static let NI: UInt32 = 0x0000_0004
  /// Rounding control, see `RoundingMode`.
  public static let RN: UInt32 = 0x0000_0003

  /// Every invalid operation exception bit, the ones whose summary is `VX`.
  public static let invalidOperations: UInt32 = 0x01F8_0700
  /// Every exception bit: what `FX` watches and `mcrfs` clears.
  public static let exceptions: UInt32 = 0x1FF8_0700
  /// Every exception enable bit.
  public static let enables: UInt32 = 0x0000_00F8

  /// What keeps floating point from the host: enabled exceptions.
  public static let exactModes: UInt32 = enables

  /// What a move to the register can write: not the summaries, not reserved bit 20.
  static let writable: UInt32 = ~(FEX | VX | 0x0000_0800)
}

/// The values of `FPSCR.RN`.
public enum RoundingMode: UInt32, Sendable, BitwiseCopyable {
  /// To nearest, ties to even.
  case nearest = 0
  /// Toward zero.
  case towardZero = 1
  /// Toward positive infinity.
  case towardPositive = 2
  /// Toward negative infinity.
  case towardNegative = 3
}

extension FPSCR {
  /// Rounding mode in force.
  @inline(__always)
  public var roundingMode: RoundingMode {
    RoundingMode(rawValue: rawValue & FPSCR.RN).unsafelyUnwrapped
  }

  /// Condition register field 1 after an instruction with Rc = 1: `FX FEX VX OX`.
  @inline(__always)
  public var cr1: UInt32 { rawValue &>> 28 }

  /// Whether any bit of `mask` is set.
  @inline(__always)
  public func has(_ mask: UInt32) -> Bool { rawValue & mask != 0 }

  /// Records `exceptions`: `FX` on a 0 to 1 transition, then the summaries.
  @inline(__always)
  mutating func raise(_ exceptions: UInt32) {
    if exceptions & ~rawValue != 0 { rawValue |= FPSCR.FX | exceptions }
    summarize()
  }

  /// Replaces the bits under `mask`, which holds neither exception nor enable bits.
  @inline(__always)
  mutating func setStatus(_ bits: UInt32, mask: UInt32) {
    rawValue = rawValue & ~mask | bits
  }

  /// Recomputes `VX` and `FEX`. Each exception lies 22 bits above its enable.
  @inline(__always)
  private mutating func summarize() {
    var bits = rawValue & ~(FPSCR.VX | FPSCR.FEX)
    if bits & FPSCR.invalidOperations != 0 { bits |= FPSCR.VX }
    if bits &>> 22 & bits & FPSCR.enables != 0 { bits |= FPSCR.FEX }
    rawValue = bits
  }
}

// MARK: - Floating-Point Status and Control Register instructions

extension FPSCR {
  /// `mffs`: the image in a floating-point register; the high word is zero, as in QEMU.
  public var mffs: UInt64 { UInt64(rawValue) }

  /// `mtfsf FLM, FRB`: copies the fields whose bit of `FLM` (field 0 is 0x80) is set from the low
  /// word of `FRB`. `FX` and `OX` come from the operand with field 0, never from the usual rule.
  public mutating func mtfsf(FLM: UInt32, _ FRB: UInt64) {
    var mask: UInt32 = 0
    for field: UInt32 in 0..<8 where FLM & (0x80 &>> field) != 0 {
      mask |= 0xF000_0000 &>> (4 &* field)
    }
    write(UInt32(truncatingIfNeeded: FRB), mask: mask)
  }

  /// `mtfsfi BF, U`: `U` (4 bits) into field `BF` (0...7), with the rules of `mtfsf`.
  public mutating func mtfsfi(BF: UInt32, U: UInt32) {
    let shift = 28 &- 4 &* (BF & 7)
    write((U & 15) &<< shift, mask: 15 &<< shift)
  }

  /// `mtfsb0 BT`: clears bit `BT` (0...31); no effect on `FEX` and `VX` but through the rules.
  public mutating func mtfsb0(_ BT: UInt32) {
    write(0, mask: 0x8000_0000 &>> BT)
  }

  /// `mtfsb1 BT`: sets bit `BT` (0...31) unless it is a summary; an exception bit sets `FX`.
  public mutating func mtfsb1(_ BT: UInt32) {
    let bit = 0x8000_0000 &>> BT
    if bit & FPSCR.exceptions != 0 { raise(bit) } else { write(bit, mask: bit) }
  }

  /// `mcrfs BF, BFA`: returns field `BFA` (0...7) for the condition register and clears the
  /// exception bits (and `FX`) that it held.
  public mutating func mcrfs(_ BFA: UInt32) -> UInt32 {
    let shift = 28 &- 4 &* (BFA & 7)
    let field = rawValue &>> shift & 15
    write(0, mask: (15 &<< shift) & (FPSCR.exceptions | FPSCR.FX))
    return field
  }

  private mutating func write(_ bits: UInt32, mask: UInt32) {
    let mask = mask & FPSCR.writable
    rawValue = rawValue & ~mask | bits & mask
    summarize()
  }
}
