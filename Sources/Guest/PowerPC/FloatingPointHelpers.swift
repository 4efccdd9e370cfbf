/// What a floating-point helper leaves in `PowerPCState.floatVerdict`.
enum FloatVerdict {
  /// An enabled exception occurred; the target takes the result.
  static let delivered: UInt32 = 1
  /// An enabled exception occurred; the target keeps its value.
  static let suppressed: UInt32 = 2
}

extension HelperNumber {
  /// The function of a floating-point helper.
  var floatingPointFunction: Function {
    switch self {
    case .fadd: { arithmetic($0, .fadd, $1, $2, $3) }
    case .fadds: { arithmetic($0, .fadds, $1, $2, $3) }
    case .fsub: { arithmetic($0, .fsub, $1, $2, $3) }
    case .fsubs: { arithmetic($0, .fsubs, $1, $2, $3) }
    case .fmul: { arithmetic($0, .fmul, $1, $2, $3) }
    case .fmuls: { arithmetic($0, .fmuls, $1, $2, $3) }
    case .fdiv: { arithmetic($0, .fdiv, $1, $2, $3) }
    case .fdivs: { arithmetic($0, .fdivs, $1, $2, $3) }
    default: fusedFunction
    }
  }

  private var fusedFunction: Function {
    switch self {
    case .fmadd: { arithmetic($0, .fmadd, $1, $2, $3) }
    case .fmadds: { arithmetic($0, .fmadds, $1, $2, $3) }
    case .fmsub: { arithmetic($0, .fmsub, $1, $2, $3) }
    case .fmsubs: { arithmetic($0, .fmsubs, $1, $2, $3) }
    case .fnmadd: { arithmetic($0, .fnmadd, $1, $2, $3) }
    case .fnmadds: { arithmetic($0, .fnmadds, $1, $2, $3) }
    case .fnmsub: { arithmetic($0, .fnmsub, $1, $2, $3) }
    case .fnmsubs: { arithmetic($0, .fnmsubs, $1, $2, $3) }
    default: unaryFunction
    }
  }

  private var unaryFunction: Function {
    switch self {
    case .fsqrt: { arithmetic($0, .fsqrt, $1, $2, $3) }
    case .fsqrts: { arithmetic($0, .fsqrts, $1, $2, $3) }
    case .fres: { arithmetic($0, .fres, $1, $2, $3) }
    case .frsqrte: { arithmetic($0, .frsqrte, $1, $2, $3) }
    case .frsp: { arithmetic($0, .frsp, $1, $2, $3) }
    case .fctiw: { arithmetic($0, .fctiw, $1, $2, $3) }
    case .fctiwz: { arithmetic($0, .fctiwz, $1, $2, $3) }
    case .frin: { arithmetic($0, .frin, $1, $2, $3) }
    case .friz: { arithmetic($0, .friz, $1, $2, $3) }
    case .frip: { arithmetic($0, .frip, $1, $2, $3) }
    case .frim: { arithmetic($0, .frim, $1, $2, $3) }
    default: statusFunction
    }
  }

  private var statusFunction: Function {
    switch self {
    case .fcmpu:
      { env, a, b, _ in
        status(env, .compare) { UInt64(SoftwareFloat.fcmpu(&$0, FRA: a, FRB: b)) }
      }
    case .fcmpo:
      { env, a, b, _ in
        status(env, .compare) { UInt64(SoftwareFloat.fcmpo(&$0, FRA: a, FRB: b)) }
      }
    case .mcrfs:
      { env, field, _, _ in
        status(env, .clear) { UInt64($0.mcrfs(UInt32(truncatingIfNeeded: field))) }
      }
    case .mtfsf:
      { env, mask, bits, _ in
        status(env, .move) { fpscr in
          fpscr.mtfsf(FLM: UInt32(truncatingIfNeeded: mask), bits)
          return 0
        }
      }
    case .mtfsfAll:
      { env, mask, bits, _ in
        stateOf(env).pointee.floatStatus &= ~MXCSR.flags
        return status(env, .move) { fpscr in
          fpscr.mtfsf(FLM: UInt32(truncatingIfNeeded: mask), bits)
          return 0
        }
      }
    case .mtfsfi:
      { env, field, value, _ in
        status(env, .move) { fpscr in
          fpscr.mtfsfi(
            BF: UInt32(truncatingIfNeeded: field), U: UInt32(truncatingIfNeeded: value))
          return 0
        }
      }
    case .mtfsb0:
      { env, bit, _, _ in
        status(env, .clear) { fpscr in
          fpscr.mtfsb0(UInt32(truncatingIfNeeded: bit))
          return 0
        }
      }
    case .mtfsb1:
      { env, bit, _, _ in
        status(env, .move) { fpscr in
          fpscr.mtfsb1(UInt32(truncatingIfNeeded: bit))
          return 0
        }
      }
    case .singleToDouble:
      { _, word, _, _ in
        SoftwareFloat.lfs(UInt32(truncatingIfNeeded: word))
      }
    default: { _, bits, _, _ in UInt64(SoftwareFloat.stfs(bits)) }
    }
  }
}

/// Does an arithmetic operation on the state's FPSCR.
@inline(__always)
private func arithmetic(
  _ env: UnsafeMutableRawPointer, _ operation: HelperNumber, _ a: UInt64, _ b: UInt64, _ c: UInt64
) -> UInt64 {
  let state = stateOf(env)
  var fpscr = FPSCR(rawValue: state.pointee.storedFPSCR)
  if fpscr.has(FPSCR.enables) {
    let before = fpscr
    var alone = before.withoutExceptions
    let result = operation.software(&alone, a, b, c)
    state.pointee.floatVerdict =
      !alone.raises ? 0 : result.writesTarget ? FloatVerdict.delivered : FloatVerdict.suppressed
    state.pointee.storedFPSCR = alone.joined(with: before).rawValue
    return result.bits
  }
  let result = operation.software(&fpscr, a, b, c)
  state.pointee.storedFPSCR = fpscr.rawValue
  return result.bits
}

/// How an operation on the FPSCR raises an enabled exception.
private enum StatusKind {
  /// When the operation itself meets one.
  case compare
  /// When one is there afterwards.
  case move
  /// Never.
  case clear
}

/// Does a comparison or a move on the state's FPSCR.
@inline(__always)
private func status(
  _ env: UnsafeMutableRawPointer, _ kind: StatusKind, _ operation: (inout FPSCR) -> UInt64
) -> UInt64 {
  let state = stateOf(env)
  let before = FPSCR(rawValue: state.pointee.storedFPSCR)
  var fpscr = kind == .compare ? before.withoutExceptions : before
  let result = operation(&fpscr)
  if fpscr.raises && kind != .clear { state.pointee.floatVerdict = FloatVerdict.delivered }
  if kind == .compare { fpscr = fpscr.joined(with: before) }
  state.pointee.storedFPSCR = fpscr.rawValue
  let rounding = MXCSR.rounding(fpscr.rawValue & FPSCR.RN) << MXCSR.roundingOffset
  state.pointee.floatStatus = state.pointee.floatStatus & ~MXCSR.rounding | rounding
  return result
}

extension FPSCR {
  /// The register as if no exception had occurred yet.
  fileprivate var withoutExceptions: FPSCR {
    FPSCR(rawValue: rawValue & ~(FPSCR.exceptions | FPSCR.FX))
  }

  /// Whether an exception bit is set whose enable bit is set.
  fileprivate var raises: Bool { has(FPSCR.FEX) }

  /// This register, which began `withoutExceptions`, with the exceptions of `before`.
  fileprivate func joined(with before: FPSCR) -> FPSCR {
    let old = before.rawValue & (FPSCR.exceptions | FPSCR.FX)
    let isNew = rawValue & FPSCR.exceptions & ~old != 0
    return FPSCR(rawValue: rawValue & ~FPSCR.FX | old | (isNew ? FPSCR.FX : 0))
  }
}
