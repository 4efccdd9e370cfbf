/// How an instruction word is divided into fields, as in Power ISA, Book I, 1.6.
///
/// Bits are numbered as the manual numbers them: 0 is the most significant.
public protocol Form: Sendable {
  /// The fields of an instruction word.
  init(_ word: UInt32)
  /// The bits of `OPCD` and of the extended opcode.
  static var opcodeMask: UInt32 { get }
  /// The instruction word.
  var word: UInt32 { get }
}

/// A general register, by number.
public struct GPR: Hashable, Sendable {
  /// 0 to 31.
  public let number: Int
  @inlinable init(_ number: Int) { self.number = number }
}
/// A floating-point register, by number.
public struct FPR: Hashable, Sendable {
  /// 0 to 31.
  public let number: Int
  @inlinable init(_ number: Int) { self.number = number }
}
/// A vector register, by number.
public struct VR: Hashable, Sendable {
  /// 0 to 31.
  public let number: Int
  @inlinable init(_ number: Int) { self.number = number }
}

extension UInt32 {
  /// The field from bit `first` to bit `last`, counted from the most significant bit.
  @inline(__always) func field(_ first: Int, _ last: Int) -> Int {
    Int(self &>> UInt32(truncatingIfNeeded: 31 &- last)) & (1 &<< (last &- first &+ 1) &- 1)
  }
  @inline(__always) func gpr(_ first: Int) -> GPR { GPR(field(first, first &+ 4)) }
  @inline(__always) func fpr(_ first: Int) -> FPR { FPR(field(first, first &+ 4)) }
  @inline(__always) func vr(_ first: Int) -> VR { VR(field(first, first &+ 4)) }
}

/// The fields that several forms share.
public protocol FormFields {
  /// The instruction word.
  var word: UInt32 { get }
}

extension FormFields {
  var RT: GPR { word.gpr(6) }
  var RS: GPR { word.gpr(6) }
  var RA: GPR { word.gpr(11) }
  var RB: GPR { word.gpr(16) }
  var FRT: FPR { word.fpr(6) }
  var FRS: FPR { word.fpr(6) }
  var FRA: FPR { word.fpr(11) }
  var FRB: FPR { word.fpr(16) }
  var BF: Int { word.field(6, 8) }
  var BFA: Int { word.field(11, 13) }
  var TO: Int { word.field(6, 10) }
  var BO: Int { word.field(6, 10) }
  var BI: Int { word.field(11, 15) }
  /// The record bit.
  var Rc: Bool { word & 1 != 0 }
  /// The link bit.
  var LK: Bool { word & 1 != 0 }
  /// The absolute-address bit.
  var AA: Bool { word & 2 != 0 }
}

/// D-form: a 16-bit immediate.
public struct D: Form, FormFields {
  /// `OPCD`.
  public static let opcodeMask: UInt32 = 0xfc00_0000
  public let word: UInt32
  public init(_ word: UInt32) { self.word = word }
  /// Signed immediate, and displacement.
  var SI: Int { Int(Int16(truncatingIfNeeded: word)) }
  var D: Int { SI }
  /// Unsigned immediate.
  var UI: Int { Int(word & 0xffff) }
  /// Doubleword comparison; ignored on 32-bit processors.
  var L: Int { word.field(10, 10) }
}

/// I-form: branch.
public struct I: Form, FormFields {
  /// `OPCD`.
  public static let opcodeMask: UInt32 = 0xfc00_0000
  public let word: UInt32
  public init(_ word: UInt32) { self.word = word }
  /// Displacement in bytes.
  var LI: Int { Int(Int32(bitPattern: (word & 0x03ff_fffc) << 6) >> 6) }
}

/// B-form: conditional branch.
public struct B: Form, FormFields {
  /// `OPCD`.
  public static let opcodeMask: UInt32 = 0xfc00_0000
  public let word: UInt32
  public init(_ word: UInt32) { self.word = word }
  /// Displacement in bytes.
  var BD: Int { Int(Int16(truncatingIfNeeded: word & 0xfffc)) }

  /// Whether a word is `bdnz`: decrement CTR, and branch if it is not zero then.
  static func isCountedLoop(_ word: UInt32) -> Bool {
    word >> 26 == 16 && word >> 21 & 0b10110 == 0b10000 && word & 3 == 0
  }
}

/// SC-form: system call.
public struct SC: Form, FormFields {
  /// `OPCD` and bit 30.
  public static let opcodeMask: UInt32 = 0xfc00_0002
  public let word: UInt32
  public init(_ word: UInt32) { self.word = word }
}

/// X-form: three registers and a ten-bit extended opcode.
public struct X: Form, FormFields {
  /// `OPCD` and bits 21-30.
  public static let opcodeMask: UInt32 = 0xfc00_07fe
  public let word: UInt32
  public init(_ word: UInt32) { self.word = word }
  var SH: Int { word.field(16, 20) }
  var NB: Int { word.field(16, 20) }
  /// FPSCR immediate.
  var U: Int { word.field(16, 19) }
  /// FPSCR or CR bit.
  var BT: Int { word.field(6, 10) }
  /// Segment register.
  var SR: Int { word.field(12, 15) }
}

/// XL-form: branch to register, CR logic.
public struct XL: Form, FormFields {
  /// `OPCD` and bits 21-30.
  public static let opcodeMask: UInt32 = 0xfc00_07fe
  public let word: UInt32
  public init(_ word: UInt32) { self.word = word }
  var BT: Int { word.field(6, 10) }
  var BA: Int { word.field(11, 15) }
  var BB: Int { word.field(16, 20) }
}

/// XFX-form: moves to and from special registers.
public struct XFX: Form, FormFields {
  /// `OPCD` and bits 21-30.
  public static let opcodeMask: UInt32 = 0xfc00_07fe
  public let word: UInt32
  public init(_ word: UInt32) { self.word = word }
  /// The special-purpose register's number: its two halves are exchanged in the word.
  var SPR: Int { word.field(16, 20) << 5 | word.field(11, 15) }
  /// CR field mask.
  var FXM: Int { word.field(12, 19) }
  /// One field only (`mfocrf`, `mtocrf`).
  var isOne: Bool { word.field(11, 11) == 1 }
}

/// XFL-form: `mtfsf`.
public struct XFL: Form, FormFields {
  /// `OPCD` and bits 21-30.
  public static let opcodeMask: UInt32 = 0xfc00_07fe
  public let word: UInt32
  public init(_ word: UInt32) { self.word = word }
  var FLM: Int { word.field(7, 14) }
}

/// XO-form: arithmetic with overflow enable.
public struct XO: Form, FormFields {
  /// `OPCD` and bits 22-30.
  public static let opcodeMask: UInt32 = 0xfc00_03fe
  public let word: UInt32
  public init(_ word: UInt32) { self.word = word }
  /// Overflow enable.
  var OE: Bool { word & 0x400 != 0 }
}

/// A-form: four floating-point registers.
public struct A: Form, FormFields {
  /// `OPCD` and bits 26-30.
  public static let opcodeMask: UInt32 = 0xfc00_003e
  public let word: UInt32
  public init(_ word: UInt32) { self.word = word }
  var FRC: FPR { word.fpr(21) }
}

/// M-form: rotate and mask.
public struct M: Form, FormFields {
  /// `OPCD`.
  public static let opcodeMask: UInt32 = 0xfc00_0000
  public let word: UInt32
  public init(_ word: UInt32) { self.word = word }
  var SH: Int { word.field(16, 20) }
  var MB: Int { word.field(21, 25) }
  var ME: Int { word.field(26, 30) }
}

/// The fixed bits of an instruction of form `F`.
public struct Encoding<F: Form>: Sendable {
  let opcode: UInt32
  init(_ primary: UInt32, _ extended: UInt32 = 0) { opcode = primary << 26 | extended << 1 }
  init(bits: UInt32) { opcode = bits }
}

extension Encoding where F == D {
  static func D(_ primary: UInt32) -> Self { .init(primary) }
}
extension Encoding where F == I {
  static func I(_ primary: UInt32) -> Self { .init(primary) }
}
extension Encoding where F == B {
  static func B(_ primary: UInt32) -> Self { .init(primary) }
}
extension Encoding where F == SC {
  static func SC(_ primary: UInt32) -> Self { .init(primary, 1) }
}
extension Encoding where F == X {
  static func X(_ primary: UInt32, _ extended: UInt32) -> Self { .init(primary, extended) }
}
extension Encoding where F == XL {
  static func XL(_ primary: UInt32, _ extended: UInt32) -> Self { .init(primary, extended) }
}
extension Encoding where F == XFX {
  static func XFX(_ primary: UInt32, _ extended: UInt32) -> Self { .init(primary, extended) }
}
extension Encoding where F == XFL {
  static func XFL(_ primary: UInt32, _ extended: UInt32) -> Self { .init(primary, extended) }
}
extension Encoding where F == XO {
  static func XO(_ primary: UInt32, _ extended: UInt32) -> Self { .init(primary, extended) }
}
extension Encoding where F == A {
  static func A(_ primary: UInt32, _ extended: UInt32) -> Self { .init(primary, extended) }
}
extension Encoding where F == M {
  static func M(_ primary: UInt32) -> Self { .init(primary) }
}
