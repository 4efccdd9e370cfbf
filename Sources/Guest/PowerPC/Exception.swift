/// The exceptions of the 32-bit PowerPC, by vector offset (Programming Environments Manual,
/// chapter 6), with the reason of a program exception in the upper half.
public struct PowerPCException: RawRepresentable, Equatable, Sendable {
  public let rawValue: UInt32
  public init(rawValue: UInt32) { self.rawValue = rawValue }

  /// The vector offset.
  public var vector: UInt32 { rawValue & 0xffff }

  /// System call (0xC00).
  public static let systemCall = Self(rawValue: 0xc00)
  /// Data storage: an access that no translation permits (0x300).
  public static let dataStorage = Self(rawValue: 0x300)
  /// Instruction storage: the next instruction cannot be fetched (0x400).
  public static let instructionStorage = Self(rawValue: 0x400)
  /// Alignment (0x600).
  public static let alignment = Self(rawValue: 0x600)
  /// Program exception (0x700): an enabled floating-point exception; SRR1 bit 11.
  public static let floatingPoint = Self(rawValue: 0x10_0700)
  /// Program exception: illegal instruction; SRR1 bit 12.
  public static let illegal = Self(rawValue: 0x08_0700)
  /// Program exception: privileged instruction; SRR1 bit 13.
  public static let privileged = Self(rawValue: 0x04_0700)
  /// Program exception: trap; SRR1 bit 14.
  public static let trap = Self(rawValue: 0x02_0700)
  /// Floating point unavailable (0x800).
  public static let floatingPointUnavailable = Self(rawValue: 0x800)
  /// AltiVec unavailable (0xF20).
  public static let vectorUnavailable = Self(rawValue: 0xf20)
}
