/// The op table: one row an op. Results / operands / constants, then flags.
extension Opcode {
  @inline(__always)
  private static func row(
    _ outputs: UInt8, _ inputs: UInt8, _ constants: UInt8, _ flags: OpcodeFlags = .pure
  ) -> OpcodeInfo {
    OpcodeInfo(outputs: outputs, inputs: inputs, constants: constants, flags: flags)
  }

  /// The declaration of an op, as a row of the table.
  private var declared: OpcodeInfo {
    switch self {
    case .insn_start: Self.row(0, 0, 1, [.sideEffects, .untyped])
    case .set_label: Self.row(0, 0, 1, [.blockEnd, .sideEffects, .untyped])
    case .br: Self.row(0, 0, 1, [.blockExit, .blockEnd, .sideEffects, .untyped])
    case .brcond: Self.row(0, 2, 2, [.conditionalBranch, .sideEffects])
    case .goto_tb: Self.row(0, 0, 2, [.blockExit, .blockEnd, .sideEffects, .untyped])
    case .call_tb: Self.row(0, 1, 2, [.blockEnd, .sideEffects, .untyped])
    case .call_ptr: Self.row(0, 2, 0, [.blockEnd, .sideEffects, .untyped])
    case .goto_ptr, .ret_ptr: Self.row(0, 1, 0, [.blockExit, .blockEnd, .sideEffects, .untyped])
    case .exit_tb: Self.row(0, 0, 2, [.blockExit, .blockEnd, .sideEffects, .untyped])
    case .call: Self.row(0, 0, 2, [.callClobber, .sideEffects, .canFault, .untyped])
    case .mb: Self.row(0, 0, 1, [.sideEffects, .untyped])
    case .discard: Self.row(1, 0, 0, [.untyped])
    case .mov, .neg, .not, .ctpop: Self.row(1, 1, 0)
    case .add, .mul, .muluh, .mulsh, .and, .or, .xor, .eqv, .nand, .nor:
      Self.row(1, 2, 0, [.pure, .commutative])
    case .sub, .divs, .divu, .rems, .remu, .andc, .orc: Self.row(1, 2, 0)
    case .shl, .shr, .sar, .rotl, .rotr, .clz, .ctz: Self.row(1, 2, 0)
    case .mulu2, .muls2: Self.row(2, 2, 0, [.pure, .commutative])
    case .divs2, .divu2: Self.row(2, 3, 0)
    case .addco, .addc1o: Self.row(1, 2, 0, [.carryOut, .commutative])
    case .subbo, .subb1o: Self.row(1, 2, 0, [.carryOut])
    case .addci: Self.row(1, 2, 0, [.carryIn, .commutative])
    case .subbi: Self.row(1, 2, 0, [.carryIn])
    case .addcio: Self.row(1, 2, 0, [.carryIn, .carryOut, .commutative])
    case .subbio: Self.row(1, 2, 0, [.carryIn, .carryOut])
    case .deposit: Self.row(1, 2, 2)
    case .extract, .sextract: Self.row(1, 1, 2)
    case .extract2: Self.row(1, 2, 1)
    case .ext_i32_i64, .extu_i32_i64, .extrl_i64_i32, .extrh_i64_i32:
      Self.row(1, 1, 0, [.pure, .untyped])
    case .bswap16, .bswap32, .bswap64: Self.row(1, 1, 1)
    case .setcond, .negsetcond: Self.row(1, 2, 1)
    case .movcond: Self.row(1, 4, 1)
    case .ld8u, .ld8s, .ld16u, .ld16s, .ld32u, .ld32s, .ld: Self.row(1, 1, 1, [])
    case .st8, .st16, .st32, .st: Self.row(0, 2, 1, [.sideEffects])
    case .qemu_ld: Self.row(1, 2, 2, [.sideEffects, .canFault])
    case .qemu_st: Self.row(0, 3, 2, [.sideEffects, .canFault])
    case .qemu_ld2: Self.row(2, 2, 2, [.sideEffects, .canFault])
    case .qemu_st2: Self.row(0, 4, 2, [.sideEffects, .canFault])
    case .qemu_cmpxchg: Self.row(1, 3, 1, [.sideEffects, .canFault])
    case .line_watch: Self.row(1, 1, 0, .sideEffects)
    // The reservation of the processor itself is looked at, as at a fault.
    case .line_touch: Self.row(0, 1, 0, [.sideEffects, .canFault])
    // Those that round leave their mark in the floating-point status.
    case .fadd, .fmul: Self.row(1, 2, 0, [.sideEffects, .commutative])
    case .fsub, .fdiv: Self.row(1, 2, 0, .sideEffects)
    case .fsqrt: Self.row(1, 1, 0, .sideEffects)
    case .fma, .fms: Self.row(1, 3, 0, .sideEffects)
    case .cvt_f64_f32, .cvt_i64_f64, .cvt_f64_i32, .cvt_f64_i64, .cvtr_f64_i32:
      Self.row(1, 1, 0, [.sideEffects, .untyped])
    // -1, 0, 1 for less, equal, greater; nothing is said of NaNs, for which a branch leaves before.
    case .fcmp: Self.row(1, 2, 0)
    // The second operand if the first is at least zero, of either sign; else the third.
    case .fsel: Self.row(1, 3, 0)
    case .fneg, .fabs: Self.row(1, 1, 0)
    case .zeroupper: Self.row(0, 0, 0, [.sideEffects, .untyped])
    case .float_mode, .float_round: Self.row(0, 0, 1, [.sideEffects, .untyped])
    case .float_status: Self.row(0, 1, 0, [.sideEffects, .untyped])
    case .add_vec, .mul_vec, .usadd_vec, .ssadd_vec, .umin_vec, .umax_vec, .smin_vec, .smax_vec,
      .avg_vec, .madd_vec, .mulhrs_vec:
      Self.row(1, 2, 1, [.pure, .commutative, .untyped])
    case .sub_vec, .ussub_vec, .sssub_vec, .cmp_vec, .shlv_vec, .shrv_vec, .sarv_vec, .packs_vec,
      .packus_vec, .mrgh_vec, .mrgl_vec:
      Self.row(1, 2, 1, [.pure, .untyped])
    case .shli_vec, .shri_vec, .sari_vec, .splat_vec: Self.row(1, 1, 2, [.pure, .untyped])
    case .perm_vec: Self.row(1, 3, 1, [.pure, .untyped])
    case .dup_vec, .msk_vec: Self.row(1, 1, 1, [.pure, .untyped])
    case .iota_vec: Self.row(1, 0, 1, [.pure, .untyped])
    case .concat_i64_v128: Self.row(1, 2, 0, [.pure, .untyped])
    case .extrl_v128_i64, .extrh_v128_i64: Self.row(1, 1, 0, [.pure, .untyped])
    // Without side effects: their status is nobody's (`FloatMode.vector`).
    case .fadd_vec, .fsub_vec, .fmul_vec, .fdiv_vec, .fmin_vec, .fmax_vec:
      Self.row(1, 2, 0, [.pure, .untyped])
    case .fma_vec: Self.row(1, 3, 0, [.pure, .untyped])
    case .fcmp_vec: Self.row(1, 2, 1, [.pure, .untyped])
    case .fround_vec: Self.row(1, 1, 1, [.pure, .untyped])
    case .fsqrt_vec, .cvt_i32_f32_vec, .cvt_f32_i32_vec: Self.row(1, 1, 0, [.pure, .untyped])
    case .fadd_lanes, .fsub_lanes, .fmul_lanes: Self.row(1, 2, 1, .sideEffects)
    case .fma_lanes: Self.row(1, 3, 1, .sideEffects)
    case .ordinary_lanes: Self.row(1, 2, 0)
    case .dup_f32, .dup_f64: Self.row(1, 1, 0)
    case .lane_f32, .lane_f64: Self.row(1, 1, 1)
    case .brfcmp: Self.row(0, 2, 2, [.conditionalBranch, .sideEffects])
    case .brclass: Self.row(0, 1, 2, [.conditionalBranch, .sideEffects])
    // The first operand, a result of the others, is a `SuspectResult`.
    case .brextreme: Self.row(0, 3, 2, [.conditionalBranch, .sideEffects])
    // The result is the single that equals the operand, or the branch is taken.
    case .brnarrow: Self.row(1, 1, 1, [.conditionalBranch, .sideEffects])
    // `ext_f32_f64` leaves signaling NaNs as they are.
    case .cvt_f32_f64, .ext_f32_f64, .cvt_i32_f64, .fbits_i32, .fbits_i64, .ibits_f32, .ibits_f64:
      Self.row(1, 1, 0, [.pure, .untyped])
    }
  }

  /// The table in the order of raw values, for the passes that look up every op.
  ///
  /// Sound: written once, before any reader has the pointer, and never freed.
  nonisolated(unsafe) private static let table: UnsafePointer<OpcodeInfo> = {
    let rows = UnsafeMutablePointer<OpcodeInfo>.allocate(capacity: 256)
    rows.initialize(repeating: Opcode.mov.declared, count: 256)
    for opcode in Opcode.allCases { rows[Int(opcode.rawValue)] = opcode.declared }
    return UnsafePointer(rows)
  }()

  /// The table's first row, indexed by raw value: passes fetch it once and keep it.
  public static var infoTable: UnsafePointer<OpcodeInfo> { table }

  /// Operand counts and flags of this op.
  public var info: OpcodeInfo { Self.table[Int(rawValue)] }

  /// The name as the log prints it, without a type.
  public var name: String { "\(self)" }
}
