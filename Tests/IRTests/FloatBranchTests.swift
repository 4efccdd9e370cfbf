import Testing

@testable import IR

/// Which relations hold between two doubles, worked out by hand from the host's flags (Intel SDM,
/// UCOMISD): a NaN sets zero, parity and carry.
private let relations: [(a: UInt64, b: UInt64, holding: Set<FloatRelation>)] = [
  (0x3ff0_0000_0000_0000, 0x4000_0000_0000_0000, [.lt, .le, .ne]),
  (0x4000_0000_0000_0000, 0xfff0_0000_0000_0000, [.gt, .ge, .ne]),
  (0x8000_0000_0000_0000, 0x0000_0000_0000_0000, [.eq, .le, .ge]),
  (0x7ff0_0000_0000_0000, 0x7ff0_0000_0000_0000, [.eq, .le, .ge]),
  (0x0000_0000_0000_0001, 0x8000_0000_0000_0001, [.gt, .ge, .ne]),
  (0x7ff8_0000_0000_0000, 0x0000_0000_0000_0000, [.unordered, .lt, .le, .eq]),
  (0x0000_0000_0000_0000, 0xfff0_0000_0000_0001, [.unordered, .lt, .le, .eq]),
]

/// What classes a double and a single belong to, by their exponents: doubles have 0 to 7ff, singles
/// 0 to ff.
private let doubleClasses: [(UInt64, Set<FloatClass>)] = [
  (0x0000_0000_0000_0000, [.extreme]), (0x8000_0000_0000_0001, [.extreme]),
  (0x001f_ffff_ffff_ffff, [.extreme]), (0x0020_0000_0000_0000, []),
  (0x7fdf_ffff_ffff_ffff, []), (0xffe0_0000_0000_0000, [.extreme]),
  (0x7ff0_0000_0000_0000, [.extreme]), (0xfff0_0000_0000_0001, [.extreme, .nan]),
  (0x7ff8_0000_0000_0000, [.extreme, .nan]), (0x3ff0_0000_0000_0000, []),
]

private let singleClasses: [(UInt64, Set<FloatClass>)] = [
  (0x0000_0000, [.extreme]), (0x8000_0001, [.extreme]), (0x00ff_ffff, [.extreme]),
  (0x0100_0000, []), (0x7eff_ffff, []), (0xff00_0000, [.extreme]), (0x7f80_0000, [.extreme]),
  (0x7f80_0001, [.extreme, .nan]), (0x3f80_0000, []),
]

@Suite("Branches on floating-point values")
struct FloatBranchTests {
  @Test("Relations")
  func relation() {
    for row in relations {
      let found = Set(FloatRelation.allCases.filter { $0.holds(row.a, row.b) })
      #expect(found == row.holding, "\(String(row.a, radix: 16)) \(String(row.b, radix: 16))")
    }
  }

  @Test("Classes")
  func classes() {
    for (bits, expected) in doubleClasses {
      let found = Set([FloatClass.nan, .extreme].filter { $0.holds(bits, .f64) })
      #expect(found == expected, "\(String(bits, radix: 16))")
    }
    for (bits, expected) in singleClasses {
      let found = Set([FloatClass.nan, .extreme].filter { $0.holds(bits, .f32) })
      #expect(found == expected, "\(String(bits, radix: 16))")
    }
  }
}
