/// The exceptions of the 32-bit PowerPC, by vector offset (Programming Environments Manual,
/// chapter 6), with the reason of a program exception in the upper half.
public struct PowerPCException: RawRepresentable, Equatable, Sendable {
  /// The vector offset in the lower half; in the upper half the reason of a program exception, as
  /// SRR1 shows it.
  public let rawValue: UInt32
  /// The exception of a vector offset and a reason.
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

  // The rest only occurs in system mode.

  /// System reset (0x100).
  public static let systemReset = Self(rawValue: 0x100)
  /// Machine check (0x200).
  public static let machineCheck = Self(rawValue: 0x200)
  /// External interrupt (0x500).
  public static let external = Self(rawValue: 0x500)
  /// Decrementer (0x900).
  public static let decrementer = Self(rawValue: 0x900)
  /// Trace (0xD00).
  public static let trace = Self(rawValue: 0xd00)
  /// Performance monitor (0xF00).
  public static let performanceMonitor = Self(rawValue: 0xf00)
  /// The software TLB has no translation for a fetch (0x1000).
  public static let instructionTranslationMiss = Self(rawValue: 0x1000)
  /// The software TLB has no translation for a load (0x1100).
  public static let dataLoadTranslationMiss = Self(rawValue: 0x1100)
  /// The software TLB has no translation for a store (0x1200).
  public static let dataStoreTranslationMiss = Self(rawValue: 0x1200)
  /// Instruction address breakpoint (0x1300).
  public static let instructionAddressBreakpoint = Self(rawValue: 0x1300)
  /// System management interrupt (0x1400).
  public static let systemManagement = Self(rawValue: 0x1400)
  /// AltiVec assist (0x1600).
  public static let vectorAssist = Self(rawValue: 0x1600)
  /// Thermal management (0x1700).
  public static let thermal = Self(rawValue: 0x1700)
}
