import HostX64

/// A row whose operands are vector registers and memory of a width that the mnemonic implies.
private func vector<A: TestOperand & Sendable, B: TestOperand & Sendable>(
  _ name: String, _ a: A.Type, _ b: B.Type,
  _ emit: @escaping @Sendable (inout Assembler, A, B) -> Void
) -> Row {
  row(name, [.qword], memory: .implied, a, b) { emit(&$0, $2, $3) }
}

/// The same with three operands.
private func vector<
  A: TestOperand & Sendable, B: TestOperand & Sendable, C: TestOperand & Sendable
>(
  _ name: String, _ a: A.Type, _ b: B.Type, _ c: C.Type,
  _ emit: @escaping @Sendable (inout Assembler, A, B, C) -> Void
) -> Row {
  row(name, [.qword], memory: .implied, a, b, c) { emit(&$0, $2, $3, $4) }
}

/// What rounds to nearest and raises no flags.
private let quietConversion = Row(
  generate: { listing, set in
    for d in XMM.samples(set) {
      for s in XMM.samples(set) {
        listing.add("vcvtsd2ss \(d), \(s), \(s), {rn-sae}") { $0.vcvtsd2ssQuietly(d, s) }
      }
    }
  }, hasMemory: false)

/// Scalar arithmetic, comparisons, conversions between formats.
let scalarRows: [Row] = [
  quietConversion,
  vector("addss", XMM.self, XMM.self) { $0.addss($1, $2) },
  vector("addss", XMM.self, Address.self) { $0.addss($1, $2) },
  vector("addsd", XMM.self, XMM.self) { $0.addsd($1, $2) },
  vector("addsd", XMM.self, Address.self) { $0.addsd($1, $2) },
  vector("subss", XMM.self, XMM.self) { $0.subss($1, $2) },
  vector("subss", XMM.self, Address.self) { $0.subss($1, $2) },
  vector("subsd", XMM.self, XMM.self) { $0.subsd($1, $2) },
  vector("subsd", XMM.self, Address.self) { $0.subsd($1, $2) },
  vector("mulss", XMM.self, XMM.self) { $0.mulss($1, $2) },
  vector("mulss", XMM.self, Address.self) { $0.mulss($1, $2) },
  vector("mulsd", XMM.self, XMM.self) { $0.mulsd($1, $2) },
  vector("mulsd", XMM.self, Address.self) { $0.mulsd($1, $2) },
  vector("divss", XMM.self, XMM.self) { $0.divss($1, $2) },
  vector("divss", XMM.self, Address.self) { $0.divss($1, $2) },
  vector("divsd", XMM.self, XMM.self) { $0.divsd($1, $2) },
  vector("divsd", XMM.self, Address.self) { $0.divsd($1, $2) },
  vector("sqrtss", XMM.self, XMM.self) { $0.sqrtss($1, $2) },
  vector("sqrtss", XMM.self, Address.self) { $0.sqrtss($1, $2) },
  vector("sqrtsd", XMM.self, XMM.self) { $0.sqrtsd($1, $2) },
  vector("sqrtsd", XMM.self, Address.self) { $0.sqrtsd($1, $2) },
  vector("minss", XMM.self, XMM.self) { $0.minss($1, $2) },
  vector("minss", XMM.self, Address.self) { $0.minss($1, $2) },
  vector("minsd", XMM.self, XMM.self) { $0.minsd($1, $2) },
  vector("minsd", XMM.self, Address.self) { $0.minsd($1, $2) },
  vector("maxss", XMM.self, XMM.self) { $0.maxss($1, $2) },
  vector("maxss", XMM.self, Address.self) { $0.maxss($1, $2) },
  vector("maxsd", XMM.self, XMM.self) { $0.maxsd($1, $2) },
  vector("maxsd", XMM.self, Address.self) { $0.maxsd($1, $2) },
  vector("ucomiss", XMM.self, XMM.self) { $0.ucomiss($1, $2) },
  vector("ucomiss", XMM.self, Address.self) { $0.ucomiss($1, $2) },
  vector("ucomisd", XMM.self, XMM.self) { $0.ucomisd($1, $2) },
  vector("ucomisd", XMM.self, Address.self) { $0.ucomisd($1, $2) },
  vector("comisd", XMM.self, XMM.self) { $0.comisd($1, $2) },
  vector("comisd", XMM.self, Address.self) { $0.comisd($1, $2) },
  vector("cvtss2sd", XMM.self, XMM.self) { $0.cvtss2sd($1, $2) },
  vector("cvtss2sd", XMM.self, Address.self) { $0.cvtss2sd($1, $2) },
  vector("cvtsd2ss", XMM.self, XMM.self) { $0.cvtsd2ss($1, $2) },
  vector("cvtsd2ss", XMM.self, Address.self) { $0.cvtsd2ss($1, $2) },
]

/// Rounding, conversions with integers, logic, shuffles.
let packedRows: [Row] = [
  vector("roundss", XMM.self, XMM.self, UInt8.self) { $0.roundss($1, $2, imm: $3) },
  vector("roundss", XMM.self, Address.self, UInt8.self) { $0.roundss($1, $2, imm: $3) },
  vector("roundsd", XMM.self, XMM.self, UInt8.self) { $0.roundsd($1, $2, imm: $3) },
  vector("roundsd", XMM.self, Address.self, UInt8.self) { $0.roundsd($1, $2, imm: $3) },
  vector("pshufd", XMM.self, XMM.self, UInt8.self) { $0.pshufd($1, $2, imm: $3) },
  vector("pshufd", XMM.self, Address.self, UInt8.self) { $0.pshufd($1, $2, imm: $3) },
  row("cvtsi2ss", longWidths, XMM.self, GPR.self) { $0.cvtsi2ss($1, $2, $3) },
  row("cvtsi2ss", longWidths, XMM.self, Address.self) { $0.cvtsi2ss($1, $2, $3) },
  row("cvtsi2sd", longWidths, XMM.self, GPR.self) { $0.cvtsi2sd($1, $2, $3) },
  row("cvtsi2sd", longWidths, XMM.self, Address.self) { $0.cvtsi2sd($1, $2, $3) },
  row("cvttsd2si", longWidths, GPR.self, XMM.self) { $0.cvttsd2si($1, $2, $3) },
  row("cvttsd2si", longWidths, memory: .implied, GPR.self, Address.self) {
    $0.cvttsd2si($1, $2, $3)
  },
  row("cvtsd2si", longWidths, GPR.self, XMM.self) { $0.cvtsd2si($1, $2, $3) },
  row("cvtsd2si", longWidths, memory: .implied, GPR.self, Address.self) { $0.cvtsd2si($1, $2, $3) },
  vector("andps", XMM.self, XMM.self) { $0.andps($1, $2) },
  vector("andps", XMM.self, Address.self) { $0.andps($1, $2) },
  vector("andnps", XMM.self, XMM.self) { $0.andnps($1, $2) },
  vector("andnps", XMM.self, Address.self) { $0.andnps($1, $2) },
  vector("orps", XMM.self, XMM.self) { $0.orps($1, $2) },
  vector("orps", XMM.self, Address.self) { $0.orps($1, $2) },
  vector("cmpsd", XMM.self, XMM.self, UInt8.self) { $0.cmpsd($1, $2, imm: $3) },
  vector("cmpsd", XMM.self, Address.self, UInt8.self) { $0.cmpsd($1, $2, imm: $3) },
  vector("xorps", XMM.self, XMM.self) { $0.xorps($1, $2) },
  vector("xorps", XMM.self, Address.self) { $0.xorps($1, $2) },
  vector("andpd", XMM.self, XMM.self) { $0.andpd($1, $2) },
  vector("andpd", XMM.self, Address.self) { $0.andpd($1, $2) },
  vector("xorpd", XMM.self, XMM.self) { $0.xorpd($1, $2) },
  vector("xorpd", XMM.self, Address.self) { $0.xorpd($1, $2) },
  vector("pand", XMM.self, XMM.self) { $0.pand($1, $2) },
  vector("pand", XMM.self, Address.self) { $0.pand($1, $2) },
  vector("pandn", XMM.self, XMM.self) { $0.pandn($1, $2) },
  vector("pandn", XMM.self, Address.self) { $0.pandn($1, $2) },
  vector("por", XMM.self, XMM.self) { $0.por($1, $2) },
  vector("por", XMM.self, Address.self) { $0.por($1, $2) },
  vector("pxor", XMM.self, XMM.self) { $0.pxor($1, $2) },
  vector("pxor", XMM.self, Address.self) { $0.pxor($1, $2) },
  vector("pshufb", XMM.self, XMM.self) { $0.pshufb($1, $2) },
  vector("pshufb", XMM.self, Address.self) { $0.pshufb($1, $2) },
]

/// Moves of vector registers.
let vectorMoveRows: [Row] = [
  vector("movss", XMM.self, XMM.self) { $0.movss($1, $2) },
  vector("movss", XMM.self, Address.self) { $0.movss($1, $2) },
  vector("movss", Address.self, XMM.self) { $0.movss($1, $2) },
  vector("movsd", XMM.self, XMM.self) { $0.movsd($1, $2) },
  vector("movsd", XMM.self, Address.self) { $0.movsd($1, $2) },
  vector("movsd", Address.self, XMM.self) { $0.movsd($1, $2) },
  vector("movaps", XMM.self, XMM.self) { $0.movaps($1, $2) },
  vector("movaps", XMM.self, Address.self) { $0.movaps($1, $2) },
  vector("movaps", Address.self, XMM.self) { $0.movaps($1, $2) },
  vector("movups", XMM.self, XMM.self) { $0.movups($1, $2) },
  vector("movups", XMM.self, Address.self) { $0.movups($1, $2) },
  vector("movups", Address.self, XMM.self) { $0.movups($1, $2) },
  vector("movdqa", XMM.self, XMM.self) { $0.movdqa($1, $2) },
  vector("movdqa", XMM.self, Address.self) { $0.movdqa($1, $2) },
  vector("movdqa", Address.self, XMM.self) { $0.movdqa($1, $2) },
  vector("movdqu", XMM.self, XMM.self) { $0.movdqu($1, $2) },
  vector("movdqu", XMM.self, Address.self) { $0.movdqu($1, $2) },
  vector("movdqu", Address.self, XMM.self) { $0.movdqu($1, $2) },
  vector("movq", XMM.self, XMM.self) { $0.movq($1, $2) },
  vector("movq", XMM.self, Address.self) { $0.movq($1, $2) },
  vector("movq", Address.self, XMM.self) { $0.movq($1, $2) },
  vector("movd", XMM.self, Address.self) { $0.movd($1, $2) },
  vector("movd", Address.self, XMM.self) { $0.movd($1, $2) },
  vector("movd", XMM.self, DwordGPR.self) { $0.movd($1, $2.register) },
  vector("movd", DwordGPR.self, XMM.self) { $0.movd($1.register, $2) },
  vector("movq", XMM.self, GPR.self) { $0.movq($1, $2) },
  vector("movq", GPR.self, XMM.self) { $0.movq($1, $2) },
]

/// Scalar arithmetic with three operands.
let vexRows: [Row] = [
  vector("vaddss", XMM.self, XMM.self, XMM.self) { $0.vaddss($1, $2, $3) },
  vector("vaddss", XMM.self, XMM.self, Address.self) { $0.vaddss($1, $2, $3) },
  vector("vaddsd", XMM.self, XMM.self, XMM.self) { $0.vaddsd($1, $2, $3) },
  vector("vaddsd", XMM.self, XMM.self, Address.self) { $0.vaddsd($1, $2, $3) },
  vector("vsubss", XMM.self, XMM.self, XMM.self) { $0.vsubss($1, $2, $3) },
  vector("vsubss", XMM.self, XMM.self, Address.self) { $0.vsubss($1, $2, $3) },
  vector("vsubsd", XMM.self, XMM.self, XMM.self) { $0.vsubsd($1, $2, $3) },
  vector("vsubsd", XMM.self, XMM.self, Address.self) { $0.vsubsd($1, $2, $3) },
  vector("vmulss", XMM.self, XMM.self, XMM.self) { $0.vmulss($1, $2, $3) },
  vector("vmulss", XMM.self, XMM.self, Address.self) { $0.vmulss($1, $2, $3) },
  vector("vmulsd", XMM.self, XMM.self, XMM.self) { $0.vmulsd($1, $2, $3) },
  vector("vmulsd", XMM.self, XMM.self, Address.self) { $0.vmulsd($1, $2, $3) },
  vector("vdivss", XMM.self, XMM.self, XMM.self) { $0.vdivss($1, $2, $3) },
  vector("vdivss", XMM.self, XMM.self, Address.self) { $0.vdivss($1, $2, $3) },
  vector("vdivsd", XMM.self, XMM.self, XMM.self) { $0.vdivsd($1, $2, $3) },
  vector("vdivsd", XMM.self, XMM.self, Address.self) { $0.vdivsd($1, $2, $3) },
  vector("vsqrtss", XMM.self, XMM.self, XMM.self) { $0.vsqrtss($1, $2, $3) },
  vector("vsqrtss", XMM.self, XMM.self, Address.self) { $0.vsqrtss($1, $2, $3) },
  vector("vsqrtsd", XMM.self, XMM.self, XMM.self) { $0.vsqrtsd($1, $2, $3) },
  vector("vsqrtsd", XMM.self, XMM.self, Address.self) { $0.vsqrtsd($1, $2, $3) },
  vector("vminss", XMM.self, XMM.self, XMM.self) { $0.vminss($1, $2, $3) },
  vector("vminss", XMM.self, XMM.self, Address.self) { $0.vminss($1, $2, $3) },
  vector("vminsd", XMM.self, XMM.self, XMM.self) { $0.vminsd($1, $2, $3) },
  vector("vminsd", XMM.self, XMM.self, Address.self) { $0.vminsd($1, $2, $3) },
  vector("vmaxss", XMM.self, XMM.self, XMM.self) { $0.vmaxss($1, $2, $3) },
  vector("vmaxss", XMM.self, XMM.self, Address.self) { $0.vmaxss($1, $2, $3) },
  vector("vmaxsd", XMM.self, XMM.self, XMM.self) { $0.vmaxsd($1, $2, $3) },
  vector("vmaxsd", XMM.self, XMM.self, Address.self) { $0.vmaxsd($1, $2, $3) },
]

/// Fused multiply-add, order 132.
let fused132Rows: [Row] = [
  vector("vfmadd132ss", XMM.self, XMM.self, XMM.self) { $0.vfmadd132ss($1, $2, $3) },
  vector("vfmadd132ss", XMM.self, XMM.self, Address.self) { $0.vfmadd132ss($1, $2, $3) },
  vector("vfmadd132sd", XMM.self, XMM.self, XMM.self) { $0.vfmadd132sd($1, $2, $3) },
  vector("vfmadd132sd", XMM.self, XMM.self, Address.self) { $0.vfmadd132sd($1, $2, $3) },
  vector("vfmsub132ss", XMM.self, XMM.self, XMM.self) { $0.vfmsub132ss($1, $2, $3) },
  vector("vfmsub132ss", XMM.self, XMM.self, Address.self) { $0.vfmsub132ss($1, $2, $3) },
  vector("vfmsub132sd", XMM.self, XMM.self, XMM.self) { $0.vfmsub132sd($1, $2, $3) },
  vector("vfmsub132sd", XMM.self, XMM.self, Address.self) { $0.vfmsub132sd($1, $2, $3) },
  vector("vfnmadd132ss", XMM.self, XMM.self, XMM.self) { $0.vfnmadd132ss($1, $2, $3) },
  vector("vfnmadd132ss", XMM.self, XMM.self, Address.self) { $0.vfnmadd132ss($1, $2, $3) },
  vector("vfnmadd132sd", XMM.self, XMM.self, XMM.self) { $0.vfnmadd132sd($1, $2, $3) },
  vector("vfnmadd132sd", XMM.self, XMM.self, Address.self) { $0.vfnmadd132sd($1, $2, $3) },
  vector("vfnmsub132ss", XMM.self, XMM.self, XMM.self) { $0.vfnmsub132ss($1, $2, $3) },
  vector("vfnmsub132ss", XMM.self, XMM.self, Address.self) { $0.vfnmsub132ss($1, $2, $3) },
  vector("vfnmsub132sd", XMM.self, XMM.self, XMM.self) { $0.vfnmsub132sd($1, $2, $3) },
  vector("vfnmsub132sd", XMM.self, XMM.self, Address.self) { $0.vfnmsub132sd($1, $2, $3) },
]

/// Fused multiply-add, order 213.
let fused213Rows: [Row] = [
  vector("vfmadd213ss", XMM.self, XMM.self, XMM.self) { $0.vfmadd213ss($1, $2, $3) },
  vector("vfmadd213ss", XMM.self, XMM.self, Address.self) { $0.vfmadd213ss($1, $2, $3) },
  vector("vfmadd213sd", XMM.self, XMM.self, XMM.self) { $0.vfmadd213sd($1, $2, $3) },
  vector("vfmadd213sd", XMM.self, XMM.self, Address.self) { $0.vfmadd213sd($1, $2, $3) },
  vector("vfmsub213ss", XMM.self, XMM.self, XMM.self) { $0.vfmsub213ss($1, $2, $3) },
  vector("vfmsub213ss", XMM.self, XMM.self, Address.self) { $0.vfmsub213ss($1, $2, $3) },
  vector("vfmsub213sd", XMM.self, XMM.self, XMM.self) { $0.vfmsub213sd($1, $2, $3) },
  vector("vfmsub213sd", XMM.self, XMM.self, Address.self) { $0.vfmsub213sd($1, $2, $3) },
  vector("vfnmadd213ss", XMM.self, XMM.self, XMM.self) { $0.vfnmadd213ss($1, $2, $3) },
  vector("vfnmadd213ss", XMM.self, XMM.self, Address.self) { $0.vfnmadd213ss($1, $2, $3) },
  vector("vfnmadd213sd", XMM.self, XMM.self, XMM.self) { $0.vfnmadd213sd($1, $2, $3) },
  vector("vfnmadd213sd", XMM.self, XMM.self, Address.self) { $0.vfnmadd213sd($1, $2, $3) },
  vector("vfnmsub213ss", XMM.self, XMM.self, XMM.self) { $0.vfnmsub213ss($1, $2, $3) },
  vector("vfnmsub213ss", XMM.self, XMM.self, Address.self) { $0.vfnmsub213ss($1, $2, $3) },
  vector("vfnmsub213sd", XMM.self, XMM.self, XMM.self) { $0.vfnmsub213sd($1, $2, $3) },
  vector("vfnmsub213sd", XMM.self, XMM.self, Address.self) { $0.vfnmsub213sd($1, $2, $3) },
]

/// Fused multiply-add, order 231.
let fused231Rows: [Row] = [
  vector("vfmadd231ss", XMM.self, XMM.self, XMM.self) { $0.vfmadd231ss($1, $2, $3) },
  vector("vfmadd231ss", XMM.self, XMM.self, Address.self) { $0.vfmadd231ss($1, $2, $3) },
  vector("vfmadd231sd", XMM.self, XMM.self, XMM.self) { $0.vfmadd231sd($1, $2, $3) },
  vector("vfmadd231sd", XMM.self, XMM.self, Address.self) { $0.vfmadd231sd($1, $2, $3) },
  vector("vfmsub231ss", XMM.self, XMM.self, XMM.self) { $0.vfmsub231ss($1, $2, $3) },
  vector("vfmsub231ss", XMM.self, XMM.self, Address.self) { $0.vfmsub231ss($1, $2, $3) },
  vector("vfmsub231sd", XMM.self, XMM.self, XMM.self) { $0.vfmsub231sd($1, $2, $3) },
  vector("vfmsub231sd", XMM.self, XMM.self, Address.self) { $0.vfmsub231sd($1, $2, $3) },
  vector("vfnmadd231ss", XMM.self, XMM.self, XMM.self) { $0.vfnmadd231ss($1, $2, $3) },
  vector("vfnmadd231ss", XMM.self, XMM.self, Address.self) { $0.vfnmadd231ss($1, $2, $3) },
  vector("vfnmadd231sd", XMM.self, XMM.self, XMM.self) { $0.vfnmadd231sd($1, $2, $3) },
  vector("vfnmadd231sd", XMM.self, XMM.self, Address.self) { $0.vfnmadd231sd($1, $2, $3) },
  vector("vfnmsub231ss", XMM.self, XMM.self, XMM.self) { $0.vfnmsub231ss($1, $2, $3) },
  vector("vfnmsub231ss", XMM.self, XMM.self, Address.self) { $0.vfnmsub231ss($1, $2, $3) },
  vector("vfnmsub231sd", XMM.self, XMM.self, XMM.self) { $0.vfnmsub231sd($1, $2, $3) },
  vector("vfnmsub231sd", XMM.self, XMM.self, Address.self) { $0.vfnmsub231sd($1, $2, $3) },
]
