@testable import HostX64

/// Packed instructions by their VEX forms, as `vectorVEX`, `encodeVEX` and `shiftVEX` write them.
private struct PackedName: Sendable {
  let mnemonic: String
  /// Prefix and opcode; made on demand, for an `Encoding` is no sendable type.
  let encoding: @Sendable () -> Encoding

  init(_ mnemonic: String, _ encoding: @escaping @autoclosure @Sendable () -> Encoding) {
    self.mnemonic = mnemonic
    self.encoding = encoding
  }
}

/// The rows of an instruction with three operands, the last a register or memory.
private func threeOperands(_ name: PackedName) -> [Row] {
  [
    row(name.mnemonic, [.qword], memory: .implied, XMM.self, XMM.self, XMM.self) {
      $0.vectorVEX(name.encoding(), $2, $3, $4)
    },
    row(name.mnemonic, [.qword], memory: .implied, XMM.self, XMM.self, Address.self) {
      $0.vectorVEX(name.encoding(), $2, $3, $4)
    },
  ]
}

/// The rows of an instruction with two operands, the last a register or memory.
private func twoOperands(_ name: PackedName) -> [Row] {
  [
    row(name.mnemonic, [.qword], memory: .implied, XMM.self, XMM.self) {
      $0.vectorVEX(name.encoding(), $2, $3)
    },
    row(name.mnemonic, [.qword], memory: .implied, XMM.self, Address.self) {
      $0.encodeVEX(name.encoding(), .dword, $2.rawValue, 0, $3)
    },
  ]
}

/// The row of an instruction with two registers and an immediate.
private func immediate(_ name: PackedName) -> Row {
  row(name.mnemonic, [.qword], XMM.self, XMM.self, UInt8.self) {
    $0.vectorVEX(name.encoding(), $2, $3, imm: $4)
  }
}

/// The row of an instruction with three registers and an immediate.
private func threeAndImmediate(_ name: PackedName) -> Row {
  Row(
    generate: { listing, set in
      for d in XMM.samples(set) {
        for a in XMM.samples(set) {
          for b in XMM.samples(set) {
            for imm in UInt8.samples(set) {
              listing.add("\(name.mnemonic) \(d), \(a), \(b), \(imm)") {
                $0.vectorVEX(name.encoding(), d, a, b, imm: imm)
              }
            }
          }
        }
      }
    }, hasMemory: false)
}

/// The row of an instruction with three registers and a mask in a fourth.
private func blend(
  _ mnemonic: String, _ emit: @escaping @Sendable (inout Assembler, XMM, XMM, XMM, XMM) -> Void
) -> Row {
  Row(
    generate: { listing, set in
      for (d, a) in zip(XMM.samples(set), XMM.samples(set).reversed()) {
        for b in XMM.samples(set) {
          for mask in XMM.samples(set) {
            listing.add("\(mnemonic) \(d), \(a), \(b), \(mask)") { emit(&$0, d, a, b, mask) }
          }
        }
      }
    }, hasMemory: false)
}

/// The row of a shift by an immediate, whose number the register field holds.
private func shift(_ mnemonic: String, _ number: UInt8, _ name: PackedName) -> Row {
  row(mnemonic, [.qword], XMM.self, XMM.self, UInt8.self) {
    $0.shiftVEX(name.encoding(), number, $2, $3, imm: $4)
  }
}

/// The row of a shift by an immediate in its older form, of one register.
private func olderShift(_ mnemonic: String, _ number: UInt8, _ name: PackedName) -> Row {
  row(mnemonic, [.qword], XMM.self, UInt8.self) {
    $0.packedShift(name.encoding(), number, $2, imm: $3)
  }
}

/// Sums, differences, products, minimum, maximum.
let packedArithmeticRows: [Row] = [
  PackedName("vpaddb", .vpaddb), PackedName("vpaddw", .vpaddw), PackedName("vpaddd", .vpaddd),
  PackedName("vpsubb", .vpsubb), PackedName("vpsubw", .vpsubw), PackedName("vpsubd", .vpsubd),
  PackedName("vpaddusb", .vpaddusb), PackedName("vpaddusw", .vpaddusw),
  PackedName("vpaddsb", .vpaddsb), PackedName("vpaddsw", .vpaddsw),
  PackedName("vpsubusb", .vpsubusb), PackedName("vpsubusw", .vpsubusw),
  PackedName("vpsubsb", .vpsubsb), PackedName("vpsubsw", .vpsubsw),
  PackedName("vpavgb", .vpavgb), PackedName("vpavgw", .vpavgw), PackedName("vpmullw", .vpmullw),
  PackedName("vpmulld", .vpmulld), PackedName("vpmaddwd", .vpmaddwd),
  PackedName("vpmulhrsw", .vpmulhrsw),
  PackedName("vpminub", .vpminub), PackedName("vpminuw", .vpminuw),
  PackedName("vpminud", .vpminud), PackedName("vpmaxub", .vpmaxub),
  PackedName("vpmaxuw", .vpmaxuw), PackedName("vpmaxud", .vpmaxud),
  PackedName("vpminsb", .vpminsb), PackedName("vpminsw", .vpminsw),
  PackedName("vpminsd", .vpminsd), PackedName("vpmaxsb", .vpmaxsb),
  PackedName("vpmaxsw", .vpmaxsw), PackedName("vpmaxsd", .vpmaxsd),
].flatMap(threeOperands)

/// Comparisons, logic, shifts.
let packedLogicRows: [Row] =
  [
    PackedName("vpcmpeqb", .vpcmpeqb), PackedName("vpcmpeqw", .vpcmpeqw),
    PackedName("vpcmpeqd", .vpcmpeqd), PackedName("vpcmpgtb", .vpcmpgtb),
    PackedName("vpcmpgtw", .vpcmpgtw), PackedName("vpcmpgtd", .vpcmpgtd),
    PackedName("vpand", .vpand), PackedName("vpandn", .vpandn), PackedName("vpor", .vpor),
    PackedName("vpxor", .vpxor), PackedName("vpsllvd", .vpsllvd), PackedName("vpsrlvd", .vpsrlvd),
    PackedName("vpsravd", .vpsravd),
  ].flatMap(threeOperands) + twoOperands(PackedName("vptest", .vptest)) + [
    row("vpmovmskb", [.qword], DwordGPR.self, XMM.self) { $0.vpmovmskb($2.register, $3) },
    shift("vpsrlw", 2, PackedName("", .vpshiftw)), shift("vpsraw", 4, PackedName("", .vpshiftw)),
    shift("vpsllw", 6, PackedName("", .vpshiftw)), shift("vpsrld", 2, PackedName("", .vpshiftd)),
    shift("vpsrad", 4, PackedName("", .vpshiftd)), shift("vpslld", 6, PackedName("", .vpshiftd)),
    shift("vpsrlq", 2, PackedName("", .vpshiftq)), shift("vpsrldq", 3, PackedName("", .vpshiftq)),
    shift("vpsllq", 6, PackedName("", .vpshiftq)), shift("vpslldq", 7, PackedName("", .vpshiftq)),
    olderShift("psrlw", 2, PackedName("", .vpshiftw)),
    olderShift("psllw", 6, PackedName("", .vpshiftw)),
    olderShift("psrld", 2, PackedName("", .vpshiftd)),
    olderShift("pslld", 6, PackedName("", .vpshiftd)),
    olderShift("psrlq", 2, PackedName("", .vpshiftq)),
    olderShift("psllq", 6, PackedName("", .vpshiftq)),
  ]

/// What moves elements.
let packedMoveRows: [Row] =
  [
    PackedName("vpacksswb", .vpacksswb), PackedName("vpackssdw", .vpackssdw),
    PackedName("vpackuswb", .vpackuswb), PackedName("vpackusdw", .vpackusdw),
    PackedName("vpunpckhbw", .vpunpckhbw), PackedName("vpunpckhwd", .vpunpckhwd),
    PackedName("vpunpckhdq", .vpunpckhdq), PackedName("vpunpcklbw", .vpunpcklbw),
    PackedName("vpunpcklwd", .vpunpcklwd), PackedName("vpunpckldq", .vpunpckldq),
    PackedName("vpunpcklqdq", .vpunpcklqdq), PackedName("vpshufb", .pshufb),
  ].flatMap(threeOperands)
  + [
    PackedName("vpbroadcastb", .vpbroadcastb), PackedName("vpbroadcastw", .vpbroadcastw),
    PackedName("vpbroadcastd", .vpbroadcastd),
  ].flatMap(twoOperands) + [
    threeAndImmediate(PackedName("vpalignr", .vpalignr)),
    immediate(PackedName("vpshufd", .pshufd)),
    blend("vpblendvb") { $0.vpblendvb($1, $2, $3, $4) },
    blend("vblendvpd") { $0.vblendvpd($1, $2, $3, $4) },
  ]

/// Four singles at once.
let packedSingleRows: [Row] =
  [
    PackedName("vaddps", .vaddps), PackedName("vsubps", .vsubps), PackedName("vmulps", .vmulps),
    PackedName("vdivps", .vdivps), PackedName("vminps", .vminps), PackedName("vmaxps", .vmaxps),
    PackedName("vfmadd213ps", .vfmadd213ps),
  ].flatMap(threeOperands)
  + [
    PackedName("vsqrtps", .vsqrtps), PackedName("vcvtdq2ps", .vcvtdq2ps),
    PackedName("vcvttps2dq", .vcvttps2dq),
  ].flatMap(twoOperands) + [
    threeAndImmediate(PackedName("vcmpps", .vcmpps)), immediate(PackedName("vroundps", .vroundps)),
  ]
