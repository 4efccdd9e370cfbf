/// The forms of the AltiVec Technology Programming Environments Manual, 4.1, with its names of
/// registers.

/// The fields that the vector forms share.
protocol VectorFields: FormFields {}

extension VectorFields {
  var VD: VR { word.vr(6) }
  var VS: VR { word.vr(6) }
  var VA: VR { word.vr(11) }
  var VB: VR { word.vr(16) }
  var VC: VR { word.vr(21) }
  /// Unsigned immediate: an element or a scale.
  var UIMM: Int { word.field(11, 15) }
  /// Signed immediate: -16 to 15.
  var SIMM: Int { word.field(11, 15) ^ 16 &- 16 }
  /// Shift in bytes.
  var SHB: Int { word.field(22, 25) }
}

extension X: VectorFields {}

/// VX-form: three vector registers and an eleven-bit extended opcode.
struct VX: Form, VectorFields {
  static let opcodeMask: UInt32 = 0xfc00_07ff
  let word: UInt32
  init(_ word: UInt32) { self.word = word }
}

/// VXR-form: comparisons, whose Rc is bit 21.
struct VXR: Form, VectorFields {
  static let opcodeMask: UInt32 = 0xfc00_03ff
  let word: UInt32
  init(_ word: UInt32) { self.word = word }
  /// The record bit.
  var Rc: Bool { word & 0x400 != 0 }
}

/// VA-form: four vector registers and a six-bit extended opcode.
struct VA: Form, VectorFields {
  static let opcodeMask: UInt32 = 0xfc00_003f
  let word: UInt32
  init(_ word: UInt32) { self.word = word }
}

extension Encoding where F: VectorFields {
  /// The extended opcode ends with the word.
  fileprivate init(word extended: UInt32) { self.init(bits: 4 << 26 | extended) }
}

extension Encoding where F == VX {
  static func VX(_ extended: UInt32) -> Self { .init(word: extended) }
}
extension Encoding where F == VXR {
  static func VXR(_ extended: UInt32) -> Self { .init(word: extended) }
}
extension Encoding where F == VA {
  static func VA(_ extended: UInt32) -> Self { .init(word: extended) }
}
