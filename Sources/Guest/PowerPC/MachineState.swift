/// The bits of the machine state register, by the manuals' names.
public enum MSR {
  /// Vector instructions are available.
  public static let VEC: UInt32 = 0x0200_0000
  /// Power management: the processor sleeps.
  public static let POW: UInt32 = 0x0004_0000
  /// Temporary general registers stand in for r0 to r3 (software TLB).
  public static let TGPR: UInt32 = 0x0002_0000
  /// The byte order that exceptions run in.
  public static let ILE: UInt32 = 0x0001_0000
  /// External interrupts and the decrementer are enabled.
  public static let EE: UInt32 = 0x8000
  /// Problem state: user programs.
  public static let PR: UInt32 = 0x4000
  /// Floating-point instructions are available.
  public static let FP: UInt32 = 0x2000
  /// Machine checks are enabled.
  public static let ME: UInt32 = 0x1000
  /// Floating-point exception mode: floating-point exceptions are off while FE0 and FE1 are zero.
  public static let FE0: UInt32 = 0x0800
  /// The second bit of the floating-point exception mode.
  public static let FE1: UInt32 = 0x0100
  /// Every instruction is followed by a trace exception.
  public static let SE: UInt32 = 0x0400
  /// Every branch is followed by a trace exception.
  public static let BE: UInt32 = 0x0200
  /// Vectors are at 0xFFF00000, not at 0.
  public static let IP: UInt32 = 0x0040
  /// Instruction address translation.
  public static let IR: UInt32 = 0x0020
  /// Data address translation.
  public static let DR: UInt32 = 0x0010
  /// Performance monitor mark.
  public static let PM: UInt32 = 0x0004
  /// An exception can be recovered from.
  public static let RI: UInt32 = 0x0002
  /// Little-endian mode.
  public static let LE: UInt32 = 0x0001

  /// What an exception saves in SRR1 and `rfi` brings back: bits 0, 5-9 and 16-31.
  public static let saved: UInt32 = 0x87c0_ffff
  /// What an exception leaves as it is.
  static let kept = ILE | ME | IP
  /// What changes without anything but the register itself being affected, while no interrupt
  /// is let in.
  static let inert = EE | RI | ME
  /// What translations of addresses, or of code, rely on.
  static let context = VEC | PR | FP | SE | BE | IR | DR | LE
}
