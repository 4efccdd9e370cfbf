/// FMA3: d, a and b are operands 1, 2 and 3 of the manual. The digits say which two are multiplied,
/// and that the last one is added; every form rounds once.
///
/// Rows: mandatory prefix, escape bytes, opcode; the bit W tells double (1) from single (0).
extension Encoding {
  static let fmadd132 = Encoding(prefix: 0x66, 0x0f, 0x38, 0x99)
  static let fmsub132 = Encoding(prefix: 0x66, 0x0f, 0x38, 0x9b)
  static let fnmadd132 = Encoding(prefix: 0x66, 0x0f, 0x38, 0x9d)
  static let fnmsub132 = Encoding(prefix: 0x66, 0x0f, 0x38, 0x9f)
  static let fmadd213 = Encoding(prefix: 0x66, 0x0f, 0x38, 0xa9)
  static let fmsub213 = Encoding(prefix: 0x66, 0x0f, 0x38, 0xab)
  static let fnmadd213 = Encoding(prefix: 0x66, 0x0f, 0x38, 0xad)
  static let fnmsub213 = Encoding(prefix: 0x66, 0x0f, 0x38, 0xaf)
  static let fmadd231 = Encoding(prefix: 0x66, 0x0f, 0x38, 0xb9)
  static let fmsub231 = Encoding(prefix: 0x66, 0x0f, 0x38, 0xbb)
  static let fnmadd231 = Encoding(prefix: 0x66, 0x0f, 0x38, 0xbd)
  static let fnmsub231 = Encoding(prefix: 0x66, 0x0f, 0x38, 0xbf)
}

// MARK: Order 132

extension Assembler {
  /// VFMADD132SS: d ← d × b + a, scalar single.
  public mutating func vfmadd132ss(_ d: XMM, _ a: XMM, _ b: XMM) {
    vectorVEX(.fmadd132, d, a, b, .dword)
  }

  /// VFMADD132SS with b in memory.
  public mutating func vfmadd132ss(_ d: XMM, _ a: XMM, _ b: Address) {
    vectorVEX(.fmadd132, d, a, b, .dword)
  }

  /// VFMADD132SD: d ← d × b + a, scalar double.
  public mutating func vfmadd132sd(_ d: XMM, _ a: XMM, _ b: XMM) {
    vectorVEX(.fmadd132, d, a, b, .qword)
  }

  /// VFMADD132SD with b in memory.
  public mutating func vfmadd132sd(_ d: XMM, _ a: XMM, _ b: Address) {
    vectorVEX(.fmadd132, d, a, b, .qword)
  }

  /// VFMSUB132SS: d ← d × b − a, scalar single.
  public mutating func vfmsub132ss(_ d: XMM, _ a: XMM, _ b: XMM) {
    vectorVEX(.fmsub132, d, a, b, .dword)
  }

  /// VFMSUB132SS with b in memory.
  public mutating func vfmsub132ss(_ d: XMM, _ a: XMM, _ b: Address) {
    vectorVEX(.fmsub132, d, a, b, .dword)
  }

  /// VFMSUB132SD: d ← d × b − a, scalar double.
  public mutating func vfmsub132sd(_ d: XMM, _ a: XMM, _ b: XMM) {
    vectorVEX(.fmsub132, d, a, b, .qword)
  }

  /// VFMSUB132SD with b in memory.
  public mutating func vfmsub132sd(_ d: XMM, _ a: XMM, _ b: Address) {
    vectorVEX(.fmsub132, d, a, b, .qword)
  }

  /// VFNMADD132SS: d ← −(d × b) + a, scalar single.
  public mutating func vfnmadd132ss(_ d: XMM, _ a: XMM, _ b: XMM) {
    vectorVEX(.fnmadd132, d, a, b, .dword)
  }

  /// VFNMADD132SS with b in memory.
  public mutating func vfnmadd132ss(_ d: XMM, _ a: XMM, _ b: Address) {
    vectorVEX(.fnmadd132, d, a, b, .dword)
  }

  /// VFNMADD132SD: d ← −(d × b) + a, scalar double.
  public mutating func vfnmadd132sd(_ d: XMM, _ a: XMM, _ b: XMM) {
    vectorVEX(.fnmadd132, d, a, b, .qword)
  }

  /// VFNMADD132SD with b in memory.
  public mutating func vfnmadd132sd(_ d: XMM, _ a: XMM, _ b: Address) {
    vectorVEX(.fnmadd132, d, a, b, .qword)
  }

  /// VFNMSUB132SS: d ← −(d × b) − a, scalar single.
  public mutating func vfnmsub132ss(_ d: XMM, _ a: XMM, _ b: XMM) {
    vectorVEX(.fnmsub132, d, a, b, .dword)
  }

  /// VFNMSUB132SS with b in memory.
  public mutating func vfnmsub132ss(_ d: XMM, _ a: XMM, _ b: Address) {
    vectorVEX(.fnmsub132, d, a, b, .dword)
  }

  /// VFNMSUB132SD: d ← −(d × b) − a, scalar double.
  public mutating func vfnmsub132sd(_ d: XMM, _ a: XMM, _ b: XMM) {
    vectorVEX(.fnmsub132, d, a, b, .qword)
  }

  /// VFNMSUB132SD with b in memory.
  public mutating func vfnmsub132sd(_ d: XMM, _ a: XMM, _ b: Address) {
    vectorVEX(.fnmsub132, d, a, b, .qword)
  }
}

// MARK: Order 213

extension Assembler {
  /// VFMADD213SS: d ← a × d + b, scalar single.
  public mutating func vfmadd213ss(_ d: XMM, _ a: XMM, _ b: XMM) {
    vectorVEX(.fmadd213, d, a, b, .dword)
  }

  /// VFMADD213SS with b in memory.
  public mutating func vfmadd213ss(_ d: XMM, _ a: XMM, _ b: Address) {
    vectorVEX(.fmadd213, d, a, b, .dword)
  }

  /// VFMADD213SD: d ← a × d + b, scalar double.
  public mutating func vfmadd213sd(_ d: XMM, _ a: XMM, _ b: XMM) {
    vectorVEX(.fmadd213, d, a, b, .qword)
  }

  /// VFMADD213SD with b in memory.
  public mutating func vfmadd213sd(_ d: XMM, _ a: XMM, _ b: Address) {
    vectorVEX(.fmadd213, d, a, b, .qword)
  }

  /// VFMSUB213SS: d ← a × d − b, scalar single.
  public mutating func vfmsub213ss(_ d: XMM, _ a: XMM, _ b: XMM) {
    vectorVEX(.fmsub213, d, a, b, .dword)
  }

  /// VFMSUB213SS with b in memory.
  public mutating func vfmsub213ss(_ d: XMM, _ a: XMM, _ b: Address) {
    vectorVEX(.fmsub213, d, a, b, .dword)
  }

  /// VFMSUB213SD: d ← a × d − b, scalar double.
  public mutating func vfmsub213sd(_ d: XMM, _ a: XMM, _ b: XMM) {
    vectorVEX(.fmsub213, d, a, b, .qword)
  }

  /// VFMSUB213SD with b in memory.
  public mutating func vfmsub213sd(_ d: XMM, _ a: XMM, _ b: Address) {
    vectorVEX(.fmsub213, d, a, b, .qword)
  }

  /// VFNMADD213SS: d ← −(a × d) + b, scalar single.
  public mutating func vfnmadd213ss(_ d: XMM, _ a: XMM, _ b: XMM) {
    vectorVEX(.fnmadd213, d, a, b, .dword)
  }

  /// VFNMADD213SS with b in memory.
  public mutating func vfnmadd213ss(_ d: XMM, _ a: XMM, _ b: Address) {
    vectorVEX(.fnmadd213, d, a, b, .dword)
  }

  /// VFNMADD213SD: d ← −(a × d) + b, scalar double.
  public mutating func vfnmadd213sd(_ d: XMM, _ a: XMM, _ b: XMM) {
    vectorVEX(.fnmadd213, d, a, b, .qword)
  }

  /// VFNMADD213SD with b in memory.
  public mutating func vfnmadd213sd(_ d: XMM, _ a: XMM, _ b: Address) {
    vectorVEX(.fnmadd213, d, a, b, .qword)
  }

  /// VFNMSUB213SS: d ← −(a × d) − b, scalar single.
  public mutating func vfnmsub213ss(_ d: XMM, _ a: XMM, _ b: XMM) {
    vectorVEX(.fnmsub213, d, a, b, .dword)
  }

  /// VFNMSUB213SS with b in memory.
  public mutating func vfnmsub213ss(_ d: XMM, _ a: XMM, _ b: Address) {
    vectorVEX(.fnmsub213, d, a, b, .dword)
  }

  /// VFNMSUB213SD: d ← −(a × d) − b, scalar double.
  public mutating func vfnmsub213sd(_ d: XMM, _ a: XMM, _ b: XMM) {
    vectorVEX(.fnmsub213, d, a, b, .qword)
  }

  /// VFNMSUB213SD with b in memory.
  public mutating func vfnmsub213sd(_ d: XMM, _ a: XMM, _ b: Address) {
    vectorVEX(.fnmsub213, d, a, b, .qword)
  }
}

// MARK: Order 231

extension Assembler {
  /// VFMADD231SS: d ← a × b + d, scalar single.
  public mutating func vfmadd231ss(_ d: XMM, _ a: XMM, _ b: XMM) {
    vectorVEX(.fmadd231, d, a, b, .dword)
  }

  /// VFMADD231SS with b in memory.
  public mutating func vfmadd231ss(_ d: XMM, _ a: XMM, _ b: Address) {
    vectorVEX(.fmadd231, d, a, b, .dword)
  }

  /// VFMADD231SD: d ← a × b + d, scalar double.
  public mutating func vfmadd231sd(_ d: XMM, _ a: XMM, _ b: XMM) {
    vectorVEX(.fmadd231, d, a, b, .qword)
  }

  /// VFMADD231SD with b in memory.
  public mutating func vfmadd231sd(_ d: XMM, _ a: XMM, _ b: Address) {
    vectorVEX(.fmadd231, d, a, b, .qword)
  }

  /// VFMSUB231SS: d ← a × b − d, scalar single.
  public mutating func vfmsub231ss(_ d: XMM, _ a: XMM, _ b: XMM) {
    vectorVEX(.fmsub231, d, a, b, .dword)
  }

  /// VFMSUB231SS with b in memory.
  public mutating func vfmsub231ss(_ d: XMM, _ a: XMM, _ b: Address) {
    vectorVEX(.fmsub231, d, a, b, .dword)
  }

  /// VFMSUB231SD: d ← a × b − d, scalar double.
  public mutating func vfmsub231sd(_ d: XMM, _ a: XMM, _ b: XMM) {
    vectorVEX(.fmsub231, d, a, b, .qword)
  }

  /// VFMSUB231SD with b in memory.
  public mutating func vfmsub231sd(_ d: XMM, _ a: XMM, _ b: Address) {
    vectorVEX(.fmsub231, d, a, b, .qword)
  }

  /// VFNMADD231SS: d ← −(a × b) + d, scalar single.
  public mutating func vfnmadd231ss(_ d: XMM, _ a: XMM, _ b: XMM) {
    vectorVEX(.fnmadd231, d, a, b, .dword)
  }

  /// VFNMADD231SS with b in memory.
  public mutating func vfnmadd231ss(_ d: XMM, _ a: XMM, _ b: Address) {
    vectorVEX(.fnmadd231, d, a, b, .dword)
  }

  /// VFNMADD231SD: d ← −(a × b) + d, scalar double.
  public mutating func vfnmadd231sd(_ d: XMM, _ a: XMM, _ b: XMM) {
    vectorVEX(.fnmadd231, d, a, b, .qword)
  }

  /// VFNMADD231SD with b in memory.
  public mutating func vfnmadd231sd(_ d: XMM, _ a: XMM, _ b: Address) {
    vectorVEX(.fnmadd231, d, a, b, .qword)
  }

  /// VFNMSUB231SS: d ← −(a × b) − d, scalar single.
  public mutating func vfnmsub231ss(_ d: XMM, _ a: XMM, _ b: XMM) {
    vectorVEX(.fnmsub231, d, a, b, .dword)
  }

  /// VFNMSUB231SS with b in memory.
  public mutating func vfnmsub231ss(_ d: XMM, _ a: XMM, _ b: Address) {
    vectorVEX(.fnmsub231, d, a, b, .dword)
  }

  /// VFNMSUB231SD: d ← −(a × b) − d, scalar double.
  public mutating func vfnmsub231sd(_ d: XMM, _ a: XMM, _ b: XMM) {
    vectorVEX(.fnmsub231, d, a, b, .qword)
  }

  /// VFNMSUB231SD with b in memory.
  public mutating func vfnmsub231sd(_ d: XMM, _ a: XMM, _ b: Address) {
    vectorVEX(.fnmsub231, d, a, b, .qword)
  }
}
