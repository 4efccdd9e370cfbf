/// What `brclass` looks for in a floating-point value: what the guest's rules and the host's may
/// differ on.
public enum FloatClass: UInt32, CaseIterable, Sendable {
  /// A NaN.
  case nan
  /// The exponent is one of the two least or of the two greatest: NaNs, zeros and denormals, with
  /// their neighbours among the normal numbers and infinities, for which the host has one test.
  case extreme
  /// A NaN, or the least normal magnitude: what rounding may have reached from below.
  case nanOrLeast
  /// In a lane of a vector of singles, or of doubles, the bit below the sign is clear: what
  /// `ordinary_lanes` makes of numbers that are not ordinary.
  case clearSingle, clearDouble
}

/// What results `brextreme` leaves with.
public enum SuspectResult: UInt32, CaseIterable, Sendable {
  /// Extreme (`FloatClass.extreme`), but for zeros that come of a zero.
  case product
  /// The same of a single, whose operands are doubles.
  case rounded
  /// A NaN, infinite, or as great in exponent as numbers may be; but for what is no NaN and comes of an
  /// infinity.
  case sum
}

/// What `brfcmp` asks of two doubles. What the host finds with one comparison: numbers of which one
/// is a NaN count as less and as equal.
public enum FloatRelation: UInt32, CaseIterable, Sendable {
  case lt, ge, gt, le, eq, ne
  /// One is a NaN.
  case unordered

  /// Whether it holds for two doubles, as bits.
  public func holds(_ a: UInt64, _ b: UInt64) -> Bool {
    let x = Double(bitPattern: a), y = Double(bitPattern: b)
    return switch self {
    case .lt: !(x >= y)
    case .ge: x >= y
    case .gt: x > y
    case .le: !(x > y)
    case .eq: !(x < y || x > y)
    case .ne: x < y || x > y
    case .unordered: x.isNaN || y.isNaN
    }
  }
}

/// What an op computes. The vocabulary is TCG's; the types are written on the op.
///
/// `evaluate` (Opcode+Evaluate.swift) is the executable definition of every pure op: the
/// interpreter runs it, constant folding calls it, the rule tests enumerate it, and a host is
/// correct when it agrees with it.
public enum Opcode: UInt8, CaseIterable, Sendable {
  // Block structure and control; an address to return to counts without its low two bits
  case insn_start, set_label, br, brcond, goto_tb, call_tb, goto_ptr, call_ptr, ret_ptr,
    exit_tb
  case call, mb, discard
  // Moves and integer arithmetic
  case mov, add, sub, neg, mul, muluh, mulsh, mulu2, muls2
  case divs, divu, rems, remu, divs2, divu2
  // Carry chains: a hidden flag, made by the op before and consumed by the op after
  case addco, addc1o, addci, addcio, subbo, subb1o, subbi, subbio
  // Logic, shifts, counts
  case and, or, xor, not, andc, orc, eqv, nand, nor
  case shl, shr, sar, rotl, rotr
  case clz, ctz, ctpop
  // Fields and byte order
  case deposit, extract, sextract, extract2
  case ext_i32_i64, extu_i32_i64, extrl_i64_i32, extrh_i64_i32
  case bswap16, bswap32, bswap64
  // Comparison
  case setcond, negsetcond, movcond
  // Host memory: fields of env
  case ld8u, ld8s, ld16u, ld16s, ld32u, ld32s, ld
  case st8, st16, st32, st
  // Guest memory
  case qemu_ld, qemu_st, qemu_ld2, qemu_st2, qemu_cmpxchg
  // Where several processors run: watches the line of an address, whose version is the result; and
  // tells those who watch the line of an address that it is about to be stored to
  case line_watch, line_touch
  // Scalar floating point: TCG has none of these
  case fadd, fsub, fmul, fdiv, fsqrt, fma, fms, fneg, fabs, fcmp, fsel, brfcmp, brclass, brextreme,
    brnarrow
  case cvt_f32_f64, ext_f32_f64, cvt_f64_f32, cvt_i32_f64, cvt_i64_f64, cvt_f64_i32, cvt_f64_i64
  // Rounds as the status says
  case cvtr_f64_i32
  case fbits_i32, fbits_i64, ibits_f32, ibits_f64
  // Which of the host's floating-point statuses holds from here on: a `FloatMode`
  case float_mode
  // The rounding of the scalar status, as MXCSR.RC has it: 0 nearest, 1 down, 2 up, 3 toward zero
  case float_round
  // The scalar status as a whole, as MXCSR has it
  case float_status
  // No value of v256 lives on: the host's instructions for less than that need not care for the rest
  case zeroupper
  // Vectors of integers, TCG's names where it has one: the first constant is the width of the
  // elements (`VectorElement`), the second a count or the number of an element
  case add_vec, sub_vec, mul_vec, usadd_vec, ssadd_vec, ussub_vec, sssub_vec
  case umin_vec, umax_vec, smin_vec, smax_vec, avg_vec, cmp_vec
  case shli_vec, shri_vec, sari_vec, shlv_vec, shrv_vec, sarv_vec
  case madd_vec, mulhrs_vec, packs_vec, packus_vec, mrgh_vec, mrgl_vec, perm_vec, splat_vec,
    dup_vec, iota_vec
  case msk_vec, concat_i64_v128, extrl_v128_i64, extrh_v128_i64
  // Vectors of four singles
  case fadd_vec, fsub_vec, fmul_vec, fdiv_vec, fsqrt_vec, fma_vec, fmin_vec, fmax_vec
  case fcmp_vec, fround_vec, cvt_i32_f32_vec, cvt_f32_i32_vec
  // Scalar operations side by side, under the scalar status, whose flags they raise: the constant is
  // the width of the lanes (`FloatLanes`)
  case fadd_lanes, fsub_lanes, fmul_lanes, fma_lanes
  // The bits of the first operand where the second is ordinary: where the bit below the sign of a
  // lane stays, the upper two bits of the number's exponent differ
  case ordinary_lanes
  // A number in every lane; the number in a lane, which the constant counts from the right
  case dup_f32, dup_f64, lane_f32, lane_f64
}

/// How an op stands in its block.
public struct OpcodeFlags: OptionSet, Sendable {
  /// The bits.
  public let rawValue: UInt16
  /// The flags of some bits.
  @inlinable public init(rawValue: UInt16) { self.rawValue = rawValue }
  /// Ends the straight line: nothing falls through.
  @inlinable public static var blockExit: OpcodeFlags { OpcodeFlags(rawValue: 1) }
  /// Ends a basic block: values in registers may be needed elsewhere.
  @inlinable public static var blockEnd: OpcodeFlags { OpcodeFlags(rawValue: 2) }
  /// May leave the line, and otherwise falls through.
  @inlinable public static var conditionalBranch: OpcodeFlags { OpcodeFlags(rawValue: 4) }
  /// Must stay even when its results are unused.
  @inlinable public static var sideEffects: OpcodeFlags { OpcodeFlags(rawValue: 8) }
  /// May fault: every global must then hold its architected value.
  @inlinable public static var canFault: OpcodeFlags { OpcodeFlags(rawValue: 16) }
  /// Destroys the host registers that a call destroys.
  @inlinable public static var callClobber: OpcodeFlags { OpcodeFlags(rawValue: 32) }
  /// Consumes the hidden carry.
  @inlinable public static var carryIn: OpcodeFlags { OpcodeFlags(rawValue: 64) }
  /// Produces the hidden carry.
  @inlinable public static var carryOut: OpcodeFlags { OpcodeFlags(rawValue: 128) }
  /// Operands 0 and 1 may be exchanged.
  @inlinable public static var commutative: OpcodeFlags { OpcodeFlags(rawValue: 256) }
  /// The name carries its types already; the log adds none.
  @inlinable public static var untyped: OpcodeFlags { OpcodeFlags(rawValue: 512) }
  /// A function of its operands and constants alone: `evaluate` defines it.
  @inlinable public static var pure: OpcodeFlags { OpcodeFlags(rawValue: 1024) }
}

/// One row of the op table: how many operands an op has and how it behaves.
public struct OpcodeInfo: Sendable {
  /// Number of results, operands and constants. A call's own counts stand in the op.
  public let outputs, inputs, constants: UInt8
  /// How it stands in its block.
  public let flags: OpcodeFlags
}
