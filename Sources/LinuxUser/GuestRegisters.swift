/// The registers of the guest's processor, as the operating system's side of user mode sees them.
/// All are in memory while control is outside of translated code.
public protocol GuestRegisters: AnyObject {
  /// A general-purpose register, 0 to 31.
  func gpr(_ index: Int) -> UInt32
  /// Sets a general-purpose register, 0 to 31.
  func setGPR(_ index: Int, _ value: UInt32)
  /// The address of the next instruction: behind `sc` at a system call, the instruction itself
  /// at a fault.
  var nip: UInt32 { get set }
  /// The link register.
  var lr: UInt32 { get set }
  /// The count register.
  var ctr: UInt32 { get set }
  /// XER: SO, OV, CA in the three highest bits, the byte count in the lowest seven.
  var xer: UInt32 { get set }
  /// The condition register, CR0 in the four highest bits.
  var cr: UInt32 { get set }
  /// The machine state register.
  var msr: UInt32 { get set }
  /// The floating-point status and control register.
  var fpscr: UInt32 { get set }
  /// The bits of a floating-point register, 0 to 31.
  func fpr(_ index: Int) -> UInt64
  /// Sets the bits of a floating-point register, 0 to 31.
  func setFPR(_ index: Int, _ bits: UInt64)
  /// Whether there are vector registers.
  var hasVectors: Bool { get }
  /// The high (first in memory) and low doubleword of a vector register, 0 to 31.
  func vr(_ index: Int) -> (high: UInt64, low: UInt64)
  /// Sets a vector register, 0 to 31.
  func setVR(_ index: Int, _ value: (high: UInt64, low: UInt64))
  /// The vector status and control register.
  var vscr: UInt32 { get set }
  /// The vector save register.
  var vrsave: UInt32 { get set }
  /// Sets or clears CR0's SO bit, which tells of a system call's failure.
  func setSummaryOverflow(_ isSet: Bool)
  /// Drops the reservation of `lwarx`.
  func clearReservation()
}

/// Bits of the machine state register that programs can see.
public enum MachineState {
  /// VEC: vector registers are available.
  public static let vectors: UInt32 = 0x0200_0000
  /// FE0 and FE1: the floating-point exception mode.
  public static let exceptionMode: UInt32 = 0x0900
  /// LE: little-endian mode.
  public static let littleEndian: UInt32 = 1
}
