/// The types that ops take and give: what the verifier checks and the parser relies on.
extension Op {
  /// The type that argument `n` (results first) must have; nil where several are allowed:
  /// a call's arguments, the result of `setcond`, and what `movcond` chooses from.
  func requiredType(_ n: Int) -> ValueType? {
    switch opcode {
    case .call: nil
    case .brextreme: n > 0 && suspect == .rounded ? .f64 : type
    case .setcond: n == 0 ? nil : type
    case .movcond: n == 1 || n == 2 ? type : nil
    case .fcmp: n == 0 ? .i64 : type
    case .ld8u, .ld8s, .ld16u, .ld16s, .ld32u, .ld32s, .ld, .st8, .st16, .st32, .st:
      n == 0 ? type : .i64
    case .qemu_ld, .qemu_st: n == 0 ? type : .i32
    case .qemu_ld2, .qemu_st2: n < 2 ? type : .i32
    case .qemu_cmpxchg: n == 1 ? .i32 : type
    case .call_tb, .call_ptr, .goto_ptr, .ret_ptr, .float_status: .i32
    case .dup_vec: n == 0 ? .v128 : .i32
    case .msk_vec: n == 0 ? .i32 : .v128
    case .dup_f32: n == 0 ? type : .f32
    case .dup_f64: n == 0 ? type : .f64
    case .lane_f32: n == 0 ? .f32 : type
    case .lane_f64: n == 0 ? .f64 : type
    case .concat_i64_v128: n == 0 ? .v128 : .i64
    case .extrl_v128_i64, .extrh_v128_i64: n == 0 ? .i64 : .v128
    default:
      if let conversion = opcode.conversion {
        n == 0 ? conversion.to : conversion.from
      } else {
        type
      }
    }
  }
}

extension Opcode {
  /// For an op that turns one type into another: the types, as its name says.
  var conversion: (from: ValueType, to: ValueType)? {
    switch self {
    case .ext_i32_i64, .extu_i32_i64: (.i32, .i64)
    case .extrl_i64_i32, .extrh_i64_i32: (.i64, .i32)
    case .cvt_f32_f64, .ext_f32_f64: (.f32, .f64)
    case .cvt_f64_f32, .brnarrow: (.f64, .f32)
    case .cvt_i32_f64: (.i32, .f64)
    case .cvt_i64_f64: (.i64, .f64)
    case .cvt_f64_i32, .cvtr_f64_i32: (.f64, .i32)
    case .cvt_f64_i64: (.f64, .i64)
    case .fbits_i32: (.f32, .i32)
    case .fbits_i64: (.f64, .i64)
    case .ibits_f32: (.i32, .f32)
    case .ibits_f64: (.i64, .f64)
    default: nil
    }
  }

  /// Whether an op of this kind may have a type.
  func allows(_ type: ValueType) -> Bool {
    switch self {
    case .mov, .discard: true
    case .ld, .st: type != .v256
    case .qemu_ld, .qemu_st: true
    case .fadd_lanes, .fsub_lanes, .fmul_lanes, .fma_lanes, .ordinary_lanes, .dup_f32, .dup_f64,
      .lane_f32, .lane_f64:
      type.vectors > 0
    case _ where isVector: type == .v128
    case .fadd, .fsub, .fmul, .fdiv, .fsqrt, .fma, .fms, .fneg, .fabs:
      type == .f32 || type == .f64
    case .brclass: !type.isInteger
    case .brextreme: type == .f32 || type == .f64
    case .xor: type.isInteger || type.vectors > 0
    case .and, .or, .andc, .extract2:
      type.isInteger || type == .v128
    case .fcmp, .brfcmp, .fsel: type == .f64
    case .bswap64: type == .i64
    default:
      if let conversion { type == conversion.to } else { isWithoutType || type.isInteger }
    }
  }

  /// Whether the op is one of vectors alone.
  public var isVector: Bool { rawValue >= Opcode.add_vec.rawValue }

  /// Whether the op's first constant is the width of elements, which the log prints in front.
  var hasElements: Bool {
    rawValue >= Opcode.add_vec.rawValue && rawValue <= Opcode.msk_vec.rawValue
  }

  /// Whether the op's second constant means something.
  var hasElementNumber: Bool {
    switch self {
    case .shli_vec, .shri_vec, .sari_vec, .splat_vec: true
    default: false
    }
  }

  /// Whether the op has neither results nor operands of a choice of types.
  private var isWithoutType: Bool { info.flags.contains(.untyped) && self != .call }

  /// Whether it leads to a label, always or sometimes.
  public var isBranch: Bool {
    switch self {
    case .br, .brcond, .brfcmp, .brclass, .brextreme, .brnarrow: true
    default: false
    }
  }

  /// Whether the op only moves a value, so that a host's flags survive it.
  public var isPlainMove: Bool {
    switch self {
    case .insn_start, .mov, .discard, .ld8u, .ld8s, .ld16u, .ld16s, .ld32u, .ld32s, .ld, .st8,
      .st16, .st32, .st:
      true
    default: false
    }
  }
}
