import IR

/// The constants that lie between the stubs, for operands near the code; and those that
/// registers hold.
extension Stubs {
  /// What lies at `constants`, in pieces of 16 bytes.
  enum FloatConstant: UInt, CaseIterable {
    /// The sign of a double and of a single, and all but that.
    case doubleSign, singleSign, doubleMagnitude, singleMagnitude
    /// The bits of the exponent of a double and of a single but for the lowest.
    case doubleHighExponent, singleHighExponent
    /// The bytes' places from the left: exchanges them.
    case doubleSwap, singleSwap

    var bits: UInt64 {
      switch self {
      case .doubleSign: 1 << 63
      case .singleSign: 1 << 31
      case .doubleMagnitude: ~(1 << 63)
      case .singleMagnitude: 0x7fff_ffff
      case .doubleHighExponent: 0x7fe0_0000_0000_0000
      case .singleHighExponent: 0x7f00_0000
      case .doubleSwap: 0x0001_0203_0405_0607
      case .singleSwap: 0x8080_8080_0001_0203
      }
    }
  }

  func constant(_ which: FloatConstant) -> Address {
    Address(near: constants + 16 * which.rawValue)
  }

  /// Writes all kinds.
  mutating func writeConstants() {
    assembler.align(to: 64)
    constants = assembler.currentAddress
    for constant in FloatConstant.allCases {
      assembler.dword(UInt32(truncatingIfNeeded: constant.bits))
      assembler.dword(UInt32(truncatingIfNeeded: constant.bits >> 32))
      assembler.dword(0)
      assembler.dword(0)
    }
    recordConstants = assembler.currentAddress
    if let record = layout.floatRecord {
      for constant in RecordConstant.allCases {
        for word in [constant.bits(record), 0, 0, 0] { assembler.dword(word) }
      }
    }
    vectorConstants = assembler.currentAddress
    for constant in VectorConstant.allCases {
      let (low, high) = constant.halves
      for part in [low, high, low, high] {
        assembler.dword(UInt32(truncatingIfNeeded: part))
        assembler.dword(UInt32(truncatingIfNeeded: part >> 32))
      }
    }
  }

  /// What lies at `recordConstants`, in pieces of 16 bytes: parts of the guest's status
  /// (`EnvironmentLayout.FloatRecord`).
  enum RecordConstant: UInt, CaseIterable {
    case inexact, increased, greater, less

    func bits(_ r: EnvironmentLayout.FloatRecord) -> UInt32 {
      switch self {
      case .inexact: r.inexact
      case .increased: r.increased
      case .greater: 2 << r.relations
      case .less: 4 << r.relations
      }
    }
  }

  func constant(_ which: RecordConstant) -> Address {
    Address(near: recordConstants + 16 * which.rawValue)
  }

  /// What lies at `vectorConstants`, twice each, in pieces of 32 bytes.
  enum VectorConstant: UInt, CaseIterable {
    /// The numbers of bytes, halfwords and words from the left.
    case numbers8, numbers16, numbers32
    /// The bytes' places from the left: exchanges them.
    case swap
    /// The low four and five bits of each byte.
    case fourBits, fiveBits
    /// All bits.
    case ones
    /// Of singles: all but the sign, and the least normal one.
    case magnitudes, leastSingles
    /// Of singles and of doubles: the bit below the sign.
    case highestOfSingles, highestOfDoubles

    var halves: (low: UInt64, high: UInt64) {
      switch self {
      case .numbers8, .swap: (0x0809_0a0b_0c0d_0e0f, 0x0001_0203_0405_0607)
      case .numbers16: (0x0004_0005_0006_0007, 0x0000_0001_0002_0003)
      case .numbers32: (0x0000_0002_0000_0003, 0x0000_0000_0000_0001)
      case .fourBits: (0x0f0f_0f0f_0f0f_0f0f, 0x0f0f_0f0f_0f0f_0f0f)
      case .fiveBits: (0x1f1f_1f1f_1f1f_1f1f, 0x1f1f_1f1f_1f1f_1f1f)
      case .ones: (.max, .max)
      case .magnitudes: (0x7fff_ffff_7fff_ffff, 0x7fff_ffff_7fff_ffff)
      case .leastSingles: (0x0080_0000_0080_0000, 0x0080_0000_0080_0000)
      case .highestOfSingles: (0x4000_0000_4000_0000, 0x4000_0000_4000_0000)
      case .highestOfDoubles: (1 << 62, 1 << 62)
      }
    }
  }

  func constant(_ which: VectorConstant) -> Address {
    Address(near: vectorConstants + 32 * which.rawValue)
  }

  /// Orders of bytes for VPSHUFB that guest memory wants: of a double, a single and a whole vector. In
  /// registers they are in both halves of 256 bits.
  enum ByteOrder: CaseIterable {
    case double, single, vector

    /// Where it is as long as translated code runs, if the host has such registers.
    var register: UpperXMM {
      switch self {
      case .double: .xmm16
      case .single: .xmm17
      case .vector: .xmm18
      }
    }
  }

  func constant(_ which: ByteOrder) -> Address {
    switch which {
    case .double: constant(FloatConstant.doubleSwap)
    case .single: constant(FloatConstant.singleSwap)
    case .vector: constant(VectorConstant.swap)
    }
  }

  /// Upon entry, and after functions of ours, which may use every vector register.
  mutating func loadByteOrders() {
    guard features.contains(.avx512bw) else { return }
    for order in ByteOrder.allCases {
      assembler.vbroadcasti32x4(order.register, near: constant(order))
    }
  }
}
