// MARK: AVX scalar arithmetic: three operands, the upper bits of d from a

extension Assembler {
  /// VADDSS: d ← a + b, scalar single.
  public mutating func vaddss(_ d: XMM, _ a: XMM, _ b: XMM) { vectorVEX(.addss, d, a, b) }

  /// VADDSS with b in memory.
  public mutating func vaddss(_ d: XMM, _ a: XMM, _ b: Address) { vectorVEX(.addss, d, a, b) }

  /// VADDSD: d ← a + b, scalar double.
  public mutating func vaddsd(_ d: XMM, _ a: XMM, _ b: XMM) { vectorVEX(.addsd, d, a, b) }

  /// VADDSD with b in memory.
  public mutating func vaddsd(_ d: XMM, _ a: XMM, _ b: Address) { vectorVEX(.addsd, d, a, b) }

  /// VMULSS: d ← a × b, scalar single.
  public mutating func vmulss(_ d: XMM, _ a: XMM, _ b: XMM) { vectorVEX(.mulss, d, a, b) }

  /// VMULSS with b in memory.
  public mutating func vmulss(_ d: XMM, _ a: XMM, _ b: Address) { vectorVEX(.mulss, d, a, b) }

  /// VMULSD: d ← a × b, scalar double.
  public mutating func vmulsd(_ d: XMM, _ a: XMM, _ b: XMM) { vectorVEX(.mulsd, d, a, b) }

  /// VMULSD with b in memory.
  public mutating func vmulsd(_ d: XMM, _ a: XMM, _ b: Address) { vectorVEX(.mulsd, d, a, b) }

  /// VSUBSS: d ← a − b, scalar single.
  public mutating func vsubss(_ d: XMM, _ a: XMM, _ b: XMM) { vectorVEX(.subss, d, a, b) }

  /// VSUBSS with b in memory.
  public mutating func vsubss(_ d: XMM, _ a: XMM, _ b: Address) { vectorVEX(.subss, d, a, b) }

  /// VSUBSD: d ← a − b, scalar double.
  public mutating func vsubsd(_ d: XMM, _ a: XMM, _ b: XMM) { vectorVEX(.subsd, d, a, b) }

  /// VSUBSD with b in memory.
  public mutating func vsubsd(_ d: XMM, _ a: XMM, _ b: Address) { vectorVEX(.subsd, d, a, b) }

  /// VMINSS: d ← a if a < b, else b, scalar single.
  public mutating func vminss(_ d: XMM, _ a: XMM, _ b: XMM) { vectorVEX(.minss, d, a, b) }

  /// VMINSS with b in memory.
  public mutating func vminss(_ d: XMM, _ a: XMM, _ b: Address) { vectorVEX(.minss, d, a, b) }

  /// VMINSD: d ← a if a < b, else b, scalar double.
  public mutating func vminsd(_ d: XMM, _ a: XMM, _ b: XMM) { vectorVEX(.minsd, d, a, b) }

  /// VMINSD with b in memory.
  public mutating func vminsd(_ d: XMM, _ a: XMM, _ b: Address) { vectorVEX(.minsd, d, a, b) }

  /// VDIVSS: d ← a ÷ b, scalar single.
  public mutating func vdivss(_ d: XMM, _ a: XMM, _ b: XMM) { vectorVEX(.divss, d, a, b) }

  /// VDIVSS with b in memory.
  public mutating func vdivss(_ d: XMM, _ a: XMM, _ b: Address) { vectorVEX(.divss, d, a, b) }

  /// VDIVSD: d ← a ÷ b, scalar double.
  public mutating func vdivsd(_ d: XMM, _ a: XMM, _ b: XMM) { vectorVEX(.divsd, d, a, b) }

  /// VDIVSD with b in memory.
  public mutating func vdivsd(_ d: XMM, _ a: XMM, _ b: Address) { vectorVEX(.divsd, d, a, b) }

  /// VMAXSS: d ← a if a > b, else b, scalar single.
  public mutating func vmaxss(_ d: XMM, _ a: XMM, _ b: XMM) { vectorVEX(.maxss, d, a, b) }

  /// VMAXSS with b in memory.
  public mutating func vmaxss(_ d: XMM, _ a: XMM, _ b: Address) { vectorVEX(.maxss, d, a, b) }

  /// VMAXSD: d ← a if a > b, else b, scalar double.
  public mutating func vmaxsd(_ d: XMM, _ a: XMM, _ b: XMM) { vectorVEX(.maxsd, d, a, b) }

  /// VMAXSD with b in memory.
  public mutating func vmaxsd(_ d: XMM, _ a: XMM, _ b: Address) { vectorVEX(.maxsd, d, a, b) }

  /// VSQRTSS: d ← √b, the upper bits from a, scalar single.
  public mutating func vsqrtss(_ d: XMM, _ a: XMM, _ b: XMM) { vectorVEX(.sqrtss, d, a, b) }

  /// VSQRTSS with b in memory.
  public mutating func vsqrtss(_ d: XMM, _ a: XMM, _ b: Address) { vectorVEX(.sqrtss, d, a, b) }

  /// VSQRTSD: d ← √b, the upper bits from a, scalar double.
  public mutating func vsqrtsd(_ d: XMM, _ a: XMM, _ b: XMM) { vectorVEX(.sqrtsd, d, a, b) }

  /// VSQRTSD with b in memory.
  public mutating func vsqrtsd(_ d: XMM, _ a: XMM, _ b: Address) { vectorVEX(.sqrtsd, d, a, b) }
}
