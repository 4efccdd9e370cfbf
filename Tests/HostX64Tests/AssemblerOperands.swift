import HostX64

/// Which sample values the operands of a row run through.
enum SampleSet: Sendable {
  /// Representative registers, every form of address, edge values of immediates.
  case broad
  /// One address relative to the instruction pointer, two values of everything else.
  case near
}

/// A kind of operand: its sample values, and how each reads in Intel syntax.
protocol TestOperand {
  static func samples(_ set: SampleSet) -> [Self]
  /// The text where the operands have width `w`; memory of a width that the mnemonic implies
  /// (nil) is written without a size.
  func text(_ w: Width, memory: Width?) -> String
}

/// Where the samples relative to the instruction pointer point.
let sampleNearTarget: UInt = 0x1122_3344
/// Stands for the offset from the end of the instruction to `sampleNearTarget`, until the length is
/// known.
let nearPlaceholder = "NEAR"

/// Before an address that names no register, in whose place only a prefix of the instruction says
/// that the address size is 32 bits.
let addressSizePrefix = "addr32 "

private let byteNames = [
  "al", "cl", "dl", "bl", "spl", "bpl", "sil", "dil", "r8b", "r9b", "r10b", "r11b", "r12b", "r13b",
  "r14b", "r15b",
]

extension GPR: TestOperand {
  static func samples(_ set: SampleSet) -> [GPR] {
    set == .near ? [.rax, .r13] : [.rax, .rsp, .rbp, .rsi, .r8, .r12, .r13, .r15]
  }

  func text(_ w: Width, memory: Width?) -> String { name(w) }

  /// The assembler's name for the part of width `w`.
  func name(_ w: Width) -> String {
    let full = "\(self)"
    let isNew = rawValue >= 8
    switch w {
    case .byte: return byteNames[Int(rawValue)]
    case .word: return isNew ? full + "w" : String(full.dropFirst())
    case .dword: return isNew ? full + "d" : "e" + full.dropFirst()
    case .qword: return full
    }
  }
}

/// A register whose width does not follow from the row's: `size` is the width.
protocol FixedWidthRegister: TestOperand {
  static var width: Width { get }
  init(_ register: GPR)
  var register: GPR { get }
}

extension FixedWidthRegister {
  static func samples(_ set: SampleSet) -> [Self] { GPR.samples(set).map { Self($0) } }
  func text(_ w: Width, memory: Width?) -> String { register.name(Self.width) }
}

struct ByteGPR: FixedWidthRegister {
  static let width = Width.byte
  let register: GPR
  init(_ register: GPR) { self.register = register }
}

struct WordGPR: FixedWidthRegister {
  static let width = Width.word
  let register: GPR
  init(_ register: GPR) { self.register = register }
}

struct DwordGPR: FixedWidthRegister {
  static let width = Width.dword
  let register: GPR
  init(_ register: GPR) { self.register = register }
}

extension XMM: TestOperand {
  static func samples(_ set: SampleSet) -> [XMM] {
    set == .near ? [.xmm1, .xmm9] : [.xmm0, .xmm3, .xmm7, .xmm8, .xmm12, .xmm15]
  }
  func text(_ w: Width, memory: Width?) -> String { "\(self)" }
}

/// A vector register by its name of 256 bits.
struct YMM: TestOperand {
  let register: XMM

  static func samples(_ set: SampleSet) -> [YMM] { XMM.samples(set).map { YMM(register: $0) } }
  func text(_ w: Width, memory: Width?) -> String { "y" + "\(register)".dropFirst() }
}

extension UpperXMM: TestOperand {
  static func samples(_ set: SampleSet) -> [UpperXMM] { allCases }
  func text(_ w: Width, memory: Width?) -> String { "\(self)" }
}

/// One of the upper registers by its name of 256 bits.
struct UpperYMM: TestOperand {
  let register: UpperXMM

  static func samples(_ set: SampleSet) -> [UpperYMM] {
    UpperXMM.allCases.map { UpperYMM(register: $0) }
  }
  func text(_ w: Width, memory: Width?) -> String { "y" + "\(register)".dropFirst() }
}

extension ShiftCount: TestOperand {
  static func samples(_ set: SampleSet) -> [ShiftCount] { [.cl] }
  func text(_ w: Width, memory: Width?) -> String { "cl" }
}

extension Int32: TestOperand {
  static func samples(_ set: SampleSet) -> [Int32] {
    if set == .near { return [5, 0x1234] }
    return [0, 1, -1, 127, 128, -128, -129, 0x7fff, .max, .min]
  }

  /// The value as an operand of width `w`, so that the assembler sees no overflow.
  func text(_ w: Width, memory: Width?) -> String {
    switch w {
    case .byte: "\(Int8(truncatingIfNeeded: self))"
    case .word: "\(Int16(truncatingIfNeeded: self))"
    case .dword, .qword: "\(self)"
    }
  }
}

extension UInt8: TestOperand {
  static func samples(_ set: SampleSet) -> [UInt8] { set == .near ? [1, 7] : [0, 1, 2, 7] }
  func text(_ w: Width, memory: Width?) -> String { "\(self)" }
}

extension Address: TestOperand {
  static func samples(_ set: SampleSet) -> [Address] {
    set == .near ? [Address(near: sampleNearTarget)] : sampleAddresses
  }

  func text(_ w: Width, memory: Width?) -> String {
    let size = memory.map { "\($0) ptr " } ?? ""
    return size + (segmentGS ? "gs:" : "") + "[\(terms)]"
  }

  private var terms: String {
    if nearTarget != nil { return nearPlaceholder }
    let w: Width = addressSize32 ? .dword : .qword
    var terms = base.map { $0.name(w) } ?? ""
    if let index {
      terms += (terms.isEmpty ? "" : "+") + "\(index.name(w))*\(scale)"
    }
    if terms.isEmpty { return (addressSize32 ? addressSizePrefix : "") + "\(displacement)" }
    return terms + (displacement < 0 ? "\(displacement)" : "+\(displacement)")
  }

  /// Every product of bases, indices, scales, displacements and prefixes.
  static var everyForm: [Address] {
    let registers: [GPR?] = [nil, .rax, .rbp, .rsi, .r8, .r12, .r13, .r15]
    let displacements: [Int32] = [0, 1, 127, -128, 128, -129, .max, .min]
    var result: [Address] = []
    for base in registers + [.rsp] {
      for index in registers {
        for scale: UInt8 in index == nil ? [1] : base == nil ? [2, 4, 8] : [1, 2, 4, 8] {
          for displacement in displacements {
            for prefixes in 0..<4 {
              result.append(
                Address(
                  base: base, index: index, scale: scale, displacement: displacement,
                  segmentGS: prefixes & 1 != 0, addressSize32: prefixes & 2 != 0))
            }
          }
        }
      }
    }
    return result
  }
}

/// One address of each form, for every instruction.
private let sampleAddresses: [Address] = [
  Address(.rax), Address(.rsp), Address(.rbp), Address(.r12), Address(.r13),
  Address(.rsi, 127), Address(.r8, -128), Address(.r15, 128), Address(.rsp, -129),
  Address(.r12, 8), Address(displacement: 0x1234), Address(displacement: .min),
  Address(base: .rax, index: .rsi, scale: 4), Address(base: .rbp, index: .r13),
  Address(base: .r13, index: .rbp, scale: 8), Address(base: .r12, index: .r12, scale: 2),
  Address(index: .r15, scale: 8, displacement: 16), Address(index: .rax, scale: 4),
  Address(base: .rbp, displacement: 0x1000, segmentGS: true),
  Address(base: .rsi, index: .r8, displacement: -1, segmentGS: true, addressSize32: true),
  Address(base: .r15, index: .rax, scale: 2, displacement: .max, addressSize32: true),
  Address(base: .r9, addressSize32: true), Address(displacement: 0x40, segmentGS: true),
]
